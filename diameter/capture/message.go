package capture

import "encoding/binary"

// avpHeader is the length of an AVP's header without a vendor (RFC 6733 section 4.1).
const avpHeader = 8

// mostJudged is how many AVPs are looked at to tell a message from octets that look like one.
const mostJudged = 16

// A verdict is what octets are taken for.
type verdict int

const (
	nothing verdict = iota
	perhaps         // as far as can be seen a message; the rest is not there yet
	whole
)

// judge tells whether a message begins here, where nobody has said so: its header and its first
// AVPs must be what RFC 6733 sections 3 and 4.1 allow. Every message has an AVP.
func judge(octets []byte) (length int, v verdict) {
	if len(octets) > 0 && octets[0] != 1 {
		return 0, nothing
	}
	if len(octets) < headerLength {
		return 0, perhaps
	}
	length, ok := Length(octets)
	flags, command := octets[4], binary.BigEndian.Uint32(octets[4:])&0xffffff
	const request, wrong, reserved = 0x80, 0x20, 0x0f
	if !ok || length < headerLength+avpHeader || flags&reserved != 0 || command == 0 ||
		flags&(request|wrong) == request|wrong {
		return 0, nothing
	}
	if !soundAVPs(octets[headerLength:min(len(octets), length)], length-headerLength) {
		return 0, nothing
	}
	if len(octets) < length {
		return length, perhaps
	}
	return length, whole
}

// soundAVPs tells whether AVPs of a length altogether begin here; not all may be there yet.
func soundAVPs(octets []byte, length int) bool {
	for range mostJudged {
		if length == 0 || len(octets) < avpHeader {
			return length == 0 || length >= avpHeader
		}
		code, size := binary.BigEndian.Uint32(octets), int(binary.BigEndian.Uint32(octets[4:])&0xffffff)
		const vendor, reserved = 0x80, 0x1f
		least := avpHeader
		if octets[4]&vendor != 0 {
			least += 4
		}
		if code == 0 || octets[4]&reserved != 0 || size < least {
			return false
		}
		padded := (size + 3) &^ 3
		if padded > length {
			return false
		}
		if length -= padded; padded > len(octets) {
			return true
		}
		octets = octets[padded:]
	}
	return true
}

// originHost reads the Origin-Host of a message (RFC 6733 section 6.3); "": it has none.
func originHost(message []byte) string {
	const code = 264
	for rest := message[min(headerLength, len(message)):]; len(rest) >= avpHeader; {
		size := int(binary.BigEndian.Uint32(rest[4:]) & 0xffffff)
		if size < avpHeader || size > len(rest) {
			return ""
		}
		if binary.BigEndian.Uint32(rest) == code && rest[4]&0x80 == 0 {
			return string(rest[avpHeader:size])
		}
		rest = rest[min((size+3)&^3, len(rest)):]
	}
	return ""
}

// command is the Command-Code of a message.
func command(message []byte) uint32 {
	if len(message) < headerLength {
		return 0
	}
	return binary.BigEndian.Uint32(message[4:]) & 0xffffff
}

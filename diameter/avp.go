package diameter

import (
	"encoding/binary"
	"time"
)

// The flag bits of an AVP header (RFC 6733 section 4.1).
const (
	flagVendor    = 0x80
	flagMandatory = 0x40
	flagProtected = 0x20
)

// vendor3GPP is the enterprise number of 3GPP.
const vendor3GPP = 10415

// An avp is one AVP in place: raw is header and data, without padding. It keeps the frame alive.
type avp struct {
	code, vendor uint32
	flags        byte
	raw, data    []byte
}

// id joins vendor and code, the only way an AVP is told apart.
func (a *avp) id() uint64 { return avpID(a.vendor, a.code) }

func avpID(vendor, code uint32) uint64 { return uint64(vendor)<<32 | uint64(code) }

func (a *avp) uint32() uint32 { return binary.BigEndian.Uint32(a.data) }
func (a *avp) uint64() uint64 { return binary.BigEndian.Uint64(a.data) }

// time reads a Time: seconds since 1900, which begin again in 2036 (RFC 6733 section 4.3.1).
func (a *avp) time() time.Time {
	seconds := int64(a.uint32())
	if seconds < 1<<31 {
		seconds += 1 << 32
	}
	return time.Unix(seconds-secondsTo1970, 0).UTC()
}

const secondsTo1970 = 2_208_988_800

// nextAVP cuts the first AVP from b. ok is false where header, length or padding do not fit; rest
// is what follows the padding.
func nextAVP(b []byte) (a avp, rest []byte, ok bool) {
	rest, ok = a.cut(b)
	return a, rest, ok
}

// cut is nextAVP in place: a walk through a whole frame spends most of its time here, and copying
// what was found would double it.
func (a *avp) cut(b []byte) (rest []byte, ok bool) {
	if len(b) < 8 {
		*a = avp{}
		return nil, false
	}
	word := binary.BigEndian.Uint32(b[4:])
	length, header := int(word&0xffffff), 8
	a.code, a.flags = binary.BigEndian.Uint32(b), byte(word>>24)
	if a.flags&flagVendor != 0 {
		header = 12
	}
	padded := (length + 3) &^ 3
	a.vendor, a.raw, a.data = 0, nil, nil
	if length < header || padded > len(b) {
		return nil, false
	}
	if header == 12 {
		a.vendor = binary.BigEndian.Uint32(b[8:])
	}
	a.raw, a.data = b[:length:length], b[header:length:length]
	return b[padded:], true
}

// appendHeader begins an AVP whose data follows; endAVP writes its length and padding.
func appendHeader(dst []byte, vendor, code uint32, flags byte) []byte {
	if vendor != 0 {
		flags |= flagVendor
	}
	dst = binary.BigEndian.AppendUint32(dst, code)
	dst = append(dst, flags, 0, 0, 0)
	if vendor != 0 {
		dst = binary.BigEndian.AppendUint32(dst, vendor)
	}
	return dst
}

// endAVP closes the AVP that began at start.
func endAVP(dst []byte, start int) []byte {
	length := len(dst) - start
	dst[start+5], dst[start+6], dst[start+7] = byte(length>>16), byte(length>>8), byte(length)
	for len(dst)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

func appendUint32(dst []byte, vendor, code uint32, value uint32) []byte {
	start := len(dst)
	dst = appendHeader(dst, vendor, code, flagMandatory)
	return endAVP(binary.BigEndian.AppendUint32(dst, value), start)
}

func appendUint64(dst []byte, vendor, code uint32, value uint64) []byte {
	start := len(dst)
	dst = appendHeader(dst, vendor, code, flagMandatory)
	return endAVP(binary.BigEndian.AppendUint64(dst, value), start)
}

func appendString(dst []byte, vendor, code uint32, value string) []byte {
	start := len(dst)
	return endAVP(append(appendHeader(dst, vendor, code, flagMandatory), value...), start)
}

func appendTime(dst []byte, vendor, code uint32, value time.Time) []byte {
	return appendUint32(dst, vendor, code, uint32(value.Unix()+secondsTo1970))
}

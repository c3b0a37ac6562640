package diameter

import (
	"encoding/binary"

	"github.com/ocs-sim/ocs-sim/charging"
)

// inspect finds the first AVP that RFC 6733 section 4 does not allow: a length that leaves its
// surroundings or does not fit its type, groups too deep in one another, and in a request an
// unknown AVP with the M bit.
func (d *Dictionary) inspect(frame []byte, request bool) *refusal {
	return d.inspectMembers(frame[headerLength:], 0, request)
}

func (d *Dictionary) inspectMembers(members []byte, depth int, request bool) *refusal {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return &refusal{
				resultInvalidAVPLength, d.example(rest), "the length of an AVP leaves the space around it",
			}
		}
		if fault := d.inspectAVP(a, depth, request); fault != nil {
			return fault
		}
		rest = next
	}
	return nil
}

func (d *Dictionary) inspectAVP(a avp, depth int, request bool) *refusal {
	definition, known := d.find(a.vendor, a.code)
	switch {
	case request && a.flags&reservedBits != 0:
		return &refusal{resultInvalidAVPBits, d.quotable(&a), "an AVP has a flag bit that is not defined"}
	case request && a.namesNoVendor():
		return &refusal{resultInvalidAVPFlags, d.quotable(&a), "an AVP has the V bit and no vendor"}
	case !known && request && a.flags&flagMandatory != 0:
		return &refusal{resultAVPUnsupported, a.raw, "an AVP with the M bit is not known here"}
	case !known:
		return nil
	case !definition.kind.fits(a.data):
		return &refusal{
			resultInvalidAVPLength, d.example(a.raw), "the length of an AVP does not fit its type",
		}
	case request && !definition.has(&a):
		return &refusal{charging.InvalidAVPValue, a.raw, "the enumeration has no such value"}
	case definition.kind != grouped:
		return nil
	case depth == maxGroups:
		return &refusal{
			charging.InvalidAVPValue, d.example(a.raw), "groups of AVPs stand too deep in one another",
		}
	}
	return d.inspectMembers(a.data, depth+1, request)
}

// example is an AVP for Failed-AVP in place of one whose length is wrong: its header, filled up
// where it is cut short, and the least payload of its type (RFC 6733 section 7.1.5).
func (d *Dictionary) example(bad []byte) []byte {
	var raw [12]byte
	copy(raw[:], bad)
	code, flags, vendor := binary.BigEndian.Uint32(raw[:]), raw[4], uint32(0)
	if flags&flagVendor != 0 {
		vendor = binary.BigEndian.Uint32(raw[8:])
	}
	size := 0
	if definition, ok := d.find(vendor, code); ok {
		size = definition.kind.example()
	}
	length := 8
	if flags&flagVendor != 0 {
		length = 12
	}
	out := append(make([]byte, 0, length+size+4), raw[:length]...)
	return endAVP(append(out, make([]byte, size)...), 0)[:length+size]
}

// missing is an example of an AVP that is not there (RFC 6733 section 7.5).
func (d *Dictionary) missing(id uint64) []byte {
	vendor, code := uint32(id>>32), uint32(id)
	size, flags := 0, byte(0)
	if definition, ok := d.find(vendor, code); ok {
		size = definition.kind.example()
		if definition.mandatory {
			flags = flagMandatory
		}
	}
	return endAVP(append(appendHeader(nil, vendor, code, flags), make([]byte, size)...), 0)
}

// forLibrary returns the frame without the AVPs that go-diameter v4.3.0 would misread: those the
// dictionary does not know, which it decodes as another vendor's AVP of that code; those of
// vendors' dictionaries, which its parser is not told of; and addresses whose length it computes
// wrongly. The frame must have passed inspect. Where nothing is to be left out, and that is nearly
// always, the frame itself comes back.
func (d *Dictionary) forLibrary(frame []byte, h header) []byte {
	if d.readable(frame[headerLength:], h) {
		return frame
	}
	out := make([]byte, headerLength, len(frame))
	copy(out, frame)
	out = d.appendReadable(out, frame[headerLength:], h)
	return endMessage(out, 0)
}

func (d *Dictionary) readable(members []byte, h header) bool {
	for rest := members; len(rest) > 0; {
		a, next, _ := nextAVP(rest)
		definition := d.readableAVP(a, h)
		if definition == nil || definition.kind == grouped && !d.readable(a.data, h) {
			return false
		}
		rest = next
	}
	return true
}

func (d *Dictionary) appendReadable(dst, members []byte, h header) []byte {
	for rest := members; len(rest) > 0; {
		a, next, _ := nextAVP(rest)
		rest = next
		definition := d.readableAVP(a, h)
		if definition == nil {
			continue
		}
		start := len(dst)
		if definition.kind != grouped {
			dst = endAVP(append(dst, a.raw...), start)
			continue
		}
		dst = append(dst, a.raw[:len(a.raw)-len(a.data)]...)
		dst = endAVP(d.appendReadable(dst, a.data, h), start)
	}
	return dst
}

// readableAVP returns the definition of an AVP that the library reads right, and nil for others.
func (d *Dictionary) readableAVP(a avp, h header) *definition {
	definition, known := d.find(a.vendor, a.code)
	switch {
	case !known, definition.origin != "",
		h.application != creditControlApplication && !definition.base:
		return nil
	case definition.kind == address && !plainAddress(a.data):
		return nil
	}
	return definition
}

// plainAddress reports whether the library gets the address's length right: it takes any 4 octets
// for IPv4, 16 for IPv6, and an IPv4 address mapped into IPv6 for IPv4.
func plainAddress(data []byte) bool {
	switch binary.BigEndian.Uint16(data) {
	case familyIPv4:
		return true
	case familyIPv6:
		return [12]byte(data[2:]) != [12]byte{10: 0xff, 11: 0xff}
	}
	return len(data) != 4 && len(data) != 16
}

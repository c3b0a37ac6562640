package diameter

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Attributes lets the AVPs of a frame be looked up by path. It keeps the frame.
func Attributes(frame []byte) charging.Attributes { return frameAttributes{frame} }

// SetAVP returns the frame with an AVP set to a value. A path is AVP names, or codes, or
// vendor:code, joined by dots. The first AVP there is replaced; where none is there, it is added,
// with the groups that lead to it. The value "none" takes away all that are there.
//
// Values are written as Attributes shows them: numbers, names of enumerations, times by RFC 3339,
// addresses; octets may be text, or 0x and hexadecimal digits. SetAVP fails where the path is not
// known or the value does not fit the AVP's type; AVPs that are not in the dictionary take octets.
func SetAVP(frame []byte, path, value string) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("set %s: the frame is shorter than a header", path)
	}
	var way []*definition
	for name := range strings.SplitSeq(path, ".") {
		step, ok := SharedDictionary().step(name)
		if !ok {
			return nil, fmt.Errorf("set %s: no AVP is called %s", path, name)
		}
		way = append(way, step)
	}
	out := append(make([]byte, 0, len(frame)+64), frame[:headerLength]...)
	out, err := appendWithSet(out, frame[headerLength:], way, value)
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", path, err)
	}
	return endMessage(out, 0), nil
}

// removed is the value of an AVP that is to be taken away.
const removed = "none"

// SetFlags returns the frame with other flags in its header: letters of R, P, E and T, each set, or
// cleared where a minus stands before it, as in "T" or "-P".
func SetFlags(frame []byte, change string) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("set flags %s: the frame is shorter than a header", change)
	}
	bits := map[rune]byte{
		'R': flagRequest, 'P': flagProxiable, 'E': flagError, 'T': flagRetransmitted,
	}
	out := append([]byte(nil), frame...)
	clearing := false
	for _, letter := range change {
		bit, known := bits[letter]
		switch {
		case letter == '-':
			clearing = true
			continue
		case letter == '+' || letter == ',':
		case !known:
			return nil, fmt.Errorf(
				"set flags %s: there is no flag %c; there are R, P, E and T", change, letter)
		case clearing:
			out[4] &^= bit
		default:
			out[4] |= bit
		}
		clearing = false
	}
	return out, nil
}

// AppendOctets returns the frame with octets behind its last AVP, and their number in its length.
func AppendOctets(frame, octets []byte) []byte {
	return endMessage(append(append([]byte(nil), frame...), octets...), 0)
}

// step finds what a path names; codes need not be in the dictionary.
func (d *Dictionary) step(name string) (*definition, bool) {
	id, ok := d.identify(name)
	if !ok {
		return nil, false
	}
	if known, ok := d.find(uint32(id>>32), uint32(id)); ok {
		return known, true
	}
	return &definition{name: name, vendor: uint32(id >> 32), code: uint32(id), kind: octets}, true
}

// appendWithSet appends members with the AVP at the end of the way set.
func appendWithSet(dst, members []byte, way []*definition, value string) ([]byte, error) {
	found := false
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return append(dst, rest...), nil
		}
		rest = next
		if a.id() != way[0].id() || found && (len(way) > 1 || value != removed) {
			dst = appendRaw(dst, a.raw)
			continue
		}
		found = true
		var err error
		if dst, err = appendSet(dst, &a, way, value); err != nil {
			return dst, err
		}
	}
	if found || value == removed {
		return dst, nil
	}
	return appendSet(dst, nil, way, value)
}

// appendSet appends the first AVP of the way, in place of prior if that is not nil.
func appendSet(dst []byte, prior *avp, way []*definition, value string) ([]byte, error) {
	if len(way) == 1 && value == removed {
		return dst, nil
	}
	start := len(dst)
	var inner []byte
	if prior != nil {
		dst = append(dst, prior.raw[:len(prior.raw)-len(prior.data)]...)
		inner = prior.data
	} else {
		dst = way[0].appendHeader(dst)
	}
	var err error
	if len(way) > 1 {
		dst, err = appendWithSet(dst, inner, way[1:], value)
	} else {
		dst, err = way[0].appendData(dst, value)
	}
	return endAVP(dst, start), err
}

func (d *definition) appendHeader(dst []byte) []byte {
	flags := byte(0)
	if d.mandatory {
		flags = flagMandatory
	}
	return appendHeader(dst, d.vendor, d.code, flags)
}

// appendData appends data that people wrote. It appends nothing where it fails.
func (d *definition) appendData(dst []byte, value string) ([]byte, error) {
	switch d.kind {
	case grouped:
		return dst, nil
	case unsigned32, integer32, enumerated:
		number, err := d.parseNumber(value, 32)
		if err != nil {
			return dst, err
		}
		return binary.BigEndian.AppendUint32(dst, uint32(number)), nil
	case unsigned64, integer64:
		number, err := d.parseNumber(value, 64)
		if err != nil {
			return dst, err
		}
		return binary.BigEndian.AppendUint64(dst, number), nil
	case timestamp:
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return dst, err
		}
		return binary.BigEndian.AppendUint32(dst, uint32(at.Unix()+secondsTo1970)), nil
	case address:
		ip, err := netip.ParseAddr(value)
		if err != nil {
			return dst, err
		}
		return appendIP(dst, ip), nil
	}
	if digits, ok := strings.CutPrefix(value, "0x"); ok && d.kind == octets {
		if data, err := hex.DecodeString(digits); err == nil {
			return append(dst, data...), nil
		}
	}
	return append(dst, value...), nil
}

// parseNumber reads a number of either sign, or the name of an enumeration's value.
func (d *definition) parseNumber(value string, size int) (uint64, error) {
	if number, ok := d.numbers[value]; ok {
		return uint64(number), nil
	}
	if number, err := strconv.ParseInt(value, 10, size); err == nil {
		return uint64(number), nil
	}
	number, err := strconv.ParseUint(value, 10, size)
	if err != nil {
		return 0, fmt.Errorf("%q is no value of %s", value, d.name)
	}
	return number, nil
}

func appendIP(dst []byte, ip netip.Addr) []byte {
	family := uint16(familyIPv6)
	if ip.Is4() {
		family = familyIPv4
	}
	return append(binary.BigEndian.AppendUint16(dst, family), ip.AsSlice()...)
}

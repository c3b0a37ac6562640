package diameter

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// SetAVP returns the frame with an AVP set to a value. The path is as Dictionary.Attributes has
// them. The first AVP there is replaced, or that of an index; where none is there, it is added,
// with the groups that lead to it. The value "none" takes away all that are there, or that of an
// index.
//
// Values are written as Attributes shows them: numbers, names of enumerations, times by RFC 3339,
// addresses; octets may be text, or 0x and hexadecimal digits. A time may also be now, or now-90s
// and now+1h, by the clock of the machine. A value hex: and digits is octets,
// whatever the type, so that wrong ones can be made. SetAVP fails where the path is not known or
// the value does not fit the AVP's type; AVPs that are not in the dictionary take octets.
func SetAVP(frame []byte, path, value string) ([]byte, error) {
	return SharedDictionary().SetAVP(frame, path, value)
}

// SetAVP is the function of that name by this dictionary. A last step of a path may say the AVP's
// flags, behind a slash: letters of M and P, and a minus before those that are not set.
func (d *Dictionary) SetAVP(frame []byte, path, value string) ([]byte, error) {
	return d.edit(frame, path, edit{verb: "set", value: value})
}

// AddAVP adds an AVP by the shared dictionary: see Dictionary.AddAVP.
func AddAVP(frame []byte, path, value string) ([]byte, error) {
	return SharedDictionary().AddAVP(frame, path, value)
}

// AddAVP is SetAVP, but for that it adds one more AVP, at the end of its group, where there are
// some already.
func (d *Dictionary) AddAVP(frame []byte, path, value string) ([]byte, error) {
	return d.edit(frame, path, edit{verb: "add", value: value, add: true})
}

// An edit is what is done at the end of a path.
type edit struct {
	verb, value string
	add         bool
}

// removes reports whether the AVP is taken away.
func (e *edit) removes() bool { return e.value == removed && !e.add }

// removed is the value of an AVP that is to be taken away.
const removed = "none"

func (d *Dictionary) edit(frame []byte, path string, e edit) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("%s %s: the frame is shorter than a header", e.verb, path)
	}
	way, err := d.path(path)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.verb, path, err)
	}
	out := append(make([]byte, 0, len(frame)+64), frame[:headerLength]...)
	out, err = e.members(out, frame[headerLength:], way)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.verb, path, err)
	}
	return endMessage(out, 0), nil
}

// SetFlags returns the frame with other flags in its header: letters of R, P, E and T, each set, or
// cleared where a minus stands before it, as in "T" or "-P".
func SetFlags(frame []byte, change string) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("set flags %s: the frame is shorter than a header", change)
	}
	bits := map[rune]byte{
		'R': flagRequest, 'P': flagProxiable, 'E': flagError, 'T': flagRetransmitted,
	}
	flags, unknown := changedFlags(frame[4], change, bits)
	if unknown != 0 {
		return nil, fmt.Errorf(
			"set flags %s: there is no flag %c; there are R, P, E and T", change, unknown)
	}
	out := append([]byte(nil), frame...)
	out[4] = flags
	return out, nil
}

// changedFlags sets the bits of letters, and clears those of letters behind a minus. It returns the
// first letter that stands for no bit; 0: all do.
func changedFlags(flags byte, change string, bits map[rune]byte) (changed byte, unknown rune) {
	clearing := false
	for _, letter := range change {
		bit, known := bits[letter]
		switch {
		case letter == '-':
			clearing = true
			continue
		case letter == '+' || letter == ',':
		case !known:
			return flags, letter
		case clearing:
			flags &^= bit
		default:
			flags |= bit
		}
		clearing = false
	}
	return flags, 0
}

// AppendOctets returns the frame with octets behind its last AVP, and their number in its length.
func AppendOctets(frame, octets []byte) []byte {
	return endMessage(append(append([]byte(nil), frame...), octets...), 0)
}

// members appends members with the edit done at the end of the way. Octets that are no AVP are
// left as they are, and end the search.
func (e *edit) members(dst, members []byte, way []step) ([]byte, error) {
	found, seen := false, 0
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return append(dst, rest...), nil
		}
		rest = next
		if a.id() != way[0].id() || !e.meant(way, seen, found) {
			if a.id() == way[0].id() {
				seen++
			}
			dst = appendRaw(dst, a.raw)
			continue
		}
		found = true
		seen++
		var err error
		if dst, err = e.one(dst, &a, way); err != nil {
			return dst, err
		}
	}
	switch {
	case found || e.removes():
		return dst, nil
	case way[0].index > 0 && (len(way) > 1 || !e.add):
		return dst, fmt.Errorf("there are %d of %s, and indices count from 0", seen, way[0].name)
	}
	return e.one(dst, nil, way)
}

// meant reports whether the edit is for the AVP at hand: seen of its kind came before it.
func (e *edit) meant(way []step, seen int, found bool) bool {
	last := len(way) == 1
	switch {
	case last && e.add:
		return false
	case way[0].index >= 0:
		return seen == way[0].index
	}
	return !found || last && e.removes()
}

// one appends the first AVP of the way, in place of prior if that is not nil.
func (e *edit) one(dst []byte, prior *avp, way []step) ([]byte, error) {
	last := len(way) == 1
	if last && e.removes() {
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
	dst[start+4] = way[0].flagged(dst[start+4])
	var err error
	if last {
		dst, err = way[0].appendData(dst, e.value)
	} else {
		dst, err = e.members(dst, inner, way[1:])
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
	if digits, ok := strings.CutPrefix(value, "hex:"); ok {
		data, err := hex.DecodeString(digits)
		return append(dst, data...), err
	}
	switch d.kind {
	case grouped:
		return appendHexadecimal(dst, value)
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
		at, err := parseInstant(value)
		if err != nil {
			return dst, fmt.Errorf("%q is no time like 2026-03-01T12:00:00Z or now-90s", value)
		}
		return binary.BigEndian.AppendUint32(dst, uint32(at.Unix()+secondsTo1970)), nil
	case address, plainIPv4, plainIPv6:
		return d.appendAddress(dst, value)
	case float32Kind, float64Kind:
		return d.appendFloat(dst, value)
	}
	if digits, ok := strings.CutPrefix(value, "0x"); ok && d.kind == octets {
		if data, err := hex.DecodeString(digits); err == nil {
			return append(dst, data...), nil
		}
	}
	return append(dst, value...), nil
}

// parseInstant reads a time, also one that is told by how far it is from now.
func parseInstant(value string) (time.Time, error) {
	shift, relative := strings.CutPrefix(value, "now")
	switch {
	case !relative:
		return time.Parse(time.RFC3339, value)
	case shift == "":
		return time.Now(), nil
	}
	by, err := time.ParseDuration(shift)
	return time.Now().Add(by), err
}

// appendHexadecimal appends the members of a group, which people write only as octets.
func appendHexadecimal(dst []byte, value string) ([]byte, error) {
	digits, ok := strings.CutPrefix(value, "0x")
	if !ok && value != "" {
		return dst, fmt.Errorf("%q is no value of a group; set its members by their paths", value)
	}
	data, err := hex.DecodeString(digits)
	if err != nil {
		return dst, fmt.Errorf("%q is no group: %w", value, err)
	}
	return append(dst, data...), nil
}

// appendFloat appends the number that is nearest to a value.
func (d *definition) appendFloat(dst []byte, value string) ([]byte, error) {
	size := d.kind.length() * 8
	number, err := strconv.ParseFloat(value, size)
	if err != nil {
		return dst, fmt.Errorf("%q is no value of %s", value, d.name)
	}
	if size == 32 {
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(number))), nil
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(number)), nil
}

// appendAddress appends an IP address, or "family 8 15550100" as addresses of other families are
// shown.
func (d *definition) appendAddress(dst []byte, value string) ([]byte, error) {
	if words, ok := strings.CutPrefix(value, "family "); ok && d.kind == address {
		number, rest, _ := strings.Cut(words, " ")
		family, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return dst, fmt.Errorf("%q names no address family", value)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(family))
		if data, err := hex.DecodeString(strings.TrimPrefix(rest, "0x")); err == nil &&
			strings.HasPrefix(rest, "0x") {
			return append(dst, data...), nil
		}
		return append(dst, rest...), nil
	}
	ip, err := netip.ParseAddr(value)
	switch {
	case err != nil:
		return dst, fmt.Errorf("%q is no IP address", value)
	case d.kind == address:
		return appendIP(dst, ip), nil
	case len(ip.AsSlice()) != d.kind.length():
		return dst, fmt.Errorf("%q is no %s address", value, d.kind)
	}
	return append(dst, ip.AsSlice()...), nil
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

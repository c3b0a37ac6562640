package diameter

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The operations that Amend knows, as charging.Edit.Op.
const (
	EditSet    = "set"    // the AVP at Path gets Value; it is added where it is not there
	EditRemove = "remove" // every AVP at Path goes
	EditFlags  = "flags"  // the header's flags become Value: letters R P E T, + and - change single ones
	EditRaw    = "raw"    // Value, hexadecimal digits, is appended to the message
)

// Amend returns the frame with one edit made, lengths and padding set right. A path is AVP names
// as the standards spell them, or codes, or vendor:code, joined by dots; of repeated AVPs the
// first is meant. Values are written as Render shows them: numbers or names of enumerations, text,
// RFC 3339 times, IP addresses, and 0x with hexadecimal digits for the bytes of any type.
func Amend(frame []byte, edit charging.Edit) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, errors.New("the frame is shorter than a header")
	}
	var err error
	amended := slices.Clone(frame)
	switch edit.Op {
	case EditSet, EditRemove:
		amended, err = amendPath(amended, edit)
	case EditFlags:
		amended[4], err = amendFlags(amended[4], edit.Value)
	case EditRaw:
		var octets []byte
		octets, err = hex.DecodeString(edit.Value)
		amended = append(amended, octets...)
	default:
		err = fmt.Errorf("unknown edit %q; use set, remove, flags or raw", edit.Op)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", edit.Op, edit.Path, err)
	}
	return endMessage(amended, 0), nil
}

func amendPath(frame []byte, edit charging.Edit) ([]byte, error) {
	var path []uint64
	for name := range strings.SplitSeq(edit.Path, ".") {
		id, ok := SharedDictionary().identify(name)
		if !ok {
			return nil, fmt.Errorf("the dictionary has no AVP %q", name)
		}
		path = append(path, id)
	}
	members, err := amendMembers(frame[headerLength:], path, edit)
	return append(frame[:headerLength:headerLength], members...), err
}

// amendMembers rebuilds a list of AVPs with the edit made somewhere below it.
func amendMembers(members []byte, path []uint64, edit charging.Edit) ([]byte, error) {
	var out []byte
	found := false
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return append(out, rest...), nil
		}
		here := a.id() == path[0] && (!found || edit.Op == EditRemove)
		found = found || here
		var err error
		switch {
		case !here:
			out = append(out, rest[:len(rest)-len(next)]...)
		case len(path) > 1:
			out, err = amendGroup(out, a, path, edit)
		case edit.Op == EditSet:
			out, err = appendValue(out, path[0], a.flags, edit.Value)
		}
		if err != nil {
			return nil, err
		}
		rest = next
	}
	if found || edit.Op == EditRemove {
		return out, nil
	}
	return appendMissing(out, path, edit)
}

func amendGroup(out []byte, a avp, path []uint64, edit charging.Edit) ([]byte, error) {
	inner, err := amendMembers(a.data, path[1:], edit)
	if err != nil {
		return nil, err
	}
	start := len(out)
	out = appendHeader(out, a.vendor, a.code, a.flags)
	return endAVP(append(out, inner...), start), nil
}

// appendMissing adds the AVP, and the groups around it, where it was not there.
func appendMissing(out []byte, path []uint64, edit charging.Edit) ([]byte, error) {
	flags := byte(flagMandatory)
	if len(path) == 1 {
		return appendValue(out, path[0], flags, edit.Value)
	}
	inner, err := appendMissing(nil, path[1:], edit)
	if err != nil {
		return nil, err
	}
	start := len(out)
	out = appendHeader(out, uint32(path[0]>>32), uint32(path[0]), flags)
	return endAVP(append(out, inner...), start), nil
}

func appendValue(out []byte, id uint64, flags byte, value string) ([]byte, error) {
	start := len(out)
	out = appendHeader(out, uint32(id>>32), uint32(id), flags)
	definition, _ := SharedDictionary().find(uint32(id>>32), uint32(id))
	out, err := appendWritten(out, definition, value)
	return endAVP(out, start), err
}

// appendWritten appends the data of an AVP from what people write.
func appendWritten(out []byte, definition *definition, value string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(value, "0x"); ok {
		octets, err := hex.DecodeString(digits)
		return append(out, octets...), err
	}
	if definition == nil {
		return append(out, value...), nil
	}
	if number, ok := definition.numbers[value]; ok {
		value = strconv.FormatInt(int64(number), 10)
	}
	switch definition.kind {
	case unsigned32, unsigned64, integer32, integer64, enumerated:
		return appendDigits(out, definition.kind, value)
	case timestamp:
		at, err := time.Parse(time.RFC3339, value)
		return binary.BigEndian.AppendUint32(out, uint32(at.Unix()+secondsTo1970)), err
	case address:
		return appendAddress(out, value)
	case grouped:
		if value != "" {
			return nil, fmt.Errorf("%s is a group; set one of its members", definition.name)
		}
		return out, nil
	}
	return append(out, value...), nil
}

func appendDigits(out []byte, kind kind, value string) ([]byte, error) {
	switch kind {
	case unsigned32:
		n, err := strconv.ParseUint(value, 10, 32)
		return binary.BigEndian.AppendUint32(out, uint32(n)), err
	case unsigned64:
		n, err := strconv.ParseUint(value, 10, 64)
		return binary.BigEndian.AppendUint64(out, n), err
	case integer64:
		n, err := strconv.ParseInt(value, 10, 64)
		return binary.BigEndian.AppendUint64(out, uint64(n)), err
	}
	n, err := strconv.ParseInt(value, 10, 32)
	return binary.BigEndian.AppendUint32(out, uint32(n)), err
}

func appendAddress(out []byte, value string) ([]byte, error) {
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return nil, err
	}
	family := byte(familyIPv6)
	if ip.Is4() {
		family = familyIPv4
	}
	return append(append(out, 0, family), ip.AsSlice()...), nil
}

var flagLetters = map[rune]byte{
	'R': flagRequest, 'P': flagProxiable, 'E': flagError, 'T': flagRetransmitted,
}

// amendFlags reads RPET, or +T-P, or 0xC0.
func amendFlags(flags byte, value string) (byte, error) {
	if digits, ok := strings.CutPrefix(value, "0x"); ok {
		n, err := strconv.ParseUint(digits, 16, 8)
		return byte(n), err
	}
	sign := '+'
	if value != "" && value[0] != '+' && value[0] != '-' {
		flags = 0
	}
	for _, letter := range value {
		bit, known := flagLetters[letter]
		switch {
		case letter == '+' || letter == '-':
			sign = letter
		case !known:
			return 0, fmt.Errorf("unknown flag %q; use R, P, E and T", letter)
		case sign == '+':
			flags |= bit
		default:
			flags &^= bit
		}
	}
	return flags, nil
}

// ChargeAmended is Charge with edits made to the frame before it goes out. reply also gets the
// AVPs of the answer, nil where none came.
func (c *Client) ChargeAmended(
	ctx context.Context, r *charging.Request, edits []charging.Edit,
	reply func(*charging.Answer, charging.Attributes),
) error {
	hopByHop := c.identifier()
	endToEnd := r.EndToEnd
	if endToEnd == 0 {
		endToEnd = hopByHop
	}
	frame := appendRequest(nil, r, c.options, hopByHop, endToEnd)
	for _, edit := range edits {
		var err error
		if frame, err = Amend(frame, edit); err != nil {
			return err
		}
	}
	key, kind := r.Key, r.Type
	c.start(ctx, frame, hopByHop, func(answer []byte, err error) {
		if err != nil {
			reply(c.answer(key, kind, nil, err), nil)
			return
		}
		reply(c.answer(key, kind, answer, nil), frameAttributes{answer})
	})
	return nil
}

package diameter

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The operations of a charging.Edit. A path is AVP names, or codes, or vendor:code, joined by dots,
// each with the place among its like in brackets where that is not the first: the second MSCC's
// result is "Multiple-Services-Credit-Control[1].Result-Code".
const (
	// EditSet gives an AVP a value, and adds it, with the groups that lead to it, where none is
	// there.
	EditSet = "set"
	// EditAdd adds an AVP behind the last one of its group, whatever is there.
	EditAdd = "add"
	// EditRemove takes all AVPs of a path away, or the one of a place.
	EditRemove = "remove"
	// EditDuplicate puts a copy behind an AVP.
	EditDuplicate = "duplicate"
	// EditMove moves an AVP within its group: the value is first, last, or a position from 0 on.
	EditMove = "move"
	// EditFlags sets flags of an AVP: letters V, M and P, each cleared where a minus stands before
	// it. An empty path means the header's flags R, P, E and T.
	EditFlags = "flags"
)

// CheckEdit says what is wrong with an edit, before there is an answer to change: the path names no
// AVP, or the value does not fit it.
func (d *Dictionary) CheckEdit(e charging.Edit) error {
	if e.Op == EditFlags && e.Path == "" {
		_, err := SetFlags(make([]byte, headerLength), e.Value)
		return err
	}
	way, err := d.path(e.Path)
	if err != nil {
		return err
	}
	return checkValue(e, way[len(way)-1].definition)
}

func checkValue(e charging.Edit, last *definition) error {
	switch e.Op {
	case EditSet, EditAdd:
		if _, err := last.appendData(nil, e.Value); err != nil {
			return fmt.Errorf("%s: %w", e.Path, err)
		}
	case EditMove:
		_, err := place(e.Value, 1)
		return err
	case EditFlags:
		_, err := avpFlags(0, e.Value)
		return err
	case EditRemove, EditDuplicate:
	default:
		return fmt.Errorf("an AVP cannot be %q; there are set, add, remove, duplicate, move, flags",
			e.Op)
	}
	return nil
}

// amend returns the frame with all edits made, one after the other. What an edit asks for that is
// not there, or cannot be, leaves the frame as it is.
func (d *Dictionary) amend(frame []byte, edits []charging.Edit) []byte {
	for _, e := range edits {
		if changed, err := d.amended(frame, e); err == nil {
			frame = changed
		}
	}
	return frame
}

func (d *Dictionary) amended(frame []byte, e charging.Edit) ([]byte, error) {
	if e.Op == EditFlags && e.Path == "" {
		return SetFlags(frame, e.Value)
	}
	way, err := d.path(e.Path)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(frame)+64), frame[:headerLength]...)
	if out, err = appendAmended(out, frame[headerLength:], way, e); err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
	}
	return endMessage(out, 0), nil
}

// appendAmended appends members, changed as the edit says at the end of the way.
func appendAmended(dst, members []byte, way []step, e charging.Edit) ([]byte, error) {
	raws, tail := cutAll(members)
	found := way[0].among(raws)
	var err error
	switch {
	case len(way) == 1:
		raws, err = way[0].edit(raws, found, e)
	case len(found) == 0 && (e.Op == EditSet || e.Op == EditAdd):
		var added []byte
		added, err = appendInside(way[0].appendHeader(nil), nil, way[1:], e)
		raws = append(raws, added)
	case e.Op != EditRemove && len(found) > 1:
		found = found[:1]
		fallthrough
	default:
		for _, at := range found {
			a, _, _ := nextAVP(padded(raws[at]))
			head := bytes.Clone(a.raw[:len(a.raw)-len(a.data)])
			if raws[at], err = appendInside(head, a.data, way[1:], e); err != nil {
				break
			}
		}
	}
	for _, raw := range raws {
		dst = appendRaw(dst, raw)
	}
	return append(dst, tail...), err
}

// appendInside closes a group that begins with head and has its members amended.
func appendInside(head, members []byte, way []step, e charging.Edit) ([]byte, error) {
	group, err := appendAmended(head, members, way, e)
	return endAVP(group, 0), err
}

// cutAll cuts members into AVPs without padding; tail is what is none.
func cutAll(members []byte) (raws [][]byte, tail []byte) {
	for len(members) > 0 {
		a, rest, ok := nextAVP(members)
		if !ok {
			return raws, members
		}
		raws, members = append(raws, a.raw), rest
	}
	return raws, nil
}

func padded(raw []byte) []byte { return appendRaw(nil, raw) }

// among finds the AVPs that a step means: all of its kind, or the one of its place.
func (s *step) among(raws [][]byte) (found []int) {
	for at, raw := range raws {
		if a, _, ok := nextAVP(padded(raw)); ok && a.id() == s.id() {
			found = append(found, at)
		}
	}
	switch {
	case s.index < 0:
		return found
	case s.index < len(found):
		return found[s.index : s.index+1]
	}
	return nil
}

// edit changes the list of a group's members; found are the places of those meant.
func (s *step) edit(raws [][]byte, found []int, e charging.Edit) ([][]byte, error) {
	if e.Op == EditAdd || e.Op == EditSet && len(found) == 0 {
		made, err := s.appendData(s.appendHeader(nil), e.Value)
		if err != nil {
			return raws, err
		}
		return append(raws, endAVP(made, 0)), nil
	}
	if len(found) == 0 {
		return raws, nil
	}
	first := found[0]
	switch e.Op {
	case EditSet:
		return raws, setRaw(&raws[first], s.definition, e.Value)
	case EditRemove:
		for _, at := range slices.Backward(found) {
			raws = slices.Delete(raws, at, at+1)
		}
	case EditDuplicate:
		raws = slices.Insert(raws, first, raws[first])
	case EditMove:
		to, err := place(e.Value, len(raws))
		if err != nil {
			return raws, err
		}
		moved := raws[first]
		raws = slices.Insert(slices.Delete(raws, first, first+1), to, moved)
	case EditFlags:
		return raws, flagRaw(&raws[first], e.Value)
	}
	return raws, nil
}

// setRaw gives an AVP other data and leaves its header as it is.
func setRaw(raw *[]byte, d *definition, value string) error {
	a, _, _ := nextAVP(padded(*raw))
	made, err := d.appendData(bytes.Clone(a.raw[:len(a.raw)-len(a.data)]), value)
	if err == nil {
		*raw = endAVP(made, 0)
		*raw = (*raw)[:lengthOf(*raw)]
	}
	return err
}

// lengthOf is what an AVP's header tells of its length, padding aside.
func lengthOf(raw []byte) int { return int(raw[5])<<16 | int(raw[6])<<8 | int(raw[7]) }

func flagRaw(raw *[]byte, change string) error {
	flags, err := avpFlags((*raw)[4], change)
	if err == nil {
		*raw = bytes.Clone(*raw)
		(*raw)[4] = flags
	}
	return err
}

// avpFlags changes the flags of an AVP as SetFlags does those of a header. V is only ever told
// wrongly: no Vendor-Id comes or goes with it.
func avpFlags(flags byte, change string) (byte, error) {
	bits := map[rune]byte{'V': flagVendor, 'M': flagMandatory, 'P': flagProtected}
	changed, unknown := changedFlags(flags, change, bits)
	if unknown != 0 {
		return flags, fmt.Errorf("there is no AVP flag %c; there are V, M and P", unknown)
	}
	return changed, nil
}

// place reads where among so many an AVP goes; beyond the end is the end.
func place(word string, among int) (int, error) {
	switch word {
	case "first":
		return 0, nil
	case "last":
		return among - 1, nil
	}
	number, err := strconv.ParseUint(word, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is no place to move to; write first, last or a position from 0 on",
			word)
	}
	return min(int(number), among-1), nil
}

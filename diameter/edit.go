package diameter

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// SetAVP returns the frame with an AVP set to a value. The path is as Dictionary.Attributes has
// them. The first AVP there is replaced, or that of an index; where none is there, it is added,
// with the groups that lead to it. The value "none" takes away all that are there, or that of an
// index.
//
// Values are written as Attributes shows them: numbers, names of enumerations, times by RFC 3339,
// addresses; octets may be text, or 0x and hexadecimal digits. A value hex: and digits is octets,
// whatever the type, so that wrong ones can be made. SetAVP fails where the path is not known, an
// index has no AVP, or the value does not fit the AVP's type; AVPs that are not in the dictionary
// take octets.
func SetAVP(frame []byte, path, value string) ([]byte, error) {
	return SharedDictionary().SetAVP(frame, path, value)
}

// SetAVP is the function of that name by this dictionary. A step of a path may say the AVP's
// flags, behind a slash: letters of M and P, and a minus before those that are not set.
func (d *Dictionary) SetAVP(frame []byte, path, value string) ([]byte, error) {
	out, err := d.Edit(frame, charging.Edit{Op: EditSet, Path: path, Value: value})
	if missing, ok := err.(*missingError); ok && value == removed && !missing.indexed {
		return frame, nil
	}
	return out, err
}

// AddAVP adds an AVP by the shared dictionary: see Dictionary.AddAVP.
func AddAVP(frame []byte, path, value string) ([]byte, error) {
	return SharedDictionary().AddAVP(frame, path, value)
}

// AddAVP is SetAVP, but for that it adds one more AVP, at the end of its group, where there are
// some already.
func (d *Dictionary) AddAVP(frame []byte, path, value string) ([]byte, error) {
	return d.Edit(frame, charging.Edit{Op: EditAdd, Path: path, Value: value})
}

// removed is the value of an AVP that is to be taken away.
const removed = "none"

// maxFrame is the longest message whose length 24 bits can say, and a multiple of 4 (RFC 6733
// section 3).
const maxFrame = 0xfffffc

// A missingError says that what a path leads to is not there.
type missingError struct {
	name    string
	count   int
	indexed bool
}

// Error tells how many there are of what is missing.
func (e *missingError) Error() string {
	if e.count == 0 {
		return "there is no " + e.name
	}
	return fmt.Sprintf("there are %d of %s, and indices count from 0", e.count, e.name)
}

// Edit returns the frame with an edit made. It fails where the path is not known, or leads to
// nothing that is there though the edit needs it, where the value does not fit, and where the frame
// would get longer than a message can be; the frame it was given stays as it is in any case.
func (d *Dictionary) Edit(frame []byte, e charging.Edit) ([]byte, error) {
	if len(frame) < headerLength {
		return nil, fmt.Errorf("%s %s: the frame is shorter than a header", e.Op, e.Path)
	}
	if e.Op == EditFlags && e.Path == "" {
		return SetFlags(frame, e.Value)
	}
	w, way, err := d.prepare(e)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
	}
	out := append(make([]byte, 0, len(frame)+64), frame[:headerLength]...)
	out, err = w.members(out, frame[headerLength:], way)
	switch {
	case err != nil:
	case w.done == 0:
		err = w.missing
	default:
		return endMessage(out, 0), nil
	}
	if _, missing := err.(*missingError); missing {
		return nil, err
	}
	return nil, fmt.Errorf("%s %s: %w", e.Op, e.Path, err)
}

// An editing makes one edit at the end of a path.
type editing struct {
	op      string
	data    []byte     // of EditSet and EditAdd
	to      place      // of EditMove
	flags   flagChange // of EditFlags
	done    int        // so many AVPs were changed
	missing error      // why none was
}

// prepare reads the path and the value of an edit.
func (d *Dictionary) prepare(e charging.Edit) (w *editing, way []step, err error) {
	w = &editing{op: e.Op}
	if way, err = d.path(e.Path); err == nil {
		err = w.read(d, &way[len(way)-1], e.Value)
	}
	return w, way, err
}

func (w *editing) read(d *Dictionary, last *step, value string) (err error) {
	switch {
	case w.op == EditSet && value == removed:
		w.op = EditRemove
	case w.op == EditSet || w.op == EditAdd:
		w.data, err = last.appendData(nil, value)
	case w.op == EditMove:
		w.to, err = d.place(value)
	case w.op == EditFlags:
		w.flags, err = readFlags(value, avpLetters)
	case w.op == EditRemove || w.op == EditDuplicate:
	default:
		return fmt.Errorf("an AVP cannot be %q; there are set, add, remove, duplicate, move, flags",
			w.op)
	}
	switch {
	case err != nil:
		return err
	case len(w.data) > maxFrame:
		return fmt.Errorf("a value of %d octets is longer than any message", len(w.data))
	case w.op == EditAdd && last.index != anyIndex:
		return fmt.Errorf("what is added comes behind all others; leave the index out, and move it")
	case w.op == EditRemove && last.flags != flagChange{}:
		return fmt.Errorf("flags of an AVP that is taken away mean nothing")
	}
	return nil
}

// members appends members with the edit done at the end of the way. Octets that are no AVP are
// left as they are, and end the search.
func (w *editing) members(dst, members []byte, way []step) ([]byte, error) {
	list, tail := cutAll(members)
	found := way[0].among(list)
	var err error
	if len(way) > 1 {
		list, err = w.deeper(list, found, way)
	} else {
		list, err = w.here(list, found, &way[0])
	}
	if err != nil {
		return dst, err
	}
	for _, raw := range list {
		dst = appendRaw(dst, raw)
	}
	dst = append(dst, tail...)
	if len(dst) > maxFrame {
		return dst, fmt.Errorf("a message has %d octets at most", maxFrame)
	}
	return dst, nil
}

// deeper has the edit done in the group that the first step means; a removal in all of them, where
// there is no index.
func (w *editing) deeper(list [][]byte, found []int, way []step) ([][]byte, error) {
	group := &way[0]
	switch {
	case len(found) == 0 && w.makes() && group.addable():
		made, err := w.members(group.flagged(group.appendHeader(nil)), nil, way[1:])
		return append(list, endAVP(made, 0)), err
	case len(found) == 0:
		w.lack(group, list)
	case w.op != EditRemove:
		found = found[:1]
	}
	for _, at := range found {
		before := w.done
		head, data := split(list[at])
		made, err := w.members(group.flagged(slices.Clone(head)), data, way[1:])
		if err != nil {
			return list, err
		}
		if w.done > before {
			list[at] = endRaw(made)
		}
	}
	return list, nil
}

// here does the edit among the members of the last group; found are the places of those meant.
func (w *editing) here(list [][]byte, found []int, last *step) ([][]byte, error) {
	switch {
	case w.op == EditAdd || w.op == EditSet && len(found) == 0 && last.addable():
		w.done++
		made := last.flagged(last.appendHeader(nil))
		return append(list, endRaw(append(made, w.data...))), nil
	case len(found) == 0:
		w.lack(last, list)
		return list, nil
	case w.op == EditRemove:
		w.done += len(found)
		for _, at := range slices.Backward(found) {
			list = slices.Delete(list, at, at+1)
		}
		return list, nil
	}
	at := found[0]
	head, data := split(list[at])
	head = last.flagged(slices.Clone(head))
	switch w.op {
	case EditSet:
		list[at] = endRaw(append(head, w.data...))
	case EditDuplicate:
		list = slices.Insert(list, at+1, append(head, data...))
	case EditFlags:
		head[4] = w.flags.of(head[4])
		list[at] = append(head, data...)
	case EditMove:
		to, err := w.to.among(list, at)
		if err != nil {
			return list, err
		}
		list = slices.Insert(slices.Delete(list, at, at+1), to, append(head, data...))
	}
	w.done++
	return list, nil
}

// makes reports whether the edit brings what is not there.
func (w *editing) makes() bool { return w.op == EditSet || w.op == EditAdd }

// lack notes what is not there.
func (w *editing) lack(s *step, list [][]byte) {
	all := step{definition: s.definition, index: anyIndex}
	w.missing = &missingError{s.name, len(all.among(list)), s.index != anyIndex}
}

// cutAll cuts members into AVPs without padding; tail is what is none.
func cutAll(members []byte) (list [][]byte, tail []byte) {
	for len(members) > 0 {
		a, rest, ok := nextAVP(members)
		if !ok {
			return list, members
		}
		list, members = append(list, a.raw), rest
	}
	return list, nil
}

// split parts an AVP without padding into header and data.
func split(raw []byte) (head, data []byte) {
	length := 8
	if raw[4]&flagVendor != 0 {
		length = 12
	}
	return raw[:length:length], raw[length:]
}

// endRaw writes the length of an AVP that has no padding behind it.
func endRaw(raw []byte) []byte {
	length := len(raw)
	raw[5], raw[6], raw[7] = byte(length>>16), byte(length>>8), byte(length)
	return raw
}

// among finds the AVPs that a step means: all of its kind, or the one of its place.
func (s *step) among(list [][]byte) (found []int) {
	for at, raw := range list {
		if idOf(raw) == s.id() {
			found = append(found, at)
		}
	}
	switch {
	case s.index == anyIndex:
		return found
	case s.index == lastIndex && len(found) > 0:
		return found[len(found)-1:]
	case s.index >= 0 && s.index < len(found):
		return found[s.index : s.index+1]
	}
	return nil
}

// addable reports whether the step means what can be added where none is there.
func (s *step) addable() bool { return s.index <= 0 }

// flagged sets the flags that the step says in the header that it is given.
func (s *step) flagged(head []byte) []byte {
	head[4] = s.flags.of(head[4])
	return head
}

// idOf joins vendor and code of an AVP that cutAll cut.
func idOf(raw []byte) uint64 {
	head, _ := split(raw)
	vendor := uint32(0)
	if len(head) == 12 {
		vendor = binary.BigEndian.Uint32(head[8:])
	}
	return avpID(vendor, binary.BigEndian.Uint32(head))
}

// A place is where EditMove puts an AVP in its group.
type place struct {
	at     int   // from 0 on
	beside *step // nil: at counts
	behind bool  // this one, not before it
}

// beyondAll is a place behind the last one.
const beyondAll = 1 << 16

// place reads first, last, a position from 0 on, or before or after and the name of an AVP of the
// same group.
func (d *Dictionary) place(text string) (place, error) {
	word, name, beside := strings.Cut(strings.TrimSpace(text), " ")
	switch {
	case text == "first":
		return place{}, nil
	case text == "last":
		return place{at: beyondAll}, nil
	case beside && (word == "before" || word == "after"):
		other, err := d.step(strings.TrimSpace(name))
		return place{beside: &other, behind: word == "after"}, err
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return place{}, fmt.Errorf("%q is no place to move to; write first, last, a position from 0 "+
			"on, or before or after and an AVP of the same group", text)
	}
	return place{at: int(number)}, nil
}

// among is where the AVP at from goes, once it was taken out; beyond the end is the end.
func (p place) among(list [][]byte, from int) (int, error) {
	if p.beside == nil {
		return min(p.at, len(list)-1), nil
	}
	found := p.beside.among(list)
	if len(found) == 0 {
		return 0, fmt.Errorf("there is no %s in its group to move beside", p.beside.name)
	}
	to := found[0]
	switch {
	case to == from:
		return from, nil
	case to > from:
		to--
	}
	if p.behind {
		to++
	}
	return to, nil
}

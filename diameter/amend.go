package diameter

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The operations of a charging.Edit. A path is AVP names, or codes, or vendor:code, joined by dots,
// each with the place among its like in brackets where that is not the first: the second MSCC's
// result is "Multiple-Services-Credit-Control[1].Result-Code", the last one is that of [last].
// Behind a slash stand flags that the AVP gets.
const (
	// EditSet gives an AVP a value, and adds it, with the groups that lead to it, where none is
	// there. The value none takes it away as EditRemove does.
	EditSet = "set"
	// EditAdd adds an AVP behind the last one of its group, whatever is there.
	EditAdd = "add"
	// EditRemove takes all AVPs of a path away, or the one of a place.
	EditRemove = "remove"
	// EditDuplicate puts a copy behind an AVP.
	EditDuplicate = "duplicate"
	// EditMove moves an AVP within its group: the value is first, last, a position from 0 on, or
	// before or after and the name of another one.
	EditMove = "move"
	// EditFlags sets flags of an AVP: letters V, M and P, each cleared where a minus stands before
	// it. An empty path means the header's flags R, P, E and T.
	EditFlags = "flags"
)

// CheckEdit says what is wrong with an edit, before there is an answer to change: the path names no
// AVP, or the value does not fit it.
func (d *Dictionary) CheckEdit(e charging.Edit) error {
	if e.Op == EditFlags && e.Path == "" {
		_, err := readFlags(e.Value, headerLetters)
		return err
	}
	_, _, err := d.prepare(e)
	return err
}

// amend returns the frame with all edits made, one after the other, and why some could not be:
// these leave the frame as it is.
func (d *Dictionary) amend(frame []byte, edits []charging.Edit) (amended []byte, left []string) {
	for _, e := range edits {
		changed, err := d.Edit(frame, e)
		switch missing, is := err.(*missingError); {
		case err == nil:
			frame = changed
		case is:
			left = append(left, fmt.Sprintf("%s %s: %v", e.Op, e.Path, missing))
		default:
			left = append(left, err.Error())
		}
	}
	return frame, left
}

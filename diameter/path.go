package diameter

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A step is one part of a path.
type step struct {
	*definition
	index int        // which of those that are there, from 0, or one of the below
	flags flagChange // that are said
	known bool       // the dictionary has it
}

// What a step's index is where it is no number.
const (
	anyIndex  = -1 // none is said
	lastIndex = -2 // [last]
)

// maxSteps bounds paths, and so how deep groups are made.
const maxSteps = 32

// path reads a path: AVP names, or codes, or vendor:code, joined by dots, each with an index in
// brackets or not, as Multiple-Services-Credit-Control[1].Rating-Group, and with flags or not.
func (d *Dictionary) path(text string) ([]step, error) {
	way := make([]step, 0, 4)
	for part := range strings.SplitSeq(text, ".") {
		if last := len(way) - 1; last >= 0 && way[last].known && way[last].kind != grouped {
			return nil, fmt.Errorf("%s is no group", way[last].name)
		}
		if len(way) == maxSteps {
			return nil, fmt.Errorf("a path has %d names at most", maxSteps)
		}
		one, err := d.step(part)
		if err != nil {
			return nil, err
		}
		way = append(way, one)
	}
	return way, nil
}

// step finds what a part of a path names; codes need not be in the dictionary.
func (d *Dictionary) step(part string) (out step, err error) {
	name, flags, flagged := strings.Cut(part, "/")
	if flagged {
		if out.flags, err = readFlags(flags, pathLetters); err != nil {
			return out, err
		}
	}
	name, index, indexed := strings.Cut(name, "[")
	if out.index, err = readIndex(index, indexed); err != nil {
		return out, fmt.Errorf("%q: %w", part, err)
	}
	id, ok := d.identify(name)
	if !ok {
		return out, fmt.Errorf("no AVP is called %s", name)
	}
	if out.definition, out.known = d.find(uint32(id>>32), uint32(id)); !out.known {
		out.definition = &definition{
			name: name, vendor: uint32(id >> 32), code: uint32(id), kind: octets,
		}
	}
	return out, nil
}

// readIndex reads what stands behind an opening bracket.
func readIndex(text string, there bool) (int, error) {
	number, closed := strings.CutSuffix(text, "]")
	switch {
	case !there:
		return anyIndex, nil
	case closed && number == "last":
		return lastIndex, nil
	}
	index, err := strconv.ParseUint(number, 10, 16)
	if err != nil || !closed {
		return 0, fmt.Errorf("an index is a number in brackets, from 0, or last")
	}
	return int(index), nil
}

// identify finds the AVP that a step of a path names.
func (d *Dictionary) identify(name string) (id uint64, ok bool) {
	if definition, known := d.named(name); known {
		return definition.id(), true
	}
	vendor, code, both := strings.Cut(name, ":")
	if !both {
		vendor, code = "0", name
	}
	v, vendorError := strconv.ParseUint(vendor, 10, 32)
	c, codeError := strconv.ParseUint(code, 10, 32)
	return avpID(uint32(v), uint32(c)), vendorError == nil && codeError == nil
}

// appendUnknown appends what an AVP of no known type may be: octets, and where they are no text
// and have the length of a number, that number.
func appendUnknown(found []string, a avp) []string {
	shown := opaque(a.data)
	found = append(found, shown)
	switch {
	case shown != hexadecimal(a.data):
	case len(a.data) == 4:
		found = append(found, strconv.FormatUint(uint64(a.uint32()), 10))
	case len(a.data) == 8:
		found = append(found, strconv.FormatUint(a.uint64(), 10))
	}
	return found
}

// Knows returns nil where the path can be looked up, and else why not.
func (d *Dictionary) Knows(path string) error {
	_, err := d.path(path)
	return err
}

// Attributes lets the AVPs of a frame be looked up by path. It keeps the frame.
func Attributes(frame []byte) charging.Attributes { return SharedDictionary().Attributes(frame) }

// Attributes is the function of that name by this dictionary.
func (d *Dictionary) Attributes(frame []byte) charging.Attributes {
	return frameAttributes{d, frame}
}

// frameAttributes looks AVPs up in a frame, which it keeps and does not change. It implements
// charging.Attributes.
type frameAttributes struct {
	dictionary *Dictionary
	frame      []byte
}

// Lookup returns the values at a path from the message down. An AVP that is repeated gives several
// values, unless the path has an index; where a step says flags, only AVPs with these are found.
// An enumeration or result gives its number, then its name, an AVP of no known type its octets and
// what number they may be, a group one empty value, and what cannot be read nothing.
func (f frameAttributes) Lookup(path string) []string {
	if len(f.frame) < headerLength {
		return nil
	}
	way, err := f.dictionary.path(path)
	if err != nil {
		return nil
	}
	return f.dictionary.lookup(nil, f.frame[headerLength:], way)
}

func (d *Dictionary) lookup(found []string, members []byte, way []step) []string {
	seen, index := 0, way[0].index
	if index == lastIndex {
		index = way[0].count(members) - 1
	}
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		rest = next
		if a.id() != way[0].id() {
			continue
		}
		seen++
		switch {
		case index >= 0 && index != seen-1 || !way[0].flags.holds(a.flags):
		case len(way) > 1:
			found = d.lookup(found, a.data, way[1:])
		default:
			found = d.appendValues(found, a)
		}
	}
	return found
}

// count is how many AVPs there are of the kind of a step.
func (s *step) count(members []byte) (count int) {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		if rest = next; a.id() == s.id() {
			count++
		}
	}
	return count
}

func (d *Dictionary) appendValues(found []string, a avp) []string {
	definition, known := d.find(a.vendor, a.code)
	switch {
	case !known:
		return appendUnknown(found, a)
	case !definition.kind.fits(a.data):
		return found
	case definition.kind == grouped:
		return append(found, "")
	}
	number, numeric := definition.number(a)
	if !numeric {
		return append(found, definition.plain(a))
	}
	if len(a.data) == 4 {
		if name := charging.Result(a.uint32()).Name(); definition.result() && name != number {
			return append(found, number, name)
		}
		if name, ok := definition.values[int32(a.uint32())]; ok {
			return append(found, number, name)
		}
	}
	return append(found, number)
}

package diameter

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ocs-sim/ocs-sim/charging"
)

// EditRaw appends octets behind the last AVP of a message: the value is hexadecimal digits. Only
// requests can be edited so.
const EditRaw = "raw"

// A Likeness says what makes two messages the same.
type Likeness struct {
	Flags  bool     // the flags M and P of AVPs count, too
	Raw    bool     // what no value can say is made with EditRaw
	Except []string // names of AVPs at command level that do not count
}

// Edits lists what is to be done to one message, by SetAVP, AddAVP and AppendOctets or in an amend,
// so that it has the same AVPs as another: the same in each group, and those of one kind in the
// same order. The order of AVPs of different kinds does not count, nor do padding and the header.
func (d *Dictionary) Edits(from, to []byte, like Likeness) []charging.Edit {
	if len(from) < headerLength || len(to) < headerLength {
		return nil
	}
	c := comparison{dictionary: d, Likeness: like}
	was, is := c.counting(from[headerLength:]), c.counting(to[headerLength:])
	c.members("", was, is, 0)
	if !bytes.Equal(was.tail, is.tail) {
		c.odd = append(c.odd, is.tail...)
	}
	if like.Raw && len(c.odd) > 0 {
		c.note(EditRaw, "", hex.EncodeToString(c.odd))
	}
	return c.edits
}

// A comparison gathers edits.
type comparison struct {
	Likeness
	dictionary *Dictionary
	edits      []charging.Edit
	odd        []byte // AVPs that only octets can say
}

func (c *comparison) note(op, path, value string) {
	c.edits = append(c.edits, charging.Edit{Op: op, Path: path, Value: value})
}

// A kindred are the AVPs of one kind in a group.
type kindred struct {
	id  uint64
	all []avp
}

// A contents is what a group holds, by kind in the order of the first of each, and the octets
// behind that are no AVP.
type contents struct {
	kinds []kindred
	tail  []byte
}

func (c *contents) of(id uint64) []avp {
	for i := range c.kinds {
		if c.kinds[i].id == id {
			return c.kinds[i].all
		}
	}
	return nil
}

func contentsOf(members []byte) (c contents) {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			c.tail = rest
			break
		}
		rest = next
		c.add(a)
	}
	return c
}

// usualKinds is how many kinds of AVPs there is room for at first.
const usualKinds = 8

func (c *contents) add(a avp) {
	for i := range c.kinds {
		if c.kinds[i].id == a.id() {
			c.kinds[i].all = append(c.kinds[i].all, a)
			return
		}
	}
	if c.kinds == nil {
		c.kinds = make([]kindred, 0, usualKinds)
	}
	c.kinds = append(c.kinds, kindred{a.id(), []avp{a}})
}

// counting are the members of a message that count.
func (c *comparison) counting(members []byte) contents {
	all := contentsOf(members)
	all.kinds = slices.DeleteFunc(all.kinds, func(k kindred) bool { return c.excepted(k.id) })
	return all
}

func (c *comparison) excepted(id uint64) bool {
	for _, name := range c.Except {
		if known, ok := c.dictionary.identify(name); ok && known == id {
			return true
		}
	}
	return false
}

// members makes one group as another is; prefix is the path that leads to it, with its dot.
func (c *comparison) members(prefix string, from, to contents, depth int) {
	for _, kind := range to.kinds {
		c.kind(prefix, from.of(kind.id), kind.all, depth)
	}
	for _, kind := range from.kinds {
		if to.of(kind.id) == nil {
			c.note(EditRemove, prefix+c.name(kind.id), "")
		}
	}
}

// kind makes the AVPs of one kind as those of the other.
func (c *comparison) kind(prefix string, from, to []avp, depth int) {
	if prefix == "" && c.Raw && (c.unspeakable(from, 0) || c.unspeakable(to, 0)) {
		c.octets(from, to)
		return
	}
	path := prefix + c.name(to[0].id())
	for i := range to {
		switch {
		case i < len(from):
			c.change(oneOf(path, i, len(from)), &from[i], &to[i], depth)
		case i == 0:
			c.create(path, &to[i], depth)
		default:
			c.add(path, i, &to[i], depth)
		}
	}
	for i := len(from) - 1; i >= len(to); i-- {
		c.note(EditRemove, indexed(path, i), "")
	}
}

// oneOf is the path of one of several: without an index a removal would be from all of them.
func oneOf(path string, i, count int) string {
	if i == 0 && count > 1 {
		return path + "[0]"
	}
	return indexed(path, i)
}

func indexed(path string, i int) string {
	if i == 0 {
		return path
	}
	return path + "[" + strconv.Itoa(i) + "]"
}

// octets takes all of a kind away and appends those wanted as they are.
func (c *comparison) octets(from, to []avp) {
	same := len(from) == len(to)
	for i := range to {
		same = same && bytes.Equal(from[i].raw, to[i].raw)
	}
	if same {
		return
	}
	if len(from) > 0 {
		c.note(EditRemove, c.name(to[0].id()), "")
	}
	for i := range to {
		c.odd = appendRaw(c.odd, to[i].raw)
	}
}

// unspeakable reports whether there are AVPs, as deep as groups are looked into, that edits cannot
// make: with flag bits that are not defined, or with the V bit and no vendor.
func (c *comparison) unspeakable(all []avp, depth int) bool {
	for i := range all {
		a := &all[i]
		if a.flags&reservedBits != 0 || a.namesNoVendor() {
			return true
		}
		if inner, ok := c.group(a, depth); ok {
			for _, kind := range inner.kinds {
				if c.unspeakable(kind.all, depth+1) {
					return true
				}
			}
		}
	}
	return false
}

// group is what a group holds, where it is one and can be read to its end.
func (c *comparison) group(a *avp, depth int) (inner contents, ok bool) {
	known, found := c.dictionary.find(a.vendor, a.code)
	if !found || known.kind != grouped || depth >= maxGroups {
		return inner, false
	}
	inner = contentsOf(a.data)
	return inner, len(inner.tail) == 0
}

// change makes an AVP as another of its kind is.
func (c *comparison) change(path string, from, to *avp, depth int) {
	flags := c.flags(from.flags, to.flags)
	if bytes.Equal(from.data, to.data) && flags == "" {
		return
	}
	was, readable := c.group(from, depth)
	is, alike := c.group(to, depth)
	if !readable || !alike {
		c.note(EditSet, path+flags, c.value(to))
		return
	}
	before := len(c.edits)
	c.members(path+".", was, is, depth+1)
	switch {
	case flags == "":
	case len(c.edits) == before:
		c.note(EditSet, path+flags, c.value(to))
	default:
		c.flagged(before, path, flags)
	}
}

// flagged has the first of some edits set the flags of a group that it goes through.
func (c *comparison) flagged(first int, path, flags string) {
	edit := &c.edits[first]
	edit.Path = path + flags + strings.TrimPrefix(edit.Path, path)
}

// create makes the first AVP of its kind. A group is made by what it holds.
func (c *comparison) create(path string, to *avp, depth int) {
	flags := c.flags(c.usual(to), to.flags)
	inner, ok := c.group(to, depth)
	if !ok || len(inner.kinds) == 0 {
		c.note(EditSet, path+flags, c.value(to))
		return
	}
	before := len(c.edits)
	c.members(path+".", contents{}, inner, depth+1)
	if flags != "" {
		c.flagged(before, path, flags)
	}
}

// add makes one more AVP of a kind.
func (c *comparison) add(path string, i int, to *avp, depth int) {
	flags := c.flags(c.usual(to), to.flags)
	inner, ok := c.group(to, depth)
	if !ok || len(inner.kinds) == 0 {
		c.note(EditAdd, path+flags, c.value(to))
		return
	}
	c.note(EditAdd, path+flags, "")
	c.members(indexed(path, i)+".", contents{}, inner, depth+1)
}

// usual are the flags that an AVP is made with.
func (c *comparison) usual(a *avp) byte {
	if known, ok := c.dictionary.find(a.vendor, a.code); ok && known.mandatory {
		return flagMandatory
	}
	return 0
}

// flags writes how the flags of an AVP are changed, as a step of a path says it.
func (c *comparison) flags(from, to byte) string {
	text := ""
	for _, bit := range []struct {
		flag   byte
		letter string
	}{{flagMandatory, "M"}, {flagProtected, "P"}} {
		switch {
		case !c.Flags || (from^to)&bit.flag == 0:
		case to&bit.flag != 0:
			text += bit.letter
		default:
			text += "-" + bit.letter
		}
	}
	if text == "" {
		return ""
	}
	return "/" + text
}

// name is what a step of a path calls an AVP.
func (c *comparison) name(id uint64) string {
	vendor, code := uint32(id>>32), uint32(id)
	if known, ok := c.dictionary.find(vendor, code); ok {
		if again, ok := c.dictionary.identify(known.name); ok && again == id &&
			!strings.ContainsAny(known.name, ".[/=\" \t#") {
			return known.name
		}
	}
	if vendor == 0 {
		return strconv.FormatUint(uint64(code), 10)
	}
	return strconv.FormatUint(uint64(vendor), 10) + ":" + strconv.FormatUint(uint64(code), 10)
}

// value writes data so that it is read as the same again: as people write it where that is so,
// else as octets.
func (c *comparison) value(a *avp) string {
	known, ok := c.dictionary.find(a.vendor, a.code)
	if !ok {
		known = &definition{vendor: a.vendor, code: a.code, kind: octets}
	}
	for _, text := range known.texts(*a) {
		data, err := known.appendData(nil, text)
		if err == nil && bytes.Equal(data, a.data) && speakable(text) {
			return text
		}
	}
	return "hex:" + hex.EncodeToString(a.data)
}

// texts are the ways in which a value may be written.
func (d *definition) texts(a avp) (texts []string) {
	if !d.kind.fits(a.data) {
		return nil
	}
	number, numeric := d.number(a)
	if !numeric {
		return []string{d.plain(a)}
	}
	if len(a.data) == 4 {
		if name, ok := d.values[int32(a.uint32())]; ok {
			texts = append(texts, name)
		}
	}
	return append(texts, number)
}

// speakable reports whether a text can stand on a line as a value: nothing in it ends the line or
// the word, and it is none that means something else.
func speakable(text string) bool {
	if text == removed || strings.HasPrefix(text, "hex:") || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r == '"' || !unicode.IsPrint(r)
	})
}

// Alike reports whether two messages have the same AVPs, as Edits compares them.
func (d *Dictionary) Alike(a, b []byte, like Likeness) bool {
	like.Raw = true
	if len(a) >= headerLength && len(b) >= headerLength &&
		bytes.Equal(a[headerLength:], b[headerLength:]) {
		return true
	}
	return len(d.Edits(a, b, like)) == 0 && len(d.Edits(b, a, like)) == 0
}

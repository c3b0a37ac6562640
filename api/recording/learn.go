package recording

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/diameter"
)

// An unknown is an AVP that no dictionary tells of, as it was seen.
type unknown struct {
	vendor, code uint32
	mandatory    bool
	refused      bool // the captured server knew it no more than we do
	// What all its values are, so far: they themselves are not kept.
	notGroup, notFour, notEight, notText bool
}

// note looks at one more value.
func (u *unknown) note(value string) {
	octets := strings.HasPrefix(value, "0x")
	u.notGroup = u.notGroup || !holdsAVPs(value)
	u.notFour = u.notFour || !octets || len(value) != 2+2*4
	u.notEight = u.notEight || !octets || len(value) != 2+2*8
	u.notText = u.notText || octets
}

// learn tells the dictionary of AVPs that it does not know, by what they look like. Those that the
// captured server refused stay unknown.
func (d *draft) learn(known *diameter.Dictionary) {
	d.dictionary = known
	for range mostNested {
		before := len(d.definitions)
		d.learnMore(known)
		if len(d.definitions) == before {
			return
		}
	}
}

// mostNested bounds how often unknown groups are looked into.
const mostNested = 8

// learnMore learns what is still unknown: in groups that were unknown before, too.
func (d *draft) learnMore(known *diameter.Dictionary) {
	var found []*unknown
	for _, x := range d.exchanges {
		refused := false
		if x.answered != nil {
			answer, err := d.dictionary.ParseAnswer(x.answered.Octets)
			refused = err == nil && answer.Result == unsupported
			found = gather(found, d.dictionary.Render(x.answered.Octets).AVPs, false)
		}
		found = gather(found, d.dictionary.Render(x.asked.Octets).AVPs, refused)
	}
	for _, u := range found {
		if !u.refused {
			d.definitions = append(d.definitions, d.definition(u))
		}
	}
	d.dictionary, _ = known.With("capture", d.definitions)
}

// gather notes the AVPs that are not known, and what stands in those that are groups.
func gather(found []*unknown, nodes []*diameter.Node, refused bool) []*unknown {
	for _, n := range nodes {
		if !strings.HasPrefix(n.Name, "AVP-") {
			found = gather(found, n.Children, refused)
			continue
		}
		at := slices.IndexFunc(found, func(u *unknown) bool {
			return u.vendor == n.Vendor && u.code == n.Code
		})
		if at < 0 {
			at = len(found)
			found = append(found, &unknown{vendor: n.Vendor, code: n.Code})
		}
		u := found[at]
		u.mandatory = u.mandatory || strings.Contains(n.Flags, "M")
		u.refused = u.refused || refused && strings.Contains(n.Flags, "M")
		u.note(n.Value)
	}
	return found
}

// headerLength is how many octets stand before the AVPs of a message (RFC 6733 section 3).
const headerLength = 20

// holdsAVPs reports whether a value is nothing but AVPs.
func holdsAVPs(value string) bool {
	data := []byte(value)
	if digits, ok := strings.CutPrefix(value, "0x"); ok {
		data, _ = hex.DecodeString(digits)
	}
	return diameter.HoldsAVPs(data)
}

// definition is what is told of the AVP, or else a guess.
func (d *draft) definition(u *unknown) diameter.Definition {
	for _, told := range d.Definitions {
		if told.Vendor != u.vendor || told.Code != u.code {
			continue
		}
		if told.Type == "" && len(told.Values) == 0 && len(told.Members) > 0 {
			told.Type = "Grouped"
		}
		told.Members = nil // they need not all be in the seed
		return told
	}
	return u.guess()
}

// guess says what the AVP is by what it looks like.
func (u *unknown) guess() diameter.Definition {
	d := diameter.Definition{
		Name: fmt.Sprintf("Vendor-%d-%d", u.vendor, u.code), Code: u.code, Vendor: u.vendor,
		Type: "OctetString", Mandatory: u.mandatory,
	}
	if u.vendor == 0 {
		d.Name = fmt.Sprintf("Unknown-%d", u.code)
	}
	switch {
	case !u.notGroup:
		d.Type = "Grouped"
	case !u.notFour:
		d.Type = "Unsigned32"
	case !u.notEight:
		d.Type = "Unsigned64"
	case !u.notText:
		d.Type = "UTF8String"
	}
	return d
}

package diameter

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Definition is one AVP of a vendor's dictionary, as it is written.
type Definition struct {
	// Name is how the AVP is called everywhere: letters, digits, hyphens and underscores.
	Name   string `yaml:"name" json:"name"`
	Code   uint32 `yaml:"code" json:"code"`
	Vendor uint32 `yaml:"vendor,omitempty" json:"vendor,omitempty"` // enterprise number; 0: IETF
	// Type is a data format of RFC 6733 sections 4.2 and 4.3, as Unsigned32. It may be left out
	// where values or members say it: Enumerated, Grouped.
	Type string `yaml:"type,omitempty" json:"type,omitempty"`
	// Mandatory sets the M flag where the AVP is sent from here.
	Mandatory bool `yaml:"mandatory,omitempty" json:"mandatory,omitempty"`
	// Values are the names of an enumeration's numbers.
	Values map[string]int32 `yaml:"values,omitempty" json:"values,omitempty"`
	// Members name what stands in a group, for readers; other AVPs are not refused there.
	Members []string `yaml:"members,omitempty" json:"members,omitempty"`

	// Line and Column are where it is written; zero where that is told by its place in the list.
	Line   int `yaml:"-" json:"-"`
	Column int `yaml:"-" json:"-"`
}

// typeName is the type, also where only values or members say it.
func (d *Definition) typeName() string {
	switch {
	case d.Type != "":
		return d.Type
	case len(d.Values) > 0:
		return "Enumerated"
	case len(d.Members) > 0:
		return "Grouped"
	}
	return ""
}

// MaxDefinitions is how many AVPs one dictionary may have.
const MaxDefinitions = 10_000

// With returns a dictionary that knows more AVPs. Definitions that say again what is known are
// fine: another name for a known AVP is one more name, and values are added. The faults are all
// that cannot be; each has the path of what is written, as in [3].type, or the definition's own
// line and column. Where there are faults, the sound definitions are known all the same. The origin
// names the definitions where others are in conflict with them.
func (d *Dictionary) With(origin string, definitions []Definition) (*Dictionary, []charging.Fault) {
	o := overlay{Dictionary: d.clone(), origin: origin}
	if len(definitions) > MaxDefinitions {
		o.faults = append(o.faults, charging.Fault{
			Message: fmt.Sprintf("more than %d AVPs in one dictionary", MaxDefinitions),
		})
		return o.Dictionary, o.faults
	}
	for i := range definitions {
		o.at, o.definition = i, &definitions[i]
		o.add()
	}
	for i := range definitions {
		o.at, o.definition = i, &definitions[i]
		o.checkMembers()
	}
	return o.Dictionary, o.faults
}

// clone copies what With adds to. The library's parser is shared: it is not told of more AVPs,
// and never shown any; see forLibrary.
func (d *Dictionary) clone() *Dictionary {
	copied := &Dictionary{
		parser: d.parser, byID: maps.Clone(d.byID), byName: maps.Clone(d.byName),
		vendors: slices.Clone(d.vendors),
	}
	shapes := *d.shapes
	shapes.dictionary = copied
	copied.shapes = &shapes
	return copied
}

// An overlay is a dictionary to which definitions are being added.
type overlay struct {
	*Dictionary
	origin     string
	at         int
	definition *Definition
	faults     []charging.Fault
}

func (o *overlay) fault(key, format string, args ...any) {
	fault := charging.Fault{
		Path: fmt.Sprintf("[%d]", o.at), Line: o.definition.Line, Column: o.definition.Column,
		Message: fmt.Sprintf(format, args...),
	}
	if key != "" {
		fault.Path += "." + key
	}
	o.faults = append(o.faults, fault)
}

func (o *overlay) add() {
	made, sound := o.read()
	if !sound {
		return
	}
	if known, taken := o.byID[made.id()]; taken {
		o.again(known, made)
		return
	}
	if known, taken := o.byName[made.name]; taken {
		o.fault("name", "%s is the name of %s already; give this one another name",
			made.name, known.described())
		return
	}
	o.put(made)
	o.byName[made.name] = made
	o.tellOf(made.vendor)
}

// tellOf notes a vendor that capabilities have to tell of.
func (o *overlay) tellOf(vendor uint32) {
	if vendor == 0 || vendor == vendor3GPP {
		return
	}
	if at, known := slices.BinarySearch(o.vendors, vendor); !known {
		o.vendors = slices.Insert(o.vendors, at, vendor)
	}
}

// put makes the definition the one that is known of its AVP.
func (o *overlay) put(made *definition) {
	o.byID[made.id()] = made
	o.shapes.set(made)
}

// read makes a definition of what is written, if that has a meaning.
func (o *overlay) read() (made *definition, sound bool) {
	before := len(o.faults)
	d := o.definition
	o.checkName(d.Name)
	if d.Code == 0 {
		o.fault("code", "an AVP has a code, from 1")
	}
	format, known := kindNamed(d.typeName())
	switch {
	case d.typeName() == "":
		o.fault("type", "an AVP has a type; use one of %s", strings.Join(typeNames(), ", "))
	case !known:
		o.fault("type", "%q is no type; use one of %s", d.Type, strings.Join(typeNames(), ", "))
	case len(d.Values) > 0 && !format.counts():
		o.fault("values", "an AVP of type %s has no named values; Enumerated has", d.Type)
	case len(d.Members) > 0 && format != grouped:
		o.fault("members", "an AVP of type %s has no members; Grouped has", d.Type)
	}
	return &definition{
		name: d.Name, code: d.Code, vendor: d.Vendor, kind: format, mandatory: d.Mandatory,
		origin: o.origin, values: namesOf(d.Values), numbers: maps.Clone(d.Values),
	}, len(o.faults) == before
}

// checkName keeps to names that paths can be made of.
func (o *overlay) checkName(name string) {
	digits := true
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
		if !letter && (r < '0' || r > '9') {
			o.fault("name", "%q cannot be a name; use letters, digits, hyphens and underscores", name)
			return
		}
		digits = digits && !letter
	}
	switch {
	case name == "":
		o.fault("name", "an AVP has a name")
	case digits:
		o.fault("name", "%q would be taken for a code; a name has a letter", name)
	}
}

// namesOf turns values round. Of several names for a number the first in the alphabet is shown.
func namesOf(numbers map[string]int32) map[int32]string {
	if len(numbers) == 0 {
		return nil
	}
	names := make(map[int32]string, len(numbers))
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(numbers))) {
		names[numbers[name]] = name
	}
	return names
}

// again deals with an AVP that is known: it must be of the same type, and may have more values, and
// a name of its own.
func (o *overlay) again(known, made *definition) {
	if !known.sameFormat(made) {
		o.fault("type", "%s is of type %s; it cannot be of type %s too",
			known.described(), known.kind, made.kind)
		return
	}
	if other, taken := o.byName[made.name]; taken && other.id() != known.id() {
		o.fault("name", "%s is the name of %s already; give this one another name",
			made.name, other.described())
		return
	}
	merged := *known
	merged.values, merged.numbers = maps.Clone(known.values), maps.Clone(known.numbers)
	for _, name := range slices.Sorted(maps.Keys(made.numbers)) {
		merged.addValue(name, made.numbers[name])
	}
	o.put(&merged)
	for name, definition := range o.byName {
		if definition == known {
			o.byName[name] = &merged
		}
	}
	o.byName[made.name] = &merged
}

// addValue adds a value; what is known stays.
func (d *definition) addValue(name string, number int32) {
	if d.values == nil {
		d.values, d.numbers = map[int32]string{}, map[string]int32{}
	}
	if _, known := d.values[number]; !known {
		d.values[number] = name
	}
	if _, known := d.numbers[name]; !known {
		d.numbers[name] = number
	}
}

// sameFormat reports whether both say the same of the octets. Makers of dictionaries do not agree
// which of the formats of free length a standard AVP has; the standard's stays then.
func (d *definition) sameFormat(made *definition) bool {
	if d.kind == made.kind {
		return true
	}
	standard := d.origin == ""
	free := d.kind.free() && made.kind.free()
	return standard && (free || d.values != nil && made.kind == enumerated)
}

// described names the definition for faults.
func (d *definition) described() string {
	name := fmt.Sprintf("AVP %d:%d, %s", d.vendor, d.code, d.name)
	if d.origin != "" {
		return name + " of dictionary " + d.origin + ","
	}
	return name + ","
}

// checkMembers finds members that nobody knows. Dictionaries of other makers, which carry their
// own line numbers, may refer to what they do not define.
func (o *overlay) checkMembers() {
	if o.definition.Line > 0 {
		return
	}
	for i, name := range o.definition.Members {
		if _, known := o.byName[name]; !known {
			o.fault(fmt.Sprintf("members[%d]", i), "no AVP is called %s", name)
		}
	}
}

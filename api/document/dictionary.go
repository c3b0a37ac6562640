package document

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/rating"
)

// A Dictionary is a vendor's dictionary as it was written.
type Dictionary struct {
	Definitions []diameter.Definition

	source *Source
	path   string // of the definitions in the source
}

// writtenDictionary is the form of a dictionary that stands alone.
type writtenDictionary struct {
	Name       string                `yaml:"name"`
	Dictionary []diameter.Definition `yaml:"dictionary"`
}

// DecodeDictionary reads a vendor's dictionary: XML as go-diameter's or Wireshark's and
// freeDiameter's are, or YAML or JSON with the AVPs under the key dictionary, or as a list. A name
// in it must be the one given, where one is. What its AVPs mean beside others is not looked at; see
// Invalid. The error is as Decode's.
func DecodeDictionary(file string, data []byte, name string) (*Dictionary, error) {
	if text := bytes.TrimLeft(data, "\ufeff \t\r\n"); len(text) > 0 && text[0] == '<' {
		return decodeXML(file, data)
	}
	source, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	out := &Dictionary{source: source}
	faults := source.nothing()
	if source.root != nil && resolve(source.root).Kind == yaml.SequenceNode {
		faults = append(faults, source.Decode(&out.Definitions)...)
		return out, source.Invalid(faults)
	}
	var written writtenDictionary
	if name != "" {
		faults = append(faults, source.sameName("name", name)...)
	}
	faults = append(faults, source.Decode(&written)...)
	if len(faults) == 0 && written.Dictionary == nil {
		faults = append(faults, charging.Fault{Message: "write the AVPs under the key dictionary"})
	}
	out.Definitions, out.path = written.Dictionary, "dictionary"
	return out, source.Invalid(faults)
}

func decodeXML(file string, data []byte) (*Dictionary, error) {
	out := &Dictionary{source: &Source{name: file}}
	definitions, faults := diameter.ReadXML(data)
	out.Definitions = definitions
	return out, out.source.Invalid(faults)
}

// Invalid makes one error of faults that the definitions have beside others, as Dictionary.With of
// package diameter finds them; nil, where there are none.
func (d *Dictionary) Invalid(faults []charging.Fault) error {
	return d.source.Invalid(prefixed(d.path, faults))
}

// DictionaryOf reads the dictionary of a seed document, and nothing else of it; nil, where it has
// none. The error is as Decode's.
func DictionaryOf(file string, seed []byte) (*Dictionary, error) {
	source, err := Parse(file, seed)
	if err != nil {
		return nil, err
	}
	if source.root == nil || resolve(source.root).Kind != yaml.MappingNode {
		return nil, nil
	}
	for _, pair := range pairs(resolve(source.root)) {
		if pair.key.Value != "dictionary" {
			continue
		}
		out := &Dictionary{source: &Source{name: file, root: pair.value}}
		return out, out.source.Invalid(out.source.Decode(&out.Definitions))
	}
	return nil, nil
}

// dictionary checks the AVPs of a part, and makes them known to what is checked after them.
func (c *checker) dictionary(p *part) {
	if len(p.document.Dictionary) == 0 {
		return
	}
	known, faults := c.knownAVPs().With(SeedDictionary, p.document.Dictionary)
	c.avps = known
	p.faults = append(p.faults, prefixed("dictionary", faults)...)
}

func (c *checker) knownAVPs() *diameter.Dictionary {
	if c.avps == nil {
		c.avps = diameter.SharedDictionary()
	}
	return c.avps
}

// SeedDictionary is the name under which the AVPs of seed documents are known.
const SeedDictionary = "seed"

// UnknownAVPs names what a plan waits for and nobody knows, so that the rule never matches.
func UnknownAVPs(known *diameter.Dictionary, plan *rating.Document) []charging.Fault {
	var unknown []charging.Fault
	for i := range plan.Rules {
		path := fmt.Sprintf("rules[%d].match.avp", i)
		names := slices.Sorted(maps.Keys(plan.Rules[i].Match.AVP))
		unknown = append(unknown, unknownAVPs(known, path, names)...)
	}
	return unknown
}

func unknownAVPs(known *diameter.Dictionary, path string, names []string) []charging.Fault {
	var unknown []charging.Fault
	for _, name := range names {
		if err := known.Knows(name); err != nil {
			unknown = append(unknown, charging.Fault{
				Path:    path + "." + name,
				Message: err.Error() + "; no request will have it, unless a dictionary tells of it",
			})
		}
	}
	return unknown
}

func (c *checker) planAVPs(p *part, name string) {
	plan := p.document.Plans[name]
	if slices.ContainsFunc(plan.Rules, func(r rating.Rule) bool { return len(r.Match.AVP) > 0 }) {
		c.warn(p, prefixed("plans."+name, UnknownAVPs(c.knownAVPs(), plan)))
	}
}

func (c *checker) scenarioAVPs(p *part, index int) {
	for i, rule := range p.document.Scenarios[index].Rules {
		if len(rule.When.AVP) > 0 {
			path := fmt.Sprintf("scenarios[%d].rules[%d].when.avp", index, i)
			c.warn(p, unknownAVPs(c.knownAVPs(), path, slices.Sorted(maps.Keys(rule.When.AVP))))
		}
	}
}

func (c *checker) warn(p *part, warnings []charging.Fault) {
	for _, w := range p.source.Place(warnings) {
		c.warnings = append(c.warnings,
			fmt.Sprintf("%s:%d:%d: %s", p.source.name, w.Line, w.Column, w.Message))
	}
}

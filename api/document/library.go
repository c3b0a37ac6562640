package document

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Library returns all built-in scenarios, sorted by name.
func Library() ([]scenarios.LibraryScenario, error) {
	names := scenarios.LibraryNames()
	all := make([]scenarios.LibraryScenario, 0, len(names))
	for _, name := range names {
		one, err := LibraryScenario(name)
		if err != nil {
			return nil, err
		}
		all = append(all, *one)
	}
	return all, nil
}

// LibraryScenario returns a built-in scenario, its rules as they are put where no parameter is
// given. The error is of KindScenarioNotFound where there is none of that name.
func LibraryScenario(name string) (*scenarios.LibraryScenario, error) {
	found, err := readTemplate(name)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, notInLibrary(name)
	}
	shown := found.scenario
	source := &Source{name: name, root: found.filled(found.rules, nil)}
	if faults := source.Decode(&shown.Rules); len(faults) > 0 {
		return nil, source.Invalid(faults)
	}
	return &shown, nil
}

func notInLibrary(name string) error {
	err := charging.Errorf(charging.KindScenarioNotFound, "%s", unknownTemplate(name))
	err.Hint = "GET /v1/library lists the built-in scenarios"
	return err
}

func unknownTemplate(name string) string {
	message := fmt.Sprintf("no scenario %q in the library", shortened(name))
	if meant := nearest(name, scenarios.LibraryNames()); meant != "" {
		return message + fmt.Sprintf("; did you mean %q?", meant)
	}
	return message + "; GET /v1/library lists them"
}

// A template is a built-in scenario whose rules have places for parameters: a value $name stands
// for the parameter, and where that is not given and has no default, its key is not there.
type template struct {
	scenario scenarios.LibraryScenario
	rules    *yaml.Node
}

// readTemplate returns nil where the library has no such scenario.
func readTemplate(name string) (*template, error) {
	text, known := scenarios.LibraryText(name)
	if !known {
		return nil, nil
	}
	source, err := Parse(name+".yaml", text)
	if err != nil {
		return nil, err
	}
	read := &template{scenario: scenarios.LibraryScenario{Name: name}}
	read.rules = source.Part("rules").root
	if faults := source.without("rules").Decode(&read.scenario); len(faults) > 0 {
		return nil, source.Invalid(faults)
	}
	if read.rules == nil {
		return nil, source.Invalid([]charging.Fault{{Path: "rules", Message: "there are no rules"}})
	}
	return read, nil
}

// filled copies a part of the rules with parameters in their places; nil: it is to be left out.
func (t *template) filled(node *yaml.Node, given map[string]*yaml.Node) *yaml.Node {
	if name, isPlace := strings.CutPrefix(node.Value, "$"); isPlace && node.Kind == yaml.ScalarNode {
		return t.argument(name, given)
	}
	made := *node
	made.Content = nil
	if node.Kind != yaml.MappingNode {
		for _, item := range node.Content {
			if item = t.filled(item, given); item != nil {
				made.Content = append(made.Content, item)
			}
		}
		return &made
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if value := t.filled(node.Content[i+1], given); value != nil {
			made.Content = append(made.Content, node.Content[i], value)
		}
	}
	return &made
}

func (t *template) argument(name string, given map[string]*yaml.Node) *yaml.Node {
	if node := given[name]; node != nil {
		return node
	}
	if value := string(t.scenario.With[name].Default); value != "" {
		return word(t.rules, value)
	}
	return nil
}

// A user fills in the rules of scenarios that use the library.
type user struct {
	known  map[string]*template
	faults []charging.Fault
}

// using is the source with the rules filled in of the scenario that it is, and what is wrong with
// saying so. What came from the library has its place where `use` is written, and what came from
// `with` where it is written.
func (s *Source) using() (*Source, []charging.Fault) {
	u := &user{known: map[string]*template{}}
	if s.root == nil {
		return s, nil
	}
	made := u.scenario(s.root, "")
	return &Source{name: s.name, root: made}, u.faults
}

// usingInSeed is the same for the scenarios of a seed.
func (s *Source) usingInSeed() (*Source, []charging.Fault) {
	list := s.Part("scenarios").root
	if list == nil || resolve(list).Kind != yaml.SequenceNode {
		return s, nil
	}
	u := &user{known: map[string]*template{}}
	made := *resolve(list)
	made.Content = slices.Clone(made.Content)
	uses := false
	for i, item := range made.Content {
		made.Content[i] = u.scenario(item, "scenarios["+strconv.Itoa(i)+"].")
		uses = uses || made.Content[i] != item
	}
	if !uses {
		return s, u.faults
	}
	whole := *resolve(s.root)
	whole.Content = nil
	for _, pair := range pairs(resolve(s.root)) {
		if pair.key.Value == "scenarios" {
			pair.value = &made
		}
		whole.Content = append(whole.Content, pair.key, pair.value)
	}
	return &Source{name: s.name, root: &whole}, u.faults
}

// A usage is what a scenario writes of the library.
type usage struct{ use, with, rules *yaml.Node }

// usageOf takes a scenario apart; rest is all else that it writes.
func usageOf(scenario *yaml.Node) (found usage, rest []*yaml.Node) {
	for _, pair := range pairs(scenario) {
		value := resolve(pair.value)
		if value.Tag == "!!null" {
			continue
		}
		switch pair.key.Value {
		case "use":
			found.use = value
		case "with":
			found.with = value
		case "rules":
			found.rules = value
		default:
			rest = append(rest, pair.key, pair.value)
		}
	}
	return found, rest
}

// scenario fills in one; a scenario that uses nothing stays as it is.
func (u *user) scenario(node *yaml.Node, at string) *yaml.Node {
	written := resolve(node)
	if written.Kind != yaml.MappingNode {
		return node
	}
	found, rest := usageOf(written)
	if found.use == nil {
		if found.with != nil {
			u.fault(found.with, at+"with", "with goes with use: the name of a scenario in the library")
		}
		return node
	}
	made := *written
	made.Content = append(rest, word(found.use, "use"), word(found.use, cmp.Or(found.use.Value, "?")))
	template := u.template(found.use, at)
	if template == nil {
		return &made
	}
	given := u.arguments(template, found.with, at)
	rules := template.filled(template.rules, given)
	placeAt(rules, found.use, given)
	if found.rules != nil && !same(found.rules, rules) {
		u.fault(found.rules, at+"rules", "these are not the rules of %q; leave them or use out",
			found.use.Value)
	}
	made.Content = append(made.Content, word(found.use, "rules"), rules)
	if len(given) > 0 {
		made.Content = append(made.Content, word(found.with, "with"), listed(found.with, given))
	}
	return &made
}

// word is a scalar that stands where another node does.
func word(at *yaml.Node, text string) *yaml.Node {
	tag := "!!str"
	if strings.Trim(text, "0123456789") == "" {
		tag = "!!int"
	}
	return &yaml.Node{
		Kind: yaml.ScalarNode, Tag: tag, Value: text, Line: at.Line, Column: at.Column,
	}
}

// listed is a mapping of arguments that stands where another node does.
func listed(at *yaml.Node, given map[string]*yaml.Node) *yaml.Node {
	made := &yaml.Node{
		Kind: yaml.MappingNode, Tag: "!!map", Line: at.Line, Column: at.Column,
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		made.Content = append(made.Content, word(given[name], name), given[name])
	}
	return made
}

// template reads the one that is named, once; nil: there is a fault.
func (u *user) template(use *yaml.Node, at string) *template {
	if use.Kind != yaml.ScalarNode {
		u.fault(use, at+"use", "expected the name of a scenario in the library, found %s",
			described(use))
		return nil
	}
	found, known := u.known[use.Value]
	if known && found != nil {
		return found
	}
	found, err := readTemplate(use.Value)
	u.known[use.Value] = found
	switch {
	case err != nil:
		u.fault(use, at+"use", "%v", err)
	case found == nil:
		u.fault(use, at+"use", "%s", unknownTemplate(use.Value))
	}
	return found
}

// arguments reads what is written under with.
func (u *user) arguments(t *template, with *yaml.Node, at string) map[string]*yaml.Node {
	if with == nil || with.Tag == "!!null" {
		return nil
	}
	if with.Kind != yaml.MappingNode {
		u.fault(with, at+"with", "expected a mapping, found %s", described(with))
		return nil
	}
	given := map[string]*yaml.Node{}
	for _, pair := range pairs(with) {
		name, value := pair.key.Value, resolve(pair.value)
		_, known := t.scenario.With[name]
		switch {
		case !known:
			u.fault(pair.key, at+"with."+name, "%s", unknownParameter(t, name))
		case value.Kind != yaml.ScalarNode:
			u.fault(value, at+"with."+name, "expected a text or a number, found %s", described(value))
		case value.Tag != "!!null":
			given[name] = word(value, value.Value)
		}
	}
	return given
}

func unknownParameter(t *template, name string) string {
	names := slices.Sorted(maps.Keys(t.scenario.With))
	message := fmt.Sprintf("%s has no parameter %q", t.scenario.Name, shortened(name))
	switch meant := nearest(name, names); {
	case len(names) == 0:
		return message + "; it takes none"
	case meant != "":
		return message + fmt.Sprintf("; did you mean %q?", meant)
	}
	return message + "; it takes " + strings.Join(names, ", ")
}

func (u *user) fault(node *yaml.Node, path, format string, args ...any) {
	u.faults = append(u.faults, charging.Fault{
		Path: path, Line: node.Line, Column: node.Column, Message: fmt.Sprintf(format, args...),
	})
}

// placeAt gives all that came from the library one place; keys are shared with the template, so
// they are copied.
func placeAt(node, place *yaml.Node, given map[string]*yaml.Node) {
	for _, argument := range given {
		if node == argument {
			return
		}
	}
	node.Line, node.Column = place.Line, place.Column
	for i, item := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			key := *item
			item, node.Content[i] = &key, &key
		}
		placeAt(item, place, given)
	}
}

// same reports whether two lists of rules say the same, as where the answer of a GET is put again.
func same(written, filled *yaml.Node) bool {
	texts := make([]string, 2)
	for i, root := range []*yaml.Node{written, filled} {
		var rules []scenarios.Rule
		if faults := (&Source{root: root}).Decode(&rules); len(faults) > 0 {
			return false
		}
		text, err := json.Marshal(rules)
		if err != nil {
			return false
		}
		texts[i] = string(text)
	}
	return texts[0] == texts[1]
}

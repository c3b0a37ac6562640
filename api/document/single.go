package document

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// DecodeAccount reads one account, for which the caller has the id already: written again it must
// be the same. knownPlans are those it may have. It returns the source too, so that what the
// ledger finds wrong can be placed. The error is as Decode's.
func DecodeAccount(name string, data []byte, id string, knownPlans []string) (
	accounts.Account, *Source, error,
) {
	source, err := Parse(name, data)
	if err != nil {
		return accounts.Account{}, nil, err
	}
	part := part{source: source, document: Document{Accounts: make([]Account, 1)}}
	written := &part.document.Accounts[0]
	part.faults = slices.Concat(
		source.nothing(), source.Decode(written), source.sameName("id", id))
	written.ID = id
	if written.Count != 0 {
		part.fault("count", "one account is put here; ranges belong into a seed")
		written.Count = 0
	}
	check := newChecker(knownPlans)
	check.reserve(nil)
	decoded := len(part.faults)
	check.account(&part, 0)
	for i := range part.faults[decoded:] {
		found := &part.faults[decoded+i]
		found.Path = insideAccount(found.Path)
	}
	if err := source.Invalid(part.faults); err != nil {
		return accounts.Account{}, nil, err
	}
	return check.accounts[0], source, nil
}

// insideAccount cuts off what names the account in a seed.
func insideAccount(path string) string {
	const seat = "accounts[0]"
	if len(path) <= len(seat) {
		return ""
	}
	return path[len(seat)+1:]
}

// DecodePlan reads and compiles one plan, for which the caller has the name already. The keys name
// and version, which answers of the control API show, are read and not used. The error is as
// Decode's.
func DecodePlan(name string, data []byte, plan string) (*rating.Document, error) {
	source, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	var written rating.Document
	faults := slices.Concat(source.nothing(), source.sameName("name", plan),
		source.without("name", "version").Decode(&written))
	if !source.Empty() {
		_, wrong := rating.Compile(plan, 0, &written)
		faults = withUntold(faults, wrong)
	}
	if err := source.Invalid(faults); err != nil {
		return nil, err
	}
	return &written, nil
}

// withUntold adds what is wrong with the meaning of a document to what could not be read of it,
// but for what is said of a place already: a value that could not be read has no meaning.
func withUntold(unread, wrong []charging.Fault) []charging.Fault {
	all := unread
	for _, fault := range wrong {
		told := slices.ContainsFunc(unread, func(f charging.Fault) bool {
			return f.Path == fault.Path
		})
		if !told {
			all = append(all, fault)
		}
	}
	return all
}

// nothing is the fault of a document in which nothing is written.
func (s *Source) nothing() []charging.Fault {
	if !s.Empty() {
		return nil
	}
	return []charging.Fault{{Message: "nothing is written here"}}
}

// DecodeScenario reads and checks one scenario, for which the caller has the name already, and
// returns its source too, so that what a set finds wrong with it can be placed. The keys given as
// shown are those that answers of the control API have beside the scenario's own; they are not
// used. The error is as Decode's.
func DecodeScenario(name string, data []byte, scenario string, shown ...string) (
	scenarios.Document, *Source, error,
) {
	var written scenarios.Document
	source, err := Parse(name, data)
	if err != nil {
		return written, nil, err
	}
	faults := slices.Concat(source.nothing(), source.sameName("name", scenario),
		source.without(shown...).Decode(&written))
	written.Name = scenario
	if !source.Empty() {
		faults = withUntold(faults, scenarios.Check(written, scenarios.Wire{}))
	}
	return written, source, source.Invalid(faults)
}

// sameName finds a name in the document that differs from the one it is put under.
func (s *Source) sameName(key, name string) []charging.Fault {
	if s.root == nil || resolve(s.root).Kind != yaml.MappingNode {
		return nil
	}
	for _, pair := range pairs(resolve(s.root)) {
		value := resolve(pair.value)
		if pair.key.Value == key && value.Value != name && value.Tag != "!!null" {
			return []charging.Fault{{
				Path: key, Line: value.Line, Column: value.Column,
				Message: fmt.Sprintf("%s is %q here and %q in the path; leave one out or make "+
					"them the same", key, shortened(value.Value), name),
			}}
		}
	}
	return nil
}

// without is the source as if some keys at its top were not written.
func (s *Source) without(keys ...string) *Source {
	if s.root == nil || resolve(s.root).Kind != yaml.MappingNode {
		return s
	}
	kept := *resolve(s.root)
	kept.Content = nil
	for i := 0; i+1 < len(s.root.Content); i += 2 {
		if !slices.Contains(keys, s.root.Content[i].Value) {
			kept.Content = append(kept.Content, s.root.Content[i], s.root.Content[i+1])
		}
	}
	return &Source{name: s.name, root: &kept}
}

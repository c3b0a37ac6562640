package document

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A Document is a seed: plans, accounts, scenarios, settings and AVPs of vendors, as written. It
// comes from Decode, which has checked it.
type Document struct {
	Plans     map[string]*rating.Document `json:"plans,omitempty" yaml:"plans"`
	Accounts  []Account                   `json:"accounts,omitempty" yaml:"accounts"`
	Scenarios []scenarios.Document        `json:"scenarios,omitempty" yaml:"scenarios"`
	// Dictionary tells of AVPs that the standards do not.
	Dictionary []diameter.Definition `json:"dictionary,omitempty" yaml:"dictionary"`
	SettingsDocument

	seed     accounts.Seed
	warnings []string
}

// A File is one written document under the name that its faults are told with.
type File struct {
	Name string
	Data []byte
}

// Decode reads one seed document. The error is a *charging.Error of KindInvalidDocument: its Faults
// are all that is wrong, each with line and column, and its text has a line
// `name:line:column: message` for each.
func Decode(name string, data []byte) (*Document, error) {
	return DecodeFiles(nil, File{Name: name, Data: data})
}

// DecodeFiles reads several seed documents as one: an account may have a plan of another file, and
// no id may be written twice in all of them. knownPlans are plans that exist already, so that
// accounts may have them too. The error is as Decode's, with the faults of all files.
func DecodeFiles(knownPlans []string, files ...File) (*Document, error) {
	return DecodeKnowing(nil, knownPlans, files...)
}

// DecodeKnowing is DecodeFiles where AVPs are known already that the standards do not tell of;
// known is nil where that is not so.
func DecodeKnowing(
	known *diameter.Dictionary, knownPlans []string, files ...File,
) (*Document, error) {
	var sources []*Source
	var wrong []error
	for _, file := range files {
		source, err := Parse(file.Name, file.Data)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		sources = append(sources, source)
	}
	check := newChecker(knownPlans)
	check.avps = known
	return check.sources(sources, wrong)
}

// DecodeSeed reads a seed document that stands in another one. The error is as Decode's.
func DecodeSeed(known *diameter.Dictionary, source *Source) (*Document, error) {
	check := newChecker(nil)
	check.avps = known
	return check.sources([]*Source{source}, nil)
}

// sources reads sources as one document; wrong is what is wrong already.
func (check *checker) sources(sources []*Source, wrong []error) (*Document, error) {
	whole := &Document{Plans: map[string]*rating.Document{}}
	parts := make([]part, 0, len(sources))
	for _, source := range sources {
		part := part{source: source}
		part.faults = source.Decode(&part.document)
		check.announce(&part)
		check.dictionary(&part)
		parts = append(parts, part)
	}
	check.reserve(parts)
	for i := range parts {
		check.part(&parts[i])
		wrong = append(wrong, parts[i].source.Invalid(parts[i].faults))
		whole.add(&parts[i])
	}
	if err := joined(wrong); err != nil {
		return nil, err
	}
	return whole, whole.complete(check)
}

// A part is what one file gives to a document.
type part struct {
	source   *Source
	document Document
	faults   []charging.Fault
}

func (p *part) fault(path, message string) {
	p.faults = append(p.faults, charging.Fault{Path: path, Message: message})
}

func (d *Document) add(p *part) {
	maps.Copy(d.Plans, p.document.Plans)
	d.Accounts = append(d.Accounts, p.document.Accounts...)
	d.Scenarios = append(d.Scenarios, p.document.Scenarios...)
	d.Dictionary = append(d.Dictionary, p.document.Dictionary...)
	d.Clients = append(d.Clients, p.document.Clients...)
	if p.document.Settings != nil {
		d.Settings = p.document.Settings
	}
	if p.document.Timers != nil {
		d.Timers = p.document.Timers
	}
}

// complete keeps what Seed and Warnings give.
func (d *Document) complete(check *checker) error {
	d.seed.Accounts = check.accounts
	d.warnings = check.warnings
	for _, name := range slices.Sorted(maps.Keys(d.Plans)) {
		source, err := json.Marshal(d.Plans[name])
		if err != nil {
			return err
		}
		d.seed.Plans = append(d.seed.Plans, accounts.SeedPlan{Name: name, Source: source})
	}
	return nil
}

// joined makes one error of the errors of several files.
func joined(wrong []error) error {
	var texts []string
	all := &charging.Error{Kind: charging.KindInvalidDocument}
	for _, err := range wrong {
		var one *charging.Error
		if errors.As(err, &one) {
			texts = append(texts, one.Message)
			all.Faults = append(all.Faults, one.Faults...)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	all.Message = strings.Join(texts, "\n")
	return all
}

// Seed is what the document writes, for the ledger: ranges of accounts are counted out.
// The slices are shared with the document and not to be changed.
func (d *Document) Seed() accounts.Seed { return d.seed }

// Warnings are what is allowed and yet hardly meant, such as a rule that can never match, as
// lines `name:line:column: message`.
func (d *Document) Warnings() []string { return d.warnings }

// prefixed puts faults of a part of a document at their path in the whole.
func prefixed(path string, faults []charging.Fault) []charging.Fault {
	moved := slices.Clone(faults)
	for i := range moved {
		dot := "."
		if moved[i].Path == "" || moved[i].Path[0] == '[' {
			dot = ""
		}
		moved[i].Path = cmp.Or(path+dot+moved[i].Path, path)
	}
	return moved
}

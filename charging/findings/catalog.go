package findings

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Side says whose messages a rule is about.
type Side string

// The sides. Those of clients are judged while a server runs, those of servers in captures.
const (
	OfClients Side = "client"
	OfServers Side = "server"
	OfBoth    Side = "both"
)

// Judges reports whether a rule of this side is about messages of the other one, too.
func (s Side) Judges(who Side) bool { return s == who || s == OfBoth }

// A Rule is one thing that clients or servers are judged by.
type Rule struct {
	ID       string // stable words of the trade, joined by hyphens
	Side     Side
	Group    string // of rules that belong together
	Severity charging.Severity
	Conforms bool   // breaking it is legal
	Works    bool   // breaking it goes well with real servers
	Clause   string // of the standard
	Expected string
	Why      string // it matters
	Example  string // of what breaks it
	Fix      string // what to do about it
	Trips    string // real clients that do; empty: none is known
}

//go:embed rules.txt
var ofClients string

//go:embed servers.txt
var ofServers string

// Rules returns all rules, in the order of their page.
func Rules() []Rule { return slices.Clone(catalog().rules) }

// Of finds a rule by its name.
func Of(id string) (Rule, bool) {
	c := catalog()
	at, known := c.places[id]
	if !known {
		return Rule{}, false
	}
	return c.rules[at], true
}

// New is a finding by a rule, which must be one of Rules; an unknown one is kept by its name, so
// that what was seen is not lost.
func New(id, seen string) charging.Finding {
	r, known := Of(id)
	if !known {
		return charging.Finding{Rule: id, Seen: seen, Severity: charging.Note}
	}
	return charging.Finding{
		Rule: r.ID, Clause: r.Clause, Seen: seen, Expected: r.Expected,
		Severity: r.Severity, Conforms: r.Conforms, Works: r.Works,
	}
}

// A book is the rules with their places by name.
type book struct {
	rules  []Rule
	places map[string]int
}

var catalog = sync.OnceValue(func() book {
	rules, err := parse("rules.txt", ofClients, OfClients)
	if err == nil {
		var more []Rule
		more, err = parse("servers.txt", ofServers, OfServers)
		rules = append(rules, more...)
	}
	if err != nil {
		// The files are part of the program, and a test reads them.
		panic("findings: " + err.Error())
	}
	b := book{rules: rules, places: make(map[string]int, len(rules))}
	for i := range rules {
		b.places[rules[i].ID] = i
	}
	return b
})

// parse reads groups ("# name"), rules ("name severity conforms=yes works=no") and, indented,
// what is said of a rule; what is indented further goes on with the line before. A rule that says
// no side is about the one that the file is about.
func parse(file, text string, side Side) ([]Rule, error) {
	var rules []Rule
	var group string
	var field *string
	for number, line := range strings.Split(text, "\n") {
		var err error
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "# "):
			group = line[2:]
		case strings.HasPrefix(line, "    ") && field != nil:
			*field += " " + strings.TrimSpace(line)
		case strings.HasPrefix(line, "  ") && len(rules) > 0:
			field, err = rules[len(rules)-1].say(strings.TrimSpace(line))
		default:
			var r Rule
			r, err = parseRule(line)
			r.Group, r.Side = group, side
			rules = append(rules, r)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number+1, err)
		}
	}
	return rules, nil
}

func parseRule(line string) (Rule, error) {
	words := strings.Fields(line)
	if len(words) != 4 {
		return Rule{}, fmt.Errorf("%q has no name, severity and two verdicts", line)
	}
	r := Rule{ID: words[0], Severity: charging.Severity(words[1])}
	r.Conforms, r.Works = words[2] == "conforms=yes", words[3] == "works=yes"
	switch r.Severity {
	case charging.Violation, charging.Warning, charging.Note:
		return r, nil
	}
	return r, fmt.Errorf("%q is no severity", words[1])
}

// say reads one line about a rule, and returns where it goes on.
func (r *Rule) say(line string) (*string, error) {
	name, value, _ := strings.Cut(line, ": ")
	if name == "side" {
		r.Side = Side(value)
		return nil, nil
	}
	field := map[string]*string{
		"clause": &r.Clause, "expected": &r.Expected, "why": &r.Why,
		"example": &r.Example, "fix": &r.Fix, "trips": &r.Trips,
	}[name]
	if field == nil {
		return nil, fmt.Errorf("nobody knows what %q says of a rule", name)
	}
	*field = value
	return field, nil
}

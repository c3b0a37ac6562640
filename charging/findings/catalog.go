package findings

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Rule is one thing that clients are judged by.
type Rule struct {
	ID       string // stable words of the trade, joined by hyphens
	Group    string // of rules that belong together
	Severity charging.Severity
	Conforms bool   // breaking it is legal
	Works    bool   // breaking it goes well with real servers
	Clause   string // of the standard
	Expected string
	Why      string // it matters
	Example  string // of what breaks it
	Fix      string // what to do about it; empty: nothing in general
	Trips    string // real clients that do; empty: none is known
}

//go:embed rules.txt
var text string

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
	rules, err := parse(text)
	if err != nil {
		// The file is part of the program, and a test reads it.
		panic("findings: " + err.Error())
	}
	b := book{rules: rules, places: make(map[string]int, len(rules))}
	for i := range rules {
		b.places[rules[i].ID] = i
	}
	return b
})

// parse reads groups ("# name"), rules ("name severity conforms=yes works=no") and, indented,
// what is said of a rule; what is indented further goes on with the line before.
func parse(text string) ([]Rule, error) {
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
			r.Group = group
			rules = append(rules, r)
		}
		if err != nil {
			return nil, fmt.Errorf("rules.txt:%d: %w", number+1, err)
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

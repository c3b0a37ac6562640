package findings

import (
	"fmt"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// WritePage appends what the reference says of every rule, in Markdown: a heading for each, whose
// anchor is the rule's name.
func WritePage(b *strings.Builder) {
	writeGroups(b)
	group := ""
	for _, r := range Rules() {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(b, "\n## %s\n", group)
		}
		fmt.Fprintf(b, "\n### %s\n\n%s. %s; %s.\n\n", r.ID, r.Severity.Title(),
			verdict(r.Conforms, "Conforms", "Does not conform"),
			verdict(r.Works, "would work with real servers", "would not work with some real servers"))
		if r.Side == OfBoth {
			b.WriteString("- About: clients and servers\n")
		}
		fmt.Fprintf(b, "- Clause: %s\n- Expected: %s\n- Why: %s\n- Fix: %s\n- Example: %s\n",
			r.Clause, r.Expected, r.Why, r.Fix, r.Example)
		if r.Trips != "" {
			fmt.Fprintf(b, "- Real clients that trip it: %s\n", r.Trips)
		}
	}
}

// writeGroups lists the groups of rules, each with the number of its rules and a link to them.
func writeGroups(b *strings.Builder) {
	var groups []string
	rules := map[string]int{}
	for _, r := range Rules() {
		if rules[r.Group] == 0 {
			groups = append(groups, r.Group)
		}
		rules[r.Group]++
	}
	b.WriteString("\n## Rules\n\n")
	leftOut := strings.NewReplacer(" ", "-", ",", "", ":", "", "'", "")
	for _, group := range groups {
		fmt.Fprintf(b, "- [%s](#%s): %d\n", group, leftOut.Replace(strings.ToLower(group)),
			rules[group])
	}
}

func verdict(good bool, yes, no string) string {
	if good {
		return yes
	}
	return no
}

// Listed are the severities as people write them.
func Listed() string {
	return strings.Join([]string{
		string(charging.Violation), string(charging.Warning), string(charging.Note),
	}, ", ")
}

package main

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// rulesPicked are the rules that the flags about rules pick: by name, severity and verdict.
func (f *findingsFlags) rulesPicked() []findings.Rule {
	return slices.DeleteFunc(findings.Rules(), func(r findings.Rule) bool {
		picked := &f.filter
		return picked.Rule != "" && !scenarios.MatchesGlob(picked.Rule, r.ID) ||
			picked.Severity != "" && picked.Severity != string(r.Severity) ||
			picked.Verdict == string(scenarios.NotConforming) && r.Conforms ||
			picked.Verdict == string(scenarios.NotWorking) && r.Works
	})
}

// listRules shows what clients and servers are judged by: a line each, or where rules are named all
// that there is to say of them.
func (c *console) listRules(control *controlFlags, rules []findings.Rule, named bool) error {
	if control.json {
		return c.tell(control, rules, "")
	}
	if named {
		for i := range rules {
			c.showRule(&rules[i])
		}
		return nil
	}
	rows := [][]any{{"RULE", "SEVERITY", "CLAUSE", "ABOUT", "EXPECTED"}}
	for _, r := range rules {
		rows = append(rows, []any{r.ID, r.Severity, r.Clause, r.Side, r.Expected})
	}
	c.table(rows)
	return nil
}

func (c *console) showRule(r *findings.Rule) {
	word := map[bool]string{true: "yes", false: "no"}
	c.answer("%s %s (%s)", r.Severity, r.ID, r.Clause)
	c.answer("  about:    %s; conforms: %s, works: %s", r.Side, word[r.Conforms], word[r.Works])
	c.answer("  expected: %s", r.Expected)
	c.answer("  why:      %s", r.Why)
	c.answer("  fix:      %s", r.Fix)
	c.answer("  example:  %s", r.Example)
	if r.Trips != "" {
		c.answer("  trips:    %s", r.Trips)
	}
}

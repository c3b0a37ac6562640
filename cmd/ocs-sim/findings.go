package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// findingsFlags pick findings and say what they mean for the exit status.
type findingsFlags struct {
	filter                 client.FindingFilter
	failOn, junit          string
	rules, clear, exitZero bool
	follow                 bool
}

func newFindings(c *console) *cobra.Command {
	var control controlFlags
	var f findingsFlags
	cmd := &cobra.Command{
		Use:   "findings",
		Short: "Show what clients did against the standards, or against what real servers take",
		Long: "findings lists what a server found in the requests of clients, oldest first, how often\n" +
			"each rule was broken, and for each client whether it conforms to the standards and would\n" +
			"work with real servers. It ends with 1 where something as bad as --fail-on says was\n" +
			"found, violations if nothing is said, unless --exit-zero is given. --rules shows what\n" +
			"clients are judged by, and servers in captures, and needs no server; with --rule it\n" +
			"says all of a rule: why it matters, an example of what breaks it, and how to mend it.",
		Example: "  ocs-sim findings --peer im.example.com\n  ocs-sim findings --rules\n" +
			"  ocs-sim findings --rules --rule 'validity-*'",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.clear {
				if err := sparing(cmd.Flags(), &f.filter.FindingFilter); err != nil {
					return err
				}
			}
			return c.findings(cmd.Context(), &control, &f)
		},
	}
	control.add(cmd)
	flags := cmd.Flags()
	addFilter(flags, &f.filter.FindingFilter)
	flags.BoolVar(&f.follow, "follow", false, "show findings as they come, until interrupted")
	flags.StringVar(&f.failOn, "fail-on", string(charging.Violation),
		"least severity that ends with 1: "+findings.Listed())
	flags.StringVar(&f.junit, "junit", "", "write a report for CI into this `FILE`, too")
	flags.BoolVar(&f.exitZero, "exit-zero", false, "end with 0 whatever was found")
	flags.BoolVar(&f.clear, "clear", false, "forget the findings once they are shown")
	flags.BoolVar(&f.rules, "rules", false, "show the rules instead")
	return cmd
}

// followed shows findings as they come.
func (f *findingsFlags) followed(ctx context.Context, c *console, flags *controlFlags) error {
	picked := &f.filter
	if picked.Exchange != "" || picked.Since != "" || picked.Until != "" || f.clear ||
		f.junit != "" || f.exitZero {
		return errors.New("--follow shows what comes; it goes with none of --exchange, --since, " +
			"--until, --clear, --junit and --exit-zero")
	}
	k := &control{console: c, controlFlags: *flags}
	return k.follow(ctx, &followFlags{EventFilter: client.EventFilter{
		ExchangeFilter: resource.ExchangeFilter{
			Session: picked.Session, Subscriber: picked.Subscriber, Peer: picked.Peer,
			Finding: picked.Rule,
		},
		Events: []string{"finding"}, Severity: picked.Severity, Verdict: picked.Verdict,
	}})
}

// severities are from bad to harmless.
func severities() []string {
	return []string{
		string(charging.Violation), string(charging.Warning), string(charging.Note),
	}
}

// checkSeverity refuses what is no severity, by the name of its flag.
func checkSeverity(name, severity string) error {
	if severity != "" && !slices.Contains(severities(), severity) {
		return fmt.Errorf("%s is one of %s, not %q", name, findings.Listed(), severity)
	}
	return nil
}

// asBad reports whether a severity is at least another, which is none where it is empty.
func asBad(severity charging.Severity, least string) bool {
	return slices.Index(severities(), string(severity)) <= slices.Index(severities(), least)
}

func (f *findingsFlags) check() error {
	for name, value := range map[string]string{
		"--severity": f.filter.Severity, "--fail-on": f.failOn,
	} {
		if err := checkSeverity(name, value); err != nil {
			return err
		}
	}
	verdicts := []string{string(scenarios.NotConforming), string(scenarios.NotWorking)}
	if f.filter.Verdict != "" && !slices.Contains(verdicts, f.filter.Verdict) {
		return fmt.Errorf("--verdict is %s, not %q", strings.Join(verdicts, " or "),
			f.filter.Verdict)
	}
	glob := strings.Contains(f.filter.Rule, "*")
	if _, known := findings.Of(f.filter.Rule); f.filter.Rule != "" && !known && !glob {
		return fmt.Errorf("no rule %q; see ocs-sim findings --rules", f.filter.Rule)
	}
	return nil
}

func (c *console) findings(ctx context.Context, control *controlFlags, f *findingsFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.rules {
		return c.listRules(control, f.rulesPicked(), f.filter.Rule != "")
	}
	if f.follow {
		return f.followed(ctx, c, control)
	}
	found, err := allFindings(ctx, control.client(), f.filter)
	if err != nil {
		return no(err)
	}
	if control.json {
		err = c.tell(control, found, "")
	} else {
		c.showFindings(found)
	}
	if err == nil && f.junit != "" {
		err = writeReport(f.junit, f.suites(found))
	}
	if err == nil && f.clear {
		err = no(control.client().ClearFindings(ctx, f.filter.FindingFilter))
	}
	if bad := f.bad(found); err == nil && bad > 0 && !f.exitZero {
		return no(fmt.Errorf("%s of severity %s or worse", counted(bad, "finding", "findings"),
			f.failOn))
	}
	return err
}

// bad is how many findings are as bad as --fail-on says. Those that are not kept any more count as
// well, where nothing but a client is picked.
func (f *findingsFlags) bad(found *resource.FindingList) (count int) {
	if f.filter == (client.FindingFilter{
		FindingFilter: resource.FindingFilter{Peer: f.filter.Peer},
	}) {
		most := slices.Index(severities(), f.failOn)
		for _, v := range found.Clients {
			for _, n := range []int64{v.Violations, v.Warnings, v.Notes}[:most+1] {
				count += int(n)
			}
		}
		return count
	}
	for i := range found.Items {
		if asBad(found.Items[i].Severity, f.failOn) {
			count++
		}
	}
	return count
}

// allFindings reads page after page.
func allFindings(ctx context.Context, api *client.Client, filter client.FindingFilter) (
	*resource.FindingList, error,
) {
	filter.Limit = 1000
	all, err := api.Findings(ctx, filter)
	for err == nil && all.Next != "" {
		filter.After = all.Next
		var more *resource.FindingList
		if more, err = api.Findings(ctx, filter); err == nil {
			all.Items, all.Next = append(all.Items, more.Items...), more.Next
		}
	}
	return all, err
}

func (c *console) showFindings(found *resource.FindingList) {
	if len(found.Items) == 0 {
		c.answer("no findings")
	}
	told := map[string]bool{}
	for i := range found.Items {
		f := &found.Items[i]
		c.answer("%s %s (%s)", f.Severity, f.Rule, f.Clause)
		c.answer("  seen:     %s", f.Seen)
		c.answer("  expected: %s", f.Expected)
		if rule, known := findings.Of(f.Rule); known && !told[f.Rule] {
			c.answer("  fix:      %s", rule.Fix)
			told[f.Rule] = true
		}
		c.answer("  exchange %d, session %s, peer %s", f.Exchange, orDash(f.Session), orDash(f.Peer))
	}
	if found.Forgotten > 0 {
		c.say("%s not kept; the verdicts know of all",
			counted(int(found.Forgotten), "older finding is", "older findings are"))
	}
	if found.Dropped > 0 {
		c.say("%s too fast to be judged", counted(int(found.Dropped), "event came", "events came"))
	}
	c.showCounts(found)
	c.showVerdicts(found)
}

func (c *console) showCounts(found *resource.FindingList) {
	if len(found.Counts) == 0 {
		return
	}
	rows := [][]any{{"RULE", "FINDINGS"}}
	for _, r := range findings.Rules() {
		if count := found.Counts[r.ID]; count > 0 {
			rows = append(rows, []any{r.ID, count})
		}
	}
	c.table(rows)
}

// showVerdicts answers the two questions for each client.
func (c *console) showVerdicts(found *resource.FindingList) {
	if len(found.Clients) == 0 {
		return
	}
	rows := [][]any{{
		"CLIENT", "CONFORMS", "WORKS", "REQUESTS", "VIOLATIONS", "WARNINGS", "NOTES",
	}}
	word := map[bool]string{true: "yes", false: "no"}
	for _, v := range found.Clients {
		rows = append(rows, []any{
			orDash(v.Peer), word[v.Conforms], word[v.Works], v.Requests, v.Violations, v.Warnings,
			v.Notes,
		})
	}
	c.table(rows)
}

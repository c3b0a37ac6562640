package main

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/junit"
	"github.com/ocs-sim/ocs-sim/api/resource"
)

// suites are the findings as CI systems read them: one suite for each client, and in it one case
// for each rule that it broke, which fails where the severity is as bad as --fail-on says. A client
// that broke none has one case, which passes.
func (f *findingsFlags) suites(found *resource.FindingList) []junit.Suite {
	most := slices.Index(severities(), f.failOn)
	byPeer := map[string]map[string][]int{}
	for i := range found.Items {
		x := &found.Items[i]
		if byPeer[x.Peer] == nil {
			byPeer[x.Peer] = map[string][]int{}
		}
		byPeer[x.Peer][x.Rule] = append(byPeer[x.Peer][x.Rule], i)
	}
	var suites []junit.Suite
	for _, v := range found.Clients {
		suite := junit.Suite{Name: orDash(v.Peer)}
		for rule := range byPeer[v.Peer] {
			suite.Cases = append(suite.Cases, ruleCase(found, byPeer[v.Peer][rule], most))
		}
		slices.SortFunc(suite.Cases, func(a, b junit.Case) int {
			return strings.Compare(a.Name, b.Name)
		})
		if len(suite.Cases) == 0 {
			suite.Cases = []junit.Case{{Name: "no findings"}}
		}
		suites = append(suites, suite)
	}
	return suites
}

// ruleCase is what was found by one rule.
func ruleCase(found *resource.FindingList, places []int, most int) junit.Case {
	first := &found.Items[places[0]]
	worst := len(severities())
	var seen strings.Builder
	for _, i := range places {
		x := &found.Items[i]
		worst = min(worst, slices.Index(severities(), string(x.Severity)))
		seen.WriteString(x.Seen + "\n")
	}
	one := junit.Case{Name: first.Rule}
	if worst <= most {
		one.Outcome, one.Detail = junit.Failed, seen.String()
		one.Message = severities()[worst] + ": expected " + first.Expected
	}
	return one
}

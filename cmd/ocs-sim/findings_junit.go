package main

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// suites are the findings as CI systems read them: one suite for each client, and in it one case
// for each rule that it broke, which fails where the severity is as bad as --fail-on says. A client
// that broke none has one case, which passes.
func (f *findingsFlags) suites(found *resource.FindingList) []*junitSuite {
	most := slices.Index(severities(), f.failOn)
	byPeer := map[string]map[string][]int{}
	for i := range found.Items {
		x := &found.Items[i]
		if byPeer[x.Peer] == nil {
			byPeer[x.Peer] = map[string][]int{}
		}
		byPeer[x.Peer][x.Rule] = append(byPeer[x.Peer][x.Rule], i)
	}
	var suites []*junitSuite
	for _, v := range found.Clients {
		suite := &junitSuite{Name: orDash(v.Peer), Time: junitTime(0)}
		for rule := range byPeer[v.Peer] {
			addRule(suite, found, byPeer[v.Peer][rule], most)
		}
		slices.SortFunc(suite.Cases, func(a, b junitCase) int { return strings.Compare(a.Name, b.Name) })
		if len(suite.Cases) == 0 {
			suite.add("no findings", "", "")
		}
		suites = append(suites, suite)
	}
	return suites
}

// addRule adds what was found by one rule.
func addRule(suite *junitSuite, found *resource.FindingList, places []int, most int) {
	first := &found.Items[places[0]]
	worst, message := len(severities()), ""
	var seen strings.Builder
	for _, i := range places {
		x := &found.Items[i]
		worst = min(worst, slices.Index(severities(), string(x.Severity)))
		seen.WriteString(x.Seen + "\n")
	}
	if worst <= most {
		message = severities()[worst] + ": expected " + first.Expected
	}
	suite.add(first.Rule, message, seen.String())
}

package api

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/api/junit"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// junitReport writes verdicts: a suite for each scenario, a case for each rule.
func junitReport(all []scenarios.Status) ([]byte, error) {
	suites := make([]junit.Suite, len(all))
	for i := range all {
		suites[i] = newSuite(&all[i])
	}
	return junit.Write(suites)
}

func newSuite(s *scenarios.Status) junit.Suite {
	suite := junit.Suite{Name: s.Name}
	undecided := false
	for i := range s.Counters {
		one := ruleCase(s, i)
		undecided = undecided || one.Outcome == junit.Undecided
		suite.Cases = append(suite.Cases, one)
	}
	// A scenario may be pending though none of its rules is: where none has acted.
	if s.Verdict == scenarios.Pending && !undecided {
		suite.Cases = append(suite.Cases, junit.Case{
			Name: "verdict", Outcome: junit.Undecided, Message: s.Reason,
		})
	}
	return suite
}

func ruleCase(s *scenarios.Status, i int) junit.Case {
	counter := &s.Counters[i]
	one := junit.Case{Name: fmt.Sprintf("rules[%d]", i), Message: counter.Reason}
	switch {
	case counter.Verdict == scenarios.Fail:
		one.Outcome = junit.Failed
		for _, outcome := range counter.Outcomes {
			if outcome.Verdict == scenarios.Fail {
				one.Detail += outcome.Part + " of " + outcome.Session + ": " + outcome.Reason + "\n"
			}
		}
	case counter.Verdict == scenarios.Pending:
		one.Outcome = junit.Undecided
	case counter.Fired == 0:
		one.Outcome = junit.Skipped
	}
	return one
}

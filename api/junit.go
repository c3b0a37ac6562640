package api

import (
	"encoding/xml"
	"fmt"

	"github.com/ocs-sim/ocs-sim/scenarios"
)

// The shapes of JUnit's XML, as far as readers agree on them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Failure *junitRemark `xml:"failure"`
		Error   *junitRemark `xml:"error"`
		Skipped *junitRemark `xml:"skipped"`
	}
	junitRemark struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junit writes verdicts: a suite for each scenario, a case for each rule.
func junit(all []scenarios.Status) ([]byte, error) {
	whole := junitSuites{}
	for i := range all {
		suite := newJUnitSuite(&all[i])
		whole.Tests += suite.Tests
		whole.Failures += suite.Failures
		whole.Errors += suite.Errors
		whole.Skipped += suite.Skipped
		whole.Suites = append(whole.Suites, suite)
	}
	text, err := xml.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the verdicts as JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func newJUnitSuite(s *scenarios.Status) junitSuite {
	suite := junitSuite{Name: s.Name}
	for i := range s.Counters {
		suite.add(ruleCase(s, i))
	}
	// A scenario may be pending though none of its rules is: where none has acted.
	if s.Verdict == scenarios.Pending && suite.Errors == 0 {
		suite.add(junitCase{
			Class: s.Name, Name: "verdict", Error: &junitRemark{Message: s.Reason, Type: "pending"},
		})
	}
	return suite
}

func (s *junitSuite) add(one junitCase) {
	s.Tests++
	switch {
	case one.Failure != nil:
		s.Failures++
	case one.Error != nil:
		s.Errors++
	case one.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, one)
}

func ruleCase(s *scenarios.Status, i int) junitCase {
	counter := &s.Counters[i]
	one := junitCase{Class: s.Name, Name: fmt.Sprintf("rules[%d]", i)}
	switch {
	case counter.Verdict == scenarios.Fail:
		one.Failure = &junitRemark{Message: counter.Reason, Type: "fail"}
		for _, outcome := range counter.Outcomes {
			if outcome.Verdict == scenarios.Fail {
				one.Failure.Text += outcome.Part + " of " + outcome.Session + ": " +
					outcome.Reason + "\n"
			}
		}
	case counter.Verdict == scenarios.Pending:
		one.Error = &junitRemark{Message: counter.Reason, Type: "pending"}
	case counter.Fired == 0:
		one.Skipped = &junitRemark{Message: counter.Reason}
	}
	return one
}

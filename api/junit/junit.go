// Package junit writes reports in JUnit's XML, which CI systems read: verdicts of scenarios for
// package api, verifications for commands, in one and the same shape.
//
// There is no standard of it. What is written is what the schemas of Jenkins (junit-10.xsd)
// allows, and what GitLab and GitHub's actions read: testsuites, testsuite, testcase, and of a case
// that did not pass one failure, error or skipped, with a message.
package junit

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A Suite is what belongs together: a scenario, or a file of verifications.
type Suite struct {
	Name  string
	Began time.Time     // zero: not told
	Took  time.Duration // of all its cases
	Cases []Case
}

// A Case is one thing that passed or did not.
type Case struct {
	Name    string
	Took    time.Duration
	Outcome Outcome
	Message string // in a line, of an outcome other than Passed
	Detail  string // all that is known
}

// An Outcome is what became of a case.
type Outcome uint8

// The outcomes. What could not be decided is an error.
const (
	Passed Outcome = iota
	Failed
	Undecided
	Skipped
)

// The shapes of the XML.
type (
	xmlSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"` // the schemas know no skipped here
		Time     string     `xml:"time,attr"`
		Suites   []xmlSuite `xml:"testsuite"`
	}
	xmlSuite struct {
		Name      string    `xml:"name,attr"`
		Tests     int       `xml:"tests,attr"`
		Failures  int       `xml:"failures,attr"`
		Errors    int       `xml:"errors,attr"`
		Skipped   int       `xml:"skipped,attr"`
		Time      string    `xml:"time,attr"`
		Timestamp string    `xml:"timestamp,attr,omitempty"`
		Cases     []xmlCase `xml:"testcase"`
	}
	xmlCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Time    string     `xml:"time,attr"`
		Failure *xmlRemark `xml:"failure"`
		Error   *xmlRemark `xml:"error"`
		Skipped *xmlRemark `xml:"skipped"`
	}
	xmlRemark struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// Write writes a report.
func Write(suites []Suite) ([]byte, error) {
	whole := xmlSuites{}
	var took time.Duration
	for i := range suites {
		suite := suites[i].shape()
		whole.Tests += suite.Tests
		whole.Failures += suite.Failures
		whole.Errors += suite.Errors
		took += suites[i].Took
		whole.Suites = append(whole.Suites, suite)
	}
	whole.Time = seconds(took)
	text, err := xml.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write a report as JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func (s *Suite) shape() xmlSuite {
	suite := xmlSuite{Name: plain(s.Name), Time: seconds(s.Took)}
	if !s.Began.IsZero() {
		suite.Timestamp = s.Began.UTC().Format("2006-01-02T15:04:05") // as the schemas want it
	}
	for i := range s.Cases {
		one := &s.Cases[i]
		shaped := xmlCase{Name: plain(one.Name), Class: suite.Name, Time: seconds(one.Took)}
		remark := &xmlRemark{Message: plain(one.Message), Text: plain(one.Detail)}
		suite.Tests++
		switch one.Outcome {
		case Failed:
			remark.Type = "fail"
			shaped.Failure = remark
			suite.Failures++
		case Undecided:
			remark.Type = "pending"
			shaped.Error = remark
			suite.Errors++
		case Skipped:
			shaped.Skipped = remark
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, shaped)
	}
	return suite
}

// plain leaves out what no XML may hold (XML 1.0 section 2.2), as AVPs may.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		control := r < ' ' && r != '\n' && r != '\t' || r == 0x7F
		if control || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return '.'
		}
		return r
	}, text)
}

// seconds is a time as reports have it.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%d.%03d", d/time.Second, d%time.Second/time.Millisecond)
}

package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// A junitSuite is a report as CI systems read it: one suite for each file.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// add adds a case; an empty message says that it passed.
func (s *junitSuite) add(name, message, text string) {
	c := junitCase{Class: s.Name, Name: plainText(name)}
	s.Tests++
	if message != "" {
		s.Failures++
		c.Failure = &junitFailure{Message: plainText(message), Text: plainText(text)}
	}
	s.Cases = append(s.Cases, c)
}

// plainText leaves out what no XML may hold (XML 1.0 section 2.2), as AVPs may.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError {
			return '.'
		}
		return r
	}, text)
}

// writeJUnit writes a report.
func writeJUnit(path string, suites []*junitSuite, took time.Duration) error {
	report := struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Time     string   `xml:"time,attr"`
		Suites   []*junitSuite
	}{Time: junitTime(took), Suites: suites}
	for _, suite := range suites {
		report.Tests += suite.Tests
		report.Failures += suite.Failures
	}
	text, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	text = append([]byte(xml.Header), append(text, '\n')...)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	return nil
}

// junitTime is a time in seconds, as reports have it.
func junitTime(d time.Duration) string {
	return fmt.Sprintf("%d.%03d", d/time.Second, d%time.Second/time.Millisecond)
}

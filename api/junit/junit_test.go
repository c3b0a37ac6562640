package junit_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/junit"
)

func TestReport(t *testing.T) {
	t.Parallel()
	text, err := junit.Write([]junit.Suite{{
		Name: "join.yaml", Took: 1250 * time.Millisecond,
		Began: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC),
		Cases: []junit.Case{
			{Name: "paid", Took: time.Second},
			{Name: "ended", Outcome: junit.Failed, Message: `want "1", seen <none>`, Detail: "a\nb"},
			{Name: "asked", Outcome: junit.Undecided, Message: "not yet"},
			{Name: "else", Outcome: junit.Skipped, Message: "never fired"},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" time="1.250">
  <testsuite name="join.yaml" tests="4" failures="1" errors="1" skipped="1" time="1.250"` +
		` timestamp="2026-03-01T12:00:00">
    <testcase classname="join.yaml" name="paid" time="1.000"></testcase>
    <testcase classname="join.yaml" name="ended" time="0.000">
      <failure message="want &#34;1&#34;, seen &lt;none&gt;" type="fail">a&#xA;b</failure>
    </testcase>
    <testcase classname="join.yaml" name="asked" time="0.000">
      <error message="not yet" type="pending"></error>
    </testcase>
    <testcase classname="join.yaml" name="else" time="0.000">
      <skipped message="never fired"></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
}

// Whatever a peer sent, and whatever somebody called a test, the report is XML.
func TestNoTextBreaksTheReport(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{
		"\x00\x01\x1b[31m\x7f", "]]>", "<!--", `"'&<>`, "\xff\xfe", "a\r\nb\tc", "\uFFFE\uFFFF\U0001F600",
		strings.Repeat("x", 1<<16),
	} {
		text, err := junit.Write([]junit.Suite{{Name: odd, Cases: []junit.Case{
			{Name: odd, Outcome: junit.Failed, Message: odd, Detail: odd},
		}}})
		if err != nil {
			t.Errorf("Write of %q = %v", odd, err)
		}
		if strings.ContainsAny(string(text), "\x00\x01\x1b\x7f\uFFFE\uFFFF") {
			t.Errorf("the report of %q has what no XML may have: %q", odd, text)
		}
		for decoder := xml.NewDecoder(strings.NewReader(string(text))); ; {
			if _, err := decoder.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("the report of %q is no XML: %v", odd, err)
			}
		}
	}
}

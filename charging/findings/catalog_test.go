package findings_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// update rewrites the page: go test ./charging/findings -update.
var update = flag.Bool("update", false, "rewrite the page of rules")

const (
	page  = "../../docs/reference/findings.md"
	begin = "<!-- rules -->\n"
)

func TestRulesSayAllThatPeopleNeed(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	seen := map[string]bool{}
	for _, r := range findings.Rules() {
		if !form.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("rule %q is no name, or there twice", r.ID)
		}
		seen[r.ID] = true
		for name, said := range map[string]string{
			"group": r.Group, "clause": r.Clause, "expected": r.Expected, "why": r.Why,
			"fix": r.Fix, "example": r.Example,
		} {
			if said == "" {
				t.Errorf("rule %s has no %s", r.ID, name)
			}
		}
		if !r.Side.Judges(findings.OfClients) && !r.Side.Judges(findings.OfServers) {
			t.Errorf("rule %s is about %q, want client, server or both", r.ID, r.Side)
		}
		if r.Severity == charging.Violation && r.Conforms {
			t.Errorf("rule %s is a violation that conforms", r.ID)
		}
		if r.Severity == charging.Note && !r.Conforms && !r.Works {
			t.Errorf("rule %s is a note on what neither conforms nor works", r.ID)
		}
		if got := findings.New(r.ID, "x"); got.Clause != r.Clause || got.Severity != r.Severity {
			t.Errorf("New(%s) = %+v", r.ID, got)
		}
	}
}

func TestAnUnknownRuleKeepsWhatWasSeen(t *testing.T) {
	t.Parallel()
	want := charging.Finding{Rule: "new", Seen: "it", Severity: charging.Note}
	if diff := cmp.Diff(want, findings.New("new", "it")); diff != "" {
		t.Errorf("New of no rule (-want +got):\n%s", diff)
	}
}

func TestPageIsInStepWithTheRules(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	if !found {
		t.Fatalf("%s has no line %s", page, begin)
	}
	var want strings.Builder
	findings.WritePage(&want)
	if *update {
		if err := os.WriteFile(page, []byte(head+begin+want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), rest); diff != "" {
		t.Errorf("%s is old; run go test ./charging/findings -update (-want +got):\n%s", page, diff)
	}
}

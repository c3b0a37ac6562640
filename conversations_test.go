package ocssim_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// lateUsage is the one setting that conversations ask for.
const lateUsage = "late-usage=debit"

// Every conversation is played in process, over Gy and over REST, each time with a server of its
// own; the answers must be the ones written, and the same at all doors.
func TestConversations(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.conv")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".conv"), func(t *testing.T) {
			t.Parallel()
			playEverywhere(t, readConversation(t, name))
		})
	}
}

func readConversation(t *testing.T, name string) *conversation.Conversation {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := conversation.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func playEverywhere(t *testing.T, c *conversation.Conversation) {
	t.Helper()
	openers := []opener{inProcess, overGy, overREST}
	if c.WireOnly() {
		t.Log("uses words of the wire: played at Gy alone")
		openers = []opener{overGy}
	}
	var reports []*conversation.Report
	for _, open := range openers {
		if report := playAt(t, c, open); report != nil {
			reports = append(reports, report)
		}
	}
	if len(reports) == 0 {
		return
	}
	for _, difference := range conversation.Compare(reports...) {
		t.Error(difference)
	}
}

// playAt starts a server, plays the conversation at one of its doors, and looks at the books.
func playAt(t *testing.T, c *conversation.Conversation, open opener) *conversation.Report {
	t.Helper()
	server := startFor(t, c)
	door := open(t, server)
	door.Settings = c.Needs
	report, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"})
	if err != nil {
		t.Errorf("door %s: %v", door.Name, err)
		return nil
	}
	if err := report.Err(); err != nil {
		var drawn strings.Builder
		_, _ = report.WriteTo(&drawn)
		t.Errorf("%v\n%s", err, drawn.String())
	}
	if len(report.Skipped) > 0 {
		t.Errorf("door %s passed over lines %v", door.Name, report.Skipped)
	}
	violations, err := server.Ledger().Check(t.Context())
	if err != nil || len(violations) > 0 {
		t.Errorf("door %s: Check = %q, %v, want no violations", door.Name, violations, err)
	}
	return report
}

func startFor(t *testing.T, c *conversation.Conversation) *ocssim.Server {
	t.Helper()
	for _, need := range c.Needs {
		if need != lateUsage {
			t.Fatalf("%s needs %s, which no server has", c.Name, need)
		}
	}
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds:     []document.File{{Name: c.Name, Data: c.Seed}},
		DebitLate: slices.Contains(c.Needs, lateUsage),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("Close = %v, want nil", err)
		}
	})
	return server
}

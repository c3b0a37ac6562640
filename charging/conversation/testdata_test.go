package conversation_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

func TestEveryConversationParses(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../testdata/*.conv")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := conversation.Parse(filepath.Base(name), text)
		switch {
		case err != nil:
			t.Error(err)
		case len(c.Steps) == 0 || len(c.Seed) == 0:
			t.Errorf("%s has %d lines that do something and %d bytes of seed, want some of both",
				c.Name, len(c.Steps), len(c.Seed))
		case !strings.HasPrefix(string(text), "# "):
			t.Errorf("%s does not begin with a comment that says what it is about", c.Name)
		}
	}
}

// Every fenced block of the reference page that is marked conv is a conversation, or lines of one.
func TestTheReferencesExamplesParse(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/conversations.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```conv\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 5 {
		t.Fatalf("the page has %d examples, want at least 5", len(blocks))
	}
	for _, block := range blocks {
		if _, err := conversation.Parse("conversations.md", block[1]); err != nil {
			t.Errorf("%v\nin\n%s", err, block[1])
		}
	}
}

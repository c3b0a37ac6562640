package ocssim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// foundIn plays a conversation over Gy and returns how often each rule was broken.
func foundIn(t *testing.T, c *conversation.Conversation) map[string]int {
	t.Helper()
	server := startFor(t, c)
	door := overGy(t, server)
	door.Settings = c.Needs
	if _, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"}); err != nil {
		t.Fatal(err)
	}
	return findingsOf(t, server)
}

func findingsOf(t *testing.T, server *ocssim.Server) map[string]int {
	t.Helper()
	api := client.New(server.APIURL(), client.Options{})
	list, err := api.Findings(t.Context(), client.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Counts
}

// The conversations of the two flows are what our own client sends. It is found fault with only
// where the conversation is about a client that does something wrong.
func TestOurClientIsNotBlamed(t *testing.T) {
	t.Parallel()
	wrong := map[string]map[string]int{
		"f23-no-trigger":               {"usage-without-reason": 2},
		"conf-two-payers":              {"units-asked-after-final": 1},
		"conference-exhausted-ignored": {"units-asked-after-final": 1},
	}
	for _, glob := range []string{"f23*", "f24-*", "conf*"} {
		names, err := filepath.Glob("testdata/" + glob + ".conv")
		if err != nil || len(names) == 0 {
			t.Fatalf("Glob(%s) found %d (%v)", glob, len(names), err)
		}
		for _, name := range names {
			short := strings.TrimSuffix(filepath.Base(name), ".conv")
			t.Run(short, func(t *testing.T) {
				t.Parallel()
				want := wrong[short]
				if want == nil {
					want = map[string]int{}
				}
				got := foundIn(t, readConversation(t, name))
				if short == "f23+24-together-two-updates" {
					// The answer to the first may have gone out before the second came.
					delete(got, "request-before-answer")
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// Real clients are found fault with for what is known of them, and for nothing else.
func TestRealClientsAreJudgedFairly(t *testing.T) {
	t.Parallel()
	for name, want := range quirksOfRealClients() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := foundIn(t, readConversation(t, "testdata/"+name+".conv"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// quirksOfRealClients are what is known of real clients, as often as their conversations have it.
func quirksOfRealClients() map[string]map[string]int {
	return map[string]map[string]int{
		"client-open5gs": {"multiple-services-indicator-zero": 5, "rating-group-missing": 5},
		"client-magma":   {"quota-not-exhausted": 2},
		"client-ergw":    {"units-asked-after-final": 1},
		"client-kamailio": {
			"accounting-avps": 5, "auth-application-missing": 5, "avp-too-often": 1,
			"service-information-changed": 2, "subscriber-e164-form": 5, "usage-above-grant": 1,
			"usage-without-reason": 1,
		},
	}
}

// Every rule is broken by a test, and nearly broken by one.
func TestEveryRuleIsTried(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	for _, pattern := range []string{
		"diameter/inspector_test.go", "diameter/server_inspector*_test.go",
		"scenarios/judge*_test.go", "api/recording/judge*_test.go",
	} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("Glob(%s) found %d (%v)", pattern, len(names), err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
	}
	rules := findings.Rules()
	count := map[findings.Side]int{}
	for _, r := range rules {
		count[r.Side]++
	}
	if count[findings.OfClients] < 60 || count[findings.OfServers] < 40 {
		t.Errorf("rules %v, want 60 about clients and 40 about servers at least", count)
	}
	for _, r := range rules {
		if !strings.Contains(tests.String(), `raises: "`+r.ID+`"`) {
			t.Errorf("no test breaks %s", r.ID)
		}
	}
}

func TestFindingsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	c := readConversation(t, "testdata/client-open5gs.conv")
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		NoFindings: true, Seeds: []document.File{{Name: c.Name, Data: c.Seed}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	door := overGy(t, server)
	if _, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"}); err != nil {
		t.Fatal(err)
	}
	if got := findingsOf(t, server); len(got) > 0 {
		t.Errorf("findings %v, want none", got)
	}
}

package ocssim_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// probes are conditions that a rule judges while a request is charged, and a verification
// afterwards, from the journal.
func probes() []string {
	return []string{
		`{"participants": "..2"}`, `{"participants": 3}`, `{"participants": "4.."}`,
		`{"media": "audio"}`, `{"media": ["message", "audio"]}`, `{"trigger": "participants"}`,
		`{"trigger": "media"}`, `{"if": "open"}`, `{"if": "participants_changed && !media_changed"}`,
		`{"type": "update", "used": "60s.."}`, `{"requested": "empty"}`, `{"rating_group": 100}`,
		`{"avp": {"Multiple-Services-Credit-Control.Requested-Service-Unit": "*"}}`,
		`{"type": "update", "nth": 2}`, `{"number": "2.."}`, `{"conference": "conf*"}`,
	}
}

// What a rule sees while it decides, a verification sees when all is over: they count the same.
func TestVerificationsSeeWhatRulesSaw(t *testing.T) {
	t.Parallel()
	var names []string
	for _, pattern := range []string{
		"f2*", "flow-*", "conf-*", "client-*", "media-*", "late-after-T", "late-after-Tcc",
	} {
		found, err := filepath.Glob("testdata/" + pattern + ".conv")
		if err != nil || len(found) == 0 {
			t.Fatalf("Glob(%s) found %d conversations (%v), want some", pattern, len(found), err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".conv"), func(t *testing.T) {
			t.Parallel()
			compareSights(t, readConversation(t, name))
		})
	}
}

// compareSights has rules that change nothing count while a conversation is played, and counts
// again by verifications. They ask for the requests that a rule acted on, as not all reach rules.
func compareSights(t *testing.T, c *conversation.Conversation) {
	t.Helper()
	server := startFor(t, c)
	api := client.New(server.APIURL(), client.Options{})
	var rules, verifications []string
	for _, probe := range append(probes(), "{}") {
		rules = append(rules, fmt.Sprintf(`{"when": %s, "pass": true}`, probe))
		match := strings.Replace(probe, "{", `{"rule": "?*", "repeat": false, `, 1)
		verifications = append(verifications, fmt.Sprintf(`{"match": %s}`,
			strings.Replace(match, ", }", "}", 1)))
	}
	scenario := fmt.Sprintf(`{"priority": 1000, "rules": [%s]}`, strings.Join(rules, ","))
	if _, err := api.PutScenario(t.Context(), "probe", []byte(scenario)); err != nil {
		t.Fatal(err)
	}
	door := overGy(t, server)
	door.Settings = c.Needs
	if _, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"}); err != nil {
		t.Fatal(err)
	}
	status, err := api.Scenario(t.Context(), "probe")
	if err != nil {
		t.Fatal(err)
	}
	report, err := api.Verify(t.Context(), []byte("["+strings.Join(verifications, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	for i, item := range report.Items {
		if want := status.Counters[i].Matched; int64(len(item.Found)) != want {
			near, _ := json.Marshal(item.NearMisses)
			t.Errorf("%s: found %v, but the rule matched %d times\n%s", verifications[i], item.Found,
				want, near)
		}
	}
}

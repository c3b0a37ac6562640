package ocssim_test

import (
	"cmp"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	difference "github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// captured is what a tap saw as a capture has it.
func (p *tap) captured() (frames []capture.Frame) {
	all := p.all()
	slices.SortStableFunc(all, func(a, b passed) int {
		return cmp.Compare(a.stamp.number, b.stamp.number)
	})
	for i, f := range all {
		client := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(40_000+f.call))
		server := netip.MustParseAddrPort("192.0.2.2:3868")
		if f.fromServer {
			client, server = server, client
		}
		frames = append(frames, capture.Frame{
			At: f.stamp.at, From: client, To: server, Packet: i + 1, Octets: f.frame,
		})
	}
	return frames
}

// reviewServer judges the server's side of all that a tap saw. Nothing is wrong there but what the
// conversation makes wrong on purpose.
func (p *tap) reviewServer(t testing.TB) {
	t.Helper()
	if _, wrong := wrongOnPurpose(t.Name()); wrong {
		return
	}
	parts := strings.Split(t.Name(), "/")
	name := parts[len(parts)-1]
	forgets := turnsTheClock(name)
	var seen []string
	got := map[string]int{}
	for _, f := range recording.Judge(p.captured(), recording.JudgeOptions{}) {
		forgotten := f.Rule == "open-session-unknown" || f.Rule == "repeat-answered-otherwise"
		if f.Side == findings.OfServers && !(forgets && forgotten) {
			got[f.Rule]++
			seen = append(seen, f.Rule+": "+f.Seen)
		}
	}
	want := wrongAnswers()[name]
	if diff := difference.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("rules that the server broke (-want +got):\n%s%s", diff, strings.Join(seen, "\n"))
	}
}

// turnsTheClock reports whether a conversation does, so that the server forgets what it knew an
// instant ago by the clock of the capture.
func turnsTheClock(conversation string) bool {
	text, err := os.ReadFile("testdata/" + conversation + ".conv")
	return err == nil && strings.Contains(string(text), "\n+ ") ||
		strings.Contains(conversation, "clock_was_turned")
}

// wrongAnswers are the rules that conversations break on purpose, by their names: their scenarios
// and settings say so.
func wrongAnswers() map[string][]string {
	bothLevels := []string{"refused-at-both-levels"}
	return map[string][]string{
		"failure-handling":                            {"failure-handling-in-event"},
		"library-departure-refused-at-both-levels":    bothLevels,
		"library-empty-grant":                         {"grant-empty"},
		"library-grant-in-another-unit":               {"grant-in-other-units"},
		"library-join-refused-at-both-levels":         bothLevels,
		"library-media-change-refused-at-both-levels": bothLevels,
		"library-no-validity":                         {"validity-missing"},
		"library-refused-at-start-at-both-levels":     bothLevels,
		"library-session-forgotten":                   {"open-session-unknown"},
		"library-tiny-validity":                       {"validity-below-grant"},
		"library-validity-below-grant":                {"validity-below-grant"},
		"library-zero-grant-without-final-unit":       {"grant-of-zero"},
		"scripted-ledger":                             bothLevels,
		"scripted-limit":                              {"validity-below-grant"},
		"scripted-priorities":                         {"validity-missing"},
		"settings-absent_rsu-default":                 {"grant-not-requested"},
		"settings-check_balance-result_code":          {"balance-result-missing"},
		"settings-clients":                            bothLevels,
		"settings-deny_level-both":                    bothLevels,
		"settings-dup-t_only":                         {"repeat-answered-otherwise"},
		"settings-grant_unit-total":                   {"grant-in-other-units"},
		"settings-profile-kamailio":                   bothLevels,
		"settings-timers-scale-small":                 {"validity-below-grant"},
		"settings-unknown_session-2001":               {"grant-missing"},
		"settings-unknown_session-rate-again":         {"closed-session-served"},
		"settings-validity-none":                      {"validity-missing"},
		"wire-amend":                                  {"validity-below-grant"},
	}
}

// reviewLibrary judges what a scenario of the library made of the server's side.
func (p *tap) reviewLibrary(t testing.TB, scenario string) {
	t.Helper()
	if err := p.ended(); err != nil {
		t.Error(err)
	}
	want, known := libraryBreaks()[scenario]
	o := recording.JudgeOptions{Tx: want.within}
	got := map[string]bool{}
	for _, f := range recording.Judge(p.captured(), o) {
		if f.Side == findings.OfServers && (want.within == 0 || f.Rule == want.rule) {
			got[f.Rule] = true
		}
	}
	broken := map[string]bool{}
	if known {
		broken[want.rule] = true
	}
	if diff := difference.Diff(broken, got); diff != "" {
		t.Errorf("rules that %s breaks (-want +got):\n%s", scenario, diff)
	}
}

// A breaks is the rule that a scenario breaks. Where it is about time, answers are wanted within
// less than usual, and other rules do not count.
type breaks struct {
	rule   string
	within time.Duration
}

// libraryBreaks are the scenarios of the library that have the server do something wrong, of those
// that conversations cannot tell.
func libraryBreaks() map[string]breaks {
	return map[string]breaks{
		"late-answers":             {"answer-late", 100 * time.Millisecond},
		"lost-answer":              {"answer-missing", 1},
		"lost-request":             {"answer-missing", 1},
		"disconnect-before-answer": {"answer-missing", 1},
		"connection-reset":         {"answer-missing", 1},
		"silent-watchdog":          {"watchdog-unanswered", 1},
		"answered-twice":           {rule: "answer-twice"},
		"server-restarts":          {rule: "origin-state-went-back"},
		"wrong-session-id":         {rule: "answer-session-id-wrong"},
		"wrong-hop-by-hop":         {rule: "answer-hop-by-hop-wrong"},
		"wrong-request-number":     {rule: "answer-request-number-wrong"},
		"no-origin-host":           {rule: "origin-missing"},
		"no-result-code":           {rule: "answer-without-result"},
		"experimental-result-only": {rule: "experimental-result-alone"},
		"session-id-last":          {rule: "session-id-not-first"},
		"unknown-mandatory-avp":    {rule: "avp-mandatory-unknown"},
		"no-rating-group":          {rule: "service-key-missing"},
		"no-service":               {rule: "service-unanswered"},
		"no-auth-application-id":   {rule: "answer-auth-application-wrong"},
	}
}

// A capture of real clients tells of them what a running server finds, and of the server nothing.
func TestCapturesOfRealClientsAreJudgedFairly(t *testing.T) {
	t.Parallel()
	for name, want := range quirksOfRealClients() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := readConversation(t, "testdata/"+name+".conv")
			server := startFor(t, c)
			p := startTap(t, server.DiameterAddresses()[0])
			t.Cleanup(func() { // behind that of the door, so that nothing is on its way
				got := map[string]int{}
				for _, f := range recording.Judge(p.captured(), recording.JudgeOptions{}) {
					got[f.Rule]++
				}
				if diff := difference.Diff(want, got); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			})
			door := overTap(t, server, p)
			door.Settings = c.Needs
			if _, err := c.Play(t.Context(), door, conversation.Options{Suffix: "1"}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

package ocssim_test

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// captured is what a tap saw as a capture has it. The tap notes a frame once it is passed on, so an
// answer may be noted before its request.
func (p *tap) captured() []capture.Frame {
	type asked struct {
		call       int
		fromServer bool
		hopByHop   uint32
	}
	all := p.all()
	requests := map[asked]int{}
	for i, f := range all {
		if isRequest(f.frame) {
			requests[asked{f.call, f.fromServer, hopByHop(f.frame)}] = i
		}
	}
	place := make([]int, len(all))
	for i, f := range all {
		place[i] = 2 * i
		at, known := requests[asked{f.call, !f.fromServer, hopByHop(f.frame)}]
		if known && !isRequest(f.frame) && at > i {
			place[i] = 2*at + 1
		}
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return place[a] - place[b] })
	var frames []capture.Frame
	var last time.Time
	for packet, i := range order {
		f := all[i]
		if f.at.After(last) {
			last = f.at
		}
		client := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(40_000+f.call))
		server := netip.MustParseAddrPort("192.0.2.2:3868")
		if f.fromServer {
			client, server = server, client
		}
		frames = append(frames, capture.Frame{
			At: last, From: client, To: server, Packet: packet + 1, Octets: f.frame,
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
	var seen []string
	got := map[string]int{}
	for _, f := range recording.Judge(p.captured(), recording.JudgeOptions{}) {
		if f.Side == findings.OfServers {
			got[f.Rule]++
			seen = append(seen, f.Rule+": "+f.Seen)
		}
	}
	parts := strings.Split(t.Name(), "/")
	want := wrongAnswers()[parts[len(parts)-1]]
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("rules that the server broke (-want +got):\n%s%s", diff, strings.Join(seen, "\n"))
	}
}

// wrongAnswers are the rules that conversations break on purpose, by their names: their scenarios
// and settings say so, and one turns the clock beyond what is remembered.
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
		"library-tiny-validity":                       {"validity-below-grant"},
		"library-validity-below-grant":                {"validity-below-grant"},
		"library-zero-grant-without-final-unit":       {"grant-of-zero"},
		"scripted-ledger":                             bothLevels,
		"scripted-limit":                              {"validity-below-grant"},
		"scripted-priorities":                         {"validity-missing"},
		"session-forgotten":                           {"repeat-answered-otherwise"},
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

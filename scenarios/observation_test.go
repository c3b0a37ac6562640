package scenarios_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestObservationsStandInTheOrderOfExchanges(t *testing.T) {
	t.Parallel()
	var told []scenarios.Observation
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		Observed: func(o scenarios.Observation) { told = append(told, o) },
	})
	charge(journal, situation(update, 1), joined())
	want := scenarios.Observation{At: wall, Session: "s1", Text: "200 OK to the re-INVITE"}
	got := journal.Observe(want)
	charge(journal, situation(termination, 2), joined())
	want.Seq = 2
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Observe (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]scenarios.Observation{want}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	page, _ := journal.Exchanges(scenarios.Filter{Session: "s1", Complete: true})
	var seen []string
	for i := range page {
		seen = append(seen, page[i].Door+" "+page[i].Type+page[i].Text)
	}
	if diff := cmp.Diff([]string{
		"gy update", "observation 200 OK to the re-INVITE", "gy termination",
	}, seen); diff != "" {
		t.Errorf("Exchanges (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, page[1].Observation()); diff != "" {
		t.Errorf("Observation (-want +got):\n%s", diff)
	}
}

func TestAnObservationMakesRoomLikeAnExchange(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 2})
	for range 3 {
		journal.Observe(scenarios.Observation{Text: "BYE"})
	}
	page, _ := journal.Exchanges(scenarios.Filter{})
	if len(page) != 2 || page[0].Seq != 2 || journal.Dropped() != 1 {
		t.Errorf("%d of 2 are kept from %d on, %d dropped", len(page), page[0].Seq, journal.Dropped())
	}
}

func TestWhatIsWrongWithAnObservation(t *testing.T) {
	t.Parallel()
	for path, observation := range map[string]scenarios.Observation{
		"text":    {Text: "  "},
		"session": {Text: "BYE", Session: strings.Repeat("x", scenarios.MaxObservation+1)},
	} {
		if faults := observation.Check(); len(faults) != 1 || faults[0].Path != path {
			t.Errorf("Check = %v, want one fault of %s", faults, path)
		}
	}
	long := scenarios.Observation{Text: strings.Repeat("x", scenarios.MaxObservation)}
	if faults := long.Check(); len(faults) > 0 {
		t.Errorf("Check of the longest text = %v, want nothing", faults)
	}
}

func TestFilterByWhatTheDoorAndTheRuleTell(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		MessageOf: func(raw []byte) string { return strings.TrimLeft(string(raw), "\x01") },
	})
	late := message("\x01DWR")
	late.At = wall.Add(time.Hour)
	charge(journal, situation(initial, 0), &charging.Answer{Result: 2001}) // 1
	second := situation(update, 1)
	second.Request.Origin.Host = "im2.example.com"
	charge(journal, second, joined())                                                  // 2
	journal.Received(late)                                                             // 3
	journal.Observe(scenarios.Observation{Session: "s1", Text: "200 OK", At: wall})    // 4
	journal.Received(charging.Message{Door: "rest", Peer: "127.0.0.1:4711", At: wall}) // 5
	for _, test := range []struct {
		filter scenarios.Filter
		want   []int64
	}{
		{scenarios.Filter{Peer: "IM1.*"}, []int64{1, 2, 3}},
		{scenarios.Filter{Peer: "127.*"}, []int64{5}},
		{scenarios.Filter{OriginHost: "im2*"}, []int64{2}},
		{scenarios.Filter{Rule: "last-minute*"}, []int64{2}},
		{scenarios.Filter{Number: scenarios.Range{From: charging.Known(1)}}, []int64{2}},
		{scenarios.Filter{Message: "ccr"}, []int64{1, 2, 5}},
		{scenarios.Filter{Message: "DWR"}, []int64{3}},
		{scenarios.Filter{Message: "observation"}, []int64{4}},
		{scenarios.Filter{Door: "observation", Text: "*ok"}, []int64{4}},
		{scenarios.Filter{Since: wall.Add(time.Hour)}, []int64{3}},
		{scenarios.Filter{Until: wall.Add(time.Hour), Session: "s1"}, []int64{1, 2, 4}},
	} {
		page, _ := journal.Exchanges(test.filter)
		var got []int64
		for i := range page {
			got = append(got, page[i].Seq)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("Exchanges(%+v) (-want +got):\n%s", test.filter, diff)
		}
	}
}

package scenarios_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// over is a context that has ended: who waits with it is told what there is.
func over() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// ids are those of all events there are now.
func ids(t testing.TB, f *scenarios.Follower) (all []string, missed scenarios.Missed) {
	t.Helper()
	for {
		news, more, err := f.Next(over())
		missed.Exchanges += more.Exchanges
		missed.Findings += more.Findings
		for i := range news {
			all = append(all, news[i].ID)
		}
		if errors.Is(err, context.Canceled) {
			return all, missed
		}
	}
}

func allEvents() scenarios.Events { return scenarios.Events{Exchanges: true, Findings: true} }

func TestEventsComeInTheOrderInWhichTheyHappen(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	late := situation(initial, 0)
	late.Request.Exchange = journal.Received(message("\x01question"))
	charge(journal, situation(update, 1), joined())
	journal.Found(charging.Finding{Rule: "one", Exchange: 2})
	charge(journal, situation(update, 2), joined())
	live := journal.Follow(scenarios.Since{Now: true}, allEvents())
	journal.Answered(late.Request, joined())
	journal.Sent(1, message("\x01answer"))
	journal.Found(charging.Finding{Rule: "two", Exchange: 1})
	all := []string{"2", "f1", "3", "1", "f2"}
	got, _ := ids(t, journal.Follow(scenarios.Since{}, allEvents()))
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("all events (-want +got):\n%s", diff)
	}
	if got, _ := ids(t, live); !slices.Equal(got, []string{"1", "f2"}) {
		t.Errorf("what came behind the third answer is %v, want exchange 1 and finding 2", got)
	}
	// Whichever event was the last to arrive, the rest comes, and nothing twice.
	for i, id := range all {
		got, missed := ids(t, journal.Follow(scenarios.Since{Event: id}, allEvents()))
		if !slices.Equal(got, all[i+1:]) || missed.Any() {
			t.Errorf("taken up behind %s: %v, missed %v; want %v", id, got, missed, all[i+1:])
		}
	}
}

func TestAListenerThatReadsNothingIsToldWhatItMissed(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 4, Findings: 2})
	stuck := journal.Follow(scenarios.Since{Now: true}, allEvents())
	for number := range uint32(20) {
		charge(journal, situation(update, number), joined())
		journal.Found(charging.Finding{Rule: "any", Exchange: int64(number) + 1})
	}
	got, missed := ids(t, stuck)
	if diff := cmp.Diff([]string{"17", "18", "19", "f19", "20", "f20"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if want := (scenarios.Missed{Exchanges: 16, Findings: 18}); missed != want {
		t.Errorf("missed %+v, want %+v", missed, want)
	}
	// What it missed it is told once.
	if got, missed := ids(t, stuck); len(got) > 0 || missed.Any() {
		t.Errorf("afterwards come %v, missed %v; want nothing", got, missed)
	}
	// Behind what is not there any more, or never was, all begins anew.
	for _, id := range []string{"3", "f3", "9999", "f9999"} {
		if got, _ := ids(t, journal.Follow(scenarios.Since{Event: id}, allEvents())); len(got) != 6 {
			t.Errorf("behind %s come %v, want all there is", id, got)
		}
	}
}

func TestManyAnswersThatWaitAreAllTold(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	live := journal.Follow(scenarios.Since{Now: true}, allEvents())
	const count = 3000
	for number := range uint32(count) {
		s := situation(update, number)
		s.Request.Exchange = journal.Received(message("\x01question"))
		journal.Answered(s.Request, joined())
	}
	if got, _ := ids(t, live); len(got) > 0 {
		t.Errorf("%d events came of answers that had not gone out", len(got))
	}
	for number := range int64(count) {
		journal.Sent(number+1, message("\x01answer"))
	}
	if got, missed := ids(t, live); len(got) != count || missed.Any() {
		t.Errorf("%d events came, missed %v; want %d", len(got), missed, count)
	}
}

func TestFindingsAreFollowedByTheirExchange(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	charge(journal, situation(update, 1), joined())
	bob := subscriber("bob", charging.Identity{Data: "200"})
	charge(journal, situation(update, 1, session("s2"), bob), &charging.Answer{Account: "bob"})
	journal.Found(charging.Finding{Rule: "usage-above-grant", Exchange: 1, Session: "s1"})
	journal.Found(charging.Finding{Rule: "request-number-gap", Exchange: 2, Session: "s2"})
	journal.Found(charging.Finding{Rule: "loose", Severity: charging.Note, Session: "s2"})
	for _, test := range []struct {
		wanted scenarios.Events
		want   []string
	}{
		{scenarios.Events{Findings: true}, []string{"f1", "f2", "f3"}},
		{scenarios.Events{Findings: true, Filter: scenarios.Filter{Account: "bob"}}, []string{"f2"}},
		{scenarios.Events{Findings: true, Filter: scenarios.Filter{Session: "s2"}}, []string{"f2", "f3"}},
		{scenarios.Events{Exchanges: true, Filter: scenarios.Filter{Session: "s2"}}, []string{"2"}},
		{
			scenarios.Events{Findings: true, Found: scenarios.FindingFilter{Rule: "usage*"}},
			[]string{"f1"},
		},
		{
			scenarios.Events{Findings: true, Found: scenarios.FindingFilter{Severity: charging.Note}},
			[]string{"f3"},
		},
	} {
		got, _ := ids(t, journal.Follow(scenarios.Since{}, test.wanted))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.wanted, diff)
		}
	}
}

func TestWaitingSeesWhatComesLate(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	s := situation(update, 1)
	s.Request.Exchange = journal.Received(message("\x01question"))
	charge(journal, situation(initial, 0), joined())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	waited := make(chan []scenarios.Exchange)
	go func() { waited <- journal.Wait(ctx, scenarios.Filter{Session: "s1"}, 2) }()
	journal.Answered(s.Request, joined())
	journal.Sent(1, message("\x01answer"))
	got := <-waited
	if len(got) != 2 || got[0].Seq != 1 || got[1].Seq != 2 {
		t.Errorf("Wait = %v, want both, in the order of their numbers", got)
	}
	if got := journal.Wait(over(), scenarios.Filter{Session: "s1", After: 1}, 2); len(got) != 1 {
		t.Errorf("Wait behind 1 = %v, want one", got)
	}
}

func TestWhatWasDeletedIsNotMissed(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	live := journal.Follow(scenarios.Since{Now: true}, allEvents())
	for number := range uint32(4) {
		charge(journal, situation(update, number), joined())
		journal.Found(charging.Finding{Rule: "any", Exchange: int64(number) + 1})
	}
	journal.Delete(scenarios.Filter{Before: 3})
	want := []string{"3", "f3", "4", "f4"}
	for name, follower := range map[string]*scenarios.Follower{
		"one that listened":  live,
		"one from the first": journal.Follow(scenarios.Since{}, allEvents()),
	} {
		if got, missed := ids(t, follower); !slices.Equal(got, want) || missed.Any() {
			t.Errorf("%s is told %v, missed %+v; want %v and nothing missed", name, got, missed, want)
		}
	}
	journal.Found(charging.Finding{Rule: "late", Exchange: 3})
	journal.ClearFindings(scenarios.FindingFilter{Exchange: 4})
	got, _ := ids(t, journal.Follow(scenarios.Since{}, allEvents()))
	if diff := cmp.Diff([]string{"3", "f3", "4", "f5"}, got); diff != "" {
		t.Errorf("around a finding that was deleted (-want +got):\n%s", diff)
	}
	journal.Clear()
	charge(journal, situation(update, 5), joined())
	got, missed := ids(t, journal.Follow(scenarios.Since{}, allEvents()))
	if !slices.Equal(got, []string{"5"}) || missed.Any() {
		t.Errorf("of a journal that was emptied come %v, missed %+v; want 5", got, missed)
	}
}

func TestWhatMadeRoomIsCountedOnce(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 4})
	for range 2 {
		charge(journal, situation(update, 0), joined())
	}
	for range 4 { // whose answers are under way
		journal.Received(message("\x01question"))
	}
	for after, want := range map[int64]int64{0: 2, 1: 1, 2: 0, 5: 0} {
		_, missed := ids(t, journal.Follow(scenarios.Since{Exchange: after}, allEvents()))
		if missed.Exchanges != want {
			t.Errorf("behind %d are %d missed, want %d", after, missed.Exchanges, want)
		}
	}
}

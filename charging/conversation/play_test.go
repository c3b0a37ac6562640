package conversation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// A meter answers every first service with a fixed grant and keeps one account: it charges a cent a
// second, so that what the player does can be seen without a charging function.
type meter struct {
	asked    []*charging.Request
	held     [](func())
	hold     bool // answer only when the next request comes
	spent    int64
	advanced time.Duration
	clock    time.Time
	final    *charging.FinalUnit
}

const cent = charging.MoneyScale / 100

func (m *meter) Charge(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
	m.asked = append(m.asked, r)
	answer := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
	for _, service := range r.Services {
		for _, used := range service.Used {
			m.spent += used.Units[0].Amount * cent
		}
		said := charging.ServiceAnswer{Key: service.Key, Result: charging.Success, Final: m.final}
		if service.Asked {
			said.Granted = []charging.Quantity{{Amount: 300, Unit: charging.Time}}
			said.ValidFor = time.Hour
		}
		answer.Services = append(answer.Services, said)
	}
	answer.Cost = charging.Quantity{Amount: m.spent, Unit: "EUR"}
	if m.hold && len(m.held) == 0 {
		m.held = append(m.held, func() { reply(answer) })
		return
	}
	reply(answer)
	for _, late := range m.held {
		late()
	}
}

func (m *meter) Account(_ context.Context, id string) (conversation.Account, error) {
	if id != "alice" {
		return conversation.Account{}, fmt.Errorf("no account %s", id)
	}
	left := 10*charging.MoneyScale - m.spent
	return conversation.Account{ID: id, Balances: []conversation.Balance{{
		ID: "main", Amount: charging.Quantity{Amount: left, Unit: "EUR"},
		Reserved: cent, Available: left - cent,
	}}}, nil
}

func (m *meter) Credit(_ context.Context, _, _ string, amount charging.Quantity) error {
	m.spent -= amount.Amount
	return nil
}

func (m *meter) Advance(_ context.Context, by time.Duration) error {
	m.advanced += by
	return nil
}

func (m *meter) Set(_ context.Context, at time.Time) error {
	m.clock = at
	return nil
}

func (m *meter) door() conversation.Door {
	return conversation.Door{Name: "meter", Charger: m, Books: m, Turner: m}
}

func play(t *testing.T, door conversation.Door, lines ...string) *conversation.Report {
	t.Helper()
	options := conversation.Options{Suffix: "1", Draw: true}
	report, err := parse(t, lines...).Play(t.Context(), door, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPlayPassesWhereAllIsAsWritten(t *testing.T) {
	t.Parallel()
	m := &meter{final: &charging.FinalUnit{
		Action: charging.Redirect, Redirect: "sip:topup@example.com",
	}}
	report := play(
		t,
		m.door(),
		"> initial s1 15550100 rg=100 n=3 want",
		"< 2001 rg=100 2001 grant=300s validity=3600s final=redirect:sip:topup@example.com cost=0.00",
		"+ 120s",
		"> update s1 rg=100 used=120s want",
		"< 2xxx rg=100 2001 grant=300s final=redirect cost=1.20 EUR services=1",
		"= alice 8.80 EUR reserved 0.01 available 8.79",
		"! credit alice 1.20 EUR",
		"= alice/main 10.00 EUR",
		"> termination s1 rg=100 used=0s",
		"< any rg=100 grant=none validity=none",
	)
	if err := report.Err(); err != nil {
		t.Errorf("Err = %v, want nil", err)
	}
	if m.advanced != 2*time.Minute {
		t.Errorf("the clock moved by %s, want 2m", m.advanced)
	}
	if got, want := m.asked[0].Key.Session.ID, "im.client.example;1;1;s1"; got != want {
		t.Errorf("Session-Id = %s, want %s", got, want)
	}
}

func TestPlayTellsNearMisses(t *testing.T) {
	t.Parallel()
	report := play(
		t,
		(&meter{}).door(),
		"> initial s1 15550100 rg=100 want rg=200 want",
		"< 4012 rg=100 4012 grant=240s final=terminate validity=60s rg=300 rg=200 absent services=3 "+
			"failed=Rating-Group",
		"> retransmit s1",
		"< repeat cost=0.07 balance=1.00 low",
		"= alice 9.00 EUR reserved 0.35 available 8.65",
		"= alice/other 1.00 EUR",
		"> update s2 rg=1 want",
		"< repeat",
	)
	want := []string{
		"test.conv:4: result 2001 DIAMETER_SUCCESS, want 4012",
		"test.conv:4: 2 services, want 3",
		"test.conv:4: failed=none, want Rating-Group",
		"test.conv:4: rg=100 result 2001 DIAMETER_SUCCESS, want 4012",
		"test.conv:4: rg=100 grant=300s, want 240s",
		"test.conv:4: rg=100 final=none, want terminate",
		"test.conv:4: rg=100 validity=3600s, want 60s",
		"test.conv:4: rg=300 is not answered",
		"test.conv:4: rg=200 is answered, want it absent",
		"test.conv:6: cost=0.00 EUR, want 0.07",
		"test.conv:6: balance=none, want 1.00",
		"test.conv:6: no low balance is said, want low",
		"test.conv:7: alice has 10.00 EUR reserved 0.01 available 9.99, " +
			"want 9.00 EUR reserved 0.35 available 8.65",
		"test.conv:8: alice/other has no balance in EUR",
		"test.conv:10: this is the first answer to its number, want a repeat",
	}
	if diff := cmp.Diff(want, report.Misses()); diff != "" {
		t.Errorf("misses (-want +got):\n%s", diff)
	}
	var missed *conversation.Missed
	if err := report.Err(); !errors.As(err, &missed) {
		t.Errorf("Err = %v, want a *Missed", err)
	}
}

func TestPlayKeepsSeveralRequestsUnderWay(t *testing.T) {
	t.Parallel()
	m := &meter{hold: true}
	report := play(t, m.door(),
		"> initial s1 rg=1 want", "> initial s2 rg=2 want",
		"< 2001 rg=1 grant=300s", "< 2001 rg=2 grant=300s")
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

func TestPlaySaysWhatADoorCannot(t *testing.T) {
	t.Parallel()
	m := &meter{}
	report := play(t, conversation.Door{Charger: m}, "> initial s1", "+ 1s", "= alice 1.00 EUR")
	if diff := cmp.Diff([]int{4, 5}, report.Skipped); diff != "" {
		t.Errorf("Skipped (-want +got):\n%s", diff)
	}
	_, err := parse(t, "> initial s1 conn=b").Play(t.Context(), m.door(), conversation.Options{})
	if !errors.Is(err, conversation.ErrWireOnly) {
		t.Errorf("Play at a door without a wire = %v, want %v", err, conversation.ErrWireOnly)
	}
}

func TestPlayTurnsTheClockAndAsksForSettings(t *testing.T) {
	t.Parallel()
	m := &meter{}
	c := parse(t, "! needs late-usage=debit", "! clock 2035-03-05T09:00:00Z")
	_, err := c.Play(t.Context(), m.door(), conversation.Options{})
	if !errors.Is(err, conversation.ErrNeeds) {
		t.Errorf("Play at a server without the setting = %v, want %v", err, conversation.ErrNeeds)
	}
	door := m.door()
	door.Settings = c.Needs
	if _, err := c.Play(t.Context(), door, conversation.Options{}); err != nil {
		t.Errorf("Play at a server with the setting = %v, want nil", err)
	}
	if want := time.Date(2035, 3, 5, 9, 0, 0, 0, time.UTC); !m.clock.Equal(want) {
		t.Errorf("the clock shows %s, want %s", m.clock, want)
	}
}

func TestPlayEndsWhereNoAnswerComes(t *testing.T) {
	t.Parallel()
	options := conversation.Options{Timeout: time.Millisecond}
	door := (&meter{hold: true}).door()
	_, err := parse(t, "> initial s1", "< 2001").Play(t.Context(), door, options)
	if want := "test.conv:4: no answer within 1ms"; err == nil || err.Error() != want {
		t.Errorf("Play = %v, want %s", err, want)
	}
}

// A wire is a meter that also understands words of the wire.
type wire struct {
	meter
	words       []conversation.Word
	connections []string
}

func (w *wire) ChargeWire(ctx context.Context, connection string, r *charging.Request,
	words []conversation.Word, reply func(*charging.Answer, charging.Attributes),
) error {
	w.connections, w.words = append(w.connections, connection), append(w.words, words...)
	w.Charge(ctx, r, func(a *charging.Answer) { reply(a, avps{"Validity-Time": {"60"}}) })
	return nil
}

type avps map[string][]string

func (a avps) Lookup(path string) []string { return a[path] }

func TestPlayHandsWireWordsToAWire(t *testing.T) {
	t.Parallel()
	w := &wire{}
	door := w.door()
	door.Wire = w
	report := play(
		t,
		door,
		"> initial s1 rg=1 want avp:User-Name=alice flags: +T",
		"< 2001 expect-avp:Validity-Time=60",
		"> retransmit s1 conn=b",
		"< repeat expect-avp:Validity-Time=61 expect-avp:Filter-Id=none",
	)
	wantWords := []conversation.Word{
		{Name: "avp", Path: "User-Name", Value: "alice", Column: 24},
		{Name: "flags", Value: "+T", Column: 44},
	}
	if diff := cmp.Diff(append(wantWords, wantWords...), w.words); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "b"}, w.connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
	want := []string{"test.conv:6: Validity-Time=60, want 61"}
	if diff := cmp.Diff(want, report.Misses()); diff != "" {
		t.Errorf("misses (-want +got):\n%s", diff)
	}
}

func TestCompareTellsWhereDoorsDiffer(t *testing.T) {
	t.Parallel()
	lines := []string{"> initial s1 rg=1 want", "< 2001", "> update s1 rg=1 used=5s", "< 2001"}
	one, same := play(t, (&meter{}).door(), lines...), play(t, (&meter{}).door(), lines...)
	if got := conversation.Compare(one, same); got != nil {
		t.Errorf("Compare of equal answers = %q, want none", got)
	}
	door := (&meter{spent: cent}).door()
	door.Name = "rest"
	got := conversation.Compare(one, play(t, door, lines...))
	want := []string{
		"test.conv:4: door meter answers 2001 rg=1 2001 grant=300s validity=3600s cost=0.00EUR, " +
			"door rest answers 2001 rg=1 2001 grant=300s validity=3600s cost=0.01EUR",
		"test.conv:6: door meter answers 2001 rg=1 2001 grant=none cost=0.05EUR, " +
			"door rest answers 2001 rg=1 2001 grant=none cost=0.06EUR",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

func TestTranscriptShowsUnitsPriceAndAccount(t *testing.T) {
	t.Parallel()
	door := (&meter{}).door()
	door.Explain = func(context.Context, charging.Key) []charging.Reason {
		return []charging.Reason{{Code: charging.BecauseUsed, Detail: "a cent a second"}}
	}
	report := play(t, door, "> initial s1 15550100 rg=100 n=3 want", "< 2001 rg=100 grant=60s",
		"+ 60s", "= alice 10.00 EUR")
	var drawn strings.Builder
	if _, err := report.WriteTo(&drawn); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"|-- CCR initial #0 s1 rg=100 want n=3 ", "|<- CCA 2001 rg=100 2001 grant=300s",
		"used: a cent a second", "alice: 10.00 EUR reserved 0.01 available 9.99", "1m0s pass",
		"x  line 4: rg=100 grant=300s, want 60s",
	} {
		if !strings.Contains(drawn.String(), want) {
			t.Errorf("the transcript lacks %q:\n%s", want, drawn.String())
		}
	}
}

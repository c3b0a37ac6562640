package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A hand does steps and notes them; those that debit are not possible.
type hand struct{ done chan string }

func (h hand) Perform(_ context.Context, t scenarios.Task) (string, error) {
	if t.Debit != nil {
		return "", errors.New("there is no money")
	}
	h.done <- fmt.Sprintf("%s of %s for %s", t.Session.ID, t.Origin.Host, t.Account)
	return "done", nil
}

func newHand() hand { return hand{make(chan string, 100)} }

func (h hand) all() (all []string) {
	for {
		select {
		case one := <-h.done:
			all = append(all, one)
		default:
			return all
		}
	}
}

func TestStepsInTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, set := newHand(), newSet(t, `{name: x, rules: [{when: {type: initial}, do: [
			{rar: {}}, {after: 2s, credit: {amount: 5.00 EUR}}, {debit: {amount: 1.00 EUR}},
			{after: 3s, asr: {}}]}]}`)
		set.Employ(h)
		defer set.Close()
		set.Decide(situation(initial, 0))
		synctest.Wait()
		const one = "s1 of im1.Example.com for alice"
		if diff := cmp.Diff([]string{one}, h.all()); diff != "" {
			t.Errorf("done at once (-want +got):\n%s", diff)
		}
		wantVerdict(t, set, "x", "pending: rules[0] do[1] credit is not done yet")
		pass(4999 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]string{one}, h.all()); diff != "" {
			t.Errorf("done within 4.999s (-want +got):\n%s", diff)
		}
		pass(time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]string{one}, h.all()); diff != "" {
			t.Errorf("done after 5s (-want +got):\n%s", diff)
		}
		wantVerdict(t, set, "x",
			"fail: rules[0] do[2] of s1: debit was not possible: there is no money")
	})
}

func TestStepsEndWithTheirScenario(t *testing.T) {
	t.Parallel()
	const x = `{name: x, rules: [{do: [{after: 2s, rar: {}}]}]}`
	for name, end := range map[string]func(*scenarios.Set) error{
		"deleted": func(set *scenarios.Set) error { return set.Delete("x") },
		"rewound": func(set *scenarios.Set) error { return set.Rewind("x") },
		"cleared": func(set *scenarios.Set) error { set.Clear(); return nil },
		"closed":  func(set *scenarios.Set) error { set.Close(); return nil },
		"put again": func(set *scenarios.Set) error {
			put(t, set, x)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, set := newHand(), newSet(t, x)
				set.Employ(h)
				set.Decide(situation(initial, 0))
				pass(time.Second)
				if err := end(set); err != nil {
					t.Fatal(err)
				}
				pass(time.Minute)
				if done := h.all(); len(done) > 0 {
					t.Errorf("done = %v, want nothing", done)
				}
			})
		})
	}
}

func TestStepsBeginWhenTheAnswerGoesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, set := newHand(), newSet(t, `{name: x, rules: [{do: [{rar: {}}]}]}`)
		set.Employ(h)
		defer set.Close()
		journal := scenarios.NewJournal(scenarios.JournalOptions{})
		recorder := set.Watch(journal)
		now := situation(initial, 0)
		now.Request.Exchange = recorder.Received(charging.Message{Door: "gy"})
		answer := &charging.Answer{Key: now.Request.Key, Result: 2001}
		for _, stage := range []struct {
			name string
			do   func()
			want int
		}{
			{"decided", func() { set.Decide(now) }, 0},
			{"answered", func() { recorder.Answered(now.Request, answer) }, 0},
			{"sent", func() { recorder.Sent(now.Request.Exchange, charging.Message{Raw: []byte{1}}) }, 1},
		} {
			stage.do()
			synctest.Wait()
			if done := h.all(); len(done) != stage.want {
				t.Errorf("once %s, done = %v, want %d", stage.name, done, stage.want)
			}
		}
		seen, err := journal.Exchange(now.Request.Exchange)
		if want := []string{"script by x rules[0]: do[0] rar done"}; err != nil ||
			!slices.Equal(seen.Why, want) {
			t.Errorf("why = %q, %v, want %q", seen.Why, err, want)
		}
	})
}

func TestStepsDoNotWaitForAnswersThatAreKeptBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, set := newHand(), newSet(t, `{name: x, rules: [{fault: {drop: answer}, do: [{rar: {}}]}]}`)
		set.Employ(h)
		defer set.Close()
		recorder := set.Watch(scenarios.NewJournal(scenarios.JournalOptions{}))
		now := situation(initial, 0)
		now.Request.Exchange = recorder.Received(charging.Message{Door: "gy"})
		decision := set.Decide(now)
		recorder.Answered(now.Request, &charging.Answer{Delivery: decision.Delivery})
		synctest.Wait()
		if done := h.all(); len(done) != 1 {
			t.Errorf("done = %v, want one step", done)
		}
	})
}

func TestAStepThatTurnsTheClockTakesNoTimeAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := charging.NewClock(charging.ClockState{Stopped: true, At: time.Now()})
		set := scenarios.New(scenarios.Options{Clock: clock})
		defer set.Close()
		put(t, set, `{name: x, rules: [{when: {type: initial}, do: [{advance: 1h}],
			expect: {within: 75s, request: {type: update}}}]}`)
		set.Employ(turner{clock})
		set.Decide(situation(initial, 0))
		synctest.Wait()
		set.Decide(situation(update, 1))
		wantVerdict(t, set, "x", "pass: all is as expected")
	})
}

type turner struct{ clock *charging.Clock }

func (c turner) Perform(_ context.Context, t scenarios.Task) (string, error) {
	_, err := c.clock.Advance(t.Spell())
	return "done", err
}

func TestFaultsOfWhatFollows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rule, path string }{
		"a step that does nothing": {
			`{do: [{after: 1s}]}`, "rules[0].do[0]",
		},
		"a step that does two things": {
			`{do: [{rar: {}, asr: {}}]}`, "rules[0].do[0]",
		},
		"a credit of nothing": {
			`{do: [{credit: {amount: 0 events}}]}`, "rules[0].do[0].credit.amount",
		},
		"a negative delay": {
			`{do: [{after: -1s, rar: {}}]}`, "rules[0].do[0].after",
		},
		"a clock by octets": {
			`{do: [{advance: 1 MiB}]}`, "rules[0].do[0].advance",
		},
		"an unknown cause": {
			`{do: [{dpr: {cause: tired}}]}`, "rules[0].do[0].dpr.cause",
		},
		"a disconnect before nothing": {
			`{do: [{disconnect: before}]}`, "rules[0].do[0].disconnect",
		},
		"an expectation without a time": {
			`{expect: {raa: {}}}`, "rules[0].expect.within",
		},
		"an expectation of nothing": {
			`{expect: {within: 1s}}`, "rules[0].expect",
		},
		"an expectation of two things": {
			`{expect: {within: 1s, raa: {}, asa: {}}}`, "rules[0].expect",
		},
		"none beside something": {
			`{expect: {within: 1s, raa: {}, none: {asa: {}}}}`, "rules[0].expect.none",
		},
		"none of nothing": {
			`{expect: {within: 1s, none: {}}}`, "rules[0].expect.none",
		},
		"an unknown session": {
			`{expect: {within: 1s, session: s1, raa: {}}}`, "rules[0].expect.session",
		},
		"a request of an unknown type": {
			`{expect: {within: 1s, request: {type: x}}}`, "rules[0].expect.request.type",
		},
		"an alternative of unknown type": {
			`{expect: {within: 1s, request: {any: [{type: x}]}}}`, "rules[0].expect.request.any[0].type",
		},
		"any beside something": {
			`{expect: {within: 1s, request: {type: update, any: [{}]}}}`, "rules[0].expect.request.any",
		},
		"a place among those of a session": {
			`{expect: {within: 1s, request: {nth: {per: total, is: 1}}}}`, "rules[0].expect.request.nth",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := parse(t, "{name: x, rules: ["+test.rule+"]}")
			faults := scenarios.Check(doc, scenarios.Wire{})
			if len(faults) != 1 || faults[0].Path != test.path {
				t.Errorf("Check(%s) = %v, want one fault at %s", test.rule, faults, test.path)
			}
		})
	}
}

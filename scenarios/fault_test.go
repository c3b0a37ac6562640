package scenarios_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestHeldAnswersAreReleasedByName(t *testing.T) {
	t.Parallel()
	set := newSet(t, `
name: x
rules:
  - when: {type: update}
    fault: {hold: {until: one, max: 3s}}
  - when: {type: termination}
    fault: {hold: {until: two}}
`)
	update := set.Decide(situation(charging.Update, 1)).Delivery
	end := set.Decide(situation(charging.Termination, 2)).Delivery
	if update.Delay != 3*time.Second || end.Delay != 0 {
		t.Errorf("delays %v and %v, want 3s and none", update.Delay, end.Delay)
	}
	released := func(d *charging.Delivery) bool {
		select {
		case <-d.Hold:
			return true
		default:
			return false
		}
	}
	if n, err := set.Release("x", "one"); n != 1 || err != nil || !released(update) || released(end) {
		t.Errorf("Release(x, one) = %d, %v; let go %t and %t, want the update alone",
			n, err, released(update), released(end))
	}
	if released(set.Decide(situation(charging.Update, 3)).Delivery) {
		t.Error("an answer held after the release is let go by it")
	}
	if n, err := set.Release("x", ""); n != 2 || err != nil || !released(end) {
		t.Errorf("Release(x) = %d, %v, want both", n, err)
	}
	var expected *charging.Error
	_, err := set.Release("y", "")
	if !errors.As(err, &expected) || expected.Kind != charging.KindScenarioNotFound {
		t.Errorf("Release(y) = %v, want scenario-not-found", err)
	}
}

func TestChanceIsTheSameFromTheSameSeed(t *testing.T) {
	t.Parallel()
	const draws = 4000
	run := func(seed uint64) (acted []bool, said []uint64) {
		set := scenarios.New(scenarios.Options{
			Seed: seed, Began: func(seed uint64) { said = append(said, seed) },
		})
		put(t, set, `{name: x, rules: [{probability: 25%, fault: {delay: 1ms..9ms}}]}`)
		for n := range uint32(draws) {
			d := set.Decide(situation(charging.Update, n)).Delivery
			acted = append(acted, d != nil)
			if d != nil && (d.Delay < time.Millisecond || d.Delay > 9*time.Millisecond) {
				t.Errorf("a delay of %v, want 1ms to 9ms", d.Delay)
			}
		}
		return acted, said
	}
	first, said := run(7)
	if diff := cmp.Diff([]uint64{7}, said); diff != "" {
		t.Errorf("told of seeds (-want +got):\n%s", diff)
	}
	again, _ := run(7)
	other, _ := run(8)
	if !cmp.Equal(first, again) || cmp.Equal(first, other) {
		t.Error("want the same from the same seed and something else from another")
	}
	count := 0
	for _, acted := range first {
		if acted {
			count++
		}
	}
	if count < draws/5 || count > draws*3/10 {
		t.Errorf("a rule of 25%% acted on %d of %d", count, draws)
	}
}

func TestRulesLetSomePass(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: x, rules: [{after: 2, times: 1, pass: true}]}`)
	var acted []bool
	for n := range uint32(5) {
		explained := set.Explain(situation(charging.Update, n)).Acts != ""
		acted = append(acted, set.Decide(situation(charging.Update, n)).Rule != "")
		if explained != acted[n] {
			t.Errorf("request %d: explained %t, acted %t", n, explained, acted[n])
		}
	}
	if diff := cmp.Diff([]bool{false, false, true, false, false}, acted); diff != "" {
		t.Errorf("acted (-want +got):\n%s", diff)
	}
}

func TestAmendsBecomeEditsInOrder(t *testing.T) {
	t.Parallel()
	set := newSet(t, `
name: x
rules:
  - amend:
      - move: {Session-Id: last}
        set: {Result-Code: 5012, Error-Message: no}
        flags: {header: T}
      - remove: [Origin-Host]
`)
	want := []charging.Edit{
		{Op: "set", Path: "Error-Message", Value: "no"},
		{Op: "set", Path: "Result-Code", Value: "5012"},
		{Op: "flags", Value: "T"},
		{Op: "move", Path: "Session-Id", Value: "last"},
		{Op: "remove", Path: "Origin-Host"},
	}
	got := set.Decide(situation(charging.Update, 1)).Edits
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("edits (-want +got):\n%s", diff)
	}
}

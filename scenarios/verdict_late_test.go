package scenarios_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// No client acts on an answer that it has not got: time to react begins when it goes out.
func TestTheTimeToReactBeginsWithTheAnswer(t *testing.T) {
	t.Parallel()
	const ends = "expect: {within: 5s, request: {type: termination}}"
	never := "fail: rules[0] expect[0] of s1: within 5s there was not a CCR with CC-Request-Type " +
		"termination"
	for name, test := range map[string]struct {
		fault string
		then  func(*scenarios.Set)
		want  string
	}{
		"a client that reacts in time to a late answer passes": {
			"delay: 60s", func(set *scenarios.Set) {
				pass(64 * time.Second)
				set.Decide(situation(termination, 2))
			}, "pass: all is as expected",
		},
		"a client that does not fails as late": {
			"delay: 60s", func(*scenarios.Set) { pass(66 * time.Second) }, never,
		},
		"while the answer is held back, nothing fails": {
			"hold: {until: go}", func(*scenarios.Set) { pass(time.Hour) },
			"pending: rules[0] expect[0] of s1: waits for a CCR with CC-Request-Type termination; " +
				`there are 5s for it once the answer goes out, which is held back until "go"`,
		},
		"released, it counts": {
			"hold: {until: go}", func(set *scenarios.Set) {
				pass(time.Hour)
				if _, err := set.Release("x", "go"); err != nil {
					panic(err)
				}
				pass(6 * time.Second)
			}, never,
		},
		"released, a client that reacts passes": {
			"hold: {until: go, max: 1h}", func(set *scenarios.Set) {
				pass(time.Minute)
				if _, err := set.Release("x", ""); err != nil {
					panic(err)
				}
				pass(4 * time.Second)
				set.Decide(situation(termination, 2))
			}, "pass: all is as expected",
		},
		"never released, it counts when the longest time is over": {
			"hold: {until: go, max: 60s}", func(set *scenarios.Set) {
				pass(64 * time.Second)
				wantVerdict(t, set, "x", "pending: rules[0] expect[0] of s1: waits for a CCR with "+
					"CC-Request-Type termination; there are 5s for it, until 2000-01-01T00:01:05Z")
				pass(2 * time.Second)
			}, never,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := newSet(t, `{name: x, rules: [{when: {type: update}, fault: {`+test.fault+
					`}, `+ends+`}]}`)
				set.Decide(situation(update, 1))
				test.then(set)
				wantVerdict(t, set, "x", test.want)
			})
		})
	}
}

// Waiting ends when the held answer's longest time and that of the expectation are over.
func TestWaitingForAVerdictOfAHeldAnswerEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := newSet(t, `{name: x, rules: [{when: {type: update}, fault: {hold: {until: go, max: 7s}},
			expect: {within: 5s, request: {type: termination}}}]}`)
		set.Decide(situation(update, 1))
		wantSettled(t, set, scenarios.Fail, 12*time.Second)
	})
}

// A charging clock that goes on again lets time pass for what was begun while it was stopped.
func TestWaitingForAVerdictEndsInTimeOnceTheClockGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := charging.NewClock(charging.ClockState{Stopped: true, At: time.Now()})
		set := scenarios.New(scenarios.Options{Clock: clock})
		put(t, set, `{name: x, rules: [{when: {type: update},
			expect: {within: 5s, request: {type: termination}}}]}`)
		set.Decide(situation(update, 1))
		wantVerdict(t, set, "x", "pending: rules[0] expect[0] of s1: waits for a CCR with "+
			"CC-Request-Type termination; there are 5s for it, until 2000-01-01T00:00:05Z by the "+
			"charging clock, which was stopped")
		clock.Reset(charging.ClockState{})
		wantSettled(t, set, scenarios.Fail, 5*time.Second)
	})
}

// wantSettled waits for a verdict, and compares how long that took.
func wantSettled(
	t *testing.T, set *scenarios.Set, want scenarios.Verdict, within time.Duration,
) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	found := set.Settled(ctx, func(*scenarios.Status) bool { return true })
	took := time.Since(began).Round(100 * time.Millisecond)
	if found[0].Verdict != want || took != within {
		t.Errorf("the verdict is %s after %v, want %s after %v", found[0].Verdict, took, want, within)
	}
}

func TestRepeatsAreExpected(t *testing.T) {
	t.Parallel()
	again := func(s *charging.Situation) { s.Repeat = true }
	for name, test := range map[string]struct {
		then func(*scenarios.Set)
		want string
	}{
		"a repeat": {
			func(set *scenarios.Set) { set.Decide(situation(update, 1, again)) },
			"pass: all is as expected",
		},
		"another request is none": {
			func(set *scenarios.Set) {
				set.Decide(situation(update, 2))
				pass(11 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 10s there was not a repeat of a CCR with " +
				"CC-Request-Type update",
		},
		"a repeat of something else is another": {
			func(set *scenarios.Set) {
				set.Decide(situation(initial, 0, again))
				pass(11 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 10s there was not a repeat of a CCR with " +
				"CC-Request-Type update; nearest: CCR-I number 0 of s1 after 0s: CC-Request-Type was " +
				"initial, wanted update",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := newSet(t, `{name: x, rules: [{when: {type: update}, times: 1, fault: {drop: answer},
					expect: {within: 10s, request: {type: update, repeat: true}}}]}`)
				set.Decide(situation(update, 1))
				test.then(set)
				wantVerdict(t, set, "x", test.want)
			})
		})
	}
}

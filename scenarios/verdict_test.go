package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// lastMinute is the scenario that the documents tell of.
const lastMinute = `
name: last-minute-at-join
subscriber: "15550100"
rules:
  - when: {type: update, trigger: participants}
    times: 1
    limit: {grant: 60s, final: terminate}
    expect: {within: 75s, request: {any: [{type: update, requested: absent}, {type: termination}]}}
  - when: {type: update}
    answer: {result: 4012, level: mscc, ledger: settle}
  - when: {type: termination}
    fault: {delay: 3s}
`

// verdictOf is the verdict of a scenario with its reason.
func verdictOf(t testing.TB, set *scenarios.Set, name string) string {
	t.Helper()
	status, err := set.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(status.Verdict) + ": " + status.Reason
}

func wantVerdict(t testing.TB, set *scenarios.Set, name, want string) {
	t.Helper()
	if got := verdictOf(t, set, name); got != want {
		t.Errorf("verdict of %s =\n  %s, want\n  %s", name, got, want)
	}
}

func TestLastMinuteAtJoin(t *testing.T) {
	t.Parallel()
	join := func(set *scenarios.Set) {
		set.Decide(situation(initial, 0, service(100)))
		set.Decide(situation(update, 1, service(100), participants(3, true)))
	}
	const expected = "a CCR with CC-Request-Type update and Requested-Service-Unit absent, or " +
		"a CCR with CC-Request-Type termination"
	for name, test := range map[string]struct {
		then func(*scenarios.Set)
		want string
	}{
		"a client that reports and asks for nothing passes": {
			func(set *scenarios.Set) {
				pass(50 * time.Second)
				set.Decide(situation(update, 2, report(100, seconds(60))))
			}, "pass: all is as expected",
		},
		"a client that ends the session at once passes": {
			func(set *scenarios.Set) {
				pass(75 * time.Second)
				set.Decide(situation(termination, 2, report(100, seconds(60))))
			}, "pass: all is as expected",
		},
		"a client that still has time is pending": {
			func(*scenarios.Set) { pass(75 * time.Second) },
			"pending: rules[0] expect[0] of s1: waits for " + expected +
				"; there are 1m15s for it, until 2000-01-01T00:01:15Z",
		},
		"a client that says nothing fails": {
			func(*scenarios.Set) { pass(76 * time.Second) },
			"fail: rules[0] expect[0] of s1: within 1m15s there was not " + expected,
		},
		"a client that asks for more fails, and it says what it asked for": {
			func(set *scenarios.Set) {
				pass(40 * time.Second)
				set.Decide(situation(update, 2, service(100, seconds(60))))
				pass(time.Minute)
			}, "fail: rules[0] expect[0] of s1: within 1m15s there was not " + expected +
				"; nearest: CCR-U number 2 of s1 after 40s: Requested-Service-Unit was 60s, wanted " +
				"absent, or CC-Request-Type was update, wanted termination",
		},
		"a client that is late fails, though nobody looked in time": {
			func(set *scenarios.Set) {
				pass(80 * time.Second)
				set.Decide(situation(termination, 2))
			}, "fail: rules[0] expect[0] of s1: within 1m15s there was not " + expected,
		},
		"another session does not help": {
			func(set *scenarios.Set) {
				set.Decide(situation(termination, 2, session("s2")))
				pass(76 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 1m15s there was not " + expected,
		},
		"a repeat does not help": {
			func(set *scenarios.Set) {
				set.Decide(situation(termination, 2,
					func(s *charging.Situation) { s.Repeat = true }))
				pass(76 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 1m15s there was not " + expected +
				"; nearest: a repeat of CCR-T number 2 of s1 after 0s; write repeat: true if it is meant",
		},
		"rewound, it is as if nothing had been": {
			func(set *scenarios.Set) {
				if err := set.Rewind("last-minute-at-join"); err != nil {
					panic(err)
				}
				pass(76 * time.Second)
			}, "pending: rules[0] never fired: no request matched",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := newSet(t, lastMinute)
				wantVerdict(t, set, "last-minute-at-join",
					"pending: rules[0] never fired: no request matched")
				join(set)
				test.then(set)
				wantVerdict(t, set, "last-minute-at-join", test.want)
			})
		})
	}
}

func TestWhatIsExpected(t *testing.T) {
	t.Parallel()
	rar := &charging.Summons{Session: charging.SessionID{ID: "s1"}}
	asr := &charging.Summons{Kind: charging.Abortion, Session: charging.SessionID{ID: "s1"}}
	for name, test := range map[string]struct {
		expect string
		events func(*scenarios.Set)
		want   string
	}{
		"an RAA": {
			`{within: 5s, raa: {result: 2002}}`,
			func(set *scenarios.Set) {
				set.Summoned(asr, 2002, nil)
				set.Summoned(rar, 2002, nil)
			}, "pass: all is as expected",
		},
		"an RAA with another result": {
			`{within: 5s, raa: {result: 2002}}`,
			func(set *scenarios.Set) { set.Summoned(rar, 5012, nil); pass(6 * time.Second) },
			"fail: rules[0] expect[0] of s1: within 5s there was not an RAA with Result-Code 2002; " +
				"nearest: an RAA with Result-Code 5012 came after 0s",
		},
		"an RAA that never comes": {
			`{within: 5s, raa: {}}`,
			func(set *scenarios.Set) {
				set.Summoned(rar, 0, errors.New("nobody is there"))
				pass(6 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 5s there was not an RAA; " +
				"nearest: none came, as nobody is there",
		},
		"an ASA": {
			`{within: 5s, asa: {}}`, func(set *scenarios.Set) { set.Summoned(asr, 5002, nil) },
			"pass: all is as expected",
		},
		"an observation": {
			`{within: 5s, observation: "200 OK*"}`,
			func(set *scenarios.Set) {
				set.Observe("s2", "200 OK")
				set.Observe("s1", "200 OK to INVITE")
			}, "pass: all is as expected",
		},
		"an observation of something else": {
			`{within: 5s, observation: "200 OK*"}`,
			func(set *scenarios.Set) {
				set.Observe("s2", "200 OK")
				set.Observe("s1", "486 Busy")
				pass(6 * time.Second)
			}, `fail: rules[0] expect[0] of s1: within 5s there was not an observation like "200 OK*"` +
				`; nearest: observed was "486 Busy"`,
		},
		"nothing of the kind": {
			`{within: 5s, none: {request: {type: termination}}}`,
			func(set *scenarios.Set) {
				set.Decide(situation(update, 2))
				pass(6 * time.Second)
			}, "pass: all is as expected",
		},
		"something that should not be": {
			`{within: 5s, none: {request: {type: termination}}}`,
			func(set *scenarios.Set) {
				pass(time.Second)
				set.Decide(situation(termination, 2))
			}, "fail: rules[0] expect[0] of s1: CCR-T number 2 of s1 after 1s, and within 5s there " +
				"should not have been a CCR with CC-Request-Type termination",
		},
		"any session": {
			`{within: 5s, session: any, request: {type: event}}`,
			func(set *scenarios.Set) { set.Decide(situation(event, 0, session("s9"))) },
			"pass: all is as expected",
		},
		"the second of them": {
			`{within: 5s, request: {type: update, nth: 2}}`,
			func(set *scenarios.Set) {
				set.Decide(situation(update, 1))
				set.Decide(situation(update, 2))
			}, "pass: all is as expected",
		},
		"only the first of two": {
			`{within: 5s, request: {type: update, nth: 2}}`,
			func(set *scenarios.Set) {
				set.Decide(situation(update, 1))
				pass(6 * time.Second)
			}, "fail: rules[0] expect[0] of s1: within 5s there was not a CCR with CC-Request-Type " +
				"update and number 2 of them; nearest: CCR-U number 1 of s1 after 0s: " +
				"it was number 1 of them, wanted 2",
		},
		"both of two": {
			`[{within: 5s, raa: {}}, {within: 5s, request: {type: update}}]`,
			func(set *scenarios.Set) { set.Summoned(rar, 2001, nil) },
			"pending: rules[0] expect[1] of s1: waits for a CCR with CC-Request-Type update; " +
				"there are 5s for it, until 2000-01-01T00:00:05Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				set := newSet(t, `{name: x, rules: [{when: {type: initial}, expect: `+test.expect+`}]}`)
				set.Decide(situation(initial, 0))
				test.events(set)
				wantVerdict(t, set, "x", test.want)
			})
		})
	}
}

func TestAStoppedClockCountsWhereItStandsStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := charging.NewClock(charging.ClockState{Stopped: true, At: time.Now()})
		set := scenarios.New(scenarios.Options{Clock: clock})
		put(t, set, `{name: x, rules: [{when: {type: initial},
			expect: {within: 75s, request: {type: update}}}]}`)
		set.Decide(situation(initial, 0))
		pass(time.Hour)
		if got := verdictOf(t, set, "x"); !strings.HasPrefix(got, "pending: ") {
			t.Errorf("verdict after an hour by the wall = %s, want pending", got)
		}
		if _, err := clock.Advance(76 * time.Second); err != nil {
			t.Fatal(err)
		}
		if got := verdictOf(t, set, "x"); !strings.HasPrefix(got, "fail: ") {
			t.Errorf("verdict after 76s by the charging clock = %s, want fail", got)
		}
	})
}

func TestAClockThatRunsDoesNotCountItsJumps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := charging.NewClock(charging.ClockState{})
		set := scenarios.New(scenarios.Options{Clock: clock})
		put(t, set, `{name: x, rules: [{when: {type: initial},
			expect: {within: 75s, request: {type: update}}}]}`)
		set.Decide(situation(initial, 0))
		if _, err := clock.Advance(time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := verdictOf(t, set, "x"); !strings.HasPrefix(got, "pending: ") {
			t.Errorf("verdict after a jump of the charging clock = %s, want pending", got)
		}
	})
}

func TestRulesThatNeverFired(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules string
		want  string
	}{
		"one that is to act so often is waited for": {
			`[{pass: true}, {when: {type: event}, times: 1, pass: true}]`,
			"pending: rules[1] never fired: no request matched",
		},
		"one that expects something is waited for": {
			`[{pass: true}, {when: {type: event}, expect: {within: 1s, raa: {}}}]`,
			"pending: rules[1] never fired: no request matched",
		},
		"one that is optional is not": {
			`[{pass: true}, {when: {type: event}, times: 1, optional: true, pass: true}]`,
			"pass: all is as expected",
		},
		"one that stands by is not": {
			`[{pass: true}, {when: {type: event}, pass: true}]`, "pass: all is as expected",
		},
		"where none acted nothing is tested": {
			`[{when: {type: event}, pass: true}]`, "pending: no rule has acted yet",
		},
		"one that is hidden says by which": {
			`[{pass: true}, {when: {type: update}, times: 1, pass: true}]`,
			"pending: rules[1] never fired: it matched twice, and x rules[0] acted first",
		},
		"one that lets more pass than came says so": {
			`[{when: {type: update}, after: 5, times: 1, pass: true}, {pass: true}]`,
			"pending: rules[0] never fired: it matched twice, and lets the first 5 pass",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, `{name: x, rules: `+test.rules+`}`)
			set.Decide(situation(update, 1))
			set.Decide(situation(update, 2))
			wantVerdict(t, set, "x", test.want)
		})
	}
}

func TestHiddenRulesAreShown(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: below, rules: [{answer: {result: 4012}}]}`,
		`{name: above, rules: [{when: {type: update}, pass: true}]}`)
	set.Decide(situation(update, 1))
	set.Decide(situation(initial, 0))
	status, err := set.Get("below")
	if err != nil {
		t.Fatal(err)
	}
	counter := status.Counters[0]
	if diff := cmp.Diff([]string{"above rules[0]"}, counter.HiddenBy); diff != "" ||
		counter.Matched != 2 || counter.Fired != 1 {
		t.Errorf("counter = %+v, want 2 matched, 1 fired, hidden by above rules[0]", counter)
	}
	told := set.Explain(situation(update, 2))
	if diff := cmp.Diff([]string{"below rules[0]"}, told.Conflicts); diff != "" {
		t.Errorf("conflicts (-want +got):\n%s", diff)
	}
}

func TestWaitingForVerdicts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := newSet(t, `{name: x, rules: [{when: {type: initial},
			expect: {within: 5s, request: {type: update}}}]}`)
		all := func(*scenarios.Status) bool { return true }
		go func() {
			pass(time.Second)
			set.Decide(situation(initial, 0))
		}()
		began := time.Now()
		list := set.Settled(t.Context(), all)
		if took := time.Since(began); list[0].Verdict != scenarios.Fail ||
			took < 6*time.Second || took > 6100*time.Millisecond {
			t.Errorf("Settled = %s after %s, want fail after 6s", list[0].Verdict, took)
		}
		if err := set.Rewind("x"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if list = set.Settled(ctx, all); list[0].Verdict != scenarios.Pending {
			t.Errorf("Settled after a second = %s, want pending", list[0].Verdict)
		}
	})
}

func TestTooManyExpectationsFail(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: x, rules: [{expect: {within: 1h, observation: never}}]}`)
	for number := range uint32(scenarios.MaxAwaitedTogether + 1) {
		set.Decide(situation(update, number))
	}
	want := fmt.Sprintf("fail: rules[0] expect[0] of s1: more than %d expectations were "+
		"awaited at once", scenarios.MaxAwaitedTogether)
	wantVerdict(t, set, "x", want)
}

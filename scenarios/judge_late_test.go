package scenarios_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestJudgeOfTheEnd(t *testing.T) {
	t.Parallel()
	const limit, free = charging.CreditLimitReached, charging.CreditNotApplicable
	testScenes(t, []scene{
		{
			raises: "update-after-refusal",
			bad:    func(s *stage) { s.opened(); s.update(1, atCommand(limit)); s.update(2) },
			fine:   func(s *stage) { s.opened(); s.update(1, refusedWith(limit)); s.update(2, usedTime(0)) },
		},
		{
			raises: "termination-after-refusal",
			bad:    func(s *stage) { s.opened(atCommand(limit)); s.finish(1, usedTime(0)) },
			fine:   func(s *stage) { s.opened(refusedWith(limit)); s.finish(1, usedTime(0)) },
		},
		{
			raises: "credit-control-after-not-applicable",
			bad:    func(s *stage) { s.opened(atCommand(free)); s.update(1) },
			fine:   func(s *stage) { s.opened(refusedWith(free)); s.update(1) },
		},
		{
			raises: "session-not-ended-after-refusal",
			bad:    func(s *stage) { s.opened(refusedWith(limit)); s.wait(11 * time.Second) },
			fine: func(s *stage) {
				s.opened(refusedWith(limit))
				s.wait(9 * time.Second)
				s.finish(1, usedTime(0))
				s.wait(time.Minute)
			},
		},
		{
			raises: "final-unit-not-ended",
			bad: func(s *stage) {
				s.opened(lastUnits(charging.Terminate))
				s.wait(311 * time.Second)
			},
			fine: func(s *stage) {
				s.opened(lastUnits(charging.Terminate))
				s.wait(300 * time.Second)
				s.update(1, usedTime(300), unasked)
				s.wait(time.Hour)
			},
		},
		{
			raises: "units-asked-after-final",
			bad: func(s *stage) {
				s.opened(lastUnits(charging.Terminate))
				s.update(1, usedTime(300))
			},
			fine: func(s *stage) {
				s.opened(lastUnits(charging.Terminate))
				s.update(1, reason(6), triggered(charging.TriggerParticipants))
			},
		},
		{
			raises: "units-asked-during-redirect",
			bad: func(s *stage) {
				s.opened(lastUnits(charging.Redirect))
				s.update(1, usedTime(300))
			},
			fine: func(s *stage) {
				s.opened(lastUnits(charging.Redirect))
				s.update(1, usedTime(299))
				s.update(2, unused)
			},
		},
		{
			raises: "validity-time-passed",
			bad:    func(s *stage) { s.opened(); s.wait(time.Hour + 13*time.Second) },
			fine: func(s *stage) {
				s.opened()
				s.wait(time.Hour + 11*time.Second)
				s.update(1)
				s.wait(time.Minute)
			},
		},
	})
}

func TestJudgeOfSummons(t *testing.T) {
	t.Parallel()
	const soon = 11 * time.Second
	asked := func(command, result uint32) func(*stage) {
		return func(s *stage) { s.opened(); s.wait(time.Second); s.summon(command, result); s.wait(soon) }
	}
	testScenes(t, []scene{
		{
			raises: "reauthorization-unanswered", bad: asked(findings.ReAuth, 0),
			fine: asked(findings.ReAuth, 5012),
		},
		{
			raises: "reauthorization-ignored", bad: asked(findings.ReAuth, 2002),
			fine: func(s *stage) {
				s.opened()
				s.wait(time.Second)
				s.summon(findings.ReAuth, 2002)
				s.wait(9 * time.Second)
				s.update(1)
				s.wait(soon)
			},
		},
		{
			raises: "reauthorization-not-pending", bad: asked(findings.ReAuth, 2001),
			fine: asked(findings.ReAuth, 5012),
		},
		{
			raises: "reauthorization-session-unknown", bad: asked(findings.ReAuth, 5002),
			fine: func(s *stage) { s.opened(); s.finish(1); s.summon(findings.ReAuth, 5002) },
		},
		{
			raises: "answer-unasked",
			bad: func(s *stage) {
				s.opened()
				s.judge.Received(s.message(findings.Frame{
					Command: findings.ReAuth, Session: stageSession, Result: 2001,
				}, "192.0.2.1:1"))
			},
			fine: asked(findings.ReAuth, 5012),
		},
		{
			raises: "abort-unanswered", bad: asked(findings.AbortSession, 0),
			fine: asked(findings.AbortSession, 5002),
		},
		{
			raises: "abort-ignored", bad: asked(findings.AbortSession, 2001),
			fine: func(s *stage) {
				s.opened()
				s.wait(time.Second)
				s.summon(findings.AbortSession, 2001)
				s.finish(1)
				s.wait(soon)
			},
		},
	})
}

// What is late is excused where the client could not do better, or nobody can tell.
func TestJudgeExcusesWhatIsLate(t *testing.T) {
	t.Parallel()
	const past = time.Hour + 13*time.Second
	for name, play := range map[string]func(*stage){
		"the session ended":     func(s *stage) { s.opened(); s.finish(1); s.wait(past) },
		"a final unit was told": func(s *stage) { s.opened(lastUnits(charging.Redirect)); s.wait(past) },
		"a script decided":      func(s *stage) { s.opened(byScript); s.wait(past) },
		"the peer went":         func(s *stage) { s.opened(); s.gone.Store(true); s.wait(past) },
		"the clock was turned": func(s *stage) {
			s.opened()
			_, _ = s.clock.Advance(time.Minute)
			s.wait(past)
		},
		"the clock stands": func(s *stage) {
			_ = s.clock.Set(s.clock.Now(), true)
			s.opened()
			s.wait(past)
		},
		"the answer was dropped": func(s *stage) {
			s.opened(func(x *turn) { x.answer.Delivery = &charging.Delivery{Drop: true} })
			s.wait(past)
		},
		"the answer was made wrong": func(s *stage) {
			s.opened(func(x *turn) {
				x.answer.Delivery = &charging.Delivery{Preset: "wrong-session-id"}
				x.instead = &charging.Answer{Result: charging.Success}
			})
			s.wait(past)
			s.update(7, usedTime(9000))
		},
		"the judge began anew": func(s *stage) { s.opened(); s.judge.Forget(); s.wait(past) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := played(t, play); len(got) > 0 {
				t.Errorf("findings %v, want none", got)
			}
		})
	}
}

// What was sent counts, not what was charged.
func TestJudgeGoesByWhatWasSent(t *testing.T) {
	t.Parallel()
	play := func(s *stage) {
		s.opened(func(x *turn) {
			x.answer.Edits = []charging.Edit{{Op: "set", Path: "x", Value: "y"}}
			x.instead = &charging.Answer{
				Key: x.Key, Result: charging.Success, Services: []charging.ServiceAnswer{{
					Key: ratingGroup(100), Granted: []charging.Quantity{charging.Time.Of(30)},
				}},
			}
		})
		s.update(1, usedTime(31))
	}
	if diff := cmp.Diff([]string{"usage-above-grant"}, played(t, play)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestFindingSaysWhomItIsAbout(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	defer s.judge.Close()
	s.opened()
	s.update(2, func(x *turn) { x.Origin.Host = "behind.example.com" })
	s.rules()
	got := s.journal.FoundBy(scenarios.FindingFilter{Rule: "request-number-gap"})
	if len(got.Items) != 1 {
		t.Fatalf("%d findings, want 1", len(got.Items))
	}
	f := got.Items[0]
	if f.Session != stageSession || f.Subscriber != "15550100" || f.Peer != "behind.example.com" ||
		f.Exchange != 2 || f.Seen != "CC-Request-Number 2 after 0" || f.Clause == "" {
		t.Errorf("finding %+v", f)
	}
}

// Some rules weigh more or less by what else is known.
func TestJudgeWeighsWhatItFinds(t *testing.T) {
	t.Parallel()
	armed := func(x *turn) { x.answered().Triggers = []uint32{charging.TriggerMedia} }
	buffered := func(x *turn) { x.Type = charging.Event }
	for want, play := range map[charging.Severity]func(*stage){
		charging.Violation: func(s *stage) {
			s.opened(withMedia("message"), armed)
			s.update(1, withMedia("audio"), reason(9))
		},
		charging.Warning: func(s *stage) {
			s.opened(buffered)
			s.opened(buffered, repeated, retransmitted)
		},
	} {
		s := newStage(t)
		play(s)
		s.rules()
		s.judge.Close()
		if found := s.journal.Findings(); len(found) != 1 || found[0].Severity != want {
			t.Errorf("findings %+v, want one %s", found, want)
		}
	}
}

// What did not come in time is told once, however much goes on around it.
func TestJudgeTellsOnceOfWhatIsLate(t *testing.T) {
	t.Parallel()
	const past = time.Hour + 13*time.Second
	other := func(x *turn) {
		x.service().Key, x.answered().Key = ratingGroup(200), ratingGroup(200)
	}
	for rule, play := range map[string]func(*stage){
		"validity-time-passed": func(s *stage) {
			s.opened()
			s.update(1, other, unused)
			s.wait(past - 20*time.Second)
			s.update(2, other)
			s.wait(time.Minute)
			s.update(3, other)
			s.update(4, other)
			s.wait(time.Minute)
		},
		"final-unit-not-ended": func(s *stage) {
			s.opened(lastUnits(charging.Terminate))
			s.update(1, other, unused)
			s.wait(320 * time.Second)
			s.update(2, other)
			s.wait(time.Minute)
			s.update(3, usedTime(300), unasked)
		},
		"session-not-ended-after-refusal": func(s *stage) {
			s.opened(refusedWith(charging.CreditLimitReached))
			s.wait(20 * time.Second)
			s.update(1, unused, unasked, refusedWith(charging.CreditLimitReached))
			s.wait(5 * time.Second)
			s.finish(2, usedTime(0))
			s.wait(time.Minute)
		},
		"reauthorization-unanswered": func(s *stage) {
			s.opened()
			s.wait(time.Second)
			s.summon(findings.ReAuth, 0)
			s.summon(findings.ReAuth, 5012)
			s.wait(time.Minute)
			s.update(1)
			s.wait(time.Minute)
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]string{rule}, played(t, play)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// What was given back is not awaited, and what a client may do as well is not held against it.
func TestJudgeAwaitsNothingThatIsOver(t *testing.T) {
	t.Parallel()
	const past = time.Hour + 13*time.Second
	other := func(x *turn) {
		x.service().Key, x.answered().Key = ratingGroup(200), ratingGroup(200)
	}
	for name, play := range map[string]func(*stage){
		"a service ended before the session": func(s *stage) {
			s.opened()
			s.update(1, other, unused)
			s.update(2, unasked)
			s.wait(past - time.Minute)
			s.update(3, other)
			s.wait(time.Hour)
			s.finish(4, other)
		},
		"the first of two RARs is answered last": func(s *stage) {
			s.opened()
			s.wait(time.Second)
			first := s.ask(findings.ReAuth)
			second := s.ask(findings.ReAuth)
			s.told(second, findings.ReAuth, 2002)
			s.told(first, findings.ReAuth, 2002)
			s.wait(time.Second)
			s.update(1)
			s.wait(time.Minute)
		},
		"an older request comes late": func(s *stage) {
			first := s.message(findings.Frame{
				Command: findings.CreditControl, Request: true, HopByHop: 90, Session: stageSession,
			}, "a")
			s.opened()
			number := s.judge.Received(first)
			s.update(2, counting(3), stampedNow, reason(9))
			s.play(charging.Update, 1, counting(9), usedTime(900), byScript, reason(9), func(x *turn) {
				x.Exchange = number
			})
			s.update(3, counting(3), reason(9))
		},
		"an event of the same Session-Id": func(s *stage) {
			s.opened()
			s.play(charging.Event, 1)
			s.update(2)
		},
		"a refusal came while the wait was long": func(s *stage) {
			s.opened(refusedWith(charging.CreditLimitReached))
			s.wait(9 * time.Second)
			s.finish(1, usedTime(0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := played(t, play); len(got) > 0 {
				t.Errorf("findings %v, want none", got)
			}
		})
	}
}

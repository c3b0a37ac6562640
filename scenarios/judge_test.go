package scenarios_test

import (
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

func TestJudgeOfNumbers(t *testing.T) {
	t.Parallel()
	testScenes(t, []scene{
		{
			raises: "hop-by-hop-reused",
			bad: func(s *stage) {
				m := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 7}, "a")
				first := s.judge.Received(m)
				s.judge.Sent(s.judge.Received(m), m)
				s.judge.Sent(first, m)
			},
			fine: func(s *stage) {
				m := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 7}, "a")
				s.judge.Sent(s.judge.Received(m), m)
				s.judge.Sent(s.judge.Received(m), m)
				m.Link = "b"
				s.judge.Sent(s.judge.Received(m), m)
			},
		},
		{
			raises: "content-changed-under-number",
			bad:    func(s *stage) { s.opened(); s.update(1); s.update(1, usedTime(90)) },
			fine:   func(s *stage) { s.opened(); s.update(1); s.update(1, repeated) },
		},
		{
			raises: "repeat-without-t-flag",
			bad:    func(s *stage) { s.opened(endToEnd(1)); s.opened(endToEnd(1), repeated, onLink("b")) },
			fine: func(s *stage) {
				s.opened(endToEnd(1))
				s.opened(endToEnd(1), repeated, onLink("b"), retransmitted)
				s.opened(endToEnd(1), repeated)
			},
		},
		{
			raises: "repeat-end-to-end-changed",
			bad:    func(s *stage) { s.opened(); s.opened(repeated, retransmitted) },
			fine:   func(s *stage) { s.opened(endToEnd(1)); s.opened(endToEnd(1), repeated, retransmitted) },
		},
		{
			raises: "end-to-end-reused",
			bad:    func(s *stage) { s.opened(endToEnd(1)); s.opened(endToEnd(1), inSession("h;2;2")) },
			fine: func(s *stage) {
				s.opened(endToEnd(1))
				s.wait(4 * time.Minute)
				s.opened(endToEnd(1), inSession("h;2;2"))
			},
		},
		{
			raises: "request-number-gap",
			bad:    func(s *stage) { s.opened(); s.update(2) },
			fine:   func(s *stage) { s.opened(); s.update(1) },
		},
		{
			raises: "request-number-back",
			bad:    func(s *stage) { s.opened(); s.update(2); s.update(1) },
			fine:   func(s *stage) { s.opened(); s.update(1); s.update(1, repeated) },
			also:   []string{"request-number-gap"},
		},
		{
			raises: "first-number-not-zero",
			bad:    func(s *stage) { s.play(charging.Initial, 7) },
			fine:   func(s *stage) { s.play(charging.Initial, 0) },
		},
		{
			raises: "request-before-answer",
			bad: func(s *stage) {
				s.opened(awaited(0))
				first := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 90}, "a")
				second := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 91}, "a")
				s.inTurn(first, second, time.Second)
			},
			fine: func(s *stage) {
				s.opened()
				first := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 90}, "a")
				second := s.message(findings.Frame{Command: 272, Request: true, HopByHop: 91}, "a")
				s.inTurn(first, second, 11*time.Second) // Tx is over: the client goes on
			},
		},
		{
			raises: "session-opened-twice",
			bad:    func(s *stage) { s.opened(); s.play(charging.Initial, 1) },
			fine:   func(s *stage) { s.opened(); s.finish(1); s.opened() },
		},
		{
			raises: "session-unknown",
			bad:    func(s *stage) { s.update(1, atCommand(charging.UnknownSessionID)) },
			fine:   func(s *stage) { s.update(1) },
		},
		{
			raises: "request-after-termination",
			bad: func(s *stage) {
				s.opened()
				s.finish(1)
				s.update(2, atCommand(charging.UnknownSessionID))
			},
			fine: func(s *stage) { s.opened(); s.finish(1); s.finish(1, repeated) },
		},
	})
}

// inTurn sends two updates, the second before the first is answered.
func (s *stage) inTurn(first, second charging.Message, answered time.Duration) {
	a, b := s.judge.Received(first), s.judge.Received(second)
	s.wait(answered)
	for i, number := range []int64{a, b} {
		s.play(charging.Update, uint32(i+1), func(x *turn) { x.Exchange = number })
	}
}

func TestJudgeOfUsage(t *testing.T) {
	t.Parallel()
	vendor := func(x *turn) { x.Vendor3GPP = true }
	octets := charging.Total.Of(1000)
	testScenes(t, []scene{
		{
			raises: "granted-unit-unreported",
			bad:    func(s *stage) { s.opened(granted(octets)); s.update(1, usedTime(60)) },
			fine: func(s *stage) {
				s.opened(granted(octets))
				s.update(1, usedUnits(charging.Input.Of(400), charging.Output.Of(600)),
					lastUnits(charging.Redirect))
				s.update(2, unused, unasked)
			},
		},
		{
			raises: "usage-above-grant",
			bad:    func(s *stage) { s.opened(); s.update(1, usedTime(301)) },
			fine:   func(s *stage) { s.opened(); s.update(1, usedTime(300)) },
		},
		{
			raises: "usage-far-above-grant",
			bad:    func(s *stage) { s.opened(); s.update(1, usedTime(320)) },
			fine:   func(s *stage) { s.opened(awaited(30 * time.Second)); s.update(1, usedTime(320)) },
		},
		{
			raises: "usage-longer-than-time",
			bad: func(s *stage) {
				s.opened(stampedNow)
				s.wait(time.Minute)
				s.update(1, usedTime(90), stampedNow)
			},
			fine: func(s *stage) {
				s.opened(stampedNow)
				s.wait(time.Minute)
				s.update(1, usedTime(62), stampedNow)
			},
		},
		{
			raises: "usage-not-granted",
			bad: func(s *stage) {
				s.opened()
				s.update(1, func(x *turn) { x.service().Key = ratingGroup(200) })
			},
			fine: func(s *stage) {
				s.opened()
				s.update(1, func(x *turn) { x.service().Key.IDs = []uint32{7} })
			},
		},
		{
			raises: "usage-after-denial",
			bad: func(s *stage) {
				s.opened()
				s.update(1, refusedWith(charging.CreditLimitReached))
				s.finish(2)
			},
			fine: func(s *stage) {
				s.opened()
				s.update(1, refusedWith(charging.CreditLimitReached))
				s.finish(2, usedTime(5))
			},
		},
		{
			raises: "service-unreported-at-end",
			bad:    func(s *stage) { s.opened(); s.finish(1, func(x *turn) { x.Services = nil }) },
			fine: func(s *stage) {
				s.opened(refusedWith(charging.CreditLimitReached))
				s.finish(1, func(x *turn) { x.Services = nil })
			},
		},
		{
			raises: "usage-without-reason",
			bad:    func(s *stage) { s.opened(vendor); s.update(1) },
			fine:   func(s *stage) { s.opened(vendor); s.update(1, reason(4)) },
		},
		{
			raises: "quota-not-exhausted",
			bad:    func(s *stage) { s.opened(); s.update(1, usedTime(10), reason(3)) },
			fine:   func(s *stage) { s.opened(); s.update(1, usedTime(300), reason(3)) },
		},
		{
			raises: "threshold-not-granted",
			bad:    func(s *stage) { s.opened(); s.update(1, reason(0)) },
			fine: func(s *stage) {
				s.opened(func(x *turn) { x.answered().Threshold = charging.Time.Of(30) })
				s.update(1, reason(0))
			},
		},
		{
			raises: "validity-not-expired",
			bad:    func(s *stage) { s.opened(); s.wait(5 * time.Second); s.update(1, reason(4)) },
			fine: func(s *stage) {
				s.opened()
				_, _ = s.clock.Advance(time.Hour)
				s.update(1, reason(4))
			},
		},
		{
			raises: "forced-without-request",
			bad:    func(s *stage) { s.opened(); s.update(1, reason(7)) },
			fine:   func(s *stage) { s.opened(); s.summon(findings.ReAuth, 2002); s.update(1, reason(7)) },
		},
		{
			raises: "end-not-final",
			bad:    func(s *stage) { s.opened(); s.finish(1, reason(6)) },
			fine:   func(s *stage) { s.opened(); s.finish(1, reason(2)) },
		},
	})
}

func TestJudgeOfConditions(t *testing.T) {
	t.Parallel()
	said := func(s *stage) { s.opened(counting(3)); s.update(1, counting(2), reason(9)) }
	context := func(name string) cue { return func(x *turn) { x.Context = name } }
	subscribers := func(list ...charging.Identity) cue {
		return func(x *turn) { x.Subscribers = list }
	}
	method := func(name string) cue { return func(x *turn) { x.Information.Method = name } }
	noInformation := func(x *turn) { x.Attributes = lookup{} }
	information := func(x *turn) { x.Attributes = lookup{"Service-Information": {""}} }
	testScenes(t, []scene{
		{
			raises: "participants-changed-without-trigger",
			bad:    func(s *stage) { said(s); s.update(2, counting(3), reason(9)) },
			fine: func(s *stage) {
				said(s)
				s.update(2, counting(3), reason(6), triggered(charging.TriggerParticipants))
			},
		},
		{
			raises: "media-changed-without-trigger",
			bad: func(s *stage) {
				s.opened(withMedia("message"))
				s.update(1, withMedia("audio", "message"), reason(9))
			},
			fine: func(s *stage) {
				s.opened(withMedia("audio", "message"))
				s.update(1, withMedia("message"), reason(9)) // the answer to the offer
			},
		},
		{
			raises: "trigger-without-change",
			bad: func(s *stage) {
				said(s)
				s.update(2, counting(2), reason(6), triggered(charging.TriggerParticipants))
			},
			fine: func(s *stage) {
				s.opened(counting(3))
				s.update(1, counting(3), reason(6), triggered(charging.TriggerParticipants))
			},
		},
		{
			raises: "subscriber-changed",
			bad: func(s *stage) {
				s.opened()
				s.update(1, subscribers(charging.Identity{Data: "15550200"}))
			},
			fine: func(s *stage) {
				s.opened()
				s.update(1, subscribers(charging.Identity{Type: charging.SIP, Data: "sip:a@b"},
					charging.Identity{Data: "15550100"}))
			},
		},
		{
			raises: "subscriber-lost",
			bad:    func(s *stage) { s.opened(); s.update(1, subscribers()) },
			fine:   func(s *stage) { s.opened(); s.update(1) },
		},
		{
			raises: "subscriber-unnamed",
			bad:    func(s *stage) { s.opened(subscribers()) },
			fine:   func(s *stage) { s.opened() },
		},
		{
			raises: "context-changed",
			bad:    func(s *stage) { s.opened(); s.update(1, context("32251@3gpp.org")) },
			fine:   func(s *stage) { s.opened(); s.update(1, context("32260@3gpp.org")) },
		},
		{
			raises: "service-information-lost",
			bad:    func(s *stage) { s.opened(method("INVITE")); s.update(1, noInformation, reason(9)) },
			fine:   func(s *stage) { s.opened(method("INVITE")); s.update(1, information, reason(9)) },
		},
		{
			raises: "service-information-changed",
			bad: func(s *stage) {
				s.opened(method("INVITE"))
				s.update(1, method("dummy"), reason(9))
			},
			fine: func(s *stage) {
				s.opened(method("INVITE"))
				s.update(1, method("BYE"), reason(9))
			},
		},
		{
			raises: "event-timestamp-off",
			bad:    func(s *stage) { s.opened(stampedNow, stamped(-2*time.Minute)) },
			fine:   func(s *stage) { s.opened(stampedNow, stamped(-50*time.Second)) },
		},
	})
}

// lookup is a wire's attributes, as a map.
type lookup map[string][]string

func (l lookup) Lookup(path string) []string { return l[path] }

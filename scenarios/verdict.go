package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Verdict says whether what was expected has happened.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Pending Verdict = "pending"
)

// The limits of what a rule remembers; what it counts goes on.
const (
	maxOutcomes = 100
	maxHidden   = 10
)

// An Outcome is what became of one expectation, or of one step, after the rule acted on a request.
type Outcome struct {
	// Part is do[0], expect[0] and so on.
	Part     string  `yaml:"part" json:"part"`
	Session  string  `yaml:"session,omitempty" json:"session,omitempty"`
	Exchange int64   `yaml:"exchange,omitempty" json:"exchange,omitempty"` // the one it acted on
	Verdict  Verdict `yaml:"verdict" json:"verdict"`
	Reason   string  `yaml:"reason" json:"reason"`
	Took     string  `yaml:"took,omitempty" json:"took,omitempty"`
}

// A standing is what became of a rule since its scenario began.
type standing struct {
	matched, fired int64
	hidden         map[string]int64  // by which rule, how often
	awaited        map[*awaited]bool // not over yet
	outcomes       ring[Outcome]
	passed, failed int64
	failure        string // the first one
	running        int    // steps of how many requests are not done
	step           string // that is done or waited for now
}

func newStanding() *standing {
	return &standing{
		awaited: make(map[*awaited]bool), outcomes: ring[Outcome]{limit: maxOutcomes},
	}
}

// hide counts a match where another rule acted.
func (c *standing) hide(by string) {
	if c.hidden == nil {
		c.hidden = make(map[string]int64)
	}
	if _, known := c.hidden[by]; known || len(c.hidden) < maxHidden {
		c.hidden[by]++
	}
}

// hiders are the rules that acted where this one would have, the most frequent first.
func (c *standing) hiders() []string {
	return slices.SortedFunc(maps.Keys(c.hidden), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.hidden[b], c.hidden[a]), cmp.Compare(a, b))
	})
}

// end settles an expectation. Whoever calls takes it off what is awaited.
func (a *awaited) end(verdict Verdict, took time.Duration, reason string) {
	delete(a.standing.awaited, a)
	outcome := a.outcome()
	outcome.Verdict, outcome.Reason, outcome.Took = verdict, reason, spellText(took)
	a.standing.add(outcome)
}

// outcome is what can be said while it is awaited.
func (a *awaited) outcome() Outcome {
	reason := "waits for " + a.text
	if a.none {
		reason = "no sign so far of " + a.text
	}
	if a.nearest != "" {
		reason += "; nearest: " + a.nearest
	}
	return Outcome{
		Part: fmt.Sprintf("expect[%d]", a.position), Session: a.session, Exchange: a.exchange,
		Verdict: Pending, Reason: reason + "; " + a.left(),
	}
}

// left says how much time there is, and until when.
func (a *awaited) left() string {
	text := "there are " + spellText(a.expectation.within) + " for it"
	switch {
	case a.held != "":
		return fmt.Sprintf("%s once the answer goes out, which is held back until %q", text, a.held)
	case a.began.stopped:
		return text + ", until " + a.began.charging.Add(a.within).UTC().Format(time.RFC3339) +
			" by the charging clock, which was stopped"
	}
	return text + ", until " + a.began.wall.Add(a.within).UTC().Format(momentFormat)
}

const momentFormat = "2006-01-02T15:04:05.999Z07:00"

func (c *standing) add(o Outcome) {
	c.outcomes.add(o)
	switch {
	case o.Verdict == Pass:
		c.passed++
		return
	case c.failed == 0:
		c.failure = o.Part + " of " + o.Session + ": " + o.Reason
	}
	c.failed++
}

// all are the outcomes that are kept, and behind them what is awaited.
func (c *standing) all() []Outcome {
	list := c.outcomes.list()
	waiting := c.waiting()
	for _, a := range waiting[:min(len(waiting), maxOutcomes)] {
		list = append(list, a.outcome())
	}
	return list
}

// waiting is what is awaited, the oldest first.
func (c *standing) waiting() []*awaited {
	return slices.SortedFunc(maps.Keys(c.awaited), func(a, b *awaited) int {
		return cmp.Or(a.began.wall.Compare(b.began.wall), cmp.Compare(a.exchange, b.exchange),
			cmp.Compare(a.position, b.position))
	})
}

// demands reports whether the verdict waits for the rule to act: it is to act so many times, it
// expects something, or it has something to do.
func (r *rule) demands() bool {
	return !r.optional && (r.times > 0 || len(r.expects) > 0 || len(r.steps) > 0)
}

// verdict is that of one rule.
func (r *rule) verdict() (Verdict, string) {
	c := r.standing
	switch {
	case c.failed == 1:
		return Fail, c.failure
	case c.failed > 1:
		return Fail, fmt.Sprintf("%s (and %d more)", c.failure, c.failed-1)
	case c.fired == 0:
		if r.demands() {
			return Pending, r.idle()
		}
		return Pass, r.idle()
	case len(c.awaited) > 0:
		first := c.waiting()[0].outcome()
		return Pending, first.Part + " of " + first.Session + ": " + first.Reason
	case c.running > 0:
		return Pending, c.step + " is not done yet"
	case c.passed > 0:
		return Pass, "all is as expected, " + timesText(c.passed)
	}
	return Pass, "it acted " + timesText(c.fired)
}

// idle says why a rule has not acted.
func (r *rule) idle() string {
	c := r.standing
	switch {
	case c.matched == 0:
		return "never fired: no request matched"
	case len(c.hidden) > 0:
		by := c.hiders()[0]
		return fmt.Sprintf("never fired: it matched %s, and %s acted first", timesText(c.matched), by)
	case c.matched <= r.after:
		return fmt.Sprintf("never fired: it matched %s, and lets the first %d pass",
			timesText(c.matched), r.after)
	}
	return "never fired: it matched " + timesText(c.matched) + ", and chance was against it"
}

// verdict is that of the scenario: the worst of its rules'. One of which no rule has acted is
// pending in any case.
func (s *scenario) verdict() (Verdict, string) {
	worst, reason, acted := Pass, "", false
	for i, r := range s.rules {
		acted = acted || r.standing.fired > 0 || r.optional
		verdict, why := r.verdict()
		if verdict == Fail || verdict == Pending && worst == Pass {
			worst, reason = verdict, fmt.Sprintf("rules[%d] %s", i, why)
		}
		if verdict == Fail {
			return worst, reason
		}
	}
	switch {
	case worst == Pass && !acted:
		return Pending, "no rule has acted yet"
	case worst == Pass:
		return Pass, "all is as expected"
	}
	return worst, reason
}

// tell wakes those who wait for verdicts; the lock is held.
func (s *Set) tell() {
	if s.news != nil {
		close(s.news)
		s.news = nil
	}
}

// ClockTurned is called after the charging clock was turned, so that what is over by it is seen.
func (s *Set) ClockTurned() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(s.instant())
	s.tell()
}

// Settled waits until none of the scenarios that pick picks is pending, or the context ends, and
// returns them in the order of trial.
func (s *Set) Settled(ctx context.Context, pick func(*Status) bool) []Status {
	for {
		list, news, due := s.look(pick)
		pending := slices.ContainsFunc(list, func(one Status) bool {
			return one.Verdict == Pending
		})
		if !pending || ctx.Err() != nil {
			return list
		}
		timer := time.NewTimer(due)
		select {
		case <-news:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Until shows all scenarios in the order of trial, again whenever a verdict may have changed, until
// enough says so or the context ends, whose error it returns.
func (s *Set) Until(ctx context.Context, enough func([]Status) bool) error {
	for {
		list, news, due := s.look(func(*Status) bool { return true })
		if enough(list) {
			return nil
		}
		timer := time.NewTimer(due)
		select {
		case <-news:
			pause(ctx, followPause)
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
	}
}

// longestLook bounds how long Settled sleeps.
const longestLook = time.Minute

// look lists scenarios, with what is closed at the next change, and when time alone changes them.
func (s *Set) look(pick func(*Status) bool) (
	list []Status, news <-chan struct{}, due time.Duration,
) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list = slices.DeleteFunc(s.list(), func(one Status) bool { return !pick(&one) })
	if s.news == nil {
		s.news = make(chan struct{})
	}
	now := s.instant()
	due = longestLook
	s.awaiting.all(func(a *awaited) bool {
		switch {
		case a.held != "" && a.longest > 0:
			due = min(due, a.longest-now.wall.Sub(a.began.wall)+time.Millisecond)
		case a.held == "" && !(a.began.stopped && now.stopped):
			due = min(due, a.within-now.since(a.began)+time.Millisecond)
		}
		return false
	})
	return list, s.news, due
}

func timesText(count int64) string {
	switch count {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", count)
}

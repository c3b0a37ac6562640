package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The limits of what a Set awaits at once; what comes beyond fails. Each request is shown to all
// expectations of its session, and to those of any session.
const (
	MaxAwaited         = 10_000
	MaxAwaitedTogether = 100 // of one session, and of any
)

// An instant is one time by both clocks.
type instant struct {
	wall     time.Time
	charging time.Time
	stopped  bool // the charging clock stands still
}

func (s *Set) instant() instant {
	m := instant{wall: time.Now()}
	if s.clock != nil {
		m.charging, m.stopped = s.clock.Now(), s.clock.State().Stopped
	}
	return m
}

// since is how long ago another was, by the clock that counted then.
func (m instant) since(began instant) time.Duration {
	if began.stopped {
		return m.charging.Sub(began.charging)
	}
	return m.wall.Sub(began.wall)
}

// An awaited expectation is one for one request that its rule acted on.
type awaited struct {
	*expectation
	standing *standing
	position int    // among the expectations of its rule
	session  string // of the request
	exchange int64  // 0: not known
	began    instant
	within   time.Duration // grows where a step of the rule turns a stopped clock
	held     string        // what the answer is held back until; empty: it may go
	longest  time.Duration // for which it is held; 0: as long as need be
	counts   []int64       // for each alternative, how many were like it
	nearest  string        // what came closest
	nearness int           // how many conditions it fulfilled
}

// An awaiting is all that a Set awaits.
type awaiting struct {
	bySession map[string][]*awaited
	anywhere  []*awaited
	count     int
}

func (w *awaiting) add(a *awaited) {
	w.count++
	if a.any {
		w.anywhere = append(w.anywhere, a)
		return
	}
	if w.bySession == nil {
		w.bySession = make(map[string][]*awaited)
	}
	w.bySession[a.session] = append(w.bySession[a.session], a)
}

// full is the limit that one more would exceed; 0: none.
func (w *awaiting) full(a *awaited) int {
	together := len(w.bySession[a.session])
	if a.any {
		together = len(w.anywhere)
	}
	switch {
	case together >= MaxAwaitedTogether:
		return MaxAwaitedTogether
	case w.count >= MaxAwaited:
		return MaxAwaited
	}
	return 0
}

// each shows those that what happens in a session may fulfil, and drops those that are over.
func (w *awaiting) each(session string, over func(*awaited) bool) {
	if w.count == 0 {
		return
	}
	w.keep(session, w.bySession[session], over)
	left := slices.DeleteFunc(w.anywhere, over)
	w.count -= len(w.anywhere) - len(left)
	w.anywhere = left
}

func (w *awaiting) keep(session string, list []*awaited, over func(*awaited) bool) {
	if len(list) == 0 {
		return
	}
	before := len(list)
	left := slices.DeleteFunc(list, over)
	w.count -= before - len(left)
	if len(left) == 0 {
		delete(w.bySession, session)
	} else {
		w.bySession[session] = left
	}
}

// all shows all of them.
func (w *awaiting) all(over func(*awaited) bool) {
	for session, list := range w.bySession {
		w.keep(session, list, over)
	}
	before := len(w.anywhere)
	w.anywhere = slices.DeleteFunc(w.anywhere, over)
	w.count -= before - len(w.anywhere)
}

// await begins to wait for what a rule expects after it acted on a request. While the answer is
// kept back on purpose no time passes for it, as no client acts on what it has not got.
func (s *Set) await(
	r *rule, request *charging.Request, delivery *charging.Delivery, now instant,
) (begun []*awaited) {
	if len(r.expects) > 0 && s.awaiting.count+len(r.expects) > MaxAwaited {
		s.sweep(now)
	}
	for i, expected := range r.expects {
		a := &awaited{
			expectation: expected, standing: r.standing, position: i, began: now,
			within:  expected.within,
			session: request.Key.Session.ID, exchange: request.Exchange,
			counts: make([]int64, len(expected.what.requests)), nearness: -1,
		}
		a.keepBack(r, delivery)
		if limit := s.awaiting.full(a); limit > 0 {
			a.end(Fail, 0, fmt.Sprintf("more than %d expectations were awaited at once", limit))
			continue
		}
		a.standing.awaited[a] = true
		s.awaiting.add(a)
		begun = append(begun, a)
	}
	return begun
}

// keepBack lets the time begin when an answer may go out that is late on purpose.
func (a *awaited) keepBack(r *rule, delivery *charging.Delivery) {
	switch {
	case delivery == nil:
	case delivery.Hold != nil:
		a.held, a.longest = r.fault.Hold.Until, delivery.Delay
	case !a.began.stopped:
		a.within += delivery.Delay
	}
}

// letGo begins to count the time of what waits for an answer that was held back until now.
func (w *awaiting) letGo(of *standing, until string, now instant) {
	w.all(func(a *awaited) bool {
		if a.standing == of && a.held != "" && (until == "" || a.held == until) {
			a.within, a.held = a.within+now.since(a.began), ""
		}
		return false
	})
}

// sweep ends what is over by its time.
func (s *Set) sweep(now instant) {
	before := s.awaiting.count
	s.awaiting.all(func(a *awaited) bool { return a.expired(now) })
	if s.awaiting.count != before {
		s.tell()
	}
}

// forget drops what is awaited of rules that begin anew or are gone.
func (s *Set) forget(gone ...*standing) {
	s.awaiting.all(func(a *awaited) bool { return slices.Contains(gone, a.standing) })
}

// heard shows a request that came to what awaits one.
func (s *Set) heard(situation *charging.Situation) {
	if s.awaiting.count == 0 {
		return
	}
	now, told := s.instant(), false
	s.awaiting.each(situation.Request.Key.Session.ID, func(a *awaited) bool {
		over := a.expired(now) || len(a.what.requests) > 0 && a.hear(situation, now)
		told = told || over
		return over
	})
	if told {
		s.tell()
	}
}

// Summoned tells what a client answered to a RAR or ASR, or why it did not.
func (s *Set) Summoned(summons *charging.Summons, result charging.Result, err error) {
	s.seen(summons.Session.ID, func(a *awaited, after time.Duration) bool {
		if !a.what.isAnswer || a.what.answered != summons.Kind {
			return false
		}
		if err != nil {
			a.nearest = fmt.Sprintf("none came, as %v", err)
			return false
		}
		text := fmt.Sprintf("%s with Result-Code %d came after %s",
			answerName(summons.Kind), uint32(result), spellText(after))
		if a.what.result != 0 && a.what.result != result {
			a.nearest = text
			return false
		}
		a.happened(after, text)
		return true
	})
}

// Observe tells what the tester saw elsewhere.
func (s *Set) Observe(session, text string) {
	s.seen(session, func(a *awaited, after time.Duration) bool {
		switch {
		case a.what.observation == "":
			return false
		case !matchesGlob(a.what.observation, text):
			a.nearest = fmt.Sprintf("observed was %q", text)
			return false
		}
		a.happened(after, fmt.Sprintf("%q was observed after %s", text, spellText(after)))
		return true
	})
}

func (s *Set) seen(session string, ends func(*awaited, time.Duration) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.awaiting.count == 0 {
		return
	}
	now := s.instant()
	s.awaiting.each(session, func(a *awaited) bool {
		return a.expired(now) || ends(a, now.since(a.began))
	})
	s.tell()
}

// expired ends an expectation whose time is over.
func (a *awaited) expired(now instant) bool {
	if a.held != "" && a.longest > 0 && now.wall.Sub(a.began.wall) >= a.longest {
		a.held = ""
		if !a.began.stopped {
			a.within += a.longest
		}
	}
	if a.held != "" || now.since(a.began) <= a.within {
		return false
	}
	within := spellText(a.expectation.within)
	switch {
	case a.none:
		a.end(Pass, a.within, fmt.Sprintf("within %s there was not %s", within, a.text))
	case a.nearest == "":
		a.end(Fail, a.within, fmt.Sprintf("within %s there was not %s", within, a.text))
	default:
		a.end(Fail, a.within, fmt.Sprintf("within %s there was not %s; nearest: %s",
			within, a.text, a.nearest))
	}
	return true
}

// happened ends an expectation by what it is about.
func (a *awaited) happened(after time.Duration, text string) {
	if a.none {
		a.end(Fail, after, fmt.Sprintf("%s, and within %s there should not have been %s",
			text, spellText(a.within), a.text))
		return
	}
	a.end(Pass, after, text)
}

// hear looks at a request.
func (a *awaited) hear(situation *charging.Situation, now instant) bool {
	after := now.since(a.began)
	if situation.Repeat != a.what.repeat {
		if situation.Repeat && a.nearness < 0 {
			a.nearest = fmt.Sprintf("a repeat of %s after %s; write repeat: true if it is meant",
				requestText(situation.Request), spellText(after))
		}
		return false
	}
	came := fmt.Sprintf("%s after %s", requestText(situation.Request), spellText(after))
	var misses []string
	nearness := 0
	for i := range a.what.requests {
		wanted := &a.what.requests[i]
		held, miss := wanted.compare(situation)
		if miss == "" {
			a.counts[i]++
			if wanted.nth.IsZero() || wanted.nth.Contains(a.counts[i]) {
				a.happened(after, came)
				return true
			}
			miss = fmt.Sprintf("it was number %d of them, wanted %s", a.counts[i], wanted.nth)
		}
		nearness = max(nearness, held)
		misses = append(misses, miss)
	}
	if nearness >= a.nearness {
		a.nearness, a.nearest = nearness, came+": "+strings.Join(misses, ", or ")
	}
	return false
}

// compare counts the conditions that hold, and says of the others what was seen; nothing: all do.
func (r *awaitedRequest) compare(s *charging.Situation) (held int, miss string) {
	var misses []string
	for i := range r.conditions {
		if c := &r.conditions[i]; c.holds(s) {
			held++
		} else {
			misses = append(misses,
				fmt.Sprintf("%s was %s, wanted %s", attribute(c.key), c.seen(s), c.want))
		}
	}
	return held, strings.Join(misses, " and ")
}

// requestText names a request as traces do.
func requestText(r *charging.Request) string {
	letter := map[charging.RequestType]string{
		charging.Initial: "CCR-I", charging.Update: "CCR-U",
		charging.Termination: "CCR-T", charging.Event: "CCR-E",
	}[r.Type]
	if r.Record != charging.NoRecord {
		letter = messageACR + " " + r.Record.String()
	}
	return fmt.Sprintf("%s number %d of %s", letter, r.Key.Number, r.Key.Session.ID)
}

// spellText writes a time without more digits than people read.
func spellText(spell time.Duration) string {
	if spell < time.Second {
		return spell.Round(time.Millisecond).String()
	}
	return spell.Round(10 * time.Millisecond).String()
}

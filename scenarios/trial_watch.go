package scenarios

import (
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

func (c *court) by(rule, seen string) charging.Finding { return findings.New(rule, seen) }

// A watch is something that must have come by a time.
type watch struct {
	kind     watchKind
	at       time.Time
	exchange int64 // after which it is awaited
	seen     string
	service  *holding // whose grant or refusal it is about, if any
}

type watchKind uint8

const (
	watchForget watchKind = iota
	watchValidity
	watchFinal
	watchRefusal
	watchRAA
	watchReauthorized
	watchPending
	watchASA
	watchAborted
)

// rule is what is broken where nothing comes.
func (k watchKind) rule() string {
	return [...]string{
		"", "validity-time-passed", "final-unit-not-ended", "session-not-ended-after-refusal",
		"reauthorization-unanswered", "reauthorization-ignored", "reauthorization-not-pending",
		"abort-unanswered", "abort-ignored",
	}[k]
}

// late is how long after Validity-Time a CCR is still in time, and after a final unit's.
const (
	lateValidity = 12 * time.Second
	lateFinal    = 10 * time.Second
)

// imsContext is what contexts of the IMS end with, where TS 32.260 holds.
const imsContext = "32260@3gpp.org"

// watch sets what must follow an exchange.
func (c *court) watch(s *trial, x *exchange) {
	kept := s.watches[:0]
	for _, w := range s.watches {
		if w.kind >= watchRAA && !s.ended {
			kept = append(kept, w)
		}
	}
	s.watches = kept
	over := s.ended || s.refused != 0 || s.lost || s.free
	switch {
	case over:
		s.watches = append(s.watches, watch{kind: watchForget, at: c.now.Add(forgetAfter)})
	case s.gy && !s.tainted:
		for _, h := range s.holdings {
			s.watchGrant(x, h)
		}
		s.watchRefused(c, x)
	}
	c.plan(s)
}

// watchGrant awaits the end of a grant.
func (s *trial) watchGrant(x *exchange, h *holding) {
	if len(h.granted) == 0 || h.scripted || h.reported || h.overdue {
		return
	}
	if h.final == nil {
		if h.validFor > 0 {
			s.watches = append(s.watches, watch{
				kind: watchValidity, at: h.at.Add(h.validFor + lateValidity), exchange: x.number,
				service: h, seen: "Validity-Time " + seconds(h.validFor) + " for " + named(h.key) +
					" is over, and no CCR came",
			})
		}
		return
	}
	for i, q := range h.granted {
		if h.final.Action != charging.Terminate || q.Unit != charging.Time {
			continue
		}
		left := time.Duration(max(q.Amount-h.used[i], 0)) * time.Second
		s.watches = append(s.watches, watch{
			kind: watchFinal, at: h.at.Add(left + lateFinal), exchange: x.number,
			service: h, seen: "the final units of " + named(h.key) +
				" are used up, and neither a CCR-U nor a CCR-T came",
		})
	}
}

func seconds(d time.Duration) string {
	return decimal(charging.Known(int64(d / time.Second)))
}

// watchRefused awaits the end of an IMS session whose only service is refused.
func (s *trial) watchRefused(c *court, x *exchange) {
	if len(s.holdings) != 1 || s.holdings[0].denied == 0 || s.holdings[0].scripted ||
		s.holdings[0].overdue ||
		!strings.HasSuffix(s.context, imsContext) {
		return
	}
	h := s.holdings[0]
	s.watches = append(s.watches, watch{
		kind: watchRefusal, at: h.deniedAt.Add(patience), exchange: x.number, service: h,
		seen: named(h.key) + " was refused with " + h.denied.Name() + ", and no CCR-T came",
	})
}

// A summoning is the last RAR or ASR of a session.
type summoning struct {
	kind       uint32
	at         time.Time
	exchange   int64
	answeredAt time.Time
}

// summoned hears that this server sent a RAR or an ASR.
func (c *court) summoned(x *exchange) {
	kind := watchRAA
	switch x.frame.Command {
	case findings.ReAuth:
	case findings.AbortSession:
		kind = watchASA
	default:
		return
	}
	s := c.sessions[charging.SessionID{ID: x.frame.Session, Sub: x.frame.SubSession}]
	if s == nil {
		return
	}
	s.summons = summoning{kind: x.frame.Command, at: x.at, exchange: x.number}
	s.watches = append(s.watches, watch{
		kind: kind, at: x.at.Add(c.patience(s)), exchange: x.number, seen: "no answer came",
	})
	c.plan(s)
}

// patience is how long the client has for what a RAR or an ASR asks of it.
func (c *court) patience(s *trial) time.Duration {
	if c.WaitFor != nil {
		if wait := c.WaitFor(s.origin); wait > 0 {
			return wait
		}
	}
	return c.Patience
}

// heard hears what a client answered to a RAR or an ASR.
func (c *court) heard(x *exchange, m charging.Message) {
	if c.Inspect != nil {
		for _, f := range c.Inspect(m) {
			x.message.Peer = m.Peer
			c.tell(x, f)
		}
	}
	s := c.sessions[charging.SessionID{ID: x.frame.Session, Sub: x.frame.SubSession}]
	if s == nil {
		return
	}
	s.unwatchOf(x.number)
	if s.summons.exchange != x.number || c.Frame == nil {
		c.plan(s)
		return
	}
	s.summons.answeredAt = m.At
	said, _ := c.Frame(m.Raw)
	add := func(kind watchKind, seen string) {
		s.watches = append(s.watches, watch{
			kind: kind, at: m.At.Add(c.patience(s)), exchange: x.number, seen: seen,
		})
	}
	result := charging.Result(said.Result)
	switch abort := x.frame.Command == findings.AbortSession; {
	case abort && result.Success() && !s.ended:
		add(watchAborted, "ASA with "+result.Name()+", and no CCR-T came")
	case abort:
	case result == charging.LimitedSuccess && !s.lastAt.After(s.summons.at):
		add(watchReauthorized, "RAA with "+result.Name()+", and no CCR-U came")
	case result == charging.Success && !s.lastAt.After(s.summons.at):
		add(watchPending, "RAA with "+result.Name()+", and no CCR-U was under way")
	case result == charging.UnknownSessionID && !s.ended:
		x.message.Peer = m.Peer
		c.find(x, "reauthorization-session-unknown", "RAA with %s for a session that is open",
			result.Name())
	}
	c.plan(s)
}

// followed hears a request of the session, which may be what a RAR or an ASR asked for.
func (c *court) followed(x *exchange, s *trial) {
	if !x.at.Before(s.summons.at) {
		s.unwatch(watchReauthorized)
	}
	if s.watches == nil || s.summons.answeredAt.IsZero() {
		return
	}
	for _, w := range s.watches {
		if w.kind != watchPending {
			continue
		}
		s.unwatch(watchPending)
		if x.at.After(s.summons.answeredAt) {
			c.tell(&exchange{number: w.exchange, at: x.at, message: x.message, request: x.request},
				c.by(watchPending.rule(), w.seen))
		}
		return
	}
}

// unwatchOf awaits nothing more that followed an exchange.
func (s *trial) unwatchOf(number int64) {
	s.watches = slices.DeleteFunc(s.watches, func(w watch) bool { return w.exchange == number })
}

// reauthorized reports whether a RAR came after a grant.
func (s *trial) reauthorized(h *holding) bool {
	return s.summons.kind == findings.ReAuth && s.summons.at.After(h.at)
}

func (s *trial) unwatch(kind watchKind) {
	kept := s.watches[:0]
	for _, w := range s.watches {
		if w.kind != kind {
			kept = append(kept, w)
		}
	}
	s.watches = kept
}

// offset is how far the charging clock was from the wall clock when a request came.
func (x *exchange) offset() time.Duration { return x.request.At.Sub(x.at) }

// turned reports whether the charging clock does not go with the client's any more: it stands, or
// is elsewhere now than when the session's last request came.
func (c *court) turned(s *trial, offset time.Duration) bool {
	const slack = time.Second
	return c.Clock != nil && (c.Clock.State().Stopped || (offset-s.offset).Abs() > slack)
}

// longestPass is how long a court may go without looking at the time.
const longestPass = time.Hour

// pass lets time pass, and returns how long it is until the next look.
func (c *court) pass(now time.Time) time.Duration {
	if now.After(c.now) {
		c.now = now
	}
	for len(c.due) > 0 && !c.due[0].next.After(c.now) {
		c.fire(c.due[0])
	}
	if len(c.due) == 0 {
		return longestPass
	}
	return min(c.due[0].next.Sub(c.now), longestPass)
}

// fire judges what should have come by now.
func (c *court) fire(s *trial) {
	kept := s.watches[:0]
	forget := false
	var due []watch
	for _, w := range s.watches {
		switch {
		case w.at.After(c.now):
			kept = append(kept, w)
		case w.kind == watchForget:
			forget = true
		default:
			due = append(due, w)
		}
	}
	s.watches = kept
	for i := range due {
		c.missed(s, &due[i])
	}
	if forget {
		c.drop(s)
		return
	}
	c.plan(s)
}

// missed tells that nothing came, where the client could have sent it.
func (c *court) missed(s *trial, w *watch) {
	byClock := w.kind == watchValidity || w.kind == watchFinal
	switch {
	case s.tainted || s.lost,
		byClock && c.Clock != nil && c.turned(s, time.Until(c.Clock.Now())),
		c.Connected != nil && !c.Connected(s.peer),
		w.kind == watchReauthorized && s.ended:
		return
	}
	if w.service != nil {
		w.service.overdue = true
	}
	f := c.by(w.kind.rule(), w.seen)
	f.Exchange, f.At, f.Session = w.exchange, w.at, s.id.ID
	f.Peer, f.Subscriber = s.origin.Host, s.subscriber
	c.found(f)
}

// plan keeps the agenda in step with what a session awaits.
func (c *court) plan(s *trial) {
	if len(s.watches) == 0 {
		if s.place >= 0 {
			heap.Remove(&c.due, s.place)
		}
		return
	}
	s.next = s.watches[0].at
	for _, w := range s.watches[1:] {
		if w.at.Before(s.next) {
			s.next = w.at
		}
	}
	if s.place < 0 {
		heap.Push(&c.due, s)
		return
	}
	heap.Fix(&c.due, s.place)
}

// An agenda is the sessions that await something, the earliest on top: one entry for each, so that
// it never holds more than there are sessions.
type agenda []*trial

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].next.Before(a[j].next) }

func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i, j
}

// Push adds a session.
func (a *agenda) Push(s any) {
	added := s.(*trial)
	added.place = len(*a)
	*a = append(*a, added)
}

// Pop takes the last session.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	s := (*a)[last]
	(*a)[last] = nil
	s.place = -1
	*a = (*a)[:last]
	return s
}

package scenarios

import (
	"fmt"
	"hash/maphash"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// What a court remembers has bounds; beyond them the oldest is forgotten, and not judged further.
const (
	mostPending     = 16_384 // exchanges without an answer
	mostIdentifiers = 32_768 // End-to-End Identifiers
	mostSessions    = 20_000
	patience        = 10 * time.Second
	forgetAfter     = time.Minute // a closed session
)

// A court judges what it hears. It is used by one goroutine.
type court struct {
	JudgeOptions
	found    func(charging.Finding)
	now      time.Time
	pending  map[int64]*exchange
	waiting  fifo[int64]
	links    map[hop]int64
	misled   map[string]bool      // links that were sent an answer made wrong on purpose
	newest   map[string]*exchange // of those that are not judged yet, by session
	sent     map[sender]useOfID
	senders  fifo[sender]
	sessions map[charging.SessionID]*trial
	opened   fifo[*trial]
	due      agenda
	seed     maphash.Seed
	mostPast int                         // requests of a session that are known again
	judged   map[string]int64            // requests, by Origin-Host, that are not counted yet
	before   map[charging.SessionID]bool // open when the court began anew
}

// An exchange is one that is not judged yet.
type exchange struct {
	number  int64
	at      time.Time
	message charging.Message
	frame   findings.Frame
	found   []charging.Finding // in the message by itself
	request *charging.Request
	answer  *charging.Answer
	sentAt  time.Time // zero: the client got no answer
	raw     []byte    // what it got
	earlier *exchange // of its session, not judged when this one came
	ended   bool
}

// A hop tells requests under way apart (RFC 6733 section 3).
type hop struct {
	link string
	id   uint32
}

func newCourt(o JudgeOptions, found func(charging.Finding)) *court {
	if o.Patience <= 0 {
		o.Patience = patience
	}
	if o.Sessions <= 0 {
		o.Sessions = mostSessions
	}
	c := &court{
		JudgeOptions: o, found: found, seed: maphash.MakeSeed(), mostPast: mostPast,
		judged: make(map[string]int64),
	}
	c.forget()
	return c
}

// forget begins anew. Of what was open only the names are kept: the server may not know it any
// more, which is not the client's doing.
func (c *court) forget() {
	if c.before == nil || len(c.before)+len(c.sessions) > c.Sessions {
		c.before = make(map[charging.SessionID]bool)
	}
	for id, s := range c.sessions {
		if !s.ended {
			c.before[id] = true
		}
	}
	c.pending, c.waiting = make(map[int64]*exchange), fifo[int64]{}
	c.links, c.newest = make(map[hop]int64), make(map[string]*exchange)
	c.misled = make(map[string]bool)
	c.sent, c.senders = make(map[sender]useOfID), fifo[sender]{}
	c.sessions, c.opened = make(map[charging.SessionID]*trial), fifo[*trial]{}
	c.due = nil
}

// hear takes one event.
func (c *court) hear(e *event) {
	switch e.kind {
	case eventReceived:
		c.received(e)
	case eventAnswered:
		if x := c.pending[e.exchange]; x != nil {
			x.request, x.answer = e.request, e.answer
			if d := e.answer.Delivery; d != nil && (d.Drop || d.Early) {
				c.complete(x)
			}
		}
	case eventSent:
		if x := c.pending[e.exchange]; x != nil {
			x.sentAt, x.raw = e.message.At, e.message.Raw
			if x.message.Ours && len(x.raw) > 0 {
				c.heard(x, e.message)
			}
			c.mislead(x)
			c.complete(x)
		}
	}
}

// mislead keeps that a client may take an answer for a request, say, and answer that.
func (c *court) mislead(x *exchange) {
	if x.answer == nil || x.answer.Delivery == nil || x.answer.Delivery.Preset == "" {
		return
	}
	if len(c.misled) >= mostClients {
		clear(c.misled)
	}
	c.misled[x.message.Link] = true
}

func (c *court) received(e *event) {
	x := &exchange{number: e.exchange, at: e.message.At, message: e.message}
	framed := false
	if c.Frame != nil && e.message.Door == "gy" {
		x.frame, framed = c.Frame(e.message.Raw)
	}
	if !x.message.Ours && c.Inspect != nil && e.message.Door == "gy" {
		x.found = c.Inspect(e.message)
	}
	if framed && x.frame.Request && !x.message.Ours {
		c.hop(x)
	}
	if framed && !x.frame.Request && !x.message.Ours && !c.misled[x.message.Link] {
		// What answers a request is told with that.
		x.found = append(x.found, findings.New("answer-unasked", fmt.Sprintf(
			"an answer with Hop-by-Hop Identifier %#08x, which no request on its connection fits",
			x.frame.HopByHop)))
	}
	if framed && (!x.frame.Request || x.frame.Command != findings.CreditControl) {
		c.tellAll(x)
	}
	if framed && !x.frame.Request {
		return
	}
	if x.message.Ours {
		c.summoned(x)
	}
	c.pending[x.number] = x
	c.follow(x)
	c.waiting.add(x.number)
	for c.waiting.len() > mostPending {
		c.giveUp(c.waiting.take())
	}
}

// giveUp forgets an exchange whose answer does not come.
func (c *court) giveUp(number int64) {
	if x := c.pending[number]; x != nil {
		c.tellAll(x)
		c.end(x)
	}
}

// follow puts an exchange behind those of its session that are under way.
func (c *court) follow(x *exchange) {
	if x.frame.Session != "" && !x.message.Ours {
		x.earlier = c.newest[x.frame.Session]
		c.newest[x.frame.Session] = x
	}
}

// overtakes reports whether an earlier request of the session is not judged yet, as its answer is
// held back, or none will come.
func (x *exchange) overtakes() bool {
	for x.earlier != nil && x.earlier.ended {
		x.earlier = x.earlier.earlier
	}
	return x.earlier != nil
}

func (c *court) end(x *exchange) {
	delete(c.pending, x.number)
	x.ended = true
	if c.newest[x.frame.Session] == x {
		delete(c.newest, x.frame.Session)
		if x.overtakes() {
			c.newest[x.frame.Session] = x.earlier
		}
	}
	if at := (hop{x.message.Link, x.frame.HopByHop}); c.links[at] == x.number {
		delete(c.links, at)
	}
}

// hop judges the Hop-by-Hop Identifier.
func (c *court) hop(x *exchange) {
	at := hop{x.message.Link, x.frame.HopByHop}
	if other, taken := c.links[at]; taken {
		x.found = append(x.found, findings.New("hop-by-hop-reused", fmt.Sprintf(
			"Hop-by-Hop Identifier %#08x, which exchange %d has, too", at.id, other)))
	}
	c.links[at] = x.number
}

// complete judges an exchange that has its answer, or will have none.
func (c *court) complete(x *exchange) {
	c.end(x)
	switch {
	case x.request == nil || x.request.Type == 0:
		c.tellAll(x)
	default:
		c.judged[x.request.Origin.Host]++
		c.charged(x)
	}
}

// tellAll tells what was found in the message by itself.
func (c *court) tellAll(x *exchange) {
	for _, f := range x.found {
		c.tell(x, f)
	}
	x.found = nil
}

// tell adds to a finding whom it is about.
func (c *court) tell(x *exchange, f charging.Finding) {
	f.Exchange, f.At, f.Peer, f.Session = x.number, x.at, x.message.Peer, x.frame.Session
	if r := x.request; r != nil {
		f.Session = r.Key.Session.ID
		if len(r.Subscribers) > 0 {
			f.Subscriber = r.Subscribers[0].Data
		}
		if r.Origin.Host != "" {
			f.Peer = r.Origin.Host
		}
	}
	c.found(f)
}

// find tells what was found in the course of a session.
func (c *court) find(x *exchange, rule, seen string, details ...any) {
	c.tell(x, findings.New(rule, fmt.Sprintf(seen, details...)))
}

// understood is the answer as the client got it, and whether that is one at all: what a scenario
// makes wrong on purpose taints the session, whose course nobody can hold against the client then.
func (c *court) understood(x *exchange) (a *charging.Answer, sound bool) {
	if c.Parse == nil || x.message.Door != "gy" || x.sentAt.IsZero() ||
		len(x.answer.Edits) == 0 && x.answer.Delivery == nil {
		return x.answer, true
	}
	got, err := c.Parse(x.raw)
	preset := x.answer.Delivery != nil && x.answer.Delivery.Preset != ""
	if err != nil || preset || got.Key.Session.ID != x.answer.Key.Session.ID ||
		got.Key.Number != x.answer.Key.Number || got.Result == 0 {
		return x.answer, false
	}
	got.Why, got.Repeat, got.Delivery = x.answer.Why, x.answer.Repeat, x.answer.Delivery
	got.Edits = x.answer.Edits
	return got, true
}

// A fifo is a queue.
type fifo[T any] struct {
	items []T
	head  int
}

func (q *fifo[T]) len() int { return len(q.items) - q.head }

func (q *fifo[T]) add(item T) {
	if q.head > len(q.items)/2 && q.head > 64 {
		q.items = append(q.items[:0], q.items[q.head:]...)
		q.head = 0
	}
	q.items = append(q.items, item)
}

func (q *fifo[T]) take() T {
	item := q.items[q.head]
	var none T
	q.items[q.head] = none
	q.head++
	return item
}

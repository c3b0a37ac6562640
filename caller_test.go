package ocssim_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// The prices of callerSeed, in millionths of a euro.
const (
	pricePerSecond = 10_000
	priceOfGuest   = 5_000 // a second, for each participant above two
	priceOfMessage = 50_000

	callerAccounts = 32
	callerFunds    = 1_000_000_000_000
)

const callerSeed = `
plans:
  im:
    currency: EUR
    rules:
      - name: message
        match: {kind: event}
        unit: events
        per: 1
        price: 0.05 EUR
      - name: conference
        match: {rating_group: 100}
        unit: time
        per: 1s
        price: 0.01 EUR
        participants: {mode: per_extra, base: 2, amount: 0.005 EUR}
        quota: {default: 300s}
accounts:
  - id: "caller-{n}"
    count: 32
    plan: im
    subscribers: [{e164: "1556{n:07}"}]
    balances: [{amount: 1000000.00 EUR}]
`

// A caller is one client session after another on one account. It keeps by itself what the ledger
// must hold for it, computed from what was acknowledged and from nothing else.
type caller struct {
	id      int
	account int
	random  *rand.Rand

	life    int
	session string
	number  uint32
	open    bool
	invited uint32 // participants that price the grant
	granted uint32
	held    int64 // the price of all that is granted
	spent   int64 // the price of all that was used

	pending *exchange   // asked and not answered
	done    []*exchange // acknowledged, not yet repeated
	settled []*exchange // repeated
}

// An exchange is a request and, once acknowledged, its answer.
type exchange struct {
	request ccr
	frame   []byte
	answer  []byte
	debit   int64
}

func newCaller(id int, random *rand.Rand) *caller {
	return &caller{id: id, account: id % callerAccounts, random: random}
}

// next makes the caller's next request pending. Its End-to-End-Id is its own for ever.
func (c *caller) next(endToEnd uint32) *exchange {
	r := ccr{
		session: c.session, subscriber: fmt.Sprintf("1556%07d", c.account), group: 100,
		wanted: 1 + c.random.Uint32N(300), invited: 1 + c.random.Uint32N(6),
	}
	switch {
	case c.open && c.number < 9 && c.random.IntN(4) > 0:
		r.kind = updateRequest
	case c.open:
		r.kind = terminationRequest
	default:
		c.begin(&r)
	}
	if c.open {
		c.number++
		r.number, r.used = c.number, c.random.Uint32N(c.granted+1)
	}
	c.pending = &exchange{request: r, frame: r.frame(endToEnd, endToEnd)}
	return c.pending
}

// begin makes the request the first of a new Session-Id.
func (c *caller) begin(r *ccr) {
	c.life++
	c.number = 0
	c.session = fmt.Sprintf("im.example.net;%d;%d", c.id, c.life)
	r.session, r.kind = c.session, initialRequest
	if c.random.IntN(4) == 0 {
		r.kind = eventRequest
		r.wanted = 1 + c.random.Uint32N(5)
	}
}

// acknowledge takes the answer to what is pending, and draws the consequences.
func (c *caller) acknowledge(answer []byte) error {
	e := c.pending
	if result(answer) != 2001 {
		return fmt.Errorf("%s: Result-Code %d, want 2001", e.name(), result(answer))
	}
	e.answer, c.pending = answer, nil
	c.done = append(c.done, e)
	e.debit = c.owes(e)
	c.spent += e.debit
	switch e.request.kind {
	case eventRequest:
		return nil
	case terminationRequest:
		c.open, c.held, c.granted = false, 0, 0
		return nil
	}
	grant, _ := find(answer, mscc, grantedUnits, ccTime)
	if grant.number() == 0 {
		return fmt.Errorf("%s: no CC-Time granted", e.name())
	}
	c.open, c.invited, c.granted = true, e.request.invited, grant.number()
	c.held = int64(c.granted) * c.price()
	return nil
}

// owes is what a request costs: usage at the conditions of its grant, messages as they are.
func (c *caller) owes(e *exchange) int64 {
	if e.request.kind == eventRequest {
		return int64(e.request.wanted) * priceOfMessage
	}
	return int64(e.request.used) * c.price()
}

// price is that of a second at the conditions of the grant.
func (c *caller) price() int64 {
	return pricePerSecond + priceOfGuest*int64(max(c.invited, 2)-2)
}

func (e *exchange) name() string {
	return fmt.Sprintf("%s number %d", e.request.session, e.request.number)
}

// repeated is the same request with the T flag (RFC 6733 section 3).
func (e *exchange) repeated() []byte {
	frame := bytes.Clone(e.frame)
	frame[4] |= flagRetransmitted
	return frame
}

// same reports whether another answer is the acknowledged one: flags, identifiers, and the same
// AVPs in the same order.
func (e *exchange) same(answer []byte) bool { return bytes.Equal(e.answer, answer) }

// A crowd is the callers of one connection.
type crowd struct {
	callers []*caller
	ids     uint32 // the last End-to-End-Id; the first eight bits are the crowd's own
}

func newCrowd(number, size int, random *rand.Rand) *crowd {
	c := &crowd{ids: uint32(number+1) << 24}
	for i := range size {
		c.callers = append(c.callers, newCaller(number*size+i, random))
	}
	return c
}

// talk has every caller ask as soon as it is answered, until the connection breaks, which is no
// error, or an answer is wrong.
func (c *crowd) talk(conn *gyConn) error {
	waiting := make(map[uint32]*caller, len(c.callers))
	ask := func(caller *caller) error {
		c.ids++
		waiting[c.ids] = caller
		_, err := conn.Write(caller.next(c.ids).frame)
		return err
	}
	for _, caller := range c.callers {
		if ask(caller) != nil {
			return nil
		}
	}
	for {
		answer, err := conn.answer()
		if err != nil {
			return nil
		}
		id := hopByHop(answer)
		caller, known := waiting[id]
		if !known {
			return fmt.Errorf("an answer to nobody: Hop-by-Hop-Id %#x", id)
		}
		delete(waiting, id)
		if err := caller.acknowledge(answer); err != nil {
			return err
		}
		if ask(caller) != nil {
			return nil
		}
	}
}

// repeatAll asks again for everything acknowledged since the last time, then for what is pending,
// all with the T flag. What was acknowledged must come back as it was.
func (c *crowd) repeatAll(conn *gyConn) error {
	for _, caller := range c.callers {
		for _, e := range caller.done {
			answer, err := conn.ask(e.repeated())
			if err != nil {
				return fmt.Errorf("repeat %s: %w", e.name(), err)
			}
			if !e.same(answer) {
				return fmt.Errorf("repeat %s:\nanswer % x\n  want % x",
					e.name(), answer, e.answer)
			}
		}
		caller.settled = append(caller.settled, caller.done...)
		caller.done = nil
	}
	return nil
}

// finish asks again for what nobody acknowledged before the server died, and takes the answer.
func (c *crowd) finish(conn *gyConn) error {
	for _, caller := range c.callers {
		if caller.pending == nil {
			continue
		}
		answer, err := conn.ask(caller.pending.repeated())
		if err != nil {
			return fmt.Errorf("finish %s: %w", caller.pending.name(), err)
		}
		if got, want := endToEnd(answer), endToEnd(caller.pending.frame); got != want {
			return fmt.Errorf("finish %s: End-to-End-Id = %#x, want %#x",
				caller.pending.name(), got, want)
		}
		if err := caller.acknowledge(answer); err != nil {
			return err
		}
	}
	return nil
}

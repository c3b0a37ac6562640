package accounts

import (
	"bytes"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// tx is one unit of work; it implements charging.Tx. The ledger has one and uses it again and
// again under its lock. What is changed while work runs is noted with its value before: if work
// errs, undo puts that back, and else the same notes say which after-images the entry needs.
// Whatever can wait until work is done waits for finish: supervision, keys, counts.
type tx struct {
	*Ledger
	out    *batch
	now    time.Time
	kind   string
	number int64     // of the unit's first entry
	serial int64     // tells this unit from all others
	forced bool      // an entry is due even if nothing is touched
	found  time.Time // when an expiry was found out, from when on the session is remembered
	err    error     // trouble that a method without an error result met

	accountsBefore []accountBefore
	balancesBefore []balanceBefore
	sessionsBefore []sessionBefore
	opened         []*reservation
	closed         []closedReservation
	remembered     []rememberedAnswer
	created        []*account // accounts made
	about          *account   // that the entry is about, where it touches none
	plansPut       map[string]bool
	urgent         []*account // rows to be written with the entry
	afterwards     []func()   // what cannot be undone, for when nothing can fail any more
	begun          int64      // sessions begun
	drawn          []draw     // scratch of Settle
	start          marks
}

// marks are where the unit began in what it appends to.
type marks struct {
	postings, arena, texts, statements, accounts int
	posting, reservation, account                int64
}

type accountBefore struct {
	account     *account
	balances    []*balance
	lastPosting int64
	nextSerial  int64
}

type balanceBefore struct {
	balance          *balance
	amount, reserved int64
	expired          bool
}

type sessionBefore struct {
	session   *session
	state     *charging.Session
	begun     bool
	forgotten bool
}

type closedReservation struct {
	reservation *reservation
	state       string
}

type rememberedAnswer struct {
	session *session
	answered
	answer []byte
	kind   string
}

// begin makes the tx ready for a unit of work.
func (t *tx) begin(at time.Time, kind string) {
	t.out, t.kind, t.number = t.waiting, kind, t.last+1
	t.now = laterOf(at.UTC().Truncate(time.Microsecond), t.lastAt)
	t.serial++
	t.forced, t.err, t.begun, t.found = false, nil, 0, time.Time{}
	t.accountsBefore, t.balancesBefore = t.accountsBefore[:0], t.balancesBefore[:0]
	t.sessionsBefore, t.opened, t.closed = t.sessionsBefore[:0], t.opened[:0], t.closed[:0]
	t.remembered, t.urgent, t.afterwards = t.remembered[:0], t.urgent[:0], nil
	t.created, t.about, t.plansPut = nil, nil, nil
	t.start = marks{
		postings: len(t.out.postings), arena: len(t.out.arena), texts: len(t.out.texts),
		statements: len(t.out.statements), accounts: len(t.byNumber),
		posting: t.lastPosting, reservation: t.lastReservation, account: t.lastAccount,
	}
}

func laterOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// undo puts everything back as it was.
func (t *tx) undo() {
	t.undoSessions()
	for _, c := range t.closed {
		if c.reservation.unit != t.serial {
			t.link(c.reservation)
		}
	}
	for _, r := range t.opened {
		if t.reservations[r.id] == r {
			t.unlink(r)
		}
	}
	for _, b := range t.balancesBefore {
		b.balance.amount, b.balance.reserved, b.balance.expired = b.amount, b.reserved, b.expired
	}
	for _, a := range t.accountsBefore {
		a.account.balances, a.account.lastPosting = a.balances, a.lastPosting
		a.account.nextSerial = a.nextSerial
	}
	for _, a := range t.created {
		t.dropAccount(a)
	}
	if len(t.created) > 0 {
		t.byNumber = t.byNumber[:t.start.accounts]
		t.goneNumbers -= len(t.created)
	}
	t.out.postings = t.out.postings[:t.start.postings]
	t.out.arena, t.out.texts = t.out.arena[:t.start.arena], t.out.texts[:t.start.texts]
	t.out.statements = t.out.statements[:t.start.statements]
	t.lastPosting, t.lastReservation = t.start.posting, t.start.reservation
	t.lastAccount = t.start.account
}

func (t *tx) undoSessions() {
	for _, s := range t.sessionsBefore {
		if s.begun {
			t.loseSession(s.session)
		}
	}
	for _, s := range t.sessionsBefore {
		if !s.begun {
			s.session.state = s.state
			t.keepSession(s.session)
		}
	}
}

func (t *tx) touchAccount(a *account) {
	if a.touched == t.serial {
		return
	}
	a.touched = t.serial
	t.accountsBefore = append(t.accountsBefore,
		accountBefore{a, a.balances, a.lastPosting, a.nextSerial})
}

func (t *tx) touchBalance(b *balance) {
	if b.touched == t.serial {
		return
	}
	b.touched = t.serial
	t.touchAccount(b.account)
	t.balancesBefore = append(t.balancesBefore, balanceBefore{b, b.amount, b.reserved, b.expired})
}

func (t *tx) touchSession(s *session, begun bool) *sessionBefore {
	if s.touched == t.serial {
		for i := range t.sessionsBefore {
			if t.sessionsBefore[i].session == s {
				return &t.sessionsBefore[i]
			}
		}
	}
	s.touched = t.serial
	t.sessionsBefore = append(t.sessionsBefore, sessionBefore{s, s.state, begun, false})
	return &t.sessionsBefore[len(t.sessionsBefore)-1]
}

// session finds what is known under a Session-Id, or begins to know something.
func (t *tx) session(id charging.SessionID) *session {
	s := t.sessionOf(id)
	if s == nil {
		s = newSession(id, t.number+t.begun)
		t.begun++
		t.keepSession(s)
		t.touchSession(s, true)
	}
	return s
}

// Now is part of charging.Tx.
func (t *tx) Now() time.Time { return t.now }

// Answered is part of charging.Tx. Trouble with reading an old answer makes the whole unit fail.
func (t *tx) Answered(key charging.Key) (charging.Prior, bool) {
	s := t.sessionOf(key.Session)
	if s == nil {
		return charging.Prior{}, false
	}
	for i := len(t.remembered) - 1; i >= 0; i-- {
		if r := &t.remembered[i]; r.session == s && r.number == key.Number {
			return prior(r.answered, r.answer), true
		}
	}
	found, ok, err := t.answer(s, key.Number)
	if err != nil && t.err == nil {
		t.err = err
	}
	return found, ok
}

// Remember is part of charging.Tx. A second answer in one unit of work is an entry of its own.
func (t *tx) Remember(a *charging.Answer, fingerprint uint64, endToEnd uint32) int64 {
	answer, err := a.AppendBinary(t.scratch[:0])
	if err != nil && t.err == nil {
		t.err = err
	}
	t.scratch, answer = answer, bytes.Clone(answer)
	s := t.session(a.Key.Session)
	t.touchSession(s, false)
	entry := t.number + int64(len(t.remembered))
	t.remembered = append(t.remembered, rememberedAnswer{
		session: s, answer: answer, kind: a.Type.String(),
		answered: answered{a.Key.Number, endToEnd, fingerprint, entry},
	})
	return entry
}

// Subscriber is part of charging.Tx.
func (t *tx) Subscriber(identity charging.Identity) (*charging.Account, bool) {
	a := t.subscribers[canonical(identity)]
	if a == nil {
		return nil, false
	}
	return a.view, true
}

// Account is part of charging.Tx.
func (t *tx) Account(id string) (*charging.Account, bool) {
	a := t.account(id)
	if a == nil {
		return nil, false
	}
	return a.view, true
}

// Plan is part of charging.Tx. A deleted plan has no current version; its old ones are still
// found, since sessions refer to them.
func (t *tx) Plan(name string, version int64) (*charging.PlanVersion, bool) {
	return t.planVersion(name, version)
}

// Session is part of charging.Tx.
func (t *tx) Session(id charging.SessionID) (*charging.Session, bool) {
	s := t.sessionOf(id)
	if s == nil || s.state == nil {
		return nil, false
	}
	return s.state, true
}

// PutSession is part of charging.Tx.
func (t *tx) PutSession(state *charging.Session) {
	s := t.session(state.ID)
	t.touchSession(s, false)
	s.state = state
}

// Reroute is part of charging.Tx. Nothing of it need be undone: the request did come that way.
func (t *tx) Reroute(id charging.SessionID, route *charging.Route) {
	s := t.sessionOf(id)
	if s == nil || s.state == nil || s.state.Route == route {
		return
	}
	next := *s.state
	next.Route = route
	s.state = &next
}

// Forget is part of charging.Tx. An open session, or one that holds anything, is not forgotten.
func (t *tx) Forget(id charging.SessionID) {
	s := t.sessionOf(id)
	if s == nil || s.state.Open() || len(s.held) > 0 {
		return
	}
	t.touchSession(s, false).forgotten = true
	t.loseSession(s)
}

// Available is part of charging.Tx.
func (t *tx) Available(id string, p charging.Purpose) charging.Means {
	a := t.account(id)
	if a == nil {
		return charging.Means{}
	}
	return a.means(&p, t.now)
}

// Funds is part of charging.Tx.
func (t *tx) Funds(id string, currency charging.Unit) charging.Funds {
	a := t.account(id)
	if a == nil {
		return charging.Funds{Money: charging.Quantity{Unit: currency}}
	}
	return a.funds(currency, t.now)
}

// Expiration is part of charging.Tx.
func (t *tx) Expiration(id string) (last time.Time) {
	a := t.account(id)
	if a == nil {
		return time.Time{}
	}
	for _, b := range a.balances {
		switch {
		case b.expired:
		case b.until.IsZero():
			return time.Time{}
		case b.until.After(last):
			last = b.until
		}
	}
	return last
}

package accounts

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// expireUntil posts all that is due until an instant, each as an entry at its own instant: sessions
// that supervision ends give back what they hold, balances lose what is not reserved.
func (l *Ledger) expireUntil(now time.Time) error {
	for {
		first, any := l.dueBy(now)
		if !any {
			return nil
		}
		if err := l.expire(first, now); err != nil {
			return err
		}
	}
}

func (l *Ledger) expire(d *due, now time.Time) error {
	if s := d.session; s != nil {
		err := l.runUnit(d.at, "expiry", func(t *tx) error { return t.expireSession(s) })
		if err == nil {
			// Where the clock has leapt, the session is known for a while from now on: whoever
			// turned it may well report usage next, and is to be told that it comes too late.
			s.ended = now
			l.ended[len(l.ended)-1].at = now
		}
		return err
	}
	return l.runUnit(d.at, "expiry", func(t *tx) error { return t.expireBalance(d.balance) })
}

// expireSession ends a session whose supervision (Tcc) has run out. Nothing is debited: what was
// used and never reported is not known (RFC 8506 section 5.7 leaves it to the operator).
func (t *tx) expireSession(s *session) error {
	t.touchSession(s, false)
	if err := t.dropHeld(s, expired); err != nil {
		return err
	}
	s.state = closed(s.state, t.now, charging.ClosedByExpiry)
	return nil
}

// dropHeld ends all reservations of a session.
func (t *tx) dropHeld(s *session, state string) error {
	for len(s.held) > 0 {
		if err := t.endReservation(s.held[0], nil, state); err != nil {
			return err
		}
	}
	return nil
}

// expireBalance posts what a balance whose time is over has and does not hold. Reservations outlive
// it; what they give back later is posted the same way.
func (t *tx) expireBalance(b *balance) error {
	t.touchBalance(b)
	b.expired = true
	if err := t.lapse(b); err != nil {
		return err
	}
	t.buryOldest(b.account)
	return nil
}

// buryOldest drops the expired and empty balances beyond those still shown.
func (t *tx) buryOldest(a *account) {
	var oldest *balance
	count := 0
	for _, b := range a.balances {
		if !b.expired || b.amount != 0 || b.reserved != 0 {
			continue
		}
		count++
		if oldest == nil || b.until.Before(oldest.until) {
			oldest = b
		}
	}
	if count <= maxTombstones {
		return
	}
	rest := make([]*balance, 0, len(a.balances)-1)
	for _, b := range a.balances {
		if b != oldest {
			rest = append(rest, b)
		}
	}
	a.balances = rest
	t.urgent = append(t.urgent, a)
}

// NextDue is the earliest instant at which anything expires, and whether there is one. Under load
// it has much to put right first; see NothingDueBefore.
func (l *Ledger) NextDue() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first, any := l.nextDue()
	if !any {
		return time.Time{}, false
	}
	l.notedDue = first.at
	return first.at, true
}

// NothingDueBefore is an instant before which nothing expires, and whether anything will. It is no
// later than NextDue and costs nothing, so that a timer may ask for it as often as it likes.
func (l *Ledger) NothingDueBefore() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.due) == 0 {
		return time.Time{}, false
	}
	l.notedDue = l.due[0].at
	return l.notedDue, true
}

// tickSlice is how much one hold of the lock expires when time has leapt.
const tickSlice = 1000

// Tick posts what is due until an instant, and returns when that is on disk. It holds the lock for a
// part of it at a time.
func (l *Ledger) Tick(ctx context.Context, at time.Time) error {
	for {
		due, err := l.tickOnce(ctx, at)
		if err != nil {
			return err
		}
		if !due {
			return l.change(ctx, at, "tick", func(*tx) error { return nil })
		}
	}
}

// tickOnce expires a slice and reports whether that was not all.
func (l *Ledger) tickOnce(ctx context.Context, at time.Time) (more bool, err error) {
	if err := l.enter(ctx); err != nil {
		return false, err
	}
	now := laterOf(at.UTC().Truncate(time.Microsecond), l.lastAt)
	for range tickSlice {
		first, any := l.dueBy(now)
		if !any {
			more = false
			break
		}
		more = true
		if err = l.expire(first, now); err != nil {
			break
		}
	}
	l.leave(func(error) {}, nil)
	return more, err
}

// DueChanged has one value whenever NextDue may have become earlier since the last one was taken.
func (l *Ledger) DueChanged() <-chan struct{} { return l.dueChanged }

// noteDue tells the timer. It runs under the lock at the end of every unit of work.
func (l *Ledger) noteDue() {
	if len(l.due) == 0 {
		l.notedDue = time.Time{}
		return
	}
	// What comes first may really be due later; Tick finds that out.
	at := l.due[0].at
	earlier := l.notedDue.IsZero() || at.Before(l.notedDue)
	l.notedDue = at
	if !earlier {
		return
	}
	select {
	case l.dueChanged <- struct{}{}:
	default:
	}
}

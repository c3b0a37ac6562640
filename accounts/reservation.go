package accounts

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Reservation is an amount set aside for a service of a session, as people see it.
type Reservation struct {
	ID      int64
	Account string
	Session charging.SessionID
	Service charging.ServiceKey
	Draws   []Draw
	State   string // open; settled, released or expired once it has ended
	At      time.Time
}

// A Draw is what a reservation holds of one balance.
type Draw struct {
	Balance string
	Amount  charging.Quantity
}

// The ends of a reservation.
const (
	stateOpen = "open"
	settled   = "settled"
	released  = "released"
	expired   = "expired"
)

// reservation is an open reservation in memory. It is never changed: it ends, and is gone.
type reservation struct {
	id      int64
	account *account
	session *session
	service charging.ServiceKey
	at      time.Time
	draws   []draw // in draw order
	unit    int64  // serial of the unit of work that opened it

	next, previous *reservation // of the same account
}

type draw struct {
	balance *balance
	amount  int64
}

// link puts the reservation among the open ones of its account and session.
func (b *books) link(r *reservation) {
	b.reservations[r.id] = r
	r.next, r.previous = r.account.held, nil
	if r.next != nil {
		r.next.previous = r
	}
	r.account.held = r
	r.session.held = append(r.session.held, r)
}

// unlink takes it out again.
func (b *books) unlink(r *reservation) {
	delete(b.reservations, r.id)
	if r.previous != nil {
		r.previous.next = r.next
	} else {
		r.account.held = r.next
	}
	if r.next != nil {
		r.next.previous = r.previous
	}
	r.next, r.previous = nil, nil
	for i, held := range r.session.held {
		if held == r {
			r.session.held = append(r.session.held[:i], r.session.held[i+1:]...)
			break
		}
	}
}

func (r *reservation) document() Reservation {
	out := Reservation{
		ID: r.id, Account: r.account.view.ID, Session: r.session.id, Service: r.service,
		State: stateOpen, At: r.at, Draws: make([]Draw, 0, len(r.draws)),
	}
	for _, d := range r.draws {
		out.Draws = append(out.Draws, Draw{
			Balance: d.balance.id,
			Amount:  charging.Quantity{Amount: d.amount, Unit: d.balance.unit},
		})
	}
	return out
}

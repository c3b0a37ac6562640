package accounts_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"pgregory.net/rapid"
)

func purpose(r *rapid.T) charging.Purpose {
	return charging.Purpose{
		Group: groups.Draw(r, "group"), Currency: "EUR",
		Unit: rapid.SampledFrom([]charging.Unit{"time", "input", "total", "events"}).Draw(r, "unit"),
	}
}

func (m *machine) put(r *rapid.T) {
	doc := accounts.Account{ID: names.Draw(r, "id"), Status: charging.Active}
	for i := range rapid.IntRange(0, 3).Draw(r, "balances") {
		b := accounts.Balance{
			ID:       fmt.Sprintf("b%d", i),
			Amount:   charging.Quantity{Amount: amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")},
			Priority: rapid.IntRange(0, 1).Draw(r, "priority"),
		}
		b.CreditLimit = rapid.SampledFrom([]int64{0, 0, 50}).Draw(r, "limit")
		if rapid.Bool().Draw(r, "ends") {
			b.ValidUntil = m.model.now.Add(rapid.SampledFrom([]time.Duration{
				time.Minute, time.Hour,
			}).Draw(r, "until"))
		}
		if rapid.IntRange(0, 4).Draw(r, "later") == 0 {
			b.ValidFrom = m.model.now.Add(30 * time.Second)
		}
		if rapid.IntRange(0, 2).Draw(r, "restricted") == 0 {
			b.RatingGroups = []uint32{1}
		}
		if old := m.model.accounts[doc.ID]; old != nil {
			for _, other := range old.balances {
				if other.ID == b.ID {
					b.Amount.Unit = other.Amount.Unit
				}
			}
		}
		doc.Balances = append(doc.Balances, b)
	}
	_, created, err := m.ledger.PutAccount(m.ctx, m.model.now, doc)
	if err != nil {
		r.Fatalf("PutAccount: %v", err)
	}
	if want := m.model.accounts[doc.ID] == nil; created != want {
		r.Fatalf("PutAccount created = %v, want %v", created, want)
	}
	m.model.put(doc)
}

func (m *machine) reserve(r *rapid.T) {
	id, session, p := m.account(r), sessionNames.Draw(r, "session"), purpose(r)
	if s := m.model.sessions[session]; s != nil && !s.open && s.closedBy != "" {
		r.Skip("closed")
	}
	a := charging.Amounts{Units: amounts.Draw(r, "units"), Money: amounts.Draw(r, "money")}
	var reservation int64
	err := m.update(func(tx charging.Tx) (err error) {
		holder := charging.Holder{Session: charging.SessionID{ID: session}}
		reservation, err = tx.Reserve(id, holder, p, a)
		return err
	})
	units, money := m.model.means(id, p)
	if a.Units > units || a.Money > money {
		var lack *charging.Error
		if !errors.As(err, &lack) || lack.Kind != charging.KindInsufficientCredit {
			r.Fatalf("Reserve(%+v) of %d units, %d money = %v, want insufficient credit",
				a, units, money, err)
		}
		return
	}
	if err != nil {
		r.Fatalf("Reserve(%+v) of %d units, %d money = %v", a, units, money, err)
	}
	if a != (charging.Amounts{}) {
		m.model.reserve(reservation, id, session, p, a)
		m.touch(session)
	}
}

// touch is what any trace of a session leaves.
func (m *machine) touch(session string) {
	s := m.model.sessions[session]
	if s == nil {
		s = &modelSession{answers: map[uint32][]byte{}}
		m.model.sessions[session] = s
	}
	s.ended = m.model.now
}

func (m *machine) anyReservation(r *rapid.T) int64 {
	ids := make([]int64, 0, len(m.model.reservations))
	for id := range m.model.reservations {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		r.Skip("no reservation")
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(r, "reservation")
}

func (m *machine) settle(r *rapid.T) {
	var id string
	reservation := int64(0)
	if len(m.model.reservations) > 0 && rapid.Bool().Draw(r, "reserved") {
		reservation = m.anyReservation(r)
		id = m.model.reservations[reservation].account
	} else {
		id = m.account(r)
	}
	p := purpose(r)
	session := sessionNames.Draw(r, "session")
	var parts []charging.Part
	for range rapid.IntRange(0, 2).Draw(r, "parts") {
		parts = append(parts, charging.Part{
			Session: charging.SessionID{ID: session},
			Amounts: charging.Amounts{Units: amounts.Draw(r, "units"), Money: amounts.Draw(r, "money")},
			Reason:  charging.Reason{Code: "used", Detail: "a \"test\"\n"},
		})
	}
	var overrun charging.Amounts
	if err := m.update(func(tx charging.Tx) (err error) {
		overrun, err = tx.Settle(id, reservation, p, parts)
		return err
	}); err != nil {
		r.Fatalf("Settle: %v", err)
	}
	if holder := m.model.reservations[reservation]; holder != nil {
		m.touch(holder.session)
	}
	if want := m.model.settle(id, reservation, p, parts); overrun != want {
		r.Fatalf("Settle(%+v) overran %+v, want %+v", parts, overrun, want)
	}
	if len(parts) > 0 {
		m.touch(session)
	}
}

func (m *machine) release(r *rapid.T) {
	reservation := m.anyReservation(r)
	if err := m.update(func(tx charging.Tx) error { return tx.Release(reservation) }); err != nil {
		r.Fatalf("Release: %v", err)
	}
	m.touch(m.model.reservations[reservation].session)
	m.model.end(reservation)
	if err := m.update(func(tx charging.Tx) error { return tx.Release(reservation) }); err == nil {
		r.Fatalf("Release(%d) twice = nil, want an error", reservation)
	}
}

func (m *machine) openSession(r *rapid.T) {
	id, session := m.account(r), sessionNames.Draw(r, "session")
	deadline := m.model.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, 2 * time.Minute,
	}).Draw(r, "deadline"))
	if err := m.update(func(tx charging.Tx) error {
		if s, found := tx.Session(charging.SessionID{ID: session}); found && !s.Open() {
			tx.Forget(s.ID)
		}
		tx.PutSession(&charging.Session{
			ID: charging.SessionID{ID: session}, Account: id, Opened: tx.Now(), Deadline: deadline,
		})
		return nil
	}); err != nil {
		r.Fatalf("PutSession: %v", err)
	}
	s := m.model.sessions[session]
	if s == nil || s.closedBy != "" {
		s = &modelSession{answers: map[uint32][]byte{}}
		m.model.sessions[session] = s
	}
	s.account, s.open, s.deadline, s.closedBy = id, true, deadline, ""
}

func (m *machine) closeSession(r *rapid.T) {
	session := sessionNames.Draw(r, "session")
	s := m.model.sessions[session]
	if s == nil || !s.open {
		r.Skip("not open")
	}
	release := rapid.Bool().Draw(r, "release")
	holds := len(m.model.held(session)) > 0
	err := m.update(func(tx charging.Tx) error {
		state, _ := tx.Session(charging.SessionID{ID: session})
		next := *state
		next.Closed, next.ClosedBy = tx.Now(), "termination"
		tx.PutSession(&next)
		for _, reservation := range m.model.held(session) {
			if !release {
				break
			}
			if err := tx.Release(reservation); err != nil {
				return err
			}
		}
		return nil
	})
	if holds && !release {
		if err == nil {
			r.Fatalf("closing a session that holds a reservation = nil, want an error")
		}
		return
	}
	if err != nil {
		r.Fatalf("close: %v", err)
	}
	m.model.closeSession(session, "termination")
}

func (m *machine) credit(r *rapid.T) {
	id := m.account(r)
	balance := m.model.accounts[id].order()
	amount := charging.Quantity{Amount: 1 + amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")}
	_, err := m.ledger.Credit(m.ctx, m.model.now, id,
		accounts.Transfer{Amount: amount, Reference: "voucher"})
	for _, b := range balance {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			if err != nil {
				r.Fatalf("Credit: %v", err)
			}
			m.model.post(b, amount.Amount, "credit")
			return
		}
	}
	if err == nil {
		r.Fatalf("Credit(%s) without such a balance = nil, want an error", amount)
	}
}

func (m *machine) debit(r *rapid.T) {
	id := m.account(r)
	amount := charging.Quantity{Amount: 1 + amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")}
	_, err := m.ledger.Debit(m.ctx, m.model.now, id, accounts.Transfer{Amount: amount})
	var available int64
	for _, b := range m.model.accounts[id].order() {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			available += b.available()
		}
	}
	if (err == nil) != (available >= amount.Amount) {
		r.Fatalf("Debit(%s) of %d available = %v", amount, available, err)
	}
	if err != nil {
		return
	}
	for _, b := range m.model.accounts[id].order() {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			take := min(amount.Amount, b.available())
			m.model.post(b, -take, "debit")
			amount.Amount -= take
		}
	}
}

func (m *machine) refund(r *rapid.T) {
	id, p := m.account(r), purpose(r)
	amount := 1 + amounts.Draw(r, "amount")
	err := m.update(func(tx charging.Tx) error {
		return tx.Credit(id, p, charging.Part{Amounts: charging.Amounts{Money: amount}})
	})
	var best *modelBalance
	for _, b := range m.model.accounts[id].order() {
		if !b.fits(p, true) || !b.usable(m.model.now) {
			continue
		}
		if best == nil || b.open(p) && !best.open(p) {
			best = b
		}
	}
	if (err == nil) != (best != nil) {
		r.Fatalf("Credit = %v, with a balance: %v", err, best != nil)
	}
	if best != nil {
		m.model.post(best, amount, "refund")
	}
}

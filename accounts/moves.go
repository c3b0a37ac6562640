package accounts

import (
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Reserve is part of charging.Tx. Reserving nothing is no reservation: it returns 0. An unknown
// account is KindAccountNotFound; amounts below zero are an error.
func (t *tx) Reserve(
	id string, holder charging.Holder, p charging.Purpose, amounts charging.Amounts,
) (int64, error) {
	a, err := t.accountFor(id, amounts)
	if err != nil {
		return 0, fmt.Errorf("reserve: %w", err)
	}
	if amounts == (charging.Amounts{}) {
		return 0, nil
	}
	means := a.means(&p, t.now)
	if means.Units < amounts.Units || means.Money < amounts.Money {
		return 0, lackOf(a, &p, amounts, means)
	}
	t.lastReservation++
	r := &reservation{
		id: t.lastReservation, account: a, session: t.session(holder.Session),
		service: holder.Service, at: t.now, unit: t.serial,
	}
	t.setAside(r, &p, amounts.Units, false)
	t.setAside(r, &p, amounts.Money, true)
	t.touchSession(r.session, false)
	t.link(r)
	t.opened = append(t.opened, r)
	return r.id, nil
}

func (t *tx) accountFor(id string, amounts charging.Amounts) (*account, error) {
	a := t.account(id)
	if a == nil {
		return nil, noAccount(id)
	}
	if amounts.Units < 0 || amounts.Money < 0 {
		return nil, fmt.Errorf("amounts %+v of account %s are below zero", amounts, id)
	}
	return a, nil
}

func lackOf(a *account, p *charging.Purpose, want charging.Amounts, has charging.Means) error {
	lack := charging.Quantity{Amount: want.Money, Unit: p.Currency}
	available := has.Money
	if has.Units < want.Units {
		lack, available = charging.Quantity{Amount: want.Units, Unit: p.Unit}, has.Units
	}
	return &charging.Error{
		Kind: charging.KindInsufficientCredit,
		Message: fmt.Sprintf("account %s has %s available, not %s",
			a.view.ID, charging.Quantity{Amount: available, Unit: lack.Unit}, lack),
		Hint: "credit the account, or raise a credit limit",
	}
}

// setAside draws an amount in draw order; the caller has seen that there is enough.
func (t *tx) setAside(r *reservation, p *charging.Purpose, amount int64, money bool) {
	for _, b := range r.account.balances {
		if amount == 0 {
			return
		}
		if !b.pays(p, money) || !b.admits(p.Group) || !b.valid(t.now) {
			continue
		}
		take := min(amount, b.available())
		if take == 0 {
			continue
		}
		t.touchBalance(b)
		b.reserved += take
		amount -= take
		r.draws = append(r.draws, draw{b, take})
	}
}

// Release is part of charging.Tx. Releasing reservation 0 does nothing.
func (t *tx) Release(id int64) error {
	if id == 0 {
		return nil
	}
	r, err := t.openReservation(id)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return t.endReservation(r, nil, released)
}

// openReservation finds a reservation that has not ended. That it ends once is an invariant, so
// asking for another is an error of the caller's.
func (t *tx) openReservation(id int64) (*reservation, error) {
	r := t.reservations[id]
	if r == nil {
		return nil, fmt.Errorf("reservation %d is not open (invariant %s)", id, endsOnce)
	}
	return r, nil
}

// endReservation ends a reservation. left is what of each draw is still held, nil: all. What was
// set aside from a balance whose time is over goes where the rest of the balance went.
func (t *tx) endReservation(r *reservation, left []draw, state string) error {
	if left == nil {
		left = r.draws
	}
	for _, d := range left {
		t.touchBalance(d.balance)
		d.balance.reserved -= d.amount
		if d.balance.expired && d.amount > 0 {
			if err := t.lapse(d.balance); err != nil {
				return err
			}
		}
	}
	t.touchSession(r.session, false)
	t.unlink(r)
	t.closed = append(t.closed, closedReservation{r, state})
	return nil
}

// lapse posts what an expired balance has and does not hold for a reservation.
func (t *tx) lapse(b *balance) error {
	free := b.unreserved()
	if free <= 0 {
		return nil
	}
	return t.post(b, -free, againstExpired, origin{reason: charging.Reason{
		Code: "expired", Detail: "valid until " + b.until.Format(time.RFC3339Nano),
	}})
}

// Settle is part of charging.Tx. Overrun makes a balance negative (see debtor) and has postings of
// its own, with the reason code "overrun".
func (t *tx) Settle(
	id string, reservation int64, p charging.Purpose, parts []charging.Part,
) (charging.Amounts, error) {
	overrun, err := t.settle(id, reservation, &p, parts)
	if err != nil {
		return overrun, fmt.Errorf("settle: %w", err)
	}
	return overrun, nil
}

func (t *tx) settle(
	id string, reservation int64, p *charging.Purpose, parts []charging.Part,
) (overrun charging.Amounts, err error) {
	s := settlement{tx: t, purpose: p}
	if reservation != 0 {
		r, err := t.openReservation(reservation)
		if err != nil {
			return overrun, err
		}
		if r.account.view.ID != id {
			return overrun, fmt.Errorf("reservation %d is of account %s, not of %s",
				reservation, r.account.view.ID, id)
		}
		s.reservation, s.left = r, append(t.drawn[:0], r.draws...)
		t.drawn = s.left
	}
	if err := s.countable(id, parts); err != nil {
		return overrun, err
	}
	for i := range parts {
		if err := s.settlePart(&parts[i], &overrun); err != nil {
			return overrun, err
		}
	}
	if s.reservation == nil {
		return overrun, nil
	}
	return overrun, t.endReservation(s.reservation, s.left, settled)
}

// A settlement is one call of Settle.
type settlement struct {
	tx          *tx
	account     *account
	reservation *reservation
	left        []draw // what the reservation still holds
	purpose     *charging.Purpose
}

// countable finds the account and sees that no posting fails.
func (s *settlement) countable(id string, parts []charging.Part) (err error) {
	var sum charging.Amounts
	for i := range parts {
		if s.account, err = s.tx.accountFor(id, parts[i].Amounts); err != nil {
			return err
		}
		if sum.Units, err = charging.Add(sum.Units, parts[i].Units); err != nil {
			return err
		}
		if sum.Money, err = charging.Add(sum.Money, parts[i].Money); err != nil {
			return err
		}
	}
	if s.account == nil {
		return nil
	}
	if err := s.bearable(sum.Units, false); err != nil {
		return err
	}
	return s.bearable(sum.Money, true)
}

// bearable sees that what nobody has for an amount can be owed. Only a balance that owes much
// already cannot take it.
func (s *settlement) bearable(amount int64, money bool) error {
	debtor := s.account.debtor(s.purpose, money, s.tx.now)
	if debtor == nil || debtor.amount >= -1 {
		return nil
	}
	if _, err := charging.Add(debtor.amount, -amount); err == nil {
		return nil
	}
	owed, drawn := amount, int64(0)
	for _, d := range s.left {
		if d.balance.money != money {
			continue
		}
		owed -= min(owed, d.amount)
		if d.balance == debtor {
			drawn = charging.Saturate(drawn, d.amount)
		}
	}
	for _, b := range s.account.balances {
		if b.pays(s.purpose, money) && b.admits(s.purpose.Group) && b.valid(s.tx.now) {
			owed -= min(owed, b.available())
			if b == debtor {
				drawn = charging.Saturate(drawn, b.available())
			}
		}
	}
	if owed == 0 {
		return nil
	}
	_, err := charging.Add(charging.Saturate(debtor.amount, -drawn), -owed)
	return err
}

func (s *settlement) settlePart(part *charging.Part, overrun *charging.Amounts) error {
	from := s.tx.originOf(part)
	units, err := s.debit(part.Units, false, from)
	if err != nil {
		return err
	}
	money, err := s.debit(part.Money, true, from)
	if err != nil {
		return err
	}
	if overrun.Units, err = charging.Add(overrun.Units, units); err != nil {
		return err
	}
	overrun.Money, err = charging.Add(overrun.Money, money)
	return err
}

// debit posts an amount: from the reservation, then from what is available, then as overrun.
func (s *settlement) debit(amount int64, money bool, from origin) (overrun int64, err error) {
	for i := range s.left {
		d := &s.left[i]
		if amount == 0 {
			return 0, nil
		}
		if d.balance.money != money || d.amount == 0 {
			continue
		}
		take := min(amount, d.amount)
		d.amount -= take
		s.tx.touchBalance(d.balance)
		d.balance.reserved -= take
		if err := s.tx.post(d.balance, -take, againstRevenue, from); err != nil {
			return 0, err
		}
		amount -= take
	}
	if amount, err = s.tx.draw(s.account, s.purpose, amount, money, againstRevenue, from); err != nil {
		return 0, err
	}
	return amount, s.overrun(amount, money, from)
}

// draw posts an amount from what is available, in draw order, and returns what is missing.
func (t *tx) draw(
	a *account, p *charging.Purpose, amount int64, money bool, against string, from origin,
) (int64, error) {
	for _, b := range a.balances {
		if amount == 0 {
			break
		}
		if !b.pays(p, money) || !b.admits(p.Group) || !b.valid(t.now) {
			continue
		}
		take := min(amount, b.available())
		if take == 0 {
			continue
		}
		if err := t.post(b, -take, against, from); err != nil {
			return 0, err
		}
		amount -= take
	}
	return amount, nil
}

func (s *settlement) overrun(amount int64, money bool, from origin) error {
	if amount == 0 {
		return nil
	}
	unit := s.purpose.Unit
	if money {
		unit = s.purpose.Currency
	}
	b := s.account.debtor(s.purpose, money, s.tx.now)
	if b == nil {
		b = s.tx.addBalance(s.account, unit)
	}
	from.reason.Code = charging.BecauseOverrun
	return s.tx.post(b, -amount, againstRevenue, from)
}

// addBalance makes an empty balance, so that there is something that can be negative.
func (t *tx) addBalance(a *account, unit charging.Unit) *balance {
	t.touchAccount(a)
	id := overdraftID
	if a.balance(id) != nil {
		id += "-" + string(unit)
	}
	b := &balance{account: a, serial: a.nextSerial, id: id, unit: unit, money: unit.Money()}
	b.due.balance = b
	a.nextSerial++
	// The slice before belongs to undo.
	a.balances = append(slices.Clone(a.balances), b)
	a.sortBalances()
	t.urgent = append(t.urgent, a)
	return b
}

// Credit is part of charging.Tx. It is KindUnitMismatch where no valid balance takes the amounts.
func (t *tx) Credit(id string, p charging.Purpose, part charging.Part) error {
	a, err := t.accountFor(id, part.Amounts)
	if err != nil {
		return fmt.Errorf("credit: %w", err)
	}
	for _, money := range []bool{false, true} {
		if err := t.credit(a, &p, &part, money); err != nil {
			return fmt.Errorf("credit: %w", err)
		}
	}
	return nil
}

// credit posts the money of a part, or its units. Before the first of both it sees that neither
// fails.
func (t *tx) credit(a *account, p *charging.Purpose, part *charging.Part, money bool) error {
	amount := part.Units
	if money {
		amount = part.Money
	} else if err := t.creditable(a, p, part.Money, true); err != nil {
		return err
	}
	if err := t.creditable(a, p, amount, money); err != nil || amount == 0 {
		return err
	}
	return t.post(a.creditor(p, money, t.now), amount, againstRefund, t.originOf(part))
}

// creditable reports why an amount cannot be paid back.
func (t *tx) creditable(a *account, p *charging.Purpose, amount int64, money bool) error {
	if amount == 0 {
		return nil
	}
	b := a.creditor(p, money, t.now)
	if b == nil {
		unit := p.Unit
		if money {
			unit = p.Currency
		}
		return noFittingBalance(a, unit)
	}
	_, err := charging.Add(b.amount, amount)
	return err
}

func noFittingBalance(a *account, unit charging.Unit) error {
	return &charging.Error{
		Kind:    charging.KindUnitMismatch,
		Message: fmt.Sprintf("account %s has no valid balance of %s", a.view.ID, unit),
		Hint:    "PUT the account with such a balance",
	}
}

func noAccount(id string) error {
	return &charging.Error{
		Kind: charging.KindAccountNotFound, Message: "no account " + id,
		Hint: "create it with PUT /v1/accounts/" + id,
	}
}

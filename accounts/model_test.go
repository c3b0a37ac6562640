package accounts_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

// The model is the ledger once more, as simple as can be: no log, no heaps, no undo. It is what the
// property test compares with.
type model struct {
	now          time.Time
	accounts     map[string]*modelAccount
	reservations map[int64]*modelReservation
	sessions     map[string]*modelSession
	posted       map[string]int64 // by counter-account
}

type modelAccount struct {
	id       string
	balances []*modelBalance
}

type modelBalance struct {
	accounts.Balance
	reserved int64
	expired  bool
}

type modelReservation struct {
	account string
	session string
	draws   []modelDraw
}

type modelDraw struct {
	balance *modelBalance
	amount  int64
}

type modelSession struct {
	account  string
	open     bool
	closedBy string
	deadline time.Time
	ended    time.Time
	answers  map[uint32][]byte
}

func newModel(now time.Time) *model {
	return &model{
		now: now, accounts: map[string]*modelAccount{},
		reservations: map[int64]*modelReservation{}, sessions: map[string]*modelSession{},
		posted: map[string]int64{},
	}
}

func (m *model) post(b *modelBalance, amount int64, against string) {
	b.Amount.Amount += amount
	m.posted[against] -= amount
}

// order is the draw order: priority, earliest end, id.
func (a *modelAccount) order() []*modelBalance {
	list := slices.Clone(a.balances)
	end := func(b *modelBalance) int64 {
		if b.ValidUntil.IsZero() {
			return 1<<63 - 1
		}
		return b.ValidUntil.UnixNano()
	}
	slices.SortFunc(list, func(a, b *modelBalance) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(end(a), end(b)),
			cmp.Compare(a.ID, b.ID))
	})
	return list
}

func (b *modelBalance) usable(now time.Time) bool {
	return !b.expired && !now.Before(b.ValidFrom) &&
		(b.ValidUntil.IsZero() || now.Before(b.ValidUntil))
}

func (b *modelBalance) fits(p charging.Purpose, money bool) bool {
	if money != b.Amount.Unit.Money() {
		return false
	}
	if money {
		return b.Amount.Unit == p.Currency
	}
	return b.Amount.Unit == p.Unit || b.Amount.Unit == charging.Total && p.Unit.Octets()
}

func (b *modelBalance) open(p charging.Purpose) bool {
	return len(b.RatingGroups) == 0 ||
		p.Group.Known && slices.Contains(b.RatingGroups, uint32(p.Group.Value))
}

func (b *modelBalance) available() int64 {
	return max(0, b.Amount.Amount+b.CreditLimit-b.reserved)
}

func (m *model) means(id string, p charging.Purpose) (units, money int64) {
	for _, b := range m.accounts[id].balances {
		if !b.usable(m.now) || !b.open(p) {
			continue
		}
		if b.fits(p, true) {
			money += b.available()
		}
		if b.fits(p, false) {
			units += b.available()
		}
	}
	return units, money
}

func (m *model) reserve(
	reservation int64, id, session string, p charging.Purpose, a charging.Amounts,
) {
	r := &modelReservation{account: id, session: session}
	for _, part := range []struct {
		amount int64
		money  bool
	}{{a.Units, false}, {a.Money, true}} {
		for _, b := range m.accounts[id].order() {
			if !b.usable(m.now) || !b.open(p) || !b.fits(p, part.money) {
				continue
			}
			take := min(part.amount, b.available())
			if take > 0 {
				b.reserved += take
				part.amount -= take
				r.draws = append(r.draws, modelDraw{b, take})
			}
		}
	}
	m.reservations[reservation] = r
}

func (m *model) end(reservation int64) {
	r := m.reservations[reservation]
	for _, d := range r.draws {
		d.balance.reserved -= d.amount
		m.lapse(d.balance)
	}
	delete(m.reservations, reservation)
}

func (m *model) lapse(b *modelBalance) {
	if free := b.Amount.Amount - b.reserved; b.expired && free > 0 {
		m.post(b, -free, "expired")
	}
}

func (m *model) settle(
	id string, reservation int64, p charging.Purpose, parts []charging.Part,
) (overrun charging.Amounts) {
	r := m.reservations[reservation]
	for _, part := range parts {
		overrun.Units += m.debit(id, r, p, part.Units, false)
		overrun.Money += m.debit(id, r, p, part.Money, true)
	}
	if r != nil {
		m.end(reservation)
	}
	return overrun
}

func (m *model) debit(
	id string, r *modelReservation, p charging.Purpose, amount int64, money bool,
) int64 {
	if r != nil {
		for i := range r.draws {
			d := &r.draws[i]
			if d.balance.Amount.Unit.Money() != money {
				continue
			}
			take := min(amount, d.amount)
			d.amount -= take
			d.balance.reserved -= take
			m.post(d.balance, -take, "revenue")
			amount -= take
		}
	}
	for _, b := range m.accounts[id].order() {
		if b.usable(m.now) && b.open(p) && b.fits(p, money) {
			take := min(amount, b.available())
			m.post(b, -take, "revenue")
			amount -= take
		}
	}
	if amount > 0 {
		m.post(m.debtor(id, p, money), -amount, "revenue")
	}
	return amount
}

func (m *model) debtor(id string, p charging.Purpose, money bool) *modelBalance {
	a := m.accounts[id]
	order := a.order()
	for _, want := range []func(*modelBalance) bool{
		func(b *modelBalance) bool { return b.usable(m.now) && b.open(p) },
		func(b *modelBalance) bool { return b.usable(m.now) },
		func(*modelBalance) bool { return true },
	} {
		for _, b := range slices.Backward(order) {
			if b.fits(p, money) && want(b) {
				return b
			}
		}
	}
	unit := p.Unit
	if money {
		unit = p.Currency
	}
	name := "overdraft"
	if slices.ContainsFunc(a.balances, func(b *modelBalance) bool { return b.ID == name }) {
		name += "-" + string(unit)
	}
	b := &modelBalance{Balance: accounts.Balance{ID: name, Amount: charging.Quantity{Unit: unit}}}
	a.balances = append(a.balances, b)
	return b
}

// advance moves time on, one due instant after the other.
func (m *model) advance(to time.Time) {
	for {
		at, due := time.Time{}, func() {}
		consider := func(when time.Time, do func()) {
			if !when.IsZero() && !when.After(to) && (at.IsZero() || when.Before(at)) {
				at, due = when, do
			}
		}
		for id, s := range m.sessions {
			if s.open {
				consider(s.deadline, func() {
					m.closeSession(id, "expired")
					s.ended = to // Known for ten minutes from when it was found out.
				})
			}
		}
		for _, a := range m.accounts {
			for _, b := range a.balances {
				if !b.expired {
					consider(b.ValidUntil, func() {
						b.expired = true
						m.lapse(b)
					})
				}
			}
		}
		if at.IsZero() {
			break
		}
		if at.After(m.now) {
			m.now = at
		}
		due()
	}
	if to.After(m.now) {
		m.now = to
	}
}

func (m *model) closeSession(id, by string) {
	for _, reservation := range m.held(id) {
		m.end(reservation)
	}
	s := m.sessions[id]
	s.open, s.closedBy, s.ended = false, by, m.now
}

// held are the reservations of a session, oldest first.
func (m *model) held(session string) []int64 {
	var list []int64
	for id, r := range m.reservations {
		if r.session == session {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// put is PutAccount.
func (m *model) put(doc accounts.Account) {
	a := m.accounts[doc.ID]
	if a == nil {
		a = &modelAccount{id: doc.ID}
		m.accounts[doc.ID] = a
	}
	for _, want := range doc.Balances {
		i := slices.IndexFunc(a.balances, func(b *modelBalance) bool { return b.ID == want.ID })
		if i < 0 {
			b := &modelBalance{Balance: want}
			b.Amount.Amount = 0
			m.post(b, want.Amount.Amount, "opening")
			a.balances = append(a.balances, b)
			continue
		}
		b := a.balances[i]
		m.post(b, want.Amount.Amount-b.Amount.Amount, "adjustment")
		amount := b.Amount
		b.Balance = want
		b.Amount = amount
		if b.ValidUntil.IsZero() || b.ValidUntil.After(m.now) {
			b.expired = false
		}
	}
}

func (m *model) deleteAccount(id string) {
	for name, s := range m.sessions {
		own := s.open && s.account == id
		holds := slices.ContainsFunc(m.held(name), func(r int64) bool {
			return m.reservations[r].account == id
		})
		if !own && !holds {
			continue
		}
		open := s.open
		m.closeSession(name, "forced")
		if !open {
			s.closedBy = ""
		}
	}
	for _, b := range m.accounts[id].balances {
		m.post(b, -b.Amount.Amount, "closed")
	}
	delete(m.accounts, id)
}

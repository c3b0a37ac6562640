package accounts

import (
	"cmp"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// maxAmount bounds amounts and credit limits that people give, so that sums of a few stay within
// 64 bits: about 1.1 million million of a currency.
const maxAmount = 1 << 60

// maxTombstones is how many expired and empty balances of an account are still shown.
const maxTombstones = 8

// overdraftID names the balance that is made where usage must be debited and the account has no
// balance in the currency.
const overdraftID = "overdraft"

type balance struct {
	account  *account
	serial   int64 // names the balance within its account for ever
	id       string
	unit     charging.Unit
	money    bool // the unit is a currency
	amount   int64
	reserved int64
	limit    int64
	priority int
	from     time.Time
	until    time.Time
	groups   []uint32
	expired  bool  // its end was posted
	touched  int64 // serial of the unit of work that touched it last
	due      due
}

// document is the balance as people see it.
func (b *balance) document() Balance {
	return Balance{
		ID: b.id, Amount: charging.Quantity{Amount: b.amount, Unit: b.unit},
		Reserved: b.reserved, Available: b.free(), CreditLimit: b.limit,
		Priority: b.priority, ValidFrom: b.from, ValidUntil: b.until,
		RatingGroups: slices.Clone(b.groups),
	}
}

// available is what a reservation or a debit may take now, never below zero.
func (b *balance) available() int64 { return max(b.free(), 0) }

// free is the same as people see it: below zero after an overrun.
func (b *balance) free() int64 { return charging.Saturate(b.unreserved(), b.limit) }

// unreserved is what of the amount is not held by reservations.
func (b *balance) unreserved() int64 { return charging.Saturate(b.amount, -b.reserved) }

// valid reports whether the balance can be drawn from at an instant.
func (b *balance) valid(at time.Time) bool {
	return !b.expired && !at.Before(b.from) && (b.until.IsZero() || at.Before(b.until))
}

// admits reports whether the balance pays for the rating group.
func (b *balance) admits(group charging.Number) bool {
	if len(b.groups) == 0 {
		return true
	}
	return group.Known && slices.ContainsFunc(b.groups, func(g uint32) bool {
		return int64(g) == group.Value
	})
}

// paysUnits reports whether the balance pays units of the purpose one for one: it counts the same
// thing, and octets of any direction are octets.
func (b *balance) paysUnits(p *charging.Purpose) bool {
	if b.money {
		return false
	}
	return b.unit == p.Unit || b.unit == charging.Total && p.Unit.Octets()
}

// pays reports whether the balance is of the kind wanted: money in the purpose's currency, or
// units of the purpose.
func (b *balance) pays(p *charging.Purpose, money bool) bool {
	if money {
		return b.money && b.unit == p.Currency
	}
	return b.paysUnits(p)
}

// drawOrder sorts balances by priority, earliest end, id (design: what lapses first is used first).
func drawOrder(a, b *balance) int {
	if c := cmp.Compare(a.priority, b.priority); c != 0 {
		return c
	}
	if a.until.IsZero() != b.until.IsZero() {
		if a.until.IsZero() {
			return 1
		}
		return -1
	}
	if c := a.until.Compare(b.until); c != 0 {
		return c
	}
	return cmp.Compare(a.id, b.id)
}

func (a *account) sortBalances() { slices.SortFunc(a.balances, drawOrder) }

// means sums what the account has for a purpose.
func (a *account) means(p *charging.Purpose, at time.Time) charging.Means {
	var m charging.Means
	for _, b := range a.balances {
		if !b.valid(at) || !b.admits(p.Group) {
			continue
		}
		switch {
		case b.pays(p, true):
			m.HasMoney = true
			m.Money = charging.Saturate(m.Money, b.available())
		case b.pays(p, false):
			m.HasUnits = true
			m.Units = charging.Saturate(m.Units, b.available())
		}
	}
	return m
}

// funds sums the account's money in a currency, for the record. Balances that are not valid yet do
// not count; what an expired one still holds for reservations, or owes, does.
func (a *account) funds(currency charging.Unit, at time.Time) charging.Funds {
	f := charging.Funds{Money: charging.Quantity{Unit: currency}}
	for _, b := range a.balances {
		if b.unit != currency || at.Before(b.from) {
			continue
		}
		f.Money.Amount = charging.Saturate(f.Money.Amount, b.amount)
		f.Reserved = charging.Saturate(f.Reserved, b.reserved)
		if b.valid(at) {
			f.Usable = charging.Saturate(f.Usable, b.free())
		} else {
			f.Usable = charging.Saturate(f.Usable, b.unreserved())
		}
	}
	return f
}

// debtor chooses the balance that usage beyond all means makes negative: the last one in draw
// order that pays for the purpose; else the last valid one of the kind, whatever it is restricted
// to; else the last one of the kind.
func (a *account) debtor(p *charging.Purpose, money bool, at time.Time) *balance {
	var best *balance
	var rank int
	for _, b := range a.balances {
		if !b.pays(p, money) {
			continue
		}
		r := 1
		if b.valid(at) {
			r = 2
			if b.admits(p.Group) {
				r = 3
			}
		}
		if r >= rank {
			best, rank = b, r
		}
	}
	return best
}

// creditor chooses the balance that takes what comes back: the first in draw order that pays for
// the purpose, else the first valid one of the kind.
func (a *account) creditor(p *charging.Purpose, money bool, at time.Time) *balance {
	var other *balance
	for _, b := range a.balances {
		if !b.pays(p, money) || !b.valid(at) {
			continue
		}
		if b.admits(p.Group) {
			return b
		}
		if other == nil {
			other = b
		}
	}
	return other
}

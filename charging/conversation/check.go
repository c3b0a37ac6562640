package conversation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

func (w Word) misses(said []string) []string {
	well := slices.Contains(said, w.Value) ||
		w.Value == "" && len(said) > 0 || w.Value == "none" && len(said) == 0
	return unless(well, "%s=%s, want %s", w.Path, orNone(strings.Join(said, ",")), orAny(w.Value))
}

// check compares what an account holds.
func (p *player) check(ctx context.Context, check *Check, event *Event) error {
	account, err := p.door.Books.Account(ctx, check.Account)
	if err != nil {
		return fmt.Errorf("look at account %s: %w", check.Account, err)
	}
	if !p.Draw || p.changed(account) {
		event.Accounts = []Account{account}
	}
	event.Misses = check.Misses(account)
	return nil
}

// Misses compares an account and returns what is not as expected, one sentence each.
func (c *Check) Misses(account Account) []string {
	var misses []string
	for i := range c.Holdings {
		want := &c.Holdings[i]
		held, found := c.sum(account, want.Amount.Unit)
		if !found {
			misses = append(
				misses,
				fmt.Sprintf("%s has no balance in %s", c.name(), want.Amount.Unit),
			)
			continue
		}
		misses = append(misses, c.compare(want, held)...)
	}
	return misses
}

func (c *Check) name() string {
	if c.Balance == "" {
		return c.Account
	}
	return c.Account + "/" + c.Balance
}

// sum adds up the balances meant. Octets in whatever direction are one unit here.
func (c *Check) sum(account Account, unit charging.Unit) (sum Balance, found bool) {
	for _, balance := range account.Balances {
		same := balance.Amount.Unit == unit || balance.Amount.Unit.Octets() && unit.Octets()
		if !same || c.Balance != "" && c.Balance != balance.ID {
			continue
		}
		found = true
		sum.Amount.Amount += balance.Amount.Amount
		sum.Reserved += balance.Reserved
		sum.Available += balance.Available
	}
	sum.Amount.Unit = unit
	return sum, found
}

// compare tells all three sums if one is wrong, since they explain each other.
func (c *Check) compare(want *Holding, held Balance) []string {
	well := held.Amount.Amount == want.Amount.Amount &&
		held.Reserved == want.Reserved.Or(held.Reserved) &&
		held.Available == want.Available.Or(held.Available)
	wanted := Balance{Amount: want.Amount}
	wanted.Reserved = want.Reserved.Or(held.Reserved)
	wanted.Available = want.Available.Or(held.Available)
	return unless(well, "%s has %s, want %s", c.name(), held, wanted)
}

// String writes the balance as a line "=" has it.
func (b Balance) String() string {
	in := func(amount int64) string {
		text := charging.Quantity{Amount: amount, Unit: b.Amount.Unit}.String()
		number, _, _ := strings.Cut(text, " ")
		return number
	}
	return b.Amount.String() + " reserved " + in(b.Reserved) + " available " + in(b.Available)
}

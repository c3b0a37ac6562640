package ocf

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A pooled reservation is one that was given up for a moment, so that another service of its pool
// could draw on it.
type pooled struct {
	state  *charging.ServiceState
	before charging.Amounts
}

// inPool reports whether what a service reports may have been granted to another service: both have
// a reservation of their own in one credit pool.
func (c *charge) inPool(service *charging.Service, state *charging.ServiceState) bool {
	return len(c.session.Services) > 1 && state.Reservation != 0 && c.poolOf(state) != nil &&
		slices.Equal(state.Key.IDs, service.Key.IDs)
}

// poolOf is the credit pool that a service's grants go into; nil: into none.
func (c *charge) poolOf(state *charging.ServiceState) *charging.Pool {
	terms, err := c.termsOf(&state.Conditions)
	if err != nil || terms.Quota == nil {
		return nil
	}
	return terms.Quota.Pool
}

// pooledUnits are the units of balances that the other services of a pool hold.
func (c *charge) pooledUnits(state *charging.ServiceState) (units int64) {
	if len(c.session.Services) < 2 {
		return 0
	}
	pool := c.poolOf(state)
	for i := range c.session.Services {
		other := &c.session.Services[i]
		if other.Held.Units != 0 && other.Conditions.Unit == state.Conditions.Unit &&
			c.draws(pool, state, other) {
			units = charging.Saturate(units, other.Held.Units)
		}
	}
	return units
}

// draws reports whether a service may use what was granted for another: that is in the same pool,
// and the same account pays for it.
func (c *charge) draws(pool *charging.Pool, state, other *charging.ServiceState) bool {
	account := c.account.ID
	if pool == nil || other == state || state.PaidBy(account) != other.PaidBy(account) {
		return false
	}
	theirs := c.poolOf(other)
	return theirs != nil && theirs.ID == pool.ID
}

// openPool gives up, for as long as usage is settled, what the other services of a pool hold: RFC
// 8506 section 5.1.2 lets a client use up for one service what was granted for another.
func (c *charge) openPool(state *charging.ServiceState, need charging.Amounts) ([]pooled, error) {
	if need == (charging.Amounts{}) || len(c.session.Services) < 2 {
		return nil, nil
	}
	pool := c.poolOf(state)
	var opened []pooled
	for i := range c.session.Services {
		other := &c.session.Services[i]
		if other.Reservation == 0 || !c.draws(pool, state, other) || !c.sameMoney(state, other) {
			continue
		}
		if err := c.tx.Release(other.Reservation); err != nil {
			return nil, errorfIn("open a pool", err)
		}
		opened = append(opened, pooled{other, other.Held})
		other.Reservation, other.Held = 0, charging.Amounts{}
	}
	return opened, nil
}

// sameMoney reports whether both services are priced in one currency: the account may have moved to
// another plan in mid-session.
func (c *charge) sameMoney(one, other *charging.ServiceState) bool {
	plan, err := c.planOf(&one.Conditions)
	if err != nil {
		return false
	}
	theirs, err := c.planOf(&other.Conditions)
	return err == nil && theirs.Currency() == plan.Currency()
}

// closePool reserves again what was not drawn. taken is what came out of the pool and out of what
// was available beside it; the pool pays first.
func (c *charge) closePool(
	state *charging.ServiceState, opened []pooled, taken charging.Amounts,
) error {
	for _, p := range opened {
		held := p.before
		money := min(taken.Money, held.Money)
		taken.Money, held.Money = taken.Money-money, held.Money-money
		var units int64
		if p.state.Conditions.Unit == state.Conditions.Unit {
			units = min(taken.Units, held.Units)
			taken.Units, held.Units = taken.Units-units, held.Units-units
		}
		if err := c.reserveRest(p.state, held); err != nil {
			return err
		}
		c.explainPool(p.state, charging.Amounts{Units: units, Money: money})
	}
	return nil
}

// reserveRest sets aside what a service of a pool goes on holding. A balance that ended meanwhile
// gives nothing any more.
func (c *charge) reserveRest(state *charging.ServiceState, held charging.Amounts) error {
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return err
	}
	account, where := state.PaidBy(c.account.ID), purpose(state.Key, &state.Conditions, plan)
	means := c.tx.Available(account, where)
	held.Units, held.Money = min(held.Units, means.Units), min(held.Money, means.Money)
	if err := c.setAside(state, account, where, held); err != nil {
		return errorfIn("close a pool", err)
	}
	return nil
}

// explainPool says what another service of the pool used.
func (c *charge) explainPool(state *charging.ServiceState, drawn charging.Amounts) {
	reason := charging.Reason{
		Code: charging.BecausePool, Service: state.Key, Detail: "used by another service of the pool",
	}
	if plan, err := c.planOf(&state.Conditions); err == nil && drawn.Money > 0 {
		reason.Cost = plan.Currency().Of(drawn.Money)
	}
	if drawn.Units > 0 {
		reason.Units = state.Conditions.Unit.Of(drawn.Units)
	}
	if drawn != (charging.Amounts{}) {
		c.why(reason)
	}
}

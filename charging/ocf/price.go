package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// A foundPlan is a plan with the version it was asked for.
type foundPlan struct {
	name    string
	version int64
	plan    charging.Plan
}

// planOf finds the version of the plan that conditions belong to.
func (c *charge) planOf(conditions *charging.Conditions) (charging.Plan, error) {
	return c.planNamed(conditions.Plan, conditions.Version)
}

// planNamed finds a plan; version 0 is the current one. Most requests need one plan many times.
func (c *charge) planNamed(name string, version int64) (charging.Plan, error) {
	if f := &c.found; f.plan != nil && f.name == name && f.version == version {
		return f.plan, nil
	}
	source, found := c.tx.Plan(name, version)
	if !found {
		return nil, charging.Errorf(charging.KindPlanNotFound, "plan %s has no version %d",
			name, version)
	}
	plan, err := c.function.tariffs.Plan(source)
	if err != nil {
		return nil, err
	}
	c.found = foundPlan{source.Name, source.Version, plan}
	return plan, nil
}

func (c *charge) termsOf(conditions *charging.Conditions) (*charging.Terms, error) {
	plan, err := c.planOf(conditions)
	if err != nil {
		return nil, err
	}
	return plan.Terms(conditions)
}

// purpose says what the account's balances are wanted for.
func purpose(
	key charging.ServiceKey, conditions *charging.Conditions, plan charging.Plan,
) charging.Purpose {
	return charging.Purpose{Group: key.Group, Unit: conditions.Unit, Currency: plan.Currency()}
}

// purposeOf says what balances are wanted for by an offer.
func (c *charge) purposeOf(o *offer) charging.Purpose {
	return purpose(o.service.Key, &o.conditions, c.plan)
}

// meansFor is what the account that an offer is charged to has for it.
func (c *charge) meansFor(o *offer) charging.Means {
	return c.tx.Available(c.charged(o), c.purposeOf(o))
}

// priceShares prices usage share by share, balances of units first, and moves the progress on.
func (c *charge) priceShares(
	service *charging.Service, state *charging.ServiceState, used []share,
) ([]charging.Part, error) {
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return nil, err
	}
	account := state.PaidBy(c.account.ID)
	means := c.tx.Available(account, purpose(state.Key, &state.Conditions, plan))
	means.Units = charging.Saturate(means.Units, state.Held.Units)
	if beyond := sum(used) - state.Granted; means.HasUnits && beyond > 0 {
		// What was granted was reserved, be it in money; only beyond that the pool's units pay.
		means.Units = charging.Saturate(means.Units, min(beyond, c.pooledUnits(state)))
	}
	progress := plan.Resume(&state.Conditions, &state.Conditions, state.Progress)
	parts := make([]charging.Part, 0, len(used))
	for i := range used {
		s := &used[i]
		if !s.conditions.Same(&state.Conditions) {
			progress = plan.Resume(&state.Conditions, &s.conditions, progress)
			c.why(charging.Reason{
				Code: charging.BecauseTariff, Service: state.Key, Rule: s.conditions.Rule,
			})
		}
		reason := charging.Reason{Code: charging.BecauseUsed, Service: service.Key}
		part, next, err := priceShare(plan, s, progress, &means, reason)
		if err != nil {
			return nil, errorfIn("price usage", err)
		}
		part.Session, part.Number = c.request.Key.Session, c.request.Key.Number
		parts = append(parts, part)
		progress, state.Conditions = next, s.conditions
		c.why(part.Reason)
	}
	state.Progress = progress
	return parts, nil
}

// priceShare prices one share: units that a balance of units pays are free but for the set-up.
// Where there is no balance of money, an overrun goes to the balance of units.
func priceShare(
	plan charging.Plan, s *share, progress charging.Progress, means *charging.Means,
	reason charging.Reason,
) (charging.Part, charging.Progress, error) {
	units := min(s.units, means.Units)
	if !means.HasMoney && means.HasUnits {
		units = s.units
	}
	means.Units -= min(units, means.Units)
	var begun charging.Charge
	if units > 0 && !progress.Begun {
		var err error
		if begun, err = plan.Begin(&s.conditions, progress); err != nil {
			return charging.Part{}, progress, err
		}
		progress = begun.Progress
	}
	charge, err := plan.Price(&s.conditions, progress, s.units-units)
	if err != nil {
		return charging.Part{}, progress, err
	}
	money, err := charging.Add(begun.Money, charge.Money)
	if err != nil {
		return charging.Part{}, progress, err
	}
	describe(&reason, &s.conditions, s.units, charge)
	reason.Setup += begun.Setup
	reason.Cost = plan.Currency().Of(money)
	amounts := charging.Amounts{Units: units, Money: money}
	return charging.Part{Amounts: amounts, Reason: reason}, charge.Progress, nil
}

// describe fills in how a price came about.
func describe(
	r *charging.Reason, conditions *charging.Conditions, units int64, charge charging.Charge,
) {
	r.Rule, r.Units = conditions.Rule, conditions.Unit.Of(units)
	r.Blocks, r.Price, r.Setup = charge.Blocks, charge.Price, charge.Setup
	r.Participants, r.Media = conditions.Participants, conditions.Media
}

// post settles a service's reservation with the parts of its usage.
func (c *charge) post(state *charging.ServiceState, parts []charging.Part) error {
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return err
	}
	where := purpose(state.Key, &state.Conditions, plan)
	opened, err := c.openPool(state, less(total(parts), state.Held))
	if err != nil {
		return err
	}
	c.floor(state, parts, plan)
	used := total(parts)
	cost, err := c.costWith(used.Money, plan.Currency())
	var over, taken charging.Amounts
	if err == nil {
		over, err = c.tx.Settle(state.PaidBy(c.account.ID), state.Reservation, where, parts)
	}
	if err == nil {
		taken = less(less(used, state.Held), over)
	}
	if failed := c.closePool(state, opened, taken); failed != nil {
		return failed
	}
	if err != nil {
		return errorfIn("settle usage", err)
	}
	c.session.Cost.Amount = cost
	c.exceeded = c.exceeded || over != (charging.Amounts{})
	c.explainEach(charging.BecauseOverrun, "more than the account had", state, over, plan.Currency())
	rest := less(state.Held, used)
	c.explainEach(charging.BecauseReleased, "", state, rest, plan.Currency())
	state.Reservation, state.Held = 0, charging.Amounts{}
	return c.carry(state, rest)
}

// total is the sum of what is to be posted.
func total(parts []charging.Part) (sum charging.Amounts) {
	for i := range parts {
		sum.Units = charging.Saturate(sum.Units, parts[i].Units)
		sum.Money = charging.Saturate(sum.Money, parts[i].Money)
	}
	return sum
}

// less is what is left of amounts, neither of them below nothing.
func less(a, b charging.Amounts) charging.Amounts {
	return charging.Amounts{Units: max(a.Units-b.Units, 0), Money: max(a.Money-b.Money, 0)}
}

// explainEach says why money moved, and why units did.
func (c *charge) explainEach(
	code, detail string, state *charging.ServiceState, moved charging.Amounts, currency charging.Unit,
) {
	reason := charging.Reason{Code: code, Service: state.Key, Detail: detail}
	if moved.Money > 0 {
		reason.Cost = currency.Of(moved.Money)
		c.why(reason)
	}
	if moved.Units > 0 {
		reason.Cost, reason.Units = charging.Quantity{}, state.Conditions.Unit.Of(moved.Units)
		c.why(reason)
	}
}

// release gives back what a service holds.
func (c *charge) release(state *charging.ServiceState) error {
	if state.Reservation == 0 {
		return nil
	}
	if err := c.tx.Release(state.Reservation); err != nil {
		return errorfIn("release a reservation", err)
	}
	if plan, err := c.planOf(&state.Conditions); err == nil {
		c.explainEach(charging.BecauseReleased, "", state, state.Held, plan.Currency())
	}
	state.Reservation, state.Held = 0, charging.Amounts{}
	return nil
}

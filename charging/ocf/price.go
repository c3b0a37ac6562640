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
	key charging.ServiceKey,
	conditions *charging.Conditions,
	plan charging.Plan,
) charging.Purpose {
	return charging.Purpose{Group: key.Group, Unit: conditions.Unit, Currency: plan.Currency()}
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
			c.why(
				charging.Reason{
					Code:    charging.BecauseTariff,
					Service: state.Key,
					Rule:    s.conditions.Rule,
				},
			)
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
	plan charging.Plan,
	s *share,
	progress charging.Progress,
	means *charging.Means,
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
	return charging.Part{
		Amounts: charging.Amounts{Units: units, Money: money},
		Reason:  reason,
	}, charge.Progress, nil
}

// describe fills in how a price came about.
func describe(
	r *charging.Reason,
	conditions *charging.Conditions,
	units int64,
	charge charging.Charge,
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
	opened, err := c.openPool(state, above(state, parts))
	if err != nil {
		return err
	}
	c.floor(state, parts, plan)
	need := above(state, parts)
	if err = c.countable(parts, plan.Currency()); err != nil {
		return c.shutPool(state, opened, err)
	}
	over, err := c.tx.Settle(state.PaidBy(c.account.ID), state.Reservation, where, parts)
	if err != nil {
		return c.shutPool(state, opened, errorfIn("settle usage", err))
	}
	if len(opened) > 0 {
		taken := charging.Amounts{
			Units: max(need.Units-over.Units, 0), Money: max(need.Money-over.Money, 0),
		}
		if err := c.closePool(state, opened, taken); err != nil {
			return err
		}
	}
	for i := range parts {
		if err := c.addCost(parts[i].Money, plan.Currency()); err != nil {
			return err
		}
	}
	c.exceeded = c.exceeded || over != (charging.Amounts{})
	if over.Money > 0 {
		c.why(charging.Reason{
			Code: charging.BecauseOverrun, Service: state.Key,
			Cost: plan.Currency().Of(over.Money), Detail: "more than the account had",
		})
	}
	if over.Units > 0 {
		c.why(charging.Reason{
			Code: charging.BecauseOverrun, Service: state.Key,
			Units: state.Conditions.Unit.Of(over.Units), Detail: "more than the account had",
		})
	}
	rest := c.explainRest(state, parts, plan.Currency())
	state.Reservation, state.Held = 0, charging.Amounts{}
	return c.carry(state, rest)
}

// explainRest says what of a reservation was not used.
func (c *charge) explainRest(
	state *charging.ServiceState,
	parts []charging.Part,
	currency charging.Unit,
) charging.Amounts {
	rest := state.Held
	for i := range parts {
		rest.Money = charging.Saturate(rest.Money, -parts[i].Money)
		rest.Units = charging.Saturate(rest.Units, -parts[i].Units)
	}
	if rest.Money > 0 {
		c.why(
			charging.Reason{
				Code:    charging.BecauseReleased,
				Service: state.Key,
				Cost:    currency.Of(rest.Money),
			},
		)
	}
	if rest.Units > 0 {
		c.why(charging.Reason{
			Code: charging.BecauseReleased, Service: state.Key,
			Units: state.Conditions.Unit.Of(rest.Units),
		})
	}
	return rest
}

func (c *charge) addCost(money int64, currency charging.Unit) error {
	if c.session.Cost.Unit != currency {
		return nil // the account moved to a plan in another currency in mid-session
	}
	sum, err := charging.Add(c.session.Cost.Amount, money)
	c.session.Cost.Amount = sum
	return err
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
		c.explainRest(state, nil, plan.Currency())
	}
	state.Reservation, state.Held = 0, charging.Amounts{}
	return nil
}

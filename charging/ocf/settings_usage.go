package ocf

import (
	"errors"

	"github.com/ocs-sim/ocs-sim/charging"
)

// reports are what a service reports, as the settings read it: all of it, unless only the first
// report counts, or of the units in one report only the first of a list.
func (c *charge) reports(service *charging.Service) []charging.Usage {
	s := c.settings
	if !s.FirstUSU && len(s.USUPriority) == 0 || len(service.Used) == 0 {
		return service.Used
	}
	read := service.Used
	if s.FirstUSU && len(read) > 1 {
		read = read[:1]
		c.because(service.Key, "usu_priority first: only the first Used-Service-Unit counts")
	}
	if len(s.USUPriority) == 0 {
		return read
	}
	out := make([]charging.Usage, len(read))
	for i := range read {
		out[i] = read[i]
		out[i].Units = preferred(read[i].Units, s.USUPriority)
	}
	return out
}

// preferred is the first of the units, by an order, that a report tells.
func preferred(told []charging.Quantity, order []charging.Unit) []charging.Quantity {
	for _, unit := range order {
		if unit == charging.InputOutput {
			if sum, found := inputOutput(told); found {
				return []charging.Quantity{charging.Total.Of(sum)}
			}
			continue
		}
		for _, q := range told {
			if q.Unit == unit {
				return []charging.Quantity{q}
			}
		}
	}
	return nil
}

func inputOutput(told []charging.Quantity) (sum int64, found bool) {
	for _, q := range told {
		if q.Unit != charging.Input && q.Unit != charging.Output {
			continue
		}
		if sum > uncountable-q.Amount {
			return uncountable, true
		}
		sum, found = sum+q.Amount, true
	}
	return sum, found
}

// disregards reports whether a setting keeps usage from being debited that no grant stands for, and
// which result the service has then.
func (c *charge) disregards(
	service *charging.Service, state *charging.ServiceState,
) (charging.Result, bool) {
	rule := c.settings.UngrantedUsage
	charged := rule == "" || rule == charging.UngrantedCharge
	if charged || len(service.Used) == 0 || state != nil && state.Granted > 0 {
		return charging.Success, false
	}
	c.unused(charging.BecauseSetting, service,
		"ungranted_usage "+string(rule)+": no grant stands for it")
	if rule == charging.UngrantedRefuse {
		return charging.RatingFailed, true
	}
	return charging.Success, true
}

// floor cuts usage down to what the account can pay, where the settings let no balance go below
// zero. What is cut off is lost.
func (c *charge) floor(
	state *charging.ServiceState, parts []charging.Part, plan charging.Plan,
) {
	if c.settings.Overspend != charging.OverspendFloor {
		return
	}
	account := state.PaidBy(c.account.ID)
	means := c.tx.Available(account, purpose(state.Key, &state.Conditions, plan))
	left := charging.Amounts{
		Units: charging.Saturate(means.Units, state.Held.Units),
		Money: charging.Saturate(means.Money, state.Held.Money),
	}
	var lost charging.Amounts
	for i := range parts {
		part := &parts[i]
		lost.Money = charging.Saturate(lost.Money, cut(&part.Money, &left.Money))
		lost.Units = charging.Saturate(lost.Units, cut(&part.Units, &left.Units))
		part.Reason.Cost.Amount = part.Money
	}
	if lost == (charging.Amounts{}) {
		return
	}
	reason := charging.Reason{
		Code: charging.BecauseSetting, Service: state.Key,
		Cost: plan.Currency().Of(lost.Money), Detail: "overspend floor_zero: written off",
	}
	if lost.Units > 0 {
		reason.Units = state.Conditions.Unit.Of(lost.Units)
	}
	c.why(reason)
}

// cut takes an amount from what is left, and says by how much it had to be smaller.
func cut(amount, left *int64) (lost int64) {
	paid := min(*amount, max(*left, 0))
	lost = *amount - paid
	*amount, *left = paid, *left-paid
	return lost
}

// letGo releases what a service holds before it is granted anew, unless the settings keep what is
// not used.
func (c *charge) letGo(state *charging.ServiceState) error {
	if c.adds() {
		return nil
	}
	return c.release(state)
}

// adds reports whether the unused part of a grant stays reserved beside the next one.
func (c *charge) adds() bool {
	return c.settings.Reservation == charging.ReserveAdding && c.request.Type == charging.Update
}

// carry reserves again what a report left of a reservation. Where that cannot be, since a balance
// ended in between, it is given up.
func (c *charge) carry(state *charging.ServiceState, rest charging.Amounts) error {
	if !c.adds() || rest == (charging.Amounts{}) {
		return nil
	}
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return err
	}
	where := purpose(state.Key, &state.Conditions, plan)
	err = c.setAside(state, state.PaidBy(c.account.ID), where, rest)
	var expected *charging.Error
	if errors.As(err, &expected) && expected.Kind == charging.KindInsufficientCredit {
		return nil
	}
	if err != nil {
		return errorfIn("reserve what was not used", err)
	}
	c.why(charging.Reason{
		Code: charging.BecauseSetting, Service: state.Key, Cost: plan.Currency().Of(rest.Money),
		Detail: "reservation additive: what was not used stays reserved",
	})
	return nil
}

// joined is what a grant reserves together with what is kept of the one before. Of that only as
// much is kept as is still there: a balance may have ended, or the plan have another currency.
func (c *charge) joined(o *offer, state *charging.ServiceState) (charging.Amounts, error) {
	amounts := o.amounts
	if state.Reservation == 0 {
		return amounts, nil
	}
	kept := state.Held
	if state.Conditions.Unit != o.conditions.Unit {
		kept.Units = 0
	}
	before, err := c.planOf(&state.Conditions)
	switch {
	case state.Payer != o.payer:
		kept = charging.Amounts{} // somebody else's
	case err != nil || before.Currency() != c.plan.Currency():
		kept.Money = 0
	}
	if err := c.tx.Release(state.Reservation); err != nil {
		return amounts, errorfIn("release what was kept", err)
	}
	state.Reservation, state.Held = 0, charging.Amounts{}
	means := c.meansFor(o)
	amounts.Money += min(kept.Money, max(means.Money-amounts.Money, 0))
	amounts.Units += min(kept.Units, max(means.Units-amounts.Units, 0))
	return amounts, nil
}

// debitsLate reports whether usage of the session that has ended is still debited: where the
// settings say so, and supervision or a refusal ended it. A client that was refused at command
// level owes nothing more by RFC 8506, yet some use up what they have and then report it.
func (c *charge) debitsLate() bool {
	return c.late != nil && c.settings.LateUsage == charging.LateDebit &&
		(c.late.ClosedBy == charging.ClosedByExpiry || c.late.ClosedBy == closedByDenial)
}

// nod answers a request of an unknown session with success; nothing moves.
func (c *charge) nod() {
	const because = "unknown_session 2001: no such session is open"
	for i := range c.request.Services {
		service := &c.request.Services[i]
		c.addResult(service.Key, charging.Success)
		c.unused(charging.BecauseSetting, service, because+", nothing moves")
	}
	c.because(charging.ServiceKey{}, because)
}

// adopt charges an update or termination of an unknown session as if the session had begun with it.
// Answers that were given under its Session-Id before stay known, so that their repeats find them.
func (c *charge) adopt(d charging.Decision) error {
	if !c.admit() {
		return nil
	}
	c.because(charging.ServiceKey{}, "unknown_session rate: the session begins with this request")
	c.late = nil
	c.beginWith()
	if c.request.Type == charging.Termination {
		return c.windUp()
	}
	return c.serveAll(d)
}

package ocf

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// maxPeriods bounds how many tariff periods one report is split over.
const maxPeriods = 10_000

func errorfIn(doing string, err error) error { return fmt.Errorf("%s: %w", doing, err) }

// A share is what was used under one set of conditions.
type share struct {
	conditions charging.Conditions
	units      int64
}

// state finds what the session holds for a service. On Ro quota is per rating group, so usage of a
// service identifier draws on the rating group's grant where it has none of its own.
func (c *charge) state(key charging.ServiceKey) *charging.ServiceState {
	var group *charging.ServiceState
	for i := range c.session.Services {
		s := &c.session.Services[i]
		if s.Key.Group != key.Group {
			continue
		}
		if slices.Equal(s.Key.IDs, key.IDs) {
			return s
		}
		if len(s.Key.IDs) == 0 && key.Group.Known {
			group = s
		}
	}
	return group
}

// holder is the state that a service settles on and is granted anew in. One that asks beside its
// rating group, in the same request, gets a grant of its own and leaves the group's alone.
func (c *charge) holder(service *charging.Service) *charging.ServiceState {
	state := c.state(service.Key)
	if state == nil || !service.Asked || slices.Equal(state.Key.IDs, service.Key.IDs) {
		return state
	}
	if c.justGranted(state) {
		return nil
	}
	return state
}

// justGranted reports whether a service of this very request got the grant.
func (c *charge) justGranted(state *charging.ServiceState) bool {
	return state != nil && state.Granted > 0 && state.Number == c.request.Key.Number
}

// settle debits what a service reports at the conditions of its grant and releases the rest of the
// reservation. Usage that nobody granted is debited at the conditions before this request; its
// result is 5031 where no rule prices it.
func (c *charge) settle(service *charging.Service) (charging.Result, error) {
	state := c.holder(service)
	if result, lost := c.disregards(service, state); lost {
		if state == nil {
			return result, nil
		}
		return result, c.letGo(state)
	}
	if state == nil {
		if len(service.Used) == 0 {
			return charging.Success, nil
		}
		fresh, result := c.ungranted(service)
		if result != charging.Success {
			return result, nil
		}
		c.session.Services = append(c.session.Services, fresh)
		state = &c.session.Services[len(c.session.Services)-1]
	}
	if c.payerGone(state) {
		return c.orphan(service, state)
	}
	before, reasons := *state, len(c.answer.Why)
	err := c.settleReported(service, state)
	if errors.Is(err, charging.ErrOverflow) {
		reservation, held := state.Reservation, state.Held
		*state, c.answer.Why = before, c.answer.Why[:reasons]
		state.Reservation, state.Held = reservation, held
		return charging.UnableToComply, c.lose(service, state, err)
	}
	return charging.Success, err
}

// settleReported prices what a service reports and posts it.
func (c *charge) settleReported(service *charging.Service, state *charging.ServiceState) error {
	parts, err := c.partsOf(service, state)
	switch {
	case err != nil:
		return err
	case len(parts) == 0:
		return c.letGo(state)
	}
	return c.post(state, parts)
}

// partsOf prices what a service reports.
func (c *charge) partsOf(
	service *charging.Service, state *charging.ServiceState,
) ([]charging.Part, error) {
	used, err := c.shares(service, state)
	if err != nil {
		return nil, errorfIn("sum usage", err)
	}
	if len(service.Used) > 0 {
		state.LastReport = c.tx.Now()
	}
	if len(used) == 0 {
		return nil, nil
	}
	c.exceeded = state.Granted > 0 && sum(used) > state.Granted
	return c.priceShares(service, state, used)
}

// ungranted makes the state of a service that reports usage without a grant.
func (c *charge) ungranted(service *charging.Service) (charging.ServiceState, charging.Result) {
	if c.plan == nil {
		return charging.ServiceState{}, charging.UnableToComply
	}
	in := c.inputs(service)
	for _, used := range c.reports(service) {
		for _, q := range used.Units {
			in.Units = append(in.Units, c.ownUnit(q.Unit))
		}
	}
	if c.prior != nil {
		in.Info, in.Participants = &c.prior.Info, c.prior.Info.Participants
	}
	conditions, err := c.plan.Rate(&in)
	if err != nil {
		return charging.ServiceState{}, c.unrated(service, err)
	}
	state := charging.ServiceState{
		Key: service.Key, Conditions: conditions, LastReport: c.tx.Now(), Number: c.request.Key.Number,
	}
	terms, err := c.plan.Terms(&conditions)
	if err == nil {
		state.Payer, err = c.payer(terms)
	}
	if err != nil {
		return charging.ServiceState{}, c.unrated(service, err)
	}
	return state, charging.Success
}

// shares says how much was used under which conditions, in the rule's unit.
func (c *charge) shares(
	service *charging.Service, state *charging.ServiceState,
) ([]share, error) {
	unit := state.Conditions.Unit
	var out []share
	offset := state.LastReport
	reports := c.reports(service)
	for i := range reports {
		used := &reports[i]
		units, told := unitsOf(used.Units, unit)
		if !told || units <= 0 {
			continue
		}
		if units == uncountable {
			return nil, fmt.Errorf("more units were used than can be counted: %w",
				charging.ErrOverflow)
		}
		out = append(out, c.periods(state, used, units, offset)...)
		offset = offset.Add(time.Duration(units) * time.Second)
	}
	if len(service.Used) == 0 && unit == charging.Events {
		out = c.counted(service, state)
	}
	return out, nil
}

func sum(used []share) (units int64) {
	for i := range used {
		units += min(used[i].units, uncountable-units)
	}
	return units
}

// unitsOf finds the amount in a rule's unit; total octets are input and output where no total is
// told. A sum that leaves 64 bits is uncountable.
func unitsOf(list []charging.Quantity, unit charging.Unit) (amount int64, told bool) {
	var sum int64
	for _, q := range list {
		if q.Unit == unit || q.Unit == charging.NoCurrency && unit.Money() {
			return q.Amount, true
		}
		if unit == charging.Total && q.Unit.Octets() {
			told = true
			if sum > uncountable-q.Amount {
				return uncountable, true
			}
			sum += q.Amount
		}
	}
	return sum, told
}

// counted takes the units of messages from the counters of IM-Information where a service reports
// no units of its own.
func (c *charge) counted(service *charging.Service, state *charging.ServiceState) []share {
	counters := c.request.Information.Counters
	count := counters.DeliveredExploded
	if !count.Known {
		count = counters.Delivered
	}
	if !count.Known || service.Asked {
		return nil
	}
	units := count.Value
	if terms, err := c.termsOf(&state.Conditions); err == nil && terms.Cumulative {
		units -= state.Counted
		state.Counted = count.Value
	}
	if units <= 0 {
		return nil
	}
	return []share{{state.Conditions, units}}
}

// periods splits usage at the switches of tariff: time that says nothing of tariffs by the clock,
// from the last report on; usage told before, after or straddling by what it says.
func (c *charge) periods(
	state *charging.ServiceState,
	used *charging.Usage,
	units int64,
	from time.Time,
) []share {
	start := state.Conditions
	if start.Period == 0 {
		return []share{{start, units}}
	}
	if used.Tariff.Known {
		return []share{{c.side(state, used.Tariff.Value, units), units}}
	}
	if start.Unit != charging.Time {
		return []share{{start, units}}
	}
	return c.splitByClock(state, units, from)
}

func (c *charge) splitByClock(state *charging.ServiceState, units int64, from time.Time) []share {
	conditions, at := state.Conditions, from
	if later, ok := c.conditionsAt(state, at); ok && at.After(state.LastReport) {
		conditions = later
	}
	var out []share
	for range maxPeriods {
		next, ok := c.switchAfter(state, at)
		length := int64(next.Sub(at) / time.Second)
		if !ok || units <= length {
			break
		}
		if length > 0 {
			out = append(out, share{conditions, length})
			units -= length
		}
		at = next
		if later, ok := c.conditionsAt(state, at); ok {
			conditions = later
		}
	}
	return append(out, share{conditions, units})
}

// side finds the conditions on one side of the first switch since the last report; usage that
// straddles it costs what the dearer side does.
func (c *charge) side(state *charging.ServiceState, side, units int64) charging.Conditions {
	before := state.Conditions
	at, ok := c.switchAfter(state, state.LastReport)
	if side == 0 || !ok || at.After(c.tx.Now()) {
		return before
	}
	after, ok := c.conditionsAt(state, at)
	if !ok {
		return before
	}
	plan, err := c.planOf(&before)
	if err != nil || side == 2 && !dearer(plan, &after, &before, state.Progress, units) {
		return before
	}
	return after
}

// dearer reports whether units cost more under one set of conditions than under another. Prices
// alone do not tell: blocks may have other sizes. What cannot be summed costs more than anything.
func dearer(
	plan charging.Plan, one, other *charging.Conditions, p charging.Progress, units int64,
) bool {
	if one.Unit != other.Unit {
		return false
	}
	charge, err := plan.Price(one, p, units)
	if err != nil {
		return true
	}
	against, err := plan.Price(other, p, units)
	return err == nil && charge.Money > against.Money
}

// inputsOf repeats the inputs of a grant, for another time.
func (c *charge) inputsOf(state *charging.ServiceState, at time.Time) charging.Inputs {
	info := &c.session.Info
	if c.prior != nil {
		info = &c.prior.Info
	}
	n := info.Participants
	if terms, err := c.termsOf(&state.Conditions); err == nil &&
		state.Conditions.Participants.Known {
		n = state.Conditions.Participants
		if terms.CountInviter {
			n.Value--
		}
	}
	return charging.Inputs{
		Context: c.session.Context, Service: state.Key, Units: []charging.Unit{state.Conditions.Unit},
		Info: info, Participants: n, At: at, Attributes: c.request.Attributes,
	}
}

func (c *charge) conditionsAt(
	state *charging.ServiceState,
	at time.Time,
) (charging.Conditions, bool) {
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return charging.Conditions{}, false
	}
	in := c.inputsOf(state, at)
	conditions, err := plan.Rate(&in)
	if err != nil || conditions.Unit != state.Conditions.Unit {
		return charging.Conditions{}, false
	}
	conditions.Plan, conditions.Version = state.Conditions.Plan, state.Conditions.Version
	return conditions, true
}

func (c *charge) switchAfter(state *charging.ServiceState, from time.Time) (time.Time, bool) {
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return from, false
	}
	in := c.inputsOf(state, from)
	at, ok := plan.Switch(&in, from)
	if !ok || at.After(c.tx.Now()) {
		return from, false
	}
	return at, true
}

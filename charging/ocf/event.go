package ocf

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// event answers a one-time event, which has no session state (RFC 8506 section 6).
func (c *charge) event() error {
	r := c.request
	c.session = c.prior
	if r.Action == charging.NoAction {
		c.deny(charging.MissingAVP, "an event names its action",
			charging.FailedAVP{Path: "Requested-Action"})
		return nil
	}
	if !c.admit() {
		return nil
	}
	services := r.Services
	if len(services) == 0 {
		services = []charging.Service{{Asked: true}}
	}
	if r.Action == charging.RefundAccount && len(r.Refund) > 0 {
		return c.refundOf(services)
	}
	record := c.record()
	for i := range services {
		if err := c.happen(&services[i], record); err != nil {
			return err
		}
	}
	return c.concludeEvent(record)
}

// record is the closed session that remembers what an event cost, so that a refund cannot give
// back more than was charged.
func (c *charge) record() *charging.Session {
	r, now := c.request, c.tx.Now()
	record := &charging.Session{
		ID: r.Key.Session, Account: c.account.ID, Origin: r.Origin, Context: r.Context,
		Opened: now, Closed: now, ClosedBy: "event", Info: r.Information,
		Cost: charging.Quantity{Unit: c.plan.Currency()}, Vendor: r.Carries3GPP(),
	}
	if c.late != nil && c.late.ClosedBy == record.ClosedBy {
		record.Services = append(record.Services, c.late.Services...)
	}
	return record
}

// concludeEvent tells the cost. Only a direct debit leaves something to remember.
func (c *charge) concludeEvent(record *charging.Session) error {
	r := c.request
	c.answer.Cost = record.Cost
	if c.refused() {
		c.answer.Cost = charging.Quantity{}
		if len(r.Services) == 0 {
			c.answer.Result, c.answer.Services = c.answer.Services[0].Result, nil
		}
		return nil
	}
	if r.Action != charging.DirectDebiting || c.prior != nil {
		return nil
	}
	c.session = record
	if c.sends(nil).Balance {
		c.answer.Refund = refundInformation(r.Key)
	}
	return nil
}

// refused reports whether no service was served.
func (c *charge) refused() bool {
	for i := range c.answer.Services {
		if c.answer.Services[i].Result.Success() {
			return false
		}
	}
	return len(c.answer.Services) > 0
}

// happen does to one service what the action asks for.
func (c *charge) happen(service *charging.Service, record *charging.Session) error {
	answer := charging.ServiceAnswer{Key: service.Key, Result: charging.Success}
	o := offer{service: service, inputs: c.inputs(service, c.tx.Now())}
	o.inputs.Info, o.inputs.Context = &c.request.Information, c.request.Context
	o.inputs.Participants = c.request.Information.Participants
	if err := c.rate(&o); err != nil {
		answer.Result = c.unrated(service, err)
		c.answer.Services = append(c.answer.Services, answer)
		return nil
	}
	o.want, o.dearest = wanted(o.terms, service, &c.request.Information), o.conditions
	var err error
	switch c.request.Action {
	case charging.DirectDebiting:
		err = c.debitEvent(&o, &answer, record)
	case charging.RefundAccount:
		err = c.refundByRating(&o, &answer, record)
	case charging.CheckBalance:
		err = c.checkBalance(&o, &answer)
	case charging.PriceEnquiry:
		err = c.priceEvent(&o, record)
	}
	c.answer.Services = append(c.answer.Services, answer)
	return err
}

// debitEvent debits at once: everything or, unless the rule counts events and allows part of them,
// nothing.
func (c *charge) debitEvent(
	o *offer,
	answer *charging.ServiceAnswer,
	record *charging.Session,
) error {
	if err := c.afford(o); err != nil {
		return err
	}
	whole := o.terms.Unit != charging.Events || !o.terms.Partial
	if _, given := o.verdict(); !given || whole && o.units < o.want {
		answer.Result = charging.CreditLimitReached
		c.why(
			charging.Reason{
				Code:    charging.BecauseDenied,
				Service: o.service.Key,
				Rule:    o.terms.Rule,
				Units:   o.terms.Unit.Of(o.want),
				Detail:  charging.CreditLimitReached.Name(),
			},
		)
		return nil
	}
	part := o.part(c.request.Key, charging.BecauseDebit, c.plan.Currency())
	where := purpose(o.service.Key, &o.conditions, c.plan)
	if _, err := c.tx.Settle(c.account.ID, 0, where, []charging.Part{part}); err != nil {
		return errorfIn("debit an event", err)
	}
	c.why(part.Reason)
	answer.Granted = []charging.Quantity{o.terms.Unit.Of(o.units)}
	record.Cost.Amount += part.Money
	record.Services = append(record.Services, charging.ServiceState{
		Key: o.service.Key, Conditions: o.conditions, Progress: o.charge.Progress,
		Granted: o.units, Held: o.amounts, LastReport: c.tx.Now(), Number: c.request.Key.Number,
	})
	return nil
}

// part is the offer's price as a posting.
func (o *offer) part(key charging.Key, code string, currency charging.Unit) charging.Part {
	reason := charging.Reason{Code: code, Service: o.service.Key}
	describe(&reason, &o.conditions, o.units, o.charge)
	reason.Cost = currency.Of(o.amounts.Money)
	return charging.Part{
		Amounts: o.amounts,
		Session: key.Session,
		Number:  key.Number,
		Reason:  reason,
	}
}

func (c *charge) checkBalance(o *offer, answer *charging.ServiceAnswer) error {
	if err := c.afford(o); err != nil {
		return err
	}
	c.answer.Enough = charging.Known(0)
	if o.units < o.want {
		c.answer.Enough = charging.Known(1)
	}
	answer.Granted = nil
	return nil
}

func (c *charge) priceEvent(o *offer, record *charging.Session) error {
	charge, err := c.plan.Price(&o.conditions, charging.Progress{}, o.want)
	if err != nil {
		return errorfIn("price an event", err)
	}
	record.Cost.Amount += charge.Money
	return nil
}

// refundByRating credits what the units would cost, for a refund that names no charge.
func (c *charge) refundByRating(
	o *offer,
	answer *charging.ServiceAnswer,
	record *charging.Session,
) error {
	charge, err := c.plan.Price(&o.conditions, charging.Progress{}, o.want)
	if err != nil {
		return errorfIn("price a refund", err)
	}
	o.units, o.charge, o.amounts = o.want, charge, charging.Amounts{Money: charge.Money}
	part := o.part(c.request.Key, charging.BecauseRefund, c.plan.Currency())
	where := purpose(o.service.Key, &o.conditions, c.plan)
	if err := c.tx.Credit(c.account.ID, where, part); err != nil {
		return errorfIn("credit a refund", err)
	}
	c.why(part.Reason)
	answer.Granted = []charging.Quantity{o.terms.Unit.Of(o.units)}
	record.Cost.Amount += charge.Money
	return nil
}

const refundPrefix = "charge "

// refundInformation names a charge; clients send it back as it is (TS 32.299 section 7.2.157).
func refundInformation(key charging.Key) []byte {
	return fmt.Appendf(nil, "%s%d %d %s", refundPrefix, key.Number, key.Session.Sub, key.Session.ID)
}

func parseRefund(information []byte) (charging.Key, bool) {
	fields := bytes.SplitN(bytes.TrimPrefix(information, []byte(refundPrefix)), []byte(" "), 3)
	if !bytes.HasPrefix(information, []byte(refundPrefix)) || len(fields) != 3 {
		return charging.Key{}, false
	}
	number, err := strconv.ParseUint(string(fields[0]), 10, 32)
	sub, err2 := strconv.ParseUint(string(fields[1]), 10, 64)
	session := charging.SessionID{ID: string(fields[2]), Sub: sub}
	return charging.Key{Session: session, Number: uint32(number)}, err == nil && err2 == nil
}

// refundOf gives back some of the charge that Refund-Information names, or all of it where no units
// are told; more than is left of it is refused with 5012 and nothing moves.
func (c *charge) refundOf(services []charging.Service) error {
	key, ok := parseRefund(c.request.Refund)
	charged, found := c.tx.Session(key.Session)
	if !ok || !found || charged.Account != c.account.ID {
		c.deny(charging.UnableToComply, "Refund-Information names no charge that is still known",
			charging.FailedAVP{Path: "Refund-Information"})
		return nil
	}
	next := *charged
	next.Services = append([]charging.ServiceState(nil), charged.Services...)
	given := charging.Quantity{Unit: c.plan.Currency()}
	for i := range services {
		state := chargedService(&next, key.Number, services[i].Key)
		if state == nil {
			c.deny(charging.UnableToComply, "the charge has no such service")
			return nil
		}
		money, done, err := c.giveBack(&services[i], state)
		if err != nil || !done {
			return err
		}
		given.Amount += money
	}
	next.Cost.Amount -= given.Amount
	c.tx.PutSession(&next)
	c.answer.Cost = given
	return nil
}

// chargedService finds the service that a request was charged for.
func chargedService(
	s *charging.Session,
	number uint32,
	key charging.ServiceKey,
) *charging.ServiceState {
	for i := range s.Services {
		state := &s.Services[i]
		if state.Number == number && (state.Key.Group == key.Group || !key.Group.Known) {
			return state
		}
	}
	return nil
}

// giveBack credits units of one charge: what they added to it when it was made.
func (c *charge) giveBack(
	service *charging.Service,
	state *charging.ServiceState,
) (int64, bool, error) {
	units, _ := unitsOf(service.Requested, state.Conditions.Unit)
	if units <= 0 {
		units = state.Granted
	}
	if units > state.Granted {
		c.deny(charging.UnableToComply, "more is to be refunded than is left of the charge")
		return 0, false, nil
	}
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return 0, false, err
	}
	byMoney := min(units, state.Granted-state.Held.Units)
	fromUnits := units - byMoney
	money, err := moneyBack(plan, state, byMoney)
	if err != nil {
		return 0, false, err
	}
	part := charging.Part{
		Amounts: charging.Amounts{Units: fromUnits, Money: money},
		Session: c.request.Key.Session, Number: c.request.Key.Number,
		Reason: charging.Reason{
			Code:    charging.BecauseRefund,
			Service: state.Key,
			Rule:    state.Conditions.Rule,
			Units:   state.Conditions.Unit.Of(units),
			Cost:    plan.Currency().Of(money),
		},
	}
	where := purpose(state.Key, &state.Conditions, plan)
	if err := c.tx.Credit(c.account.ID, where, part); err != nil {
		return 0, false, errorfIn("credit a refund", err)
	}
	state.Granted -= units
	state.Held.Units -= fromUnits
	state.Held.Money -= money
	c.why(part.Reason)
	answer := charging.ServiceAnswer{Key: service.Key, Result: charging.Success,
		Granted: []charging.Quantity{state.Conditions.Unit.Of(units)}}
	c.answer.Services = append(c.answer.Services, answer)
	return money, true, nil
}

// moneyBack is what the last units that money paid had added to a charge: all that is left of it,
// less what the units that stay charged would cost alone.
func moneyBack(plan charging.Plan, state *charging.ServiceState, units int64) (int64, error) {
	stay := state.Granted - state.Held.Units - units
	if stay == 0 {
		return state.Held.Money, nil
	}
	charge, err := plan.Price(&state.Conditions, charging.Progress{}, stay)
	if err != nil {
		return 0, errorfIn("price what stays charged", err)
	}
	return max(state.Held.Money-charge.Money, 0), nil
}

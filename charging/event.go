package charging

import (
	"bytes"
	"fmt"
	"strconv"
)

// event answers a one-time event, which has no session state (RFC 8506 section 6).
func (c *charge) event() error {
	r := c.request
	c.session = c.prior
	if !c.admit() {
		return nil
	}
	services := r.Services
	if len(services) == 0 {
		services = []Service{{Asked: true}}
	}
	if r.Action == RefundAccount && len(r.Refund) > 0 {
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
func (c *charge) record() *Session {
	r, now := c.request, c.tx.Now()
	record := &Session{
		ID: r.Key.Session, Account: c.account.ID, Origin: r.Origin, Context: r.Context,
		Opened: now, Closed: now, ClosedBy: "event", Info: r.Information,
		Cost: Quantity{Unit: c.plan.Currency()}, Vendor: r.Carries3GPP(),
	}
	if c.late != nil && c.late.ClosedBy == record.ClosedBy {
		record.Services = append(record.Services, c.late.Services...)
	}
	return record
}

// concludeEvent tells the cost. Only a direct debit leaves something to remember.
func (c *charge) concludeEvent(record *Session) error {
	r := c.request
	c.answer.Cost = record.Cost
	if c.refused() {
		c.answer.Cost = Quantity{}
		if len(r.Services) == 0 {
			c.answer.Result, c.answer.Services = c.answer.Services[0].Result, nil
		}
		return nil
	}
	if r.Action != DirectDebiting || c.prior != nil {
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
func (c *charge) happen(service *Service, record *Session) error {
	answer := ServiceAnswer{Key: service.Key, Result: Success}
	o := offer{service: service, inputs: c.inputs(service, c.tx.Now())}
	o.inputs.Info, o.inputs.Context = &c.request.Information, c.request.Context
	o.inputs.Participants = c.request.Information.Participants
	var err error
	if o.conditions, err = c.plan.Rate(&o.inputs); err != nil {
		answer.Result = c.unrated(service, err)
		c.answer.Services = append(c.answer.Services, answer)
		return nil
	}
	if o.terms, err = c.plan.Terms(&o.conditions); err != nil {
		return errorfIn("read the terms of rule "+o.conditions.Rule, err)
	}
	o.want, o.dearest = o.terms.wanted(service, &c.request.Information), o.conditions
	switch c.request.Action {
	case DirectDebiting:
		err = c.debitEvent(&o, &answer, record)
	case RefundAccount:
		err = c.refundByRating(&o, &answer, record)
	case CheckBalance:
		err = c.checkBalance(&o, &answer)
	case PriceEnquiry:
		err = c.priceEvent(&o, record)
	}
	c.answer.Services = append(c.answer.Services, answer)
	return err
}

// debitEvent debits at once, as much as the rule's policy on partial grants allows.
func (c *charge) debitEvent(o *offer, answer *ServiceAnswer, record *Session) error {
	if err := c.afford(o); err != nil {
		return err
	}
	if final, given := o.verdict(); !given || final != nil && !o.terms.Partial {
		answer.Result = CreditLimitReached
		c.why(Reason{Code: BecauseDenied, Service: o.service.Key, Rule: o.terms.Rule,
			Units: Quantity{o.want, o.terms.Unit}, Detail: CreditLimitReached.Name()})
		return nil
	}
	part := o.part(c.request.Key, BecauseDebit, c.plan.Currency())
	where := purpose(o.service.Key, &o.conditions, c.plan)
	if _, err := c.tx.Settle(c.account.ID, 0, where, []Part{part}); err != nil {
		return errorfIn("debit an event", err)
	}
	c.why(part.Reason)
	answer.Granted = []Quantity{{o.units, o.terms.Unit}}
	record.Cost.Amount += part.Money
	record.Services = append(record.Services, ServiceState{
		Key: o.service.Key, Conditions: o.conditions, Progress: o.charge.Progress,
		Granted: o.units, Held: o.amounts, LastReport: c.tx.Now(), Number: c.request.Key.Number,
	})
	return nil
}

// part is the offer's price as a posting.
func (o *offer) part(key Key, code string, currency Unit) Part {
	reason := Reason{Code: code, Service: o.service.Key}
	reason.describe(&o.conditions, o.units, o.charge)
	reason.Cost = Quantity{o.amounts.Money, currency}
	return Part{Amounts: o.amounts, Session: key.Session, Number: key.Number, Reason: reason}
}

func (c *charge) checkBalance(o *offer, answer *ServiceAnswer) error {
	if err := c.afford(o); err != nil {
		return err
	}
	c.answer.Enough = Known(0)
	if o.units < o.want {
		c.answer.Enough = Known(1)
	}
	answer.Granted = nil
	return nil
}

func (c *charge) priceEvent(o *offer, record *Session) error {
	charge, err := c.plan.Price(&o.conditions, Progress{}, o.want)
	if err != nil {
		return errorfIn("price an event", err)
	}
	record.Cost.Amount += charge.Money
	return nil
}

// refundByRating credits what the units would cost, for a refund that names no charge.
func (c *charge) refundByRating(o *offer, answer *ServiceAnswer, record *Session) error {
	charge, err := c.plan.Price(&o.conditions, Progress{}, o.want)
	if err != nil {
		return errorfIn("price a refund", err)
	}
	o.units, o.charge, o.amounts = o.want, charge, Amounts{Money: charge.Money}
	part := o.part(c.request.Key, BecauseRefund, c.plan.Currency())
	where := purpose(o.service.Key, &o.conditions, c.plan)
	if err := c.tx.Credit(c.account.ID, where, part); err != nil {
		return errorfIn("credit a refund", err)
	}
	c.why(part.Reason)
	answer.Granted = []Quantity{{o.units, o.terms.Unit}}
	record.Cost.Amount += charge.Money
	return nil
}

const refundPrefix = "charge "

// refundInformation names a charge; clients send it back as it is (TS 32.299 section 7.2.157).
func refundInformation(key Key) []byte {
	return fmt.Appendf(nil, "%s%d %d %s", refundPrefix, key.Number, key.Session.Sub, key.Session.ID)
}

func parseRefund(information []byte) (Key, bool) {
	fields := bytes.SplitN(bytes.TrimPrefix(information, []byte(refundPrefix)), []byte(" "), 3)
	if !bytes.HasPrefix(information, []byte(refundPrefix)) || len(fields) != 3 {
		return Key{}, false
	}
	number, err := strconv.ParseUint(string(fields[0]), 10, 32)
	sub, err2 := strconv.ParseUint(string(fields[1]), 10, 64)
	session := SessionID{ID: string(fields[2]), Sub: sub}
	return Key{Session: session, Number: uint32(number)}, err == nil && err2 == nil
}

// refundOf gives back some of the charge that Refund-Information names, or all of it where no units
// are told; more than is left of it is refused with 5012 and nothing moves.
func (c *charge) refundOf(services []Service) error {
	key, ok := parseRefund(c.request.Refund)
	charged, found := c.tx.Session(key.Session)
	if !ok || !found || charged.Account != c.account.ID {
		c.deny(UnableToComply, "Refund-Information names no charge that is still known",
			FailedAVP{Path: "Refund-Information"})
		return nil
	}
	next := *charged
	next.Services = append([]ServiceState(nil), charged.Services...)
	given := Quantity{Unit: c.plan.Currency()}
	for i := range services {
		state := next.charged(key.Number, services[i].Key)
		if state == nil {
			c.deny(UnableToComply, "the charge has no such service")
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

// charged finds the service that a request was charged for.
func (s *Session) charged(number uint32, key ServiceKey) *ServiceState {
	for i := range s.Services {
		state := &s.Services[i]
		if state.Number == number && (state.Key.Group == key.Group || !key.Group.Known) {
			return state
		}
	}
	return nil
}

// giveBack credits units of one charge: what they added to it when it was made.
func (c *charge) giveBack(service *Service, state *ServiceState) (int64, bool, error) {
	units, _ := unitsOf(service.Requested, state.Conditions.Unit)
	if units <= 0 {
		units = state.Granted
	}
	if units > state.Granted {
		c.deny(UnableToComply, "more is to be refunded than is left of the charge")
		return 0, false, nil
	}
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return 0, false, err
	}
	money, err := remainder(plan, state, units)
	if err != nil {
		return 0, false, err
	}
	fromUnits := min(state.Held.Units, units)
	if money == 0 && fromUnits == 0 && state.Held.Money > 0 {
		fromUnits = 0
	}
	part := Part{
		Amounts: Amounts{Units: fromUnits, Money: money},
		Session: c.request.Key.Session, Number: c.request.Key.Number,
		Reason: Reason{Code: BecauseRefund, Service: state.Key, Rule: state.Conditions.Rule,
			Units: Quantity{units, state.Conditions.Unit}, Cost: Quantity{money, plan.Currency()}},
	}
	where := purpose(state.Key, &state.Conditions, plan)
	if err := c.tx.Credit(c.account.ID, where, part); err != nil {
		return 0, false, errorfIn("credit a refund", err)
	}
	state.Granted -= units
	state.Held.Units -= fromUnits
	state.Held.Money -= money
	c.why(part.Reason)
	answer := ServiceAnswer{Key: service.Key, Result: Success,
		Granted: []Quantity{{units, state.Conditions.Unit}}}
	c.answer.Services = append(c.answer.Services, answer)
	return money, true, nil
}

// remainder is what the last units of a charge cost in money: all that is left of it, less what
// the units that stay charged would cost alone.
func remainder(plan Plan, state *ServiceState, units int64) (int64, error) {
	stay := max(state.Granted-units-max(state.Held.Units-units, 0), 0)
	if state.Granted == units {
		return state.Held.Money, nil
	}
	charge, err := plan.Price(&state.Conditions, Progress{}, stay)
	if err != nil {
		return 0, errorfIn("price what stays charged", err)
	}
	return max(state.Held.Money-charge.Money, 0), nil
}

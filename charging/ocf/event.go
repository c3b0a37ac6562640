package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// event answers a one-time event, which has no session state (RFC 8506 section 6).
func (c *charge) event(d charging.Decision) error {
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
	if r.Action == charging.RefundAccount && len(r.Refund) > 0 {
		return c.refundOf()
	}
	services := r.Services
	if len(services) == 0 {
		services = []charging.Service{{Asked: true}}
	}
	record := c.record()
	for i := range services {
		if err := c.happen(&services[i], record, d); err != nil {
			return c.priceless(err)
		}
	}
	if c.unservable() {
		return nil
	}
	return c.concludeEvent(record)
}

// maxCharges bounds how many charges of one Session-Id can still be refunded: the latest.
const maxCharges = 64

// record is the closed session that remembers what an event cost, so that a refund cannot give
// back more than was charged.
func (c *charge) record() *charging.Session {
	r, now := c.request, c.tx.Now()
	record := &charging.Session{
		ID: r.Key.Session, Account: c.account.ID, Origin: r.Origin, Context: r.Context,
		Opened: now, Closed: now, ClosedBy: closedByEvent, Info: r.Information,
		Cost: charging.Quantity{Unit: c.plan.Currency()}, Vendor: r.Carries3GPP(),
	}
	if c.late != nil && c.late.ClosedBy == closedByEvent {
		kept := c.late.Services[max(0, len(c.late.Services)-maxCharges):]
		record.Services = append(record.Services, kept...)
	}
	return record
}

// concludeEvent tells the cost. Only a direct debit leaves something to remember.
func (c *charge) concludeEvent(record *charging.Session) error {
	r := c.request
	sends := c.recordSends(record)
	if r.Action != charging.CheckBalance && (r.Action != charging.DirectDebiting || sends.Cost) {
		c.answer.Cost = record.Cost
	}
	if c.answer.Enough.Known && c.settings.CheckBalance == charging.CheckBalanceResult {
		c.tellCredit()
		return nil
	}
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
	if c.sends(nil).Balance || sends.Balance {
		c.answer.Refund = refundInformation(r.Key)
	}
	return nil
}

// tellCredit says in the result what Check-Balance-Result would say.
func (c *charge) tellCredit() {
	lacking := c.answer.Enough.Value != 0
	c.answer.Enough = charging.Number{}
	if lacking {
		c.answer.Services = nil
		c.deny(c.outOfCredit(), "check_balance result_code: there is not enough credit")
	}
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

// happen does to one service what the action asks for. A script may limit what is debited.
func (c *charge) happen(
	service *charging.Service, record *charging.Session, d charging.Decision,
) error {
	answer := charging.ServiceAnswer{Key: service.Key, Result: charging.Success}
	o := offer{service: service, settings: c.settings, inputs: c.inputs(service)}
	err := c.findPayer(&o)
	if err != nil {
		c.addResult(service.Key, c.unrated(service, err))
		return nil
	}
	if c.request.Action == charging.DirectDebiting && d.Only.Matches(service.Key) {
		o.limit = d.Limit
	}
	if o.terms.Uncontrolled && c.costsNothing(&o) {
		c.add(c.uncontrolled(service))
		return nil
	}
	o.want, o.dearest = o.wanted(&c.request.Information), o.conditions
	switch c.request.Action {
	case charging.DirectDebiting:
		err = c.debitEvent(&o, &answer, record)
	case charging.RefundAccount:
		err = c.refundByRating(&o, &answer, record)
	case charging.CheckBalance:
		err = c.checkBalance(&o)
	case charging.PriceEnquiry:
		err = c.priceEvent(&o, record)
	}
	if unpostable(err) && c.request.Action != charging.PriceEnquiry {
		answer, err = c.refuseService(service, err), nil
	}
	c.add(answer)
	return err
}

// debitEvent debits at once: everything or, unless the rule counts events and allows part of them,
// nothing.
func (c *charge) debitEvent(
	o *offer, answer *charging.ServiceAnswer, record *charging.Session,
) error {
	if err := c.afford(o); err != nil {
		return err
	}
	whole := o.terms.Unit != charging.Events || !o.partial()
	if _, given := o.verdict(); !given || whole && o.units < o.want {
		answer.Result = c.outOfCredit()
		announce(o.terms, answer)
		c.explainWant(o)
		return nil
	}
	if err := addTo(record, o.amounts.Money); err != nil {
		return err
	}
	part := o.part(c.request.Key, charging.BecauseDebit, c.plan.Currency())
	parts := []charging.Part{part}
	if _, err := c.tx.Settle(c.charged(o), 0, c.purposeOf(o), parts); err != nil {
		return errorfIn("debit an event", err)
	}
	c.why(part.Reason)
	answer.Granted = []charging.Quantity{o.terms.Unit.Of(o.units)}
	announce(o.terms, answer)
	record.Services = append(record.Services, charging.ServiceState{
		Key: o.service.Key, Conditions: o.conditions, Progress: o.charge.Progress,
		Granted: o.units, Held: o.amounts, LastReport: c.tx.Now(), Number: c.request.Key.Number,
		Payer: o.payer,
	})
	return nil
}

// part is the offer's price as a posting.
func (o *offer) part(key charging.Key, code string, currency charging.Unit) charging.Part {
	reason := charging.Reason{Code: code, Service: o.service.Key}
	describe(&reason, &o.conditions, o.units, o.charge)
	reason.Cost = currency.Of(o.amounts.Money)
	return charging.Part{
		Amounts: o.amounts, Session: key.Session, Number: key.Number, Reason: reason,
	}
}

// credit is what an account has of one unit.
type credit struct {
	account string
	unit    charging.Unit
}

// checkBalance says whether there is credit for this service and all before it.
func (c *charge) checkBalance(o *offer) error {
	account, unit := c.charged(o), o.terms.Unit
	if unit.Octets() {
		unit = charging.Total // a balance of octets pays for those of any direction
	}
	units, money := credit{account, unit}, credit{account, c.plan.Currency()}
	means := c.meansFor(o)
	means.Units = max(means.Units-c.checked[units], 0)
	means.Money = max(means.Money-c.checked[money], 0)
	if err := c.affordBy(o, means); err != nil {
		return err
	}
	if c.checked == nil {
		c.checked = make(map[credit]int64)
	}
	c.checked[units] += o.amounts.Units // no more than there is
	c.checked[money] += o.amounts.Money
	switch {
	case o.units < o.want:
		c.answer.Enough = charging.Known(1)
	case !c.answer.Enough.Known:
		c.answer.Enough = charging.Known(0)
	}
	return nil
}

func (c *charge) priceEvent(o *offer, record *charging.Session) error {
	charge, err := c.plan.Price(&o.conditions, charging.Progress{}, o.want)
	if err != nil {
		return errorfIn("price an event", err)
	}
	return addTo(record, charge.Money)
}

// priceless refuses an enquiry for a price that cannot be told: there is one for all services.
func (c *charge) priceless(err error) error {
	if !unpostable(err) {
		return err
	}
	c.answer.Services = nil
	c.deny(charging.UnableToComply, err.Error())
	return nil
}

// addTo adds to what an event costs.
func addTo(record *charging.Session, money int64) error {
	sum, err := charging.Add(record.Cost.Amount, money)
	if err != nil {
		return errorfIn("sum the cost of an event", err)
	}
	record.Cost.Amount = sum
	return nil
}

// refundByRating credits what the units would cost, for a refund that names no charge.
func (c *charge) refundByRating(
	o *offer, answer *charging.ServiceAnswer, record *charging.Session,
) error {
	charge, err := c.plan.Price(&o.conditions, charging.Progress{}, o.want)
	if err != nil {
		return errorfIn("price a refund", err)
	}
	o.units, o.charge, o.amounts = o.want, charge, charging.Amounts{Money: charge.Money}
	if means := c.meansFor(o); means.HasUnits && !means.HasMoney {
		o.amounts = charging.Amounts{Units: o.want}
	}
	cost := record.Cost
	if err := addTo(record, o.amounts.Money); err != nil {
		return err
	}
	part := o.part(c.request.Key, charging.BecauseRefund, c.plan.Currency())
	if err := c.tx.Credit(c.charged(o), c.purposeOf(o), part); err != nil {
		record.Cost = cost
		return errorfIn("credit a refund", err)
	}
	c.why(part.Reason)
	answer.Granted = []charging.Quantity{o.terms.Unit.Of(o.units)}
	return nil
}

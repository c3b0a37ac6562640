package ocf

import (
	"errors"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// serve settles one service of an initial or update request and grants anew if it asks. Each
// service has its own verdict (RFC 8506 section 5.1.2); a refused grant never undoes a debit.
func (c *charge) serve(service *charging.Service, d charging.Decision) error {
	c.exceeded = false
	misplaced := c.misplaced(service)
	result, err := c.settleInOrder(service)
	if err != nil {
		return err
	}
	if misplaced {
		result = c.blame(service)
	}
	answer := charging.ServiceAnswer{Key: service.Key, Result: result}
	switch {
	case result != charging.Success:
	case c.stale:
		c.why(charging.Reason{
			Code: charging.BecauseOutOfOrder, Service: service.Key,
			Detail: "a higher CC-Request-Number came before: usage counts, the grant stays",
		})
	case c.refuses(service, &answer):
	case service.Asked, c.asksAgain(service), c.grantsAbsent(service):
		answer, err = c.grant(service, d)
	default:
		c.withhold(&answer)
	}
	c.add(answer)
	if c.second != nil {
		c.add(*c.second)
		c.second = nil
	}
	return err
}

// settleInOrder settles what a service reports. The grant stays where a lower number comes after a
// higher one, and where an earlier service of this request got it.
func (c *charge) settleInOrder(service *charging.Service) (charging.Result, error) {
	if c.ahead != nil {
		if before, done := c.ahead[service]; done {
			c.exceeded = before.exceeded
			return before.result, nil
		}
	}
	state := c.holder(service)
	if !c.stale && (service.Asked || !c.justGranted(state)) {
		return c.settle(service)
	}
	if len(service.Used) == 0 {
		return charging.Success, nil
	}
	if state == nil {
		return c.settle(service)
	}
	kept := *state
	state.Reservation, state.Held = 0, charging.Amounts{}
	result, err := c.settle(service)
	kept.Progress = state.Progress
	*state = kept
	return result, err
}

// asksAgain reports whether a service without units of any kind comes back from where it was
// redirected or restricted to: it is to be granted anew if there is money (RFC 8506 section 5.6.2).
func (c *charge) asksAgain(service *charging.Service) bool {
	state := c.state(service.Key)
	return state != nil && state.Granted == 0 && len(service.Used) == 0 && c.away(state) != nil
}

// away are the terms of a service that was redirected or restricted; nil: it was not.
func (c *charge) away(state *charging.ServiceState) *charging.Terms {
	if !state.Final {
		return nil
	}
	terms, err := c.termsOf(&state.Conditions)
	if err != nil || terms.Final.Action == charging.Terminate {
		return nil
	}
	return terms
}

// withhold answers a service that asks for nothing. After a redirect it still gets a
// Validity-Time, when it may ask again (RFC 8506 section 5.6.2).
func (c *charge) withhold(answer *charging.ServiceAnswer) {
	state := c.state(answer.Key)
	if state == nil || c.justGranted(state) {
		return
	}
	state.Granted = 0
	if terms := c.away(state); terms != nil {
		answer.ValidFor = c.validFor(terms)
		c.validity = max(c.validity, answer.ValidFor)
	}
}

// inputs are what rates a service now.
func (c *charge) inputs(service *charging.Service) charging.Inputs {
	in := charging.Inputs{
		Context: c.request.Context, Service: service.Key, Event: c.request.Type == charging.Event,
		Info: &c.request.Information, Participants: c.request.Information.Participants,
		At: c.tx.Now(), Attributes: c.request.Attributes,
	}
	if c.session != nil && !in.Event {
		in.Info, in.Participants = &c.session.Info, c.session.Info.Participants
		in.Context = c.session.Context
	}
	if unit := c.settings.GrantUnit; unit != "" && !in.Event {
		in.Units = []charging.Unit{unit}
		return in
	}
	in.Monetary = c.rfc()
	for _, q := range service.Requested {
		in.Units = append(in.Units, c.ownUnit(q.Unit))
	}
	return in
}

// ownUnit is the plan's currency for money without Currency-Code (RFC 8506 section 8.22).
func (c *charge) ownUnit(unit charging.Unit) charging.Unit {
	if unit == charging.NoCurrency && c.plan != nil {
		return c.plan.Currency()
	}
	return unit
}

// unrated refuses a service that no rule prices, with the AVP that would have to be another
// (TS 32.299 section 7.1.11).
func (c *charge) unrated(service *charging.Service, err error) charging.Result {
	var missing *charging.Unrated
	var nobody *unpaid
	if errors.As(err, &nobody) {
		return c.unpaidService(service, nobody)
	}
	if !errors.As(err, &missing) {
		c.why(charging.Reason{
			Code: charging.BecauseDenied, Service: service.Key, Detail: err.Error(),
		})
		return charging.UnableToComply
	}
	c.denied(service.Key, c.noRule(), missing.Error())
	c.failed(failedService(service, missing))
	return c.noRule()
}

func failedService(service *charging.Service, missing *charging.Unrated) charging.FailedAVP {
	switch {
	case missing.Missing != "":
		return charging.FailedAVP{Path: missing.Missing}
	case service.Key.Group.Known:
		value := strconv.FormatInt(service.Key.Group.Value, 10)
		return charging.FailedAVP{Path: "Rating-Group", Value: value}
	case len(service.Key.IDs) > 0:
		value := strconv.FormatUint(uint64(service.Key.IDs[0]), 10)
		return charging.FailedAVP{Path: "Service-Identifier", Value: value}
	}
	return charging.FailedAVP{}
}

// An offer is a grant in the making.
type offer struct {
	service    *charging.Service
	settings   *charging.Settings
	inputs     charging.Inputs
	conditions charging.Conditions // of the grant
	dearest    charging.Conditions // what it is reserved at: those after a switch, if they cost more
	terms      *charging.Terms
	progress   charging.Progress
	limit      *charging.Limit
	want       int64
	validFor   time.Duration
	change     time.Time            // Tariff-Time-Change
	after      *charging.Conditions // those after the change; nil: none is announced
	dual       bool                 // a quota for each side of it
	spare      int64                // what it costs more, at most, if a switch comes within
	divided    bool                 // a switch may come within
	untilThen  time.Duration        // until that switch
	amounts    charging.Amounts
	units      int64  // granted
	payer      string // the account charged, where it is not the subscriber's
	charge     charging.Charge
}

// grant prices and reserves units at the conditions of now.
func (c *charge) grant(
	service *charging.Service, d charging.Decision,
) (charging.ServiceAnswer, error) {
	o := offer{service: service, settings: c.settings, inputs: c.inputs(service)}
	err := c.findPayer(&o)
	if err != nil {
		return charging.ServiceAnswer{Key: service.Key, Result: c.unrated(service, err)}, nil
	}
	if d.Limit != nil && d.Only.Matches(service.Key) {
		o.limit = d.Limit
	}
	state := c.holder(service)
	if state != nil && state.Conditions.Rule != "" {
		o.progress = c.resume(state, &o.conditions)
	}
	if o.terms.Uncontrolled && c.costsNothing(&o) {
		if state != nil {
			state.Granted = 0
		}
		return c.uncontrolled(service), nil
	}
	c.size(&o)
	if c.rfc() && o.after != nil && o.after.Unit == o.conditions.Unit {
		err = c.dual(&o)
	}
	if err == nil && !o.dual {
		err = c.affordAcross(&o)
	}
	if err != nil && !unpostable(err) {
		return charging.ServiceAnswer{}, err
	}
	if err != nil {
		if state != nil {
			state.Granted = 0
		}
		return c.refuseService(service, err), nil
	}
	final, given := o.verdict()
	if !given {
		return c.withoutUnits(&o, state), nil
	}
	return c.reserve(&o, state, final)
}

// rate finds conditions and terms. Where the rule counts who is attached from the start, those
// invited by an initial request do not count yet.
func (c *charge) rate(o *offer) (err error) {
	if o.conditions, err = c.plan.Rate(&o.inputs); err != nil {
		return err
	}
	if o.terms, err = c.plan.Terms(&o.conditions); err != nil {
		return err
	}
	if c.request.Type != charging.Initial || o.terms.InitialAsIs || c.session == nil {
		return nil
	}
	attached := charging.Known(c.session.Attached)
	if o.inputs.Participants == attached {
		return nil
	}
	c.session.Info.Participants, o.inputs.Participants = attached, attached
	return c.rate(o)
}

// resume carries the rounding over to the conditions of now, and says where they changed.
func (c *charge) resume(state *charging.ServiceState, to *charging.Conditions) charging.Progress {
	if !to.Same(&state.Conditions) {
		c.why(charging.Reason{
			Code: charging.BecauseConditions, Service: state.Key, Rule: to.Rule,
			Participants: to.Participants, Media: to.Media,
		})
	}
	return c.plan.Resume(&state.Conditions, to, state.Progress)
}

// wanted is the size of the grant in the rule's unit: what is asked for, else what the request
// counts, else the plan's default: of a grant, or of a one-time event; never above the maximum, nor
// the script's limit.
func (o *offer) wanted(info *charging.Information) int64 {
	t, event := o.terms, o.inputs.Event
	want, _ := unitsOf(o.service.Requested, t.Unit)
	if want <= 0 && t.Unit == charging.Events {
		want = eventCount(t, info)
		if want == 0 && event {
			want = t.CountDefault
		}
	}
	if want <= 0 {
		want = t.Default
	}
	if t.Max > 0 && (want > t.Max || o.settings.EmptyRSU == charging.EmptyMax && !event &&
		o.service.Asked && empty(o.service.Requested)) {
		want = t.Max
	}
	if o.limit == nil {
		return want
	}
	if limit, told := unitsOf([]charging.Quantity{o.limit.Grant}, t.Unit); told {
		return min(want, limit)
	}
	return want
}

// eventCount takes the number of events from where the rule says; 0 where nothing tells.
func eventCount(t *charging.Terms, info *charging.Information) int64 {
	for _, source := range t.Count {
		var number charging.Number
		switch source {
		case "exploded":
			number = info.Counters.Exploded
		case "sent":
			number = info.Counters.Sent
		case "recipients":
			number = info.Recipients
		}
		if number.Known && number.Value > 0 {
			return number.Value
		}
	}
	return 0
}

// afford finds how much of what is wanted the account can pay: balances of units first.
func (c *charge) afford(o *offer) error {
	return c.affordBy(o, c.meansFor(o))
}

func (c *charge) affordBy(o *offer, means charging.Means) error {
	var begun charging.Charge
	free := min(o.want, means.Units)
	progress := o.progress
	if free > 0 && !progress.Begun {
		var err error
		if begun, err = c.plan.Begin(&o.conditions, progress); err != nil {
			return errorfIn("price the set-up", err)
		}
		if progress = begun.Progress; begun.Money > means.Money {
			free, begun, progress = 0, charging.Charge{}, o.progress
		}
	}
	if o.divided {
		progress = c.plan.Resume(&o.conditions, &o.dearest, progress)
	}
	money := means.Money - begun.Money
	units, charge, err := c.plan.Afford(&o.dearest, progress, o.want-free, money-o.spare)
	if err != nil {
		return errorfIn("price a grant", err)
	}
	o.units, o.charge = units+free, charge
	o.charge.Setup += begun.Setup
	o.amounts = charging.Amounts{Units: free, Money: begun.Money + charge.Money}
	if units > 0 {
		o.amounts.Money += o.spare
	}
	return nil
}

// verdict says whether the grant is given, and with which final unit. Paid units of a started
// block are the subscriber's own, however few.
func (o *offer) verdict() (*charging.FinalUnit, bool) {
	switch {
	case o.units <= 0:
		return nil, false
	case o.units >= o.want && o.limit != nil:
		return o.limit.Final, true
	case o.units >= o.want:
		return nil, true
	case !o.partial():
		return nil, false
	case o.units < o.terms.Min && o.progress.Rest <= 0:
		return nil, false
	case o.units < o.terms.Min:
		o.units, o.charge = min(o.progress.Rest, o.want), charging.Charge{}
		o.amounts = charging.Amounts{}
	}
	if o.unannounced() && (o.limit == nil || o.limit.Final == nil) {
		return nil, true
	}
	return o.final(), true
}

// unannounced reports whether a setting has the last grant go without Final-Unit-Indication.
func (o *offer) unannounced() bool {
	return o.settings.FinalUnits == charging.FinalWithZero ||
		o.settings.FinalUnits == charging.FinalNever
}

// partial reports whether less than is wanted may be granted.
func (o *offer) partial() bool {
	switch o.settings.Partial {
	case charging.PartialAlways:
		return true
	case charging.PartialNever:
		return false
	}
	return o.terms.Partial
}

// final is what happens when the last units are used up: as the script says, else as the rule does.
func (o *offer) final() *charging.FinalUnit {
	if o.limit != nil && o.limit.Final != nil {
		return o.limit.Final
	}
	return &o.terms.Final
}

// withoutUnits refuses for want of credit. A policy of redirection or restriction is told once,
// with the time after which to ask again (RFC 8506 section 5.6.2).
func (c *charge) withoutUnits(o *offer, state *charging.ServiceState) charging.ServiceAnswer {
	answer := charging.ServiceAnswer{Key: o.service.Key, Result: c.outOfCredit()}
	final := o.final()
	told := state != nil && state.Final && state.Granted == 0
	if !told && o.endsWith(final) {
		answer.Result, answer.Final = charging.Success, final
		if final.Action == charging.Terminate {
			answer.Granted = []charging.Quantity{o.terms.Unit.Of(0)}
		} else {
			answer.ValidFor = c.validFor(o.terms)
		}
		if state == nil {
			state = c.newState(o)
		}
		state.Final = true
		c.validity = max(c.validity, answer.ValidFor)
	}
	if state != nil {
		state.Granted = 0
	}
	announce(o.terms, &answer)
	c.explainWant(o)
	return answer
}

// endsWith reports whether a refusal for want of credit is told as a final unit without units:
// where it leads elsewhere, or where the settings announce every end this way.
func (o *offer) endsWith(final *charging.FinalUnit) bool {
	switch {
	case o.limit != nil && o.limit.Final != nil:
		return final.Action != charging.Terminate
	case o.settings.FinalUnits == charging.FinalWithZero:
		return true
	case o.settings.FinalUnits == charging.FinalNever:
		return false
	}
	return final.Action != charging.Terminate
}

// explainWant says for what there was not enough credit.
func (c *charge) explainWant(o *offer) {
	c.why(charging.Reason{
		Code: charging.BecauseDenied, Service: o.service.Key, Rule: o.terms.Rule,
		Units: o.terms.Unit.Of(o.want), Detail: c.outOfCredit().Name(),
	})
}

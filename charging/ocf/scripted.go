package ocf

import (
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// movement says what moves under a scripted answer: a denial debits what was used (RFC 8506
// section 9.1), a protocol error moves nothing, a success is charged as usual.
func movement(i *charging.Instead) charging.Movement {
	switch {
	case i.Ledger != charging.ByResult:
		return i.Ledger
	case i.Result == 0 || i.Result.Success():
		return charging.MoveNormal
	case i.Result.ProtocolError():
		return charging.MoveNothing
	}
	return charging.MoveSettle
}

// scripted gives the answer that the script wants, and moves as much money as it says.
func (c *charge) scripted(d charging.Decision) error {
	instead := d.Instead
	atService := instead.Level == charging.AtService && len(c.request.Services) > 0
	var err error
	switch move := movement(instead); {
	case move == charging.MoveNormal:
		err = c.usual(d)
		c.answer.Failed, c.answer.Message = nil, "" // Another answer takes the place of this one.
	case atService && !instead.Result.ProtocolError():
		return c.scriptedServices(d, move)
	case move == charging.MoveSettle:
		err = c.closeDenied()
	default:
		c.session = c.prior
	}
	if err != nil {
		return err
	}
	c.dress(d, atService)
	return nil
}

// scriptedServices answers each service that the decision is for as it says, all others as usual.
func (c *charge) scriptedServices(d charging.Decision, move charging.Movement) error {
	usable := c.account != nil && c.plan != nil
	if c.request.Type == charging.Event && usable {
		return c.scriptedEvent(d)
	}
	if c.request.Type == charging.Initial && usable && c.prior == nil {
		c.begin()
	}
	usable = usable && c.session != nil
	for i := range c.request.Services {
		if err := c.scriptedService(&c.request.Services[i], d, usable, move); err != nil {
			return err
		}
	}
	if !usable {
		return nil
	}
	if c.request.Type == charging.Termination {
		return c.end(closedByTermination)
	}
	c.supervise()
	return nil
}

// scriptedEvent answers those services of an event that the decision is for; the others happen.
func (c *charge) scriptedEvent(d charging.Decision) error {
	record := c.record()
	for i := range c.request.Services {
		service := &c.request.Services[i]
		if d.Only.Matches(service.Key) {
			c.addDressed(d.Instead, service)
			continue
		}
		if err := c.happen(service, record, charging.Decision{}); err != nil {
			return c.priceless(err)
		}
	}
	return c.concludeEvent(record)
}

func (c *charge) scriptedService(
	service *charging.Service, d charging.Decision, usable bool, move charging.Movement,
) error {
	if !d.Only.Matches(service.Key) && usable {
		if c.request.Type == charging.Termination {
			result, err := c.settle(service)
			c.addResult(service.Key, result)
			return err
		}
		return c.serve(service, d)
	}
	if usable && move == charging.MoveSettle {
		failed := c.answer.Failed
		if _, err := c.settle(service); err != nil {
			return err
		}
		c.answer.Failed = failed // It is not for this that the service is refused.
		if state := c.state(service.Key); state != nil {
			state.Granted = 0
		}
	}
	c.addDressed(d.Instead, service)
	return nil
}

// addDressed answers a service with the scripted result alone.
func (c *charge) addDressed(instead *charging.Instead, service *charging.Service) {
	answer := charging.ServiceAnswer{Key: service.Key}
	dressService(instead, &answer)
	c.add(answer)
}

// dress puts the scripted results over an answer to the whole request.
func (c *charge) dress(d charging.Decision, atService bool) {
	instead := d.Instead
	level := instead.Level
	if level == charging.AtService && (!atService || instead.Result.ProtocolError()) {
		level = charging.AtCommand
	}
	c.answer.Result = charging.Success
	if level != charging.AtService && instead.Result != 0 {
		c.answer.Result = instead.Result
	}
	if level == charging.AtCommand && !c.answer.Result.Success() {
		c.answer.Services = nil
		return
	}
	if len(c.answer.Services) == 0 {
		for i := range c.request.Services {
			c.addResult(c.request.Services[i].Key, charging.Success)
		}
	}
	for i := range c.answer.Services {
		if answer := &c.answer.Services[i]; d.Only.Matches(answer.Key) {
			dressService(instead, answer)
		}
	}
}

// dressService puts the scripted result over one service's answer; what is not said stays, but
// nothing is granted with a failure unless the script says so.
func dressService(i *charging.Instead, answer *charging.ServiceAnswer) {
	said := charging.InsteadService{
		Result: i.Result, Grant: i.Grant, NoGrant: i.NoGrant, Final: i.Final, ValidFor: i.ValidFor,
	}
	for _, service := range i.Services {
		if service.Match.Matches(answer.Key) {
			said = service
			break
		}
	}
	if said.Result != 0 {
		answer.Result = said.Result
	}
	if said.NoGrant || !answer.Result.Success() {
		*answer = charging.ServiceAnswer{Key: answer.Key, Result: answer.Result}
	}
	if said.Grant.Unit != "" {
		answer.Granted = []charging.Quantity{said.Grant}
	}
	if said.Final != nil {
		answer.Final = said.Final
	}
	if said.ValidFor.Known {
		answer.ValidFor = time.Duration(said.ValidFor.Value) * time.Second
	}
}

// whyScripted says what the script does to a request.
func (c *charge) whyScripted(d *charging.Decision, detail string) {
	c.why(charging.Reason{Code: charging.BecauseScript, Rule: d.Rule, Detail: detail})
}

// told says whether money moves, and how the answer goes out, if any does.
func told(d *charging.Decision) string {
	if d.Delivery != nil && d.Delivery.Unheard {
		return "the request is dropped: nothing moves"
	}
	return inManner(moves(d), d)
}

func inManner(money string, d *charging.Decision) string {
	return strings.Join(append([]string{money}, d.Manner()...), ", ")
}

func moves(d *charging.Decision) string {
	switch {
	case d.Instead == nil && d.Limit != nil:
		return "charged within a limit"
	case d.Instead == nil:
		return "charged as usual"
	}
	switch movement(d.Instead) {
	case charging.MoveSettle:
		return "answered instead: what was used is debited, nothing is reserved"
	case charging.MoveNothing:
		return "answered instead: nothing moves"
	}
	return "charged as usual, answered otherwise"
}

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
	usual := d
	usual.Instead = nil
	var err error
	switch move := movement(instead); {
	case move == charging.MoveNormal:
		err = c.scriptedAsUsual(usual)
	case atService && !instead.Result.ProtocolError():
		return c.scriptedServices(d, move)
	case move == charging.MoveSettle:
		err = c.scriptedDenial()
	default:
		c.session = c.prior
	}
	if err != nil {
		return err
	}
	c.dress(d, atService)
	return nil
}

// scriptedAsUsual charges, and takes back whatever the answer says of it.
func (c *charge) scriptedAsUsual(usual charging.Decision) error {
	if err := c.usual(usual); err != nil {
		return err
	}
	c.answer.Failed, c.answer.Message = nil, ""
	return nil
}

// scriptedDenial ends the session for a refusal at command level; an initial request opens none.
func (c *charge) scriptedDenial() error {
	ends := c.session != nil &&
		(c.request.Type == charging.Update || c.request.Type == charging.Termination)
	if !ends || c.account == nil {
		c.session = c.prior
		return nil
	}
	return c.closeFor(closedByDenial)
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
	usual := d
	usual.Instead = nil
	for i := range c.request.Services {
		service := &c.request.Services[i]
		if err := c.scriptedService(service, d, usual, usable, move); err != nil {
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
			answer := charging.ServiceAnswer{Key: service.Key}
			dressService(d.Instead, &answer)
			c.answer.Services = append(c.answer.Services, answer)
			continue
		}
		if err := c.happen(service, record, charging.Decision{}); err != nil {
			return c.priceless(err)
		}
	}
	return c.concludeEvent(record)
}

func (c *charge) scriptedService(
	service *charging.Service, d, usual charging.Decision, usable bool, move charging.Movement,
) error {
	if !d.Only.Matches(service.Key) && usable {
		if c.request.Type == charging.Termination {
			result, err := c.settle(service)
			c.answer.Services = append(c.answer.Services,
				charging.ServiceAnswer{Key: service.Key, Result: result})
			return err
		}
		return c.serve(service, usual)
	}
	answer := charging.ServiceAnswer{Key: service.Key}
	if usable && move == charging.MoveSettle {
		if _, err := c.settle(service); err != nil {
			return err
		}
		if state := c.state(service.Key); state != nil {
			state.Granted = 0
		}
	}
	dressService(d.Instead, &answer)
	c.answer.Services = append(c.answer.Services, answer)
	return nil
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
			key := c.request.Services[i].Key
			c.answer.Services = append(
				c.answer.Services,
				charging.ServiceAnswer{Key: key, Result: charging.Success},
			)
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

// told says what the script does to a request, and whether money moves with it.
func told(d *charging.Decision) string {
	money := "charged as usual"
	switch {
	case d.Delivery != nil && d.Delivery.Unheard:
		return "the request is dropped: nothing moves"
	case d.Instead != nil:
		money = movementWords(movement(d.Instead))
	case d.Limit != nil:
		money = "charged within a limit"
	}
	return strings.Join(append([]string{money}, d.Manner()...), ", ")
}

// toldAgain is told for a repeat, which moves nothing whatever the script does.
func toldAgain(d *charging.Decision) string {
	return strings.Join(append([]string{"a repeat: nothing moves"}, d.Manner()...), ", ")
}

func movementWords(m charging.Movement) string {
	switch m {
	case charging.MoveSettle:
		return "answered instead: what was used is debited, nothing is reserved"
	case charging.MoveNothing:
		return "answered instead: nothing moves"
	}
	return "charged as usual, answered otherwise"
}

package charging

import "time"

// movement says what moves under a scripted answer: a denial debits what was used (RFC 8506
// section 9.1), a protocol error moves nothing, a success is charged as usual.
func (i *Instead) movement() Movement {
	switch {
	case i.Ledger != ByResult:
		return i.Ledger
	case i.Result == 0 || i.Result.Success():
		return MoveNormal
	case i.Result.ProtocolError():
		return MoveNothing
	}
	return MoveSettle
}

// scripted gives the answer that the script wants, and moves as much money as it says.
func (c *charge) scripted(d Decision) error {
	instead := d.Instead
	atService := instead.Level == AtService && len(c.request.Services) > 0
	usual := d
	usual.Instead = nil
	var err error
	switch move := instead.movement(); {
	case move == MoveNormal:
		err = c.scriptedAsUsual(usual)
	case atService && !instead.Result.ProtocolError():
		return c.scriptedServices(d, move)
	case move == MoveSettle:
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
func (c *charge) scriptedAsUsual(usual Decision) error {
	if err := c.usual(usual); err != nil {
		return err
	}
	c.answer.Failed, c.answer.Message = nil, ""
	return nil
}

// scriptedDenial ends the session for a refusal at command level; an initial request opens none.
func (c *charge) scriptedDenial() error {
	ends := c.session != nil && (c.request.Type == Update || c.request.Type == Termination)
	if !ends || c.account == nil || c.plan == nil {
		c.session = c.prior
		return nil
	}
	return c.closeFor("denied")
}

// scriptedServices answers each service that the decision is for as it says, all others as usual.
func (c *charge) scriptedServices(d Decision, move Movement) error {
	usable := c.account != nil && c.plan != nil
	if c.request.Type == Initial && usable && c.prior == nil {
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
	if c.request.Type == Termination {
		return c.end("termination")
	}
	c.supervise()
	return nil
}

func (c *charge) scriptedService(
	service *Service, d, usual Decision, usable bool, move Movement,
) error {
	if !d.Only.matches(service.Key) && usable {
		if c.request.Type == Termination {
			result, err := c.settle(service)
			c.answer.Services = append(c.answer.Services,
				ServiceAnswer{Key: service.Key, Result: result})
			return err
		}
		return c.serve(service, usual)
	}
	answer := ServiceAnswer{Key: service.Key}
	if usable && move == MoveSettle {
		if _, err := c.settle(service); err != nil {
			return err
		}
		if state := c.state(service.Key); state != nil {
			state.Granted = 0
		}
	}
	d.Instead.dress(&answer)
	c.answer.Services = append(c.answer.Services, answer)
	return nil
}

// dress puts the scripted results over an answer to the whole request.
func (c *charge) dress(d Decision, atService bool) {
	instead := d.Instead
	level := instead.Level
	if level == AtService && (!atService || instead.Result.ProtocolError()) {
		level = AtCommand
	}
	c.answer.Result = Success
	if level != AtService && instead.Result != 0 {
		c.answer.Result = instead.Result
	}
	if level == AtCommand && !c.answer.Result.Success() {
		c.answer.Services = nil
		return
	}
	if len(c.answer.Services) == 0 {
		for i := range c.request.Services {
			key := c.request.Services[i].Key
			c.answer.Services = append(c.answer.Services, ServiceAnswer{Key: key, Result: Success})
		}
	}
	for i := range c.answer.Services {
		if answer := &c.answer.Services[i]; d.Only.matches(answer.Key) {
			instead.dress(answer)
		}
	}
}

// dress puts the scripted result over one service's answer; what is not said stays, but nothing
// is granted with a failure unless the script says so.
func (i *Instead) dress(answer *ServiceAnswer) {
	said := InsteadService{
		Result: i.Result, Grant: i.Grant, NoGrant: i.NoGrant, Final: i.Final, ValidFor: i.ValidFor,
	}
	for _, service := range i.Services {
		if service.Match.matches(answer.Key) {
			said = service
			break
		}
	}
	if said.Result != 0 {
		answer.Result = said.Result
	}
	if said.NoGrant || !answer.Result.Success() {
		*answer = ServiceAnswer{Key: answer.Key, Result: answer.Result}
	}
	if said.Grant.Unit != "" {
		answer.Granted = []Quantity{said.Grant}
	}
	if said.Final != nil {
		answer.Final = said.Final
	}
	if said.ValidFor.Known {
		answer.ValidFor = time.Duration(said.ValidFor.Value) * time.Second
	}
}

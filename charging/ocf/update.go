package ocf

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// update debits what was used at the conditions of its grant, releases the rest, and reserves anew
// at the conditions of now (RFC 8506 section 5.3).
func (c *charge) update(d charging.Decision) error {
	if c.session == nil {
		return c.unknown(d)
	}
	switch {
	case !c.belongs():
		return nil
	case c.account.Status != charging.Active:
		c.deny(c.inactive(), "the account is "+string(c.account.Status))
		return c.closeFor(closedByDenial)
	case c.plan == nil:
		c.denyPlan()
		return c.closeFor(closedByDenial)
	}
	return c.serveAll(d)
}

// serveAll serves every service of an open session.
func (c *charge) serveAll(d charging.Decision) error {
	services := c.services()
	if err := c.settleAhead(services); err != nil {
		return err
	}
	for i := range services {
		if err := c.serve(&services[i], d); err != nil {
			return err
		}
	}
	c.supervise()
	return nil
}

// Why sessions are closed.
const (
	closedByTermination = "termination"
	closedByDenial      = "denied" // a refusal at command level ended it
)

// terminate debits what was used and releases everything (RFC 8506 section 5.4).
func (c *charge) terminate(d charging.Decision) error {
	if c.session == nil {
		return c.unknown(d)
	}
	if !c.belongs() {
		return nil
	}
	return c.windUp()
}

// windUp settles the last report and closes the session.
func (c *charge) windUp() error {
	for i := range c.request.Services {
		service := &c.request.Services[i]
		result, err := c.settleLast(service)
		if err != nil {
			return err
		}
		c.answer.Services = append(
			c.answer.Services,
			charging.ServiceAnswer{Key: service.Key, Result: result},
		)
	}
	return c.end(closedByTermination)
}

// settleLast settles what a service reports at the end, unless a setting has it ignored.
func (c *charge) settleLast(service *charging.Service) (charging.Result, error) {
	if c.settings.TerminationUsage == charging.TerminationIgnores {
		c.unused(service, "term_usage ignore: not debited")
		return charging.Success, nil
	}
	misplaced := c.misplaced(service)
	result, err := c.settle(service)
	if misplaced {
		result = c.blame(service)
	}
	return result, err
}

// belongs checks that subscriber and context are those of the session; if not, the session is left
// as it is.
func (c *charge) belongs() bool {
	r := c.request
	if c.namesAnother() {
		c.session = c.prior
		c.deny(charging.UnableToComply, "the session belongs to another subscriber")
		return false
	}
	if r.Context != "" && c.session.Context != "" && r.Context != c.session.Context {
		c.session = c.prior
		c.deny(charging.RatingFailed, "the session began with Service-Context-Id "+c.prior.Context,
			charging.FailedAVP{Path: "Service-Context-Id", Value: r.Context})
		return false
	}
	if c.account == nil {
		c.session = c.prior
		c.deny(charging.UnableToComply, "the session's account is gone")
		return false
	}
	return true
}

// namesAnother reports whether the request's subscriber is not the session's. Nobody, or somebody
// whom no account has, is not another.
func (c *charge) namesAnother() bool {
	if c.account != nil {
		for _, identity := range c.request.Subscribers {
			if slices.Contains(c.account.Identities, identity) {
				return false
			}
		}
	}
	other := c.request.Subscriber(c.tx)
	return other != nil && other.ID != c.session.Account
}

// unknown answers an update or termination of a session that is not open: 5002. Usage that comes
// after the end is lost, and said so, unless the options debit what supervision cut off.
func (c *charge) unknown(d charging.Decision) error {
	late := c.debitsLate()
	if c.settings.UnknownSession == charging.UnknownRate && !late {
		return c.adopt(d)
	}
	if c.settings.UnknownSession == charging.UnknownSucceed && !late {
		c.nod()
		return nil
	}
	c.deny(charging.UnknownSessionID, "no session "+c.request.Key.Session.ID+" is open")
	if c.late == nil {
		return nil
	}
	if late {
		return c.debitLate()
	}
	for i := range c.request.Services {
		for _, used := range c.request.Services[i].Used {
			for _, units := range used.Units {
				c.why(
					charging.Reason{
						Code:    charging.BecauseLate,
						Service: c.request.Services[i].Key,
						Units:   units,
						Detail:  "reported after the session ended (" + c.late.ClosedBy + "): lost revenue",
					},
				)
			}
		}
	}
	return nil
}

// debitLate debits usage of a session that supervision ended, at its last conditions. A termination
// succeeds then; an update is still told that its session is gone.
func (c *charge) debitLate() error {
	next := *c.late
	next.Services = append([]charging.ServiceState(nil), c.late.Services...)
	account, found := c.tx.Account(next.Account)
	if !found {
		return nil
	}
	c.session = &next
	c.chargeTo(account)
	for i := range c.request.Services {
		if _, err := c.settle(&c.request.Services[i]); err != nil {
			return err
		}
	}
	if c.request.Type == charging.Termination {
		c.session.ClosedBy = closedByTermination
		c.answer.Result, c.answer.Message = charging.Success, ""
	}
	return nil
}

// refuse answers what the door found wrong. An update or termination that fails ends its session:
// what could be read is debited, the rest released (RFC 8506 table 6 and section 9.1). A number
// that was used before moves nothing.
func (c *charge) refuse() error {
	refused, r := c.request.Refused, c.request
	c.deny(refused.Result, refused.Message, refused.Failed...)
	ends := c.session != nil && !refused.Result.ProtocolError() && !c.spent &&
		(r.Type == charging.Update || r.Type == charging.Termination)
	if !ends {
		c.session = c.prior
		return nil
	}
	c.identify()
	if c.account == nil {
		c.session = c.prior
		return nil
	}
	if err := c.closeFor(closedByDenial); err != nil {
		return err
	}
	c.finish(charging.Decision{})
	return nil
}

// closeFor debits what the request reports and ends the session, for an answer that fails at
// command level.
func (c *charge) closeFor(cause string) error {
	for i := range c.request.Services {
		if _, err := c.settle(&c.request.Services[i]); err != nil {
			return err
		}
	}
	return c.end(cause)
}

// end releases all that the session holds and closes it.
func (c *charge) end(cause string) error {
	for i := range c.session.Services {
		if err := c.release(&c.session.Services[i]); err != nil {
			return err
		}
	}
	c.session.Closed, c.session.ClosedBy = c.tx.Now(), cause
	c.why(charging.Reason{Code: charging.BecauseClosed, Detail: cause, Cost: c.session.Cost})
	return nil
}

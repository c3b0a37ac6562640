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
	case !c.admit():
		return c.closeDenied()
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
		c.addResult(service.Key, result)
	}
	return c.end(closedByTermination)
}

// settleLast settles what a service reports at the end, unless a setting has it ignored.
func (c *charge) settleLast(service *charging.Service) (charging.Result, error) {
	if c.settings.TerminationUsage == charging.TerminationIgnores {
		c.unused(charging.BecauseSetting, service, "term_usage ignore: not debited")
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
	switch {
	case late:
		return c.debitLate()
	case c.late != nil:
		lost := "reported after the session ended (" + c.late.ClosedBy + "): lost revenue"
		for i := range c.request.Services {
			c.unused(charging.BecauseLate, &c.request.Services[i], lost)
		}
	}
	return nil
}

// debitLate debits usage of a session that supervision ended, at its last conditions. A termination
// succeeds then; an update is still told that its session is gone.
func (c *charge) debitLate() error {
	account, found := c.tx.Account(c.late.Account)
	if !found {
		return nil
	}
	c.session = copied(c.late)
	c.chargeTo(account)
	if err := c.settleAll(); err != nil {
		return err
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
	refused := c.request.Refused
	c.deny(refused.Result, refused.Message, refused.Failed...)
	if refused.Result.ProtocolError() || c.spent || !c.ends() {
		c.session = c.prior
		return nil
	}
	c.identify()
	if err := c.closeDenied(); err != nil || c.account == nil {
		return err
	}
	c.finish(charging.Decision{})
	return nil
}

// ends reports whether the request's failure ends a session: one that an update or a termination
// belongs to (RFC 8506 table 6).
func (c *charge) ends() bool {
	return c.session != nil &&
		(c.request.Type == charging.Update || c.request.Type == charging.Termination)
}

// closeDenied ends the session for an answer that fails at command level: it debits what the
// request reports. Where there is none to end, or nobody to charge, the session stays as it was.
func (c *charge) closeDenied() error {
	if !c.ends() || c.account == nil {
		c.session = c.prior
		return nil
	}
	if err := c.settleAll(); err != nil {
		return err
	}
	return c.end(closedByDenial)
}

// settleAll debits what a request reports that is refused as a whole. Its answer tells that error
// alone (RFC 6733 section 7), and none that a service has.
func (c *charge) settleAll() error {
	failed := c.answer.Failed
	defer func() { c.answer.Failed = failed }()
	for i := range c.request.Services {
		if _, err := c.settle(&c.request.Services[i]); err != nil {
			return err
		}
	}
	return nil
}

// closeRefused ends the session whose services were refused at command level after all: their
// usage is debited by now. An initial request opens none then.
func (c *charge) closeRefused() error {
	switch {
	case c.request.Type == charging.Initial && c.prior == nil:
		c.session = nil
	case c.request.Type == charging.Update && c.session != c.prior && c.session.Open():
		return c.end(closedByDenial)
	}
	return nil
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

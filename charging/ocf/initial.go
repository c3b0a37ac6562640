package ocf

import (
	"cmp"
	"errors"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// initial opens a session and reserves (RFC 8506 section 5.2). A refusal at command level opens
// none; one in an MSCC opens a session that holds nothing.
func (c *charge) initial(d charging.Decision) error {
	if c.prior != nil && !c.again {
		c.session = c.prior
		c.deny(charging.UnableToComply,
			"the session is open already; only a new Session-Id can start one")
		return nil
	}
	if !c.admit() {
		return nil
	}
	if c.prior == nil {
		c.begin()
	}
	if err := c.serveAll(d); err != nil {
		return err
	}
	if c.unservable() {
		c.session = nil
		return nil
	}
	c.forgetCaller()
	return nil
}

// admit checks that there is somebody to charge: an unknown subscriber is 5030, one that may not
// use the service 4010 (RFC 8506 section 9).
func (c *charge) admit() bool {
	switch {
	case len(c.request.Subscribers) == 0 && c.account == nil:
		c.deny(charging.MissingAVP, "the request names no subscriber",
			charging.FailedAVP{Path: "Subscription-Id"})
	case c.account == nil:
		identity := c.request.Subscribers[0].Data
		code := cmp.Or(c.settings.DenyCodes.UnknownSubscriber, charging.UserUnknown)
		c.deny(code, "no account has the identity "+identity)
	case c.account.Status != charging.Active:
		c.deny(c.inactive(), "the account is "+string(c.account.Status))
	case c.plan == nil:
		c.denyPlan()
	default:
		return true
	}
	return false
}

func (c *charge) denyPlan() {
	if c.account.Plan == "" {
		c.deny(charging.RatingFailed, "the account has no plan")
		return
	}
	c.deny(charging.RatingFailed, "the account's plan "+c.account.Plan+" cannot be used")
}

func (c *charge) begin() {
	r := c.request
	// Answers to requests that came while nothing was open are no part of this life.
	c.tx.Forget(r.Key.Session)
	c.late = nil
	c.beginWith()
}

// beginWith makes the session that begins with the request.
func (c *charge) beginWith() {
	r := c.request
	told, attached := charging.Told(nil, r, c.settings)
	c.session = &charging.Session{
		ID: r.Key.Session, Account: c.account.ID, Origin: r.Origin, Context: r.Context,
		Opened: c.tx.Now(), Attached: attached, Info: told,
		Cost: charging.Quantity{Unit: c.plan.Currency()}, Vendor: r.Carries3GPP(),
	}
}

// unservable refuses at command level where no service is served for a reason that is none of its
// own: the plan knows nothing of the context, or nobody pays.
func (c *charge) unservable() bool {
	switch {
	case (c.prior == nil || c.request.Type == charging.Event) && c.foreignContext():
		c.deny(c.noRule(), "no rule of the plan is for this Service-Context-Id",
			charging.FailedAVP{Path: "Service-Context-Id", Value: c.request.Context})
	case c.nobodyPays():
		c.deny(c.unpaid.result, c.unpaid.detail)
	default:
		return false
	}
	c.answer.Services = nil
	return true
}

// foreignContext reports whether the plan has no rule for the request's context at all, so that
// none of its services could be rated.
func (c *charge) foreignContext() bool {
	if !c.allAre(c.noRule()) {
		return false
	}
	in := c.inputs(&charging.Service{})
	_, err := c.plan.Rate(&in)
	var unrated *charging.Unrated
	return errors.As(err, &unrated) && unrated.Context
}

// allAre reports whether every service is answered by one result.
func (c *charge) allAre(result charging.Result) bool {
	return !slices.ContainsFunc(c.answer.Services, func(s charging.ServiceAnswer) bool {
		return s.Result != result
	})
}

// supervise sets the time at which an abandoned session ends: Tcc is twice the longest validity of
// what is granted, by this answer or an earlier one (RFC 8506 section 13).
func (c *charge) supervise() {
	validity := c.validity
	for i := range c.session.Services {
		if s := &c.session.Services[i]; s.Reservation != 0 || s.Granted > 0 {
			validity = max(validity, s.ValidUntil.Sub(s.LastReport))
		}
	}
	limit := c.function.options.Supervision
	if validity > 0 {
		limit = 2 * max(validity, c.settings.Scaled(validity))
	}
	c.session.Deadline = c.tx.Now().Add(limit)
}

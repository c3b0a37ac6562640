package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// costsNothing reports whether a service has no price at all at the conditions of now.
func (c *charge) costsNothing(o *offer) bool {
	charge, err := c.plan.Price(&o.conditions, charging.Progress{}, 1)
	return err == nil && charge.Money == 0 && o.conditions.Price == 0
}

// uncontrolled answers a service that is free: it may be used without credit control (RFC 8506
// section 9.1, 4011).
func (c *charge) uncontrolled(service *charging.Service) charging.ServiceAnswer {
	c.why(charging.Reason{
		Code: charging.BecauseFree, Service: service.Key,
		Detail: charging.CreditNotApplicable.Name() + ": the service costs nothing",
	})
	return charging.ServiceAnswer{Key: service.Key, Result: charging.CreditNotApplicable}
}

// tellTerms puts into a successful answer what the plan says besides: what a client is to do
// without answers, how the cost counts, when the account ends, and what is played at a low
// balance.
func (c *charge) tellTerms(terms *charging.Terms, sends charging.Sends) {
	a := c.answer
	a.Failure = terms.Failure
	if terms.CostUnit != "" && a.Cost.Unit != "" {
		a.Unit = terms.CostUnit
	}
	if sends.Expiration {
		a.Expires = c.tx.Expiration(c.account.ID)
	}
	if !terms.Announces {
		return
	}
	for i := range a.Services {
		c.announceLowBalance(&a.Services[i])
	}
}

func (c *charge) announceLowBalance(answer *charging.ServiceAnswer) {
	state := c.state(answer.Key)
	if state == nil {
		return
	}
	terms, err := c.termsOf(&state.Conditions)
	if err != nil || terms.Announce == nil || c.answer.After.Usable >= terms.LowBalanceAt {
		return
	}
	answer.Announcements = append(answer.Announcements, terms.Announce.LowBalance...)
}

// scaledQuota is a quota with its timers scaled as the settings say; the plan's own stays as it is.
func (c *charge) scaledQuota(q *charging.Quota) *charging.Quota {
	if q == nil || c.settings.TimerScale == 0 {
		return q
	}
	quota := *q
	quota.ConsumptionTime = scaled(c.settings, q.ConsumptionTime)
	quota.UnusedTimer = scaled(c.settings, q.UnusedTimer)
	return &quota
}

// announce adds what is to be played on the occasion of a service's answer.
func announce(terms *charging.Terms, answer *charging.ServiceAnswer) {
	if terms.Announce == nil {
		return
	}
	if len(answer.Granted) > 0 {
		answer.Announcements = append(answer.Announcements, terms.Announce.Granted...)
	}
	if answer.Final != nil {
		answer.Announcements = append(answer.Announcements, terms.Announce.Final...)
	}
	if !answer.Result.Success() {
		answer.Announcements = append(answer.Announcements, terms.Announce.Refused...)
	}
}

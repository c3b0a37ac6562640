package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// sends says which optional AVPs the answer carries: those the plan names; else the cost, and to
// clients that speak 3GPP Ro what that has beside it.
func (c *charge) sends(terms *charging.Terms) charging.Sends {
	if terms != nil && terms.Send.Said {
		return terms.Send
	}
	vendor := c.request.Carries3GPP() || c.session != nil && c.session.Vendor
	return charging.Sends{Cost: true, Balance: vendor, LowBalance: vendor, Trigger: vendor}
}

// recordSends says which optional AVPs the answer to an event carries. The cost of a price enquiry
// and of a refund is what was asked for, whatever the plan sends.
func (c *charge) recordSends(record *charging.Session) charging.Sends {
	if len(record.Services) == 0 {
		return c.sends(nil)
	}
	terms, _ := c.termsOf(&record.Services[len(record.Services)-1].Conditions)
	return c.sends(terms)
}

// tellFunds puts cost and balance into a successful answer: accumulated cost, without what is
// reserved (RFC 8506 section 8.7).
func (c *charge) tellFunds() {
	if !c.answer.Result.Success() || c.session == nil {
		return
	}
	terms := c.someTerms()
	sends := c.sends(terms)
	if sends.Cost && c.answer.Cost.Unit == "" {
		c.answer.Cost = c.session.Cost
	}
	if sends.Balance {
		c.answer.Balance = c.answer.After.Money
	}
	if sends.LowBalance && terms != nil && terms.LowBalanceAt > 0 {
		c.answer.LowOnes = charging.Known(0)
		if c.answer.After.Usable < terms.LowBalanceAt {
			c.answer.LowOnes = charging.Known(1)
		}
	}
	if terms != nil {
		c.tellTerms(terms, sends)
	}
}

// someTerms are those of the first service that has any.
func (c *charge) someTerms() *charging.Terms {
	for i := range c.session.Services {
		if terms, err := c.termsOf(&c.session.Services[i].Conditions); err == nil {
			return terms
		}
	}
	return nil
}

// armed is how a new list of triggers is told.
func armed(triggers []uint32) []uint32 {
	if len(triggers) == 0 {
		return []uint32{charging.TriggersDisarmed}
	}
	return triggers
}

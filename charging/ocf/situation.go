package ocf

import "github.com/ocs-sim/ocs-sim/charging"

// situate reads the conditions of the request into the session as it becomes, and says what a
// script sees of it.
func (c *charge) situate() *charging.Situation {
	told, attached := charging.Told(c.prior, c.request, c.settings)
	if c.prior != nil {
		c.stale = c.request.Key.Number < c.prior.Highest
	}
	if c.session != nil && !c.stale {
		c.session.Info, c.session.Attached = told, attached
	}
	situation := charging.Situate(c.prior, c.request, &told)
	situation.Account, situation.Now, situation.Holdings = c.account, c.tx.Now(), c
	return situation
}

// Holds is what the account has available of a unit, for scripts that ask.
func (c *charge) Holds(unit charging.Unit) int64 { return c.tx.Funds(c.account.ID, unit).Usable }

// repeatedAs lets a script that is about repeats, too, have a say in how the answer that was given
// before goes out again. It cannot change what is remembered.
func (c *charge) repeatedAs() {
	if c.function.script == nil {
		return
	}
	if c.decided == nil {
		c.open()
		c.identify()
		c.decide(true)
		c.session = nil
	}
	if c.decided.Rule == "" {
		return
	}
	c.answer.Edits = append(c.answer.Edits, c.decided.Edits...)
	c.answer.Delivery = c.decided.Delivery
	c.whyScripted(c.decided, inManner("a repeat: nothing moves", c.decided))
}

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
	situation.Account, situation.Now = c.account, c.tx.Now()
	return situation
}

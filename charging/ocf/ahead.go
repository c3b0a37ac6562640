package ocf

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// settled is how a service was settled before its turn.
type settled struct {
	result   charging.Result
	exceeded bool // more was used than granted, or than there was
}

// settleAhead settles, before any service is granted anew, what must not wait for its turn: what
// the services of a credit pool report, since what one did not use may be what another has used;
// and usage that comes without a request for units behind the request for them, since it belongs
// to the grant before.
func (c *charge) settleAhead(services []charging.Service) error {
	if len(services) < 2 || c.stale || len(c.session.Services) == 0 {
		return nil
	}
	pools := c.hasPools()
	var few [8]*charging.ServiceState
	asking := few[:0]
	for i := range services {
		service := &services[i]
		state := c.state(service.Key)
		if state == nil {
			continue
		}
		behind := !service.Asked && slices.Contains(asking, state)
		if service.Asked {
			asking = append(asking, state)
		}
		if len(service.Used) == 0 || !behind && !(pools && c.inPool(service, state)) {
			continue
		}
		if err := c.settleNow(service, len(services)); err != nil {
			return err
		}
	}
	return nil
}

// hasPools reports whether the plan that priced the session has credit pools.
func (c *charge) hasPools() bool {
	terms, err := c.termsOf(&c.session.Services[0].Conditions)
	return err == nil && terms.Pools // A plan that is gone has no pools; settling tells of it.
}

func (c *charge) settleNow(service *charging.Service, services int) error {
	c.exceeded = false
	result, err := c.settle(service)
	if err != nil {
		return err
	}
	if c.ahead == nil {
		c.ahead = make(map[*charging.Service]settled, services)
	}
	c.ahead[service] = settled{result, c.exceeded}
	return nil
}

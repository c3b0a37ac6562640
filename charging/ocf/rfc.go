package ocf

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// rfc reports whether the client is answered in the manner of RFC 8506.
func (c *charge) rfc() bool { return c.settings.Answer == charging.AnswerRFC }

// atCommand reports whether the settings have a service answered at command level that came there.
func (c *charge) atCommand() bool {
	return c.rfc() || c.settings.NoMSCC == charging.NoMSCCCommandUnits
}

// single reports whether the request has its one service at command level, and is answered there.
func (c *charge) single() bool {
	services := c.request.Services
	switch len(services) {
	case 0:
		return c.request.Type == charging.Event && c.atCommand()
	case 1:
		return services[0].Single && c.atCommand()
	}
	return false
}

// services are those of the request. For a client of RFC 8506, reports of one service in several
// MSCCs belong together (section 5.1.1 splits them at a change of tariff), and an update that names
// nothing may come back from where the single service of the session was redirected to (section
// 5.6.2).
func (c *charge) services() []charging.Service {
	services := c.request.Services
	switch {
	case len(services) == 0 && c.request.Type == charging.Update && c.atCommand():
		return c.returning()
	case len(services) < 2 || !c.rfc():
		return services
	}
	merged := make([]charging.Service, 0, len(services))
	for i := range services {
		same := slices.IndexFunc(merged, func(s charging.Service) bool {
			return s.Key.Group == services[i].Key.Group &&
				slices.Equal(s.Key.IDs, services[i].Key.IDs)
		})
		if same < 0 {
			merged = append(merged, services[i])
			continue
		}
		one, other := &merged[same], &services[i]
		one.Used = slices.Concat(one.Used, other.Used)
		if one.Asked = one.Asked || other.Asked; len(one.Requested) == 0 {
			one.Requested = other.Requested
		}
	}
	return merged
}

// returning is the one service of a session whose client was sent elsewhere.
func (c *charge) returning() []charging.Service {
	if len(c.session.Services) != 1 {
		return nil
	}
	state := &c.session.Services[0]
	if state.Granted != 0 || c.away(state) == nil {
		return nil
	}
	return []charging.Service{{Key: state.Key, Single: true}}
}

// lower gives the answer to a single service the form that RFC 8506 section 3.2 has without MSCC:
// its units, final unit and validity stand at command level, and so does its result. What 3GPP adds
// to an MSCC has no place there.
func (c *charge) lower() error {
	services := c.answer.Services
	if len(services) != 1 || !c.single() && len(c.request.Services) > 0 || !c.atCommand() {
		return nil
	}
	s := &services[0]
	result := s.Result
	*s = charging.ServiceAnswer{
		Single: true, Granted: s.Granted, ValidFor: s.ValidFor, Final: s.Final,
		TariffChange: s.TariffChange,
	}
	if !c.answer.Result.Success() || result == 0 || result.Success() {
		if len(s.Granted) == 0 && s.ValidFor == 0 && s.Final == nil {
			c.answer.Services = nil // nothing of it would be sent
		}
		return nil
	}
	c.answer.Result, c.answer.Services = result, nil
	return c.closeRefused()
}

// fit takes out of an answer of TS 32.299 what only RFC 8506 knows.
func (c *charge) fit() {
	if c.answer.RFC {
		return
	}
	for i := range c.answer.Services {
		if final := c.answer.Services[i].Final; final != nil && final.QoS {
			plain := *final
			plain.QoS = false
			c.answer.Services[i].Final = &plain
		}
	}
}

// intermittent reports whether a grant of time is not consumed second by second. RFC 8506 section
// 5.1.1: where it is, client and server know by the clock what is used on either side of a change
// of tariff, which is not announced then.
func intermittent(terms *charging.Terms) bool {
	q := terms.Quota
	return q != nil && (q.ConsumptionTime.Known || q.Mechanism != nil)
}

// dual tries to grant two quotas for one service, one for each side of a change of tariff (RFC 8506
// section 5.1.1), and reserves both. It is given up where the account cannot pay them, or where
// units of a balance would.
func (c *charge) dual(o *offer) error {
	means := c.meansFor(o)
	if means.Units > 0 || o.want <= 0 || o.limit != nil {
		return nil
	}
	earlier, later := &o.conditions, o.after
	if o.terms.Quota != nil && o.terms.Quota.Pool != nil {
		earlier, later = &o.dearest, &o.dearest // all of the pool may be used on either side
	}
	before, err := c.plan.Price(earlier, o.progress, o.want)
	if err != nil {
		return errorfIn("price the quota before a change of tariff", err)
	}
	next := before.Progress
	next.Rest = 0
	after, err := c.plan.Price(later, next, o.want)
	if err != nil {
		return errorfIn("price the quota after a change of tariff", err)
	}
	sum, err := charging.Add(before.Money, after.Money)
	if err != nil || sum > means.Money {
		return nil // One quota is granted then, which need not overflow.
	}
	o.dual, o.units, o.charge = true, o.want, before
	o.charge.Money, o.charge.Blocks = sum, before.Blocks+after.Blocks
	o.amounts = charging.Amounts{Money: sum}
	return nil
}

// answerDual makes two answers of the one for a service with a quota on each side.
func (c *charge) answerDual(answer *charging.ServiceAnswer) {
	answer.Tariff = charging.Known(0)
	other := *answer
	other.Tariff, other.Announcements = charging.Known(1), nil
	c.second = &other
}

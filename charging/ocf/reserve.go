package ocf

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// newState begins what a session holds for a service.
func (c *charge) newState(o *offer) *charging.ServiceState {
	c.session.Services = append(c.session.Services, charging.ServiceState{
		Key: o.service.Key, Conditions: o.conditions, LastReport: c.tx.Now(),
		Number: c.request.Key.Number, Payer: o.payer,
	})
	return &c.session.Services[len(c.session.Services)-1]
}

// reserve sets the grant's price aside and makes its conditions those of the service.
func (c *charge) reserve(
	o *offer, state *charging.ServiceState, final *charging.FinalUnit,
) (charging.ServiceAnswer, error) {
	if state == nil {
		state = c.newState(o)
	}
	now := c.tx.Now()
	amounts, err := c.joined(o, state)
	if err != nil {
		return charging.ServiceAnswer{}, err
	}
	if c.settings.Reservation == charging.ReserveNothing {
		c.because(state.Key, "reservation none: nothing is set aside")
		amounts = charging.Amounts{}
	}
	if err := c.setAside(state, c.charged(o), c.purposeOf(o), amounts); err != nil {
		return charging.ServiceAnswer{}, errorfIn("reserve a grant", err)
	}
	if o.limit != nil && o.limit.ValidFor.Known {
		o.validFor = time.Duration(o.limit.ValidFor.Value) * time.Second
	}
	state.Conditions, state.Progress, state.Granted = o.conditions, o.progress, o.units
	if o.dual {
		state.Granted += min(o.units, uncountable-o.units)
	}
	state.LastReport, state.ValidUntil, state.Final = now, now.Add(o.validFor), final != nil
	state.Number, state.Payer = c.request.Key.Number, o.payer
	c.validity = max(c.validity, o.validFor)
	c.explainGrant(o, final)
	return c.answerGrant(o, state, final), nil
}

// setAside makes amounts what a service holds; of nothing there is no reservation.
func (c *charge) setAside(
	state *charging.ServiceState, account string, where charging.Purpose, amounts charging.Amounts,
) (err error) {
	if amounts == (charging.Amounts{}) {
		return nil
	}
	holder := charging.Holder{Session: c.request.Key.Session, Service: state.Key}
	if state.Reservation, err = c.tx.Reserve(account, holder, where, amounts); err == nil {
		state.Held = amounts
	}
	return err
}

func (c *charge) explainGrant(o *offer, final *charging.FinalUnit) {
	reason := charging.Reason{Code: charging.BecauseGranted, Service: o.service.Key}
	if final != nil {
		reason.Code = charging.BecauseLast
	}
	describe(&reason, &o.dearest, o.units, o.charge)
	reason.Cost = c.plan.Currency().Of(o.amounts.Money)
	c.why(reason)
}

func (c *charge) answerGrant(
	o *offer, state *charging.ServiceState, final *charging.FinalUnit,
) charging.ServiceAnswer {
	answer := charging.ServiceAnswer{
		Key: o.service.Key, Result: charging.Success, ValidFor: o.validFor, Final: final,
		Granted:     []charging.Quantity{o.terms.Unit.Of(o.units)},
		HoldingTime: o.terms.HoldingTime, TariffChange: o.change, Quota: o.terms.Quota,
	}
	if t := o.terms.Threshold; t > 0 && t < o.units && final == nil {
		answer.Threshold = o.terms.Unit.Of(t)
	}
	if c.sends(o.terms).Trigger && !slices.Equal(state.Armed, o.terms.Triggers) {
		answer.Triggers, state.Armed = armed(o.terms.Triggers), o.terms.Triggers
	}
	announce(o.terms, &answer)
	if o.dual {
		c.answerDual(&answer)
	}
	return answer
}

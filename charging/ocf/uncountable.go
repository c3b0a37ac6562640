package ocf

import (
	"errors"
	"math"

	"github.com/ocs-sim/ocs-sim/charging"
)

// uncountable is where counting of units ends.
const uncountable = math.MaxInt64

// unpostable reports whether an amount cannot be posted, though nothing is wrong with the ledger:
// it leaves 64 bits, or no balance takes it back. Nothing has moved then.
func unpostable(err error) bool {
	var known *charging.Error
	return errors.Is(err, charging.ErrOverflow) ||
		errors.As(err, &known) && known.Kind == charging.KindUnitMismatch
}

// refuseService refuses what cannot be posted in its service alone (RFC 8506 section 5.1.2); what
// the other services of the request have used and want does not suffer from it.
func (c *charge) refuseService(service *charging.Service, cause error) charging.ServiceAnswer {
	c.denied(service.Key, charging.UnableToComply, cause.Error())
	return charging.ServiceAnswer{Key: service.Key, Result: charging.UnableToComply}
}

// lose gives up usage that costs more than can be counted: the service is as it was before the
// report, but holds nothing any more.
func (c *charge) lose(service *charging.Service, state *charging.ServiceState, cause error) error {
	c.denied(service.Key, charging.UnableToComply, cause.Error())
	state.Granted = 0
	return c.release(state)
}

// costWith is what the session costs together with another sum of money, if that can be counted.
func (c *charge) costWith(money int64, currency charging.Unit) (int64, error) {
	if c.session.Cost.Unit != currency {
		money = 0 // the account moved to a plan in another currency in mid-session
	}
	cost, err := charging.Add(c.session.Cost.Amount, money)
	if err != nil {
		return 0, errorfIn("sum the cost of the session", err)
	}
	return cost, nil
}

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
	c.explainRefusal(service.Key, cause)
	return charging.ServiceAnswer{Key: service.Key, Result: charging.UnableToComply}
}

func (c *charge) explainRefusal(key charging.ServiceKey, cause error) {
	c.why(charging.Reason{
		Code: charging.BecauseDenied, Service: key,
		Detail: charging.UnableToComply.Name() + ": " + cause.Error(),
	})
}

// lose gives up usage that costs more than can be counted: the service is as it was before the
// report, but holds nothing any more.
func (c *charge) lose(
	service *charging.Service, state *charging.ServiceState, cause error,
) error {
	c.explainRefusal(service.Key, cause)
	state.Granted = 0
	return c.release(state)
}

// countable sees that what is to be posted can be summed, also with what the session costs so far.
func (c *charge) countable(parts []charging.Part, currency charging.Unit) (err error) {
	var sum charging.Amounts
	for i := range parts {
		if sum.Units, err = charging.Add(sum.Units, parts[i].Units); err != nil {
			return errorfIn("sum usage", err)
		}
		if sum.Money, err = charging.Add(sum.Money, parts[i].Money); err != nil {
			return errorfIn("sum the cost of usage", err)
		}
	}
	if c.session.Cost.Unit != currency {
		return nil // the account moved to a plan in another currency in mid-session
	}
	if _, err = charging.Add(c.session.Cost.Amount, sum.Money); err != nil {
		return errorfIn("sum the cost of the session", err)
	}
	return nil
}

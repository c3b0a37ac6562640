package ocf

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	refundPrefix  = "charge "
	closedByEvent = "event" // why the session that remembers a charge is closed
)

// refundInformation names a charge; clients send it back as it is (TS 32.299 section 7.2.157).
func refundInformation(key charging.Key) []byte {
	return fmt.Appendf(nil, "%s%d %d %s", refundPrefix, key.Number, key.Session.Sub, key.Session.ID)
}

func parseRefund(information []byte) (charging.Key, bool) {
	fields := bytes.SplitN(bytes.TrimPrefix(information, []byte(refundPrefix)), []byte(" "), 3)
	if !bytes.HasPrefix(information, []byte(refundPrefix)) || len(fields) != 3 {
		return charging.Key{}, false
	}
	number, err := strconv.ParseUint(string(fields[0]), 10, 32)
	sub, err2 := strconv.ParseUint(string(fields[1]), 10, 64)
	session := charging.SessionID{ID: string(fields[2]), Sub: sub}
	return charging.Key{Session: session, Number: uint32(number)}, err == nil && err2 == nil
}

// refundOf gives back some of the charge that Refund-Information names, or all of it where no units
// are told; more than is left of it is refused with 5012 and nothing moves.
func (c *charge) refundOf() error {
	key, ok := parseRefund(c.request.Refund)
	charged, found := c.tx.Session(key.Session)
	if !ok || !found || charged.ClosedBy != closedByEvent || charged.Account != c.account.ID {
		c.deny(charging.UnableToComply, "Refund-Information names no charge that is still known",
			charging.FailedAVP{Path: "Refund-Information", Value: fmt.Sprintf("0x%x", c.request.Refund)})
		return nil
	}
	next := copied(charged)
	currency := c.currencyOf(next, key.Number)
	claims, fault := claimed(next, key.Number, c.request.Services, currency)
	if fault != "" {
		c.deny(charging.UnableToComply, fault)
		return nil
	}
	given := charging.Quantity{Unit: currency}
	for _, claim := range claims {
		money, err := c.giveBack(claim)
		if unpostable(err) {
			c.add(c.refuseService(&charging.Service{Key: claim.key}, err))
			continue
		}
		if err != nil {
			return err
		}
		given.Amount += money
	}
	if next.Cost.Unit == currency {
		next.Cost.Amount -= given.Amount
	}
	c.tx.PutSession(next)
	c.answer.Cost = given
	return nil
}

// currencyOf is what a charge was priced in: the account may have got another plan since.
func (c *charge) currencyOf(s *charging.Session, number uint32) charging.Unit {
	for i := range s.Services {
		if s.Services[i].Number != number {
			continue
		}
		if plan, err := c.planOf(&s.Services[i].Conditions); err == nil {
			return plan.Currency()
		}
	}
	return c.plan.Currency()
}

// A claim is what a refund wants back of one service that was charged.
type claim struct {
	key   charging.ServiceKey // as the answer shows it
	state *charging.ServiceState
	units int64
	money int64 // a sum without units: what the client rated by itself (RFC 8506 section 6.4)
}

// claimed checks a refund as a whole, before anything moves. A request without services wants all
// that is left of the charge.
func claimed(
	s *charging.Session, number uint32, services []charging.Service, currency charging.Unit,
) (claims []claim, fault string) {
	if len(services) == 0 {
		return claimedAll(s, number)
	}
	left := make(map[*charging.ServiceState]charging.Amounts)
	for i := range services {
		state := chargedService(s, number, services[i].Key)
		if state == nil {
			return nil, "the charge has no such service"
		}
		rest, seen := left[state]
		if !seen {
			rest = charging.Amounts{Units: state.Granted, Money: state.Held.Money}
		}
		one := claim{key: services[i].Key, state: state}
		if fault := one.size(services[i].Requested, &rest, currency); fault != "" {
			return nil, fault
		}
		left[state] = rest
		claims = append(claims, one)
	}
	return claims, ""
}

// size says how much is claimed: units of the charge, a sum of money, or all where nothing is told.
// It takes that from what is left.
func (c *claim) size(
	requested []charging.Quantity, left *charging.Amounts, currency charging.Unit,
) (fault string) {
	money, sum := unitsOf(requested, currency)
	units, told := unitsOf(requested, c.state.Conditions.Unit)
	switch {
	case told && units > 0:
		c.units = units
	case sum && money > 0:
		c.money = money
	case len(requested) > 0 && !told:
		return "the charge was of other units"
	default:
		c.units = left.Units
	}
	if c.units == 0 && c.money == 0 || c.units > left.Units || c.money > left.Money {
		return "more is to be refunded than is left of the charge"
	}
	left.Units -= c.units
	left.Money -= c.money
	return ""
}

func claimedAll(s *charging.Session, number uint32) (claims []claim, fault string) {
	for i := range s.Services {
		if state := &s.Services[i]; state.Number == number && state.Granted > 0 {
			claims = append(claims, claim{key: state.Key, state: state, units: state.Granted})
		}
	}
	if len(claims) == 0 {
		return nil, "nothing is left of the charge"
	}
	return claims, ""
}

// chargedService finds the service that a request was charged for: the one of that name, else the
// first of the rating group, or of any where none is named.
func chargedService(
	s *charging.Session, number uint32, key charging.ServiceKey,
) (like *charging.ServiceState) {
	for i := range s.Services {
		state := &s.Services[i]
		switch {
		case state.Number != number || key.Group.Known && state.Key.Group != key.Group:
		case state.Key.Group == key.Group && slices.Equal(state.Key.IDs, key.IDs):
			return state
		case like == nil && len(key.IDs) == 0:
			like = state
		}
	}
	return like
}

// giveBack credits units of one charge: what they added to it when it was made.
func (c *charge) giveBack(claimed claim) (money int64, err error) {
	state, units := claimed.state, claimed.units
	plan, err := c.planOf(&state.Conditions)
	if err != nil {
		return 0, err
	}
	byMoney := min(units, state.Granted-state.Held.Units)
	fromUnits := units - byMoney
	if money = claimed.money; money == 0 {
		if money, err = moneyBack(plan, state, byMoney); err != nil {
			return 0, err
		}
	}
	part := charging.Part{
		Amounts: charging.Amounts{Units: fromUnits, Money: money},
		Session: c.request.Key.Session, Number: c.request.Key.Number,
		Reason: charging.Reason{
			Code: charging.BecauseRefund, Service: state.Key, Rule: state.Conditions.Rule,
			Units: state.Conditions.Unit.Of(units), Cost: plan.Currency().Of(money),
		},
	}
	where := purpose(state.Key, &state.Conditions, plan)
	if err := c.tx.Credit(state.PaidBy(c.account.ID), where, part); err != nil {
		return 0, errorfIn("credit a refund", err)
	}
	state.Granted -= units
	state.Held.Units -= fromUnits
	state.Held.Money -= money
	if claimed.money > 0 && state.Held.Money == 0 {
		state.Granted = state.Held.Units // what money paid is given back
	}
	c.why(part.Reason)
	given := state.Conditions.Unit.Of(units)
	if claimed.money > 0 {
		given = plan.Currency().Of(money)
	}
	c.add(charging.ServiceAnswer{
		Key: claimed.key, Result: charging.Success, Granted: []charging.Quantity{given},
	})
	return money, nil
}

// moneyBack is what the last units that money paid had added to a charge: all that is left of it,
// less what the units that stay charged would cost alone.
func moneyBack(plan charging.Plan, state *charging.ServiceState, units int64) (int64, error) {
	stay := state.Granted - state.Held.Units - units
	if stay == 0 {
		return state.Held.Money, nil
	}
	charge, err := plan.Price(&state.Conditions, charging.Progress{}, stay)
	if err != nil {
		return 0, errorfIn("price what stays charged", err)
	}
	return max(state.Held.Money-charge.Money, 0), nil
}

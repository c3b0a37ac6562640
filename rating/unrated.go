package rating

import "github.com/ocs-sim/ocs-sim/charging"

// unratedName is the name of the rule that no plan writes.
const unratedName = "unrated money"

// addUnrated makes the rule for money that no rule counts. RFC 8506 section 5.2: a sum of money
// that a client asks for was rated by the client, and is reserved as it is.
func (p *Plan) addUnrated(failure *charging.FailureHandling) {
	p.unrated = rule{
		name: unratedName, unit: p.currency, units: []charging.Unit{p.currency}, per: 1, price: 1,
		ordinal: -1,
	}
	p.unrated.terms = charging.Terms{
		Rule: unratedName, Unit: p.currency, Default: defaultMoney, Partial: true,
		ValidFor: defaultValidity, InitialAsIs: true, Payer: "subscription_id",
		CountDefault: defaultEvents, Failure: failure,
	}
	p.byName[unratedName] = &p.unrated
}

// rateMoney is what happens where no rule matches.
func (p *Plan) rateMoney(in *charging.Inputs) (charging.Conditions, error) {
	if !in.Monetary || len(in.Units) != 1 || in.Units[0] != p.currency {
		return charging.Conditions{}, &charging.Unrated{Context: !p.serves(in.Context)}
	}
	return charging.Conditions{
		Plan: p.name, Version: p.version, Rule: unratedName, Unit: p.currency, Price: 1,
	}, nil
}

package rating

import (
	"fmt"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A QuoteRequest asks what units would cost, and how many of them money would buy.
type QuoteRequest struct {
	Inputs charging.Inputs
	// Progress is what the session and service have paid so far; zero for a new one.
	Progress charging.Progress
	// Since are the conditions that Progress was paid under; nil where nothing was.
	Since *charging.Conditions
	// Units are what is asked for; without a Unit, the rule's default grant.
	Units charging.Quantity
	// Money is what may be spent; without a Unit, as much as need be.
	Money charging.Quantity
}

// A Quotation answers a QuoteRequest. Nothing was reserved for it.
type Quotation struct {
	Conditions charging.Conditions
	Terms      *charging.Terms // the plan's own: not to be changed
	Asked      charging.Quantity
	Cost       charging.Quantity // of all that is asked
	Granted    charging.Quantity // zero: would be denied
	Charge     charging.Charge   // of what is granted
	Last       bool              // money ends with this grant: it would carry a final unit
	SwitchAt   time.Time         // when another rule takes over; zero where none does
	Steps      []string          // how it came to this, as sentences
}

// Quote plays what charging does with a plan, without an account. Errors are those of Plan.Rate
// and Plan.Price, and *charging.Error of KindUnitMismatch where money or units are not the plan's.
func Quote(p charging.Plan, q QuoteRequest) (Quotation, error) {
	if len(q.Inputs.Units) == 0 && q.Units.Unit != "" {
		q.Inputs.Units = []charging.Unit{q.Units.Unit}
	}
	if q.Money.Unit != "" && q.Money.Unit != p.Currency() {
		return Quotation{}, charging.Errorf(charging.KindUnitMismatch,
			"%s cannot pay: the plan's currency is %s", q.Money, p.Currency())
	}
	var got Quotation
	var err error
	if got.Conditions, err = p.Rate(&q.Inputs); err != nil {
		return Quotation{}, err
	}
	if got.Terms, err = p.Terms(&got.Conditions); err != nil {
		return Quotation{}, err
	}
	got.explainPrice(p)
	if q.Since != nil {
		q.Progress = p.Resume(q.Since, &got.Conditions, q.Progress)
	}
	if err := got.ask(q.Units); err != nil {
		return Quotation{}, err
	}
	if err := got.grant(p, q); err != nil {
		return Quotation{}, err
	}
	got.SwitchAt, _ = p.Switch(&q.Inputs, q.Inputs.At)
	if !got.SwitchAt.IsZero() {
		got.step("another rule takes over at %s", got.SwitchAt.Format(time.RFC3339))
	}
	return got, nil
}

func (q *Quotation) step(format string, args ...any) {
	q.Steps = append(q.Steps, fmt.Sprintf(format, args...))
}

// ask settles how many units are wanted: those asked for or the default, up to the maximum.
func (q *Quotation) ask(units charging.Quantity) error {
	t := q.Terms
	q.Asked = charging.Quantity{Amount: t.Default, Unit: t.Unit}
	if units.Unit == "" {
		q.step("nothing particular is asked for: %s by default", q.Asked)
		return nil
	}
	if !counts(t.Unit, units.Unit) {
		return charging.Errorf(charging.KindUnitMismatch,
			"%s cannot be asked for: rule %q counts %s", units, t.Rule, t.Unit)
	}
	if units.Amount < 0 {
		return charging.Errorf(charging.KindInvalidDocument, "%s cannot be asked for", units)
	}
	q.Asked.Amount = units.Amount
	if t.Max > 0 && q.Asked.Amount > t.Max {
		q.Asked.Amount = t.Max
		q.step("%s are asked for, %s is the most that one grant may have", units, q.Asked)
	}
	return nil
}

// grant prices what is asked and buys as much of it as money and the terms allow.
func (q *Quotation) grant(p charging.Plan, request QuoteRequest) error {
	whole, err := p.Price(&q.Conditions, request.Progress, q.Asked.Amount)
	if err != nil {
		return err
	}
	q.Cost = charging.Quantity{Amount: whole.Money, Unit: p.Currency()}
	q.Granted, q.Charge = q.Asked, whole
	q.explainCharge(request.Progress)
	if request.Money.Unit == "" || whole.Money <= request.Money.Amount {
		return nil
	}
	units, part, err := p.Afford(&q.Conditions, request.Progress, q.Asked.Amount, request.Money.Amount)
	if err != nil {
		return err
	}
	q.limit(request.Money, units, part)
	return nil
}

// limit applies the terms to a grant that money cuts short.
func (q *Quotation) limit(money charging.Quantity, units int64, part charging.Charge) {
	affordable := charging.Quantity{Amount: units, Unit: q.Asked.Unit}
	switch {
	case units == 0:
		q.step("%s pays nothing of it: denied", money)
	case !q.Terms.Partial:
		q.step("%s pays only %s, and the rule gives no part of what is asked: denied", money, affordable)
	case units < q.Terms.Min:
		minimum := charging.Quantity{Amount: q.Terms.Min, Unit: q.Asked.Unit}
		q.step("%s pays only %s, less than the minimum of %s: denied", money, affordable, minimum)
	default:
		q.Granted, q.Charge, q.Last = affordable, part, true
		cost := charging.Quantity{Amount: part.Money, Unit: q.Cost.Unit}
		q.step("%s pays %s for %s: the last grant", money, affordable, cost)
		return
	}
	q.Granted.Amount = 0
	q.Charge = charging.Charge{Price: part.Price}
}

// explainPrice says which rule matched and how the price of a block came to be.
func (q *Quotation) explainPrice(p charging.Plan) {
	c := &q.Conditions
	price := charging.Quantity{Amount: c.Price, Unit: p.Currency()}
	own, ok := p.(*Plan)
	if !ok {
		q.step("rule %q matches: %s for a block", c.Rule, price)
		return
	}
	r := own.byName[c.Rule]
	per := charging.Quantity{Amount: r.per, Unit: r.unit}
	q.step("rule %q matches: %s for each %s%s", c.Rule, price, per, r.explain(c, own.currency))
}

// explain tells what of a block's price comes from participants, media and size.
func (r *rule) explain(c *charging.Conditions, currency charging.Unit) string {
	var parts []string
	switch r.mode {
	case perParticipant:
		parts = append(parts, fmt.Sprintf("%d participants", c.Participants.Value))
	case perExtra:
		extra := max(0, c.Participants.Value-r.base)
		parts = append(parts, fmt.Sprintf("%d participants, %d x %s above %d", c.Participants.Value,
			extra, charging.Quantity{Amount: r.amount, Unit: currency}, r.base))
	}
	for _, s := range r.media {
		for _, medium := range c.Media {
			if medium == s.medium {
				parts = append(parts, medium+" "+charging.Quantity{Amount: s.price, Unit: currency}.String())
			}
		}
	}
	if c.Size.Known {
		parts = append(parts, fmt.Sprintf("a message of %d B", c.Size.Value))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// explainCharge says how units became money.
func (q *Quotation) explainCharge(before charging.Progress) {
	unit := q.Cost.Unit
	rest := charging.Quantity{Amount: min(before.Rest, q.Asked.Amount), Unit: q.Asked.Unit}
	if rest.Amount > 0 {
		q.step("%s are paid already, as the rest of a started block", rest)
	}
	price := charging.Quantity{Amount: q.Charge.Price, Unit: unit}
	setup := ""
	if q.Charge.Setup > 0 {
		setup = ", with " + charging.Quantity{Amount: q.Charge.Setup, Unit: unit}.String() +
			" for set-up and minimum charge"
	}
	q.step("%s start %d blocks at %s: %s%s", q.Asked, q.Charge.Blocks, price, q.Cost, setup)
}

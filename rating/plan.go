package rating

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Plan is a compiled plan. It implements charging.Plan and is safe for concurrent use: nothing
// of it changes but a memory of the tariff periods asked for last.
type Plan struct {
	name     string
	version  int64
	currency charging.Unit
	rules    []rule
	byName   map[string]*rule
	timed    []int // indexes of the rules with windows, by ordinal
	unrated  rule  // of money that no rule counts
	periods  periods
}

// Currency implements charging.Plan: the unit of all money of the plan.
func (p *Plan) Currency() charging.Unit { return p.currency }

// Rate implements charging.Plan. It finds the first rule that matches and what a block costs. The
// error is *charging.Unrated where no rule matches or the one that does needs an input that is
// missing, and wraps charging.ErrOverflow where the price leaves 64 bits.
//
// Participants are those the rule counts, count_inviter included, and Media all that are present.
// Both are shared with the inputs and known only where the rule prices them.
func (p *Plan) Rate(in *charging.Inputs) (charging.Conditions, error) {
	info := information(in)
	of := p.candidates(in, info)
	index, start := of.fallback, int64(0)
	if of.timed != 0 {
		now := p.period(of, in.At.Unix())
		index, start = now.winner, now.start
	}
	if index < 0 {
		return p.rateMoney(in)
	}
	r := &p.rules[index]
	price, err := r.blockPrice(in, info)
	if err != nil {
		return charging.Conditions{}, r.wrap("rate", err)
	}
	got := charging.Conditions{
		Plan: p.name, Version: p.version, Rule: r.name,
		Unit: r.unit, Price: price, Period: start,
	}
	if r.mode != withoutParticipants {
		got.Participants = charging.Known(r.counted(in.Participants))
	}
	if len(r.media) > 0 {
		got.Media = info.Media
	}
	if len(r.tiers) > 0 {
		got.Size = info.Size
	}
	return got, nil
}

// serves reports whether any rule is for the Service-Context-Id.
func (p *Plan) serves(context string) bool {
	for i := range p.rules {
		globs := p.rules[i].match.contexts
		if len(globs) == 0 || anyMatches(globs, context) {
			return true
		}
	}
	return false
}

// candidates finds the rules that match but for the time, up to the first that has no window.
func (p *Plan) candidates(in *charging.Inputs, info *charging.Information) candidates {
	of := candidates{fallback: -1}
	for i := range p.rules {
		r := &p.rules[i]
		if !r.fits(in, info) {
			continue
		}
		if r.ordinal < 0 {
			of.fallback = i
			return of
		}
		of.timed |= 1 << r.ordinal
	}
	if of.timed == 0 && !in.Event && len(in.Units) == 0 {
		return p.eventCandidates(in, info)
	}
	return of
}

// eventCandidates finds the rules for a session's request that says nothing of units and that no
// rule is for otherwise: an event service may be charged in a session too (ECUR), and its client
// may leave the count to the server.
func (p *Plan) eventCandidates(in *charging.Inputs, info *charging.Information) candidates {
	counted := *in
	counted.Units = []charging.Unit{charging.Events}
	return p.candidates(&counted, info)
}

// Terms implements charging.Plan. The terms belong to the plan and are not to be changed.
func (p *Plan) Terms(c *charging.Conditions) (*charging.Terms, error) {
	r, err := p.rule(c)
	if err != nil {
		return nil, err
	}
	return &r.terms, nil
}

// Price implements charging.Plan: what `units` more units cost after progress q. Units may not be
// negative; sums that leave 64 bits wrap charging.ErrOverflow.
func (p *Plan) Price(
	c *charging.Conditions, q charging.Progress, units int64,
) (charging.Charge, error) {
	r, err := p.rule(c)
	if err != nil {
		return charging.Charge{}, err
	}
	got, err := r.charge(c.Price, q, units)
	if err != nil {
		return charging.Charge{}, r.wrap("price", err)
	}
	return got, nil
}

// Begin implements charging.Plan: the set-up fee alone, before the first unit.
func (p *Plan) Begin(c *charging.Conditions, q charging.Progress) (charging.Charge, error) {
	r, err := p.rule(c)
	if err != nil || q.Begun {
		return charging.Charge{Progress: q}, err
	}
	q.Begun = true
	if q.Paid, err = charging.Add(q.Paid, r.setup); err != nil {
		return charging.Charge{}, r.wrap("begin", err)
	}
	return charging.Charge{Money: r.setup, Setup: r.setup, Price: c.Price, Progress: q}, nil
}

// Afford implements charging.Plan: the largest grant up to want that money pays. The rest of a
// started block costs nothing and is granted even where money is zero.
func (p *Plan) Afford(
	c *charging.Conditions, q charging.Progress, want, money int64,
) (int64, charging.Charge, error) {
	r, err := p.rule(c)
	if err != nil {
		return 0, charging.Charge{}, err
	}
	units, got, err := r.afford(c.Price, q, want, money)
	if err != nil {
		return 0, charging.Charge{}, r.wrap("afford", err)
	}
	return units, got, nil
}

// Resume implements charging.Plan. Only the rest of a started block can be lost; what was paid is
// kept. The rounding is that of the rule of `to`: per_condition keeps the rest under the same
// conditions, per_report never, carry_block wherever unit and block size stay what they were.
func (p *Plan) Resume(from, to *charging.Conditions, q charging.Progress) charging.Progress {
	next, err := p.rule(to)
	if err != nil {
		q.Rest = 0
		return q
	}
	per := int64(-1) // The block size under another version of the plan is not known here.
	if last, err := p.rule(from); err == nil {
		per = last.per
	}
	return next.resume(from, to, per, q)
}

// rule finds the rule of conditions that this plan made.
func (p *Plan) rule(c *charging.Conditions) (*rule, error) {
	if c.Plan != p.name || c.Version != p.version {
		return nil, fmt.Errorf("conditions of plan %s version %d were given to plan %s version %d",
			c.Plan, c.Version, p.name, p.version)
	}
	r, ok := p.byName[c.Rule]
	if !ok {
		return nil, fmt.Errorf("plan %s version %d has no rule %q", p.name, p.version, c.Rule)
	}
	return r, nil
}

// wrap says which rule failed; *charging.Unrated goes through as it is.
func (r *rule) wrap(doing string, err error) error {
	if _, ok := err.(*charging.Unrated); ok {
		return err
	}
	return fmt.Errorf("%s by rule %q: %w", doing, r.name, err)
}

// information is what the inputs tell about the service, nothing where they tell nothing.
func information(in *charging.Inputs) *charging.Information {
	if in.Info == nil {
		return &charging.Information{}
	}
	return in.Info
}

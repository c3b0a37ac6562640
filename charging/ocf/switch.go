package ocf

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// size says how much to grant if money were no matter, and for how long it holds.
func (c *charge) size(o *offer) {
	o.want = o.wanted(&c.request.Information)
	o.validFor = c.validFor(o.terms)
	if o.terms.Unit == charging.Time {
		o.validFor = max(o.validFor, time.Duration(o.want)*time.Second)
	}
	o.dearest = o.conditions
	now := c.tx.Now()
	at, ok := c.plan.Switch(&o.inputs, now)
	if left := at.Sub(now); ok && left < o.validFor {
		c.atSwitch(o, at, max(left, time.Second).Round(time.Second))
	}
}

// atSwitch ends a grant's validity where the tariff switches, a grant of time there too; or, where
// the plan says so, announces the switch, or has the client asked then, and reserves at the dearer
// side.
func (c *charge) atSwitch(o *offer, at time.Time, left time.Duration) {
	o.untilThen = left
	if !o.terms.TariffAVP && !o.terms.TariffRAR {
		o.endBefore(left)
		return
	}
	after, err := c.across(o, at)
	split := c.rfc() && o.terms.Unit == charging.Time && !intermittent(o.terms)
	if !o.terms.TariffAVP || split {
		return
	}
	o.change = at
	if err == nil {
		o.after = &after
	}
}

// endBefore ends a grant's validity, and a grant of time itself.
func (o *offer) endBefore(left time.Duration) {
	o.validFor = left
	if o.terms.Unit == charging.Time {
		o.want = min(o.want, int64(left/time.Second))
	}
}

// mostSides bounds how many tariffs one grant may see.
const mostSides = 16

// across goes through the tariffs that a grant may see: the first is that of now, the second begins
// at the switch. The dearest is what it is reserved at, with what rounding on each side adds.
func (c *charge) across(o *offer, at time.Time) (after charging.Conditions, err error) {
	sides := []charging.Conditions{o.conditions}
	later := o.inputs
	for now, ok := c.tx.Now(), true; ok && at.Sub(now) < o.validFor; {
		if len(sides) == mostSides {
			o.endBefore(at.Sub(now))
			break
		}
		later.At = at
		next, err := c.plan.Rate(&later)
		if err != nil {
			break // It is not served any more.
		}
		if sides = append(sides, next); dearer(c.plan, &next, &o.dearest, o.progress, o.want) {
			o.dearest = next
		}
		at, ok = c.plan.Switch(&later, at)
	}
	if len(sides) == 1 {
		later.At = at
		return c.plan.Rate(&later)
	}
	if o.terms.TariffAVP || o.terms.Unit == charging.Time {
		o.divided = true
		o.spare, err = c.spare(o, sides)
	}
	return sides[1], err
}

// spare is what a grant costs more, at most, where switches divide it, than on the dearest side
// alone. Each side rounds up by itself: of n sides with blocks of one size that is a block of each
// but the dearest, of other sizes one of each. Where blocks are carried over, or a unit is a block,
// nothing is rounded twice. Each of several rules may have a set-up and a minimum charge.
func (c *charge) spare(o *offer, sides []charging.Conditions) (sum int64, err error) {
	alike, size := true, int64(0)
	mixed := slices.ContainsFunc(sides, func(s charging.Conditions) bool {
		return s.Rule != sides[0].Rule
	})
	for i := range sides {
		side := &sides[i]
		first, err := c.plan.Price(side, charging.Progress{}, 1)
		if err != nil {
			return 0, errorfIn("price a side of a switch", err)
		}
		if first.Progress.Rest > 0 && !c.carries(sides, i) {
			sum = charging.Saturate(sum, first.Price)
		}
		if mixed {
			sum = charging.Saturate(sum, first.Setup)
		}
		alike = alike && (i == 0 || first.Progress.Rest == size)
		size = first.Progress.Rest
	}
	if alike && size > 0 {
		sum = max(sum-o.dearest.Price, 0)
	}
	return sum, nil
}

// carries reports whether a started block goes on at the switch to a side.
func (c *charge) carries(sides []charging.Conditions, i int) bool {
	if i == 0 {
		return false
	}
	begun := charging.Progress{Rest: 1, Begun: true}
	return c.plan.Resume(&sides[i-1], &sides[i], begun).Rest > 0
}

// affordAcross finds what the account can pay of a grant that a switch may divide. Where that is
// not all of it, the grant ends at the switch.
func (c *charge) affordAcross(o *offer) error {
	err := c.afford(o)
	if !o.divided || err != nil || o.units >= o.want {
		return err
	}
	o.divided, o.spare, o.dearest = false, 0, o.conditions
	o.after, o.change = nil, time.Time{}
	o.endBefore(o.untilThen)
	return c.afford(o)
}

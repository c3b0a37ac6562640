package rating

import (
	"errors"
	"fmt"
	"math"

	"github.com/ocs-sim/ocs-sim/charging"
)

// charge is what `units` more units cost after p, each block at the price.
func (r *rule) charge(price int64, p charging.Progress, units int64) (charging.Charge, error) {
	if units < 0 || p.Rest < 0 {
		return charging.Charge{}, fmt.Errorf("%d units after a rest of %d: neither may be negative",
			units, p.Rest)
	}
	got := charging.Charge{Price: price, Progress: p}
	if units == 0 {
		return got, nil
	}
	got.Blocks, got.Progress.Rest = r.blocks(units, p.Rest)
	cost, err := charging.Multiply(got.Blocks, price)
	if err != nil {
		return charging.Charge{}, err
	}
	if got.Progress.Blocks, err = charging.Add(p.Blocks, cost); err != nil {
		return charging.Charge{}, err
	}
	got.Money = max(r.minimum, got.Progress.Blocks) - r.before(p)
	if !p.Begun {
		if got.Money, err = charging.Add(got.Money, r.setup); err != nil {
			return charging.Charge{}, err
		}
	}
	got.Setup = max(0, got.Money-cost)
	got.Progress.Begun = true
	got.Progress.Paid, err = charging.Add(p.Paid, got.Money)
	return got, err
}

// blocks are those that units start beyond the rest, and what is left of the last one.
func (r *rule) blocks(units, rest int64) (blocks, left int64) {
	fresh := units - rest
	if fresh <= 0 {
		return 0, -fresh
	}
	blocks = fresh / r.per
	if over := fresh % r.per; over > 0 {
		return blocks + 1, r.per - over
	}
	return blocks, 0
}

// before is what p has paid toward blocks and minimum charge, set-up left out. Under one rule that
// is max(minimum, blocks). After another rule with other words it is held between the blocks and
// what this rule demands for them: what was paid above the blocks counts toward this rule's
// minimum, but never pays blocks to come.
func (r *rule) before(p charging.Progress) int64 {
	if !p.Begun {
		return 0
	}
	paid := p.Paid - r.setup
	return min(max(paid, p.Blocks), max(r.minimum, p.Blocks))
}

// afford is the largest grant up to want whose charge is not above money.
func (r *rule) afford(
	price int64, p charging.Progress, want, money int64,
) (int64, charging.Charge, error) {
	full, err := r.charge(price, p, max(want, 0))
	if err == nil && (full.Money <= money || want <= 0) {
		return max(want, 0), full, nil
	}
	if err != nil && !errors.Is(err, charging.ErrOverflow) {
		return 0, charging.Charge{}, err
	}
	units := min(want, r.payable(price, p, money))
	part, err := r.charge(price, p, units)
	return units, part, err
}

// payable is the rest of the started block and all blocks that money pays.
func (r *rule) payable(price int64, p charging.Progress, money int64) int64 {
	if money < 0 {
		return 0
	}
	limit, err := charging.Add(money, r.before(p)) // for max(minimum, blocks)
	if err != nil {
		limit = math.MaxInt64
	}
	if !p.Begun {
		limit -= r.setup
	}
	if limit < max(r.minimum, p.Blocks) {
		return 0
	}
	if price == 0 {
		return math.MaxInt64
	}
	units, err := addProduct(p.Rest, (limit-p.Blocks)/price, r.per)
	if err != nil {
		return math.MaxInt64
	}
	return units
}

// resume is what of p goes on under the conditions `to` of this rule.
// per is the size of a block under those before, or negative where it is unknown.
func (r *rule) resume(
	from, to *charging.Conditions, per int64, p charging.Progress,
) charging.Progress {
	keep := false
	switch r.rounding {
	case perCondition:
		keep = from.Same(to)
	case carryBlock:
		keep = from.Unit == to.Unit && per == r.per
	}
	if !keep {
		p.Rest = 0
	}
	return p
}

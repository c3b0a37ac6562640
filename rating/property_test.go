package rating_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// drawPlan makes a plan of one rule whose prices depend on participants.
func drawPlan(t *rapid.T, rounding string) *rating.Plan {
	amount := rapid.Int64Range(0, 2_000_000)
	text := fmt.Sprintf(`
currency: EUR
rules:
  - unit: time
    per: %d
    price: %s
    setup: %s
    min_charge: %s
    participants: {mode: per_extra, base: 1, amount: %s}
    rounding: %s
`, rapid.Int64Range(1, 100).Draw(t, "per"), euros(amount.Draw(t, "price")),
		euros(amount.Draw(t, "setup")), euros(amount.Draw(t, "minimum")),
		euros(amount.Draw(t, "extra")), rounding)
	plan, faults := rating.Compile("im", 1, read(t, text))
	if len(faults) > 0 {
		t.Fatalf("Compile: %v", faults)
	}
	return plan
}

// A run is a session under a drawn plan, somewhere on its way.
type run struct {
	plan       *rating.Plan
	conditions charging.Conditions
	progress   charging.Progress
}

// drawRun uses a few units at a few conditions.
func drawRun(t *rapid.T, rounding string) *run {
	r := &run{plan: drawPlan(t, rounding)}
	r.enter(t, 1)
	for range rapid.IntRange(0, 3).Draw(t, "reports") {
		r.use(t, rapid.Int64Range(0, 250).Draw(t, "used"))
		r.enter(t, rapid.Int64Range(0, 4).Draw(t, "participants"))
	}
	return r
}

func (r *run) enter(t *rapid.T, participants int64) {
	next, err := r.plan.Rate(&charging.Inputs{Participants: charging.Known(participants)})
	if err != nil {
		t.Fatalf("Rate: %v", err)
	}
	r.progress = r.plan.Resume(&r.conditions, &next, r.progress)
	r.conditions = next
}

func (r *run) use(t *rapid.T, units int64) int64 {
	got, err := r.plan.Price(&r.conditions, r.progress, units)
	if err != nil {
		t.Fatalf("Price(%d): %v", units, err)
	}
	if got.Money < 0 || got.Setup < 0 || got.Progress.Paid != r.progress.Paid+got.Money {
		t.Fatalf("Price(%d) = %+v after %+v", units, got, r.progress)
	}
	r.progress = got.Progress
	return got.Money
}

// report settles units as a report of their own.
func (r *run) report(t *rapid.T, units int64) int64 {
	r.progress = r.plan.Resume(&r.conditions, &r.conditions, r.progress)
	return r.use(t, units)
}

func TestAGrantIsAffordableAndTheLargest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t, rapid.SampledFrom([]string{"per_condition", "per_report", "carry_block"}).
			Draw(t, "rounding"))
		want := rapid.Int64Range(0, 1000).Draw(t, "want")
		money := rapid.Int64Range(0, 20_000_000).Draw(t, "money")
		units, charge, err := r.plan.Afford(&r.conditions, r.progress, want, money)
		if err != nil {
			t.Fatalf("Afford: %v", err)
		}
		if units < 0 || units > want || charge.Money > money {
			t.Fatalf("Afford(%d, %d) = %d for %d", want, money, units, charge.Money)
		}
		if exact, err := r.plan.Price(&r.conditions, r.progress, units); err != nil || exact != charge {
			t.Fatalf("Afford charges %+v, Price %+v, %v", charge, exact, err)
		}
		if units == want {
			return
		}
		more, err := r.plan.Price(&r.conditions, r.progress, units+1)
		if err != nil || more.Money <= money {
			t.Fatalf("Afford(%d, %d) = %d, but one more costs %d, %v",
				want, money, units, more.Money, err)
		}
	})
}

func TestUsageWithinAGrantNeverCostsMoreThanReserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t, rapid.SampledFrom([]string{"per_condition", "carry_block"}).
			Draw(t, "rounding"))
		grant, reserved, err := r.plan.Afford(&r.conditions, r.progress,
			rapid.Int64Range(1, 1000).Draw(t, "want"), rapid.Int64Range(0, 50_000_000).Draw(t, "money"))
		if err != nil {
			t.Fatalf("Afford: %v", err)
		}
		var cost int64
		for left := grant; left > 0; {
			used := rapid.Int64Range(0, left).Draw(t, "used")
			cost += r.report(t, used)
			if left -= used; rapid.Bool().Draw(t, "ends") {
				break
			}
		}
		if cost > reserved.Money {
			t.Fatalf("usage within a grant of %d cost %d, above %d", grant, cost, reserved.Money)
		}
	})
}

func TestSplittingAReportNeverChangesTheSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t, rapid.SampledFrom([]string{"per_condition", "carry_block"}).
			Draw(t, "rounding"))
		whole := *r
		first := rapid.Int64Range(0, 500).Draw(t, "first")
		second := rapid.Int64Range(0, 500).Draw(t, "second")
		split := r.report(t, first) + r.report(t, second)
		if once := whole.report(t, first+second); once != split || whole.progress != r.progress {
			t.Fatalf("%d + %d cost %d, at once %d; %+v, %+v",
				first, second, split, once, r.progress, whole.progress)
		}
	})
}

func TestACarriedBlockIsNeverPaidTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t, "carry_block")
		rest := r.progress.Rest
		r.enter(t, rapid.Int64Range(0, 4).Draw(t, "participants"))
		if got := r.use(t, rest); rest > 0 && got != 0 {
			t.Fatalf("the paid rest of %d cost %d", rest, got)
		}
	})
}

func TestNothingPanicsAtTheEdgeOf64Bits(t *testing.T) {
	t.Parallel()
	edge := rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(math.MaxInt64-1000, math.MaxInt64),
		rapid.Int64Range(0, math.MaxInt64))
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t, "carry_block")
		c, err := plan.Rate(&charging.Inputs{Participants: charging.Known(edge.Draw(t, "participants"))})
		if err != nil {
			return
		}
		c.Price = edge.Draw(t, "price")
		blocks := edge.Draw(t, "blocks")
		p := charging.Progress{
			Rest: edge.Draw(t, "rest"), Blocks: blocks,
			Paid: rapid.Int64Range(blocks, math.MaxInt64).Draw(t, "paid"), Begun: true,
		}
		want, money := edge.Draw(t, "want"), edge.Draw(t, "money")
		if got, err := plan.Price(&c, p, want); err == nil && got.Money < 0 {
			t.Fatalf("Price(%d) = %+v", want, got)
		}
		units, charge, err := plan.Afford(&c, p, want, money)
		if err == nil && (units < 0 || units > want || charge.Money > money || charge.Money < 0) {
			t.Fatalf("Afford(%d, %d) = %d, %+v", want, money, units, charge)
		}
	})
}

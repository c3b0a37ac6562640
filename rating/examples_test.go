package rating_test

import (
	"fmt"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

const conference = `
currency: EUR
rules:
  - name: conference
    match: {rating_group: 100}
    unit: time
    per: 60s
    price: 0.05 EUR
    participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
    quota: {default: 300s}
`

const media = `
currency: EUR
rules:
  - name: media
    unit: time
    per: 60s
    price: 0.03 EUR
    media: {audio: 0.06 EUR}
    quota: {default: 600s}
`

const pager = `
currency: EUR
rules:
  - name: pager
    unit: events
    sizes: [{up_to: 1300 B, price: 0.05 EUR}, {up_to: 10000 B, price: 0.10 EUR}]
`

// A meter plays the charging function's part: one session and service under one plan.
type meter struct {
	t          testing.TB
	plan       *rating.Plan
	conditions charging.Conditions
	progress   charging.Progress
}

func newMeter(t testing.TB, plan string) *meter {
	return &meter{t: t, plan: compile(t, plan)}
}

// enter moves to the conditions of a number of participants and media.
func (m *meter) enter(participants int64, media ...string) {
	m.t.Helper()
	next := rate(m.t, m.plan, charging.Inputs{
		Service:      charging.ServiceKey{Group: charging.Known(100)},
		Participants: charging.Known(participants),
		Info:         &charging.Information{MediaKnown: true, Media: media},
	})
	if m.conditions.Rule != "" {
		m.progress = m.plan.Resume(&m.conditions, &next, m.progress)
	}
	m.conditions = next
}

// use settles units and wants them to cost so much.
func (m *meter) use(units int64, want string) {
	m.t.Helper()
	got, err := m.plan.Price(&m.conditions, m.progress, units)
	if err != nil {
		m.t.Fatalf("Price(%d): %v", units, err)
	}
	m.progress = got.Progress
	if euros(got.Money) != want {
		m.t.Errorf("Price(%d) = %s, want %s", units, euros(got.Money), want)
	}
}

// grant wants so many units to be affordable, at so much.
func (m *meter) grant(want, money, units int64, cost string) {
	m.t.Helper()
	got, charge, err := m.plan.Afford(&m.conditions, m.progress, want, money)
	if err != nil {
		m.t.Fatalf("Afford(%d): %v", want, err)
	}
	if got != units || euros(charge.Money) != cost {
		m.t.Errorf("Afford(%d, %s) = %d at %s, want %d at %s",
			want, euros(money), got, euros(charge.Money), units, cost)
	}
}

// paid wants the session to have cost so much.
func (m *meter) paid(want string) {
	m.t.Helper()
	if got := euros(m.progress.Paid); got != want {
		m.t.Errorf("paid %s in all, want %s", got, want)
	}
}

func TestConferenceIsPricedByThoseWhoWerePresent(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference)
	m.enter(3)
	m.grant(300, 10_000_000, 300, "0.35 EUR")
	m.use(120, "0.14 EUR")
	m.enter(4)
	m.grant(300, 9_860_000, 300, "0.45 EUR")
	m.use(180, "0.27 EUR")
	m.enter(3)
	m.grant(300, 9_590_000, 300, "0.35 EUR")
	m.use(300, "0.35 EUR")
	m.enter(3)
	m.grant(300, 9_240_000, 300, "0.35 EUR")
	m.use(90, "0.14 EUR")
	m.paid("0.90 EUR")
}

func TestConferenceEndsWithWhatFourBlocksCost(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference)
	m.enter(3)
	m.grant(300, 500_000, 300, "0.35 EUR")
	m.use(120, "0.14 EUR")
	m.enter(4)
	m.grant(300, 360_000, 240, "0.36 EUR")
	m.use(240, "0.36 EUR")
	m.grant(300, 0, 0, "0.00 EUR")
	m.paid("0.50 EUR")
}

func TestAffordableCountsThePaidRestOfABlock(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference)
	m.enter(3)
	m.use(90, "0.14 EUR")
	m.grant(300, 40_000, 30, "0.00 EUR")
	m.grant(300, 0, 30, "0.00 EUR")
	m.grant(300, 70_000, 90, "0.07 EUR")
	m.grant(10, 0, 10, "0.00 EUR")
}

func TestJoinStormStartsABlockAtEachChange(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference)
	m.enter(3)
	m.use(2, "0.07 EUR")
	m.enter(2)
	m.use(3, "0.05 EUR")
	m.enter(3)
	m.use(4, "0.07 EUR")
	m.enter(4)
	m.use(51, "0.09 EUR")
	m.paid("0.28 EUR")
}

func TestJoinStormCarriesItsBlock(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference+"    rounding: carry_block\n")
	m.enter(3)
	m.use(2, "0.07 EUR")
	m.enter(2)
	m.grant(300, 1_000_000, 300, "0.25 EUR")
	m.use(3, "0.00 EUR")
	m.enter(3)
	m.use(4, "0.00 EUR")
	m.enter(4)
	m.use(51, "0.00 EUR")
	m.paid("0.07 EUR")
	m.use(1, "0.09 EUR")
}

func TestEachReportStartsABlock(t *testing.T) {
	t.Parallel()
	m := newMeter(t, conference+"    rounding: per_report\n")
	m.enter(3)
	m.use(2, "0.07 EUR")
	m.enter(3)
	m.use(2, "0.07 EUR")
	m.paid("0.14 EUR")
}

func TestAddedAudioIsPricedFromThere(t *testing.T) {
	t.Parallel()
	m := newMeter(t, media)
	m.enter(1, "message")
	m.grant(600, 2_000_000, 600, "0.30 EUR")
	m.use(150, "0.09 EUR")
	m.enter(1, "audio", "message")
	m.grant(600, 1_910_000, 600, "0.90 EUR")
	m.use(0, "0.00 EUR")
	m.grant(600, 1_910_000, 600, "0.90 EUR")
	m.use(400, "0.63 EUR")
	m.paid("0.72 EUR")
}

func TestUsageBetweenOfferAndAnswerIsRoundedOnce(t *testing.T) {
	t.Parallel()
	m := newMeter(t, media)
	m.enter(1, "message")
	m.use(150, "0.09 EUR")
	m.enter(1, "audio", "message")
	m.use(2, "0.09 EUR")
	m.enter(1, "audio", "message")
	m.use(400, "0.54 EUR")
	m.paid("0.72 EUR")
}

func TestDeclinedAudioIsPaidUntilItIsDeclined(t *testing.T) {
	t.Parallel()
	m := newMeter(t, media)
	m.enter(1, "message")
	m.use(150, "0.09 EUR")
	m.enter(1, "audio", "message")
	m.use(2, "0.09 EUR")
	m.enter(1, "message")
	m.grant(600, 2_000_000, 600, "0.30 EUR")
	m.use(400, "0.21 EUR")
	m.paid("0.39 EUR")
}

func TestAudioThatCannotBePaid(t *testing.T) {
	t.Parallel()
	m := newMeter(t, media)
	m.enter(1, "message")
	m.grant(600, 100_000, 180, "0.09 EUR")
	m.use(60, "0.03 EUR")
	before := *m
	m.enter(1, "audio", "message")
	m.grant(600, 70_000, 0, "0.00 EUR")
	staying := before
	staying.grant(600, 70_000, 120, "0.06 EUR")
	before.use(5, "0.03 EUR")
	before.paid("0.06 EUR")
}

func TestMessageIsPricedByItsSizeForEachCopy(t *testing.T) {
	t.Parallel()
	plan := compile(t, pager)
	for size, want := range map[int64]string{900: "0.15 EUR", 1300: "0.15 EUR", 1301: "0.30 EUR"} {
		c := rate(t, plan, charging.Inputs{
			Event: true, Info: &charging.Information{Size: charging.Known(size)},
		})
		got, err := plan.Price(&c, charging.Progress{}, 3)
		if err != nil || euros(got.Money) != want {
			t.Errorf("Price(3 copies of %d B) = %s, %v, want %s", size, euros(got.Money), err, want)
		}
		if c.Size != charging.Known(size) {
			t.Errorf("Conditions.Size = %v, want %d", c.Size, size)
		}
	}
}

func TestNotEvenOneMessageIsAffordable(t *testing.T) {
	t.Parallel()
	plan := compile(t, pager)
	c := rate(t, plan, charging.Inputs{
		Event: true, Info: &charging.Information{Size: charging.Known(900)},
	})
	units, _, err := plan.Afford(&c, charging.Progress{}, 3, 40_000)
	if err != nil || units != 0 {
		t.Errorf("Afford(3, 0.04 EUR) = %d, %v, want 0", units, err)
	}
}

func TestSetupAndMinimumBelongToTheFirstUsedUnit(t *testing.T) {
	t.Parallel()
	m := newMeter(t, `
currency: EUR
rules:
  - {unit: time, per: 60s, price: 0.05 EUR, setup: 0.10 EUR, min_charge: 0.12 EUR}
`)
	m.enter(1)
	m.use(0, "0.00 EUR")
	m.grant(600, 210_000, 0, "0.00 EUR")
	m.grant(600, 220_000, 120, "0.22 EUR")
	m.grant(600, 250_000, 180, "0.25 EUR")
	m.use(1, "0.22 EUR")
	m.use(60, "0.00 EUR")
	m.use(60, "0.03 EUR")
	m.use(60, "0.05 EUR")
	m.paid("0.30 EUR")
}

func TestSetupAndMinimumUnderAnotherRule(t *testing.T) {
	t.Parallel()
	const two = `
currency: EUR
rules:
  - {name: few, match: {participants: ..2}, unit: time, per: 60, price: 0.10 EUR, %s}
  - {name: many, unit: time, per: 60, price: 0.10 EUR, %s}
`
	for _, test := range []struct{ name, few, many, first, second, third string }{
		{
			"a second set-up is not owed", "setup: 0.05 EUR", "setup: 0.10 EUR",
			"0.15 EUR", "0.10 EUR", "0.10 EUR",
		},
		{
			"a paid set-up pays no blocks", "setup: 0.50 EUR", "setup: 0",
			"0.60 EUR", "0.10 EUR", "0.10 EUR",
		},
		{
			"the minimum of the rule in force is owed", "min_charge: 0", "min_charge: 0.50 EUR",
			"0.10 EUR", "0.40 EUR", "0.00 EUR",
		},
		{
			"a minimum is paid once", "min_charge: 0.25 EUR", "min_charge: 0.25 EUR",
			"0.25 EUR", "0.00 EUR", "0.05 EUR",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMeter(t, fmt.Sprintf(two, test.few, test.many))
			m.enter(2)
			m.use(60, test.first)
			m.enter(3)
			m.use(60, test.second)
			m.use(60, test.third)
		})
	}
}

package rating_test

import (
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// threeRules is a plan as an operator might have it: messages, conferences by day, the rest.
const threeRules = `
currency: EUR
rules:
  - name: message
    match: {kind: event, context: "*32260@3gpp.org"}
    unit: events
    sizes: [{up_to: 1300 B, price: 0.05 EUR}, {up_to: 10000 B, price: 0.10 EUR}]
  - name: day
    match:
      context: "*32260@3gpp.org"
      rating_group: 100
      window: "mon-fri 08:00-20:00 Europe/Paris"
    unit: time
    per: 60s
    price: 0.05 EUR
    participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
    media: {audio: 0.06 EUR, video: 0.10 EUR}
  - name: other
    match: {context: "*32260@3gpp.org"}
    unit: time
    per: 60s
    price: 0.03 EUR
    participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
`

func benchmarkInputs() *charging.Inputs {
	return &charging.Inputs{
		Context: "extensions.32260@3gpp.org",
		Service: charging.ServiceKey{Group: charging.Known(100)},
		Units:   []charging.Unit{charging.Time},
		Info: &charging.Information{
			MediaKnown: true, Media: []string{"audio", "message"},
		},
		Participants: charging.Known(4),
		At:           time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC),
	}
}

func BenchmarkRate(b *testing.B) {
	plan := compile(b, threeRules)
	in := benchmarkInputs()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Rate(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPriceAndAfford(b *testing.B) {
	plan := compile(b, threeRules)
	conditions, err := plan.Rate(benchmarkInputs())
	if err != nil {
		b.Fatal(err)
	}
	progress := charging.Progress{Rest: 30, Blocks: 150_000, Paid: 150_000, Begun: true}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Price(&conditions, progress, 95); err != nil {
			b.Fatal(err)
		}
		if _, _, err := plan.Afford(&conditions, progress, 300, 400_000); err != nil {
			b.Fatal(err)
		}
		if _, err := plan.Terms(&conditions); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTariffs(b *testing.B) {
	tariffs := rating.NewTariffs()
	version := &charging.PlanVersion{Name: "im", Version: 1, Source: source(b, threeRules)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tariffs.Plan(version); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFindPeriod measures what a request pays whose tariff period nobody asked for before.
func BenchmarkFindPeriod(b *testing.B) {
	plan := compile(b, threeRules)
	in := benchmarkInputs()
	b.ReportAllocs()
	for b.Loop() {
		in.At = in.At.Add(12 * time.Hour)
		if _, err := plan.Rate(in); err != nil {
			b.Fatal(err)
		}
	}
}

// The hot path leaves no work for the garbage collector.
func TestPricingAllocatesNothing(t *testing.T) {
	plan := compile(t, threeRules)
	in := benchmarkInputs()
	got := testing.AllocsPerRun(100, func() {
		c, err := plan.Rate(in)
		if err != nil {
			t.Fatal(err)
		}
		charge, err := plan.Price(&c, charging.Progress{}, 95)
		if err != nil {
			t.Fatal(err)
		}
		progress := plan.Resume(&c, &c, charge.Progress)
		if _, _, err := plan.Afford(&c, progress, 300, 400_000); err != nil {
			t.Fatal(err)
		}
		plan.Switch(in, in.At)
	})
	if got != 0 {
		t.Errorf("rating and pricing allocate %v times, want 0", got)
	}
}

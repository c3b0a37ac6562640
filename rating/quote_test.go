package rating_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

func quantity(t testing.TB, text string) charging.Quantity {
	t.Helper()
	if text == "" {
		return charging.Quantity{}
	}
	got, err := charging.ParseQuantity(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestQuote(t *testing.T) {
	t.Parallel()
	const plan = `
currency: EUR
rules:
  - name: conference
    unit: time
    per: 60s
    price: 0.05 EUR
    setup: 0.01 EUR
    participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
    quota: {default: 300s, min: 120s, max: 600s}
`
	for _, test := range []struct {
		name, units, money, granted, cost, charge string
		last                                      bool
		steps                                     []string
	}{
		{
			name: "the default grant", granted: "300s", cost: "0.46 EUR", charge: "0.46 EUR",
			steps: []string{
				`rule "conference" matches: 0.09 EUR for each 60s (4 participants, 2 x 0.02 EUR above 2)`,
				"nothing particular is asked for: 300s by default",
				"300s start 5 blocks at 0.09 EUR: 0.46 EUR, with 0.01 EUR for set-up and minimum charge",
			},
		},
		{
			name: "money ends first", units: "300s", money: "0.37 EUR",
			granted: "240s", cost: "0.46 EUR", charge: "0.37 EUR", last: true,
			steps: []string{
				`rule "conference" matches: 0.09 EUR for each 60s (4 participants, 2 x 0.02 EUR above 2)`,
				"300s start 5 blocks at 0.09 EUR: 0.46 EUR, with 0.01 EUR for set-up and minimum charge",
				"0.37 EUR pays 240s for 0.37 EUR: the last grant",
			},
		},
		{
			name: "below the minimum", units: "300s", money: "0.12 EUR",
			granted: "0s", cost: "0.46 EUR", charge: "0.00 EUR",
			steps: []string{
				`rule "conference" matches: 0.09 EUR for each 60s (4 participants, 2 x 0.02 EUR above 2)`,
				"300s start 5 blocks at 0.09 EUR: 0.46 EUR, with 0.01 EUR for set-up and minimum charge",
				"0.12 EUR pays only 60s, less than the minimum of 120s: denied",
			},
		},
		{
			name: "above the maximum", units: "1h", money: "10 EUR",
			granted: "600s", cost: "0.91 EUR", charge: "0.91 EUR",
			steps: []string{
				`rule "conference" matches: 0.09 EUR for each 60s (4 participants, 2 x 0.02 EUR above 2)`,
				"3600s are asked for, 600s is the most that one grant may have",
				"600s start 10 blocks at 0.09 EUR: 0.91 EUR, with 0.01 EUR for set-up and minimum charge",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := rating.Quote(compile(t, plan), rating.QuoteRequest{
				Inputs: charging.Inputs{Participants: charging.Known(4)},
				Units:  quantity(t, test.units), Money: quantity(t, test.money),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Granted.String() != test.granted || got.Cost.String() != test.cost ||
				euros(got.Charge.Money) != test.charge || got.Last != test.last {
				t.Errorf("Quote = %s of %s for %s of %s, last %t", got.Granted, got.Asked,
					euros(got.Charge.Money), got.Cost, got.Last)
			}
			if diff := cmp.Diff(test.steps, got.Steps); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuoteCountsThePaidRest(t *testing.T) {
	t.Parallel()
	plan := compile(t, conference)
	in := charging.Inputs{
		Service: charging.ServiceKey{Group: charging.Known(100)}, Participants: charging.Known(3),
	}
	c := rate(t, plan, in)
	got, err := rating.Quote(plan, rating.QuoteRequest{
		Inputs: in, Since: &c, Money: quantity(t, "0.04 EUR"),
		Progress: charging.Progress{Rest: 30, Blocks: 140_000, Paid: 140_000, Begun: true},
	})
	if err != nil || got.Granted.String() != "30s" || got.Charge.Money != 0 || !got.Last {
		t.Errorf("Quote = %s for %s, %v, want the paid rest of 30s", got.Granted,
			euros(got.Charge.Money), err)
	}
}

func TestQuoteExplainsAllThatMovesThePrice(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules:
  - unit: events
    participants: {mode: per_participant}
    media: {audio: 0.06 EUR, video: 0.10 EUR}
    sizes: [{up_to: 1300 B, price: 0.05 EUR}]
`)
	got, err := rating.Quote(plan, rating.QuoteRequest{
		Inputs: charging.Inputs{
			Participants: charging.Known(3), At: instant(t, "2026-11-23T10:00:00Z"),
			Info: &charging.Information{
				Media: []string{"audio", "message"}, Size: charging.Known(900),
			},
		},
		Units: quantity(t, "2 events"), Money: quantity(t, "0.01 EUR"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`rule "rule 1" matches: 0.21 EUR for each 1 event ` +
			`(3 participants; audio 0.06 EUR; a message of 900 B)`,
		"2 events start 2 blocks at 0.21 EUR: 0.42 EUR",
		"0.01 EUR pays nothing of it: denied",
	}
	if diff := cmp.Diff(want, got.Steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestQuoteNamesTheSwitch(t *testing.T) {
	t.Parallel()
	got, err := rating.Quote(windowed(t, "06:00-10:30"), rating.QuoteRequest{
		Inputs: charging.Inputs{At: instant(t, "2026-11-23T10:00:00Z")},
	})
	if err != nil || !got.SwitchAt.Equal(instant(t, "2026-11-23T10:30:00Z")) {
		t.Errorf("Quote: switch at %s, %v, want 10:30", got.SwitchAt, err)
	}
}

func TestQuoteOfAnEventGivesAllOrNothing(t *testing.T) {
	t.Parallel()
	got, err := rating.Quote(compile(t, pager), rating.QuoteRequest{
		Inputs: charging.Inputs{Info: &charging.Information{Size: charging.Known(900)}},
		Units:  quantity(t, "3 events"), Money: quantity(t, "0.10 EUR"),
	})
	if err != nil || got.Granted.Amount != 0 || got.Cost.String() != "0.15 EUR" {
		t.Errorf("Quote(3 events for 0.10 EUR) = %s for %s, %v, want nothing", got.Granted, got.Cost, err)
	}
}

func TestQuoteRefusesWhatIsNotThePlans(t *testing.T) {
	t.Parallel()
	plan := compile(t, media)
	for _, q := range []rating.QuoteRequest{
		{Money: quantity(t, "1.00 USD")},
		{Units: quantity(t, "1 MiB"), Inputs: charging.Inputs{Units: []charging.Unit{charging.Time}}},
	} {
		_, err := rating.Quote(plan, q)
		var trouble *charging.Error
		if !errors.As(err, &trouble) || trouble.Kind != charging.KindUnitMismatch {
			t.Errorf("Quote(%s for %s): error %v, want unit-mismatch", q.Units, q.Money, err)
		}
	}
	var unrated *charging.Unrated
	_, err := rating.Quote(plan, rating.QuoteRequest{Units: quantity(t, "1 MiB")})
	if !errors.As(err, &unrated) {
		t.Errorf("Quote(1 MiB): error %v, want that no rule matches", err)
	}
}

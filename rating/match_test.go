package rating_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// avps answers Lookup from a table.
type avps map[string][]string

func (a avps) Lookup(path string) []string { return a[path] }

// typical inputs fit every match of TestMatch that should fit.
func typical() charging.Inputs {
	return charging.Inputs{
		Context: "extensions.32260@3gpp.org",
		Service: charging.ServiceKey{Group: charging.Known(100), IDs: []uint32{7, 9}},
		Units:   []charging.Unit{charging.Time, charging.Input, charging.Output},
		Info: &charging.Information{
			ServiceType: charging.Known(105), MediaKnown: true,
			Media: []string{"audio", "message"}, Method: "INVITE", Role: charging.Known(1),
			Destination: "sip:+4420@im.Example.com:5060;user=phone",
		},
		Participants: charging.Known(3),
		At:           time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), // a Monday
		Attributes:   avps{"Service-Information.PS-Information.Called-Station-Id": {"a", "im.net"}},
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for match, want := range map[string]bool{
		`{}`:                                   true,
		`{context: "*32260@3gpp.org"}`:         true,
		`{context: "*.32260@3GPP.org"}`:        true,
		`{context: "32260@3gpp.org"}`:          false,
		`{context: [x, "ext?nsions*org"]}`:     true,
		`{rating_group: 100}`:                  true,
		`{rating_group: [1, 100..199]}`:        true,
		`{rating_group: 10}`:                   false,
		`{service: 9}`:                         true,
		`{service: 8}`:                         false,
		`{kind: any}`:                          true,
		`{kind: session}`:                      true,
		`{kind: event}`:                        false,
		`{method: INVITE}`:                     true,
		`{method: MESSAGE}`:                    false,
		`{application_service_type: JOINING}`:  true,
		`{application_service_type: 105}`:      true,
		`{application_service_type: leaving}`:  false,
		`{application_service_type: 100..104}`: false,
		`{role: terminating}`:                  true,
		`{role: 1}`:                            true,
		`{role: originating}`:                  false,
		`{media: audio}`:                       true,
		`{media: [message, audio]}`:            true,
		`{media: [audio, video]}`:              false,
		`{participants: 3}`:                    true,
		`{participants: 1..3}`:                 true,
		`{participants: 3..}`:                  true,
		`{participants: ..2}`:                  false,
		`{participants: 4..}`:                  false,
		`{unit: time}`:                         true,
		`{unit: octets}`:                       true,
		`{unit: events}`:                       false,
		`{window: "mon 07:00-07:01"}`:          true,
		`{window: "mon 06:00-07:00"}`:          false,
		`{window: ["sun", "08:00-08:01 CET"]}`: true,
		`{destination: "*.example.com"}`:       true,
		`{destination: "im.example.com"}`:      true,
		`{destination: "+44*"}`:                true,
		`{destination: "sip:+44*@*"}`:          true,
		`{destination: "example.com"}`:         false,
		`{rating_group: 100, service: 8}`:      false,
		`{rating_group: 100, service: [8, 7]}`: true,
		`{avp: {Service-Information.PS-Information.Called-Station-Id: "im.*"}}`: true,
		`{avp: {Service-Information.PS-Information.Called-Station-Id: "im"}}`:   false,
		`{avp: {Origin-Host: "*"}}`: false,
	} {
		plan := compile(t, "currency: EUR\nrules: [{unit: time, match: "+match+"}]")
		in := typical()
		if _, err := plan.Rate(&in); (err == nil) != want {
			t.Errorf("match %s: matches = %t, want %t", match, err == nil, want)
		}
	}
}

func TestUnknownInputsFitOnlyRulesThatDoNotAsk(t *testing.T) {
	t.Parallel()
	for match, want := range map[string]bool{
		`{}`:                              true,
		`{context: "*"}`:                  true,
		`{rating_group: 0}`:               false,
		`{service: 0}`:                    false,
		`{application_service_type: 0..}`: false,
		`{role: 0}`:                       false,
		`{media: audio}`:                  false,
		`{method: INVITE}`:                false,
		`{avp: {Origin-Host: "*"}}`:       false,
		`{participants: 1}`:               true, // the creator
		`{participants: 2..}`:             false,
		`{unit: time}`:                    true, // the server decides
	} {
		plan := compile(t, "currency: EUR\nrules: [{unit: time, match: "+match+"}]")
		if _, err := plan.Rate(&charging.Inputs{}); (err == nil) != want {
			t.Errorf("match %s: matches = %t, want %t", match, err == nil, want)
		}
	}
}

func TestRateTakesTheFirstRuleInAUnitThatIsAsked(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules:
  - {name: time, match: {rating_group: 100}, unit: time}
  - {name: octets, match: {rating_group: 100}, unit: octets}
  - {name: input, match: {rating_group: 100}, unit: input}
  - {name: money, match: {rating_group: 100}, unit: money}
`)
	for _, test := range []struct {
		units []charging.Unit
		want  string
	}{
		{nil, "time"},
		{[]charging.Unit{charging.Time}, "time"},
		{[]charging.Unit{charging.Total}, "octets"},
		{[]charging.Unit{charging.Input}, "octets"},
		{[]charging.Unit{charging.Output, charging.Input}, "octets"},
		{[]charging.Unit{charging.Output, charging.Time}, "time"},
		{[]charging.Unit{"EUR"}, "money"},
		{[]charging.Unit{"USD"}, ""},
		{[]charging.Unit{charging.Events}, ""},
	} {
		got, err := plan.Rate(&charging.Inputs{
			Service: charging.ServiceKey{Group: charging.Known(100)}, Units: test.units,
		})
		if got.Rule != test.want {
			t.Errorf("Rate(%v) = rule %q, want %q", test.units, got.Rule, test.want)
		}
		var unrated *charging.Unrated
		if test.want == "" && (!errors.As(err, &unrated) || unrated.Missing != "") {
			t.Errorf("Rate(%v): error %v, want that no rule matches", test.units, err)
		}
	}
}

func TestMoneyCostsItself(t *testing.T) {
	t.Parallel()
	plan := compile(t, "currency: EUR\nrules: [{unit: money}]")
	c := rate(t, plan, charging.Inputs{Units: []charging.Unit{"EUR"}})
	got, err := plan.Price(&c, charging.Progress{}, 1_234_567)
	if err != nil || got.Money != 1_234_567 || c.Unit != "EUR" {
		t.Errorf("Price(1.234567 EUR) = %s of %s, %v", euros(got.Money), c.Unit, err)
	}
}

func TestPriceOfParticipantsAndMedia(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule         string
		participants charging.Number
		media        []string
		want         string
		counted      charging.Number
	}{
		{`price: 0.05 EUR`, charging.Known(4), nil, "0.05 EUR", charging.Number{}},
		{
			`price: 0.05 EUR, participants: {mode: per_participant}`,
			charging.Known(4), nil, "0.20 EUR", charging.Known(4),
		},
		{
			`price: 0.05 EUR, participants: {mode: per_participant}`,
			charging.Known(0), nil, "0.00 EUR", charging.Known(0),
		},
		{
			`price: 0.05 EUR, participants: {mode: per_participant, count_inviter: true}`,
			charging.Known(4), nil, "0.25 EUR", charging.Known(5),
		},
		{
			`price: 0.05 EUR, participants: {mode: per_participant, count_inviter: true}`,
			charging.Number{},
			nil, "0.05 EUR", charging.Known(1),
		},
		{
			`price: 0.05 EUR, participants: {mode: per_extra, base: 2, amount: 0.02 EUR}`,
			charging.Known(4), nil, "0.09 EUR", charging.Known(4),
		},
		{
			`price: 0.05 EUR, participants: {mode: per_extra, base: 2, amount: 0.02 EUR}`,
			charging.Known(1), nil, "0.05 EUR", charging.Known(1),
		},
		{
			`price: 0.05 EUR, media: {audio: 0.06 EUR, video: 0.10 EUR}`,
			charging.Known(2),
			[]string{"audio", "message", "video"},
			"0.21 EUR",
			charging.Number{},
		},
		{
			`price: 0.05 EUR, media: {Audio: 0.06 EUR}, participants: {mode: per_participant}`,
			charging.Known(2),
			[]string{"audio"},
			"0.16 EUR", charging.Known(2),
		},
		{`media: {message: 0.03 EUR}`, charging.Known(2), nil, "0.00 EUR", charging.Number{}},
	} {
		plan := compile(t, "currency: EUR\nrules: [{unit: time, "+test.rule+"}]")
		c := rate(t, plan, charging.Inputs{
			Participants: test.participants, Info: &charging.Information{Media: test.media},
		})
		if euros(c.Price) != test.want || c.Participants != test.counted {
			t.Errorf("Rate(%v, %v) by %s = %s for %v, want %s for %v", test.participants,
				test.media, test.rule, euros(c.Price), c.Participants, test.want, test.counted)
		}
	}
}

func TestMediaAreKnownOnlyWhereTheyPrice(t *testing.T) {
	t.Parallel()
	in := charging.Inputs{Info: &charging.Information{Media: []string{"audio", "message"}}}
	priced := rate(t, compile(t, media), in)
	if diff := cmp.Diff([]string{"audio", "message"}, priced.Media); diff != "" {
		t.Errorf("Media of a rule that prices them (-want +got):\n%s", diff)
	}
	in.Service.Group = charging.Known(100)
	if plain := rate(t, compile(t, conference), in); plain.Media != nil {
		t.Errorf("Media of a rule that does not price them = %v, want none", plain.Media)
	}
}

func TestSizesThatFitNoTier(t *testing.T) {
	t.Parallel()
	const rule = "currency: EUR\nrules: [{unit: events, price: 0.30 EUR, sizes: " +
		"[{up_to: 1 kB, price: 0.05 EUR}, {up_to: 2 kB, price: 0.10 EUR}], %s}]"
	const fails = "Service-Information.IMS-Information.Message-Body.Content-Length"
	for _, test := range []struct {
		words string
		size  charging.Number
		want  string
	}{
		{`oversize: fail`, charging.Known(2001), fails},
		{`oversize: last`, charging.Known(2001), "0.10 EUR"},
		{`oversize: price`, charging.Known(2001), "0.30 EUR"},
		{`size_missing: fail`, charging.Number{}, fails},
		{`size_missing: first`, charging.Number{}, "0.05 EUR"},
		{`size_missing: last`, charging.Number{}, "0.10 EUR"},
		{`size_missing: price`, charging.Number{}, "0.30 EUR"},
		{`min_charge: 0`, charging.Known(2001), fails},
		{`min_charge: 0`, charging.Number{}, fails},
	} {
		plan := compile(t, fmt.Sprintf(rule, test.words))
		c, err := plan.Rate(&charging.Inputs{Info: &charging.Information{Size: test.size}})
		got := euros(c.Price)
		var unrated *charging.Unrated
		if errors.As(err, &unrated) {
			got = unrated.Missing
		}
		if got != test.want {
			t.Errorf("Rate(size %v) with %s = %s, want %s", test.size, test.words, got, test.want)
		}
	}
}

func TestPricesThatLeave64BitsAreErrors(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules: [{unit: time, price: 9000000000.00 EUR, participants: {mode: per_participant}}]`)
	_, err := plan.Rate(&charging.Inputs{Participants: charging.Known(4_000_000_000)})
	if !errors.Is(err, charging.ErrOverflow) {
		t.Errorf("Rate: error %v, want overflow", err)
	}
	c := rate(t, plan, charging.Inputs{Participants: charging.Known(1)})
	if _, err := plan.Price(&c, charging.Progress{}, 10_000); !errors.Is(err, charging.ErrOverflow) {
		t.Errorf("Price: error %v, want overflow", err)
	}
	units, _, err := plan.Afford(&c, charging.Progress{}, 10_000, 1<<62)
	if err != nil || units != 512 {
		t.Errorf("Afford = %d, %v, want 512", units, err)
	}
}

func TestConditionsOfAnotherPlanAreRefused(t *testing.T) {
	t.Parallel()
	plan := compile(t, media)
	for _, c := range []charging.Conditions{
		{Plan: "im", Version: 2, Rule: "media"},
		{Plan: "other", Version: 1, Rule: "media"},
		{Plan: "im", Version: 1, Rule: "gone"},
	} {
		if _, err := plan.Terms(&c); err == nil {
			t.Errorf("Terms(%s %d %s): no error", c.Plan, c.Version, c.Rule)
		}
		if _, err := plan.Price(&c, charging.Progress{}, 1); err == nil {
			t.Errorf("Price(%s %d %s): no error", c.Plan, c.Version, c.Rule)
		}
		if _, _, err := plan.Afford(&c, charging.Progress{}, 1, 1); err == nil {
			t.Errorf("Afford(%s %d %s): no error", c.Plan, c.Version, c.Rule)
		}
		got := plan.Resume(&c, &c, charging.Progress{Rest: 5, Paid: 7})
		if got.Rest != 0 || got.Paid != 7 {
			t.Errorf("Resume(%s %d %s) = %+v", c.Plan, c.Version, c.Rule, got)
		}
	}
}

package rating_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

func TestCompileReportsAllFaultsAtOnceWithTheirPlaces(t *testing.T) {
	t.Parallel()
	_, faults := rating.Compile("im", 1, read(t, `
currency: EUR
rules:
  - name: a
    match:
      kind: sesion
      participants: 5..2
      rating_group: [100, x]
      application_service_type: JOINNING
      unit: tme
      context: [""]
    unit: evnts
    per: 0
    price: 0.05 USD
    setup: 0.05
    min_charge: -1 EUR
    participants: {mode: per_extr, base: -1, initial: sent}
    media: {audio: 5 apples, Audio: 0}
    sizes: [{up_to: 10 kB, price: 0.0000001 EUR}, {up_to: 1 kB, price: 0.1 EUR}, {up_to: 60s}]
    oversize: lst
    size_missing: none
    rounding: per_block
  - name: a
    unit: time
    per: 10 MiB
    participants: {mode: per_extra}
    sizes: [{price: 0}]
    count: {from: [rsu, rss], default: 5s}
    counters: both
    quota:
      {default: 10s, min: 60s, max: 30s, validity: 0s, threshold: 1 B, holding_time: 9999999999}
    tariff_switch: both
    payer: caller
    send: [cost, coffee]
    low_balance_at: 1 event
  - {name: b, unit: time, quota: {final: stop}}
  - {name: c, unit: time, quota: {final: {redirect: nowhere}}}
  - {name: d, unit: time, quota: {final: {restrict: []}}}
  - {name: e, unit: USD, participants: {amount: 0.01 EUR}}
  - {name: f}
  - {name: g, unit: money, price: 0.01 EUR}
`))
	var got []string
	for _, f := range faults {
		got = append(got, f.Path+": "+f.Message)
	}
	want := []string{
		`rules[0].match.context: an empty text; leave the key out to match all`,
		`rules[0].match.rating_group[1]: "x" is not a number; write it like 2, 1..3, 2.. or ..5`,
		`rules[0].match.kind: unknown word "sesion"; did you mean "session"?`,
		`rules[0].match.application_service_type: unknown name "JOINNING"; did you mean "JOINING"?`,
		`rules[0].match.participants: "5..2" is empty: 5 is above 2`,
		`rules[0].match.unit: unknown unit "tme"; did you mean "time"?`,
		`rules[0].unit: unknown unit "evnts"; did you mean "events"?`,
		`rules[0].per: a block must be larger than nothing`,
		`rules[0].price: unit mismatch: 0.05 USD, but the plan's currency is EUR`,
		`rules[0].setup: 0.05 has no currency; write 0.05 EUR`,
		`rules[0].min_charge: -1 EUR is negative`,
		`rules[0].participants.mode: unknown word "per_extr"; did you mean "per_extra"?`,
		`rules[0].participants.base: "-1" is not a number from 0 to 4294967295`,
		`rules[0].participants.initial: unknown word "sent"; use as_sent, attached`,
		`rules[0].media.audio: "5 apples" is not a quantity; write it like 12.50 EUR, 10 MiB, ` +
			`1h5m30s or 3 events`,
		`rules[0].media.audio: medium audio has a price already`,
		`rules[0].oversize: unknown word "lst"; did you mean "last"?`,
		`rules[0].size_missing: unknown word "none"; use fail, first, last, price`,
		`rules[0].sizes[0].price: quantity "0.0000001 EUR": too many decimals: .0000001`,
		`rules[0].sizes[1].up_to: sizes must rise: 1000 B is not above 10000 B`,
		`rules[0].sizes[2].up_to: unit mismatch: 60s does not count total`,
		`rules[0].sizes[2].price: a size needs its price`,
		`rules[0].rounding: unknown word "per_block"; use per_condition, per_report, carry_block`,
		`rules[1].per: unit mismatch: 10 MiB does not count time`,
		`rules[1].participants.amount: mode per_extra needs the amount for each participant above base`,
		`rules[1].sizes: sizes price messages; the rule counts time, not events`,
		`rules[1].sizes[0].up_to: a size needs its limit, like 1300 B`,
		`rules[1].count.default: unit mismatch: 5s does not count events`,
		`rules[1].count.from[1]: unknown word "rss"; did you mean "rsu"?`,
		`rules[1].counters: unknown word "both"; use delta, cumulative`,
		`rules[1].quota.threshold: unit mismatch: 1 B does not count time`,
		`rules[1].quota.default: the default grant is below quota.min`,
		`rules[1].quota.min: quota.min is above quota.max`,
		`rules[1].quota.validity: a grant must hold for a second at least`,
		`rules[1].quota.holding_time: 9999999999 is too long; at most 4294967295s fit the AVP`,
		`rules[1].tariff_switch: unknown word "both"; use validity, avp, reauthorize`,
		`rules[1].payer: unknown word "caller"; did you mean "called"?`,
		`rules[1].send[1]: unknown word "coffee"; use cost, balance, low_balance, trigger, expiration`,
		`rules[1].low_balance_at: unit mismatch: 1 event, but the plan's currency is EUR`,
		`rules[1].name: another rule is called "a" already`,
		`rules[2].quota.final: unknown word "stop"; use terminate, {redirect: URI} or {restrict: [...]}`,
		`rules[3].quota.final.redirect: "nowhere" is no address; write it like ` +
			`https://topup.example.com, sip:topup@example.com or an IP address`,
		`rules[4].quota.final.restrict: nothing is listed; name a filter or write permit out ip ` +
			`from any to any`,
		`rules[5].unit: unit mismatch: USD, but the plan's currency is EUR`,
		`rules[5].participants.amount: an amount is for mode per_extra; per_participant multiplies price`,
		`rules[6].unit: the rule needs a unit; use time, total, input, output, events, money, ` +
			`octets, ssu`,
		`rules[7].per: a price for money needs its block: per: 1.00 EUR`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestPlansWithoutCurrencyOrRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rules: [{unit: time}]":                     "currency: a plan needs a currency",
		"currency: euro\nrules: [{unit: time}]":     `currency: "euro" is no currency`,
		"currency: time\nrules: [{unit: time}]":     `currency: "time" is no currency`,
		"currency: EUR":                             "rules: a plan needs at least one rule",
		"{}":                                        "currency: a plan needs a currency",
		"rules: [{unit: money, price: 5.00 EUR}]":   "currency: a plan needs a currency",
		"rules: [{unit: time, price: 0.10 EUR}]":    "currency: a plan needs a currency",
		"rules: [{unit: money}, {unit: 12}]":        "currency: a plan needs a currency",
		"currency: XYZ\nrules: [{unit: time}]":      `currency: "XYZ" is no currency`,
		"currency: EUR\nrules: [{unit: [time]}]":    "",
		"currency: EUR\nrules: [{price: 5 EUR}]":    "rules[0].unit: the rule needs a unit",
		"currency: EUR\nrules: [{per: 5 potatoes}]": "rules[0].unit: the rule needs a unit",
	} {
		var doc rating.Document
		if err := yaml.Load([]byte(text), &doc, yaml.WithKnownFields()); err != nil {
			if want != "" {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		plan, faults := rating.Compile("im", 1, &doc)
		if plan != nil || len(faults) == 0 ||
			!strings.HasPrefix(faults[0].Path+": "+faults[0].Message, want) {
			t.Errorf("%q: %+v, want first %q", text, faults, want)
		}
	}
}

// terms are those of a plan's first rule.
func terms(t *testing.T, rule string) *charging.Terms {
	t.Helper()
	plan := compile(t, "currency: EUR\nrules: ["+rule+"]")
	c := rate(t, plan, charging.Inputs{
		Event: strings.Contains(rule, "kind: event"),
		Info:  &charging.Information{Size: charging.Known(100)},
	})
	got, err := plan.Terms(&c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTermsInFull(t *testing.T) {
	t.Parallel()
	got := terms(t, `{name: all, unit: octets, per: 1 kB, count: {from: recipients, default: 2},
		counters: cumulative, tariff_switch: avp, payer: called, send: [balance, trigger],
		low_balance_at: 1.00 EUR, media: {audio: 0.01 EUR}, match: {participants: ..9},
		participants: {initial: attached, count_inviter: true},
		quota: {default: 10 MiB, min: 1 MiB, max: 20 MiB, validity: 10m, threshold: 1024,
			holding_time: 0, final: {restrict: [permit out ip from any to any, captive]},
			partial: false}}`)
	want := &charging.Terms{
		Rule: "all", Unit: charging.Total, Default: 10 << 20, Min: 1 << 20, Max: 20 << 20,
		ValidFor: 10 * time.Minute, Threshold: 1024, HoldingTime: charging.Known(0),
		Final: charging.FinalUnit{
			Action:  charging.RestrictAccess,
			Filters: []string{"permit out ip from any to any"}, Names: []string{"captive"},
		},
		TariffAVP: true, Triggers: []uint32{40, 50},
		Count: []string{"recipients"}, CountDefault: 2, Cumulative: true,
		CountInviter: true, Payer: "called",
		Send: charging.Sends{Said: true, Balance: true, Trigger: true}, LowBalanceAt: 1_000_000,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Terms (-want +got):\n%s", diff)
	}
}

func TestTermsByDefault(t *testing.T) {
	t.Parallel()
	want := &charging.Terms{
		Rule: "rule 1", Unit: charging.Time, Default: 300, Partial: true, ValidFor: time.Hour,
		Final: charging.FinalUnit{Action: charging.Terminate},
		Count: []string{"rsu", "exploded", "recipients"}, CountDefault: 1,
		InitialAsIs: true, Payer: "subscription_id",
	}
	if diff := cmp.Diff(want, terms(t, "{unit: time}")); diff != "" {
		t.Errorf("Terms (-want +got):\n%s", diff)
	}
}

func TestDefaultGrants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule string
		unit charging.Unit
		want int64
	}{
		{"{unit: time, per: 60s}", charging.Time, 300},
		{"{unit: time, per: 1h}", charging.Time, 3600},
		{"{unit: time, per: 70s}", charging.Time, 350},
		{"{per: 60s, quota: {max: 90s}}", charging.Time, 90},
		{"{per: 60s, quota: {min: 10m}}", charging.Time, 600},
		{"{per: 60s, quota: {default: 1m}}", charging.Time, 60},
		{"{per: 1 MiB}", charging.Total, 10 << 20},
		{"{unit: input}", charging.Input, 10 << 20},
		{"{unit: ssu}", charging.Events, 1},
		{"{per: 10 events, count: {default: 3 events}}", charging.Events, 3},
		{"{sizes: [{up_to: 1 kB, price: 0}]}", charging.Events, 1},
		{"{match: {kind: event}}", charging.Events, 1},
		{"{unit: money}", "EUR", 1_000_000},
		{"{unit: money, per: 0.01 EUR, price: 0.02 EUR, quota: {default: 5 EUR}}", "EUR", 5_000_000},
	} {
		got := terms(t, test.rule)
		if got.Default != test.want || got.Unit != test.unit {
			t.Errorf("Terms(%s): %d %s by default, want %d %s",
				test.rule, got.Default, got.Unit, test.want, test.unit)
		}
	}
}

func TestPartialGrantsByDefault(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]bool{
		"{unit: time}":                                        true,
		"{unit: octets}":                                      true,
		"{unit: events}":                                      false,
		"{unit: octets, match: {kind: event}}":                false,
		"{unit: events, quota: {partial: true}}":              true,
		"{unit: time, quota: {partial: false}}":               false,
		"{unit: octets, match: {kind: session}}":              true,
		"{unit: events, match: {kind: session}}":              false,
		"{unit: time, quota: {final: terminate}}":             true,
		"{unit: time, quota: {final: {redirect: 192.0.2.1}}}": true,
	} {
		if got := terms(t, rule); got.Partial != want {
			t.Errorf("Terms(%s): partial %t, want %t", rule, got.Partial, want)
		}
	}
}

func TestTriggersAreArmedWhereTheyMatter(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules:
  - {name: many, match: {rating_group: 1, participants: 3..}, unit: time}
  - {name: audio, match: {rating_group: 2, media: audio}, unit: time}
  - {name: rest, match: {rating_group: 1..2}, unit: time}
  - {name: other, match: {rating_group: 3}, unit: time}
  - {name: message, match: {rating_group: 4}, unit: time, media: {audio: 0}}
  - {name: head, match: {rating_group: 5}, unit: time, participants: {mode: per_participant}}
`)
	for rule, want := range map[string][]uint32{
		"many": {50}, "audio": {40}, "rest": {40, 50}, "other": nil, "message": {40}, "head": {50},
	} {
		got, err := plan.Terms(&charging.Conditions{Plan: "im", Version: 1, Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Triggers); diff != "" {
			t.Errorf("Triggers of %s (-want +got):\n%s", rule, diff)
		}
	}
}

// everything uses every key of a plan.
const everything = `
currency: EUR
rules:
  - name: all
    match:
      context: ["*32260@3gpp.org", "x"]
      rating_group: 100
      service: [1, 2..3]
      kind: session
      method: INVITE
      application_service_type: JOINING
      role: originating
      media: [audio]
      participants: 2..
      unit: time
      window: "mon-fri 06:00-10:30 Europe/Paris"
      destination: "*.example.com"
      avp: {A.B: "1*", C: [x, y]}
    unit: time
    per: 60
    price: 0.05 EUR
    setup: 0.10 EUR
    min_charge: 0.20 EUR
    participants:
      {mode: per_extra, base: 2, amount: 0.02 EUR, initial: attached, count_inviter: true}
    media: {audio: 0.06 EUR, video: 0.10 EUR, message: 0}
    count: {from: [rsu], default: 2}
    counters: delta
    quota:
      {default: 300s, min: 1, max: 1h, validity: 60, threshold: 5, holding_time: 0,
       final: {redirect: "sip:a@b"}, partial: false}
    rounding: carry_block
    tariff_switch: avp
    payer: calling
    send: []
    low_balance_at: 0.50 EUR
  - sizes: [{up_to: 1300 B, price: 0.05 EUR}]
    oversize: last
    size_missing: first
    quota: {final: terminate}
  - unit: time
    quota: {final: {restrict: captive}}
`

func TestADocumentGoesThroughJSONUnchanged(t *testing.T) {
	t.Parallel()
	doc := read(t, everything)
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var again rating.Document
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, &again); diff != "" {
		t.Errorf("document after JSON (-before +after):\n%s", diff)
	}
	twice, err := json.Marshal(&again)
	if err != nil || string(twice) != string(data) {
		t.Errorf("JSON again = %s, %v, want %s", twice, err, data)
	}
}

func TestADocumentGoesThroughYAMLUnchanged(t *testing.T) {
	t.Parallel()
	doc := read(t, everything)
	data, err := yaml.Dump(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, read(t, string(data))); diff != "" {
		t.Errorf("document after YAML (-before +after):\n%s", diff)
	}
}

func TestJSONMayUseNumbers(t *testing.T) {
	t.Parallel()
	var doc rating.Document
	err := json.Unmarshal([]byte(`{"currency": "EUR", "rules": [{"unit": "time", "per": 60,
		"price": 0, "match": {"rating_group": 100, "participants": [1, "3.."]}, "name": null,
		"quota": {"default": 300, "final": "terminate"}}]}`), &doc)
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := rating.Compile("im", 1, &doc); len(faults) > 0 {
		t.Errorf("Compile: %v", faults)
	}
	for _, bad := range []string{
		`{"rules": [{"per": [60]}]}`, `{"rules": [{"per": {}}]}`,
		`{"rules": [{"match": {"service": {"a": 1}}}]}`,
		`{"rules": [{"quota": {"final": {"redirekt": "sip:a@b"}}}]}`,
		`{"rules": [{"send": [[]]}]}`,
	} {
		if err := json.Unmarshal([]byte(bad), &doc); err == nil {
			t.Errorf("Unmarshal(%s): no error", bad)
		}
	}
}

func TestOrderOfMapsDoesNotMatter(t *testing.T) {
	t.Parallel()
	surcharges := []string{"audio: 0.06 EUR", "video: 0.10 EUR", "message: 0.01 EUR", "data: 1 EUR"}
	for range 20 {
		rand.Shuffle(len(surcharges), func(i, j int) {
			surcharges[i], surcharges[j] = surcharges[j], surcharges[i]
		})
		plan := compile(t, "currency: EUR\nrules: [{unit: time, media: {"+
			strings.Join(surcharges, ", ")+"}}]")
		c := rate(t, plan, charging.Inputs{
			Info: &charging.Information{Media: []string{"audio", "data", "message", "video"}},
		})
		if c.Price != 1_170_000 {
			t.Errorf("Rate with media in order %v = %s, want 1.17 EUR", surcharges, euros(c.Price))
		}
	}
}

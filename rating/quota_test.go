package rating_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

const quotaPlan = `
currency: EUR
failure: {session: retry_and_terminate, failover: supported}
rules:
  - name: voice
    unit: time
    price: 0.01 EUR
    cost_unit: per second
    free: uncontrolled
    send: [cost, expiration]
    quota:
      consumption_time: 30s
      unused_timer: 1h
      time_mechanism: {type: continuous, interval: 10s}
      pool: 7
      multiplier: 2.50
      final:
        redirect: "2001:db8::1"
        restrict: ["permit out ip from any to any", topup]
        qos: true
    announce:
      - {on: [final, refused], id: 8, at: 10s, privacy: private, order: 1, language: en,
         quota: used, play: remote, parts: [{type: currency, value: "EUR 1", order: 2}]}
      - {on: low_balance, id: 9}
`

func TestAPlanSaysWhatComesWithGrants(t *testing.T) {
	t.Parallel()
	doc := read(t, quotaPlan)
	plan, faults := rating.Compile("im", 1, doc)
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	c, err := plan.Rate(&charging.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := plan.Terms(&c)
	if err != nil {
		t.Fatal(err)
	}
	played := charging.Announcement{
		ID: 8, At: charging.Known(10), Private: charging.Known(1), Order: charging.Known(1),
		Language: "en", Quota: charging.Known(1), Play: charging.Known(1),
		Parts: []charging.AnnouncementPart{{Type: 4, Value: "EUR 1", Order: charging.Known(2)}},
	}
	want := *got
	want.Uncontrolled, want.CostUnit, want.Announces, want.Pools = true, "per second", true, true
	want.Quota = &charging.Quota{
		ConsumptionTime: charging.Known(30), UnusedTimer: charging.Known(3600),
		Mechanism: &charging.TimeMechanism{Type: 1, Interval: 10},
		Pool: &charging.Pool{
			ID: 7, Unit: charging.Time, Multiplier: charging.Decimal{Digits: 25, Exponent: -1},
		},
	}
	want.Announce = &charging.Announcements{
		Final: []charging.Announcement{played}, Refused: []charging.Announcement{played},
		LowBalance: []charging.Announcement{{ID: 9}},
	}
	want.Failure = &charging.FailureHandling{
		Session: charging.Known(2), Failover: charging.Known(1),
	}
	want.Final = charging.FinalUnit{
		Action: charging.Redirect, Redirect: "2001:db8::1", QoS: true,
		Filters: []string{"permit out ip from any to any"}, Names: []string{"topup"},
	}
	want.Send = charging.Sends{Said: true, Cost: true, Expiration: true}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
}

func TestAPlanComesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	doc := read(t, quotaPlan)
	written, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var back rating.Document
	if err := json.Unmarshal(written, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*doc, back); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestFaultsOfWhatComesWithGrantsAreTold(t *testing.T) {
	t.Parallel()
	_, faults := rating.Compile("im", 1, read(t, `
currency: EUR
failure: {session: retry}
rules:
  - unit: events
    price: 0.01 EUR
    free: maybe
    quota: {time_mechanism: {type: steady}, pool: x, multiplier: 0, unused_timer: 3 events}
    announce: [{id: x, play: all, parts: [{type: colour}]}, {on: always}]
  - {name: unrated money, unit: time, price: 0.01 EUR, quota: {multiplier: 2}}
  - {name: c, unit: time, price: 0.01 EUR, quota: {pool: 1, multiplier: -2}}
`))
	want := []string{
		`rules[0].free: unknown word "maybe"; use grant, uncontrolled`,
		`rules[0].quota.unused_timer: unit mismatch: 3 events does not count time`,
		`rules[0].quota.time_mechanism: a time mechanism is for rules that count time, not events`,
		`rules[0].quota.time_mechanism.type: unknown word "steady"; use discrete, continuous`,
		`rules[0].quota.time_mechanism.interval: a time mechanism needs its interval, like 30s`,
		`rules[0].quota.pool: "x" is not a number from 0 to 4294967295`,
		`rules[0].quota.multiplier: a multiplier is above zero`,
		`rules[0].announce[0].play: unknown word "all"; use served, remote`,
		`rules[0].announce[0].id: "x" is not a number from 0 to 4294967295`,
		`rules[0].announce[0].parts[0].type: unknown word "colour"; use integer, number, time, ` +
			`date, currency`,
		`rules[0].announce[0].on: an announcement needs an occasion: grant, final, refused or ` +
			`low_balance`,
		`rules[0].announce[1].id: an announcement needs its number`,
		`rules[0].announce[1].on: unknown word "always"; use grant, final, refused, low_balance`,
		`rules[1].quota.multiplier: a multiplier is for grants of a pool; write pool: 1`,
		`rules[1].name: another rule is called "unrated money" already`,
		`rules[2].quota.multiplier: "-2" is not a decimal number; write it like 2, 0.5 or 12.25`,
		`failure.session: unknown word "retry"; use terminate, continue, retry_and_terminate`,
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.Path+": "+f.Message)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

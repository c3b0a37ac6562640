package scenarios_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A step is one request of an example and what must be decided, without the rule's name.
type step struct {
	situation *charging.Situation
	want      charging.Decision
}

// The requests of the two flows: a session of two that a third joins, and a re-INVITE to audio.
func begin() *charging.Situation {
	return situation(initial, 0, participants(2, false), media(false, "message"), service(100))
}

func join(number uint32, people int64) *charging.Situation {
	return situation(update, number, participants(people, true), media(false, "message"),
		service(100))
}

func reinvite(number uint32) *charging.Situation {
	return situation(update, number, participants(2, false), media(true, "audio", "message"),
		service(100))
}

func refresh(number uint32) *charging.Situation {
	return situation(update, number, participants(2, false), media(false, "message"), service(100))
}

func end(number uint32) *charging.Situation {
	return situation(termination, number, participants(2, false), report(100, seconds(5)))
}

func refused(result charging.Result, level charging.Level) charging.Decision {
	return charging.Decision{Instead: &charging.Instead{Result: result, Level: level}}
}

func limited(limit charging.Limit) charging.Decision { return charging.Decision{Limit: &limit} }

func settled(d charging.Decision) charging.Decision {
	d.Instead.Ledger = charging.MoveSettle
	return d
}

func for200(d charging.Decision) charging.Decision {
	d.Only.Group = charging.Known(200)
	return d
}

func late(d charging.Decision) charging.Decision {
	d.Delivery = &charging.Delivery{Delay: 2 * time.Second}
	return d
}

const (
	mscc    = charging.AtService
	command = charging.AtCommand
	both    = charging.AtBoth
)

func TestExamplesOfRefusal(t *testing.T) {
	t.Parallel()
	var usual charging.Decision
	playExamples(t, map[string][]step{
		"refused-at-start": {
			{begin(), refused(4012, mscc)},
			{begin(), refused(4012, mscc)},
			{join(1, 3), usual},
			{end(2), usual},
			{situation(initial, 0), refused(4012, command)}, // no MSCC to refuse
		},
		"refused-at-start-command": {{begin(), refused(4012, command)}, {join(1, 3), usual}},
		"refused-at-start-both":    {{begin(), refused(4012, both)}, {join(1, 3), usual}},
		"refused-at-start-once":    {{begin(), refused(4012, mscc)}, {begin(), usual}},
		"refused-at-join": {
			{begin(), usual},
			{refresh(1), usual},
			{join(2, 3), settled(refused(4012, mscc))},
			{join(3, 3), settled(refused(4012, mscc))},
			{end(4), usual},
		},
		"refused-at-join-command": {
			{begin(), usual}, {join(1, 3), refused(4012, command)},
		},
		"refused-at-join-once": {
			{begin(), usual}, {join(1, 3), refused(4012, mscc)}, {join(2, 3), usual}, {end(3), usual},
		},
		"refused-above-three": {
			{join(1, 3), usual}, {join(2, 4), refused(4012, mscc)}, {join(3, 2), usual},
		},
		"refused-at-reinvite": {
			{begin(), usual},
			{join(1, 3), usual},
			{reinvite(2), refused(4012, mscc)},
			{reinvite(3), refused(4012, mscc)},
		},
		"refused-at-reinvite-command": {
			{join(1, 3), usual}, {reinvite(2), refused(4010, command)},
		},
		"refused-at-reinvite-once": {{reinvite(1), refused(4012, mscc)}, {reinvite(2), usual}},
		"refused-one-group": {
			{begin(), usual},
			{situation(update, 1, service(100), service(200)), for200(refused(4012, mscc))},
			{situation(termination, 2, report(200)), usual},
		},
	})
}

func TestExamplesOfLastUnits(t *testing.T) {
	t.Parallel()
	var usual charging.Decision
	terminate := &charging.FinalUnit{Action: charging.Terminate}
	playExamples(t, map[string][]step{
		"last-minute-at-join": {
			{begin(), usual},
			{join(1, 3), limited(charging.Limit{Grant: seconds(60), Final: terminate})},
			{join(2, 4), settled(refused(4012, mscc))},
			{situation(update, 3, report(100, seconds(60))), usual},
			{end(4), usual},
		},
		"last-units-at-start": {
			{begin(), limited(charging.Limit{
				Grant: seconds(30), Final: terminate, ValidFor: charging.Known(60),
			})},
		},
		"final-redirect": {
			{begin(), usual},
			{join(1, 3), limited(charging.Limit{Grant: seconds(60), Final: &charging.FinalUnit{
				Action: charging.Redirect, Redirect: "http://topup.example.com/",
			}})},
		},
		"final-redirect-without-units": {
			{begin(), charging.Decision{Instead: &charging.Instead{
				Result: 2001, NoGrant: true, ValidFor: charging.Known(600), Ledger: charging.MoveNothing,
				Final: &charging.FinalUnit{Action: charging.Redirect, Redirect: "sip:topup@example.com"},
			}}},
		},
		"final-restrict": {
			{join(1, 3), limited(charging.Limit{Grant: seconds(60), Final: &charging.FinalUnit{
				Action:  charging.RestrictAccess,
				Filters: []string{"permit out ip from 192.0.2.1 to any"}, Names: []string{"walled-garden"},
			}})},
		},
		"each-group-its-own": {{join(1, 3), eachItsOwn()}},
		"exhausted-late":     {{join(1, 3), late(refused(4012, mscc))}, {join(2, 3), usual}},
		"exhausted-unheard": {
			{join(1, 3), charging.Decision{Delivery: &charging.Delivery{Drop: true}}}, {join(2, 3), usual},
		},
	})
}

func playExamples(t *testing.T, examples map[string][]step) {
	t.Helper()
	for name, steps := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playExample(t, name, steps)
		})
	}
}

func eachItsOwn() charging.Decision {
	group := func(number int64) charging.ServiceMatch {
		return charging.ServiceMatch{Group: charging.Known(number)}
	}
	third := group(300)
	third.ID = charging.Known(7)
	return charging.Decision{Instead: &charging.Instead{
		Result: 2001, Ledger: charging.MoveNormal,
		Services: []charging.InsteadService{
			{Match: group(100), Result: 4012, NoGrant: true},
			{
				Match: group(200), Result: 2001, Grant: octets(10<<20, charging.Total),
				Final: &charging.FinalUnit{Action: charging.Terminate},
			},
			{Match: third, Result: 4010},
		},
	}}
}

func playExample(t *testing.T, name string, steps []step) {
	set := newSet(t, example(t, name))
	for i, step := range steps {
		got := set.Decide(step.situation)
		if acted := got.Rule != ""; acted && !strings.HasPrefix(got.Rule, name+" rules[") {
			t.Errorf("step %d: the rule is %q, want one of %s", i, got.Rule, name)
		}
		got.Rule = ""
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("step %d, %v %d (-want +got):\n%s", i, step.situation.Request.Type,
				step.situation.Request.Key.Number, diff)
		}
	}
}

func TestEveryExampleIsPlayed(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("example_documents_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name, isExample := strings.CutSuffix(file.Name(), ".yaml")
		if isExample && !strings.Contains(string(source), `"`+name+`":`) {
			t.Errorf("testdata/%s is no case of any test", file.Name())
		}
	}
}

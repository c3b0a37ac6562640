package scenarios_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestOrderOfTrial(t *testing.T) {
	t.Parallel()
	const (
		old    = `{name: old, rules: [{answer: {result: 4010}}]}`
		fresh  = `{name: fresh, rules: [{answer: {result: 4011}}]}`
		urgent = `{name: urgent, priority: -1, rules: [{answer: {result: 4012}}]}`
		alices = `{name: alices, subscriber: alice, rules: [{pass: true}]}`
		nobody = `{name: nobody, priority: -9, subscriber: bob, rules: [{pass: true}]}`
	)
	for _, test := range []struct {
		claim     string
		documents []string
		want      string
	}{
		{"the newest comes first", []string{old, fresh}, "fresh rules[0]"},
		{"a lower priority comes first", []string{urgent, old, fresh}, "urgent rules[0]"},
		{"one put again is the newest", []string{old, fresh, old}, "old rules[0]"},
		{"a subscriber's is no better than one for all", []string{alices, old}, "old rules[0]"},
		{"a subscriber's may be the newest", []string{old, alices}, "alices rules[0]"},
		{"another subscriber's does not count", []string{old, nobody}, "old rules[0]"},
		{"rules stand in their order", []string{
			`{name: many, rules: [{when: {type: initial}, pass: true},
			  {when: {type: update}, pass: true}, {pass: true}]}`,
		}, "many rules[1]"},
		{"none acts where none matches", []string{nobody}, ""},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, test.documents...)
			if got := set.Decide(situation(update, 1)).Rule; got != test.want {
				t.Errorf("Decide acts by %q, want %q", got, test.want)
			}
		})
	}
}

func TestPassStopsAndDoesNothing(t *testing.T) {
	t.Parallel()
	set := newSet(t,
		`{name: refuse, rules: [{answer: {result: 4012}}]}`,
		`{name: first-is-free, rules: [{times: 1, pass: true}]}`)
	want := charging.Decision{Rule: "first-is-free rules[0]"}
	if diff := cmp.Diff(want, set.Decide(situation(initial, 0))); diff != "" {
		t.Errorf("Decide of the first (-want +got):\n%s", diff)
	}
	if got := set.Decide(situation(update, 1)); got.Rule != "refuse rules[0]" {
		t.Errorf("Decide of the second acts by %q, want refuse rules[0]", got.Rule)
	}
}

func TestTimesAndRewind(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: twice, rules: [
		{when: {type: update}, times: 2, answer: {result: 4012}},
		{when: {type: update}, times: 1, pass: true}]}`)
	trace := func() (acted []string) {
		for number := range uint32(4) {
			acted = append(acted, set.Decide(situation(update, number)).Rule)
		}
		return acted
	}
	want := []string{"twice rules[0]", "twice rules[0]", "twice rules[1]", ""}
	if diff := cmp.Diff(want, trace()); diff != "" {
		t.Errorf("rules that acted (-want +got):\n%s", diff)
	}
	checkCounters(t, set, "twice", "4/2 left 0", "4/1 left 0")
	if err := set.Rewind("twice"); err != nil {
		t.Fatalf("Rewind = %v", err)
	}
	checkCounters(t, set, "twice", "0/0 left 2", "0/0 left 1")
	if diff := cmp.Diff(want, trace()); diff != "" {
		t.Errorf("rules that acted after Rewind (-want +got):\n%s", diff)
	}
	put(t, set, `{name: twice, rules: [{pass: true}]}`)
	checkCounters(t, set, "twice", "0/0")
}

func TestRewindSetsPlacesBack(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: second, rules: [{when: {type: update, nth: 2}, pass: true}]}`)
	set.Decide(situation(update, 1))
	if err := set.Rewind("second"); err != nil {
		t.Fatalf("Rewind = %v", err)
	}
	if got := set.Decide(situation(update, 2)).Rule; got != "" {
		t.Errorf("the first after Rewind acts by %q, want none", got)
	}
}

func checkCounters(t *testing.T, set *scenarios.Set, name string, want ...string) {
	t.Helper()
	status, err := set.Get(name)
	if err != nil {
		t.Fatalf("Get(%s) = %v", name, err)
	}
	var got []string
	for _, c := range status.Counters {
		text := fmt.Sprintf("%d/%d", c.Matched, c.Fired)
		if c.Remaining != nil {
			text += fmt.Sprintf(" left %d", *c.Remaining)
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters of %s, matched/fired (-want +got):\n%s", name, diff)
	}
}

func TestPutGetListDelete(t *testing.T) {
	t.Parallel()
	set := scenarios.New(scenarios.Options{Limit: 2})
	one := parse(t, `{name: one, tags: [ci], rules: [{pass: true}]}`)
	if created, faults := set.Put(one); !created || faults != nil {
		t.Fatalf("Put(one) = %t, %v, want true and no faults", created, faults)
	}
	if created, faults := set.Put(one); created || faults != nil {
		t.Fatalf("Put(one) again = %t, %v, want false and no faults", created, faults)
	}
	put(t, set, `{name: two, priority: 3, rules: [{pass: true}]}`)
	if _, faults := set.Put(parse(t, `{name: three, rules: [{pass: true}]}`)); len(faults) != 1 {
		t.Errorf("Put above the limit = %v, want one fault", faults)
	}
	status, err := set.Get("one")
	if diff := cmp.Diff(one, status.Document); err != nil || diff != "" {
		t.Errorf("Get(one) = %v (-want +got):\n%s", err, diff)
	}
	checkNames(t, set, "one", "two")
	if err := set.Delete("one"); err != nil {
		t.Errorf("Delete(one) = %v", err)
	}
	checkNames(t, set, "two")
	set.Clear()
	checkNames(t, set)
	if got := set.Decide(situation(update, 1)); got.Rule != "" {
		t.Errorf("after Clear %s acts, want none", got.Rule)
	}
}

func checkNames(t *testing.T, set *scenarios.Set, want ...string) {
	t.Helper()
	var got []string
	for _, status := range set.List() {
		got = append(got, status.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("List (-want +got):\n%s", diff)
	}
}

func TestDeletedScenariosActNoMore(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: all, rules: [{pass: true}]}`,
		`{name: hers, subscriber: alice, rules: [{pass: true}]}`)
	for _, step := range []struct{ gone, acts string }{
		{"hers", "all rules[0]"}, {"all", ""},
	} {
		if err := set.Delete(step.gone); err != nil {
			t.Fatalf("Delete(%s) = %v", step.gone, err)
		}
		if got := set.Decide(situation(update, 1)).Rule; got != step.acts {
			t.Errorf("without %s acts %q, want %q", step.gone, got, step.acts)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	set := scenarios.New(scenarios.Options{})
	_, get := set.Get("a b")
	for call, err := range map[string]error{
		"Get": get, "Delete": set.Delete("a b"), "Rewind": set.Rewind("a b"),
	} {
		var expected *charging.Error
		if !errors.As(err, &expected) || expected.Kind != charging.KindScenarioNotFound {
			t.Errorf("%s = %v, want an error of kind %s", call, err, charging.KindScenarioNotFound)
			continue
		}
		if !strings.Contains(expected.Hint, "PUT /v1/scenarios/a%20b") {
			t.Errorf("%s hints %q, want PUT /v1/scenarios/a%%20b", call, expected.Hint)
		}
	}
}

func TestFaultsComeAllAtOnceAndChangeNothing(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: good, rules: [{pass: true}]}`)
	bad := parse(t, `
name: good
rules:
  - when: {type: updat, message: RAA, trigger: people, nth: 0, media: [""]}
    times: 0
    limit: {grant: 0s, validity: -1s, final: {redirect: ""}}
  - when: {nth: {per: day, is: 1}}
    answer: {level: top, ledger: keep, mscc: [{grant: -1s}]}
    limit: {grant: 1s}
  - {}
  - pass: true
    fault: {delay: 1s}
  - fault: {drop: all, delay: -1s}
  - answer: {}
  - limit: {}
  - fault: {}
  - amend: {}
  - fault: {hold: {until: ""}, delay: 1s, repeat: 101, goodbye: hello, disconnect: {how: softly}}
  - fault: {drop: answer, repeat: 1}
  - pass: true
    amend: {remove: Origin-Host}
`)
	created, faults := set.Put(bad)
	var paths []string
	for _, fault := range faults {
		paths = append(paths, fault.Path)
	}
	want := []string{
		"rules[0].when.message", "rules[0].when.type", "rules[0].when.trigger", "rules[0].when.nth",
		"rules[0].when.media[0]", "rules[0].times", "rules[0].limit.grant",
		"rules[0].limit.final.redirect", "rules[0].limit.validity",
		"rules[1].when.nth.per", "rules[1]", "rules[1].answer.level", "rules[1].answer.ledger",
		"rules[1].answer.mscc[0].grant",
		"rules[2]", "rules[3]", "rules[4].fault.delay", "rules[4].fault.drop",
		"rules[5].answer", "rules[6].limit", "rules[7].fault", "rules[8].amend",
		"rules[9].fault.repeat", "rules[9].fault.disconnect.how", "rules[9].fault.goodbye",
		"rules[9].fault.goodbye", "rules[9].fault.hold.until", "rules[9].fault.hold",
		"rules[10].fault.drop", "rules[11]",
	}
	if diff := cmp.Diff(want, paths); created || diff != "" {
		t.Errorf("Put = %t, paths of faults (-want +got):\n%s", created, diff)
	}
	if got := set.Decide(situation(update, 1)).Rule; got != "good rules[0]" {
		t.Errorf("after faults %q acts, want good rules[0]", got)
	}
}

func TestNamesAndSizes(t *testing.T) {
	t.Parallel()
	pass := []scenarios.Rule{{Pass: true}}
	for _, test := range []struct {
		doc  scenarios.Document
		want string // path of the fault
	}{
		{scenarios.Document{Rules: pass}, "name"},
		{scenarios.Document{Name: "a/b", Rules: pass}, "name"},
		{scenarios.Document{Name: "a\nb", Rules: pass}, "name"},
		{scenarios.Document{Name: strings.Repeat("a", scenarios.MaxName+1), Rules: pass}, "name"},
		{scenarios.Document{Name: "a"}, "rules"},
		{scenarios.Document{Name: "a", Rules: slices.Repeat(pass, scenarios.MaxRules+1)}, "rules"},
		{scenarios.Document{Name: "a", Subscriber: "tel:+", Rules: pass}, "subscriber"},
	} {
		faults := scenarios.Check(test.doc, scenarios.Wire{})
		if len(faults) != 1 || faults[0].Path != test.want {
			t.Errorf("Check of %.9q with %d rules = %v, want one fault of %s",
				test.doc.Name, len(test.doc.Rules), faults, test.want)
		}
	}
	largest := scenarios.Document{
		Name:  strings.Repeat("a", scenarios.MaxName),
		Rules: slices.Repeat(pass, scenarios.MaxRules),
	}
	if faults := scenarios.Check(largest, scenarios.Wire{}); len(faults) > 0 {
		t.Errorf("Check of the largest document = %v, want no faults", faults)
	}
}

func TestDeliveryOfOneAnswerIsItsOwn(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: slow, rules: [{fault: {delay: 1500ms, drop: answer}}]}`)
	first := set.Decide(situation(update, 1)).Delivery
	want := charging.Delivery{Delay: 1500 * time.Millisecond, Drop: true}
	if first == nil || *first != want {
		t.Fatalf("Delivery = %+v, want %+v", first, want)
	}
	first.Delay = 0
	if second := set.Decide(situation(update, 2)).Delivery; *second != want {
		t.Errorf("Delivery of the next = %+v, want %+v", *second, want)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: counted, rules: [{times: 500, pass: true}]}`)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for number := range uint32(250) {
				set.Decide(situation(update, number))
				set.Explain(situation(update, number))
				set.List()
			}
		})
	}
	wait.Wait()
	checkCounters(t, set, "counted", "1000/500 left 0")
}

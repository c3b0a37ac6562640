package scenarios_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A model is what a Set promises, said as plainly as can be: it looks at every rule of every
// scenario for every request, and sorts by looking for the smallest.
type model struct {
	set       *scenarios.Set
	scenarios []*modelScenario // by age
}

type modelScenario struct {
	doc   scenarios.Document
	rules []modelRule
}

type modelRule struct{ matched, fired, met int64 }

func TestSetIsItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{set: scenarios.New(scenarios.Options{})}
		t.Repeat(map[string]func(*rapid.T){
			"put":    m.put,
			"decide": m.decide,
			"delete": m.delete,
			"rewind": m.rewind,
			"":       m.check,
		})
	})
}

func names(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name")
}

func who(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "1", "2", "account-1"}).Draw(t, "subscriber")
}

func kinds(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "update", "event"}).Draw(t, "type")
}

func (m *model) put(t *rapid.T) {
	doc := scenarios.Document{
		Name: names(t), Subscriber: who(t), Priority: rapid.Int64Range(-1, 1).Draw(t, "priority"),
	}
	for range rapid.IntRange(1, 3).Draw(t, "rules") {
		rule := scenarios.Rule{Pass: true, When: scenarios.When{Type: kinds(t)}}
		if times := rapid.Int64Range(0, 2).Draw(t, "times"); times > 0 {
			rule.Times = &times
		}
		if nth := rapid.Int64Range(0, 2).Draw(t, "nth"); nth > 0 {
			exactly := charging.Known(nth)
			rule.When.Nth = scenarios.Nth{Per: "total", Is: scenarios.Range{From: exactly, To: exactly}}
		}
		doc.Rules = append(doc.Rules, rule)
	}
	if created, faults := m.set.Put(doc); len(faults) > 0 || created != (m.find(doc.Name) < 0) {
		t.Fatalf("Put(%s) = %t, %v", doc.Name, created, faults)
	}
	m.remove(doc.Name)
	m.scenarios = append(m.scenarios,
		&modelScenario{doc: doc, rules: make([]modelRule, len(doc.Rules))})
}

func (m *model) find(name string) int {
	for i := range m.scenarios {
		if m.scenarios[i].doc.Name == name {
			return i
		}
	}
	return -1
}

func (m *model) remove(name string) bool {
	at := m.find(name)
	if at >= 0 {
		m.scenarios = append(m.scenarios[:at:at], m.scenarios[at+1:]...)
	}
	return at >= 0
}

func (m *model) delete(t *rapid.T) {
	name := names(t)
	if got, want := m.set.Delete(name) == nil, m.remove(name); got != want {
		t.Fatalf("Delete(%s) succeeds = %t, want %t", name, got, want)
	}
}

func (m *model) rewind(t *rapid.T) {
	name := names(t)
	at := m.find(name)
	if got, want := m.set.Rewind(name) == nil, at >= 0; got != want {
		t.Fatalf("Rewind(%s) succeeds = %t, want %t", name, got, want)
	}
	if at >= 0 {
		clear(m.scenarios[at].rules)
	}
}

func (m *model) decide(t *rapid.T) {
	number := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "number")
	kind := rapid.SampledFrom([]charging.RequestType{update, event}).Draw(t, "kind")
	s := situation(kind, 1, subscriber("account-"+number, charging.Identity{Data: "+" + number}))
	explained := m.set.Explain(s).Acts
	got, want := m.set.Decide(s).Rule, m.acting(kind.String(), number)
	if got != want || explained != want {
		t.Fatalf("%v of %s: %q acts, Explain says %q, want %q", kind, number, got, explained, want)
	}
}

// acting counts the request everywhere and names the rule that acts.
func (m *model) acting(kind, number string) string {
	best, name := -1, ""
	var used *modelRule
	for age, scenario := range m.scenarios {
		to := scenario.doc.Subscriber
		if to != "" && to != number && to != "account-"+number {
			continue
		}
		position := scenario.meet(kind)
		better := best < 0 || scenario.doc.Priority <= m.scenarios[best].doc.Priority
		if position >= 0 && better {
			best, used = age, &scenario.rules[position]
			name = fmt.Sprintf("%s rules[%d]", scenario.doc.Name, position)
		}
	}
	if used != nil {
		used.fired++
	}
	return name
}

// meet counts the request and returns the first rule that would act, or -1.
func (s *modelScenario) meet(kind string) int {
	first := -1
	for i, written := range s.doc.Rules {
		rule := &s.rules[i]
		if written.When.Type != "" && written.When.Type != kind {
			continue
		}
		rule.met++
		if !written.When.Nth.IsZero() && rule.met != written.When.Nth.Is.From.Value {
			continue
		}
		rule.matched++
		if first < 0 && (written.Times == nil || rule.fired < *written.Times) {
			first = i
		}
	}
	return first
}

func (m *model) check(t *rapid.T) {
	if got, want := len(m.set.List()), len(m.scenarios); got != want {
		t.Fatalf("List has %d scenarios, want %d", got, want)
	}
	for _, scenario := range m.scenarios {
		status, err := m.set.Get(scenario.doc.Name)
		if err != nil {
			t.Fatalf("Get(%s) = %v", scenario.doc.Name, err)
		}
		for i, counter := range status.Counters {
			want := scenario.rules[i]
			if counter.Matched != want.matched || counter.Fired != want.fired {
				t.Fatalf("%s: matched %d, fired %d; want %d, %d",
					counter.Rule, counter.Matched, counter.Fired, want.matched, want.fired)
			}
		}
	}
}

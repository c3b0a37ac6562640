package scenarios

import (
	"fmt"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Explanation says what Decide would do with a situation, and why.
type Explanation struct {
	// Acts is the rule that would; empty: the request is charged as usual.
	Acts string `json:"acts,omitempty"`
	// Conflicts are rules that would act if that one did not come first.
	Conflicts []string              `json:"conflicts,omitempty"`
	Scenarios []ScenarioExplanation `json:"scenarios"` // in the order of trial
}

// A ScenarioExplanation tells of one scenario. Its rules are left out where it is for another
// subscriber; Why says so then.
type ScenarioExplanation struct {
	Name  string            `json:"name"`
	Why   string            `json:"why,omitempty"`
	Rules []RuleExplanation `json:"rules,omitempty"`
}

// A RuleExplanation tells of one rule: whether its `when` holds, and if not, the first condition
// that fails, what it wants and what was seen.
type RuleExplanation struct {
	Rule    string `json:"rule"`
	Matches bool   `json:"matches"`
	Acts    bool   `json:"acts"`
	Fails   string `json:"fails,omitempty"` // when.type
	Want    string `json:"want,omitempty"`
	Seen    string `json:"seen,omitempty"`
	Why     string `json:"why"`
}

// Explain tells why each rule matches the situation or not. It uses nothing up and counts nothing.
func (s *Set) Explain(situation *charging.Situation) Explanation {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Explanation{Scenarios: []ScenarioExplanation{}}
	for _, scenario := range s.ordered() {
		e.Scenarios = append(e.Scenarios, e.scenario(scenario, situation))
	}
	return e
}

func (e *Explanation) scenario(s *scenario, situation *charging.Situation) ScenarioExplanation {
	told := ScenarioExplanation{Name: s.document.Name}
	if seen, ok := s.isFor(situation); !ok {
		told.Why = fmt.Sprintf("it is for subscriber %s, and this is %s",
			s.document.Subscriber, listText(seen))
		return told
	}
	for _, rule := range s.rules {
		told.Rules = append(told.Rules, e.rule(rule, situation))
	}
	return told
}

// isFor reports whether the scenario is for the request's subscriber, and what names that one has.
func (s *scenario) isFor(situation *charging.Situation) (seen []string, ok bool) {
	if s.subscriber == "" {
		return nil, true
	}
	identities(situation, func(name string) bool {
		if !slices.Contains(seen, name) {
			seen = append(seen, name)
		}
		ok = ok || name == s.subscriber
		return !ok
	})
	return seen, ok
}

func (e *Explanation) rule(r *rule, s *charging.Situation) RuleExplanation {
	told := r.explain(s)
	switch {
	case !told.Matches:
		told.Why = fmt.Sprintf("%s wants %s and sees %s", told.Fails, told.Want, told.Seen)
	case r.spent():
		told.Why = fmt.Sprintf("it matches, but is used up: times is %d", r.times)
	case r.matched < r.after:
		told.Why = fmt.Sprintf("it matches, but lets the first %d pass", r.after)
	case e.Acts != "":
		told.Why = "it matches, but " + e.Acts + " comes first"
		e.Conflicts = append(e.Conflicts, told.Rule)
	default:
		told.Acts, told.Why = true, "it matches and acts"
		if !r.probability.IsZero() {
			share, _ := r.probability.MarshalText() // never fails
			told.Why += " with a probability of " + string(share)
		}
		e.Acts = told.Rule
	}
	return told
}

func (r *rule) explain(s *charging.Situation) RuleExplanation {
	told := RuleExplanation{Rule: r.decision.Rule}
	if c := r.failing(s); c != nil {
		told.Fails, told.Want, told.Seen = "when."+c.key, c.want, c.seen(s)
		return told
	}
	if r.nth != nil && !r.nth.Is.Contains(r.nth.next(s)) {
		told.Fails, told.Want, told.Seen = "when.nth", r.nth.Is.String(), r.nth.seen(s)
		return told
	}
	told.Matches = true
	return told
}

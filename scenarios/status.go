package scenarios

import "slices"

// A Status is a scenario with what became of its rules.
type Status struct {
	Document `yaml:",inline"`
	Verdict  Verdict   `yaml:"verdict" json:"verdict"`
	Reason   string    `yaml:"reason" json:"reason"`     // of the verdict
	Counters []Counter `yaml:"counters" json:"counters"` // one for each rule
}

// A Counter tells how often a rule was met. Matched counts the requests that its `when` holds for,
// also where another rule acted or it was used up; Fired those it acted on.
type Counter struct {
	Rule      string `yaml:"rule" json:"rule"` // as in journal and reasons
	Matched   int64  `yaml:"matched" json:"matched"`
	Fired     int64  `yaml:"fired" json:"fired"`
	Remaining *int64 `yaml:"remaining,omitempty" json:"remaining,omitempty"` // nil: always acts
	// HiddenBy are rules that acted where this one would have.
	HiddenBy []string `yaml:"hidden_by,omitempty" json:"hidden_by,omitempty"`
	Verdict  Verdict  `yaml:"verdict" json:"verdict"`
	Reason   string   `yaml:"reason" json:"reason"`
	// Outcomes are what became of its steps and expectations, the last ones.
	Outcomes []Outcome `yaml:"outcomes,omitempty" json:"outcomes,omitempty"`
}

func (s *scenario) status() Status {
	status := Status{Document: s.document.clone(), Counters: make([]Counter, len(s.rules))}
	status.Verdict, status.Reason = s.verdict()
	for i, rule := range s.rules {
		counter := Counter{
			Rule: rule.decision.Rule, Matched: rule.matched, Fired: rule.fired,
			HiddenBy: rule.hiders(), Outcomes: rule.all(),
		}
		counter.Verdict, counter.Reason = rule.verdict()
		if rule.times > 0 {
			remaining := rule.times - rule.fired
			counter.Remaining = &remaining
		}
		status.Counters[i] = counter
	}
	return status
}

// clone copies what a caller might change: the lists. What rules point to is read only.
func (d Document) clone() Document {
	d.Tags = slices.Clone(d.Tags)
	d.Rules = slices.Clone(d.Rules)
	return d
}

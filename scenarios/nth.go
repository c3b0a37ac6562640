package scenarios

import (
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Nth picks requests by their place among those that match the rest of a `when`, whichever rule
// acts on them: the second of each session (`2`), or `{per: total|session|subscriber, is: 2}`. A
// session counts anew with each life, which begins with an initial request, unless the rule is
// about initial requests itself.
type Nth struct {
	Per string `yaml:"per,omitempty" json:"per,omitempty"` // empty: session
	Is  Range  `yaml:"is" json:"is"`
}

type nthForm Nth

// UnmarshalYAML reads a number, a range or the long form.
func (n *Nth) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Load((*nthForm)(n), yaml.WithKnownFields())
	}
	n.Per = ""
	return n.Is.UnmarshalText([]byte(node.Value))
}

// UnmarshalJSON reads a number, a range or the long form.
func (n *Nth) UnmarshalJSON(data []byte) error { return nodeJSON(data, n) }

// plain is the form that people write.
func (n Nth) plain() any {
	if n.Per == "" {
		return n.Is.plain()
	}
	return nthForm(n)
}

// MarshalJSON writes the form that people write.
func (n Nth) MarshalJSON() ([]byte, error) { return json.Marshal(n.plain()) }

// MarshalYAML writes the form that people write.
func (n Nth) MarshalYAML() (any, error) { return n.plain(), nil }

// IsZero reports whether no place is asked for.
func (n Nth) IsZero() bool { return n == Nth{} }

// TallyLimit is how many sessions or subscribers a rule with `nth` counts for certain; beyond it
// those that were quiet for longest begin again.
const TallyLimit = 50_000

// A tally counts by key, in two generations: when the younger one is full it becomes the older, and
// the older is forgotten. So it is bounded without a list of who came when.
type tally struct{ younger, older map[charging.SessionID]int64 }

func (t *tally) count(key charging.SessionID) int64 {
	if count, ok := t.younger[key]; ok {
		return count
	}
	return t.older[key]
}

func (t *tally) set(key charging.SessionID, count int64) {
	if t.younger == nil || len(t.younger) >= TallyLimit {
		t.younger, t.older = make(map[charging.SessionID]int64), t.younger
	}
	t.younger[key] = count
}

func (t *tally) forget(key charging.SessionID) {
	delete(t.younger, key)
	delete(t.older, key)
}

// A place is the compiled form of an Nth.
type place struct {
	Nth
	initial bool // the rule is about initial requests
	tally   tally
}

// key is what a request is counted under.
func (p *place) key(s *charging.Situation) charging.SessionID {
	switch {
	case p.Per == "total":
		return charging.SessionID{}
	case p.Per != "subscriber":
		return s.Request.Key.Session
	case s.Account != nil:
		return charging.SessionID{ID: s.Account.ID}
	case len(s.Request.Subscribers) > 0:
		return charging.SessionID{ID: normal(s.Request.Subscribers[0].Data)}
	}
	return charging.SessionID{}
}

// reborn reports whether the request begins a session's count anew.
func (p *place) reborn(s *charging.Situation) bool {
	return p.Per != "total" && p.Per != "subscriber" && !p.initial &&
		s.Request.Type == charging.Initial
}

// next is the place that a matching request has.
func (p *place) next(s *charging.Situation) int64 {
	if p.reborn(s) {
		return 1
	}
	return p.tally.count(p.key(s)) + 1
}

// take counts a request: matching ones get the next place, and the end of a session frees its
// count.
func (p *place) take(s *charging.Situation, matches bool) (is bool) {
	key, next := p.key(s), p.next(s)
	perSession := p.Per == "" || p.Per == "session"
	switch {
	case perSession && !p.initial && s.Request.Type == charging.Termination:
		p.tally.forget(key)
	case matches:
		p.tally.set(key, next)
	case p.reborn(s):
		p.tally.forget(key)
	}
	return matches && p.Is.Contains(next)
}

func (p *place) seen(s *charging.Situation) string {
	return fmt.Sprintf("number %d of them", p.next(s))
}

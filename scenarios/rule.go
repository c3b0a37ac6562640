package scenarios

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A scenario is a document, compiled.
type scenario struct {
	document   Document
	subscriber string // normal; empty: everybody
	serial     uint64 // of its Put
	rules      []*rule
	context    context.Context // of its steps; nil: none began
	end        func()          // of the context
}

// A rule is one rule of it, with its counters.
type rule struct {
	conditions  []condition
	nth         *place // nil: any
	times       int64  // 0: always
	decision    charging.Decision
	bare        *charging.Instead // for a request without services; nil: the same
	fault       *Fault            // nil: none
	held        chan struct{}     // answers wait for it; nil: none did yet
	heldTo      time.Time         // when the last of them goes by itself; zero: never
	after       int64             // so many matches pass first
	probability Share
	repeats     bool // acts on repeats, too
	optional    bool // the verdict does not wait for it
	scenario    *scenario
	steps       []Step
	expects     []*expectation
	*standing
}

// newScenario compiles a document that Check finds nothing wrong with.
func newScenario(doc Document, serial uint64) *scenario {
	s := &scenario{document: doc, subscriber: normal(doc.Subscriber), serial: serial}
	for i := range doc.Rules {
		r := newRule(ruleName(doc.Name, i), &doc.Rules[i])
		r.scenario = s
		s.rules = append(s.rules, r)
	}
	return s
}

func ruleName(scenario string, position int) string {
	return fmt.Sprintf("%s rules[%d]", scenario, position)
}

func newRule(name string, written *Rule) *rule {
	w := &written.When
	r := &rule{conditions: conditions(w), standing: newStanding()}
	if !w.Nth.IsZero() {
		r.nth = &place{Nth: w.Nth, initial: w.Type == charging.Initial.String()}
	}
	if written.Times != nil {
		r.times = *written.Times
	}
	r.decision = charging.Decision{Rule: name, Only: matching(w.RatingGroup, w.Service)}
	if written.Limit != nil {
		r.decision.Limit = written.Limit.limit()
	}
	if written.Answer != nil {
		r.decision.Instead = written.Answer.instead()
		r.bare = written.Answer.bare()
	}
	r.decision.Edits = written.Amend.decided()
	if written.Fault != nil {
		r.fault, r.decision.Delivery = written.Fault, written.Fault.delivery()
	}
	r.after, r.probability, r.repeats = written.After, written.Probability, written.Repeat
	r.optional, r.steps = written.Optional, written.Do
	for i := range written.Expect {
		r.expects = append(r.expects, newExpectation(&written.Expect[i]))
	}
	return r
}

func matching(group, service *uint32) (m charging.ServiceMatch) {
	if group != nil {
		m.Group = charging.Known(int64(*group))
	}
	if service != nil {
		m.ID = charging.Known(int64(*service))
	}
	return m
}

func (l *Limit) limit() *charging.Limit {
	return &charging.Limit{Grant: l.Grant, Final: l.Final.unit(), ValidFor: l.Validity.Seconds}
}

// instead compiles an answer for a request that has services.
func (a *Answer) instead() *charging.Instead {
	in := &charging.Instead{
		Result:   a.Result.or(charging.Success),
		Grant:    a.Grant.Quantity,
		NoGrant:  a.Grant.None,
		Final:    a.Final.unit(),
		ValidFor: a.Validity.Seconds,
		Ledger:   movements(a.Ledger),
	}
	in.Level = a.level(in.Result)
	for i := range a.MSCC {
		in.Services = append(in.Services, a.MSCC[i].instead())
	}
	return in
}

// bare is the answer for a request without services, where it is another one.
func (a *Answer) bare() *charging.Instead {
	in := a.instead()
	if a.Level != "" || in.Level != charging.AtService || in.Result.Success() {
		return nil
	}
	in.Level = charging.AtCommand
	return in
}

func (s *ServiceAnswer) instead() charging.InsteadService {
	return charging.InsteadService{
		Match:    matching(s.RatingGroup, s.Service),
		Result:   s.Result.or(charging.Success),
		Grant:    s.Grant.Quantity,
		NoGrant:  s.Grant.None,
		Final:    s.Final.unit(),
		ValidFor: s.Validity.Seconds,
	}
}

func (r Result) or(other charging.Result) charging.Result {
	if r == 0 {
		return other
	}
	return charging.Result(r)
}

func (a *Answer) level(result charging.Result) charging.Level {
	switch a.Level {
	case "mscc":
		return charging.AtService
	case "command":
		return charging.AtCommand
	case "both":
		return charging.AtBoth
	}
	if standsInService(result) {
		return charging.AtService
	}
	return charging.AtCommand
}

// standsInService reports whether a result can be about one service (RFC 8506 section 8.16). The
// transient failures 4001 to 4003 are about peers (RFC 6733 section 7.1.4).
func standsInService(result charging.Result) bool {
	peers := result >= 4001 && result <= 4003
	return result.Success() || result/1000 == 4 && !peers || result == charging.RatingFailed
}

func movements(word string) charging.Movement {
	switch word {
	case "settle":
		return charging.MoveSettle
	case "normal":
		return charging.MoveNormal
	case "skip":
		return charging.MoveNothing
	}
	return charging.ByResult
}

// failing is the first condition that does not hold; nil: all do.
func (r *rule) failing(s *charging.Situation) *condition {
	for i := range r.conditions {
		if !r.conditions[i].holds(s) {
			return &r.conditions[i]
		}
	}
	return nil
}

// meet counts a request and reports whether the rule would act on it.
func (r *rule) meet(s *charging.Situation) bool {
	if s.Repeat && !r.repeats {
		return false
	}
	matches := r.failing(s) == nil
	if r.nth != nil {
		matches = r.nth.take(s, matches)
	}
	if matches {
		r.matched++
	}
	return matches && r.matched > r.after && !r.spent()
}

// chance reports whether the rule acts this time, where that is left to chance.
func (r *rule) chance(random *rand.Rand) bool {
	return r.probability == 0 || random.Int64N(int64(whole)) < int64(r.probability)
}

// spent reports whether the rule is used up.
func (r *rule) spent() bool { return r.times > 0 && r.fired >= r.times }

// act uses the rule once.
func (r *rule) act(s *charging.Situation, random *rand.Rand) charging.Decision {
	r.fired++
	decision := r.would(s)
	if r.fault != nil {
		decision.Delivery.Delay = r.fault.Delay.drawn(random)
		if hold := r.fault.Hold; hold != nil {
			r.hold(time.Duration(hold.Max))
			decision.Delivery.Hold, decision.Delivery.Delay = r.held, time.Duration(hold.Max)
		}
	}
	return decision
}

// hold has one more answer wait, for a time of the wall clock at most, or for ever.
func (r *rule) hold(most time.Duration) {
	if r.held == nil {
		r.held, r.heldTo = make(chan struct{}), time.Time{}
	}
	if most > 0 {
		r.heldTo = time.Now().Add(most)
	}
}

// release lets the answers go that the rule holds until this name; empty: any. It reports whether
// there may be such: they may have left with their connections.
func (r *rule) release(until string) bool {
	if r.held == nil || until != "" && until != r.fault.Hold.Until {
		return false
	}
	close(r.held)
	r.held = nil
	return r.heldTo.IsZero() || time.Now().Before(r.heldTo)
}

// would is what the rule decides.
func (r *rule) would(s *charging.Situation) charging.Decision {
	decision := r.decision
	if r.bare != nil && len(s.Request.Services) == 0 {
		decision.Instead = r.bare
	}
	if decision.Delivery != nil {
		delivery := *decision.Delivery
		decision.Delivery = &delivery
	}
	return decision
}

// rewind begins to count anew.
func (r *rule) rewind() {
	r.standing = newStanding()
	if r.nth != nil {
		r.nth.tally = tally{}
	}
}

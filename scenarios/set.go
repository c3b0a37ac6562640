package scenarios

import (
	"cmp"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Options say how big a Set may grow.
type Options struct {
	// Limit is how many scenarios there may be; 0: 10,000.
	Limit int
	// Wire checks what only the Gy door understands.
	Wire Wire
	// Clock is the charging clock, which counts for expectations while it stands still; nil: the
	// wall clock does.
	Clock *charging.Clock
	// Seed is where chance begins: of probability, and of delays that are a span.
	Seed uint64
	// Began is told the seed when something is left to chance for the first time; nil: nobody.
	Began func(seed uint64)
}

// A Set is the scenarios of one simulator; it implements charging.Script and is safe for concurrent
// use. While it is empty a decision costs one atomic read; otherwise only the scenarios for
// everybody and those for the request's subscriber are looked at.
type Set struct {
	limit int
	wire  Wire
	clock *charging.Clock
	count atomic.Int64
	// performing is how many performances wait for their answers to go out.
	performing atomic.Int64
	running    sync.WaitGroup

	mu           sync.Mutex
	serial       uint64
	named        map[string]*scenario
	forAll       []*scenario // in the order of trial
	bySubscriber map[string][]*scenario
	candidates   []*scenario // of the decision at hand
	random       *rand.Rand
	awaiting     awaiting
	stage        stage
	news         chan struct{} // closed at the next change; nil: nobody waits for it
}

// New returns an empty Set.
func New(o Options) *Set {
	s := &Set{
		limit: o.Limit, wire: o.Wire, clock: o.Clock, random: rand.New(&announced{Options: o}),
		stage: stage{
			performer: make(chan struct{}),
			answering: make(map[*charging.Request]*performance),
			sending:   make(map[int64]*performance),
		},
	}
	if s.limit <= 0 {
		s.limit = 10_000
	}
	s.Clear()
	return s
}

// An announced source of chance tells where it began, so that a run can be had again.
type announced struct {
	Options
	source *rand.PCG
}

// Uint64 draws.
func (a *announced) Uint64() uint64 {
	if a.source == nil {
		a.source = rand.NewPCG(a.Seed, 0)
		if a.Began != nil {
			a.Began(a.Seed)
		}
	}
	return a.source.Uint64()
}

// Decide returns what the first rule wants that matches and is not used up, and counts it; the
// zero Decision means that no rule acts. What it points to is shared and must not be changed.
func (s *Set) Decide(situation *charging.Situation) charging.Decision {
	if s.count.Load() == 0 {
		return charging.Decision{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.decide(situation)
}

// decide shows the request to all rules, as they count what matches them whoever acts.
func (s *Set) decide(situation *charging.Situation) charging.Decision {
	s.heard(situation)
	var acting *rule
	for _, candidate := range s.trial(situation) {
		for _, rule := range candidate.rules {
			switch {
			case !rule.meet(situation):
			case acting != nil:
				rule.hide(acting.decision.Rule)
			case rule.chance(s.random):
				acting = rule
			}
		}
	}
	if acting == nil {
		return charging.Decision{}
	}
	decision := acting.act(situation, s.random)
	s.follow(acting, situation, decision.Delivery)
	return decision
}

// follow begins what a rule that acted does and expects beside its answer.
func (s *Set) follow(r *rule, situation *charging.Situation, delivery *charging.Delivery) {
	s.tell()
	if len(r.expects) == 0 && len(r.steps) == 0 {
		return
	}
	awaited := s.await(r, situation.Request, delivery, s.instant())
	if len(r.steps) > 0 {
		s.prepare(r, situation, awaited)
	}
}

// trial lists the scenarios that are for the request's subscriber, in the order of trial. The list
// is good until the next call.
func (s *Set) trial(situation *charging.Situation) []*scenario {
	if len(s.bySubscriber) == 0 {
		return s.forAll
	}
	s.candidates = append(s.candidates[:0], s.forAll...)
	identities(situation, func(name string) bool {
		s.candidates = append(s.candidates, s.bySubscriber[name]...)
		return true
	})
	if len(s.candidates) > 1 {
		slices.SortFunc(s.candidates, inOrder)
		s.candidates = slices.Compact(s.candidates)
	}
	return s.candidates
}

// inOrder sorts by priority, lower first, then the newest first.
func inOrder(a, b *scenario) int {
	return cmp.Or(cmp.Compare(a.document.Priority, b.document.Priority),
		cmp.Compare(b.serial, a.serial))
}

// Put adds a scenario, or replaces the one of its name: its counters begin anew, and it is the
// newest. Where the document has faults, all of them are returned and nothing changes.
func (s *Set) Put(doc Document) (created bool, faults []charging.Fault) {
	if faults = Check(doc, s.wire); len(faults) > 0 {
		return false, faults
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.named[doc.Name]
	if !known && len(s.named) >= s.limit {
		return false, []charging.Fault{{
			Path: "name", Message: "there are as many scenarios as there may be; delete some first",
		}}
	}
	s.remove(doc.Name)
	s.serial++
	s.add(newScenario(doc.clone(), s.serial))
	s.tell()
	return !known, nil
}

func (s *Set) add(added *scenario) {
	s.named[added.document.Name] = added
	if added.subscriber == "" {
		s.forAll = insert(s.forAll, added)
	} else {
		list := s.bySubscriber[added.subscriber]
		s.bySubscriber[added.subscriber] = insert(list, added)
	}
	s.count.Store(int64(len(s.named)))
}

func insert(list []*scenario, added *scenario) []*scenario {
	at, _ := slices.BinarySearchFunc(list, added, inOrder)
	return slices.Insert(list, at, added)
}

// remove takes a scenario out and reports whether it was there.
func (s *Set) remove(name string) bool {
	gone, known := s.named[name]
	if !known {
		return false
	}
	is := func(other *scenario) bool { return other == gone }
	s.abandon(gone)
	delete(s.named, name)
	s.count.Store(int64(len(s.named)))
	if gone.subscriber == "" {
		s.forAll = slices.DeleteFunc(s.forAll, is)
		return true
	}
	rest := slices.DeleteFunc(s.bySubscriber[gone.subscriber], is)
	s.bySubscriber[gone.subscriber] = rest
	if len(rest) == 0 {
		delete(s.bySubscriber, gone.subscriber)
	}
	return true
}

// Get returns a scenario with its counters, or an error of KindScenarioNotFound.
func (s *Set) Get(name string) (Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.named[name]
	if !ok {
		return Status{}, notFound(name)
	}
	s.sweep(s.instant())
	return found.status(), nil
}

func notFound(name string) error {
	err := charging.Errorf(charging.KindScenarioNotFound, "no scenario %q", name)
	err.Hint = "GET /v1/scenarios lists what there is; create it with PUT /v1/scenarios/" +
		url.PathEscape(name)
	return err
}

// List returns all scenarios with their counters, in the order of trial.
func (s *Set) List() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

func (s *Set) list() []Status {
	s.sweep(s.instant())
	list := make([]Status, 0, len(s.named))
	for _, scenario := range s.ordered() {
		list = append(list, scenario.status())
	}
	return list
}

func (s *Set) ordered() []*scenario {
	list := make([]*scenario, 0, len(s.named))
	for _, scenario := range s.named {
		list = append(list, scenario)
	}
	slices.SortFunc(list, inOrder)
	return list
}

// Delete removes a scenario; the error is of KindScenarioNotFound.
func (s *Set) Delete(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.remove(name) {
		return notFound(name)
	}
	return nil
}

// DeleteTagged removes all scenarios that have a tag, and returns how many there were.
func (s *Set) DeleteTagged(tag string) (deleted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.ordered() {
		if slices.Contains(one.document.Tags, tag) && s.remove(one.document.Name) {
			deleted++
		}
	}
	return deleted
}

// abandon ends what rules of a scenario do and expect, and lets the answers go that they hold, as
// nobody could release them any more.
func (s *Set) abandon(gone *scenario) {
	s.dismiss(gone)
	for _, rule := range gone.rules {
		rule.release("")
	}
	standings := make([]*standing, len(gone.rules))
	for i, rule := range gone.rules {
		standings[i] = rule.standing
	}
	s.forget(standings...)
	s.tell()
}

// Rewind sets the counters of a scenario back, so that used-up rules act again; the error is of
// KindScenarioNotFound.
func (s *Set) Rewind(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.named[name]
	if !ok {
		return notFound(name)
	}
	s.abandon(found)
	for _, rule := range found.rules {
		rule.rewind()
	}
	return nil
}

// Release lets the answers go that rules of a scenario hold until this name; empty: all that it
// holds. It returns how many names were waited for. The error is of KindScenarioNotFound.
func (s *Set) Release(name, until string) (released int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.named[name]
	if !ok {
		return 0, notFound(name)
	}
	for _, rule := range found.rules {
		if rule.release(until) {
			released++
			s.awaiting.letGo(rule.standing, until, s.instant())
		}
	}
	s.tell()
	return released, nil
}

// Clear removes all scenarios.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, gone := range s.named {
		s.abandon(gone)
	}
	s.count.Store(0)
	s.named = make(map[string]*scenario)
	s.bySubscriber = make(map[string][]*scenario)
	s.forAll, s.candidates = nil, nil
}

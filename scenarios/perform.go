package scenarios

import (
	"context"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// MaxPerforming is for how many requests steps are under way at once. Beyond it they are left out,
// and the verdict fails.
const MaxPerforming = 1000

// A performance is the steps of a rule for one request that it acted on.
type performance struct {
	rule     *rule
	standing *standing
	scenario *scenario
	task     Task
	awaited  []*awaited
	exchange int64
}

// A stage is where performances wait until the answer of their request goes out.
type stage struct {
	performer chan struct{} // closed when there is one
	does      Performer
	journal   *Journal // told what was done; nil: nobody is
	watched   bool     // somebody tells when answers go out
	answering map[*charging.Request]*performance
	sending   map[int64]*performance // by exchange
	count     int                    // begun and not over
	closed    bool
}

// Employ gives steps to one who does them; those that are due before wait for it.
func (s *Set) Employ(p Performer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.stage.does == nil
	s.stage.does = p
	if first {
		close(s.stage.performer)
	}
}

// prepare has the steps of a rule done once the answer goes out.
func (s *Set) prepare(r *rule, situation *charging.Situation, awaited []*awaited) {
	request := situation.Request
	p := &performance{
		rule: r, standing: r.standing, scenario: r.scenario, awaited: awaited,
		exchange: request.Exchange,
		task: Task{
			Rule: r.decision.Rule, Session: request.Key.Session, Origin: request.Origin,
		},
	}
	switch {
	case situation.Session != nil:
		p.task.Account = situation.Session.Account
	case situation.Account != nil:
		p.task.Account = situation.Account.ID
	}
	if s.stage.count >= MaxPerforming {
		p.standing.add(p.outcome(0, Fail, fmt.Sprintf(
			"it was left out, as the steps for %d other requests are not done", MaxPerforming)))
		return
	}
	s.stage.count++
	p.standing.running++
	p.standing.step = "do[0]"
	if !s.stage.watched {
		s.begin(p)
		return
	}
	s.stage.answering[request] = p
	s.performing.Add(1)
}

// begin has the steps done, one after the other, beside charging; the lock is held.
func (s *Set) begin(p *performance) {
	if s.stage.closed {
		return
	}
	if p.scenario.context == nil {
		p.scenario.context, p.scenario.end = context.WithCancel(context.Background())
	}
	ctx := p.scenario.context
	s.running.Go(func() { s.perform(ctx, p) })
}

// perform ends early where the scenario is gone or begins anew.
func (s *Set) perform(ctx context.Context, p *performance) {
	for i := range p.rule.steps {
		if !s.step(ctx, p, i) {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stage.count--
	p.standing.running--
	s.tell()
}

// step waits for the time of a step and does it. It reports whether the next may follow: one that
// could not be done does not stop those behind it.
func (s *Set) step(ctx context.Context, p *performance, i int) bool {
	task := p.task
	task.Step = p.rule.steps[i]
	s.mu.Lock()
	p.standing.step = fmt.Sprintf("do[%d] %s", i, task.verb())
	s.mu.Unlock()
	if !wait(ctx, time.Duration(task.After), s.stage.performer) {
		return false
	}
	s.mu.Lock()
	performer := s.stage.does
	p.stretch(task.Spell())
	s.mu.Unlock()
	told, err := performer.Perform(ctx, task)
	if ctx.Err() != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	verdict, reason := Pass, task.verb()+" "+told
	if err != nil {
		verdict, reason = Fail, fmt.Sprintf("%s was not possible: %v", task.verb(), err)
	}
	p.standing.add(p.outcome(i, verdict, reason))
	if s.stage.journal != nil {
		s.stage.journal.note(p.exchange, charging.Reason{
			Code: charging.BecauseScript, Rule: task.Rule, Detail: fmt.Sprintf("do[%d] %s", i, reason),
		})
	}
	s.tell()
	return true
}

// stretch gives expectations the time by which a step turns the clock that counts for them.
func (p *performance) stretch(by time.Duration) {
	for _, a := range p.awaited {
		if a.began.stopped {
			a.within += by
		}
	}
}

func (p *performance) outcome(i int, verdict Verdict, reason string) Outcome {
	return Outcome{
		Part: fmt.Sprintf("do[%d]", i), Session: p.task.Session.ID, Exchange: p.exchange,
		Verdict: verdict, Reason: reason,
	}
}

// wait waits for a time, and then for a channel to close; false: the context ended first.
func wait(ctx context.Context, spell time.Duration, then <-chan struct{}) bool {
	if spell > 0 {
		timer := time.NewTimer(spell)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	select {
	case <-then:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// Watch returns a Recorder that tells a journal all it is told, and the set when answers go out:
// that is when steps begin. Where nobody watches they begin when the rule acts.
func (s *Set) Watch(j *Journal) charging.Recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stage.journal, s.stage.watched = j, true
	return watcher{j, s}
}

// A watcher looks for answers that steps wait for.
type watcher struct {
	*Journal
	set *Set
}

// Answered is part of charging.Recorder.
func (w watcher) Answered(r *charging.Request, a *charging.Answer) {
	w.Journal.Answered(r, a)
	if w.set.performing.Load() > 0 {
		w.set.answered(r, a)
	}
}

// Sent is part of charging.Recorder.
func (w watcher) Sent(exchange int64, m charging.Message) {
	w.Journal.Sent(exchange, m)
	if w.set.performing.Load() > 0 {
		w.set.sent(exchange)
	}
}

// answered begins steps whose answer is kept back; the others wait until it was sent.
func (s *Set) answered(r *charging.Request, a *charging.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, found := s.stage.answering[r]
	if !found {
		return
	}
	delete(s.stage.answering, r)
	p.exchange = r.Exchange
	if d := a.Delivery; r.Exchange == 0 || d != nil &&
		(d.Drop || d.Unheard || d.Early || d.Behind || d.Delay > 0 || d.Hold != nil) {
		s.performing.Add(-1)
		s.begin(p)
		return
	}
	s.stage.sending[r.Exchange] = p
}

func (s *Set) sent(exchange int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, found := s.stage.sending[exchange]; found {
		delete(s.stage.sending, exchange)
		s.performing.Add(-1)
		s.begin(p)
	}
}

// dismiss drops the steps of a scenario that have not begun, and ends those that have.
func (s *Set) dismiss(gone *scenario) {
	if gone.end != nil {
		gone.end()
		gone.end, gone.context = nil, nil
	}
	for request, p := range s.stage.answering {
		if p.scenario == gone {
			delete(s.stage.answering, request)
			s.drop(p)
		}
	}
	for exchange, p := range s.stage.sending {
		if p.scenario == gone {
			delete(s.stage.sending, exchange)
			s.drop(p)
		}
	}
}

func (s *Set) drop(p *performance) {
	s.performing.Add(-1)
	s.stage.count--
	p.standing.running--
}

// Close ends all steps and returns when none is under way.
func (s *Set) Close() {
	s.mu.Lock()
	s.stage.closed = true
	s.mu.Unlock()
	s.Clear()
	s.running.Wait()
}

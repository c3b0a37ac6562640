package summons

import (
	"context"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A watcher is a Recorder that lets a register see what was answered.
type watcher struct {
	charging.Recorder
	register *Register
}

// Answered is part of charging.Recorder.
func (w watcher) Answered(r *charging.Request, a *charging.Answer) {
	w.Recorder.Answered(r, a)
	w.register.Charged(r, a)
}

// Watch returns a Recorder that tells another one all it is told, and the register of the requests
// that were answered.
func (g *Register) Watch(r charging.Recorder) charging.Recorder { return watcher{r, g} }

// Reports are the summonses of one kind for a session that are kept, oldest first.
func (g *Register) Reports(id charging.SessionID, kind charging.SummonsKind) []Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []Report{}
	for _, e := range g.kept {
		if s := &e.report.Summons; s.Session == id && s.Kind == kind {
			list = append(list, e.report)
		}
	}
	return list
}

// Report finds one by its number; KindSummonsNotFound where it is not kept, or of another session
// or kind.
func (g *Register) Report(
	id charging.SessionID, kind charging.SummonsKind, number int64,
) (Report, error) {
	for _, report := range g.Reports(id, kind) {
		if report.ID == number {
			return report, nil
		}
	}
	return Report{}, charging.Errorf(charging.KindSummonsNotFound,
		"no %s %d of session %s is kept", kind, number, id.ID)
}

// AwaitAnswer waits until a summons is answered, or no answer will come, and returns what came of
// it until then; the context's end is no error.
func (g *Register) AwaitAnswer(ctx context.Context, number int64) Report {
	return g.await(ctx, number, func(e *entry) <-chan struct{} { return e.answered })
}

// AwaitEnd is AwaitAnswer for the CCR that must follow.
func (g *Register) AwaitEnd(ctx context.Context, number int64) Report {
	return g.await(ctx, number, func(e *entry) <-chan struct{} { return e.settled })
}

func (g *Register) await(
	ctx context.Context, number int64, done func(*entry) <-chan struct{},
) Report {
	e := g.find(number)
	if e == nil {
		return Report{}
	}
	select {
	case <-done(e):
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return e.report
}

func (g *Register) find(number int64) *entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.kept {
		if e.report.ID == number {
			return e
		}
	}
	return nil
}

// Forget drops the reports that are kept. What is under way goes on.
func (g *Register) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kept = nil
}

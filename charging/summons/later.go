package summons

import (
	"context"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A job finds sessions whose clients are to be summoned.
type job struct {
	name  string
	cause Cause
	find  Finder
}

// A Finder calls issue for every summons that is due. issue waits while too many are under way.
type Finder func(ctx context.Context, issue func(charging.Summons)) error

// Later has sessions found and their clients summoned, one job after the other, and returns at
// once. A job of the same name that waits already does for both. A client that was asked the same
// and has not come back yet is not asked again; one that cannot be reached is reported as such.
func (g *Register) Later(name string, cause Cause, find Finder) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	for i := range g.jobs {
		if g.jobs[i].name == name && g.jobs[i].cause == cause {
			return
		}
	}
	if len(g.jobs) == maxJobs {
		g.options.Log.Warn().Str("job", name).Msg("too much to ask clients for; this is left out")
		return
	}
	g.jobs = append(g.jobs, job{name, cause, find})
	if !g.busy {
		g.busy = true
		g.running.Go(g.work)
	}
}

// work does jobs until there are none.
func (g *Register) work() {
	for {
		next, ok := g.nextJob()
		if !ok {
			return
		}
		err := next.find(g.context, func(s charging.Summons) { g.issueOwn(s, next.cause) })
		if err != nil && g.context.Err() == nil {
			g.options.Log.Error().Err(err).Str("job", next.name).Msg("clients could not be summoned")
		}
	}
}

func (g *Register) nextJob() (next job, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.jobs) == 0 {
		g.busy = false
		return job{}, false
	}
	next = g.jobs[0]
	g.jobs = g.jobs[1:]
	return next, true
}

// issueOwn sends a summons that nobody asked for, once there is room.
func (g *Register) issueOwn(s charging.Summons, cause Cause) {
	if g.pending(&s) {
		return
	}
	select {
	case g.window <- struct{}{}:
	case <-g.context.Done():
		return
	}
	e, err := g.begin(s, cause)
	if err != nil {
		<-g.window
		g.options.Log.Warn().Err(err).Str("session", s.Session.ID).Msg("a client is not summoned")
		return
	}
	go func() {
		defer func() { <-g.window }()
		g.pursue(e)
	}()
	<-e.began // so that sessions are asked in their order
}

// pending reports whether the same was asked before and is still awaited.
func (g *Register) pending(s *charging.Summons) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.open[s.Session] {
		if e.report.State.Passing() && e.report.Summons == *s {
			return true
		}
	}
	return false
}

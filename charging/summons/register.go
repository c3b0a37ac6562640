package summons

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The limits of what is under way and of what is kept.
const (
	maxKept     = 10_000 // reports
	maxOpen     = 4096   // summonses under way at once
	maxOwn      = 1024   // of these, such as nobody asked for
	maxJobs     = 65_536 // that wait
	defaultWait = 10 * time.Second
)

// Options are the settings of a Register.
type Options struct {
	// Send sends a summons and returns the result of its answer. It calls sent with the number of
	// the exchange before the client can have it, and fails without calling it where no connection
	// leads there. nil: none leads anywhere.
	Send func(
		ctx context.Context, s *charging.Summons, sent func(exchange int64),
	) (charging.Result, error)
	// End closes a session that its client does not know and releases what it holds.
	End func(ctx context.Context, id charging.SessionID, cause string) error
	// Wait is how long the answer is awaited, and then the CCR that must follow, by the wall clock;
	// 0: ten seconds. WaitFor says so for one client, nil or 0: Wait.
	Wait    time.Duration
	WaitFor func(charging.Origin) time.Duration
	Log     zerolog.Logger
}

// A Register keeps the last summonses with what came of them. It is safe for concurrent use.
type Register struct {
	options Options
	context context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	window  chan struct{} // one for each summons under way that nobody asked for

	waiting atomic.Int64 // how many are open; read without the lock for every request
	mu      sync.Mutex
	last    int64
	kept    []*entry // oldest first
	open    map[charging.SessionID][]*entry
	jobs    []job
	busy    bool // somebody works on jobs
	closed  bool
}

// An entry is one summons under way, or what is kept of it.
type entry struct {
	report   Report
	wait     time.Duration
	began    chan struct{} // closed when it was sent, or could not be
	answered chan struct{} // closed when an answer or a CCR came, or none will
	followed chan struct{} // closed when the CCR came
	settled  chan struct{} // closed when nothing is awaited any more
	failed   error         // why it could not be sent
	reborn   bool          // the session ended meanwhile, and its id lives again
}

// New returns an empty Register.
func New(o Options) *Register {
	if o.Wait <= 0 {
		o.Wait = defaultWait
	}
	if o.Send == nil {
		o.Send = reachNobody
	}
	g := &Register{
		options: o, open: make(map[charging.SessionID][]*entry),
		window: make(chan struct{}, maxOwn),
	}
	g.context, g.cancel = context.WithCancel(context.Background())
	return g
}

func reachNobody(_ context.Context, s *charging.Summons, _ func(int64)) (charging.Result, error) {
	return 0, charging.Errorf(
		charging.KindPeerNotFound, "no connection leads to %s", s.Origin.Host)
}

// Issue sends a summons and returns as soon as it is on its way. It fails with KindPeerNotFound
// where no connection leads to the client, with KindTooManyWaiting where too many summonses are
// under way, and keeps nothing then.
func (g *Register) Issue(
	ctx context.Context, s charging.Summons, cause Cause,
) (Report, error) {
	e, err := g.begin(s, cause)
	if err != nil {
		return Report{}, err
	}
	go g.pursue(e)
	select {
	case <-e.began:
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.failed != nil {
		g.kept = slices.DeleteFunc(g.kept, func(other *entry) bool { return other == e })
	}
	return e.report, e.failed
}

// begin enters a summons, so that a CCR may follow it from now on.
func (g *Register) begin(s charging.Summons, cause Cause) (*entry, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.waiting.Load() >= maxOpen {
		return nil, &charging.Error{
			Kind:    charging.KindTooManyWaiting,
			Message: "too many clients have been asked and have not come back yet",
			Hint:    "wait until some of them have, or until their time is over",
		}
	}
	wait := g.patience(s.Origin)
	g.last++
	e := &entry{
		report: Report{
			ID: g.last, Summons: s, Cause: cause, State: Sent,
			Deadline: time.Now().Add(wait),
		},
		wait:  wait,
		began: make(chan struct{}), answered: make(chan struct{}),
		followed: make(chan struct{}), settled: make(chan struct{}),
	}
	if len(g.kept) >= maxKept {
		g.kept = append(g.kept[:0], g.kept[len(g.kept)-maxKept+1:]...)
	}
	g.kept = append(g.kept, e)
	g.open[s.Session] = append(g.open[s.Session], e)
	g.waiting.Add(1)
	g.running.Add(1)
	return e, nil
}

// patience is how long a client is waited for.
func (g *Register) patience(client charging.Origin) time.Duration {
	if g.options.WaitFor != nil {
		if wait := g.options.WaitFor(client); wait > 0 {
			return wait
		}
	}
	return g.options.Wait
}

// pursue sends a summons that was begun, and awaits all that must come of it.
func (g *Register) pursue(e *entry) {
	defer g.running.Done()
	ctx, cancel := context.WithTimeout(g.context, e.wait)
	result, err := g.options.Send(ctx, &e.report.Summons, func(exchange int64) {
		g.mu.Lock()
		defer g.mu.Unlock()
		e.report.Sent, e.report.Exchange = time.Now(), exchange
		close(e.began)
	})
	cancel()
	if err != nil {
		g.unanswered(e, err)
	} else if g.answeredWith(e, result) {
		g.awaitFollower(e)
	}
	g.settle(e)
}

// unanswered notes that no answer will come. A CCR that came nonetheless is as good as one.
func (g *Register) unanswered(e *entry, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e.report.Detail = err.Error()
	switch {
	case e.report.Sent.IsZero():
		e.report.State, e.failed = Unreachable, err
		close(e.began)
	case e.report.Follow == nil:
		e.report.State = Unanswered
	}
}

// answeredWith notes the answer and reports whether a CCR is to be awaited. A client may end a
// session though it answers an ASR with a failure (TS 32.299 section 6.5.5).
func (g *Register) answeredWith(e *entry, result charging.Result) bool {
	if result == charging.UnknownSessionID {
		g.end(e)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	e.report.Answered, e.report.Result = time.Now(), result
	defer func() { closeOnce(e.answered) }()
	switch {
	case result == charging.UnknownSessionID:
		e.report.State = Unknown
	case e.report.Follow != nil:
	case result.Success():
		e.report.State, e.report.Deadline = Answered, time.Now().Add(e.wait)
		return true
	default:
		e.report.State = Refused
		if mayFollow := e.report.Summons.Kind == charging.Abortion; mayFollow {
			e.report.Deadline = time.Now().Add(e.wait)
			return true
		}
	}
	return false
}

// end closes a session that its client does not know, as a failed request would.
func (g *Register) end(e *entry) {
	g.mu.Lock()
	reborn := e.reborn
	g.mu.Unlock()
	if g.options.End == nil || reborn {
		return
	}
	if err := g.options.End(g.context, e.report.Summons.Session, string(Unknown)); err != nil {
		g.options.Log.Error().Err(err).Str("session", e.report.Summons.Session.ID).
			Msg("a session that its client does not know could not be closed")
	}
}

func (g *Register) awaitFollower(e *entry) {
	timer := time.NewTimer(e.wait)
	defer timer.Stop()
	select {
	case <-e.followed:
		return
	case <-timer.C:
	case <-g.context.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.report.State == Answered {
		e.report.State = NotFollowed
	}
}

// settle takes a summons off what is under way.
func (g *Register) settle(e *entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e.report.Deadline = time.Time{}
	session := e.report.Summons.Session
	left := slices.DeleteFunc(g.open[session], func(other *entry) bool { return other == e })
	if g.open[session] = left; len(left) == 0 {
		delete(g.open, session)
	}
	g.waiting.Add(-1)
	closeOnce(e.began)
	closeOnce(e.answered)
	close(e.settled)
}

// closeOnce closes a channel that nobody sends on; the register's lock is held.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// Charged tells the register of a request that was answered, so that it may find in it the CCR that
// must follow a summons. It costs next to nothing while nothing is under way.
func (g *Register) Charged(r *charging.Request, a *charging.Answer) {
	if g.waiting.Load() == 0 || a == nil || a.Repeat {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.open[r.Key.Session] {
		e.reborn = e.reborn || r.Type == charging.Initial
		if e.report.Follow != nil || !e.followedBy(r, a) {
			continue
		}
		e.report.Follow = &Follow{
			Number: r.Key.Number, Type: r.Type, Result: a.Result, Exchange: r.Exchange,
			At: time.Now(),
		}
		e.report.State = Followed
		close(e.followed)
		closeOnce(e.answered)
	}
}

// followedBy reports whether a request is what the summons asks for. RFC 8506 section 5.5: one that
// crosses it on the way is. One that was received before it was sent is not, though it may be
// answered later. The end of the session answers every question about it.
func (e *entry) followedBy(r *charging.Request, a *charging.Answer) bool {
	if e.report.Sent.IsZero() || r.Exchange != 0 && r.Exchange < e.report.Exchange {
		return false
	}
	switch {
	case r.Type == charging.Termination:
		return true
	case e.report.Summons.Kind == charging.Abortion:
		return false
	}
	return r.Type == charging.Update && e.report.Summons.Scope.Covers(r, a)
}

// Close gives up all that is under way and returns when nothing is any more.
func (g *Register) Close() {
	g.mu.Lock()
	g.closed = true
	g.jobs = nil
	g.mu.Unlock()
	g.cancel()
	g.running.Wait()
}

package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/rs/zerolog"
)

// Options are the settings of a ledger; the zero value keeps it in a temporary file.
type Options struct {
	// Path is the database's file, made if it is not there. Empty: a temporary file that is written
	// with synchronous=OFF and deleted by Close.
	Path string
	// Log is told what happens outside of any request.
	Log zerolog.Logger
	// MaxWaiting is how many entries may wait for the disk before Update blocks; 0: 8,192.
	MaxWaiting int
	// RememberedRequests is how many requests of a session are known without asking the database;
	// 0: 32.
	RememberedRequests int
	// RememberFor is how long, in charging time, an ended session and its answers are known; 0: ten
	// minutes.
	RememberFor time.Duration
	// MaxEnded bounds the ended sessions that are remembered, the oldest being forgotten first;
	// 0: 250,000.
	MaxEnded int
}

func (o Options) withDefaults() Options {
	if o.MaxWaiting <= 0 {
		o.MaxWaiting = 8192
	}
	if o.RememberedRequests <= 0 {
		o.RememberedRequests = 32
	}
	if o.RememberFor <= 0 {
		o.RememberFor = 10 * time.Minute
	}
	if o.MaxEnded <= 0 {
		o.MaxEnded = 250_000
	}
	return o
}

func (o Options) limits() limits {
	return limits{requests: o.RememberedRequests, remember: o.RememberFor, ended: o.MaxEnded}
}

// Ledger keeps accounts, sessions and answers; it implements charging.Ledger. It is safe for use by
// any number of goroutines.
type Ledger struct {
	options Options
	file    *databaseFile
	store   *store // the committer's
	readers *readers

	mu sync.Mutex // guards all that follows
	*books
	unit     tx
	scratch  []byte
	waiting  *batch
	writing  *batch
	busy     bool          // the committer writes, or tells requesters
	room     chan struct{} // closed when there is room again; nil: nobody waits for it
	stopped  error         // what later requests get
	failed   error         // why the committer gave up
	closing  bool
	notedDue time.Time
	sweep    sweep

	wake       chan struct{} // has one when there is work for the committer
	quit       chan struct{} // closed when it is to finish
	dueChanged chan struct{}
	finished   chan struct{} // closed when the committer has returned

	failCommit func() error // for tests: what COMMIT says instead of running
	walLimit   int64        // bytes of log after which its pages go to the database
	logged     int64        // bytes since then; only the committer knows
	slice      int          // rows that a batch takes besides some for its own entries
}

var _ charging.Ledger = (*Ledger)(nil)

// Update is part of charging.Ledger. done gets work's error, KindLedgerStopped when the ledger has
// stopped or stops without having written the entry, a *charging.OutcomeUnknown when it cannot be
// told, or the context's error when that ends while Update waits for room.
func (l *Ledger) Update(
	ctx context.Context, at time.Time, work func(charging.Tx) error, done func(error),
) {
	l.update(ctx, at, "work", func(t *tx) error { return work(t) }, done)
}

func (l *Ledger) update(
	ctx context.Context, at time.Time, kind string, work func(*tx) error, done func(error),
) {
	if err := l.enter(ctx); err != nil {
		done(err)
		return
	}
	err := l.apply(at, kind, work)
	l.leave(done, err)
}

// enter takes the lock once there is room for more entries.
func (l *Ledger) enter(ctx context.Context) error {
	l.mu.Lock()
	for l.stopped == nil && l.waiting.length() >= l.options.MaxWaiting {
		if l.room == nil {
			l.room = make(chan struct{})
		}
		room := l.room
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("wait for room in the ledger: %w", ctx.Err())
		}
		l.mu.Lock()
	}
	if l.stopped != nil {
		defer l.mu.Unlock()
		return l.stopped
	}
	return nil
}

// leave queues the requester behind all that its work could have seen, and unlocks. Where nothing
// is on its way to the disk it is told at once.
func (l *Ledger) leave(done func(error), err error) {
	if !l.busy && l.waiting.empty() {
		l.noteDue()
		l.mu.Unlock()
		done(err)
		return
	}
	l.waiting.calls = append(l.waiting.calls, call{done, err})
	l.noteDue()
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// apply posts what has expired until now, each at its own instant, and then runs work as one unit.
func (l *Ledger) apply(at time.Time, kind string, work func(*tx) error) error {
	now := laterOf(at.UTC().Truncate(time.Microsecond), l.lastAt)
	if err := l.expireUntil(now); err != nil {
		return err
	}
	l.forgetEnded(now)
	return l.runUnit(at, kind, work)
}

// runUnit runs one unit of work. A panic undoes it too, and goes on.
func (l *Ledger) runUnit(at time.Time, kind string, work func(*tx) error) (err error) {
	t := &l.unit
	t.begin(at, kind)
	finished := false
	defer func() {
		if finished {
			return
		}
		t.undo()
		if err == nil { // work panicked
			l.mu.Unlock()
		}
	}()
	if err = work(t); err == nil {
		err = t.finish()
	}
	finished = err == nil
	return err
}

// View is part of charging.Ledger. What look changes is undone, so that it may try things. It sees
// the books as of the last entry, and Now is that entry's time.
func (l *Ledger) View(ctx context.Context, look func(charging.Tx) error) error {
	return l.look(ctx, func(t *tx) error { return look(t) })
}

func (l *Ledger) look(ctx context.Context, look func(*tx) error) error {
	told := make(chan error, 1)
	l.mu.Lock()
	if l.stopped != nil {
		defer l.mu.Unlock()
		return l.stopped
	}
	err := l.runUnit(time.Time{}, "look", func(t *tx) error {
		if err := look(t); err != nil {
			return err
		}
		if t.err != nil {
			return t.err
		}
		return errOnlyLooking
	})
	if err == errOnlyLooking {
		err = nil
	}
	l.leave(func(err error) { told <- err }, err)
	return await(ctx, told)
}

// errOnlyLooking ends a unit of work that is to be undone.
var errOnlyLooking = errors.New("only looking")

func await(ctx context.Context, told <-chan error) error {
	select {
	case err := <-told:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// change is Update for the package's own operations: it waits until the entry is on disk.
func (l *Ledger) change(
	ctx context.Context, at time.Time, kind string, work func(*tx) error,
) error {
	told := make(chan error, 1)
	l.update(ctx, at, kind, work, func(err error) { told <- err })
	return await(ctx, told)
}

// Stopped is the error that stopped the ledger; nil while it runs.
func (l *Ledger) Stopped() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// stoppedBy makes the error that all later requests get.
func stoppedBy(cause error) error {
	return &charging.Error{
		Kind:    charging.KindLedgerStopped,
		Message: "the ledger stopped: " + cause.Error(),
		Hint:    "see to the disk and restart; everything that was acknowledged is kept",
	}
}

// Close writes what waits and every row that lags behind the log, and closes the database.
// Whatever is asked later gets KindLedgerStopped. Closing twice does nothing.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		<-l.finished
		return nil
	}
	l.closing = true
	if l.stopped == nil {
		l.stopped = charging.Errorf(charging.KindLedgerStopped, "the ledger is closed")
	}
	l.makeRoom()
	l.mu.Unlock()
	close(l.quit)
	<-l.finished
	return errors.Join(l.failed, l.readers.close(), l.store.close(), l.file.close())
}

func (l *Ledger) makeRoom() {
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
}

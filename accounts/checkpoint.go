package accounts

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The pace of the lazy checkpoint. Rows that lag behind the log are written in order of their
// numbers, many to a page, a slice with each batch. One round through all of them moves the mark
// from which start-up reads the log.
const (
	// sweepAfter is how many entries lie at least between the beginnings of two rounds.
	sweepAfter = 20_000
	// sweepPerRow makes that grow with the rows to write, so that they stay cheap for each entry.
	sweepPerRow = 4
	// sweepSlice is how many rows a batch takes besides one for every two entries of its own.
	sweepSlice = 32
	// sweepReach bounds how many rows are looked at for each one taken.
	sweepReach = 64
)

// sweep is how far a round has come.
type sweep struct {
	active   bool
	from     int64 // last entry when the round began
	posting  int64 // last posting then
	finished int64 // last entry when the round before began
	account  int64 // number of the last account looked at
	session  int64 // and of the last session
}

type setting struct {
	name  string
	value int64
}

// The names of settings.
const (
	settingCheckpoint        = "checkpoint"         // start-up reads the log after this entry
	settingCheckpointPosting = "checkpoint_posting" // the last posting then
	settingReservation       = "reservation"        // the last reservation then
	settingAccount           = "account"            // the last number of an account
	settingOriginStateID     = "origin_state_id"
	settingClockStopped      = "clock_stopped"
	settingClockSeconds      = "clock_seconds"
	settingClockNanoseconds  = "clock_nanoseconds"
	settingClockOffset       = "clock_offset" // nanoseconds
)

// collectRows adds to a batch the rows that it must or may write. It runs under the lock when the
// batch is taken, so rows contain all of the batch's entries and nothing later.
func (l *Ledger) collectRows(b *batch) {
	b.rowsAsOf = l.last
	for _, a := range b.urgent {
		if !a.gone {
			b.accountRows = append(b.accountRows, a.toRow())
			l.clean(&a.dirty)
		}
	}
	b.dead = append(b.dead, l.deadSessions...)
	l.deadSessions = l.deadSessions[:0]
	slice := l.slice + len(b.records)/2
	l.continueSweep(b, slice, slice*sweepReach)
}

// continueSweep takes the next slice of a round, or begins one when it is time.
func (l *Ledger) continueSweep(b *batch, slice, reach int) {
	s := &l.sweep
	if !s.active {
		if l.last-s.finished < int64(sweepAfter+sweepPerRow*l.dirtyRows) {
			return
		}
		*s = sweep{active: true, from: l.last, posting: l.lastPosting, finished: l.last}
	}
	taken, looked, done := l.sweepAccounts(b, slice, reach)
	if !done || !l.sweepSessions(b, slice-taken, reach-looked) {
		return
	}
	s.active = false
	b.settings = append(b.settings,
		setting{settingCheckpoint, s.from}, setting{settingCheckpointPosting, s.posting},
		setting{settingReservation, l.lastReservation})
}

func (l *Ledger) sweepAccounts(b *batch, slice, reach int) (taken, looked int, done bool) {
	i, _ := slices.BinarySearchFunc(l.byNumber, l.sweep.account+1, accountNumber)
	for ; i < len(l.byNumber); i++ {
		if taken >= slice || looked >= reach {
			return taken, looked, false
		}
		looked++
		a := l.byNumber[i]
		l.sweep.account = a.number
		if a.dirty {
			b.accountRows = append(b.accountRows, a.toRow())
			l.clean(&a.dirty)
			taken++
		}
	}
	return taken, looked, true
}

// sweepSessions reports whether all sessions are done.
func (l *Ledger) sweepSessions(b *batch, slice, reach int) bool {
	i, _ := slices.BinarySearchFunc(l.byAge, l.sweep.session+1, sessionNumber)
	for ; i < len(l.byAge); i++ {
		if slice <= 0 || reach <= 0 {
			return false
		}
		reach--
		s := l.byAge[i]
		l.sweep.session = s.number
		if !s.dirty {
			continue
		}
		row, err := s.toRow()
		if err != nil {
			// The log holds the session; the mark just does not move past it.
			l.options.Log.Error().Err(err).Msg("a session cannot be checkpointed")
			return false
		}
		b.sessionRows = append(b.sessionRows, row)
		s.row = true
		l.clean(&s.dirty)
		slice--
	}
	return true
}

// writeEverything is the last batch: every row that lags behind, so that the next start reads no
// log at all. The committer runs it when the ledger is closed.
func (l *Ledger) writeEverything() error {
	l.mu.Lock()
	l.writing.reset()
	b := l.writing
	l.sweep = sweep{active: true, from: l.last, posting: l.lastPosting, finished: l.last}
	b.rowsAsOf = l.last
	b.dead = append(b.dead, l.deadSessions...)
	l.continueSweep(b, math.MaxInt, math.MaxInt)
	l.mu.Unlock()
	if err := l.commit(b); err != nil {
		return err
	}
	// A log that stays behind does no harm; the next start reads it.
	if err := l.store.exec(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		l.options.Log.Warn().Err(err).Msg("the write-ahead log stays")
	}
	return nil
}

// checkpointLog moves pages from the write-ahead log to the database when there are enough. It runs
// after the requesters were told; SQLite would do it inside COMMIT, while they wait.
func (l *Ledger) checkpointLog(b *batch) {
	const pageSize, pagesPerCommit = 4096, 4
	l.logged += pagesPerCommit*pageSize + int64(len(b.arena)+len(b.texts)) + 128*int64(len(b.postings))
	for i := range b.records {
		l.logged += 64 + int64(len(b.records[i].answer))
	}
	l.logged += 512 * int64(len(b.accountRows)+len(b.sessionRows))
	if l.logged < l.walLimit {
		return
	}
	l.logged = 0
	if err := l.store.exec(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		l.options.Log.Warn().Err(err).Msg("the write-ahead log could not be checkpointed")
	}
}

// defaultWALLimit is after how many bytes of log, estimated, pages go to the database.
const defaultWALLimit = 16 << 20

func isUnknown(err error) bool {
	var unknown *charging.OutcomeUnknown
	return errors.As(err, &unknown)
}

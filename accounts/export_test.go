package accounts

import (
	"context"
	"fmt"
	"math"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ParseEffects reads the effects of an entry, for fuzzing.
func ParseEffects(data []byte) error {
	_, err := parseEffects(data)
	return err
}

// ParseRows reads the images of rows, for fuzzing.
func ParseRows(data []byte) (accountErr, sessionErr error) {
	_, accountErr = parseAccount(1, data)
	_, _, sessionErr = parseSession(1, data)
	return accountErr, sessionErr
}

// FailCommits makes every COMMIT from now on say err instead of running.
func (l *Ledger) FailCommits(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failCommit = func() error { return err }
}

// LimitPages bounds the database's size. Nothing may be under way.
func (l *Ledger) LimitPages(ctx context.Context, more int64) error {
	pages, err := l.store.number(ctx, "PRAGMA page_count")
	if err != nil {
		return err
	}
	return l.store.exec(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages+more))
}

// KeepLog keeps all pages in the write-ahead log, so that a copy of it at any instant is what a
// killed process leaves.
func (l *Ledger) KeepLog() { l.walLimit = math.MaxInt64 }

// SweepNow lets a round of checkpoints begin with the next batch, and take a row at a time.
func (l *Ledger) SweepNow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slice = 1
	l.sweep.finished = math.MinInt64 / 2
}

// Path is the database's file.
func (l *Ledger) Path() string { return l.file.path }

// DueLength is how much waits to expire, RememberedLength how many sessions are known.
func (l *Ledger) DueLength() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.due)
}

// RememberedLength is how many sessions are known, open or not.
func (l *Ledger) RememberedLength() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sessions)
}

// Canonical is the form in which identities are compared.
func Canonical(identity charging.Identity) charging.Identity { return canonical(identity) }

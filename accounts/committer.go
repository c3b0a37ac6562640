package accounts

import (
	"context"
	"fmt"

	"github.com/ocs-sim/ocs-sim/charging"
)

// commitAll is the committer: as long as there is anything that waits it takes all of it, writes it
// as one transaction, and tells the requesters in the order of the log.
func (l *Ledger) commitAll() {
	defer close(l.finished)
	for open := true; open; {
		select {
		case <-l.wake:
		case <-l.quit:
			open = false
		}
		for l.takeBatch() {
			if err := l.commit(l.writing); err != nil {
				l.stop(err)
				return
			}
			tell(l.writing.calls, nil)
			l.checkpointLog(l.writing)
		}
	}
	if err := l.writeEverything(); err != nil {
		l.stop(err)
	}
}

// takeBatch swaps what waits for what was written, and adds rows that lag behind.
func (l *Ledger) takeBatch() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writing.reset()
	if l.waiting.empty() {
		l.busy = false
		return false
	}
	l.waiting, l.writing = l.writing, l.waiting
	l.busy = true
	l.makeRoom()
	l.collectRows(l.writing)
	return true
}

// tell calls the requesters back.
func tell(calls []call, err error) {
	for i := range calls {
		if err != nil {
			calls[i].done(err)
			continue
		}
		calls[i].done(calls[i].err)
	}
}

// commit writes a batch. Its error is a *charging.OutcomeUnknown unless the transaction was
// certainly rolled back.
func (l *Ledger) commit(b *batch) error {
	s := l.store
	if b.nothing() {
		return nil
	}
	if err := s.run(s.hot.begin); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	if err := s.write(b); err != nil {
		return s.abandon(err)
	}
	return l.finishCommit()
}

// finishCommit commits. SQLite says that the disk is full only if a page could not be written, and
// the page that makes a transaction valid is written last: then it has not happened. After any
// other error nobody knows.
func (l *Ledger) finishCommit() error {
	s := l.store
	var err error
	if l.failCommit != nil {
		err = l.failCommit()
	}
	if err == nil {
		err = s.run(s.hot.commit)
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("commit: %w", err)
	if codeOf(err) == sqliteFull {
		return s.abandon(err)
	}
	_ = s.run(s.hot.rollback) // Whatever it says, the outcome is unknown already.
	return &charging.OutcomeUnknown{Err: err}
}

// abandon rolls back after an error. Where that fails too, nothing is certain.
func (s *store) abandon(cause error) error {
	if err := s.run(s.hot.rollback); err != nil && !s.rolledBack() {
		return &charging.OutcomeUnknown{Err: cause}
	}
	return cause
}

// rolledBack reports whether SQLite has ended the transaction by itself, as it does after some
// errors: a new one can begin then.
func (s *store) rolledBack() bool {
	if s.run(s.hot.begin) != nil {
		return false
	}
	return s.run(s.hot.rollback) == nil
}

// stop ends the ledger: memory may be ahead of the log now, so nothing more is answered from it.
// Those of the batch get its error, those behind it know that their entries were never written.
func (l *Ledger) stop(cause error) {
	stopped := stoppedBy(cause)
	l.options.Log.Error().Err(cause).Msg("the ledger stopped")
	l.mu.Lock()
	l.stopped, l.failed = stopped, cause
	behind := l.waiting.calls
	l.waiting.calls = nil
	l.makeRoom()
	l.mu.Unlock()
	failed := stopped
	if isUnknown(cause) {
		failed = cause
	}
	tell(l.writing.calls, failed)
	tell(behind, stopped)
}

// write runs the statements of a batch.
func (s *store) write(b *batch) error {
	ctx := context.Background()
	if err := s.writeLog(b); err != nil {
		return err
	}
	for i := range b.statements {
		if err := s.exec(ctx, b.statements[i].text, b.statements[i].args...); err != nil {
			return fmt.Errorf("write what belongs to entries: %w", err)
		}
	}
	return s.writeRows(b)
}

func (s *store) writeLog(b *batch) error {
	texts := string(b.texts)
	for i := range b.records {
		if err := s.writeEntry(b, texts, &b.records[i]); err != nil {
			return fmt.Errorf("write entries up to %d: %w", b.records[i].number, err)
		}
	}
	if err := s.entries.flush(); err != nil {
		return fmt.Errorf("write entries: %w", err)
	}
	for i := range b.postings {
		if err := s.writePosting(texts, &b.postings[i]); err != nil {
			return fmt.Errorf("write postings up to %d: %w", b.postings[i].id, err)
		}
	}
	if err := s.postings.flush(); err != nil {
		return fmt.Errorf("write postings: %w", err)
	}
	return nil
}

func (s *store) writeEntry(b *batch, texts string, r *record) error {
	var request, fingerprint, endToEnd, previous, answer any
	if r.answer != nil {
		request, endToEnd = int64(r.request), int64(r.endToEnd)
		fingerprint, answer = int64(r.fingerprint), r.answer
		previous = numberOrNull(r.previous)
	}
	var id, sub any
	if r.begun != nil {
		id = r.begun.id.ID
		sub = numberOrNull(int64(r.begun.id.Sub))
	}
	return s.entries.add(r.number, r.at, r.kind, numberOrNull(r.account),
		numberOrNull(r.session), id, sub, request, fingerprint, endToEnd, previous, answer,
		b.octetsOrNull(r.effects), r.held.textOrNull(texts), r.freed.textOrNull(texts))
}

func (s *store) writePosting(texts string, p *posting) error {
	var session, request, reference any
	if p.session != 0 {
		session, request = p.session, int64(p.request)
	}
	if p.reference != "" {
		reference = p.reference
	}
	return s.postings.add(p.id, p.entry, p.previous, p.account, p.balance, p.amount,
		string(p.unit), p.after, p.against, session, request, reference,
		texts[p.reason.from:p.reason.to])
}

func (s *store) writeRows(b *batch) error {
	as := b.rowsAsOf
	for _, number := range b.goneRows {
		if err := s.run(s.hot.accountGone, number); err != nil {
			return fmt.Errorf("delete the row of account %d: %w", number, err)
		}
	}
	for _, a := range b.accountRows {
		if err := s.run(s.hot.account, a.number, as, a.id, a.status, a.plan, a.subscribers,
			a.balances, a.image); err != nil {
			return fmt.Errorf("write the row of account %s: %w", a.id, err)
		}
	}
	for _, r := range b.sessionRows {
		var held any
		if r.held != "" {
			held = r.held
		}
		if err := s.run(s.hot.session, r.number, as, r.id, int64(r.sub), r.account, r.state, held,
			r.image); err != nil {
			return fmt.Errorf("write the row of session %s: %w", r.id, err)
		}
	}
	for _, number := range b.dead {
		if err := s.run(s.hot.sessionGone, number); err != nil {
			return fmt.Errorf("delete the row of session %d: %w", number, err)
		}
	}
	return s.writeSettings(b.settings)
}

func (s *store) writeSettings(list []setting) error {
	for _, one := range list {
		if err := s.run(s.hot.value, one.name, one.value); err != nil {
			return fmt.Errorf("write setting %s: %w", one.name, err)
		}
	}
	return nil
}

func numberOrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func (b *batch) octetsOrNull(s span) any {
	if s.from == s.to {
		return nil
	}
	return b.octets(s)
}

func (s span) textOrNull(texts string) any {
	if s.from == s.to {
		return nil
	}
	return texts[s.from:s.to]
}

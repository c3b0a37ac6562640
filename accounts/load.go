package accounts

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A loader builds books from the rows, each as of an entry, and from the images of later entries.
// Nothing is rated or decided again: an entry says what was so after it.
type loader struct {
	*books
	store    *store
	settings map[string]int64
	asOf     map[any]int64 // the entry that a row contains, by account or session
	held     map[int64]reservationImage
	byNumber map[int64]*session
}

// readBooks reads all that a database holds.
func (s *store) readBooks(ctx context.Context, l limits) (*books, error) {
	in := &loader{
		books: newBooks(l), store: s, asOf: map[any]int64{},
		held: map[int64]reservationImage{}, byNumber: map[int64]*session{},
	}
	steps := []struct {
		doing string
		run   func(context.Context) error
	}{
		{"read the settings", in.readSettings},
		{"read the plans", in.readPlans},
		{"read the accounts", in.readAccounts},
		{"read the sessions", in.readSessions},
		{"read the log", in.readLog},
		{"read where the log ends", in.readEnds},
	}
	for _, step := range steps {
		if err := step.run(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.doing, err)
		}
	}
	if err := in.assemble(); err != nil {
		return nil, err
	}
	return in.books, nil
}

func (in *loader) readSettings(ctx context.Context) (err error) {
	if in.settings, err = in.store.settings(ctx); err != nil {
		return err
	}
	in.lastReservation = in.settings[settingReservation]
	in.lastAccount = in.settings[settingAccount]
	in.originStateID = uint32(in.settings[settingOriginStateID])
	in.clock = clockOf(in.settings)
	return nil
}

func (in *loader) readPlans(ctx context.Context) error {
	const query = "SELECT name, version, source, deleted FROM plans ORDER BY name, version"
	return in.store.each(ctx, query, nil, func(row []driver.Value) error {
		name, _ := row[0].(string)
		version, _ := row[1].(int64)
		source, _ := row[2].(string)
		deleted, _ := row[3].(int64)
		in.addPlan(name, version, []byte(source), deleted != 0)
		return nil
	})
}

func (in *loader) readAccounts(ctx context.Context) error {
	const query = "SELECT number, entry, image FROM accounts ORDER BY number"
	return in.store.each(ctx, query, nil, func(row []driver.Value) error {
		number, _ := row[0].(int64)
		entry, _ := row[1].(int64)
		image, _ := row[2].([]byte)
		a, err := parseAccount(number, image)
		if err != nil {
			return err
		}
		if entry > in.settings[settingCheckpoint] {
			in.asOf[a] = entry
		}
		in.books.byNumber = append(in.books.byNumber, a)
		in.lastAccount = max(in.lastAccount, number)
		return nil
	})
}

func (in *loader) readSessions(ctx context.Context) error {
	const query = "SELECT number, entry, image FROM sessions ORDER BY number"
	return in.store.each(ctx, query, nil, func(row []driver.Value) error {
		number, _ := row[0].(int64)
		entry, _ := row[1].(int64)
		image, _ := row[2].([]byte)
		s, held, err := parseSession(number, image)
		if err != nil {
			return err
		}
		in.asOf[s] = entry
		in.byNumber[number] = s
		in.byAge = append(in.byAge, s)
		for _, r := range held {
			in.held[r.id] = r
		}
		return nil
	})
}

// logRow is an entry as start-up reads it.
type logRow struct {
	number, session int64
	at              time.Time
	answered        bool
	request         uint32
	endToEnd        uint32
	fingerprint     uint64
	effects         effects
}

func (in *loader) readLog(ctx context.Context) error {
	const query = `SELECT number, at, coalesce(session, 0), request, fingerprint, end_to_end, effects
		FROM entries WHERE number > ? ORDER BY number`
	args := []any{in.settings[settingCheckpoint]}
	return in.store.each(ctx, query, args, func(row []driver.Value) error {
		entry, err := parseLogRow(row)
		if err != nil {
			return err
		}
		in.replay(&entry)
		return nil
	})
}

func parseLogRow(row []driver.Value) (e logRow, err error) {
	e.number, _ = row[0].(int64)
	at, _ := row[1].(int64)
	e.at = time.UnixMicro(at).UTC()
	e.session, _ = row[2].(int64)
	var request, fingerprint, endToEnd int64
	request, e.answered = row[3].(int64)
	fingerprint, _ = row[4].(int64)
	endToEnd, _ = row[5].(int64)
	e.request, e.fingerprint, e.endToEnd = uint32(request), uint64(fingerprint), uint32(endToEnd)
	if data, ok := row[6].([]byte); ok {
		if e.effects, err = parseEffects(data); err != nil {
			return e, fmt.Errorf("entry %d: %w", e.number, err)
		}
	}
	return e, nil
}

// replay applies the images of an entry to whatever is older than it.
func (in *loader) replay(e *logRow) {
	for i := range e.effects.accounts {
		in.replayAccount(e, &e.effects.accounts[i])
	}
	for i := range e.effects.sessions {
		in.replaySession(e, &e.effects.sessions[i])
	}
	for _, r := range e.effects.opened {
		in.lastReservation = max(in.lastReservation, r.id)
		if s := in.byNumber[r.session]; s != nil && in.asOf[s] < e.number {
			in.held[r.id] = r
		}
	}
	for _, id := range e.effects.closed {
		if r, open := in.held[id]; open && in.asOf[in.byNumber[r.session]] < e.number {
			delete(in.held, id)
		}
	}
	if s := in.byNumber[e.session]; e.answered && s != nil && in.asOf[s] < e.number {
		key := answered{e.request, e.endToEnd, e.fingerprint, e.number}
		s.remember(key, nil, in.limits.requests)
	}
	for _, image := range e.effects.sessions {
		if s := in.byNumber[image.number]; s != nil && in.asOf[s] < e.number {
			// Whether it has ended is seen when all is read.
			s.ended = laterOf(e.at, image.found)
		}
	}
}

func (in *loader) replayAccount(e *logRow, image *accountImage) {
	a := in.accountByNumber(image.number)
	if a == nil || in.asOf[a] >= e.number {
		return
	}
	a.lastPosting = image.lastPosting
	for _, b := range image.balances {
		if balance := a.bySerial(b.serial); balance != nil {
			balance.amount, balance.expired = b.amount, b.expired
		}
	}
	in.soil(&a.dirty)
}

func (in *loader) replaySession(e *logRow, image *sessionImage) {
	s := in.byNumber[image.number]
	if s == nil && image.begun {
		s = newSession(image.id, image.number)
		in.byNumber[image.number] = s
		in.byAge = append(in.byAge, s)
	}
	if s == nil || in.asOf[s] >= e.number {
		return
	}
	if image.state != nil {
		s.state = image.state
	}
	s.gone = s.gone || image.forgotten
	in.soil(&s.dirty)
}

func (in *loader) readEnds(ctx context.Context) error {
	var err error
	const lastEntry = "SELECT coalesce(max(number), 0) FROM entries"
	if in.last, err = in.store.number(ctx, lastEntry); err != nil {
		return err
	}
	const lastPosting = "SELECT coalesce(max(id), 0) FROM postings"
	if in.books.lastPosting, err = in.store.number(ctx, lastPosting); err != nil {
		return err
	}
	at, err := in.store.number(ctx, "SELECT at FROM entries WHERE number = ?", in.last)
	if in.last > 0 {
		in.lastAt = time.UnixMicro(at).UTC()
	}
	return err
}

// assemble builds the indexes once all rows and images are in.
func (in *loader) assemble() error {
	loaded := in.books.byNumber
	in.books.byNumber = make([]*account, 0, len(loaded))
	for _, a := range loaded {
		in.addAccount(a)
	}
	if err := in.assembleReservations(); err != nil {
		return err
	}
	sessions := in.byAge
	in.byAge = nil
	// A row of a session that began early may come after one that only the log knows.
	slices.SortFunc(sessions, func(a, b *session) int { return cmp.Compare(a.number, b.number) })
	var ended []*session
	for _, s := range sessions {
		if s.gone {
			in.forgetRow(s)
			continue
		}
		in.addSession(s)
		in.schedule(&s.due, s.deadline())
		in.countOpen(s.state, 1)
		if s.state.Open() || len(s.held) > 0 {
			s.ended = time.Time{}
			continue
		}
		ended = append(ended, s)
	}
	slices.SortStableFunc(ended, func(a, b *session) int { return a.ended.Compare(b.ended) })
	for _, s := range ended {
		in.ended = append(in.ended, ending{s, s.ended})
	}
	return nil
}

func (in *loader) forgetRow(s *session) {
	in.clean(&s.dirty)
	if s.row {
		in.deadSessions = append(in.deadSessions, s.number)
	}
}

// assembleReservations opens what is still held, in the order in which it was opened.
func (in *loader) assembleReservations() error {
	ids := make([]int64, 0, len(in.held))
	for id := range in.held {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		image := in.held[id]
		r := &reservation{
			id: id, account: in.accountByNumber(image.account), session: in.byNumber[image.session],
			service: image.service, at: image.at,
		}
		if r.account == nil || r.session == nil {
			return fmt.Errorf("reservation %d: %w", id, errDamaged)
		}
		for _, d := range image.draws {
			b := r.account.bySerial(d.serial)
			if b == nil {
				return fmt.Errorf("reservation %d: %w", id, errDamaged)
			}
			b.reserved += d.amount
			r.draws = append(r.draws, draw{b, d.amount})
		}
		in.link(r)
	}
	return nil
}

func clockOf(settings map[string]int64) charging.ClockState {
	state := charging.ClockState{
		Stopped: settings[settingClockStopped] != 0,
		Offset:  time.Duration(settings[settingClockOffset]),
	}
	if state.Stopped {
		state.At = time.Unix(settings[settingClockSeconds],
			settings[settingClockNanoseconds]).UTC()
	}
	return state
}

package accounts

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// The names of the invariants, as violations and errors tell them. Three more are tested and cannot
// be seen in a database: a reserve never takes what is available below zero, a repeat posts
// nothing, and what was acknowledged survives.
const (
	amountIsSum        = "amount-is-sum-of-postings"
	reservedIsSum      = "reserved-is-sum-of-reservations"
	endsOnce           = "reservation-ends-once"
	oneKeyOneAnswer    = "one-key-one-answer"
	closedHoldsNothing = "closed-session-holds-nothing"
	logIsWhole         = "log-is-whole"
	memoryIsDatabase   = "memory-is-what-the-database-says"
)

// maxViolations bounds what a check tells.
const maxViolations = 100

// audit gathers violations.
type audit struct {
	violations []string
}

func (a *audit) found(invariant, format string, args ...any) {
	if len(a.violations) < maxViolations {
		a.violations = append(a.violations, invariant+": "+fmt.Sprintf(format, args...))
	}
}

// CheckFile checks the invariants of a database, which may be in use or a copy. It only reads. The
// error says that the file cannot be checked at all.
func CheckFile(ctx context.Context, path string) (violations []string, err error) {
	resolved, err := resolve(path)
	if err != nil {
		return nil, fmt.Errorf("check database %s: %w", path, err)
	}
	h, err := readHeader(resolved)
	if err == nil {
		err = h.admit()
	}
	if err == nil && h.empty {
		err = errForeign
	}
	if err != nil {
		return nil, fmt.Errorf("check database %s: %w", path, err)
	}
	violations, _, err = checkFile(ctx, resolved)
	if err != nil {
		return nil, fmt.Errorf("check database %s: %w", path, plain(err))
	}
	return violations, nil
}

// openAudited opens a database to read it alone. SQLite keeps an index beside the log while it
// reads. In a directory where nothing may be written it can do without, as long as there is no log:
// then nobody is writing either.
func openAudited(ctx context.Context, path string) (*store, error) {
	s, err := openStore(ctx, dataSource(path, true))
	if err != nil {
		return nil, err
	}
	if _, err = s.number(ctx, "PRAGMA application_id"); err == nil {
		return s, nil
	}
	err = errors.Join(err, s.close())
	if codeOf(err) != sqliteReadOnly {
		return nil, err
	}
	if _, missing := os.Stat(path + "-wal"); !errors.Is(missing, fs.ErrNotExist) {
		return nil, err
	}
	return openStore(ctx, dataSource(path, true)+"&immutable=1")
}

// checkFile checks a database as of one moment, and returns what it says of that.
func checkFile(ctx context.Context, path string) (list []string, b *books, err error) {
	s, err := openAudited(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if application, err := s.number(ctx, "PRAGMA application_id"); err != nil {
		return nil, nil, err
	} else if application != applicationID {
		return nil, nil, errForeign
	}
	if err := s.exec(ctx, "BEGIN"); err != nil {
		return nil, nil, err
	}
	if b, err = s.readBooks(ctx, Options{}.withDefaults().limits()); err != nil {
		return nil, nil, err
	}
	var a audit
	a.books(b)
	for _, check := range []func(context.Context, *store, *books) error{
		a.postings, a.reservations, a.keys, a.whole,
	} {
		if err := check(ctx, s, b); err != nil {
			return nil, nil, err
		}
	}
	return a.violations, b, s.exec(ctx, "ROLLBACK")
}

// books checks what is to be seen in memory.
func (a *audit) books(b *books) {
	for _, account := range b.byNumber {
		if !account.gone {
			a.account(account)
		}
	}
	for _, s := range b.byAge {
		if !s.gone {
			a.session(s)
		}
	}
}

func (a *audit) account(account *account) {
	reserved := map[*balance]int64{}
	for r := account.held; r != nil; r = r.next {
		for _, d := range r.draws {
			reserved[d.balance] += d.amount
		}
	}
	for _, b := range account.balances {
		if b.reserved != reserved[b] || b.reserved < 0 {
			a.found(reservedIsSum, "balance %s of account %s has %d reserved, its reservations %d",
				b.id, account.view.ID, b.reserved, reserved[b])
		}
	}
}

func (a *audit) session(s *session) {
	if s.state != nil && !s.state.Open() && len(s.held) > 0 {
		a.found(closedHoldsNothing, "session %s holds reservation %d", s.id.ID, s.held[0].id)
	}
}

type balanceKey struct {
	account int64
	balance string
}

// postings checks that each posting follows the one before, and that balances are their sums.
func (a *audit) postings(ctx context.Context, s *store, b *books) error {
	sums := map[balanceKey]int64{}
	heads := map[int64]int64{}
	const query = "SELECT id, previous, account, balance, amount, after FROM postings ORDER BY id"
	err := s.each(ctx, query, nil, func(row []driver.Value) error {
		id, _ := row[0].(int64)
		previous, _ := row[1].(int64)
		account, _ := row[2].(int64)
		balance, _ := row[3].(string)
		amount, _ := row[4].(int64)
		after, _ := row[5].(int64)
		key := balanceKey{account, balance}
		sums[key] += amount
		if sums[key] != after {
			a.found(amountIsSum, "posting %d leaves %d where the sum is %d", id, after, sums[key])
		}
		if heads[account] != previous {
			a.found(logIsWhole, "posting %d follows %d, not %d", id, previous, heads[account])
		}
		heads[account] = id
		return nil
	})
	if err != nil {
		return err
	}
	for _, account := range b.byNumber {
		if heads[account.number] != account.lastPosting {
			a.found(logIsWhole, "account %s ends with posting %d, not %d",
				account.view.ID, account.lastPosting, heads[account.number])
		}
		for _, balance := range account.balances {
			if sum := sums[balanceKey{account.number, balance.id}]; sum != balance.amount {
				a.found(amountIsSum, "balance %s of account %s is %d, its postings sum to %d",
					balance.id, account.view.ID, balance.amount, sum)
			}
		}
	}
	return nil
}

// reservations checks that each one is opened once, ends once, and is open in between.
func (a *audit) reservations(ctx context.Context, s *store, b *books) error {
	open := map[int64]bool{}
	var last int64
	const query = "SELECT number, kind, effects FROM entries WHERE effects IS NOT NULL ORDER BY number"
	err := s.each(ctx, query, nil, func(row []driver.Value) error {
		number, _ := row[0].(int64)
		if row[1] == "reset" {
			clear(open)
		}
		data, _ := row[2].([]byte)
		e, err := parseEffects(data)
		if err != nil {
			return fmt.Errorf("entry %d: %w", number, err)
		}
		for _, r := range e.opened {
			if r.id <= last {
				a.found(endsOnce, "entry %d opens reservation %d again", number, r.id)
			}
			last = r.id
			open[r.id] = true
		}
		for _, id := range e.closed {
			if !open[id] {
				a.found(endsOnce, "entry %d ends reservation %d, which is not open", number, id)
			}
			delete(open, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range open {
		if b.reservations[id] == nil {
			a.found(endsOnce, "reservation %d never ended and is gone", id)
		}
	}
	for id := range b.reservations {
		if !open[id] {
			a.found(endsOnce, "reservation %d is open and the log says that it ended", id)
		}
	}
	return nil
}

func (a *audit) keys(ctx context.Context, s *store, _ *books) error {
	const query = `SELECT session, request, count(*) FROM entries WHERE answer IS NOT NULL
		GROUP BY session, request HAVING count(*) > 1 LIMIT 100`
	return s.each(ctx, query, nil, func(row []driver.Value) error {
		a.found(oneKeyOneAnswer, "request %v of session %v has %v answers", row[1], row[0], row[2])
		return nil
	})
}

// whole checks that no entry or posting is missing, and that postings belong to entries.
func (a *audit) whole(ctx context.Context, s *store, _ *books) error {
	for _, table := range []string{
		"max(number) - count(*) FROM entries",
		"max(id) - count(*) FROM postings",
	} {
		missing, err := s.number(ctx, "SELECT "+table)
		if err != nil {
			return err
		}
		if missing != 0 {
			a.found(logIsWhole, "%d rows are missing (%s)", missing, table)
		}
	}
	orphans, err := s.number(ctx, `SELECT count(*) FROM postings p
		WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.number = p.entry)`)
	if orphans != 0 {
		a.found(logIsWhole, "%d postings have no entry", orphans)
	}
	return err
}

// Check checks the invariants in memory and in the database, and that both say the same unless
// something was written meanwhile.
func (l *Ledger) Check(ctx context.Context) ([]string, error) {
	var a audit
	var before int64
	if err := l.look(ctx, func(t *tx) error {
		before = t.last
		a = audit{}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := l.checkMemory(ctx, &a); err != nil {
		return nil, err
	}
	list, stored, err := checkFile(ctx, l.file.path)
	if err != nil {
		return nil, fmt.Errorf("check the database: %w", err)
	}
	a.violations = append(a.violations, list...)
	err = l.look(ctx, func(t *tx) error {
		if t.last == before && stored.last == before {
			a.compare(t.books, stored)
		}
		return nil
	})
	return a.violations, err
}

// checkMemory looks at a part of the books for each hold of the lock.
func (l *Ledger) checkMemory(ctx context.Context, a *audit) error {
	var account, session int64
	for more := true; more; {
		err := l.look(ctx, func(t *tx) error {
			accounts := t.accountsAfter(account, maxPage)
			sessions := t.sessionsAfter(session, maxPage)
			part := &books{byNumber: accounts, byAge: sessions}
			a.books(part)
			if more = len(accounts)+len(sessions) > 0; !more {
				return nil
			}
			if len(accounts) > 0 {
				account = accounts[len(accounts)-1].number
			}
			if len(sessions) > 0 {
				session = sessions[len(sessions)-1].number
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compare finds where memory and database differ.
func (a *audit) compare(memory, stored *books) {
	if len(memory.accounts) != len(stored.accounts) {
		a.found(memoryIsDatabase, "%d accounts, not %d", len(memory.accounts), len(stored.accounts))
	}
	for _, account := range memory.byNumber {
		if account.gone {
			continue
		}
		other := stored.accountByNumber(account.number)
		if other == nil {
			a.found(memoryIsDatabase, "account %s is missing", account.view.ID)
			continue
		}
		for _, b := range account.balances {
			o := other.bySerial(b.serial)
			if o == nil || o.amount != b.amount || o.reserved != b.reserved {
				a.found(memoryIsDatabase, "balance %s of account %s differs", b.id, account.view.ID)
			}
		}
	}
	if len(memory.reservations) != len(stored.reservations) {
		a.found(memoryIsDatabase, "%d reservations, not %d",
			len(memory.reservations), len(stored.reservations))
	}
}

func (b *books) accountsAfter(number int64, limit int) []*account {
	i, _ := slices.BinarySearchFunc(b.byNumber, number+1, accountNumber)
	return slices.Clone(b.byNumber[i:min(i+limit, len(b.byNumber))])
}

func (b *books) sessionsAfter(number int64, limit int) []*session {
	i, _ := slices.BinarySearchFunc(b.byAge, number+1, sessionNumber)
	return slices.Clone(b.byAge[i:min(i+limit, len(b.byAge))])
}

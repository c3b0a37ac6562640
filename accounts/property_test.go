package accounts_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"pgregory.net/rapid"
)

// TestLedgerIsWhatTheModelSays drives ledger and model with the same steps and compares all there
// is to see after each: documents, SQL views, invariants. Among the steps are orderly restarts and
// kills, which open what a killed process would have left.
func TestLedgerIsWhatTheModelSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := newMachine(r)
		defer m.done(r)
		r.Repeat(map[string]func(*rapid.T){
			"":         m.compare,
			"put":      m.put,
			"reserve":  m.reserve,
			"settle":   m.settle,
			"release":  m.release,
			"open":     m.openSession,
			"close":    m.closeSession,
			"credit":   m.credit,
			"debit":    m.debit,
			"refund":   m.refund,
			"remember": m.remember,
			"advance":  m.advance,
			"delete":   m.deleteAccount,
			"fail":     m.fail,
			"reset":    m.reset,
			"reopen":   m.reopen,
			"kill":     m.kill,
			"sweep":    func(*rapid.T) { m.ledger.SweepNow() },
		})
	})
}

type machine struct {
	ctx    context.Context
	dir    string
	ledger *accounts.Ledger
	model  *model
}

var (
	machineStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	names        = rapid.SampledFrom([]string{"alice", "bob", "carol"})
	sessionNames = rapid.SampledFrom([]string{"s1", "s2", "s3", "s4"})
	groups       = rapid.SampledFrom([]charging.Number{{}, charging.Known(1), charging.Known(2)})
	units        = rapid.SampledFrom([]charging.Unit{"EUR", "USD", "time", "total", "events"})
	amounts      = rapid.Int64Range(0, 120)
)

func newMachine(r *rapid.T) *machine {
	dir, err := os.MkdirTemp("", "ledger-test-")
	if err != nil {
		r.Fatal(err)
	}
	m := &machine{ctx: context.Background(), dir: dir, model: newModel(machineStart)}
	m.open(r, filepath.Join(dir, "ledger.db"))
	return m
}

func (m *machine) open(r *rapid.T, path string) {
	l, err := accounts.Open(m.ctx, accounts.Options{Path: path, RememberedRequests: 3})
	if err != nil {
		r.Fatal(err)
	}
	l.KeepLog()
	m.ledger = l
}

func (m *machine) done(r *rapid.T) {
	if err := errors.Join(m.ledger.Close(), os.RemoveAll(m.dir)); err != nil {
		r.Error(err)
	}
}

// update runs work and waits.
func (m *machine) update(work func(charging.Tx) error) error {
	told := make(chan error, 1)
	m.ledger.Update(m.ctx, m.model.now, work, func(err error) { told <- err })
	return <-told
}

func (m *machine) account(r *rapid.T) string {
	if len(m.model.accounts) == 0 {
		r.Skip("no account")
	}
	id := names.Draw(r, "account")
	if m.model.accounts[id] == nil {
		r.Skip("not there")
	}
	return id
}

// compare holds everything against the model.
func (m *machine) compare(r *rapid.T) {
	docs, _, err := m.ledger.Accounts(m.ctx, "", 0)
	if err != nil {
		r.Fatalf("Accounts: %v", err)
	}
	if diff := cmp.Diff(m.documents(), docs, cmpopts.EquateEmpty(),
		cmpopts.SortSlices(func(a, b accounts.Balance) bool { return a.ID < b.ID })); diff != "" {
		r.Fatalf("accounts differ (-model +ledger):\n%s", diff)
	}
	m.compareViews(r)
	m.compareSessions(r)
	violations, err := m.ledger.Check(m.ctx)
	if err != nil || len(violations) > 0 {
		r.Fatalf("Check = %q, %v", violations, err)
	}
}

func (m *machine) documents() []accounts.Account {
	var list []accounts.Account
	for _, a := range m.model.accounts {
		doc := accounts.Account{ID: a.id, Status: charging.Active}
		for _, b := range a.balances {
			shown := b.Balance
			shown.Reserved = b.reserved
			shown.Available = shown.Amount.Amount + shown.CreditLimit - b.reserved
			doc.Balances = append(doc.Balances, shown)
		}
		list = append(list, doc)
	}
	slices.SortFunc(list, func(a, b accounts.Account) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}

type viewRow struct {
	Account, Balance            string
	Amount, Reserved, Available int64
}

// compareViews asks the database what holds now, as a person with sqlite3 would.
func (m *machine) compareViews(r *rapid.T) {
	db, err := sql.Open("sqlite", "file:"+m.ledger.Path()+"?mode=ro")
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT account, balance, amount, reserved, available FROM balances_now
		ORDER BY account, balance`)
	if err != nil {
		r.Fatalf("balances_now: %v", err)
	}
	var got, want []viewRow
	for rows.Next() {
		var row viewRow
		if err := rows.Scan(&row.Account, &row.Balance, &row.Amount, &row.Reserved,
			&row.Available); err != nil {
			r.Fatal(err)
		}
		got = append(got, row)
	}
	if err := rows.Err(); err != nil {
		r.Fatalf("balances_now: %v", err)
	}
	for _, doc := range m.documents() {
		for _, b := range doc.Balances {
			want = append(want, viewRow{doc.ID, b.ID, b.Amount.Amount, b.Reserved, b.Available})
		}
	}
	less := func(a, b viewRow) bool { return a.Account+"\x00"+a.Balance < b.Account+"\x00"+b.Balance }
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(less)); diff != "" {
		r.Fatalf("balances_now differs (-model +view):\n%s", diff)
	}
	var held, draws int64
	if err := db.QueryRow("SELECT count(DISTINCT reservation), coalesce(sum(amount), 0) "+
		"FROM reservations_now").Scan(&held, &draws); err != nil {
		r.Fatalf("reservations_now: %v", err)
	}
	var sum int64
	for _, reservation := range m.model.reservations {
		for _, d := range reservation.draws {
			sum += d.amount
		}
	}
	if held != int64(len(m.model.reservations)) || draws != sum {
		r.Fatalf("reservations_now has %d with %d, want %d with %d",
			held, draws, len(m.model.reservations), sum)
	}
	var total sql.NullInt64
	if err := db.QueryRow("SELECT sum(amount) FROM balances_now").Scan(&total); err != nil {
		r.Fatal(err)
	}
}

func (m *machine) compareSessions(r *rapid.T) {
	for id, want := range m.model.sessions {
		got, err := m.ledger.Session(m.ctx, charging.SessionID{ID: id})
		if !want.open && want.closedBy == "" {
			continue
		}
		if err != nil {
			r.Fatalf("Session(%s): %v", id, err)
		}
		if got.Open() != want.open || got.ClosedBy != want.closedBy || got.Account != want.account {
			r.Fatalf("Session(%s) = open %v by %q of %s, want open %v by %q of %s", id,
				got.Open(), got.ClosedBy, got.Account, want.open, want.closedBy, want.account)
		}
	}
	sessions, _, err := m.ledger.Sessions(m.ctx, "", "", 0)
	if err != nil {
		r.Fatalf("Sessions: %v", err)
	}
	for _, s := range sessions {
		if m.model.sessions[s.ID.ID] == nil {
			r.Fatalf("session %s is known, want it forgotten", s.ID.ID)
		}
	}
}

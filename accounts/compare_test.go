package accounts_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"pgregory.net/rapid"
)

func (m *machine) reopen(r *rapid.T) {
	path := m.ledger.Path()
	if err := m.ledger.Close(); err != nil {
		r.Fatalf("Close: %v", err)
	}
	m.open(r, path)
	m.tick(r)
}

// tick is what a server does after its start: what is forgotten is not in the log.
func (m *machine) tick(r *rapid.T) {
	if err := m.ledger.Tick(m.ctx, m.model.now); err != nil {
		r.Fatalf("Tick: %v", err)
	}
}

// kill goes on with a copy of what is on disk now.
func (m *machine) kill(r *rapid.T) {
	old := m.ledger.Path()
	path := filepath.Join(m.dir, fmt.Sprintf("killed-%d.db", time.Now().UnixNano()))
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(old+suffix, path+suffix); err != nil {
			r.Fatal(err)
		}
	}
	if err := m.ledger.Close(); err != nil {
		r.Fatalf("Close: %v", err)
	}
	m.open(r, path)
	m.tick(r)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	target, err := os.Create(to)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, source.Close(), target.Close())
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

type viewRow struct {
	Account, Balance            string
	Amount, Reserved, Available int64
}

package accounts_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

var (
	noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	key1 = charging.ServiceKey{Group: charging.Known(1)}
	euro = charging.Purpose{Group: charging.Known(1), Unit: "time", Currency: "EUR"}
)

func open(t testing.TB, o accounts.Options) *accounts.Ledger {
	t.Helper()
	l, err := accounts.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() }) // Tests that care close it themselves.
	return l
}

func openFile(t testing.TB) (*accounts.Ledger, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	return open(t, accounts.Options{Path: path}), path
}

func money(amount int64) charging.Quantity {
	return charging.Quantity{Amount: amount, Unit: "EUR"}
}

// put makes an account with one balance of money.
func put(t testing.TB, l *accounts.Ledger, id string, amount int64) {
	t.Helper()
	_, _, err := l.PutAccount(t.Context(), noon, accounts.Account{
		ID:          id,
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "+1555" + id}},
		Balances:    []accounts.Balance{{Amount: money(amount)}},
	})
	if err != nil {
		t.Fatalf("PutAccount(%s): %v", id, err)
	}
}

func update(l charging.Ledger, at time.Time, work func(charging.Tx) error) error {
	told := make(chan error, 1)
	l.Update(context.Background(), at, work, func(err error) { told <- err })
	return <-told
}

func mustUpdate(t testing.TB, l charging.Ledger, at time.Time, work func(charging.Tx) error) {
	t.Helper()
	if err := update(l, at, work); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func kindOf(err error) charging.ErrorKind {
	var told *charging.Error
	if errors.As(err, &told) {
		return told.Kind
	}
	return ""
}

func account(t testing.TB, l *accounts.Ledger, id string) accounts.Account {
	t.Helper()
	a, err := l.Account(t.Context(), id)
	if err != nil {
		t.Fatalf("Account(%s): %v", id, err)
	}
	return a
}

func holds(t testing.TB, l *accounts.Ledger) {
	t.Helper()
	violations, err := l.Check(t.Context())
	if err != nil || len(violations) > 0 {
		t.Fatalf("Check = %q, %v, want no violations", violations, err)
	}
}

func answerOf(session string, number uint32, message string) *charging.Answer {
	return &charging.Answer{
		Key:  charging.Key{Session: charging.SessionID{ID: session}, Number: number},
		Type: charging.Update, Result: charging.Success, Message: message,
	}
}

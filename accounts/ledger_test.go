package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

// spend is what a settlement debits.
func spend(amount int64) []charging.Part {
	return []charging.Part{{Amounts: charging.Amounts{Money: amount}}}
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

func TestDoneComesInOrderOfTheLogAndAfterTheCommit(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 1e9)
	const workers, each = 8, 200
	var mu sync.Mutex
	var told []int64
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			var inner sync.WaitGroup
			for n := range each {
				var entry int64
				inner.Add(1)
				l.Update(t.Context(), noon, func(tx charging.Tx) error {
					if n%3 == 2 {
						_, _ = tx.Account("a") // only looks
						return nil
					}
					entry = tx.Remember(answerOf(fmt.Sprint(w), uint32(n), ""), 1, 2)
					return nil
				}, func(err error) {
					defer inner.Done()
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					if entry > 0 {
						told = append(told, entry)
					}
				})
			}
			inner.Wait()
		})
	}
	wait.Wait()
	for i := 1; i < len(told); i++ {
		if told[i] <= told[i-1] {
			t.Fatalf("entry %d was told after entry %d", told[i], told[i-1])
		}
	}
	violations, err := accounts.CheckFile(t.Context(), path)
	if err != nil || len(violations) > 0 {
		t.Errorf("CheckFile while serving = %q, %v", violations, err)
	}
}

func TestAHundredSessionsNeverSpendMoreThanTheAccountHas(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 1000)
	var granted atomic.Int64
	var wait sync.WaitGroup
	for n := range 100 {
		wait.Go(func() {
			holder := charging.Holder{Session: charging.SessionID{ID: fmt.Sprint(n)}, Service: key1}
			for range 5 {
				var held int64
				err := update(l, noon, func(tx charging.Tx) (err error) {
					held, err = tx.Reserve("a", holder, euro, charging.Amounts{Money: 7})
					return err
				})
				if kindOf(err) == charging.KindInsufficientCredit {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				granted.Add(7)
				if err := update(l, noon, func(tx charging.Tx) error {
					_, err := tx.Settle("a", held, euro,
						spend(7))
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b := account(t, l, "a").Balances[0]
	if b.Amount.Amount != 1000-granted.Load() || b.Reserved != 0 ||
		b.Available < 0 || b.Available >= 7 {
		t.Errorf("balance = %+v after grants of %d from 1000", b, granted.Load())
	}
	holds(t, l)
}

func TestUpdateBlocksWhenTooMuchWaits(t *testing.T) {
	t.Parallel()
	l := open(t, accounts.Options{MaxWaiting: 4})
	var told atomic.Int64
	const updates = 500
	var wait sync.WaitGroup
	wait.Add(updates)
	for n := range updates {
		l.Update(t.Context(), noon, func(tx charging.Tx) error {
			tx.Remember(answerOf("s", uint32(n), ""), 1, 2)
			return nil
		}, func(error) { told.Add(1); wait.Done() })
		// Four wait, and as many are being written or told.
		if behind := int64(n+1) - told.Load(); behind > 9 {
			t.Fatalf("%d are under way, want 8 at most", behind)
		}
	}
	wait.Wait()
}

func TestAPanicInWorkLeavesTheLedgerInOrder(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 100)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		l.Update(t.Context(), noon, func(tx charging.Tx) error {
			_, _ = tx.Settle("a", 0, euro, spend(50))
			panic("a bug")
		}, func(error) { t.Error("done was called") })
	}()
	if got := account(t, l, "a").Balances[0].Amount; got != money(100) {
		t.Errorf("amount = %s, want 100", got)
	}
	holds(t, l)
}

func TestViewUndoesWhatItTries(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 100)
	err := l.View(t.Context(), func(tx charging.Tx) error {
		_, err := tx.Reserve("a", charging.Holder{}, euro, charging.Amounts{Money: 60})
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	if got := account(t, l, "a").Balances[0]; got.Reserved != 0 {
		t.Errorf("reserved = %d after a View, want 0", got.Reserved)
	}
	err = l.View(t.Context(), func(charging.Tx) error { return errOnPurpose })
	if !errors.Is(err, errOnPurpose) {
		t.Errorf("View = %v, want its error", err)
	}
}

func TestPostingsExplainEveryCent(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 100)
	reason := charging.Reason{
		Code: charging.BecauseUsed, Rule: `conf "quoted"`,
		Service: charging.ServiceKey{Group: charging.Known(0), IDs: []uint32{3, 9}},
		Units:   charging.Quantity{Amount: 120, Unit: "time"}, Blocks: 2, Price: 70, Setup: 5,
		Cost: money(145), Participants: charging.Known(3), Media: []string{"audio", "vidéo"},
		Detail: "tab\there",
	}
	mustUpdate(t, l, noon, func(tx charging.Tx) error {
		overrun, err := tx.Settle("a", 0, euro, []charging.Part{{
			Amounts: charging.Amounts{Money: 145}, Session: charging.SessionID{ID: "s;1"}, Number: 4,
			Reason: reason,
		}})
		if overrun.Money != 45 {
			t.Errorf("overrun = %+v, want 45", overrun)
		}
		return err
	})
	later := noon.Add(time.Second)
	if _, err := l.Credit(t.Context(), later, "a",
		accounts.Transfer{Amount: money(20), Reference: "voucher 7"}); err != nil {
		t.Fatal(err)
	}
	over := reason
	over.Code = charging.BecauseOverrun
	want := []accounts.Posting{
		{
			ID: 1, Entry: 1, At: noon, Amount: money(100), After: 100, Against: "opening",
			Reason: charging.Reason{Code: "opening"},
		},
		{
			ID: 2, Entry: 2, At: noon, Amount: money(-100), After: 0, Against: "revenue",
			Session: "s;1", Number: 4, Reason: reason,
		},
		{
			ID: 3, Entry: 2, At: noon, Amount: money(-45), After: -45, Against: "revenue",
			Session: "s;1", Number: 4, Reason: over,
		},
		{
			ID: 4, Entry: 3, At: later, Amount: money(20), After: -25, Against: "credit",
			Reference: "voucher 7", Reason: charging.Reason{Code: "credit"},
		},
	}
	for i := range want {
		want[i].Account, want[i].Balance = "a", "main"
	}
	for range 2 {
		var got []accounts.Posting
		var after int64
		for {
			page, next, err := l.Postings(t.Context(), "a", after, 3)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page...)
			if after = next; next == 0 {
				break
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("postings differ (-want +got):\n%s", diff)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, accounts.Options{Path: path})
	}
}

func TestATemporaryDatabaseIsDeleted(t *testing.T) {
	t.Parallel()
	l := open(t, accounts.Options{})
	path := l.Path()
	put(t, l, "a", 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", path, err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close again = %v", err)
	}
	if _, err := l.Account(t.Context(), "a"); kindOf(err) != charging.KindLedgerStopped {
		t.Errorf("Account after Close = %v", err)
	}
	err := update(l, noon, func(charging.Tx) error { return nil })
	if kindOf(err) != charging.KindLedgerStopped {
		t.Errorf("Update after Close = %v", err)
	}
}

func TestListsPageInOrder(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	var want []string
	for n := range 7 {
		id := fmt.Sprint("a", 6-n)
		put(t, l, id, 1)
		want = append(want, fmt.Sprint("a", n))
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			tx.PutSession(&charging.Session{ID: charging.SessionID{ID: fmt.Sprint("s", n)}, Account: "a1"})
			return nil
		})
	}
	if err := l.DeleteAccount(t.Context(), noon, "a3", false); err != nil {
		t.Fatal(err)
	}
	want = append(want[:3], want[4:]...)
	var ids, sessions []string
	for after, more := "", true; more; more = after != "" {
		list, next, err := l.Accounts(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			ids = append(ids, a.ID)
		}
		after = next
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	for after, more := "", true; more; more = after != "" {
		list, next, err := l.Sessions(t.Context(), "a1", after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			sessions = append(sessions, s.ID.ID)
		}
		after = next
	}
	if diff := cmp.Diff([]string{"s0", "s1", "s2", "s3", "s4", "s5", "s6"}, sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	_, _, err := l.Sessions(t.Context(), "", "nonsense", 0)
	if kindOf(err) != charging.KindInvalidDocument {
		t.Errorf("Sessions after nonsense = %v", err)
	}
	err = l.DeleteAccount(t.Context(), noon, "a1", false)
	if kindOf(err) != charging.KindAccountInUse {
		t.Errorf("DeleteAccount with open sessions = %v", err)
	}
	if err := l.DeleteAccount(t.Context(), noon, "a1", true); err != nil {
		t.Errorf("DeleteAccount by force = %v", err)
	}
	s, err := l.Session(t.Context(), charging.SessionID{ID: "s2"})
	if err != nil || s.ClosedBy != "forced" {
		t.Errorf("Session = %+v, %v, want it closed by force", s, err)
	}
	holds(t, l)
}

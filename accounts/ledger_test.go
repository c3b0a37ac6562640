package accounts_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestRepeatsGetTheSameAnswerHoweverOldAndAfterARestart(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	id := charging.SessionID{ID: "s"}
	ask := func(l *accounts.Ledger, number uint32) (string, bool) {
		var message string
		var found bool
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			var p charging.Prior
			if p, found = tx.Answered(charging.Key{Session: id, Number: number}); !found {
				return nil
			}
			var a charging.Answer
			if err := a.UnmarshalBinary(p.Answer); err != nil {
				return err
			}
			if p.Fingerprint != uint64(number)+1<<63 || p.EndToEnd != number^0xffff0000 {
				return fmt.Errorf("key of %d came back as %+v", number, p)
			}
			message = a.Message
			return nil
		})
		return message, found
	}
	const requests = 100
	for n := range uint32(requests) {
		l.Update(t.Context(), noon, func(tx charging.Tx) error {
			if n == 0 {
				tx.PutSession(&charging.Session{ID: id, Account: "a"})
			}
			tx.Remember(answerOf("s", n, fmt.Sprint("answer ", n)), uint64(n)+1<<63, n^0xffff0000)
			return nil
		}, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
		// The one just given and an old one, which may still wait for the disk.
		for _, number := range []uint32{n, n / 2, 0} {
			if got, _ := ask(l, number); got != fmt.Sprint("answer ", number) {
				t.Fatalf("after %d requests, answer %d = %q", n+1, number, got)
			}
		}
	}
	for range 2 {
		for n := range uint32(requests) {
			if got, _ := ask(l, n); got != fmt.Sprint("answer ", n) {
				t.Errorf("answer %d = %q", n, got)
			}
		}
		if _, found := ask(l, requests); found {
			t.Errorf("answer %d was never given and is found", requests)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, accounts.Options{Path: path})
	}
}

func TestRequestsWithoutASessionAreRememberedForTenMinutes(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	key := charging.Key{Session: charging.SessionID{ID: "event"}}
	mustUpdate(t, l, noon, func(tx charging.Tx) error {
		tx.Remember(answerOf("event", 0, "once"), 1, 2)
		return nil
	})
	known := func(at time.Time) (found bool) {
		mustUpdate(t, l, at, func(tx charging.Tx) error {
			_, found = tx.Answered(key)
			return nil
		})
		return found
	}
	if !known(noon.Add(9 * time.Minute)) {
		t.Error("after nine minutes the answer is gone")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: path})
	if !known(noon.Add(9 * time.Minute)) {
		t.Error("after a restart the answer is gone")
	}
	if known(noon.Add(10 * time.Minute)) {
		t.Error("after ten minutes the answer is still known")
	}
}

func TestTheOldestEndedSessionsAreForgottenBeyondTheLimit(t *testing.T) {
	t.Parallel()
	l := open(t, accounts.Options{MaxEnded: 10})
	for n := range 100 {
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			tx.Remember(answerOf(fmt.Sprint("event", n), 0, ""), 1, 2)
			return nil
		})
	}
	mustUpdate(t, l, noon, func(charging.Tx) error { return nil })
	if got := l.RememberedLength(); got != 10 {
		t.Errorf("%d sessions are remembered, want 10", got)
	}
}

func TestForgettingLetsASessionIDLiveAgain(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	id := charging.SessionID{ID: "ci-job", Sub: 7}
	key := charging.Key{Session: id, Number: 0}
	live := func(message string) {
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			tx.Forget(id)
			if _, found := tx.Answered(key); found {
				return errors.New("an answer of the life before is found")
			}
			tx.PutSession(&charging.Session{ID: id, Account: "a", Closed: tx.Now(), ClosedBy: message})
			a := answerOf("ci-job", 0, message)
			a.Key = key
			tx.Remember(a, 1, 2)
			return nil
		})
	}
	live("first")
	live("second")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: path})
	live("third")
	s, err := l.Session(t.Context(), id)
	if err != nil || s.ClosedBy != "third" {
		t.Errorf("Session = %+v, %v, want the third life", s, err)
	}
	holds(t, l)
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
						[]charging.Part{{Amounts: charging.Amounts{Money: 7}}})
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b := account(t, l, "a").Balances[0]
	rightAmount := b.Amount.Amount == 1000-granted.Load()
	if !rightAmount || b.Available < 0 || b.Available >= 7 || b.Reserved != 0 {
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
			_, _ = tx.Settle("a", 0, euro, []charging.Part{{Amounts: charging.Amounts{Money: 50}}})
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

package accounts_test

import (
	"errors"
	"fmt"
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

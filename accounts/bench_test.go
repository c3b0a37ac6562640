package accounts_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

const benchAccounts = 100_000

var benchStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func benchLedger(b *testing.B) *accounts.Ledger {
	b.Helper()
	l, err := accounts.Open(context.Background(), accounts.Options{
		Path: filepath.Join(b.TempDir(), "ledger.db"),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(); err != nil {
			b.Error(err)
		}
	})
	return l
}

func benchSeed() accounts.Seed {
	s := accounts.Seed{Plans: []accounts.SeedPlan{{Name: "im", Source: []byte(`{}`)}}}
	for n := range benchAccounts {
		s.Accounts = append(s.Accounts, accounts.Account{
			ID: fmt.Sprintf("load-%d", n), Plan: "im",
			Subscribers: []charging.Identity{{Type: charging.E164, Data: fmt.Sprintf("1555%07d", n)}},
			Balances:    []accounts.Balance{{Amount: charging.Quantity{Amount: 1e15, Unit: "EUR"}}},
		})
	}
	return s
}

// benchSession is the state that a CCR-U leaves.
func benchSession(id string, account string, number uint32, reservation int64) *charging.Session {
	key := charging.ServiceKey{Group: charging.Known(100)}
	return &charging.Session{
		ID: charging.SessionID{ID: id}, Account: account,
		Origin:  charging.Origin{Host: "im.example.com", Realm: "example.com"},
		Context: "32260@3gpp.org", Opened: benchStart, Deadline: benchStart.Add(48 * time.Hour),
		Highest: number, Attached: 3,
		Info: charging.Information{Participants: charging.Known(3), Method: "INVITE"},
		Cost: charging.Quantity{Amount: 50000, Unit: "EUR"},
		Services: []charging.ServiceState{{
			Key: key, Granted: 300, Reservation: reservation, Held: charging.Amounts{Money: 350000},
			Conditions: charging.Conditions{
				Plan: "im", Version: 1, Rule: "conference", Unit: "time",
				Price: 70000, Participants: charging.Known(3),
			},
			LastReport: benchStart, ValidUntil: benchStart.Add(time.Hour),
		}},
	}
}

// benchUpdate is a unit of work like a CCR-U with one service.
func benchUpdate(
	l *accounts.Ledger, id, account string, number uint32, reservation *int64, done func(error),
) {
	key := charging.ServiceKey{Group: charging.Known(100)}
	purpose := charging.Purpose{Group: key.Group, Unit: "time", Currency: "EUR"}
	session := charging.SessionID{ID: id}
	l.Update(context.Background(), benchStart, func(tx charging.Tx) error {
		if _, found := tx.Answered(charging.Key{Session: session, Number: number}); found {
			return nil
		}
		tx.Session(session)
		parts := []charging.Part{{
			Amounts: charging.Amounts{Money: 140000}, Session: session, Number: number,
			Reason: charging.Reason{
				Code: "used", Service: key, Rule: "conference",
				Units: charging.Quantity{Amount: 120, Unit: "time"}, Blocks: 2, Price: 70000,
				Cost: charging.Quantity{Amount: 140000, Unit: "EUR"}, Participants: charging.Known(3),
			},
		}}
		if _, err := tx.Settle(account, *reservation, purpose, parts); err != nil {
			return err
		}
		tx.Available(account, purpose)
		held, err := tx.Reserve(account, charging.Holder{Session: session, Service: key}, purpose,
			charging.Amounts{Money: 350000})
		if err != nil {
			return err
		}
		*reservation = held
		tx.PutSession(benchSession(id, account, number, held))
		tx.Remember(&charging.Answer{
			Key: charging.Key{Session: session, Number: number}, Type: charging.Update, Result: 2001,
			Services: []charging.ServiceAnswer{{
				Key: key, Result: 2001, ValidFor: time.Hour,
				Granted: []charging.Quantity{{Amount: 300, Unit: "time"}},
			}},
			Cost: charging.Quantity{Amount: 140000, Unit: "EUR"},
		}, uint64(number)*77, number)
		return nil
	}, done)
}

// BenchmarkUpdate drives sessions of 100,000 accounts in closed loops with 512 requests under way,
// on disk with synchronous=FULL. cpu-us/op is user and system time of the process, the client's
// part of the test included.
func BenchmarkUpdate(b *testing.B) {
	l := benchLedger(b)
	if _, err := l.Seed(context.Background(), benchStart, benchSeed()); err != nil {
		b.Fatal(err)
	}
	const under, sessions = 512, 20_000
	reservations := make([]int64, sessions)
	names, owners := make([]string, sessions), make([]string, sessions)
	for i := range names {
		names[i] = fmt.Sprintf("im.example.com;1876543210;%d", i)
		owners[i] = fmt.Sprintf("load-%d", i*7919%benchAccounts)
	}
	slots := make(chan struct{}, under)
	var wait sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	start := processTime()
	for i := range b.N {
		slots <- struct{}{}
		wait.Add(1)
		s := i * 31 % sessions
		benchUpdate(l, names[s], owners[s], uint32(i), &reservations[s], func(err error) {
			if err != nil {
				b.Error(err)
			}
			<-slots
			wait.Done()
		})
	}
	wait.Wait()
	b.ReportMetric(float64((processTime()-start).Nanoseconds())/1e3/float64(b.N), "cpu-us/op")
	b.StopTimer()
}

// BenchmarkLoneUpdate waits for each request: what it takes is the disk's.
func BenchmarkLoneUpdate(b *testing.B) {
	l := benchLedger(b)
	ctx := context.Background()
	if _, _, err := l.PutAccount(ctx, benchStart, accounts.Account{
		ID: "alice", Balances: []accounts.Balance{{Amount: charging.Quantity{Amount: 1e15, Unit: "EUR"}}},
	}); err != nil {
		b.Fatal(err)
	}
	var reservation int64
	done := make(chan error, 1)
	for i := range b.N {
		benchUpdate(l, "s", "alice", uint32(i), &reservation, func(err error) { done <- err })
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a database of 100,000 accounts that was closed in order.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "ledger.db")
	ctx := context.Background()
	l, err := accounts.Open(ctx, accounts.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	seed := benchSeed()
	start := time.Now()
	if _, err := l.Seed(ctx, benchStart, seed); err != nil {
		b.Fatal(err)
	}
	seeding := time.Since(start)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l, err := accounts.Open(ctx, accounts.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(seeding.Milliseconds()), "seed-ms")
}

func processTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Package ledgertest is what any ledger must pass before charging may rest on it. It knows the port
// charging.Ledger only, so that an engine other than package accounts can be held to the same.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Account is one that a test wants to be there, with one balance of EUR.
type Account struct {
	ID       string
	Identity charging.Identity
	Amount   int64 // in millionths
}

// Start is the charging time at which tests begin; ledgers must hold nothing later.
func Start() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// Run runs the suite. open returns an empty ledger with these accounts, valid from Start on.
func Run(t *testing.T, open func(testing.TB, []Account) charging.Ledger) {
	claims := map[string]func(*testing.T, *bench){
		"work that errs leaves nothing":                       undone,
		"what is looked at in a View is as it was":            viewed,
		"a reserve never takes what is available below zero":  reserved,
		"a settlement debits, releases and reports overrun":   settled,
		"a reservation ends once":                             endedOnce,
		"time never runs back":                                forward,
		"a key has one answer until it is forgotten":          remembered,
		"a session is what was put last":                      replaced,
		"supervision releases at its own instant":             supervised,
		"done is called once for each update, in their order": ordered,
		"concurrent sessions never spend one amount twice":    concurrent,
	}
	for claim, check := range claims {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			identity := charging.Identity{Type: charging.E164, Data: "15550100"}
			ledger := open(t, []Account{{ID: "a", Identity: identity, Amount: 1000}})
			check(t, &bench{ledger: ledger, identity: identity})
		})
	}
}

// bench is a ledger under test.
type bench struct {
	ledger   charging.Ledger
	identity charging.Identity
}

var errOnPurpose = errors.New("on purpose")

// purpose is what everything here is for.
func purpose() charging.Purpose {
	return charging.Purpose{Group: charging.Known(1), Unit: charging.Time, Currency: "EUR"}
}

func holder(session string) charging.Holder {
	return charging.Holder{Session: charging.SessionID{ID: session}}
}

func euro(amount int64) charging.Amounts { return charging.Amounts{Money: amount} }

func parts(amount int64) []charging.Part { return []charging.Part{{Amounts: euro(amount)}} }

func (b *bench) update(at time.Time, work func(charging.Tx) error) error {
	told := make(chan error, 1)
	b.ledger.Update(context.Background(), at, work, func(err error) { told <- err })
	return <-told
}

func (b *bench) must(t *testing.T, at time.Time, work func(charging.Tx) error) {
	t.Helper()
	if err := b.update(at, work); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// has fails unless the account has these amounts.
func (b *bench) has(t *testing.T, amount, reserved int64) {
	t.Helper()
	var funds charging.Funds
	if err := b.ledger.View(context.Background(), func(tx charging.Tx) error {
		funds = tx.Funds("a", "EUR")
		return nil
	}); err != nil {
		t.Fatalf("View: %v", err)
	}
	want := charging.Funds{
		Money:    charging.Quantity{Amount: amount, Unit: "EUR"},
		Reserved: reserved, Usable: amount - reserved,
	}
	if funds != want {
		t.Errorf("Funds = %+v, want %+v", funds, want)
	}
}

func (b *bench) reserve(t *testing.T, session string, amount int64) (id int64) {
	t.Helper()
	b.must(t, Start(), func(tx charging.Tx) (err error) {
		id, err = tx.Reserve("a", holder(session), purpose(), euro(amount))
		return err
	})
	return id
}

func undone(t *testing.T, b *bench) {
	held := b.reserve(t, "before", 100)
	key := charging.Key{Session: charging.SessionID{ID: "s"}}
	err := b.update(Start(), func(tx charging.Tx) error {
		if _, err := tx.Reserve("a", holder("s"), purpose(), euro(10)); err != nil {
			return err
		}
		if _, err := tx.Settle("a", held, purpose(), parts(2000)); err != nil {
			return err
		}
		tx.PutSession(&charging.Session{ID: key.Session, Account: "a"})
		tx.Remember(&charging.Answer{Key: key}, 1, 2)
		return errOnPurpose
	})
	if !errors.Is(err, errOnPurpose) {
		t.Errorf("Update = %v, want the work's error", err)
	}
	b.has(t, 1000, 100)
	b.must(t, Start(), func(tx charging.Tx) error {
		if _, found := tx.Answered(key); found {
			t.Error("the answer is remembered")
		}
		if _, found := tx.Session(key.Session); found {
			t.Error("the session is there")
		}
		return tx.Release(held)
	})
}

func viewed(t *testing.T, b *bench) {
	if err := b.ledger.View(context.Background(), func(tx charging.Tx) error {
		if a, found := tx.Subscriber(b.identity); !found || a.ID != "a" {
			t.Errorf("Subscriber(%v) = %+v, %v", b.identity, a, found)
		}
		if _, found := tx.Account("nobody"); found {
			t.Error("account nobody is found")
		}
		return nil
	}); err != nil {
		t.Errorf("View = %v", err)
	}
	if err := b.ledger.View(context.Background(), func(charging.Tx) error {
		return errOnPurpose
	}); !errors.Is(err, errOnPurpose) {
		t.Errorf("View = %v, want its own error", err)
	}
	b.has(t, 1000, 0)
}

func reserved(t *testing.T, b *bench) {
	b.reserve(t, "s", 600)
	err := b.update(Start(), func(tx charging.Tx) error {
		if got := tx.Available("a", purpose()); got.Money != 400 || !got.HasMoney || got.HasUnits {
			t.Errorf("Available = %+v, want 400 and no units", got)
		}
		_, err := tx.Reserve("a", holder("s"), purpose(), euro(401))
		return err
	})
	var told *charging.Error
	if !errors.As(err, &told) || told.Kind != charging.KindInsufficientCredit {
		t.Errorf("Reserve above what is available = %v", err)
	}
	b.reserve(t, "s", 400)
	b.has(t, 1000, 1000)
}

func settled(t *testing.T, b *bench) {
	held := b.reserve(t, "s", 600)
	b.must(t, Start(), func(tx charging.Tx) error {
		overrun, err := tx.Settle("a", held, purpose(), parts(250))
		if overrun != (charging.Amounts{}) {
			t.Errorf("overrun = %+v, want none", overrun)
		}
		return err
	})
	b.has(t, 750, 0)
	b.must(t, Start(), func(tx charging.Tx) error {
		overrun, err := tx.Settle("a", 0, purpose(), parts(800))
		if overrun != euro(50) {
			t.Errorf("overrun = %+v, want 50", overrun)
		}
		return err
	})
	b.has(t, -50, 0)
	b.must(t, Start(), func(tx charging.Tx) error {
		return tx.Credit("a", purpose(), parts(60)[0])
	})
	b.has(t, 10, 0)
}

func endedOnce(t *testing.T, b *bench) {
	held := b.reserve(t, "s", 1)
	b.must(t, Start(), func(tx charging.Tx) error { return tx.Release(held) })
	for name, end := range map[string]func(charging.Tx) error{
		"Release": func(tx charging.Tx) error { return tx.Release(held) },
		"Settle": func(tx charging.Tx) error {
			_, err := tx.Settle("a", held, purpose(), parts(1))
			return err
		},
	} {
		if b.update(Start(), end) == nil {
			t.Errorf("%s of what was released = nil, want an error", name)
		}
	}
	b.has(t, 1000, 0)
}

func forward(t *testing.T, b *bench) {
	later := Start().Add(time.Hour)
	b.must(t, later, func(tx charging.Tx) error {
		tx.PutSession(&charging.Session{ID: charging.SessionID{ID: "s"}, Account: "a"})
		return nil
	})
	b.must(t, Start(), func(tx charging.Tx) error {
		if got := tx.Now(); !got.Equal(later) {
			t.Errorf("Now = %s after an entry at %s", got, later)
		}
		return nil
	})
}

func remembered(t *testing.T, b *bench) {
	id := charging.SessionID{ID: "s", Sub: 3}
	answer := &charging.Answer{Key: charging.Key{Session: id, Number: 5}, Message: "first"}
	var entry int64
	b.must(t, Start(), func(tx charging.Tx) error {
		entry = tx.Remember(answer, 77, 88)
		return nil
	})
	b.must(t, Start(), func(tx charging.Tx) error {
		got, found := tx.Answered(answer.Key)
		want, _ := answer.AppendBinary(nil)
		if !found || string(got.Answer) != string(want) ||
			got.Fingerprint != 77 || got.EndToEnd != 88 || got.Entry != entry {
			t.Errorf("Answered = %+v, %v", got, found)
		}
		for _, other := range []charging.Key{
			{Session: id, Number: 6}, {Session: charging.SessionID{ID: "s"}, Number: 5},
		} {
			if _, found := tx.Answered(other); found {
				t.Errorf("Answered(%v), which nobody asked", other)
			}
		}
		tx.Forget(id)
		if _, found := tx.Answered(answer.Key); found {
			t.Error("a forgotten answer is found")
		}
		return nil
	})
}

func replaced(t *testing.T, b *bench) {
	id := charging.SessionID{ID: "s"}
	for number := range uint32(3) {
		b.must(t, Start(), func(tx charging.Tx) error {
			tx.PutSession(&charging.Session{ID: id, Account: "a", Highest: number})
			return nil
		})
	}
	b.must(t, Start(), func(tx charging.Tx) error {
		if s, found := tx.Session(id); !found || s.Highest != 2 || !s.Open() {
			t.Errorf("Session = %+v, %v", s, found)
		}
		tx.Forget(id)
		if _, found := tx.Session(id); !found {
			t.Error("an open session was forgotten")
		}
		return nil
	})
}

func supervised(t *testing.T, b *bench) {
	id, end := charging.SessionID{ID: "s"}, Start().Add(time.Minute)
	b.reserve(t, "s", 70)
	b.must(t, Start(), func(tx charging.Tx) error {
		tx.PutSession(&charging.Session{ID: id, Account: "a", Deadline: end})
		return nil
	})
	b.must(t, end.Add(time.Minute), func(tx charging.Tx) error {
		s, found := tx.Session(id)
		if !found || !s.Closed.Equal(end) || s.ClosedBy != charging.ClosedByExpiry {
			t.Errorf("Session = %+v, %v, want it expired at %s", s, found, end)
		}
		return nil
	})
	b.has(t, 1000, 0)
}

func ordered(t *testing.T, b *bench) {
	const updates = 200
	var wait sync.WaitGroup
	var mu sync.Mutex
	var told []int
	wait.Add(updates)
	for n := range updates {
		b.ledger.Update(context.Background(), Start(), func(tx charging.Tx) error {
			if n%2 == 0 {
				tx.PutSession(&charging.Session{ID: charging.SessionID{ID: fmt.Sprint(n)}})
			}
			return nil
		}, func(err error) {
			defer wait.Done()
			mu.Lock()
			defer mu.Unlock()
			if told = append(told, n); err != nil {
				t.Errorf("update %d: %v", n, err)
			}
		})
	}
	wait.Wait()
	for n := range told {
		if told[n] != n {
			t.Fatalf("done %d was called in place %d", told[n], n)
		}
	}
}

func concurrent(t *testing.T, b *bench) {
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			for range 10 {
				// Most of these find too little left, which is the point.
				_ = b.update(Start(), func(tx charging.Tx) error {
					held, err := tx.Reserve("a", holder(fmt.Sprint(n)), purpose(), euro(9))
					if err != nil {
						return err
					}
					_, err = tx.Settle("a", held, purpose(), parts(9))
					return err
				})
			}
		})
	}
	wait.Wait()
	b.has(t, 1000-111*9, 0)
}

package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	if b.Amount.Amount != 1000-granted.Load() || b.Available < 0 || b.Available >= 7 || b.Reserved != 0 {
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
	if err := l.View(t.Context(), func(charging.Tx) error { return errOnPurpose }); !errors.Is(err, errOnPurpose) {
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
		{ID: 1, Entry: 1, At: noon, Amount: money(100), After: 100, Against: "opening",
			Reason: charging.Reason{Code: "opening"}},
		{ID: 2, Entry: 2, At: noon, Amount: money(-100), After: 0, Against: "revenue",
			Session: "s;1", Number: 4, Reason: reason},
		{ID: 3, Entry: 2, At: noon, Amount: money(-45), After: -45, Against: "revenue",
			Session: "s;1", Number: 4, Reason: over},
		{ID: 4, Entry: 3, At: later, Amount: money(20), After: -25, Against: "credit",
			Reference: "voucher 7", Reason: charging.Reason{Code: "credit"}},
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

func TestIdentitiesCompareWithoutWhatMeansNothing(t *testing.T) {
	t.Parallel()
	same := [][]charging.Identity{
		{{Type: charging.E164, Data: "15550100"}, {Type: charging.E164, Data: "+15550100"},
			{Type: charging.E164, Data: "tel:+15550100"}, {Type: charging.E164, Data: "TEL:15550100;ext=1"},
			{Type: charging.SIP, Data: "tel:+15550100"}},
		{{Type: charging.IMSI, Data: "15550100"}},
		{{Type: charging.SIP, Data: "sip:Alice@example.com"},
			{Type: charging.SIP, Data: "SIP:Alice@EXAMPLE.com;transport=tcp"},
			{Type: charging.SIP, Data: "Alice@Example.Com"},
			{Type: charging.SIP, Data: "\"A\" <sip:Alice@example.com;x=y>;tag=1"}},
		{{Type: charging.SIP, Data: "sip:alice@example.com"}},
		{{Type: charging.NAI, Data: "alice@Realm.example"}, {Type: charging.NAI, Data: "alice@realm.EXAMPLE"}},
		{{Type: charging.Private, Data: "alice@example.com"}},
	}
	seen := map[charging.Identity]int{}
	for i, group := range same {
		want := accounts.Canonical(group[0])
		if other, taken := seen[want]; taken {
			t.Errorf("%+v is the same as one of group %d", group[0], other)
		}
		seen[want] = i
		for _, identity := range group[1:] {
			if got := accounts.Canonical(identity); got != want {
				t.Errorf("Canonical(%+v) = %+v, want %+v", identity, got, want)
			}
		}
	}
}

func TestTwoAccountsCannotHaveOneIdentity(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 1)
	_, _, err := l.PutAccount(t.Context(), noon, accounts.Account{
		ID: "b", Subscribers: []charging.Identity{{Type: charging.E164, Data: "tel:1555a"}},
	})
	if kindOf(err) != charging.KindInvalidDocument || !strings.Contains(err.Error(), "account a") {
		t.Errorf("PutAccount = %v, want a fault that names account a", err)
	}
	if _, err := l.Account(t.Context(), "b"); kindOf(err) != charging.KindAccountNotFound {
		t.Errorf("Account(b) = %v, want not found", err)
	}
}

func TestPlansKeepTheirVersions(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	ctx := t.Context()
	for i, step := range []struct {
		source  string
		version int64
		changed bool
	}{{`{"a":1}`, 1, true}, {`{"a":1}`, 1, false}, {`{"a":2}`, 2, true}} {
		version, changed, err := l.PutPlan(ctx, noon, "im", []byte(step.source))
		if err != nil || version != step.version || changed != step.changed {
			t.Errorf("step %d: PutPlan = %d, %v, %v", i, version, changed, err)
		}
	}
	if _, _, err := l.PutAccount(ctx, noon, accounts.Account{ID: "a", Plan: "im"}); err != nil {
		t.Fatal(err)
	}
	if err := l.DeletePlan(ctx, noon, "im"); kindOf(err) != charging.KindPlanInUse {
		t.Errorf("DeletePlan in use = %v", err)
	}
	if err := l.DeleteAccount(ctx, noon, "a", false); err != nil {
		t.Fatal(err)
	}
	if err := l.DeletePlan(ctx, noon, "im"); err != nil {
		t.Errorf("DeletePlan = %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: path})
	if _, err := l.PlanVersion(ctx, "im", 0); kindOf(err) != charging.KindPlanNotFound {
		t.Errorf("PlanVersion of a deleted plan = %v", err)
	}
	if old, err := l.PlanVersion(ctx, "im", 1); err != nil || string(old.Source) != `{"a":1}` {
		t.Errorf("PlanVersion(1) = %s, %v", old.Source, err)
	}
	if version, _, err := l.PutPlan(ctx, noon, "im", []byte(`{"a":2}`)); err != nil || version != 3 {
		t.Errorf("PutPlan after a deletion = version %d, %v, want 3", version, err)
	}
}

func TestSeedLeavesWhatIsThereAloneAndTellsAllFaults(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 5)
	seed := accounts.Seed{
		Plans: []accounts.SeedPlan{{Name: "im", Source: []byte("{}")}},
		Accounts: []accounts.Account{
			{ID: "a", Plan: "im", Balances: []accounts.Balance{{Amount: money(100)}}},
			{ID: "b", Plan: "im", Balances: []accounts.Balance{{Amount: money(100)}}},
		},
	}
	report, err := l.Seed(t.Context(), noon, seed)
	want := accounts.SeedReport{
		Created: []string{"b"}, Kept: []string{"a"}, PlansChanged: []string{"im"},
	}
	if diff := cmp.Diff(want, report); diff != "" || err != nil {
		t.Errorf("Seed: %v (-want +got):\n%s", err, diff)
	}
	if got := account(t, l, "a").Balances[0].Amount; got != money(5) {
		t.Errorf("a has %s, want 5 as before", got)
	}
	again, err := l.Seed(t.Context(), noon, seed)
	if err != nil || len(again.Created)+len(again.PlansChanged) > 0 {
		t.Errorf("Seed again = %+v, %v", again, err)
	}
	seed.Accounts = append(seed.Accounts,
		accounts.Account{ID: "c", Status: "odd", Balances: []accounts.Balance{{}}},
		accounts.Account{ID: "c"})
	_, err = l.Seed(t.Context(), noon, seed)
	var told *charging.Error
	if !errors.As(err, &told) || len(told.Faults) != 3 {
		t.Errorf("Seed with three faults = %#v", err)
	}
	seed.Accounts = []accounts.Account{{ID: "d"}, {ID: "e", Plan: "nowhere"}}
	if _, err := l.Seed(t.Context(), noon, seed); kindOf(err) != charging.KindPlanNotFound {
		t.Errorf("Seed with an unknown plan = %v", err)
	}
	if _, err := l.Account(t.Context(), "d"); kindOf(err) != charging.KindAccountNotFound {
		t.Errorf("a seed that failed left account d: %v", err)
	}
	holds(t, l)
}

func TestResetBeginsANewLife(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 5)
	origin := l.OriginStateID()
	clock := charging.ClockState{Stopped: true, At: noon.Add(123456789)}
	if err := l.SetClock(t.Context(), noon.Add(time.Hour), clock); err != nil {
		t.Fatal(err)
	}
	mustUpdate(t, l, noon, func(tx charging.Tx) error {
		id := charging.SessionID{ID: "s"}
		_, err := tx.Reserve("a", charging.Holder{Session: id}, euro, charging.Amounts{Money: 3})
		tx.PutSession(&charging.Session{ID: id, Account: "a", Deadline: noon.Add(3 * time.Hour)})
		tx.Remember(answerOf("s", 0, ""), 1, 2)
		return err
	})
	seed := accounts.Seed{Accounts: []accounts.Account{
		{ID: "z", Balances: []accounts.Balance{{Amount: money(9)}}}}}
	if err := l.Reset(t.Context(), noon, seed, charging.ClockState{Offset: time.Minute}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		list, _, err := l.Accounts(t.Context(), "", 0)
		if err != nil || len(list) != 1 || list[0].ID != "z" || list[0].Balances[0].Amount != money(9) {
			t.Errorf("accounts after a reset = %+v, %v", list, err)
		}
		if got := l.OriginStateID(); got != origin+1 {
			t.Errorf("Origin-State-Id = %d, want %d", got, origin+1)
		}
		if got := l.Clock(); got != (charging.ClockState{Offset: time.Minute}) {
			t.Errorf("clock = %+v", got)
		}
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			if _, found := tx.Answered(answerOf("s", 0, "").Key); found {
				t.Error("an answer of the life before is found")
			}
			if !tx.Now().Equal(noon) {
				t.Errorf("now = %s, want %s", tx.Now(), noon)
			}
			return nil
		})
		if due, any := l.NextDue(); any {
			t.Errorf("something is due at %s", due)
		}
		holds(t, l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, accounts.Options{Path: path})
	}
}

func TestClockSurvives(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	want := charging.ClockState{Stopped: true, At: noon.Add(123456789), Offset: -5}
	if err := l.SetClock(t.Context(), want.At, want); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := open(t, accounts.Options{Path: path}).Clock(); got != want {
		t.Errorf("clock = %+v, want %+v", got, want)
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
	if err := update(l, noon, func(charging.Tx) error { return nil }); kindOf(err) != charging.KindLedgerStopped {
		t.Errorf("Update after Close = %v", err)
	}
}

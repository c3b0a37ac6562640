package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

// hold opens a session that holds an amount until a deadline.
func hold(
	t testing.TB, l *accounts.Ledger, session string, amount int64, deadline time.Time,
) int64 {
	t.Helper()
	var held int64
	mustUpdate(t, l, noon, func(tx charging.Tx) (err error) {
		id := charging.SessionID{ID: session}
		held, err = tx.Reserve("a", charging.Holder{Session: id, Service: key1}, euro,
			charging.Amounts{Money: amount})
		tx.PutSession(&charging.Session{
			ID: id, Account: "a", Opened: noon, Deadline: deadline,
			Services: []charging.ServiceState{{
				Key: key1, Granted: 60, Reservation: held, Held: charging.Amounts{Money: amount},
			}},
		})
		return err
	})
	return held
}

func TestSupervisionEndsASessionAtItsOwnInstant(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	put(t, l, "a", 100)
	hold(t, l, "late", 30, noon.Add(2*time.Hour))
	hold(t, l, "early", 20, noon.Add(time.Hour))
	if due, any := l.NextDue(); !any || !due.Equal(noon.Add(time.Hour)) {
		t.Errorf("NextDue = %s, %v, want %s", due, any, noon.Add(time.Hour))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: path})
	// Work that comes much later finds both ended, each at its own time.
	mustUpdate(t, l, noon.Add(3*time.Hour), func(tx charging.Tx) error {
		for id, at := range map[string]time.Duration{"early": time.Hour, "late": 2 * time.Hour} {
			s, _ := tx.Session(charging.SessionID{ID: id})
			if s.Open() || s.ClosedBy != charging.ClosedByExpiry || !s.Closed.Equal(noon.Add(at)) {
				t.Errorf("session %s = closed at %s by %q", id, s.Closed, s.ClosedBy)
			}
			if state := s.Services[0]; state.Reservation != 0 || state.Granted != 60 {
				t.Errorf("session %s holds %+v", id, state)
			}
		}
		return nil
	})
	if b := account(t, l, "a").Balances[0]; b.Amount != money(100) || b.Reserved != 0 {
		t.Errorf("balance = %+v, want 100 and nothing reserved", b)
	}
	if due, any := l.NextDue(); any {
		t.Errorf("NextDue = %s, want nothing", due)
	}
	holds(t, l)
}

func TestAReservationOutlivesItsBalance(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	_, _, err := l.PutAccount(t.Context(), noon, accounts.Account{
		ID: "a", Balances: []accounts.Balance{
			{ID: "bonus", Amount: money(100), ValidUntil: noon.Add(time.Hour)},
			{ID: "main", Amount: money(1), ValidUntil: noon.Add(24 * time.Hour)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	held := hold(t, l, "s", 60, noon.Add(5*time.Hour))
	if err := l.Tick(t.Context(), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if b := account(t, l, "a").Balances[0]; b.Amount != money(60) || b.Reserved != 60 {
		t.Errorf("bonus after its end = %+v, want 60, all reserved", b)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, accounts.Options{Path: path})
	mustUpdate(t, l, noon.Add(3*time.Hour), func(tx charging.Tx) error {
		overrun, err := tx.Settle("a", held, euro, spend(45))
		if overrun != (charging.Amounts{}) {
			t.Errorf("overrun = %+v, want none", overrun)
		}
		return err
	})
	type move struct {
		Amount  int64
		Against string
		At      time.Time
	}
	want := []move{
		{100, "opening", noon},
		{1, "opening", noon},
		{-40, "expired", noon.Add(time.Hour)},
		{-45, "revenue", noon.Add(3 * time.Hour)},
		{-15, "expired", noon.Add(3 * time.Hour)},
	}
	list, _, err := l.Postings(t.Context(), "a", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []move
	for _, p := range list {
		got = append(got, move{p.Amount.Amount, p.Against, p.At})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("postings differ (-want +got):\n%s", diff)
	}
	holds(t, l)
}

func TestExpiredAndEmptyBalancesAreNotKeptForEver(t *testing.T) {
	t.Parallel()
	l, path := openFile(t)
	at := noon
	for n := range 20 {
		at = noon.Add(time.Duration(n) * time.Hour)
		if _, _, err := l.PutAccount(t.Context(), at, accounts.Account{
			ID: "a", Balances: []accounts.Balance{
				{ID: fmt.Sprint("month-", n), Amount: money(5), ValidUntil: at.Add(time.Minute)},
			},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Tick(t.Context(), at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		list := account(t, l, "a").Balances
		if len(list) != 8 || list[0].ID != "month-12" {
			t.Errorf("balances = %+v, want the last eight", list)
		}
		holds(t, l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, accounts.Options{Path: path})
	}
}

func TestTheTimerIsToldOfWhatIsDueEarlier(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 100)
	told := func() bool {
		select {
		case <-l.DueChanged():
			return true
		default:
			return false
		}
	}
	hold(t, l, "s1", 1, noon.Add(time.Hour))
	if !told() {
		t.Error("the first deadline is not told")
	}
	l.NextDue()
	hold(t, l, "s2", 1, noon.Add(2*time.Hour))
	if told() {
		t.Error("a later deadline is told")
	}
	hold(t, l, "s3", 1, noon.Add(time.Minute))
	if !told() {
		t.Error("an earlier deadline is not told")
	}
	// Supervision begins again with each update: what was first is due later now.
	hold(t, l, "s3", 1, noon.Add(3*time.Hour))
	if due, _ := l.NextDue(); !due.Equal(noon.Add(time.Hour)) {
		t.Errorf("NextDue = %s, want %s", due, noon.Add(time.Hour))
	}
	hold(t, l, "s4", 1, noon.Add(30*time.Minute))
	if !told() {
		t.Error("a deadline earlier than the one told last is not told")
	}
}

func TestWhatExpiresCostsNothingOnceItIsOver(t *testing.T) {
	t.Parallel()
	l, _ := openFile(t)
	put(t, l, "a", 1e9)
	for n := range 3000 {
		deadline := noon.Add(time.Hour)
		if n%2 == 0 {
			deadline = noon.Add(time.Minute)
		}
		hold(t, l, fmt.Sprint("s", n%1500), 1, deadline)
		if n%1500 != n {
			continue
		}
		mustUpdate(t, l, noon, func(tx charging.Tx) error {
			s, _ := tx.Session(charging.SessionID{ID: fmt.Sprint("s", n)})
			next := *s
			next.Closed = noon
			if err := tx.Release(s.Services[0].Reservation); err != nil {
				return err
			}
			tx.PutSession(&next)
			return nil
		})
	}
	if err := l.Tick(t.Context(), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := l.Tick(t.Context(), noon.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if due, known := l.DueLength(), l.RememberedLength(); due > 0 || known > 500 {
		t.Errorf("%d wait to expire and %d sessions are known when all is over", due, known)
	}
	holds(t, l)
}

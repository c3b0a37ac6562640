package accounts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestIdentitiesCompareWithoutWhatMeansNothing(t *testing.T) {
	t.Parallel()
	same := [][]charging.Identity{
		{
			{Type: charging.E164, Data: "15550100"},
			{Type: charging.E164, Data: "+15550100"},
			{Type: charging.E164, Data: "tel:+15550100"},
			{Type: charging.E164, Data: "TEL:15550100;ext=1"},
			{Type: charging.SIP, Data: "tel:+15550100"},
		},
		{{Type: charging.IMSI, Data: "15550100"}},
		{
			{Type: charging.SIP, Data: "sip:Alice@example.com"},
			{Type: charging.SIP, Data: "SIP:Alice@EXAMPLE.com;transport=tcp"},
			{Type: charging.SIP, Data: "Alice@Example.Com"},
			{Type: charging.SIP, Data: "\"A\" <sip:Alice@example.com;x=y>;tag=1"},
		},
		{{Type: charging.SIP, Data: "sip:alice@example.com"}},
		{
			{Type: charging.NAI, Data: "alice@Realm.example"},
			{Type: charging.NAI, Data: "alice@realm.EXAMPLE"},
		},
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
		{ID: "z", Balances: []accounts.Balance{{Amount: money(9)}}},
	}}
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

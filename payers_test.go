package ocssim_test

import (
	"errors"
	"path/filepath"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

const payersSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {name: reversed, unit: time, per: 60s, price: 0.06 EUR, payer: called,
         quota: {default: 300s}}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}]}
  - {id: bob, plan: im, subscribers: [{sip: "sip:bob@example.com"}],
     balances: [{amount: 1.00 EUR}]}
`

func startPayers(t *testing.T, database string) *ocssim.Server {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Database: database,
		Seeds:    []document.File{{Name: "payers.yaml", Data: []byte(payersSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// chargeReversed sends one request of the session that bob pays for.
func chargeReversed(
	t *testing.T, s *ocssim.Server, kind charging.RequestType, number uint32, used int64,
) *charging.Answer {
	t.Helper()
	r := &charging.Request{
		Key:         charging.Key{Session: charging.SessionID{ID: "reversed"}, Number: number},
		Type:        kind,
		Context:     "32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		Services: []charging.Service{{
			Key: charging.ServiceKey{Group: charging.Known(100)}, Asked: kind != charging.Termination,
		}},
		EndToEnd: number + 1,
		At:       s.Clock().Now(),
	}
	if kind == charging.Initial {
		r.Information.Destination = "sip:bob@example.com"
	}
	if used > 0 {
		r.Services[0].Used = []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(used)}}}
	}
	answer, err := charging.Ask(t.Context(), s.Charger(), r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func moneyOf(t *testing.T, s *ocssim.Server, id string) (amount, reserved int64) {
	t.Helper()
	account, err := s.Ledger().Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return account.Balances[0].Amount.Amount, account.Balances[0].Reserved
}

func TestAPayerIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "ledger.db")
	first := startPayers(t, database)
	chargeReversed(t, first, charging.Initial, 0, 0)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := startPayers(t, database)
	// The update names no called party: who pays is the session's.
	a := chargeReversed(t, second, charging.Update, 1, 60)
	if a.Services[0].Result != charging.Success {
		t.Fatalf("update after the restart: %d, want 2001; why: %v", a.Services[0].Result, a.Why)
	}
	if amount, reserved := moneyOf(t, second, "bob"); amount != 940_000 || reserved != 300_000 {
		t.Errorf("bob has %d with %d reserved, want 940000 and 300000", amount, reserved)
	}
	violations, err := second.Ledger().Check(t.Context())
	if err != nil || len(violations) > 0 {
		t.Errorf("Check = %q, %v, want no violations", violations, err)
	}
}

func TestThePayersAccountIsInUse(t *testing.T) {
	t.Parallel()
	s := startPayers(t, "")
	chargeReversed(t, s, charging.Initial, 0, 0)
	ctx, now := t.Context(), s.Clock().Now()
	err := s.Ledger().DeleteAccount(ctx, now, "bob", false)
	var trouble *charging.Error
	if !errors.As(err, &trouble) || trouble.Kind != charging.KindAccountInUse {
		t.Fatalf("DeleteAccount = %v, want %s", err, charging.KindAccountInUse)
	}
	if err := s.Ledger().DeleteAccount(ctx, now, "bob", true); err != nil {
		t.Fatal(err)
	}
	if a := chargeReversed(t, s, charging.Update, 1, 60); a.Result != charging.UnknownSessionID {
		t.Errorf("update after the payer went: %d, want 5002", a.Result)
	}
}

// A payer that holds nothing can go in mid-session; what is used then has nobody to pay for it.
func TestAPayerThatIsGoneIsToldPerService(t *testing.T) {
	t.Parallel()
	s := startPayers(t, "")
	chargeReversed(t, s, charging.Initial, 0, 0)
	withoutGrant(t, s)
	if err := s.Ledger().DeleteAccount(t.Context(), s.Clock().Now(), "bob", false); err != nil {
		t.Fatal(err)
	}
	a := chargeReversed(t, s, charging.Update, 2, 60)
	if a.Result != charging.Success || a.Services[0].Result != charging.UserUnknown {
		t.Errorf("update: %d and %d in the service, want 2001 and 5030",
			a.Result, a.Services[0].Result)
	}
	a = chargeReversed(t, s, charging.Termination, 3, 0)
	if a.Result != charging.Success {
		t.Errorf("termination: %d, want 2001", a.Result)
	}
}

// withoutGrant reports usage and asks for nothing, so that nothing is reserved.
func withoutGrant(t *testing.T, s *ocssim.Server) {
	t.Helper()
	r := &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "reversed"}, Number: 1},
		Type: charging.Update, Context: "32260@3gpp.org", EndToEnd: 2, At: s.Clock().Now(),
		Services: []charging.Service{{
			Key:  charging.ServiceKey{Group: charging.Known(100)},
			Used: []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}},
		}},
	}
	if _, err := charging.Ask(t.Context(), s.Charger(), r); err != nil {
		t.Fatal(err)
	}
}

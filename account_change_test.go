package ocssim_test

import (
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

// changingSeed has an account that can move from one plan to another.
const changingSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {match: {rating_group: 1}, unit: time, per: 60s, price: 0.05 EUR, quota: {default: 300s}}
      - {match: {rating_group: 2}, unit: events, price: 0.10 EUR}
  dollars:
    currency: USD
    rules: [{unit: time, per: 60s, price: 0.20 USD, quota: {default: 300s}}]
accounts:
  - id: alice
    plan: im
    subscribers: [{e164: "15550100"}]
    balances: [{amount: 1.00 EUR}, {id: usd, amount: 5.00 USD}]
`

// A changing server is one whose account is changed while a session is open.
type changing struct {
	*testing.T
	server *ocssim.Server
	number uint32
}

func startChanging(t *testing.T) *changing {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds: []document.File{{Name: "seed.yaml", Data: []byte(changingSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &changing{T: t, server: server}
}

func (c *changing) ask(r charging.Request) *charging.Answer {
	c.Helper()
	r.Key = charging.Key{Session: charging.SessionID{ID: "s1"}, Number: c.number}
	r.Context, r.Vendor3GPP = "32260@3gpp.org", true
	r.Subscribers = []charging.Identity{{Type: charging.E164, Data: "15550100"}}
	c.number++
	r.EndToEnd = c.number
	answer, err := charging.Ask(c.Context(), direct{c.server}, &r)
	if err != nil {
		c.Fatal(err)
	}
	return answer
}

func (c *changing) moveTo(plan string) {
	c.Helper()
	account, err := c.server.Ledger().Account(c.Context(), "alice")
	if err != nil {
		c.Fatal(err)
	}
	account.Plan = plan
	now := c.server.Clock().Now()
	if _, _, err := c.server.Ledger().PutAccount(c.Context(), now, account); err != nil {
		c.Fatal(err)
	}
}

// wantMoney checks the first balances and that the books are right.
func (c *changing) wantMoney(euros, reserved string) {
	c.Helper()
	account, err := c.server.Ledger().Account(c.Context(), "alice")
	if err != nil {
		c.Fatal(err)
	}
	main := account.Balances[0]
	got := main.Amount.Unit.Of(main.Reserved).String()
	if main.Amount.String() != euros || got != reserved {
		c.Errorf("alice has %s, %s of it reserved; want %s, %s", main.Amount, got, euros, reserved)
	}
	violations, err := c.server.Ledger().Check(c.Context())
	if err != nil || len(violations) > 0 {
		c.Errorf("Check = %q, %v, want no violations", violations, err)
	}
}

func talk(seconds int64, asked bool) []charging.Service {
	service := charging.Service{
		Key: charging.ServiceKey{Group: charging.Known(1)}, Asked: asked,
	}
	if seconds > 0 {
		service.Used = []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(seconds)}}}
	}
	return []charging.Service{service}
}

func TestAnUpdateWithoutAPlanIsRefusedDebitedAndEndsItsSession(t *testing.T) {
	t.Parallel()
	c := startChanging(t)
	c.ask(charging.Request{Type: charging.Initial, Services: talk(0, true)})
	c.wantMoney("1.00 EUR", "0.25 EUR")
	c.moveTo("")
	answer := c.ask(charging.Request{Type: charging.Update, Services: talk(60, true)})
	if answer.Result != charging.RatingFailed {
		t.Errorf("the update is answered %v, want 5031", answer.Result)
	}
	c.wantMoney("0.95 EUR", "0.00 EUR")
	answer = c.ask(charging.Request{Type: charging.Termination})
	if answer.Result != charging.UnknownSessionID {
		t.Errorf("the termination is answered %v, want 5002", answer.Result)
	}
}

func TestATerminationNeedsNoPlanOfToday(t *testing.T) {
	t.Parallel()
	c := startChanging(t)
	c.ask(charging.Request{Type: charging.Initial, Services: talk(0, true)})
	c.moveTo("")
	answer := c.ask(charging.Request{Type: charging.Termination, Services: talk(120, false)})
	if answer.Result != charging.Success {
		t.Errorf("the termination is answered %v, want 2001", answer.Result)
	}
	c.wantMoney("0.90 EUR", "0.00 EUR")
}

func TestAGrantIsSettledInTheCurrencyItWasReservedIn(t *testing.T) {
	t.Parallel()
	c := startChanging(t)
	c.ask(charging.Request{Type: charging.Initial, Services: talk(0, true)})
	c.moveTo("dollars")
	c.ask(charging.Request{Type: charging.Update, Services: talk(60, true)})
	c.wantMoney("0.95 EUR", "0.00 EUR")
	c.ask(charging.Request{Type: charging.Termination, Services: talk(60, false)})
	c.wantMoney("0.95 EUR", "0.00 EUR")
}

func TestARefundIsInTheCurrencyOfItsCharge(t *testing.T) {
	t.Parallel()
	c := startChanging(t)
	three := []charging.Service{{
		Key:   charging.ServiceKey{Group: charging.Known(2)},
		Asked: true, Requested: []charging.Quantity{charging.Events.Of(3)},
	}}
	charged := c.ask(charging.Request{
		Type: charging.Event, Action: charging.DirectDebiting, Services: three,
	})
	c.wantMoney("0.70 EUR", "0.00 EUR")
	c.moveTo("dollars")
	answer := c.ask(charging.Request{
		Type: charging.Event, Action: charging.RefundAccount, Refund: charged.Refund,
	})
	if got := answer.Cost.String(); got != "0.30 EUR" {
		t.Errorf("the refund is of %s, want 0.30 EUR", got)
	}
	c.wantMoney("1.00 EUR", "0.00 EUR")
}

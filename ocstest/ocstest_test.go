package ocstest_test

import (
	"context"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/ocstest"
)

const seed = `
plans:
  im:
    currency: EUR
    rules: [{name: conference, unit: time, per: 60s, price: 0.07 EUR, quota: {default: 300s}}]
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
`

func initial() *charging.Request {
	return &charging.Request{
		Key:         charging.Key{Session: charging.SessionID{ID: "im.example.com;1;1"}},
		Type:        charging.Initial,
		Context:     "32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		Services: []charging.Service{
			{Key: charging.ServiceKey{Group: charging.Known(1)}, Asked: true},
		},
	}
}

func TestAClientIsChargedAndItsSessionSupervised(t *testing.T) {
	t.Parallel()
	ocs := ocstest.New(t, seed)
	gy, err := diameter.Dial(t.Context(), ocs.Gy(), diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = gy.Close() })
	answer, err := charging.Ask(t.Context(), gy, initial())
	if err != nil || answer.Result != charging.Success {
		t.Fatalf("CCA = %+v, %v, want 2001", answer, err)
	}
	if got := ocs.Available("alice"); got != "9.65 EUR" {
		t.Errorf("available = %s, want 9.65 EUR", got)
	}
	ocs.Advance(2 * time.Hour)
	if got := ocs.Available("alice"); got != "10.00 EUR" {
		t.Errorf("available after supervision = %s, want 10.00 EUR", got)
	}
}

func TestAScriptAnswersOnPurpose(t *testing.T) {
	t.Parallel()
	ocs := ocstest.New(t, seed)
	ocs.Script("refuse", `rules: [{when: {type: initial}, answer: {result: 4010, level: command}}]`)
	answer, err := charging.Ask(context.Background(), ocs.Server().Charger(), initial())
	if err != nil || answer.Result != charging.EndUserServiceDenied {
		t.Errorf("CCA = %+v, %v, want 4010", answer, err)
	}
}

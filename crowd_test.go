package ocssim_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const crowdSeed = `plans:
  im:
    currency: EUR
    rules:
      - name: chat
        match: {rating_group: 100}
        unit: time
        per: 60s
        price: 0.05 EUR
        quota: {default: 120s}
accounts:
  - id: alice
    plan: im
    subscribers: [{e164: "15550100"}]
    balances: [{amount: 10.00 EUR}]
`

// A hundred sessions use one account until it is empty, each on a connection of its own and each
// using all that it is granted: all of the money is spent, and no more.
func TestConcurrentSessionsSpendWhatThereIs(t *testing.T) {
	t.Parallel()
	server := startCrowd(t)
	var crowd sync.WaitGroup
	for i := range 100 {
		crowd.Go(func() { spendAll(t, server, i) })
	}
	crowd.Wait()
	checkCrowd(t, server, charging.Quantity{Unit: "EUR"})
}

// Fifty connections send the same updates of one session at once: all get the same answers, and
// each update is charged once.
func TestRepeatsAtOnceAreChargedOnce(t *testing.T) {
	t.Parallel()
	server := startCrowd(t)
	ask(t, dialCrowd(t, server, 0), crowdRequest(0, 0, 0))
	var crowd sync.WaitGroup
	for i := range 50 {
		crowd.Go(func() {
			client := dialCrowd(t, server, i)
			for number := range uint32(20) {
				r := crowdRequest(0, number+1, 60)
				r.Retransmitted = true
				want := int64(number+1) * 50_000
				if a := ask(t, client, r); a.Cost.Amount != want {
					t.Errorf("update %d costs %s so far, want %d millionths", number+1, a.Cost, want)
				}
			}
		})
	}
	crowd.Wait()
	checkCrowd(t, server, charging.Quantity{Unit: "EUR", Amount: 9_000_000})
}

func startCrowd(t *testing.T) *ocssim.Server {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds: []document.File{{Name: "crowd.yaml", Data: []byte(crowdSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func dialCrowd(t *testing.T, server *ocssim.Server, i int) *diameter.Client {
	t.Helper()
	client, err := diameter.Dial(t.Context(), server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: fmt.Sprintf("im%d.example.net", i), OriginRealm: "example.net",
		DestinationRealm: "example.net",
	})
	if err != nil {
		t.Errorf("Dial = %v, want a connection", err)
		t.FailNow()
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// crowdRequest is an initial request where number is 0, else an update that reports seconds.
func crowdRequest(session int, number uint32, seconds int64) *charging.Request {
	service := charging.Service{
		Key: charging.ServiceKey{Group: charging.Known(100)}, Asked: true,
	}
	r := &charging.Request{
		Type: charging.Initial, Context: "32260@3gpp.org",
		Key: charging.Key{
			Session: charging.SessionID{ID: fmt.Sprintf("crowd;%d", session)}, Number: number,
		},
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
	}
	if number > 0 {
		r.Type = charging.Update
		service.Used = []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(seconds)}}}
	}
	r.Services = []charging.Service{service}
	return r
}

func ask(t *testing.T, client *diameter.Client, r *charging.Request) *charging.Answer {
	t.Helper()
	a, err := charging.Ask(context.Background(), client, r)
	if err != nil || a.Result != charging.Success || len(a.Services) != 1 {
		t.Errorf("Ask(%v) = %+v, %v, want success", r.Key, a, err)
		return &charging.Answer{Services: make([]charging.ServiceAnswer, 1)}
	}
	return a
}

func spendAll(t *testing.T, server *ocssim.Server, session int) {
	t.Helper()
	client := dialCrowd(t, server, session)
	granted := ask(t, client, crowdRequest(session, 0, 0)).Services[0].Granted
	for number := uint32(1); len(granted) > 0; number++ {
		r := crowdRequest(session, number, granted[0].Amount)
		granted = ask(t, client, r).Services[0].Granted
	}
}

func checkCrowd(t *testing.T, server *ocssim.Server, want charging.Quantity) {
	t.Helper()
	account, err := server.Ledger().Account(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	if got := account.Balances[0].Amount; got != want {
		t.Errorf("alice has %s, want %s", got, want)
	}
	violations, err := server.Ledger().Check(t.Context())
	if err != nil || len(violations) > 0 {
		t.Errorf("Check = %q, %v, want no violations", violations, err)
	}
}

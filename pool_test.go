package ocssim_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

// poolSeed has a pool of services whose multipliers are proportional to the prices:
// an abstract unit is a hundredth of a euro. What is granted takes all that the account has.
const poolSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {name: voice, match: {rating_group: 1}, unit: time, price: 0.01 EUR,
         quota: {default: 50s, pool: 1}}
      - {name: message, match: {rating_group: 2}, unit: events, price: 0.03 EUR,
         quota: {default: 10 events, pool: 1, multiplier: 3, partial: true}}
      - {name: file, match: {rating_group: 3}, unit: total, price: 0.005 EUR,
         quota: {default: 40 B, pool: 1, multiplier: 0.5}}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 1.00 EUR}]}
`

// poolService is a service of the pool, with the price of a unit in millionths.
type poolService struct {
	unit  charging.Unit
	price int64
}

func poolServices() []poolService {
	return []poolService{{charging.Time, 10_000}, {charging.Events, 30_000}, {charging.Total, 5_000}}
}

// A client may use up the sum of a pool in whatever way: it never costs more than was reserved, and
// every unit is debited once.
func TestWhateverIsUsedWithinAPoolIsPaidByIt(t *testing.T) {
	t.Parallel()
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		server, err := ocssim.Start(t.Context(), ocssim.Options{
			Seeds: []document.File{{Name: "pool.yaml", Data: []byte(poolSeed)}},
		})
		if err != nil {
			r.Fatal(err)
		}
		defer func() { _ = server.Close() }()
		run++
		pool := poolRun{t: r, door: direct{server}, session: fmt.Sprintf("s%d", run)}
		pool.begin()
		for range rapid.IntRange(0, 3).Draw(r, "updates") {
			pool.report(charging.Update)
		}
		pool.report(charging.Termination)
	})
}

// A poolRun is one session, which never asks for more than it got at first.
type poolRun struct {
	t       *rapid.T
	door    direct
	session string
	number  uint32
	used    int64 // money
}

const poolMoney = 1_000_000

func (p *poolRun) ask(kind charging.RequestType, services ...charging.Service) *charging.Answer {
	request := &charging.Request{
		Key: charging.Key{
			Session: charging.SessionID{ID: p.session}, Number: p.number,
		},
		Type: kind, Context: "32260@3gpp.org", Services: services,
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
	}
	p.number++
	answer, err := charging.Ask(p.t.Context(), p.door, request)
	if err != nil {
		p.t.Fatal(err)
	}
	if answer.Result != charging.Success {
		p.t.Fatalf("%v is answered %s: %s", kind, answer.Result.Name(), answer.Message)
	}
	return answer
}

func (p *poolRun) begin() {
	var services []charging.Service
	for i := range poolServices() {
		key := charging.ServiceKey{Group: charging.Known(int64(i + 1))}
		services = append(services, charging.Service{Key: key, Asked: true})
	}
	p.ask(charging.Initial, services...)
}

// report uses some of what is left of the pool, for some of the services in any order.
func (p *poolRun) report(kind charging.RequestType) {
	var services []charging.Service
	for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(p.t, "order") {
		of := poolServices()[i]
		units := rapid.Int64Range(0, (poolMoney-p.used)/of.price).Draw(p.t, "units")
		if units == 0 {
			continue
		}
		p.used += units * of.price
		services = append(services, charging.Service{
			Key:  charging.ServiceKey{Group: charging.Known(int64(i + 1))},
			Used: []charging.Usage{{Units: []charging.Quantity{of.unit.Of(units)}}},
		})
	}
	answer := p.ask(kind, services...)
	for _, reason := range answer.Why {
		if reason.Code == charging.BecauseOverrun {
			p.t.Fatalf("usage within the pool is an overrun: %s", reason.String())
		}
	}
	if got := answer.After; got.Money.Amount != poolMoney-p.used || got.Usable < 0 {
		p.t.Fatalf("the account has %s, %d usable, want %d millionths and nothing below zero",
			got.Money, got.Usable, poolMoney-p.used)
	}
	if kind == charging.Termination && answer.After.Reserved != 0 {
		p.t.Fatalf("%d are reserved after the end, want 0", answer.After.Reserved)
	}
}

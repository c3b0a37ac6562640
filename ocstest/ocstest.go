// Package ocstest is the fixture for other people's Go tests: a whole simulator in the test's own
// process, on free ports, gone when the test ends.
//
//	func TestMyClient(t *testing.T) {
//		ocs := ocstest.New(t, `plans: ...`)
//		client := dial(ocs.Gy()) // your Gy client
//		...
//		if got := ocs.Available("alice"); got != "9.65 EUR" { ... }
//	}
//
// A test that fails logs what went over the simulator's doors. The package stands on package
// ocssim, which puts the rooms together.
package ocstest

import (
	"context"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// patience bounds every call that the fixture makes.
const patience = 10 * time.Second

// A Fixture is a simulator that belongs to one test.
type Fixture struct {
	t      testing.TB
	server *ocssim.Server
	api    *client.Client
}

// New starts a simulator with the given seed documents, YAML or JSON, and ends it with the test.
// It fails the test at once if a document is wrong.
func New(t testing.TB, seeds ...string) *Fixture {
	t.Helper()
	options := ocssim.Options{Version: "ocstest"}
	for _, seed := range seeds {
		options.Seeds = append(options.Seeds, document.File{Name: "seed", Data: []byte(seed)})
	}
	server, err := ocssim.Start(context.Background(), options)
	if err != nil {
		t.Fatalf("start ocs-sim: %v", err)
	}
	f := &Fixture{t: t, server: server, api: client.New(server.APIURL(), client.Options{})}
	t.Cleanup(f.close)
	return f
}

func (f *Fixture) close() {
	if f.t.Failed() {
		f.logExchanges()
	}
	if err := f.server.Close(); err != nil {
		f.t.Errorf("close ocs-sim: %v", err)
	}
}

// Gy is the address of the Diameter door, host:port.
func (f *Fixture) Gy() string { return f.server.DiameterAddresses()[0] }

// URL is the base address of the REST door.
func (f *Fixture) URL() string { return f.server.APIURL() }

// API is a client for the REST door: scenarios, accounts, exchanges, the clock.
func (f *Fixture) API() *client.Client { return f.api }

// Server is the simulator itself.
func (f *Fixture) Server() *ocssim.Server { return f.server }

// Script puts a scenario, written in YAML or JSON, under a name.
func (f *Fixture) Script(name, scenario string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := f.api.PutScenario(ctx, name, []byte(scenario)); err != nil {
		f.t.Fatalf("put scenario %s: %v", name, err)
	}
}

// Advance turns the charging clock on, and returns when all that falls due by then is posted.
func (f *Fixture) Advance(by time.Duration) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f.api.Advance(ctx, by); err != nil {
		f.t.Fatalf("advance the clock by %s: %v", by, err)
	}
}

// Available is what the account's first balance has left, as "9.65 EUR".
func (f *Fixture) Available(account string) string {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	found, err := f.api.Account(ctx, account)
	if err != nil {
		f.t.Fatalf("look at account %s: %v", account, err)
	}
	if len(found.Balances) == 0 {
		f.t.Fatalf("account %s has no balance", account)
	}
	return found.Balances[0].Available
}

// Verify asks whether what happened is what should have, by one verification or a list of them,
// written in YAML or JSON. What does not hold fails the test, with what came closest; it goes on.
func (f *Fixture) Verify(verifications string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience+scenarios.MaxWithin)
	defer cancel()
	report, err := f.api.Verify(ctx, []byte(verifications))
	if err != nil {
		f.t.Fatalf("verify: %v", err)
	}
	items := report.Items
	if items == nil {
		items = []scenarios.Verified{report.Verified}
	}
	for i := range items {
		if !items[i].Satisfied {
			f.t.Errorf("verify: %s", items[i].String())
		}
	}
}

// Observe tells the simulator what the test saw elsewhere, as on the SIP side of the client. The
// session may be empty.
func (f *Fixture) Observe(session, text string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := f.api.Observe(ctx, session, text); err != nil {
		f.t.Fatalf("observe %q: %v", text, err)
	}
}

// logExchanges tells what the simulator heard and said, with its reasons.
func (f *Fixture) logExchanges() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	list, err := f.api.Exchanges(ctx, client.ExchangeFilter{})
	if err != nil {
		f.t.Logf("ocs-sim: the exchanges cannot be listed: %v", err)
		return
	}
	for i := range list.Items {
		e := &list.Items[i]
		f.t.Logf("ocs-sim: #%d %s %s %s result %d: %s",
			e.Seq, e.Door, e.Session, e.Type, e.Result, strings.Join(e.Why, "; "))
	}
}

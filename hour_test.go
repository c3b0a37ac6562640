package ocssim_test

import (
	"path/filepath"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// An hour of charging time passes in less than a second of everybody else's. Other tests run at the
// same time, so that the best of a few hours counts.
func TestAnHourPassesInASecond(t *testing.T) {
	t.Parallel()
	talk := readConversation(t, "testdata/hour.conv")
	const hours = 5
	best := time.Hour
	for range hours {
		if best = min(best, playHour(t, talk)); best < time.Second {
			return
		}
	}
	t.Errorf("an hour lasted %s, want less than a second", best)
}

// playHour plays it at a server of its own, over Gy and the clock over REST, as testers do.
func playHour(t *testing.T, talk *conversation.Conversation) time.Duration {
	t.Helper()
	server := startFor(t, talk)
	gy := ocssim.NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{
		DestinationRealm: "example.net",
	})
	defer func() { _ = gy.Close() }()
	door := gy.Door(ocssim.NewControlDoor(server.APIURL(), ""))
	began := time.Now()
	report, err := talk.Play(t.Context(), door, conversation.Options{})
	lasted := time.Since(began)
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	return lasted
}

const clockSeed = `
plans:
  im:
    currency: EUR
    rules:
      - {name: all, unit: time, per: 60s, price: 0.05 EUR, quota: {default: 300s, validity: 600s}}
accounts:
  - {id: alice, plan: im, subscribers: [{private: alice}], balances: [{amount: 10.00 EUR}]}
`

func startWithClock(t *testing.T, database string) (*ocssim.Server, *client.Client) {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Database: database,
		Seeds:    []document.File{{Name: "clock.yaml", Data: []byte(clockSeed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, client.New(server.APIURL(), client.Options{})
}

// openSession opens one that is supervised for 1200 s, and returns when.
func openSession(t *testing.T, api *client.Client, id string) time.Time {
	t.Helper()
	said, err := api.PostCharge(t.Context(), &resource.Charge{
		Session: id, Type: "initial", Context: resource.DefaultContext,
		Subscriber: resource.Subscribers{{Type: charging.Private, Data: "alice"}},
		Services:   []resource.ChargeService{{Requested: &resource.Units{}}},
	})
	if err != nil || said.Result != 2001 {
		t.Fatalf("session %s is answered %+v, %v, want 2001", id, said, err)
	}
	session, err := api.Session(t.Context(), charging.SessionID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if session.Deadline.Sub(session.Opened) != 20*time.Minute {
		t.Errorf("session %s is opened at %s with the deadline %s, want 20 minutes more",
			id, session.Opened, session.Deadline)
	}
	return session.Opened
}

func isOpen(t *testing.T, api *client.Client, id string) bool {
	t.Helper()
	session, err := api.Session(t.Context(), charging.SessionID{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return session.Open
}

func turn(t *testing.T, api *client.Client, now time.Time, stopped bool) {
	t.Helper()
	change := resource.ClockChange{Now: &now, Stopped: &stopped}
	if now.IsZero() {
		change.Now = nil
	}
	if _, err := api.SetClock(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func TestTheClockIsTurnedWhileSessionsAreOpen(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "ledger.db")
	server, api := startWithClock(t, database)

	// It runs, is set ahead and runs on from there, and is moved on while it runs.
	noon := time.Date(2035, 3, 5, 12, 0, 0, 0, time.UTC)
	turn(t, api, noon, false)
	opened := openSession(t, api, "one")
	if after := opened.Sub(noon); after < 0 || after > patience {
		t.Errorf("the session is opened at %s, want at noon or soon after", opened)
	}
	if err := api.Advance(t.Context(), 15*time.Minute); err != nil {
		t.Fatal(err)
	}
	if !isOpen(t, api, "one") {
		t.Error("the session ended after 15 of 20 minutes")
	}
	if err := api.Advance(t.Context(), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	if isOpen(t, api, "one") {
		t.Error("the session is open after 20 minutes")
	}

	// It is stopped; what is due is posted at its own instant, not when the clock came by.
	turn(t, api, time.Time{}, true)
	opened = openSession(t, api, "two")
	turn(t, api, opened.Add(2*time.Hour), true)
	two, err := api.Session(t.Context(), charging.SessionID{ID: "two"})
	if err != nil || !two.Closed.Equal(opened.Add(20*time.Minute)) {
		t.Errorf("the session ended at %s (%v), want 20 minutes after %s", two.Closed, err, opened)
	}

	// A restart changes nothing about it.
	openSession(t, api, "three")
	before, err := api.Clock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	server, api = startWithClock(t, database)
	defer func() { _ = server.Close() }()
	after, err := api.Clock(t.Context())
	if err != nil || *after != *before {
		t.Errorf("the clock shows %+v (%v) after the restart, want %+v", after, err, before)
	}
	if !isOpen(t, api, "three") {
		t.Error("the session ended with the restart")
	}
	if err := api.Advance(t.Context(), 20*time.Minute); err != nil {
		t.Fatal(err)
	}
	if isOpen(t, api, "three") {
		t.Error("the session is open after 20 minutes")
	}
}

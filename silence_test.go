package ocssim_test

import (
	"errors"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
)

const silentSeed = `
plans:
  im: {currency: EUR, rules: [{name: all, unit: time, per: 60s, price: 0.05 EUR}]}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 100.00 EUR}]}
`

// errSeenAll ends following.
var errSeenAll = errors.New("all was seen")

// What nothing answers is over, too: whoever follows or waits is told of it.
func TestWhatNothingAnswersIsTold(t *testing.T) {
	t.Parallel()
	server := startSeeded(t, silentSeed)
	api := client.New(server.APIURL(), client.Options{})
	if _, err := api.PutScenario(t.Context(), "late", []byte(`{"rules": [
		{"when": {"type": "initial"}, "fault": {"delay": "1h"}}]}`)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]*client.Event{}
	filter := client.EventFilter{
		ExchangeFilter: resource.ExchangeFilter{Sent: "false"}, Events: []string{"exchange"},
	}
	err := api.Follow(t.Context(), filter, func() {
		conn := dialGy(t, server.DiameterAddresses()[0], "im.example.net")
		request := ccr{
			session: "s;1", host: "im.example.net", subscriber: "15550100",
			kind: initialRequest, group: 100, wanted: 60,
		}
		unasked := newMessage(creditControl, 0, creditControlApplication)
		unasked.text(sessionID, "s;2")
		frames := append(request.frame(1, 1), unasked.frame(7, 7)...)
		frames = append(frames, "GET / HTTP/1.1\r\nHost: ocs.example.net\r\n\r\n"...)
		if _, err := conn.Write(frames); err != nil {
			t.Error(err)
		}
	}, func(e *client.Event) error {
		x, err := e.Exchange()
		if err != nil {
			return err
		}
		seen[x.Session+x.Message] = e
		if len(seen) == 3 {
			return errSeenAll
		}
		return nil
	})
	if !errors.Is(err, errSeenAll) {
		t.Errorf("Follow = %v, saw %v", err, seen)
	}
	for _, want := range []string{"s;1CCR", "s;2CCA", ""} {
		if seen[want] == nil {
			t.Errorf("nothing was told of %q, but of %v", want, seen)
		}
	}
}

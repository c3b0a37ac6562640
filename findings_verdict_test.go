package ocssim_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Each client has its own two verdicts, the clean one as well, and they know more than is kept.
func TestEachClientHasTwoVerdicts(t *testing.T) {
	t.Parallel()
	c := culprit{t, startCourt(t, ocssim.Options{}, "")}
	api := client.New(c.server.APIURL(), client.Options{})
	clean, wrong := c.dial("im.example.net"), c.dial("wrong.example.net")
	c.ask(clean, c.request(charging.Initial, 0, 0))
	c.ask(clean, c.request(callUpdate, 1, 0))
	const many = 1200 // gaps between numbers, each of them a note
	for n := range uint32(many) {
		r := c.request(callUpdate, 2*n, 0)
		if n == 0 {
			r = c.request(charging.Initial, 0, 0)
		}
		r.Key.Session.ID, r.Origin.Host = "wrong.example.net;1;1", "wrong.example.net"
		if n == 1 {
			r.Services[0].Used[0].Units[0] = charging.Time.Of(400)
		}
		c.ask(wrong, r)
	}
	want := []scenarios.ClientVerdict{
		{Peer: "im.example.net", Requests: 2, Conforms: true, Works: true},
		{Peer: "wrong.example.net", Requests: many, Conforms: true, Warnings: 1, Notes: many - 1},
	}
	list, err := api.Findings(t.Context(), client.FindingFilter{
		FindingFilter: resource.FindingFilter{Severity: "warning"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, list.Clients); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if len(list.Items) > 0 || list.Forgotten != many-1000 || list.Dropped != 0 {
		t.Errorf("%d warnings kept, %d forgotten, %d dropped, want 0, %d, 0", len(list.Items),
			list.Forgotten, list.Dropped, many-1000)
	}
	list, err = api.Findings(t.Context(), client.FindingFilter{
		FindingFilter: resource.FindingFilter{Peer: "im.example.net"},
	})
	if err != nil || len(list.Clients) != 1 || len(list.Items) != 0 {
		t.Errorf("the clean client's findings are %+v (%v), want its verdict alone", list, err)
	}
	if err := api.ClearFindings(t.Context(), resource.FindingFilter{}); err != nil {
		t.Fatal(err)
	}
	list, err = api.Findings(t.Context(), client.FindingFilter{})
	if err != nil || len(list.Clients) != 0 || list.Forgotten != 0 {
		t.Errorf("when they were cleared, findings are %+v (%v), want none", list, err)
	}
}

// A burst of ordinary size is judged as a whole, and whoever asks for findings waits for it.
func TestBurstsAreJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	c := culprit{t, startCourt(t, ocssim.Options{}, "")}
	gy := c.dial("im.example.net")
	c.ask(gy, c.request(charging.Initial, 0, 0))
	const burst = 4000
	answered := make(chan error, burst)
	for n := range uint32(burst) {
		r := c.request(charging.Event, 1, 0) // number 1: a note each
		r.Key.Session.ID = "im.example.net;2;" + strconv.FormatUint(uint64(n), 10)
		r.Action = charging.DirectDebiting
		gy.Begin(t.Context(), gy.Frame(r), func(_ []byte, err error) { answered <- err })
	}
	for range burst {
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
	}
	api := client.New(c.server.APIURL(), client.Options{})
	list, err := api.Findings(t.Context(), client.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	want := []scenarios.ClientVerdict{{
		Peer: "im.example.net", Requests: burst + 1, Conforms: true, Works: true, Notes: burst,
	}}
	if diff := cmp.Diff(want, list.Clients); diff != "" || list.Dropped > 0 {
		t.Errorf("%d dropped, verdicts (-want +got):\n%s", list.Dropped, diff)
	}
}

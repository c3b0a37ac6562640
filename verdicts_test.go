package ocssim_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// put puts a scenario that is called x.
func (s *summoned) put(scenario string) {
	s.Helper()
	if _, err := s.api.PutScenario(s.Context(), "x", []byte(scenario)); err != nil {
		s.Fatal(err)
	}
}

// verdict waits for that of x.
func (s *summoned) verdict() scenarios.Status {
	s.Helper()
	list, err := s.api.Verdicts(s.Context(), client.ScenarioFilter{
		Names: []string{"x"}, Wait: patience,
	})
	if err != nil {
		s.Fatal(err)
	}
	return list.Items[0]
}

func (s *summoned) wantVerdict(want scenarios.Verdict, reason string) {
	s.Helper()
	got := s.verdict()
	if got.Verdict != want || !strings.Contains(got.Reason, reason) {
		s.Errorf("verdict = %s: %s, want %s: %s\n%+v",
			got.Verdict, got.Reason, want, reason, got.Counters)
	}
}

func TestARuleTopsUpAsksAndSeesWhatFollows(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	s.put(`rules:
  - when: {type: initial}
    do:
      - {after: 10ms, credit: {amount: 5.00 EUR}}
      - {rar: {}}
    expect:
      - {within: 20s, raa: {result: 2002}}
      - {within: 20s, request: {type: update}}
`)
	gy := s.dial(2002, 2001)
	s.send(gy, charging.Initial, awkward, "alice", 0)
	// A RAR follows the top-up in any case, as the account gets more; this is the rule's own.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		list, err := s.api.Summonses(ctx, charging.SessionID{ID: awkward}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) > 0 && list.Items[len(list.Items)-1].Cause == "scenario" {
			break
		}
	}
	s.send(gy, charging.Update, awkward, "alice", 1)
	s.wantVerdict(scenarios.Pass, "all is as expected")
	account, err := s.api.Account(t.Context(), "alice")
	if err != nil || account.Balances[0].Amount != "15.00 EUR" {
		t.Errorf("alice = %+v (%v), want 15.00 EUR", account, err)
	}
	list, err := s.api.Exchanges(t.Context(), client.ExchangeFilter{
		ExchangeFilter: resource.ExchangeFilter{Session: awkward, Type: "initial"},
	})
	if err != nil {
		t.Fatal(err)
	}
	why := list.Items[0].Why
	if !slices.ContainsFunc(why, func(reason string) bool {
		return strings.HasPrefix(reason, "script by x rules[0]: do[1] rar to im.client.example, as ")
	}) {
		t.Errorf("why = %q, want the RAR in it", why)
	}
}

func TestARuleAbortsAndTheClientRefuses(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	s.put(`rules:
  - {when: {type: initial}, do: [{asr: {}}], expect: {within: 100ms, asa: {result: 2001}}}
`)
	s.send(s.dial(2002, 5012), charging.Initial, awkward, "alice", 0)
	s.wantVerdict(scenarios.Fail, "nearest: an ASA with Result-Code 5012 came after")
}

func TestARuleEndsConnections(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		"dpr: {cause: busy}", "disconnect: {}", "disconnect: reset", "disconnect: {how: close}",
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := startSummoned(t, ocssim.Options{})
			s.put("rules:\n  - {when: {type: initial}, do: [{" + step + "}]}\n")
			gy := s.dial(2002, 2001)
			s.send(gy, charging.Initial, awkward, "alice", 0)
			s.wantVerdict(scenarios.Pass, "all is as expected")
			select {
			case <-gy.Done():
			case <-time.After(patience):
				t.Error("the connection is still open")
			}
		})
	}
}

func TestResetEndsWhatRulesDo(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	s.put(`rules:
  - when: {type: initial}
    do: [{after: 1h, asr: {}}]
    expect: {within: 1h, request: {type: termination}}
`)
	s.send(s.dial(2002, 2001), charging.Initial, awkward, "alice", 0)
	if err := s.api.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.api.Scenario(t.Context(), "x")
	if err == nil || !strings.Contains(err.Error(), "no scenario") {
		t.Errorf("scenario x after the reset: %v, want none", err)
	}
	if err := s.server.Close(); err != nil { // waits for all that is under way
		t.Errorf("Close = %v", err)
	}
}

// TestStepsNeedNobodyAtTheRESTDoor has a rule of the seed pay in while nobody has asked anything
// over REST yet.
func TestStepsNeedNobodyAtTheRESTDoor(t *testing.T) {
	t.Parallel()
	seed := `
plans: {im: {currency: EUR, rules: [{unit: time, per: 60s, price: 0.05 EUR}]}}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
scenarios:
  - {name: gift, rules: [{when: {type: initial}, do: [{credit: {amount: 5.00 EUR}}]}]}
`
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds: []document.File{{Name: "seed", Data: []byte(seed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	talk, err := conversation.Parse("gift", []byte("> initial s1 15550100 rg=100 want\n< 2001\n"))
	if err != nil {
		t.Fatal(err)
	}
	gy := ocssim.NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{})
	t.Cleanup(func() { _ = gy.Close() })
	report, err := talk.Play(t.Context(), gy.Door(nil), conversation.Options{})
	if err != nil || report.Err() != nil {
		t.Fatal(err, report.Err())
	}
	var told struct{ Verdict, Reason string }
	call(t, "GET", server.APIURL()+"/v1/scenarios/gift?wait=10s", "", &told)
	account, err := server.Ledger().Account(t.Context(), "alice")
	if told.Verdict != "pass" || err != nil || account.Balances[0].Amount.String() != "15.00 EUR" {
		t.Errorf("verdict %s (%s), account %+v, %v; want 5.00 EUR more",
			told.Verdict, told.Reason, account, err)
	}
}

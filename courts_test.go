package ocssim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// courtSeed has a plan for every kind of grant that a client can use wrongly.
const courtSeed = `
plans:
  im:
    currency: EUR
    rules:
      - name: conference
        match: {rating_group: 100}
        unit: time
        per: 60s
        price: 0.05 EUR
        participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
        media: {audio: 0.06 EUR}
        quota: {default: 300s}
      - {name: voice, match: {rating_group: 101}, unit: time, per: 60s, price: 0.01 EUR, quota: {default: 300s}}
      - {name: octets, match: {rating_group: 200}, unit: total, per: 1 kB, price: 0.0001 EUR, quota: {default: 100 kB}}
      - {name: up, match: {rating_group: 201}, unit: output, per: 1 kB, price: 0.0001 EUR, quota: {default: 100 kB}}
      - {name: pool-a, match: {rating_group: 301}, unit: time, per: 1s, price: 0.01 EUR, quota: {default: 60s, pool: 7}}
      - {name: pool-b, match: {rating_group: 302}, unit: events, price: 0.02 EUR, quota: {default: 10 events, pool: 7, multiplier: 2}}
      - {name: last, match: {rating_group: 400}, unit: total, per: 1 kB, price: 0.01 EUR, quota: {default: 100 kB, final: {redirect: "sip:topup@example.com"}}}
      - {name: short, match: {rating_group: 600}, unit: time, per: 60s, price: 0.01 EUR, quota: {default: 60s, validity: 90s}}
      - {name: messages, match: {rating_group: 700}, unit: events, price: 0.02 EUR, quota: {default: 5 events}}
      - {name: single, unit: time, per: 60s, price: 0.01 EUR, quota: {default: 120s}}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 1000.00 EUR}]}
  - {id: bob, plan: im, subscribers: [{e164: "15550200"}], balances: [{amount: 0.20 EUR}]}
  - {id: poor, plan: im, subscribers: [{e164: "15550300"}], balances: [{amount: 0.00 EUR}]}
`

// A charge is what one conversation over real sockets is found fault with: severity and rule of each
// finding, in the order of the rules.
type charge struct {
	name string
	talk string
	want []string
	seed string // besides courtSeed
}

func testCharges(t *testing.T, charges []charge) {
	t.Helper()
	for _, c := range charges {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := chargedWith(t, ocssim.Options{}, c)
			got := []string{}
			for _, f := range found {
				got = append(got, string(f.Severity)+" "+f.Rule)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if c.want == nil {
				c.want = []string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
				for _, f := range found {
					t.Logf("%s: %s; expected %s", f.Rule, f.Seen, f.Expected)
				}
			}
		})
	}
}

// inTurn has a conversation wait for each answer that it says nothing about.
func inTurn(talk string) string {
	var b strings.Builder
	waiting := false
	for line := range strings.Lines(talk) {
		if waiting && !strings.HasPrefix(line, "<") && !strings.HasPrefix(line, "|") {
			b.WriteString("< any\n")
		}
		waiting = strings.HasPrefix(line, ">")
		b.WriteString(strings.TrimPrefix(line, "|")) // not in turn
	}
	if waiting {
		b.WriteString("< any\n")
	}
	return b.String()
}

// chargedWith plays a conversation over Gy and returns what was found.
func chargedWith(t *testing.T, o ocssim.Options, c charge) []scenarios.Finding {
	t.Helper()
	o.Seeds = []document.File{{Name: "seed.yaml", Data: []byte(courtSeed + c.seed)}}
	server, err := ocssim.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	talk, err := conversation.Parse(c.name, []byte(inTurn(c.talk)))
	if err != nil {
		t.Fatal(err)
	}
	door := overGy(t, server)
	report, err := talk.Play(t.Context(), door, conversation.Options{Suffix: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	api := client.New(server.APIURL(), client.Options{})
	list, err := api.Findings(t.Context(), client.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

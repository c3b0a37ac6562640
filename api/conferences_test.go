package api_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/client"
)

const conferenceSeed = `plans:
  im:
    currency: EUR
    rules:
      - name: sponsored
        match: {rating_group: 100, destination: "sip:conf*"}
        unit: time
        per: 60s
        price: 0.05 EUR
        payer: called
        quota: {default: 60s}
      - name: conference
        match: {rating_group: 100}
        unit: time
        per: 60s
        price: 0.05 EUR
        participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
        quota: {default: 60s}
  dollars:
    currency: USD
    rules: [{name: all, unit: time, per: 60s, price: 0.10 USD, quota: {default: 60s}}]
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
  - {id: bob, plan: im, subscribers: [{e164: "15550101"}]}
  - {id: carol, plan: dollars, subscribers: [{e164: "15550102"}], balances: [{amount: 5.00 USD}]}
  - {id: sponsor, plan: im, subscribers: [{sip: "sip:conf/1@im.example.com"}],
     balances: [{amount: 1.00 EUR}]}
`

// join charges one request of the conference sip:conf/1%.
func (s *simulator) join(t *testing.T, session, kind string, number int, rest string) {
	t.Helper()
	got := s.want(t, 200, "POST", "/v1/charges", fmt.Sprintf(
		`{"session": %q, "type": %q, "number": %d, "conference": "sip:conf/1%%", %s}`,
		session, kind, number, rest))
	got.expect(t, float64(2001), "result")
	got.expect(t, float64(2001), "services", 0, "result")
}

func TestAConferenceHasItsSessions(t *testing.T) {
	t.Parallel()
	const want = `"services": [{"rating_group": 100, "requested": {}}]`
	s := start(t, conferenceSeed, nil)
	s.join(t, "bob;1", "initial", 0,
		`"subscriber": "15550101", "destination": "sip:conf/1@im.example.com", `+want)
	s.join(t, "focus;1", "initial", 0, `"subscriber": "15550100", "participants": 3, `+want)
	s.join(t, "carol;1", "initial", 0, `"subscriber": "15550102", `+want)
	s.join(t, "focus;1", "update", 1,
		`"participants": 3, "services": [{"rating_group": 100, "requested": {},
			"used": [{"time": "60s"}]}]`)
	s.join(t, "carol;1", "termination", 1,
		`"services": [{"rating_group": 100, "used": [{"time": "60s"}]}]`)

	path := "/v1/conferences/" + url.PathEscape("sip:conf/1%")
	got := s.want(t, 200, "GET", path, "")
	got.expect(t, "sip:conf/1%", "conference")
	got.expect(t, true, "open")
	got.expect(t, float64(3), "count")
	got.expect(t, float64(2), "open_count")
	got.expect(t, float64(3), "participants")
	got.expect(t, float64(3), "attached")
	got.expect(t, "0.07 EUR", "cost", 0)
	got.expect(t, "0.10 USD", "cost", 1)
	got.expect(t, "0.12 EUR", "reserved", 0)
	for i, want := range []struct {
		session, account, payer, role string
		open                          bool
	}{
		{"bob;1", "bob", "sponsor", "participant", true},
		{"focus;1", "alice", "alice", "focus", true},
		{"carol;1", "carol", "carol", "participant", false},
	} {
		got.expect(t, want.session, "sessions", i, "session")
		got.expect(t, want.account, "sessions", i, "account")
		got.expect(t, want.payer, "sessions", i, "payers", 0)
		got.expect(t, want.role, "sessions", i, "role")
		got.expect(t, want.open, "sessions", i, "open")
	}
	got.expect(t, "0.05 EUR", "sessions", 0, "reserved", 0)
	got.expect(t, "0.10 USD", "sessions", 2, "cost")
	session := s.want(t, 200, "GET", "/v1/sessions/bob;1", "")
	session.expect(t, "sponsor", "services", 0, "payer")

	shown, err := s.Conference(t.Context(), "sip:conf/1%")
	if err != nil || len(shown.Sessions) != 3 {
		t.Errorf("Conference = %+v, %v, want three sessions", shown, err)
	}
}

func TestConferencesArePagedAndForgotten(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for i := range 7 {
		s.want(t, 200, "POST", "/v1/charges", fmt.Sprintf(
			`{"session": "s;%d", "type": "initial", "subscriber": "15550100", "conference": "c%d"}`,
			i, (i*3)%5))
	}
	var seen []string
	for page := (client.Page{Limit: 2}); ; {
		list, err := s.Conferences(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list.Items {
			seen = append(seen, c.Conference)
		}
		if page.After = list.Next; page.After == "" {
			break
		}
	}
	if got := fmt.Sprint(seen); got != "[c0 c1 c2 c3 c4]" {
		t.Errorf("conferences in pages = %s, want [c0 c1 c2 c3 c4]", got)
	}
	s.problem(t, 404, "conference-not-found", "GET", "/v1/conferences/none", "")
	// Supervision ends the sessions; a while later nobody remembers them.
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "3h"}`)
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "3h"}`)
	s.want(t, 200, "GET", "/v1/conferences", "").expect(t, "", "next")
	s.problem(t, 404, "conference-not-found", "GET", "/v1/conferences/c1", "")
}

package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

func charge(kind string, number int, rest string) string {
	return fmt.Sprintf(`{"session": "im;1", "type": %q, "number": %d, "subscriber": "15550100"%s}`,
		kind, number, rest)
}

func TestASessionIsChargedOverREST(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.want(t, 200, "POST", "/v1/charges", charge("initial", 0,
		`, "participants": 3, "services": [{"rating_group": 100, "requested": {}}]`))
	got.expect(t, float64(2001), "result")
	got.expect(t, float64(2001), "services", 0, "result")
	got.expect(t, "300s", "services", 0, "granted")
	got.expect(t, "3600s", "services", 0, "valid_for")
	got.expect(t, "alice", "account")
	got.expect(t, false, "repeat")
	got.expect(t, "0.35 EUR", "after", "reserved")
	if why, _ := got.body["why"].([]any); len(why) == 0 {
		t.Errorf("no why in %s", got.text)
	}
	account := s.want(t, 200, "GET", "/v1/accounts/alice", "")
	account.expect(t, "0.35 EUR", "balances", 0, "reserved")
	account.expect(t, "9.65 EUR", "balances", 0, "available")
	held := s.want(t, 200, "GET", "/v1/accounts/alice/reservations", "")
	held.expect(t, "im;1", "items", 0, "session")
	held.expect(t, float64(100), "items", 0, "rating_group")
	held.expect(t, "0.35 EUR", "items", 0, "draws", 0, "amount")
	session := s.want(t, 200, "GET", "/v1/sessions/im;1", "")
	session.expect(t, true, "open")
	session.expect(t, "300s", "services", 0, "granted")
	s.want(t, 200, "GET", "/v1/sessions?account=alice", "").expect(t, "im;1", "items", 0, "session")
	s.problem(t, 409, "account-in-use", "DELETE", "/v1/accounts/alice", "")

	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "61s"}`)
	end := charge("termination", 1,
		`, "services": [{"rating_group": 100, "used": [{"time": "61s"}]}]`)
	first := s.want(t, 200, "POST", "/v1/charges", end)
	first.expect(t, "0.14 EUR", "cost")
	again := s.want(t, 200, "POST", "/v1/charges", end)
	again.expect(t, true, "repeat")
	again.expect(t, "0.14 EUR", "cost")
	s.want(t, 200, "GET", "/v1/accounts/alice", "").expect(t, "9.86 EUR", "balances", 0,
		"available")
	s.want(t, 200, "GET", "/v1/accounts/alice/postings", "").expect(t, "-0.14 EUR", "items", 1,
		"amount")
	s.want(t, 200, "GET", "/v1/ledger/check", "").expect(t, true, "ok")
	s.problem(t, 404, "session-not-found", "GET", "/v1/sessions/none%2Fsuch%3B1", "")
}

func TestACcrIOnAClosedSessionBeginsANewLife(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	begin := charge("initial", 0,
		`, "services": [{"rating_group": 100, "requested": {"time": "60s"}}]`)
	for range 2 {
		s.want(t, 200, "POST", "/v1/charges", begin).expect(t, false, "repeat")
		s.want(t, 200, "POST", "/v1/charges", begin).expect(t, true, "repeat")
		s.want(t, 200, "POST", "/v1/charges", charge("termination", 1, "")).expect(t, false,
			"repeat")
	}
}

func TestChargesNameTheirFaults(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.problem(t, 422, "invalid-document", "POST", "/v1/charges",
		`{"sesion": "x", "type": "start", "services": [{"requested": {"tim": "3s"},
			"used": [{"time": "5 EUR", "reason": "why"}]}], "participants": -1, "role": "boss"}`)
	var messages []string
	list, _ := got.body["errors"].([]any)
	for _, item := range list {
		messages = append(messages, fmt.Sprintf("%v: %v", field(t, item, "location"), field(t,
			item, "message")))
	}
	want := []string{
		`body.session: a charge needs a session, as in "session": "test;1"`,
		`body.sesion: unknown key "sesion"; did you mean "session"?`,
		`body.type: "start" is no type; use initial, update, termination or event`,
		`body.services[0].requested.tim: unknown key "tim"; did you mean "time"?`,
		`body.services[0].used[0].time: "5 EUR" does not count time`,
		`body.services[0].used[0].reason: "why" is not known; use a number, or one of threshold, ` +
			`quota_holding_time, final, quota_exhausted, validity_time, other_quota_type, ` +
			`rating_condition_change, forced_reauthorisation, pool_exhausted, unused_quota_timer`,
		`body.participants: a number of something is not below zero`,
		`body.role: "boss" is not known; use a number, or one of originating, terminating, ` +
			`forwarding`,
	}
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	exchange := s.want(t, 200, "GET", "/v1/exchanges/latest", "")
	exchange.expect(t, "rest", "door")
	exchange.expect(t, "invalid-document", "answer", "code")
}

func TestSubscribersMayBeSaidInManyWays(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for subscriber, want := range map[string]string{
		`"+15550100"`: "alice", `"tel:15550100"`: "alice", `"sip:alice@EXAMPLE.com"`: "alice",
		`{"imsi": "001010000000001"}`: "bob", `"alice"`: "alice", `15550100`: "alice",
		`[{"nai": "x@y"}, "15550100"]`: "alice", `"bob"`: "bob",
	} {
		body := `{"session": "x", "type": "event", "action": "balance",
			"subscriber": ` + subscriber + `}`
		got := s.want(t, 200, "POST", "/v1/charges", strings.Replace(body, `"x"`, fmt.Sprintf("%q",
			subscriber), 1))
		if got.body["account"] != want {
			t.Errorf("account of %s = %v, want %s: %s", subscriber, got.body["account"], want,
				got.text)
		}
	}
	s.want(t, 200, "POST", "/v1/charges", `{"session": "n", "type": "initial", "subscriber": "1999",
		"services": [{"rating_group": 100, "requested": {}}]}`).expect(t, float64(5030), "result")
}

func TestScenariosActAtTheRESTDoor(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	body := `rules:
- when: {type: initial}
  times: 1
  answer: {result: 4012, level: mscc}
- when: {type: initial}
  limit: {grant: 60s, final: {redirect: "sip:topup@example.com"}}
- when: {type: termination}
  fault: {drop: answer}
`
	s.want(t, 201, "PUT", "/v1/scenarios/refuse", body)
	begin := func(session string) string {
		return `{"session": "` + session + `", "type": "initial", "subscriber": "15550100",
			"services": [{"rating_group": 100, "requested": {"time": "300s"}}]}`
	}
	explained := s.want(t, 200, "POST", "/v1/scenarios/explain", begin("a"))
	explained.expect(t, "refuse rules[0]", "acts")
	got := s.want(t, 200, "POST", "/v1/charges", begin("a"))
	got.expect(t, float64(2001), "result")
	got.expect(t, float64(4012), "services", 0, "result")
	got = s.want(t, 200, "POST", "/v1/charges", begin("b"))
	got.expect(t, "60s", "services", 0, "granted")
	got.expect(t, "sip:topup@example.com", "services", 0, "final", "redirect")
	s.want(t, 200, "GET", "/v1/scenarios/refuse", "").expect(t, float64(1), "counters", 0, "fired")
	s.want(t, 200, "POST", "/v1/scenarios/refuse/rewind", "").expect(t, float64(0), "counters", 0,
		"fired")

	_, err := http.Post(s.url+"/v1/charges", "application/json",
		strings.NewReader(`{"session": "b", "number": 1, "type": "termination"}`))
	if !errors.Is(err, io.EOF) {
		t.Errorf("a dropped answer gives %v, want EOF", err)
	}
	s.want(t, 200, "GET", "/v1/exchanges/latest", "").expect(t, true, "dropped")
	s.dropsRequests(t)
	shown := s.want(t, 200, "GET", "/v1/scenarios/refuse", "")
	s.want(t, 200, "PUT", "/v1/scenarios/refuse", shown.text)
	s.want(t, 200, "GET", "/v1/scenarios", "").expect(t, "refuse", "items", 0, "name")
	s.want(t, 204, "DELETE", "/v1/scenarios/refuse", "")
	s.problem(t, 404, "scenario-not-found", "DELETE", "/v1/scenarios/refuse", "")
	s.problem(t, 404, "scenario-not-found", "POST", "/v1/scenarios/refuse/rewind", "")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/scenarios/x",
		"rules: [{whn: {}, pass: true}]")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/scenarios/x",
		"rules: [{when: {type: begin}, pass: true}]").
		expect(t, float64(23), "errors", 0, "column")
}

// dropsRequests checks that a dropped request is as if it had never come: asked again, it is
// charged and no repeat.
func (s *simulator) dropsRequests(t *testing.T) {
	t.Helper()
	s.want(t, 201, "PUT", "/v1/scenarios/unheard",
		`{"priority": -1, "rules": [{"times": 1, "fault": {"drop": "request"}}]}`)
	const body = `{"session": "unheard", "type": "event", "subscriber": "15550100",
		"services": [{"rating_group": 200, "requested": {"events": 1}}]}`
	before := s.want(t, 200, "GET", "/v1/accounts/alice", "").text
	if _, err := http.Post(s.url+"/v1/charges", "application/json",
		strings.NewReader(body)); !errors.Is(err, io.EOF) {
		t.Errorf("a dropped request gives %v, want EOF", err)
	}
	if after := s.want(t, 200, "GET", "/v1/accounts/alice", "").text; after != before {
		t.Errorf("after a dropped request the account is %s, want %s", after, before)
	}
	again := s.want(t, 200, "POST", "/v1/charges", body)
	again.expect(t, float64(2001), "result")
	again.expect(t, false, "repeat")
	s.want(t, 204, "DELETE", "/v1/scenarios/unheard", "")
}

func TestTheJournalHasChargesOfThisDoor(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for i, kind := range []string{"initial", "update", "termination"} {
		s.want(t, 200, "POST", "/v1/charges", charge(kind, i,
			`, "origin_host": "im.example.com", "services": [{"rating_group": 100,
				"requested": {"time": "60s"}}]`))
	}
	list := s.want(t, 200, "GET",
		"/v1/exchanges?session=im;1&type=update&door=rest&subscriber=15550100&trees=true", "")
	list.expect(t, "im.example.com", "items", 0, "peer")
	list.expect(t, float64(1), "items", 0, "number")
	list.expect(t, "im;1", "items", 0, "request", "session")
	list.expect(t, float64(2001), "items", 0, "answer", "result")
	if items, _ := list.body["items"].([]any); len(items) != 1 {
		t.Errorf("%d exchanges, want the update alone", len(items))
	}
	s.want(t, 200, "GET", "/v1/exchanges?limit=1", "").expect(t, "1", "next")
	s.want(t, 200, "GET", "/v1/exchanges?after=2", "").expect(t, "termination", "items", 0, "type")
	s.want(t, 200, "GET", "/v1/exchanges/1", "").expect(t, "initial", "type")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/99", "")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/first", "")
	s.want(t, 204, "DELETE", "/v1/exchanges", "")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/latest", "")
}

func TestTheClientIsACharger(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	request := &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "c;1"}},
		Type: charging.Initial, EndToEnd: 5,
		Context: "32260@3gpp.org", Subscribers: []charging.Identity{{
			Type: charging.IMSI,
			Data: "001010000000001",
		}},
		Information: charging.Information{Participants: charging.Known(3)},
		Services: []charging.Service{{
			Key:       charging.ServiceKey{Group: charging.Known(100)},
			Asked:     true,
			Requested: []charging.Quantity{{Amount: 300, Unit: charging.Time}},
		}},
	}
	got, err := charging.Ask(context.Background(), s.Client, request)
	if err != nil {
		t.Fatal(err)
	}
	want := []charging.ServiceAnswer{{
		Key: charging.ServiceKey{Group: charging.Known(100)}, Result: charging.Success,
		Granted: []charging.Quantity{{Amount: 60, Unit: charging.Time}}, ValidFor: time.Hour,
		Final: &charging.FinalUnit{Action: charging.Terminate}, Triggers: []uint32{40, 50},
	}}
	got.Services[0].Triggers = want[0].Triggers
	if diff := cmp.Diff(want, got.Services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	s.death = nil
	request.Key.Session.ID = ""
	if got, _ := charging.Ask(context.Background(), s.Client,
		request); got.Result != 0 || got.Message == "" {
		t.Errorf("a refused charge = %+v, want result 0 with a message", got)
	}
}

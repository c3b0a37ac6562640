package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestPlansAreVersioned(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	body := `{"currency": "EUR", "rules": [{"name": "all", "unit": "time", "per": "60s",
		"price": "0.05 EUR"}]}`
	s.want(t, 201, "PUT", "/v1/plans/chat", body).expect(t, float64(1), "version")
	same := s.want(t, 200, "PUT", "/v1/plans/chat", body)
	same.expect(t, float64(1), "version")
	s.want(t, 200, "PUT", "/v1/plans/chat", strings.Replace(same.text, "0.05", "0.06", 1)).
		expect(t, float64(2), "version")
	s.want(t, 200, "GET", "/v1/plans/chat", "").expect(t, "0.06 EUR", "rules", 0, "price")
	s.want(t, 200, "GET", "/v1/plans/chat?version=1", "").expect(t, "0.05 EUR", "rules", 0, "price")
	list := s.want(t, 200, "GET", "/v1/plans", "")
	list.expect(t, "chat", "items", 0, "name")
	list.expect(t, float64(2), "items", 0, "version")
	list.expect(t, "EUR", "items", 0, "currency")
	list.expect(t, float64(1), "items", 0, "rules")
	s.want(t, 204, "DELETE", "/v1/plans/chat", "")
	s.problem(t, 404, "plan-not-found", "GET", "/v1/plans/chat", "")
	s.problem(t, 404, "plan-not-found", "DELETE", "/v1/plans/chat", "")
	s.problem(t, 409, "plan-in-use", "DELETE", "/v1/plans/im", "")
	wrong := s.problem(t, 422, "invalid-document", "PUT", "/v1/plans/chat",
		"currency: EUR\nrules:\n- unit: time\n  prize: 1 EUR\n- unit: time\n  price: 1 USD\n")
	wrong.expect(t, float64(4), "errors", 0, "line")
	wrong.expect(t, `unknown key "prize"; did you mean "price"?`, "errors", 0, "message")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/plans/chat",
		"currency: EUR\nrules:\n- unit: time\n  price: 1 USD\n").
		expect(t, float64(10), "errors", 0, "column")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/plans/chat",
		"name: other\ncurrency: EUR\nrules: [{unit: time}]")
	warned := s.want(t, 201, "PUT", "/v1/plans/warned",
		"currency: EUR\nrules: [{unit: time}, {unit: time}]")
	if warnings, _ := warned.body["warnings"].([]any); len(warnings) != 1 {
		t.Errorf("warnings %v, want one about the second rule", warnings)
	}
}

// What cannot be read of a document hides nothing of what is wrong with its meaning.
func TestDocumentFaultsComeAllAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, c := range []struct {
		path, body string
		want       []string
	}{
		{
			"/v1/plans/chat", "currency: XXY\nrules:\n- unit: tim\n  prize: 1 EUR\n",
			[]string{"body.currency", "body.rules[0].unit", "body.rules[0].prize"},
		},
		{
			"/v1/scenarios/refused", "rules:\n- when: {type: updat}\n  time: 1\n" +
				"  answer: {result: 4012, level: top, validity: long}\n- {}\n",
			[]string{
				"body.rules[0].when.type", "body.rules[0].time",
				"body.rules[0].answer.level", "body.rules[0].answer.validity", "body.rules[1]",
			},
		},
	} {
		got := s.problem(t, 422, "invalid-document", "PUT", c.path, c.body)
		for i, want := range c.want {
			got.expect(t, want, "errors", i, "location")
		}
		if told, _ := got.body["errors"].([]any); len(told) != len(c.want) {
			t.Errorf("PUT %s tells %d faults, want %d: %v", c.path, len(told), len(c.want), told)
		}
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.want(t, 200, "POST", "/v1/quotes",
		`{"plan": "im", "rating_group": 100, "participants": 3, "units": "125s",
			"money": "0.10 EUR"}`)
	got.expect(t, "conference", "rule")
	got.expect(t, "0.07 EUR", "price")
	got.expect(t, "0.21 EUR", "cost")
	got.expect(t, "60s", "granted")
	got.expect(t, true, "last")
	s.want(t, 200, "POST", "/v1/quotes",
		"account: alice\nrating_group: 200\nkind: event\nunits: 3 events").
		expect(t, "0.15 EUR", "cost")
	s.problem(t, 422, "rating-failed", "POST", "/v1/quotes",
		`{"plan": "im", "rating_group": 7, "units": "1s"}`)
	s.problem(t, 404, "plan-not-found", "POST", "/v1/quotes", `{"plan": "no", "units": "1s"}`)
	s.problem(t, 404, "account-not-found", "POST", "/v1/quotes", `{"account": "no", "units": "1s"}`)
	s.problem(t, 422, "invalid-document", "POST", "/v1/quotes",
		`{"plan": "im", "rating_group": 100, "money": "1"}`)
	s.problem(t, 422, "unit-mismatch", "POST", "/v1/quotes",
		`{"plan": "im", "rating_group": 100, "money": "1 USD"}`)
	s.problem(t, 422, "invalid-document", "POST", "/v1/quotes",
		`{"kind": "x", "units": "y", "participants": -1}`).
		expect(t, "body.kind", "errors", 1, "location")
}

func TestTheClockIsTurnedOnlyForward(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.want(t, 200, "GET", "/v1/clock", "")
	got.expect(t, "2026-03-01T12:00:00Z", "now")
	got.expect(t, true, "stopped")
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "420s"}`).expect(t,
		"2026-03-01T12:07:00Z", "now")
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "1h"}`).expect(t, "2026-03-01T13:07:00Z",
		"now")
	s.problem(t, 409, "clock-backwards", "PUT", "/v1/clock",
		`{"now": "2026-03-01T12:00:00Z", "stopped": true}`)
	s.problem(t, 409, "clock-backwards", "POST", "/v1/clock/advances", `{"by": "-1s"}`)
	s.want(t, 200, "PUT", "/v1/clock", `{"now": "2026-04-01T12:00:00+02:00"}`).
		expect(t, "2026-04-01T10:00:00Z", "now")
	s.want(t, 200, "PUT", "/v1/clock", `{"now": "2099-04-01T12:00:00Z", "stopped": false}`).
		expect(t, false, "stopped")
	s.want(t, 200, "PUT", "/v1/clock", `{"stopped": true}`).expect(t, true, "stopped")
	if kept := s.ledger.Clock(); !kept.Stopped || kept.At.Year() != 2099 {
		t.Errorf("the ledger keeps the clock %+v, want it stopped in 2099", kept)
	}
	for _, body := range []string{`{}`, `{"now": "noon"}`, `{"nwo": "2099-05-01T12:00:00Z"}`, ``} {
		s.problem(t, 422, "invalid-document", "PUT", "/v1/clock", body)
	}
	for _, body := range []string{
		`{}`, `{"by": "1"}`, `{"by": "1.5s"}`, `{"by": "3 EUR"}`,
		`{"by": "9000000h"}`,
	} {
		s.problem(t, 422, "invalid-document", "POST", "/v1/clock/advances", body)
	}
}

func TestWhatIsDueIsPostedWhenTheClockIsTurned(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0,
		`, "services": [{"rating_group": 100, "requested": {}}]`))
	s.want(t, 200, "POST", "/v1/clock/advances", `{"by": "2h5m"}`)
	session := s.want(t, 200, "GET", "/v1/sessions/im;1", "")
	session.expect(t, false, "open")
	session.expect(t, "expired", "closed_by")
	session.expect(t, "2026-03-01T14:00:00Z", "closed")
	s.want(t, 200, "GET", "/v1/accounts/alice", "").expect(t, "0.00 EUR", "balances", 0, "reserved")
}

func TestSeedAndReset(t *testing.T) {
	t.Parallel()
	s := start(t,
		seedText+"scenarios: [{name: first, rules: [{when: {type: update}, pass: true}]}]\n", nil)
	s.want(t, 200, "GET", "/v1/seed", "").expect(t, "alice", "accounts", 0, "id")
	report := s.want(t, 200, "PUT", "/v1/seed", `{"accounts": [{"id": "alice", "plan": "im"},
		{"id": "load-{n}", "count": 1000, "plan": "im", "subscribers": [{"e164": "1777{n:07}"}]}],
		"scenarios": [{"name": "second", "rules": [{"pass": true}]}]}`)
	report.expect(t, float64(1000), "accounts")
	report.expect(t, float64(1), "kept")
	report.expect(t, "alice", "kept_ids", 0)
	report.expect(t, "second", "scenarios", 0)
	s.want(t, 200, "GET", "/v1/accounts/load-999", "").expect(t, "17770000999", "subscribers", 0,
		"e164")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/seed",
		"accounts:\n- id: a\n  plan: none\n- id: a\n")
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0,
		`, "services": [{"rating_group": 100, "requested": {}}]`))
	before := s.ledger.OriginStateID()
	s.want(t, 200, "POST", "/v1/reset", "").expect(t, float64(2), "accounts")
	if got := s.ledger.OriginStateID(); got != before+1 {
		t.Errorf("Origin-State-Id = %d, want %d", got, before+1)
	}
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/load-999", "")
	s.want(t, 200, "GET", "/v1/accounts/alice", "").expect(t, "0.00 EUR", "balances", 0, "reserved")
	s.problem(t, 404, "session-not-found", "GET", "/v1/sessions/im;1", "")
	s.problem(t, 404, "scenario-not-found", "GET", "/v1/scenarios/second", "")
	s.want(t, 200, "GET", "/v1/scenarios/first", "")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/latest", "")
	s.want(t, 200, "GET", "/v1/clock", "").expect(t, false, "stopped")
	if now := s.clock.Now(); time.Since(now).Abs() > time.Minute {
		t.Errorf("the clock shows %v after the reset, want the time of day", now)
	}
	s.want(t, 200, "POST", "/v1/charges", charge("update", 1, "")).expect(t, float64(5002),
		"result")
	s.want(t, 200, "GET", "/v1/ledger/check", "").expect(t, true, "ok")
}

func TestTheTokenGuardsAllButHealthAndHelp(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Token = "secret" })
	for _, path := range []string{
		"/healthz", "/readyz", "/openapi.yaml", "/openapi.json", "/docs",
		"/problems/unauthorized", "/",
	} {
		s.want(t, 200, "GET", path, "")
	}
	for _, path := range []string{"/v1/accounts", "/v1/clock", "/v1/nothing", "/metrics"} {
		got := s.problem(t, 401, "unauthorized", "GET", path, "")
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("GET %s does not ask for a bearer token", path)
		}
	}
	for header, want := range map[string]int{
		"Bearer secret": 200, "bearer secret": 200, "Bearer wrong": 401, "Basic secret": 401,
		"secret": 401, "Bearer ": 401,
	} {
		if got := s.ask(t, "GET", "/v1/accounts", "", "Authorization", header); got.status != want {
			t.Errorf("Authorization: %s = %d, want %d", header, got.status, want)
		}
	}
	if _, err := s.Client.Account(t.Context(), "alice"); err != nil {
		t.Errorf("the client with the token: %v", err)
	}
}

func TestHTTPsOwnTroubleIsAProblem(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.problem(t, 404, "not-found", "GET", "/v2/accounts", "")
	s.problem(t, 404, "not-found", "GET", "/problems/unheard-of", "")
	s.problem(t, 405, "method-not-allowed", "PATCH", "/v1/accounts/alice", "")
	s.problem(t, 413, "too-large", "PUT", "/v1/accounts/x", strings.Repeat(" ", api.MaxBody+1))
	if got := s.ask(t, "DELETE", "/v1/accounts/alice", "", "Sec-Fetch-Site",
		"cross-site"); got.status != 403 {
		t.Errorf("a page of another site may delete: %d", got.status)
	}
}

// What is not UTF-8, or says nothing at all, is no account, in JSON as in YAML.
func TestBodiesThatAreNoDocuments(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, body := range []string{"{\"tags\":\n[\"\xff\"]}", "tags:\n- \"\xff\"\n"} {
		s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/x", body).
			expect(t, float64(2), "errors", 0, "line")
	}
	s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/x", "null")
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/x", "")
}

// RFC 9110 section 15.5.6: a 405 tells what is allowed.
func TestWhatIsAllowedIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for path, want := range map[string]string{
		"/v1/accounts/a%2Fb": "GET, PUT, DELETE, HEAD",
		"/v1/reset":          "POST",
	} {
		got := s.ask(t, "PATCH", path, "")
		if allow := got.header.Get("Allow"); got.status != 405 || allow != want {
			t.Errorf("PATCH %s = %d, Allow %q, want 405, %q", path, got.status, allow, want)
		}
	}
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	why := errors.New("the seed is not committed yet")
	s := start(t, seedText, func(o *api.Options) { o.Ready = func() error { return why } })
	s.problem(t, 503, "not-ready", "GET", "/readyz", "").expect(t, why.Error(), "detail")
	why = nil
	s.want(t, 200, "GET", "/readyz", "").expect(t, "ok", "status")
	s.want(t, 200, "GET", "/healthz", "")
}

func TestEveryProblemHasAPage(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, code := range []charging.ErrorKind{
		charging.KindAccountNotFound, charging.KindPlanNotFound,
		charging.KindScenarioNotFound, charging.KindSessionNotFound,
		charging.KindConferenceNotFound,
		charging.KindExchangeNotFound, charging.KindInvalidDocument,
		charging.KindUnitMismatch, charging.KindInsufficientCredit,
		charging.KindAccountInUse, charging.KindPlanInUse,
		charging.KindClockBackwards, charging.KindUnauthorized,
		charging.KindLedgerStopped,
	} {
		got := s.want(t, http.StatusOK, "GET", fmt.Sprintf("/problems/%s", code), "")
		if !strings.Contains(got.text, string(code)) {
			t.Errorf("the page of %s does not name it", code)
		}
	}
	for _, page := range []string{"/", "/docs", "/problems"} {
		got := s.want(t, http.StatusOK, "GET", page, "")
		if strings.Contains(got.text, "https://") || strings.Contains(got.text, "<script") {
			t.Errorf("%s needs a script or another site", page)
		}
	}
}

func TestAStoppedLedgerIsSaidAtEveryDoor(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	if err := s.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	for _, request := range [][3]string{
		{"GET", "/readyz", ""},
		{"POST", "/v1/accounts/alice/credits", `{"amount": "1 EUR"}`},
		{"POST", "/v1/charges", `{"session": "a", "type": "initial"}`},
		{"POST", "/v1/clock/advances", `{"by": "1s"}`},
		{"POST", "/v1/reset", ""},
	} {
		s.problem(t, 503, "ledger-stopped", request[0], request[1], request[2])
	}
	s.want(t, 200, "GET", "/healthz", "")
	if now := s.clock.Now(); now.Year() != 2026 || now.Month() != time.March {
		t.Errorf("the clock shows %v after changes that failed, want it unchanged", now)
	}
}

func TestHeadIsAnswered(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, path := range []string{"/healthz", "/v1/accounts/alice"} {
		if got := s.ask(t, "HEAD", path, ""); got.status != 200 || got.text != "" {
			t.Errorf("HEAD %s = %d %q, want 200 without a body", path, got.status, got.text)
		}
	}
}

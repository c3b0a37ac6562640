package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// charge sends a charge of alice over REST.
func (s *simulator) chargeAlice(t testing.TB, words string) reply {
	t.Helper()
	return s.want(t, http.StatusOK, "POST", "/v1/charges",
		`{"session": "s1", "subscriber": "15550100", "context": "32260@3gpp.org", `+words+`}`)
}

const untilTermination = `rules:
  - when: {type: initial}
    times: 1
    expect: {within: 10m, request: {type: termination}}
`

func TestVerdictsOverREST(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/x", untilTermination)
	verdict := func(path, want string) {
		t.Helper()
		got := s.want(t, http.StatusOK, "GET", path, "")
		if got.body["verdict"] != want {
			t.Errorf("GET %s: verdict %v, want %s: %s", path, got.body["verdict"], want, got.text)
		}
	}
	verdict("/v1/scenarios/x", "pending")
	s.chargeAlice(t, `"type": "initial", "services": [{"rating_group": 100, "requested": {}}]`)
	verdict("/v1/scenarios/x?wait=10ms", "pending")
	waited := make(chan reply, 1)
	go func() { waited <- s.ask(t, "GET", "/v1/scenarios/x?wait=50s", "") }()
	s.chargeAlice(t, `"type": "termination", "number": 1`)
	if got := <-waited; got.body["verdict"] != "pass" {
		t.Errorf("waited for verdict %v, want pass: %s", got.body["verdict"], got.text)
	}
	// What was read can be put again.
	s.want(t, http.StatusOK, "PUT", "/v1/scenarios/x",
		s.want(t, http.StatusOK, "GET", "/v1/scenarios/x", "").text)
	verdict("/v1/scenarios/x", "pending")
	s.want(t, http.StatusNotFound, "GET", "/v1/scenarios/nobody?wait=50s", "")
	s.want(t, http.StatusNotFound, "GET", "/v1/scenarios?name=nobody", "")
	s.want(t, http.StatusUnprocessableEntity, "GET", "/v1/scenarios/x?wait=soon", "")
}

func TestAStoppedClockDecidesWithoutWaiting(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/x", untilTermination)
	s.chargeAlice(t, `"type": "initial", "services": [{"rating_group": 100, "requested": {}}]`)
	waited := make(chan reply, 1)
	go func() { waited <- s.ask(t, "GET", "/v1/scenarios/x?wait=50s", "") }()
	s.want(t, http.StatusOK, "POST", "/v1/clock/advances", `{"by": "601s"}`)
	if got := <-waited; got.body["verdict"] != "fail" {
		t.Errorf("waited for verdict %v, want fail: %s", got.body["verdict"], got.text)
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/good",
		`{"tags": ["ci"], "rules": [{"when": {"type": "initial"}, "times": 1, "pass": true},
			{"when": {"type": "termination"}, "pass": true}]}`)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/bad", `{"rules": [
		{"when": {"type": "update"}, "do": [{"debit": {"amount": "99.00 EUR"}}]},
		{"when": {"type": "event"}, "times": 1, "pass": true}]}`)
	s.chargeAlice(t, `"type": "initial", "services": [{"rating_group": 100, "requested": {}}]`)
	s.chargeAlice(t, `"type": "update", "number": 1`)
	s.want(t, http.StatusOK, "GET", "/v1/scenarios/bad?wait=50ms", "")
	got := s.want(t, http.StatusOK, "GET", "/v1/scenarios.junit", "")
	for _, want := range []string{
		`<testsuites tests="4" failures="1" errors="1" time="0.000">`,
		`<testsuite name="good" tests="2" failures="0" errors="0" skipped="1" time="0.000">`,
		`<skipped message="never fired: no request matched"></skipped>`,
		`<error message="never fired: no request matched" type="pending"></error>`,
		`<failure message="do[0] of s1: debit was not possible: `,
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("JUnit has no %s:\n%s", want, got.text)
		}
	}
	if kind := got.header.Get("Content-Type"); kind != "application/xml" {
		t.Errorf("content type %s, want application/xml", kind)
	}
	one := s.want(t, http.StatusOK, "GET", "/v1/scenarios?format=junit&name=good", "")
	if !strings.Contains(one.text, `<testsuites tests="2"`) || strings.Contains(one.text, `"bad"`) {
		t.Errorf("JUnit of one = %s, want that of good alone", one.text)
	}
}

func TestStepsMoveMoney(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/x", `rules:
  - when: {type: initial}
    times: 1
    do:
      - {credit: {amount: 2.00 EUR}}
      - {debit: {account: bob, amount: 0.05 EUR, reference: gift}}
      - {advance: 1h}
      - {rar: {}}
`)
	s.chargeAlice(t, `"type": "initial", "services": [{"rating_group": 100, "requested": {}}]`)
	got := s.want(t, http.StatusOK, "GET", "/v1/scenarios/x?wait=50s", "")
	// Nobody can be asked who came over REST, and that is said.
	const reason = "do[3] of s1: rar was not possible: the session was opened over REST"
	if !strings.Contains(got.text, reason) {
		t.Errorf("scenario = %s, want a RAR that is not possible", got.text)
	}
	for account, want := range map[string]string{"alice": "12.00 EUR", "bob": "0.05 EUR"} {
		got := s.want(t, http.StatusOK, "GET", "/v1/accounts/"+account, "")
		if !strings.Contains(got.text, `"amount":"`+want+`"`) {
			t.Errorf("%s = %s, want %s", account, got.text, want)
		}
	}
	if now := s.clock.Now(); now.Hour() != 13 {
		t.Errorf("the clock shows %s, want an hour after noon", now)
	}
}

func TestDeleteByTag(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, path := range []string{"/v1/scenarios/a", "/v1/scenarios/b"} {
		s.want(t, http.StatusCreated, "PUT", path, `{"tags": ["ci"], "rules": [{"pass": true}]}`)
	}
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/c", `{"rules": [{"pass": true}]}`)
	s.want(t, http.StatusCreated, "PUT", "/v1/accounts/carol", `{"plan": "im", "tags": ["ci"],
		"subscribers": [{"e164": "15550103"}], "balances": [{"amount": "1.00 EUR"}]}`)
	for _, path := range []string{"/v1/scenarios", "/v1/accounts"} {
		s.want(t, http.StatusUnprocessableEntity, "DELETE", path, "")
		s.want(t, http.StatusUnprocessableEntity, "DELETE", path+"?tag=", "")
	}
	if got := s.want(t, http.StatusOK, "DELETE", "/v1/scenarios?tag=ci", ""); got.text !=
		"{\"deleted\":2}\n" {
		t.Errorf("deleted scenarios: %s, want 2", got.text)
	}
	s.want(t, http.StatusOK, "GET", "/v1/scenarios/c", "")
	if got := s.want(t, http.StatusOK, "DELETE", "/v1/accounts?tag=ci", ""); got.text !=
		"{\"deleted\":1}\n" {
		t.Errorf("deleted accounts: %s, want 1", got.text)
	}
	s.want(t, http.StatusOK, "GET", "/v1/accounts/alice", "")
	s.want(t, http.StatusNotFound, "GET", "/v1/accounts/carol", "")
}

// TestLastMinuteAtJoin is the example that the documents begin with, as it is written there.
func TestLastMinuteAtJoin(t *testing.T) {
	t.Parallel()
	seed, err := os.ReadFile(filepath.Join("testdata", "last-minute-at-join.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		then    func(testing.TB, *simulator)
		verdict string
		reason  string
	}{
		"a client that reports and asks for no more": {
			func(t testing.TB, s *simulator) {
				got := s.chargeAlice(t, `"type": "update", "number": 2,
					"services": [{"rating_group": 100, "used": [{"time": "60s"}]}]`)
				if !strings.Contains(got.text, `"result":4012`) {
					t.Errorf("the report is answered %s, want 4012 in its MSCC", got.text)
				}
			}, "pass", "all is as expected",
		},
		"a client that ends its session": {
			func(t testing.TB, s *simulator) {
				at := s.clock.Now()
				s.charger.Charge(t.Context(), &charging.Request{
					Key:  charging.Key{Session: charging.SessionID{ID: "s1"}, Number: 2},
					Type: charging.Termination, At: at,
				}, func(*charging.Answer) {})
			}, "pass", "all is as expected",
		},
		"a client that goes on as if nothing had been": {
			func(t testing.TB, s *simulator) {
				s.chargeAlice(t, `"type": "update", "number": 2, "services": [{"rating_group": 100,
					"requested": {"time": "300s"}, "used": [{"time": "60s"}]}]`)
				s.want(t, http.StatusOK, "POST", "/v1/clock/advances", `{"by": "76s"}`)
			}, "fail", "Requested-Service-Unit was 300s, wanted absent",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, string(seed), nil)
			s.chargeAlice(t, `"type": "initial", "participants": 2,
				"services": [{"rating_group": 100, "requested": {}}]`)
			join := s.chargeAlice(t, `"type": "update", "number": 1, "participants": 3,
				"services": [{"rating_group": 100, "requested": {}, "used": [{"time": "60s"}]}]`)
			if !strings.Contains(join.text, `"granted":"60s"`) ||
				!strings.Contains(join.text, `"final":"terminate"`) {
				t.Fatalf("the join is answered %s, want the last minute", join.text)
			}
			test.then(t, s)
			got := s.want(t, http.StatusOK, "GET", "/v1/scenarios/last-minute-at-join?wait=5s", "")
			reason, _ := got.body["reason"].(string)
			if got.body["verdict"] != test.verdict || !strings.Contains(reason, test.reason) {
				t.Errorf("verdict %v: %s, want %s: %s",
					got.body["verdict"], reason, test.verdict, test.reason)
			}
		})
	}
}

func TestAnObservationIsExpected(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, http.StatusCreated, "PUT", "/v1/scenarios/x", `rules:
  - when: {type: initial}
    expect: {within: 2s, observation: "200 OK*"}
`)
	s.chargeAlice(t, `"type": "initial", "services": [{"rating_group": 100, "requested": {}}]`)
	s.want(t, http.StatusCreated, "POST", "/v1/observations",
		`{"session": "s1", "text": "200 OK to INVITE"}`)
	got := s.want(t, http.StatusOK, "GET", "/v1/scenarios/x", "")
	if got.body["verdict"] != "pass" {
		t.Errorf("verdict %v, want pass: %s", got.body["verdict"], got.text)
	}
}

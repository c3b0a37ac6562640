package api_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// taggedSeed is what a test job leaves behind: accounts and a scenario with its tag.
func taggedSeed(t *testing.T) *simulator {
	t.Helper()
	s := start(t, seedText, nil)
	for n := range 3 {
		s.want(t, 201, "PUT", fmt.Sprintf("/v1/accounts/ci-%d", n), fmt.Sprintf(`{"plan": "im",
			"subscribers": [{"e164": "1555900%d"}], "balances": [{"amount": "1.00 EUR"}],
			"tags": ["ci", "nightly"]}`, n))
	}
	s.want(t, 201, "PUT", "/v1/scenarios/late", `{"tags": ["ci"],
		"rules": [{"fault": {"delay": "1ms"}}]}`)
	return s
}

func openOn(t *testing.T, s *simulator, subscriber string) {
	t.Helper()
	s.want(t, 200, "POST", "/v1/charges", `{"session": "`+subscriber+`", "type": "initial",
		"subscriber": "`+subscriber+`", "context": "32260@3gpp.org",
		"services": [{"rating_group": 100, "requested": {}}]}`)
}

func TestAllThatHasATagGoesWithOneCall(t *testing.T) {
	t.Parallel()
	s := taggedSeed(t)
	want := []any{"ci-0", "ci-1", "ci-2"}
	for _, method := range []string{"GET", "DELETE"} {
		got := s.want(t, 200, method, "/v1/tags/ci", "")
		if diff := cmp.Diff(want, got.body["accounts"]); diff != "" {
			t.Errorf("%s: accounts (-want +got):\n%s", method, diff)
		}
		got.expect(t, "late", "scenarios", 0)
	}
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/ci-1", "")
	s.problem(t, 404, "scenario-not-found", "GET", "/v1/scenarios/late", "")
	s.want(t, 200, "GET", "/v1/accounts/alice", "")
	if got := s.want(t, 200, "DELETE", "/v1/tags/ci", ""); len(got.body["accounts"].([]any)) > 0 {
		t.Errorf("the second DELETE = %s, want nothing", got.text)
	}
}

// Where one account cannot go, none goes: half a fixture is worse than a whole one.
func TestNothingWithATagGoesWhereASessionIsOpen(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/tags/ci", "/v1/accounts?tag=nightly"} {
		s := taggedSeed(t)
		openOn(t, s, "15559001")
		got := s.problem(t, 409, "account-in-use", "DELETE", path, "")
		got.expect(t, "sessions are open on 1 of 3 accounts, and nothing was deleted: ci-1", "detail")
		got.expect(t, "end them first, or delete with ?force=true", "hint")
		s.want(t, 200, "GET", "/v1/accounts/ci-0", "")
		s.want(t, 200, "GET", "/v1/scenarios/late", "")
		force := path + "?force=true"
		if path != "/v1/tags/ci" {
			force = path + "&force=true"
		}
		s.want(t, 200, "DELETE", force, "")
		for n := range 3 {
			s.problem(t, 404, "account-not-found", "GET", fmt.Sprintf("/v1/accounts/ci-%d", n), "")
		}
		s.want(t, 200, "GET", "/v1/ledger/check", "").expect(t, true, "ok")
	}
}

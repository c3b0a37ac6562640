package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
)

func TestOrdersOfSandboxes(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 201, "POST", "/v1/sandboxes", `{"name": "job-7"}`).expect(t, "job-7", "name")
	for body, column := range map[string]float64{
		`{"ttl": "soon"}`:           9,
		`{"ttl": "25h"}`:            9,
		`{"ttl": "0s"}`:             9,
		`{"name": "a/b"}`:           10,
		`{"nmae": "x"}`:             2,
		`{"seed": {"acounts": []}}`: 11,
		`{"seed": {"accounts": [{"id": "", "x":1}]}}`: 31,
		`{"name": ".."}`:      10,
		`{"name": "a b"}`:     10,
		`{"name": "a\\b"}`:    10,
		`{"name": "a\u0000"}`: 10,
		`{"tags": "ci"}`:      10,
		`[1]`:                 1,
	} {
		got := s.problem(t, 422, "invalid-document", "POST", "/v1/sandboxes", body)
		got.expect(t, column, "errors", 0, "column")
	}
	s.problem(t, 404, "sandbox-not-found", "GET", "/v1/sandboxes/job-8", "")
	s.problem(t, 404, "sandbox-not-found", "DELETE", "/v1/sandboxes/job-8", "")
}

func TestAllThatIsWrongWithASandboxIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.problem(t, 422, "invalid-document", "POST", "/v1/sandboxes", `{
  "ttl": "soon",
  "seed": {"accounts": [{"id": "alice", "plan": "nowhere"}], "plans": {"im": {"curency": "EUR"}}},
  "name": "a/b"}`)
	var places []string
	for _, fault := range got.body["errors"].([]any) {
		places = append(places, fault.(map[string]any)["location"].(string))
	}
	want := []string{
		"body.ttl", "body.seed.accounts[0].plan", "body.seed.plans.im.currency",
		"body.seed.plans.im.curency", "body.name",
	}
	for _, place := range want {
		if !slices.Contains(places, place) {
			t.Errorf("no fault at %s; there are %v", place, places)
		}
	}
}

func TestASandboxNeedsNoBodyAndTakesALargeOne(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 201, "POST", "/v1/sandboxes", "")
	large := "seed: {accounts: []}\n" + strings.Repeat("# as much as it may\n", api.MaxBody/15)
	s.want(t, 201, "POST", "/v1/sandboxes", large)
}

// What the simulator's own seed made known is not known to another seed, which may say it anew.
func TestASandboxesSeedMayHaveTheSimulatorsAVPs(t *testing.T) {
	t.Parallel()
	const acme = `{"dictionary": [{"name": "Acme-Tier", "code": 1, "vendor": 99999, "type": "%s"}]}`
	s := start(t, seedText, nil)
	s.want(t, 200, "PUT", "/v1/seed", fmt.Sprintf(acme, "Unsigned32"))
	s.want(t, 201, "POST", "/v1/sandboxes", `{"seed": `+fmt.Sprintf(acme, "UTF8String")+`}`)
}

func TestASandboxHasNoSandboxes(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Sandboxes = nil })
	s.want(t, 200, "GET", "/v1/sandboxes", "").expect(t, "", "next")
	s.problem(t, 404, "sandbox-not-found", "POST", "/v1/sandboxes", `{"name": "job"}`)
	s.want(t, 200, "DELETE", "/v1/sandboxes?tag=ci", "").expect(t, 0.0, "deleted")
}

package api_test

import (
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
	} {
		got := s.problem(t, 422, "invalid-document", "POST", "/v1/sandboxes", body)
		got.expect(t, column, "errors", 0, "column")
	}
	s.problem(t, 404, "sandbox-not-found", "GET", "/v1/sandboxes/job-8", "")
	s.problem(t, 404, "sandbox-not-found", "DELETE", "/v1/sandboxes/job-8", "")
}

func TestASandboxHasNoSandboxes(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Sandboxes = nil })
	s.want(t, 200, "GET", "/v1/sandboxes", "").expect(t, "", "next")
	s.problem(t, 404, "sandbox-not-found", "POST", "/v1/sandboxes", `{"name": "job"}`)
}

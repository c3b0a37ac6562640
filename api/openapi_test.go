package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
)

// update rewrites the golden files: go test ./api -run Golden -update.
var update = flag.Bool("update", false, "rewrite golden files")

func TestOpenAPIGolden(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	got := s.want(t, http.StatusOK, "GET", "/openapi.yaml", "")
	if kind := got.header.Get("Content-Type"); kind != "application/openapi+yaml" {
		t.Errorf("content type %s, want application/openapi+yaml", kind)
	}
	path := filepath.Join("testdata", "openapi.yaml")
	if *update {
		if err := os.WriteFile(path, []byte(got.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.text); diff != "" {
		t.Errorf("openapi.yaml changed; review it and run with -update (-want +got):\n%s", diff)
	}
}

// An operation is what the test below reads of the description.
type operation struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
	RequestBody struct {
		Content map[string]struct {
			Example json.RawMessage `json:"example"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct {
			Example json.RawMessage `json:"example"`
		} `json:"content"`
	} `json:"responses"`
}

func TestEveryOperationIsDescribedAndItsExampleWorks(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	var description struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	text := s.want(t, http.StatusOK, "GET", "/openapi.json", "").text
	if err := json.Unmarshal([]byte(text), &description); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("{id}", "example", "{name}", "example", "{seq}", "latest")
	for path, operations := range description.Paths {
		for method, op := range operations {
			t.Run(op.OperationID, func(t *testing.T) {
				if op.Summary == "" || op.Description == "" {
					t.Error("no summary or description")
				}
				body := op.RequestBody.Content["application/json"].Example
				if len(op.RequestBody.Content) > 0 && len(body) == 0 {
					t.Error("no example of the body")
				}
				for media, success := range op.Responses["200"].Content {
					if len(success.Example) == 0 {
						t.Errorf("no example of the answer in %s", media)
					}
				}
				if len(body) == 0 {
					return
				}
				// A simulator of its own, with an account that nobody's example is about.
				own := start(t,
					seedText+"  - {id: example, plan: im, subscribers: [{private: example}], "+
						"balances: [{amount: 10 EUR}]}\n",
					func(o *api.Options) { o.Summons = agreeable(t, charging.Success) })
				own.open(t, "example", "example", "im.example.com")
				own.want(t, http.StatusNoContent, "DELETE", "/v1/accounts/alice", "")
				own.want(t, http.StatusNoContent, "DELETE", "/v1/exchanges", "")
				if strings.HasPrefix(path, "/v1/scenarios/{name}/") {
					own.want(t, http.StatusCreated, "PUT", "/v1/scenarios/example",
						`{"rules": [{"pass": true}]}`)
				}
				got := own.ask(t, strings.ToUpper(method), names.Replace(path), string(body))
				if got.status >= 300 {
					t.Errorf("the example %s is answered %d: %s", body, got.status, got.text)
				}
			})
		}
	}
	if !bytes.Contains([]byte(text), []byte(`"3.1.0"`)) {
		t.Error("the description is not of OpenAPI 3.1.0")
	}
}

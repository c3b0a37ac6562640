package ocssim_test

import (
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// busyPort is a port that a simulator listens on, as one who names its port in a configuration.
func busyPort(t testing.TB) string {
	t.Helper()
	first, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	address := first.DiameterAddresses()[0]
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}

func TestASandboxTakesPortsOfItsOwnWhereTheSimulatorHasFixedOnes(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Diameter: []string{busyPort(t), "127.0.0.1:0?origin-host=second.example.net"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, name := range []string{"first", "second"} {
		var sandbox api.Sandbox
		status := call(t, "POST", server.APIURL()+"/v1/sandboxes", `{"name": "`+name+`"}`, &sandbox)
		if status != 201 || len(sandbox.Diameter) != 2 {
			t.Errorf("sandbox %s = %d with the doors %v, want 201 and a failover pair",
				name, status, sandbox.Diameter)
		}
	}
}

func TestASandboxOfASimulatorWithListenersAlone(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{Listeners: []ocssim.Listener{
		{Address: "127.0.0.1:0", OriginHost: "only.example.net"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var sandbox api.Sandbox
	if status := call(t, "POST", server.APIURL()+"/v1/sandboxes", `{}`, &sandbox); status != 201 ||
		len(sandbox.Diameter) != 1 {
		t.Errorf("POST = %d with the doors %v, want 201 and one", status, sandbox.Diameter)
	}
}

// A sandbox of a simulator with TLS has TLS, too, and says so.
func TestASandboxKeepsTLS(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Diameter: []string{"tls://127.0.0.1:0"},
		TLS:      &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var sandbox api.Sandbox
	call(t, "POST", server.APIURL()+"/v1/sandboxes", `{}`, &sandbox)
	if len(sandbox.Diameter) != 1 || !strings.HasPrefix(sandbox.Diameter[0], "tls://") {
		t.Fatalf("doors = %v, want one with tls://", sandbox.Diameter)
	}
	client, err := diameter.Dial(t.Context(), sandbox.Diameter[0], diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com",
		TLS: &tls.Config{InsecureSkipVerify: true},
	})
	if err != nil {
		t.Fatalf("dial %s: %v", sandbox.Diameter[0], err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

// Records for offline charging are the simulator's: a sandbox neither writes nor reads that file.
func TestASandboxLeavesTheFileOfRecordsAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "records.jsonl")
	server, err := ocssim.Start(t.Context(), ocssim.Options{Records: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var sandbox api.Sandbox
	if status := call(t, "POST", server.APIURL()+"/v1/sandboxes", `{}`, &sandbox); status != 201 {
		t.Fatalf("POST = %d, want 201", status)
	}
	if response, err := http.Get(sandbox.API + "/readyz"); err != nil || response.StatusCode != 200 {
		t.Errorf("the sandbox is not ready: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || len(text) > 0 {
		t.Errorf("records = %q, %v, want an empty file", text, err)
	}
}

// Without a seed of its own a sandbox begins as the simulator did, whatever happened since.
func TestASandboxBeginsWithTheStartUpSeed(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		Seeds: []document.File{{Name: "seed.yaml", Data: []byte(`
plans:
  im: {currency: EUR, rules: [{unit: time, per: 60s, price: 0.05 EUR}]}
accounts:
  - {id: alice, plan: im, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
scenarios:
  - {name: refused, rules: [{when: {type: event}, answer: {result: 4012}}]}
`)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	call(t, "POST", server.APIURL()+"/v1/accounts/alice/debits", `{"amount": "9.00 EUR"}`, nil)
	call(t, "DELETE", server.APIURL()+"/v1/scenarios/refused", "", nil)
	for _, order := range []string{``, `{}`, `{"seed": null}`} {
		var sandbox api.Sandbox
		call(t, "POST", server.APIURL()+"/v1/sandboxes", order, &sandbox)
		var alice struct{ Balances []struct{ Amount string } }
		call(t, "GET", sandbox.API+"/v1/accounts/alice", "", &alice)
		if len(alice.Balances) != 1 || alice.Balances[0].Amount != "10.00 EUR" {
			t.Errorf("%q: balances = %v, want those of the start", order, alice.Balances)
		}
		if status := call(t, "GET", sandbox.API+"/v1/scenarios/refused", "", nil); status != 200 {
			t.Errorf("%q: the scenario of the start = %d, want 200", order, status)
		}
	}
	var empty api.Sandbox
	call(t, "POST", server.APIURL()+"/v1/sandboxes", `{"seed": {}}`, &empty)
	if status := call(t, "GET", empty.API+"/v1/accounts/alice", "", nil); status != 404 {
		t.Errorf("an account in a sandbox with an empty seed = %d, want 404", status)
	}
}

// An address that somebody has is the caller's to choose anew; one that cannot be is a mistake.
func TestASandboxListensWhereItIsTold(t *testing.T) {
	t.Parallel()
	server := simulator(t)
	url, free := server.APIURL()+"/v1/sandboxes", busyPort(t)
	var sandbox api.Sandbox
	status := call(t, "POST", url, `{"diameter": ["`+free+`"], "api": "127.0.0.1:0"}`, &sandbox)
	if status != 201 || len(sandbox.Diameter) != 1 || sandbox.Diameter[0] != free {
		t.Errorf("POST = %d with the doors %v, want 201 and %s", status, sandbox.Diameter, free)
	}
	for order, want := range map[string]string{
		`{"diameter": ["` + free + `"]}`:      "address-in-use",
		`{"diameter": ["nowhere"]}`:           "invalid-document",
		`{"diameter": ["tls://127.0.0.1:0"]}`: "invalid-document",
		`{"api": "nowhere"}`:                  "invalid-document",
		`{"api": "0.0.0.0:0"}`:                "invalid-document",
		`{"api": "192.0.2.1:1"}`:              "invalid-document",
	} {
		var problem struct{ Code, Detail string }
		if status := call(t, "POST", url, order, &problem); status < 400 || problem.Code != want {
			t.Errorf("%s = %d %s: %s, want %s", order, status, problem.Code, problem.Detail, want)
		}
		if want == "address-in-use" && strings.Contains(problem.Detail, "--diameter") {
			t.Errorf("%s: %s; want no advice about flags of serve", order, problem.Detail)
		}
	}
}

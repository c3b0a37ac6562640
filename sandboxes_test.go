package ocssim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
)

// call asks a control API and decodes its answer.
func call(t testing.TB, method, url, body string, into any) (status int) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
		return 0
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
	}
	if into != nil {
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(into); err != nil {
			t.Errorf("%s %s = %d %s: %v", method, url, response.StatusCode, text, err)
		}
	}
	return response.StatusCode
}

// TestSandboxesAreWorldsOfTheirOwn runs the same identities, Session-Ids and names in 200 sandboxes
// at a time, each with another price, clock, scenario, dictionary and client, so that cross-talk
// shows: in somebody's balance, journal, stream, capture, findings or verdict.
func TestSandboxesAreWorldsOfTheirOwn(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var all sync.WaitGroup
	for n := 1; n <= jobs; n++ {
		all.Go(func() { (&job{n: n, url: server.APIURL()}).run(t) })
	}
	all.Wait()
	var left struct{ Items []api.Sandbox }
	call(t, "GET", server.APIURL()+"/v1/sandboxes", "", &left)
	if len(left.Items) > 0 {
		t.Errorf("%d sandboxes are left, want none", len(left.Items))
	}
	var exchanges struct{ Items []any }
	call(t, "GET", server.APIURL()+"/v1/exchanges", "", &exchanges)
	if len(exchanges.Items) > 0 {
		t.Errorf("the simulator's own journal has %d exchanges, want none", len(exchanges.Items))
	}
}

func TestSandboxesEndWithTheirTime(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	url := server.APIURL() + "/v1/sandboxes"
	var first, chosen api.Sandbox
	call(t, "POST", url, `{"name": "short", "ttl": "1ms"}`, &first)
	if status := call(t, "POST", url, `{}`, &chosen); status != 201 || chosen.Name == "" {
		t.Errorf("a sandbox without a name = %d %q, want one chosen", status, chosen.Name)
	}
	if status := call(t, "POST", url, `{"name": "`+chosen.Name+`"}`, nil); status != 409 {
		t.Errorf("a name twice = %d, want 409", status)
	}
	deadline := time.Now().Add(20 * time.Second)
	for call(t, "GET", url+"/short", "", nil) != 404 {
		if time.Now().After(deadline) {
			t.Fatal("a sandbox outlives its time")
		}
	}
	if status := call(t, "GET", chosen.API+"/v1/sandboxes/x", "", nil); status != 404 {
		t.Errorf("a sandbox's own sandboxes = %d, want 404", status)
	}
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if _, err := http.Get(chosen.API + "/healthz"); err == nil {
		t.Error("a sandbox outlives its simulator")
	}
}

// TestSandboxesBesideAPortThatIsTaken wants a port of its own for each listener, whatever the
// server has: a fixed one, or listeners alone.
func TestSandboxesBesideAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fixed := free.Addr().String()
	_ = free.Close()
	for name, options := range map[string]ocssim.Options{
		"a fixed port": {Diameter: []string{fixed}},
		"listeners alone": {Listeners: []ocssim.Listener{
			{Address: "127.0.0.1:0", OriginHost: "a.example.net"},
			{Address: "127.0.0.1:0", OriginHost: "b.example.net"},
		}},
	} {
		server, err := ocssim.Start(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		var made struct{ Diameter []string }
		status := call(t, http.MethodPost, server.APIURL()+"/v1/sandboxes", "{}", &made)
		if status != http.StatusCreated || len(made.Diameter) != len(server.DiameterAddresses()) ||
			made.Diameter[0] == fixed {
			t.Errorf("%s: %d, %+v, want 201 with ports of its own", name, status, made)
		}
	}
}

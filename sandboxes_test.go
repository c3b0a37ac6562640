package ocssim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
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

// jobs is how many test jobs share one process.
const jobs = 200

// TestSandboxesAreWorldsOfTheirOwn runs the same identities and Session-Ids in 200 sandboxes at a
// time. Each has another price, so that any cross-talk shows in somebody's balance.
func TestSandboxesAreWorldsOfTheirOwn(t *testing.T) {
	t.Parallel()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var all sync.WaitGroup
	for n := 1; n <= jobs; n++ {
		all.Go(func() { runJob(t, server.APIURL(), n) })
	}
	all.Wait()
	var left struct{ Items []api.Sandbox }
	call(t, "GET", server.APIURL()+"/v1/sandboxes", "", &left)
	if len(left.Items) > 0 {
		t.Errorf("%d sandboxes are left, want none", len(left.Items))
	}
}

func runJob(t *testing.T, url string, n int) {
	name := fmt.Sprintf("job-%d", n)
	order := fmt.Sprintf(`{"name": %q, "seed": {
		"plans": {"im": {"currency": "EUR", "rules": [
			{"unit": "time", "per": "60s", "price": "0.%03d EUR"}]}},
		"accounts": [{"id": "alice", "plan": "im", "subscribers": [{"e164": "15550100"}],
			"balances": [{"amount": "10.00 EUR"}]}],
		"scenarios": [{"name": "last", "rules": [{"when": {"type": "termination"},
			"answer": {"result": %d, "level": "command", "ledger": "normal"}}]}]}}`, name, n, 5000+n)
	var sandbox api.Sandbox
	if status := call(t, "POST", url+"/v1/sandboxes", order, &sandbox); status != 201 {
		t.Errorf("create %s = %d, want 201", name, status)
		return
	}
	defer func() {
		if status := call(t, "DELETE", url+"/v1/sandboxes/"+name, "", nil); status != 204 {
			t.Errorf("delete %s = %d, want 204", name, status)
		}
	}()
	talk, err := conversation.Parse(name, fmt.Appendf(nil, `
> initial s1 15550100 rg=100 want=60s
< 2001 rg=100 2001
+ 60s
> update s1 rg=100 used=60s want=60s
< 2001 cost=0.%03d
> termination s1 rg=100 used=60s
< %d
= alice %d.%03d EUR reserved 0.00
`, n, 5000+n, (10_000-2*n)/1000, (10_000-2*n)%1000))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	door := ocssim.NewGyDoor(sandbox.Diameter[0], diameter.ClientOptions{})
	defer door.Close()
	control := ocssim.NewControlDoor(sandbox.API, "")
	report, err := talk.Play(context.Background(), door.Door(control), conversation.Options{})
	if err != nil || report.Err() != nil {
		t.Errorf("%s: %v, %v", name, err, report.Err())
	}
	var exchanges struct{ Items []struct{ Session string } }
	call(t, "GET", sandbox.API+"/v1/exchanges?type=update", "", &exchanges)
	if len(exchanges.Items) != 1 {
		t.Errorf("%s has %d updates in its journal, want its own alone", name, len(exchanges.Items))
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

// TestSandboxesBesideAPortThatIsTaken wants a port of its own for each, whatever the server has: a
// fixed one, several, or listeners alone.
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
		if status != http.StatusCreated || len(made.Diameter) != 1 || made.Diameter[0] == fixed {
			t.Errorf("%s: %d, %+v, want 201 with one port of its own", name, status, made)
		}
	}
}

package ocssim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// hangingSeed holds back what is asked of bob, and never lets it go.
const hangingSeed = `"seed": {
	"plans": {"im": {"currency": "EUR", "rules": [
		{"unit": "time", "per": "60s", "price": "0.05 EUR"}]}},
	"accounts": [
		{"id": "alice", "plan": "im", "subscribers": [{"e164": "15550100"}],
			"balances": [{"amount": "10.00 EUR"}]},
		{"id": "bob", "plan": "im", "subscribers": [{"e164": "15550101"}],
			"balances": [{"amount": "10.00 EUR"}]}],
	"scenarios": [{"name": "held", "subscriber": "bob", "rules": [
		{"when": {"type": "initial"}, "fault": {"hold": {"until": "ever"}}},
		{"when": {"type": "termination"}, "times": 1, "answer": {"result": 4012}}]}]}`

// a hanging sandbox has open sessions, listeners, waits, held answers and peers that are silent.
type hanging struct {
	told api.Sandbox
	all  sync.WaitGroup
}

func hang(t *testing.T, url, order string) *hanging {
	t.Helper()
	h, err := tryToHang(t, url, order)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tryToHang is hang for a sandbox whose time may be over before all that has begun.
func tryToHang(t *testing.T, url, order string) (*hanging, error) {
	t.Helper()
	h := &hanging{}
	if status := call(t, "POST", url+"/v1/sandboxes", order, &h.told); status != 201 {
		t.Fatalf("POST = %d, want 201", status)
	}
	charge := func(session, subscriber string) string {
		return `{"session": "` + session + `", "type": "initial", "subscriber": "` + subscriber +
			`", "services": [{"rating_group": 1, "requested": {}}]}`
	}
	opened, err := http.Post(h.told.API+"/v1/charges", "application/json",
		strings.NewReader(charge("open", "15550100")))
	if err != nil {
		return h, err
	}
	_ = opened.Body.Close()
	if opened.StatusCode != http.StatusOK {
		return h, fmt.Errorf("a charge = %d, want 200", opened.StatusCode)
	}
	h.ask("GET", "/v1/events", "")
	h.ask("POST", "/v1/exchanges/wait", `{"session": "nobody", "timeout": "50s"}`)
	h.ask("POST", "/v1/verifications", `{"match": {"session": "nobody"}, "within": "50s"}`)
	h.ask("GET", "/v1/scenarios/held?wait=50s", "")
	h.ask("POST", "/v1/charges", charge("held", "15550101"))
	if err := silent(t, h.told.Diameter[0]); err != nil {
		return h, err
	}
	heldOverGy(t, &h.all, h.told.Diameter[0])
	return h, nil
}

// ask asks for something that does not come.
func (h *hanging) ask(method, path, body string) {
	h.all.Go(func() {
		request, err := http.NewRequest(method, h.told.API+path, strings.NewReader(body))
		if err != nil {
			return
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
}

// silent opens a connection that says who it is, and then nothing, not even to a DPR; and one that
// says nothing at all.
func silent(t *testing.T, address string) error {
	t.Helper()
	var hello []byte
	client, err := diameter.Dial(t.Context(), address, diameter.ClientOptions{
		OriginHost: "silent.example.com", OriginRealm: "example.com",
		Tap: func(sent bool, frame []byte) {
			if sent && hello == nil {
				hello = append(hello, frame...)
			}
		},
	})
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = client.Close() })
	for _, octets := range [][]byte{hello, nil} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = conn.Close() })
		if octets == nil {
			continue
		}
		if _, err := conn.Write(octets); err != nil {
			return err
		}
		if _, err := bufio.NewReader(conn).Peek(4); err != nil {
			return fmt.Errorf("no CEA: %w", err)
		}
	}
	return nil
}

// heldOverGy asks for bob, and gets no answer.
func heldOverGy(t *testing.T, all *sync.WaitGroup, address string) {
	t.Helper()
	door := ocssim.NewGyDoor(address, diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com",
	})
	t.Cleanup(func() { _ = door.Close() })
	all.Add(1)
	door.Charge(t.Context(), &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: "held-gy"}},
		Type: charging.Initial, Context: "32260@3gpp.org",
		Origin:      charging.Origin{Host: "im.example.com", Realm: "example.com"},
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550101"}},
		Services:    []charging.Service{{Key: charging.ServiceKey{Group: charging.Known(1)}}},
	}, func(*charging.Answer) { all.Done() })
}

// TestASandboxEndsWhileThingsHang deletes a sandbox in the middle of everything.
func TestASandboxEndsWhileThingsHang(t *testing.T) {
	t.Parallel()
	server := simulator(t)
	h := hang(t, server.APIURL(), `{"name": "hangs", `+hangingSeed+`}`)
	began := time.Now()
	status := call(t, "DELETE", server.APIURL()+"/v1/sandboxes/hangs", "", nil)
	if took := time.Since(began); status != 204 || took > 8*time.Second {
		t.Errorf("DELETE = %d after %v, want 204 within seconds", status, took)
	}
	if !h.over(20 * time.Second) {
		t.Error("somebody waits still in a sandbox that is gone")
	}
}

// TestASandboxIsGoneWithItsTimeWhileThingsHang has its time run out in the middle of everything.
// How long it takes to begin all that depends on what else the machine does: where the time was
// over before, the next sandbox has twice as much.
func TestASandboxIsGoneWithItsTimeWhileThingsHang(t *testing.T) {
	t.Parallel()
	server := simulator(t)
	for ttl := 2 * time.Second; ; ttl *= 2 {
		h, err := tryToHang(t, server.APIURL(), fmt.Sprintf(`{"ttl": %q, %s}`, ttl, hangingSeed))
		late := time.Now().After(h.told.Expires)
		if err != nil && (!late || ttl > time.Minute) {
			t.Fatalf("within %v: %v", ttl, err)
		}
		if !h.over(ttl + time.Minute) {
			t.Error("somebody waits still in a sandbox whose time is over")
		}
		url := server.APIURL() + "/v1/sandboxes/" + h.told.Name
		if status := call(t, "GET", url, "", nil); status != 404 && err == nil {
			t.Errorf("GET = %d, want 404", status)
		}
		if !late {
			return
		}
	}
}

// TestTheSimulatorEndsWhileThingsHang closes the simulator that the sandboxes belong to.
func TestTheSimulatorEndsWhileThingsHang(t *testing.T) {
	t.Parallel()
	server := simulator(t)
	first := hang(t, server.APIURL(), `{`+hangingSeed+`}`)
	second := hang(t, server.APIURL(), `{`+hangingSeed+`}`)
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if !first.over(20*time.Second) || !second.over(20*time.Second) {
		t.Error("somebody waits still in a sandbox of a simulator that is closed")
	}
}

func (h *hanging) over(within time.Duration) bool {
	done := make(chan struct{})
	go func() {
		h.all.Wait()
		close(done)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// simulator starts one without anything.
func simulator(t testing.TB) *ocssim.Server {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// TestSandboxesLeaveNothing makes many, uses each, and looks for goroutines, descriptors and files.
// It is not parallel: others would be counted, too.
func TestSandboxesLeaveNothing(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	server := simulator(t)
	round := func(count int) {
		for range count {
			oneSandbox(t, server.APIURL())
		}
		http.DefaultClient.CloseIdleConnections()
	}
	round(3) // what is made once and stays, stays
	goroutines, descriptors := settledCount(runtime.NumGoroutine, 0), openDescriptors()
	round(40)
	if now := settledCount(runtime.NumGoroutine, goroutines); now > goroutines+2 {
		t.Errorf("%d goroutines, %d before", now, goroutines)
	}
	if now := settledCount(openDescriptors, descriptors); now > descriptors+2 {
		t.Errorf("%d descriptors, %d before", now, descriptors)
	}
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil || len(left) > 1 {
		t.Errorf("files left: %v, %v, want the simulator's own books alone", left, err)
	}
}

func oneSandbox(t *testing.T, url string) {
	t.Helper()
	var told api.Sandbox
	call(t, "POST", url+"/v1/sandboxes", `{`+hangingSeed+`}`, &told)
	client, err := diameter.Dial(t.Context(), told.Diameter[0], diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, "GET", told.API+"/v1/peers", "", nil)
	if status := call(t, "DELETE", url+"/v1/sandboxes/"+told.Name, "", nil); status != 204 {
		t.Errorf("DELETE = %d, want 204", status)
	}
	_ = client.Close()
}

// settledCount counts until the count is what it was, or does not come down any more.
func settledCount(count func() int, aim int) int {
	deadline := time.Now().Add(5 * time.Second)
	for aim > 0 && count() > aim && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	return count()
}

// openDescriptors is how many files and sockets are open; 0 where nobody tells.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

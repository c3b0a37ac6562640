//go:build interop

package ocssim_test

import (
	"context"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// TestRelayServerRequests sends requests of the server's own, RAR and ASR, back to a client that
// the server knows only through freeDiameter.
func TestRelayServerRequests(t *testing.T) {
	t.Parallel()
	server, address := startBare(t)
	r := startRelay(t, address, "ocs.example.net")
	client := dialGy(t, r.address, "im.example.net")
	first := relayedRequests()[0]
	if answer, err := client.ask(first.frame(1, 2)); err != nil || result(answer) != 2001 {
		t.Fatalf("CCR-I: Result-Code %d, %v; want 2001", result(answer), err)
	}
	for _, c := range serverRequests(server) {
		t.Run(c.name, func(t *testing.T) {
			type outcome struct {
				result uint32
				err    error
			}
			done := make(chan outcome, 1)
			go func() {
				result, err := c.send(t.Context(), first.session)
				done <- outcome{result, err}
			}()
			acceptRequest(t, client, c.code, first.session)
			if got := <-done; got.err != nil || got.result != 2001 {
				t.Errorf("%s through freeDiameter = %d, %v; want 2001", c.name, got.result, got.err)
			}
		})
	}
}

// acceptRequest reads until a request of the server comes, looks at it and answers it.
func acceptRequest(t *testing.T, client *gyConn, code uint32, session string) {
	t.Helper()
	for {
		frame, err := readFrame(client.r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Write(accept(frame)); err != nil {
			t.Fatal(err)
		}
		if command(frame) != code {
			continue
		}
		if id, _ := find(frame, sessionID); string(id.data) != session {
			t.Errorf("Session-Id = %q, want %q", id.data, session)
		}
		if want := byte(flagRequest | flagProxiable); frame[4] != want {
			t.Errorf("flags = %#x, want %#x", frame[4], want)
		}
		return
	}
}

// generous grants everybody two minutes of everything.
type generous struct{}

func (generous) Charge(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
	a := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
	for _, s := range r.Services {
		a.Services = append(a.Services, charging.ServiceAnswer{
			Key: s.Key, Result: charging.Success,
			Granted: []charging.Quantity{{Amount: 120, Unit: charging.Time}},
		})
	}
	reply(a)
}

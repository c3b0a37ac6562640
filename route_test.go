package ocssim_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// A routed client tells by which of its connections the server asks.
type routed struct {
	*summoned
	asked chan string
}

func startRouted(t *testing.T, options ocssim.Options) *routed {
	return &routed{startSummoned(t, options), make(chan string, 1)}
}

// connect opens a connection of a host, and gives it a name.
func (r *routed) connect(name, host string) *diameter.Client {
	r.Helper()
	gy, err := diameter.Dial(r.Context(), r.server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: host, OriginRealm: "client.example", DestinationRealm: "example.net",
		Summoned: func(q *diameter.ServerRequest) {
			r.asked <- name
			_ = q.Reply(2002)
		},
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = gy.Close() })
	return gy
}

// want summons the session and fails where that comes by another connection.
func (r *routed) want(session, name string) {
	r.Helper()
	_, err := r.api.Summon(r.Context(), &charging.Summons{
		Session: charging.SessionID{ID: session},
	}, client.Patience{Answer: patience})
	if err != nil {
		r.Fatalf("RAR for %s: %v, want it by connection %s", session, err, name)
	}
	if got := <-r.asked; got != name {
		r.Errorf("the RAR for %s came by connection %s, want %s", session, got, name)
	}
}

func TestARARComesByTheConnectionThatTheSessionCameBy(t *testing.T) {
	t.Parallel()
	const host = "im.client.example"
	r := startRouted(t, ocssim.Options{})
	one, two := r.connect("one", host), r.connect("two", host)
	r.send(one, charging.Initial, "s;1", "alice", 0)
	r.send(two, charging.Initial, "s;2", "alice", 0)
	r.want("s;1", "one")
	r.want("s;2", "two")
	r.send(two, charging.Update, "s;1", "alice", 1)
	r.want("s;1", "two") // It has moved.
	r.send(two, charging.Update, "s;2", "alice", 1)
	r.send(one, charging.Update, "s;2", "alice", 1)
	r.want("s;2", "one") // A repeat moves it, too.

	_ = one.Close()
	r.awaitPeers(1)
	r.want("s;2", "two") // Another connection of the host is left.
	r.connect("three", host)
	r.want("s;1", "two")
	r.want("s;2", "three") // The newest.
}

// awaitPeers waits until so many connections are left.
func (r *routed) awaitPeers(count int) {
	r.Helper()
	for deadline := time.Now().Add(patience); ; {
		list, err := r.api.Peers(r.Context())
		switch {
		case err != nil:
			r.Fatal(err)
		case len(list.Items) == count:
			return
		case time.Now().After(deadline):
			r.Fatalf("%d connections are left, want %d", len(list.Items), count)
		}
	}
}

// ask has a client's request come by a relay. Both names are of the same length, so that one can
// stand for the other in the frame.
func (r *routed) ask(relay *diameter.Client, name string, request *charging.Request) {
	r.Helper()
	frame := bytes.Replace(relay.Frame(request), []byte(name), []byte("im.client.example"), 1)
	raw, err := relay.Exchange(r.Context(), frame)
	if err != nil {
		r.Fatal(err)
	}
	answer, err := diameter.ParseAnswer(raw)
	if err != nil || answer.Result != charging.Success {
		r.Fatalf("the relayed CCR is answered %+v, %v, want 2001", answer, err)
	}
}

// relayed is a request of a session of the client behind the relays.
func relayed(kind charging.RequestType, session string, number uint32) *charging.Request {
	return &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: session}, Number: number},
		Type: kind, Context: resource.DefaultContext,
		Subscribers: []charging.Identity{{Type: charging.Private, Data: "alice"}},
		Services:    []charging.Service{{Asked: true}}, Multiple: charging.Known(1),
	}
}

func TestARARComesByTheRelayThatTheSessionCameBy(t *testing.T) {
	t.Parallel()
	const first, second = "r1.client.example", "r2.client.example"
	database := filepath.Join(t.TempDir(), "ocs.db")
	r := startRouted(t, ocssim.Options{Database: database})
	one, two := r.connect("one", first), r.connect("two", second)
	r.ask(one, first, relayed(charging.Initial, "s;1", 0))
	r.ask(two, second, relayed(charging.Initial, "s;2", 0))
	r.want("s;1", "one")
	r.want("s;2", "two")
	r.ask(two, second, relayed(charging.Update, "s;1", 1))
	r.want("s;1", "two")
	r.connect("two again", second)
	r.want("s;1", "two")
	_ = two.Close()
	r.awaitPeers(2)
	r.want("s;1", "two again")
	r.ask(one, first, relayed(charging.Initial, "s;3", 0))

	if err := r.server.Close(); err != nil {
		t.Fatal(err)
	}
	r = startRouted(t, ocssim.Options{Database: database})
	r.connect("two", second)
	r.connect("one", first)
	r.want("s;1", "two") // Of the connections nothing is left, but the relays are known.
	r.want("s;3", "one")
}

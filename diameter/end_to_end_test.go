package diameter_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// granting is a Charger that grants what is asked for, and keeps the last request.
type granting struct {
	mu   sync.Mutex
	last *charging.Request
}

func (g *granting) Charge(
	_ context.Context, r *charging.Request, reply func(*charging.Answer),
) {
	g.mu.Lock()
	g.last = r
	g.mu.Unlock()
	a := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
	for _, s := range r.Services {
		a.Services = append(a.Services, charging.ServiceAnswer{
			Key: s.Key, Result: charging.Success, Granted: s.Requested, ValidFor: time.Hour,
		})
	}
	reply(a)
}

func TestAClientIsServed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	charger := &granting{}
	server := diameter.NewServer(diameter.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net", Charger: charger,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()

	client, err := diameter.Dial(ctx, l.Addr().String(), diameter.ClientOptions{
		OriginHost: "im.example.net", OriginRealm: "example.net",
		ReAuthorize: func(string) charging.Result { return 2002 },
	})
	if err != nil {
		t.Fatalf("Dial() = %v", err)
	}
	request := &charging.Request{
		Key:         charging.Key{Session: charging.SessionID{ID: "im.example.net;1;1"}},
		Type:        charging.Initial,
		Context:     "32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		Services: []charging.Service{{
			Key:   charging.ServiceKey{Group: charging.Known(100)},
			Asked: true, Requested: []charging.Quantity{{Amount: 300, Unit: charging.Time}},
		}},
		Information: charging.Information{Participants: charging.Known(3)},
	}
	answer, err := charging.Ask(ctx, client, request)
	if err != nil {
		t.Fatalf("Ask() = %v", err)
	}
	want := []charging.ServiceAnswer{{
		Key: charging.ServiceKey{Group: charging.Known(100)}, Result: charging.Success,
		Granted: []charging.Quantity{{Amount: 300, Unit: charging.Time}}, ValidFor: time.Hour,
	}}
	if diff := cmp.Diff(want, answer.Services); diff != "" || answer.Result != charging.Success {
		t.Errorf("answer %d (-want +got):\n%s", answer.Result, diff)
	}
	seen := charger.last.Attributes.Lookup("Service-Information.Number-Of-Participants")
	if charger.last.Information.Participants != charging.Known(3) || len(seen) != 1 ||
		seen[0] != "3" {
		t.Errorf(
			"participants came as %+v and %v, want 3",
			charger.last.Information.Participants,
			seen,
		)
	}

	result, err := server.Reauthorize(ctx, request.Key.Session, charging.Origin{
		Host: "im.example.net", Realm: "example.net",
	})
	if result != 2002 || err != nil {
		t.Errorf("Reauthorize() = %d, %v, want 2002", result, err)
	}
	if peers := server.Peers(); len(peers) != 1 || peers[0].OriginHost != "im.example.net" {
		t.Errorf("Peers() = %+v, want im.example.net", peers)
	}
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown() = %v, want nil", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve() = %v, want nil", err)
	}
	select {
	case <-client.Done():
	case <-ctx.Done():
		t.Error("the client is still connected after Shutdown")
	}
	_ = client.Close()
}

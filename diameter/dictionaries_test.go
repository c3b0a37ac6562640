package diameter_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// serveWith is serve with vendors' dictionaries.
func serveWith(t *testing.T, known *diameter.Dictionaries) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := diameter.NewServer(diameter.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net", Dictionaries: known,
		Charger: chargerFunc(
			func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
				a := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
				if r.Refused != nil {
					a.Result, a.Failed = r.Refused.Result, r.Refused.Failed
				} else if len(r.Attributes.Lookup("Acme-Tier")) != 2 {
					a.Result = charging.RatingFailed
				}
				reply(a)
			}),
	})
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.Shutdown(ctx)
	})
	return l.Addr().String()
}

func TestDictionariesChangeWhileRequestsCome(t *testing.T) {
	t.Parallel()
	known := diameter.NewDictionaries()
	client := with(t, acme()...)
	c := dial(t, serveWith(t, known), clientOptions())
	ask := func() charging.Result {
		frame, err := client.SetAVP(c.Frame(initial("s;1")), "Acme-Tier", "GOLD")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.Exchange(t.Context(), frame)
		if err != nil {
			t.Fatal(err)
		}
		said, err := client.ParseAnswer(answer)
		if err != nil {
			t.Fatal(err)
		}
		return said.Result
	}
	const unsupported = 5001
	if got := ask(); got != unsupported {
		t.Errorf("before there is a dictionary the result is %d, want %d", got, unsupported)
	}
	var changing sync.WaitGroup
	changing.Go(func() {
		for range 50 {
			_, faults := known.Put("acme", acme())
			if err := known.Delete("acme"); err != nil || len(faults) > 0 {
				t.Errorf("Put() = %v, Delete() = %v", faults, err)
			}
		}
	})
	for range 50 {
		// A request is judged by one dictionary from its first AVP to its last look-up.
		if got := ask(); got != unsupported && got != charging.Success {
			t.Fatalf("while the dictionary changes the result is %d, want %d or 2001", got, unsupported)
		}
	}
	changing.Wait()
	if _, faults := known.Put("acme", acme()); len(faults) > 0 {
		t.Fatal(faults)
	}
	if got := ask(); got != charging.Success {
		t.Errorf("with a dictionary the result is %d, want 2001", got)
	}
}

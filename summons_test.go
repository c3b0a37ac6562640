package ocssim_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const summonsSeed = `
plans:
  im:
    currency: EUR
    rules: [{name: all, unit: time, per: 60s, price: 0.05 EUR, quota: {default: 300s}}]
accounts:
  - {id: alice, plan: im, subscribers: [{private: alice}], balances: [{amount: 10.00 EUR}]}
  - {id: poor, plan: im, subscribers: [{private: poor}], balances: [{amount: 0.10 EUR}]}
`

// Session-Ids hold what they like (RFC 6733 section 8.8), and paths must take it.
const awkward = "im.client.example;1;a/b%2F?c=d#e f;ü"

// A summoned server has one Gy client, im.client.example.
type summoned struct {
	*testing.T
	server *ocssim.Server
	api    *client.Client
}

func startSummoned(t *testing.T, options ocssim.Options) *summoned {
	t.Helper()
	options.Seeds = []document.File{{Name: "seed.yaml", Data: []byte(summonsSeed)}}
	server, err := ocssim.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &summoned{t, server, client.New(server.APIURL(), client.Options{})}
}

// dial connects a client that answers RAR and ASR with the results; 0: never.
func (s *summoned) dial(reauthorize, abort charging.Result) *diameter.Client {
	s.Helper()
	gy, err := diameter.Dial(s.Context(), s.server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: "im.client.example", OriginRealm: "client.example",
		DestinationRealm: "example.net",
		Summoned: func(r *diameter.ServerRequest) {
			result := reauthorize
			if r.Summons.Kind == charging.Abortion {
				result = abort
			}
			if result != 0 {
				_ = r.Reply(result)
			}
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = gy.Close() })
	return gy
}

func (s *summoned) send(
	gy *diameter.Client, kind charging.RequestType, session, account string, number uint32,
) {
	s.Helper()
	said, err := charging.Ask(s.Context(), gy, &charging.Request{
		Key:  charging.Key{Session: charging.SessionID{ID: session}, Number: number},
		Type: kind, Context: resource.DefaultContext,
		Subscribers: []charging.Identity{{Type: charging.Private, Data: account}},
		Services:    []charging.Service{{Asked: true}}, Multiple: charging.Known(1),
	})
	if err != nil || said.Result != charging.Success {
		s.Fatalf("%s %d = %+v, %v, want 2001", kind, number, said, err)
	}
}

func (s *summoned) summon(kind charging.SummonsKind, p client.Patience) *resource.Summons {
	s.Helper()
	said, err := s.api.Summon(s.Context(), &charging.Summons{
		Kind: kind, Session: charging.SessionID{ID: awkward},
	}, p)
	if err != nil {
		s.Fatal(err)
	}
	return said
}

func TestASessionIDMayHoldAnything(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	gy := s.dial(2002, 5002)
	s.send(gy, charging.Initial, awkward, "alice", 0)
	said := s.summon(charging.Reauthorization, client.Patience{Answer: patience})
	if said.State != "answered" || said.Result != 2002 || said.Session != awkward {
		t.Errorf("the RAR is %+v, want it answered 2002", said)
	}
	s.send(gy, charging.Update, awkward, "alice", 1)
	list, err := s.api.Summonses(t.Context(), charging.SessionID{ID: awkward}, 0)
	if err != nil || len(list.Items) != 1 || list.Items[0].State != "followed" {
		t.Errorf("the RARs are %+v (%v), want one that was followed", list, err)
	}
	said = s.summon(charging.Abortion, client.Patience{Follow: patience})
	session, err := s.api.Session(t.Context(), charging.SessionID{ID: awkward})
	if said.State != "unknown" || err != nil || session.Open || session.ClosedBy != "unknown" {
		t.Errorf("after ASA 5002 (%s) the session is %+v (%v), want it closed", said.State, session, err)
	}
	s.wantExchanges(said, "CCR RAR CCR ASR", "CCA RAA CCA ASA")
}

// wantExchanges looks at what the journal has of the session.
func (s *summoned) wantExchanges(last *resource.Summons, requests, answers string) {
	s.Helper()
	list, err := s.api.Exchanges(s.Context(), client.ExchangeFilter{
		ExchangeFilter: resource.ExchangeFilter{Session: awkward}, Trees: true,
	})
	if err != nil {
		s.Fatal(err)
	}
	name := func(tree any) string {
		said, _ := tree.(map[string]any)
		text, _ := said["name"].(string)
		return text
	}
	var asked, answered []string
	for _, x := range list.Items {
		asked, answered = append(asked, name(x.Request)), append(answered, name(x.Answer))
	}
	if got := strings.Join(asked, " "); got != requests {
		s.Errorf("the session's requests are %s, want %s", got, requests)
	}
	if got := strings.Join(answered, " "); got != answers {
		s.Errorf("the session's answers are %s, want %s", got, answers)
	}
	if n := len(list.Items); n > 0 && list.Items[n-1].Seq != last.Exchange {
		s.Errorf("the ASR is exchange %d, want %d", last.Exchange, list.Items[n-1].Seq)
	}
}

// Kamailio's ims_charging answers neither RAR nor ASR.
func TestAClientThatNeverAnswersHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{RARWait: 50 * time.Millisecond})
	gy := s.dial(0, 0)
	s.send(gy, charging.Initial, awkward, "poor", 0)
	for _, kind := range []charging.SummonsKind{charging.Reauthorization, charging.Abortion} {
		if said := s.summon(kind, client.Patience{}); said.State != "sent" {
			t.Errorf("the %s is %s, want it sent", kind, said.State)
		}
		said := s.summon(kind, client.Patience{Follow: patience})
		if said.State != "unanswered" || !said.Answered.IsZero() || !said.Deadline.IsZero() {
			t.Errorf("the %s is %+v, want it unanswered for good", kind, said)
		}
	}
	// The session goes on as if nothing had been.
	s.send(gy, charging.Update, awkward, "poor", 1)
	s.send(gy, charging.Termination, awkward, "poor", 2)
}

func TestATopUpOfASessionWhoseClientIsGone(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	gy := s.dial(2001, 2001)
	s.send(gy, charging.Initial, awkward, "poor", 0)
	if err := s.api.Disconnect(t.Context(), "im.client.example", "busy"); err != nil {
		t.Fatal(err)
	}
	peers, err := s.api.Peers(t.Context())
	if err != nil || len(peers.Items) != 0 {
		t.Errorf("peers = %+v, %v, want none", peers, err)
	}
	amount := charging.Quantity{Amount: 1_000_000, Unit: "EUR"}
	if _, err := s.api.Credit(t.Context(), "poor", resource.Transfer{Amount: amount}); err != nil {
		t.Fatal(err)
	}
	said := s.awaitState("unreachable")
	if said.Cause != "top-up" || !strings.Contains(said.Detail, "no connection leads to") {
		t.Errorf("the RAR is %+v, want it for the top-up, and told why it was not sent", said)
	}
	_, err = s.api.Summon(t.Context(), &charging.Summons{
		Session: charging.SessionID{ID: awkward},
	}, client.Patience{})
	var problem *resource.Problem
	if !errors.As(err, &problem) || problem.Code != "peer-not-found" {
		t.Errorf("a RAR to nobody = %v, want peer-not-found", err)
	}
}

// awaitState waits until the session's only RAR is in a state.
func (s *summoned) awaitState(state string) resource.Summons {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for {
		list, err := s.api.Summonses(ctx, charging.SessionID{ID: awkward}, 0)
		if err != nil {
			s.Fatal(err)
		}
		if i := slices.IndexFunc(list.Items, func(r resource.Summons) bool {
			return r.State == state
		}); i >= 0 {
			return list.Items[i]
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			s.Fatalf("the RARs are %+v, want one %s", list.Items, state)
		}
	}
}

func TestPeersOverREST(t *testing.T) {
	t.Parallel()
	s := startSummoned(t, ocssim.Options{})
	gy := s.dial(2001, 2001)
	s.dial(2001, 2001)
	list, err := s.api.Peers(t.Context())
	if err != nil || len(list.Items) != 2 {
		t.Fatalf("peers = %+v, %v, want two connections", list, err)
	}
	p := list.Items[0]
	if p.OriginHost != "im.client.example" || p.OriginRealm != "client.example" ||
		p.ProductName != "ocs-sim" || p.Relay || p.Suspect || !slices.Contains(p.Applications, 4) ||
		p.Listener != s.server.DiameterAddresses()[0] || time.Since(p.Since) > patience {
		t.Errorf("the peer is %+v, want what it said of itself", p)
	}
	request, err := http.NewRequestWithContext(t.Context(), "DELETE",
		s.server.APIURL()+"/v1/peers/IM.Client.Example?cause=rebooting", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE = %s, want 204", response.Status)
	}
	select {
	case <-gy.Done():
	case <-time.After(patience):
		t.Error("the connection is open after the DPR")
	}
	// It may come again.
	s.send(s.dial(2001, 2001), charging.Initial, awkward, "alice", 0)
}

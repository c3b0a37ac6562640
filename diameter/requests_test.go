package diameter

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// answerNext answers the peer's next request with a result and returns it.
func (p *rawPeer) answerNext(result uint32, more ...part) *Tree {
	p.Helper()
	frame := p.receive()
	h := parseHeader(frame)
	if !h.request() {
		p.Fatalf("an answer came, want a request:\n%s", Render(frame))
	}
	h.flags &^= flagRequest
	p.send(message(h, append(more, number(avpResultCode, result))...))
	return Render(frame)
}

func TestARARGoesToTheClientsNewestConnection(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	first, second := d.connect(t), d.connect(t)
	session := charging.SessionID{ID: "s;1;2"}
	origin := charging.Origin{Host: "Client.Example.org", Realm: "example.org"}
	for _, result := range []charging.Result{2002, 2001, 5002, 3002} {
		got := make(chan error, 1)
		go func() {
			answer, err := d.Reauthorize(context.Background(), session, origin)
			if err == nil && answer != result {
				err = fmt.Errorf("result %d, want %d", answer, result)
			}
			got <- err
		}()
		tree := second.answerNext(uint32(result), words(avpSessionID, "s;1;2"))
		if err := <-got; err != nil {
			t.Errorf("Reauthorize() = %v", err)
		}
		var lines []string
		for _, n := range tree.AVPs {
			lines = append(lines, n.Name+"="+n.Value)
		}
		want := []string{
			"Session-Id=s;1;2", "Origin-Host=ocs.example.net", "Origin-Realm=example.net",
			"Destination-Realm=example.org", "Destination-Host=Client.Example.org",
			"Auth-Application-Id=4", "Re-Auth-Request-Type=AUTHORIZE_ONLY (0)", "Origin-State-Id=77",
		}
		if diff := cmp.Diff(want, lines); diff != "" || tree.Flags != "RP" ||
			tree.Application != 4 {
			t.Errorf("RAR with flags %s (-want +got):\n%s", tree.Flags, diff)
		}
	}
	_ = second.Close()
	waitFor(t, func() bool { return len(d.Peers()) == 1 })
	go func() { _, _ = d.Abort(context.Background(), session, origin) }()
	if tree := first.answerNext(2001); tree.Name != "ASR" {
		t.Errorf("%s came, want an ASR", tree.Name)
	}
}

func TestARARNamesItsScope(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.connect(t)
	group, service, pool := charging.Known(100), charging.Known(7), charging.Known(1)
	for want, scope := range map[string]charging.Scope{
		"Rating-Group=100 ":                      {Group: group},
		"Service-Identifier=7 ":                  {Service: service},
		"G-S-U-Pool-Identifier=1 ":               {Pool: pool},
		"Service-Identifier=7 Rating-Group=100 ": {Group: group, Service: service},
	} {
		done := make(chan error, 1)
		exchange := int64(-1)
		summons := charging.Summons{
			Session: charging.SessionID{ID: "s", Sub: 3}, Scope: scope,
			Origin: charging.Origin{Host: "client.example.org", Realm: "example.org"},
		}
		go func() {
			_, err := d.Summon(t.Context(), &summons, func(number int64) { exchange = number })
			done <- err
		}()
		tree, got := p.answerNext(2002), ""
		for _, name := range []string{
			"G-S-U-Pool-Identifier", "Service-Identifier", "Rating-Group",
		} {
			for _, value := range tree.values(name) {
				got += name + "=" + value + " "
			}
		}
		if sub := tree.values("CC-Sub-Session-Id"); got != want || len(sub) != 1 || sub[0] != "3" {
			t.Errorf("RAR for %s says %s in sub-session %v, want %s in 3", scope, got, sub, want)
		}
		if err := <-done; err != nil || exchange != 0 {
			t.Errorf("Summon() = %v as exchange %d, want it told and nil", err, exchange)
		}
	}
}

// waitFor waits for a condition that other goroutines bring about.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal("what was waited for did not come about")
		}
		<-time.After(time.Millisecond)
	}
}

func TestARARGoesByTheRelayOfTheSession(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	relay := func(host string) *rawPeer {
		p := d.dial(t)
		p.send(cerFrom(host, number(avpAuthApplicationID, relayApplication)))
		p.expect(p.receive(), charging.Success)
		return p
	}
	one, two := relay("relay1.example.org"), relay("relay2.example.org")
	origin := charging.Origin{Host: "im.example.net", Realm: "example.net"} // as in ccr
	_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin)
	if kind := kindOfError(err); kind != KindPeerNotFound {
		t.Errorf("Reauthorize() for a host that nobody knows = %v, want %s", err, KindPeerNotFound)
	}
	for _, p := range []*rawPeer{one, two, one} {
		p.send(ccr(2, 1))
		p.expect(p.receive(), charging.Success)
		done := make(chan error, 1)
		go func() {
			_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin)
			done <- err
		}()
		tree := p.answerNext(2002, group(avpExperimentalResult, number(avpVendorID, 1)))
		if got := tree.values("Destination-Host"); len(got) != 1 || got[0] != "im.example.net" {
			t.Errorf("Destination-Host = %v, want im.example.net", got)
		}
		if err := <-done; err != nil {
			t.Errorf("Reauthorize() = %v, want nil", err)
		}
	}
}

func kindOfError(err error) charging.ErrorKind {
	if e, ok := err.(*charging.Error); ok {
		return e.Kind
	}
	return ""
}

func TestARARThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	origin := charging.Origin{Host: "client.example.org", Realm: "example.org"}
	t.Run("ends in time", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{RequestTimeout: 20 * time.Millisecond})
		d.connect(t)
		_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin)
		if err == nil {
			t.Error("Reauthorize() = nil, want a timeout")
		}
	})
	t.Run("ends with the connection", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{})
		p := d.connect(t)
		done := make(chan error, 1)
		go func() {
			_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin)
			done <- err
		}()
		p.receive()
		_ = p.Close()
		if err := <-done; err == nil {
			t.Error("Reauthorize() = nil, want an error")
		}
	})
	t.Run("is answered badly", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{})
		p := d.connect(t)
		go func() {
			frame := p.receive()
			h := parseHeader(frame)
			h.flags = 0
			p.send(message(h, number(avpResultCode, 5014), group(avpFailedAVP, part{1, 2, 3, 4})))
		}()
		result, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin)
		if result != 5014 || err != nil {
			t.Errorf("Reauthorize() = %d, %v, want 5014", result, err)
		}
	})
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.connect(t)
	done := make(chan error, 1)
	go func() { done <- d.Disconnect(context.Background(), "client.example.org", Busy) }()
	if tree := p.answerNext(2001); tree.Name != "DPR" {
		t.Errorf("%s came, want a DPR", tree.Name)
	}
	p.expectClosed()
	_ = p.Close()
	if err := <-done; err != nil {
		t.Errorf("Disconnect() = %v, want nil", err)
	}
	err := d.Disconnect(context.Background(), "client.example.org", Busy)
	if kindOfError(err) != KindPeerNotFound {
		t.Errorf("Disconnect() of nobody = %v, want %s", err, KindPeerNotFound)
	}
}

func TestARecorderSeesOurQuestionsWithTheirAnswers(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	d := openDoor(t, Options{Recorder: w})
	p := d.connect(t)
	done := make(chan error, 1)
	go func() {
		_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"},
			charging.Origin{Host: "client.example.org", Realm: "example.org"})
		done <- err
	}()
	p.answerNext(2002)
	if err := <-done; err != nil {
		t.Fatalf("Reauthorize() = %v, want nil", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.received) != 2 || w.received[1].Peer != testSelf.host {
		t.Fatalf("%d questions are recorded, want the CER and our RAR", len(w.received))
	}
	question, answer := Render(w.received[1].Raw).Name, Render(w.sent[2].Raw).Name
	if question != "RAR" || answer != "RAA" || w.sent[2].Peer != "client.example.org" {
		t.Errorf("recorded %s and %s of %q, want RAR and RAA", question, answer, w.sent[2].Peer)
	}
}

func TestAnAnswerThatFitsNothingIsRecordedAndNobodys(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	d := openDoor(t, Options{Recorder: w})
	first, second := d.connect(t), d.connect(t)
	origin := charging.Origin{Host: "client.example.org", Realm: "example.org"}
	type outcome struct {
		result charging.Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := d.Reauthorize(t.Context(), charging.SessionID{ID: "s;1"}, origin)
		done <- outcome{result, err}
	}()
	h := parseHeader(second.receive())
	h.flags &^= flagRequest
	answer := func(session string, result uint32) []byte {
		return message(h, words(avpSessionID, session), number(avpResultCode, result))
	}
	first.send(answer("s;1", 5002)) // The other connection's Hop-by-Hop Identifier says nothing.
	first.send(dwr())
	first.receive()
	second.send(answer("s;2", 5002))
	h.command = commandAbortSession
	second.send(answer("s;1", 5002))
	h.command = commandReAuth
	second.send(answer("s;1", 2001))
	if got := <-done; got.err != nil || got.result != 2001 {
		t.Errorf("the RAR is answered %d, %v, want 2001", got.result, got.err)
	}
	second.send(answer("s;1", 5002)) // It has its answer.
	second.send(dwr())
	second.receive()
	w.mu.Lock()
	defer w.mu.Unlock()
	strangers := 0
	for _, m := range w.received {
		if h := parseHeader(m.Raw); !h.request() {
			strangers++
		}
	}
	if strangers != 4 {
		t.Errorf("%d answers that fit nothing are recorded, want 4", strangers)
	}
}

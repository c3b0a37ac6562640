package diameter

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// numbered is a CCR-U whose identifiers tell it apart.
func numbered(n uint32) []byte {
	frame := ccr(2, n)
	binary.BigEndian.PutUint32(frame[12:], n)
	return frame
}

func TestTheFirstCCRBehindTheCERIsAnswered(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	for range 50 {
		p := d.dial(t)
		p.send(slices.Concat(cer(), ccr(1, 0), numbered(1)))
		p.expect(p.receive(), charging.Success)
		tree := p.expect(p.receive(), charging.Success)
		if tree.Name != "CCA" || tree.Flags != "P" {
			t.Fatalf("the answer behind the CEA: %s", tree)
		}
		p.expect(p.receive(), charging.Success)
		_ = p.Close()
	}
}

func TestManyRequestsAreAllAnsweredInOrder(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{MaxInFlight: 16}).connect(t)
	const count = 5000
	go func() {
		for n := range uint32(count) {
			if _, err := p.Write(numbered(n)); err != nil {
				return
			}
		}
	}()
	for n := range uint32(count) {
		if got := parseHeader(p.receive()).hopByHop; got != n {
			t.Fatalf("answer %d has hop-by-hop %d, want %d", n, got, n)
		}
	}
}

func TestAnswersGoTogetherWhenTheyAreReadyTogether(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var waiting []func()
	charger := chargerFunc(func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
		mu.Lock()
		defer mu.Unlock()
		waiting = append(waiting, func() { reply(plainAnswer(r)) })
		if len(waiting) == 100 {
			for _, release := range waiting {
				release()
			}
		}
	})
	writes := new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(Options{OriginHost: "a", OriginRealm: "b", Charger: charger})
	go func() { _ = s.Serve(countingListener{l, writes}) }()
	t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	p := (&door{s, l.Addr().String()}).connect(t)
	writes.Store(0)
	for n := range uint32(100) {
		p.send(numbered(n))
	}
	for range 100 {
		p.receive()
	}
	if n := writes.Load(); n > 10 {
		t.Errorf("%d writes for 100 answers that were ready at once, want a few", n)
	}
}

type countingListener struct {
	net.Listener
	writes *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c.(*net.TCPConn), l.writes}, nil
}

type countingConn struct {
	*net.TCPConn
	writes *atomic.Int64
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.TCPConn.Write(b)
}

// delivering has the Charger ask for a delivery, by CC-Request-Number.
func delivering(how map[uint32]*charging.Delivery) chargerFunc {
	return func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
		a := plainAnswer(r)
		a.Delivery = how[r.Key.Number]
		reply(a)
	}
}

func TestADelayedAnswerStepsOutOfLine(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Delay: 100 * time.Millisecond}, 2: {Drop: true}, 3: {},
	})}).connect(t)
	started := time.Now()
	p.send(numbered(1), numbered(2), numbered(3), numbered(4), dwr())
	for _, want := range []uint32{3, 4, 3, 1} { // the DWA has hop-by-hop 3 too
		if got := parseHeader(p.receive()).hopByHop; got != want {
			t.Fatalf("an answer with hop-by-hop %d, want %d", got, want)
		}
	}
	if took := time.Since(started); took < 100*time.Millisecond {
		t.Errorf("the delayed answer came after %v, want 100ms at least", took)
	}
	p.expectAlive()
}

func TestDroppedAnswersGiveTheirPlaceBack(t *testing.T) {
	t.Parallel()
	dropped := make(map[uint32]*charging.Delivery)
	for n := range uint32(100) {
		dropped[n] = &charging.Delivery{Drop: true}
	}
	p := openDoor(t, Options{Charger: delivering(dropped), MaxInFlight: 2}).connect(t)
	for n := range uint32(100) {
		p.send(numbered(n))
	}
	p.expectAlive()
}

func TestAnUnknownOutcomeClosesTheConnection(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			reply(&charging.Answer{Key: r.Key, Type: r.Type})
		})}).connect(t)
	p.send(ccr(2, 1))
	p.expectClosed()
}

func TestAHalfClosedPeerStillGetsItsAnswers(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Delay: 50 * time.Millisecond},
	})}).dial(t)
	p.send(cer(), numbered(1), numbered(2))
	if err := p.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	p.receive()
	for _, want := range []uint32{2, 1} {
		if got := parseHeader(p.receive()).hopByHop; got != want {
			t.Errorf("an answer with hop-by-hop %d, want %d", got, want)
		}
	}
	p.expectClosed()
}

func TestAPeerThatTakesNoAnswersIsClosed(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{WriteTimeout: 100 * time.Millisecond, MaxInFlight: 64})
	p := d.connect(t)
	_ = p.SetWriteDeadline(time.Now().Add(patience))
	frame := with(ccr(1, 0), func([]byte) {})
	for range 1_000_000 {
		if _, err := p.Write(frame); err != nil {
			var timeout net.Error
			if ok := asTimeout(err, &timeout); ok {
				t.Fatalf("write: %v, want the connection closed by the server", err)
			}
			return
		}
	}
	t.Error("a million requests went out and no answer was taken, yet the connection is open")
}

func asTimeout(err error, timeout *net.Error) bool {
	ne, ok := err.(net.Error)
	*timeout = ne
	return ok && ne.Timeout()
}

func TestBackPressureBoundsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	var underWay, most atomic.Int64
	release := make(chan struct{})
	charger := chargerFunc(func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
		now := underWay.Add(1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		go func() {
			<-release
			underWay.Add(-1)
			reply(plainAnswer(r))
		}()
	})
	d := openDoor(t, Options{Charger: charger, MaxInFlight: 8})
	p := d.connect(t)
	for n := range uint32(50) {
		p.send(numbered(n))
	}
	other := d.connect(t)
	other.expectAlive() // others go on while this one waits
	close(release)
	for range 50 {
		p.receive()
	}
	if m := most.Load(); m > 8 {
		t.Errorf("%d requests were under way at once, want 8 at most", m)
	}
}

func TestARecorderIsToldEverything(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	p := openDoor(t, Options{Recorder: w}).dial(t)
	stream := [][]byte{
		cer(), ccr(1, 0), dwr(), message(header{flags: flagRequest, command: 999}), without(avpCCRequestType, 1),
	}
	var answers [][]byte
	for _, frame := range stream {
		p.send(frame)
		answers = append(answers, p.receive())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.received) != len(stream) || len(w.answered) != 2 {
		t.Fatalf("%d received and %d answered, want %d and 2", len(w.received), len(w.answered), len(stream))
	}
	for i, frame := range stream {
		if diff := cmp.Diff(frame, w.received[i].Raw); diff != "" {
			t.Errorf("frame %d as recorded (-sent +recorded):\n%s", i, diff)
		}
		if diff := cmp.Diff(answers[i], w.sent[int64(i+1)].Raw); diff != "" {
			t.Errorf("answer %d as recorded (-received +recorded):\n%s", i, diff)
		}
	}
	if got, want := w.received[0].Peer, p.LocalAddr().String(); got != want {
		t.Errorf("peer of the CER = %q, want its address %q", got, want)
	}
	if got := w.received[1].Peer; got != "client.example.org" || w.received[1].Door != "gy" {
		t.Errorf("peer of the CCR = %q at door %q, want client.example.org at gy", got, w.received[1].Door)
	}
}

func TestShutdownSaysGoodbyeAfterTheLastAnswer(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	d := openDoor(t, Options{Charger: chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			go func() { <-release; reply(plainAnswer(r)) }()
		})})
	p := d.connect(t)
	stranger := d.dial(t)
	p.send(numbered(1))
	p.expectAlive()
	ended := make(chan error, 1)
	go func() { ended <- d.Shutdown(context.Background()) }()
	request := p.receive()
	tree := Render(request)
	if tree.Name != "DPR" || len(tree.values("Disconnect-Cause")) != 1 ||
		tree.values("Disconnect-Cause")[0] != "REBOOTING (0)" {
		t.Errorf("the goodbye is %s, want a DPR with REBOOTING", tree)
	}
	h := parseHeader(request)
	h.flags = 0
	p.send(message(h, append(peerOrigin("client.example.org"), number(avpResultCode, 2001))...))
	close(release)
	if got := parseHeader(p.receive()).hopByHop; got != 1 {
		t.Errorf("the last message has hop-by-hop %d, want 1: the answer that was due", got)
	}
	p.expectClosed()
	stranger.expectClosed()
	if err := <-ended; err != nil {
		t.Errorf("Shutdown() = %v, want nil", err)
	}
	if _, err := net.DialTimeout("tcp", d.address, time.Second); err == nil {
		t.Error("a connection is accepted after Shutdown")
	}
}

func TestShutdownDoesNotWaitForASilentPeer(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{CloseTimeout: 50 * time.Millisecond})
	d.connect(t)
	started := time.Now()
	if err := d.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown() = %v, want nil", err)
	}
	if took := time.Since(started); took > patience/2 {
		t.Errorf("Shutdown took %v with a silent peer", took)
	}
}

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
	for _, result := range []uint32{2002, 2001, 5002, 3002} {
		got := make(chan error, 1)
		go func() {
			answer, err := d.Reauthorize(context.Background(), session, origin)
			if err == nil && answer != result {
				err = fmt.Errorf("result %d, want %d", answer, result)
			}
			got <- err
		}()
		tree := second.answerNext(result, words(avpSessionID, "s;1;2"))
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
		if diff := cmp.Diff(want, lines); diff != "" || tree.Flags != "RP" || tree.Application != 4 {
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
		if _, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"}, origin); err == nil {
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
	go func() { done <- d.Disconnect(context.Background(), "client.example.org") }()
	if tree := p.answerNext(2001); tree.Name != "DPR" {
		t.Errorf("%s came, want a DPR", tree.Name)
	}
	p.expectClosed()
	_ = p.Close()
	if err := <-done; err != nil {
		t.Errorf("Disconnect() = %v, want nil", err)
	}
	if err := d.Disconnect(context.Background(), "client.example.org"); kindOfError(err) != KindPeerNotFound {
		t.Errorf("Disconnect() of nobody = %v, want %s", err, KindPeerNotFound)
	}
}

func TestAnIdlePeerIsAskedAndThenSuspectedAndThenClosed(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{Watchdog: 100 * time.Millisecond})
	p := d.connect(t)
	if tree := p.answerNext(2001); tree.Name != "DWR" || len(tree.values("Origin-State-Id")) != 1 {
		t.Errorf("%s came, want a DWR with Origin-State-Id", tree)
	}
	if h := parseHeader(p.receive()); h.command != commandDeviceWatchdog || !h.request() {
		t.Errorf("command %d, want the next DWR", h.command)
	}
	waitFor(t, func() bool { peers := d.Peers(); return len(peers) == 1 && peers[0].Suspect })
	p.expectClosed()
}

func TestTheWatchdogLeavesABusyPeerAlone(t *testing.T) {
	t.Parallel()
	s := NewServer(Options{Watchdog: 30 * time.Second})
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	c := newConnection(s, near)
	c.watch.begin(c)
	defer c.watch.stop()
	start := time.Now()
	steps := []struct {
		name       string
		now, alive time.Duration
		ask, end   bool
		silent     int
	}{
		{"busy", 30 * time.Second, 25 * time.Second, false, false, 0},
		{"idle", 60 * time.Second, 25 * time.Second, true, false, 1},
		{"answered", 61 * time.Second, 60500 * time.Millisecond, false, false, 0},
		{"idle again", 95 * time.Second, 60500 * time.Millisecond, true, false, 1},
		{"suspect", 130 * time.Second, 60500 * time.Millisecond, false, false, 2},
		{"back", 131 * time.Second, 130500 * time.Millisecond, false, false, 0},
		{"idle", 165 * time.Second, 130500 * time.Millisecond, true, false, 1},
		{"suspect", 200 * time.Second, 130500 * time.Millisecond, false, false, 2},
		{"gone", 235 * time.Second, 130500 * time.Millisecond, false, true, 3},
	}
	for _, step := range steps {
		ask, end := c.step(start.Add(step.now), start.Add(step.alive))
		if ask != step.ask || end != step.end || c.watch.silent != step.silent {
			t.Fatalf("%s at %v: ask %v, end %v, silent %d, want %v, %v, %d", step.name, step.now,
				ask, end, c.watch.silent, step.ask, step.end, step.silent)
		}
	}
	for range 1000 {
		if tw := jittered(30 * time.Second); tw < 28*time.Second || tw > 32*time.Second {
			t.Fatalf("jittered(30s) = %v, want 28s to 32s", tw)
		}
	}
}

package diameter

import (
	"context"
	"encoding/binary"
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
	charger := chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			mu.Lock()
			defer mu.Unlock()
			waiting = append(waiting, func() { reply(plainAnswer(r)) })
			if len(waiting) == 100 {
				for _, release := range waiting {
					release()
				}
			}
		},
	)
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
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				t.Fatalf("write: %v, want the connection closed by the server", err)
			}
			return
		}
	}
	t.Error("a million requests went out and no answer was taken, yet the connection is open")
}

func TestBackPressureBoundsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	var underWay, most atomic.Int64
	release := make(chan struct{})
	charger := chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			now := underWay.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			go func() {
				<-release
				underWay.Add(-1)
				reply(plainAnswer(r))
			}()
		},
	)
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
		cer(), ccr(1, 0), dwr(), message(header{flags: flagRequest, command: 999}),
		without(avpCCRequestType, 1),
	}
	var answers [][]byte
	for _, frame := range stream {
		p.send(frame)
		answers = append(answers, p.receive())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.received) != len(stream) || len(w.answered) != 2 {
		t.Fatalf("%d received and %d answered, want %d and 2",
			len(w.received), len(w.answered), len(stream))
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
	if got := w.received[1].Peer; got != "client.example.org" {
		t.Errorf("peer of the CCR = %q, want client.example.org", got)
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

package diameter

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A watched connection notes what each write carries.
type watchedListener struct {
	net.Listener
	writes chan []byte
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return watchedConn{c.(*net.TCPConn), l.writes}, nil
}

type watchedConn struct {
	*net.TCPConn
	writes chan []byte
}

func (c watchedConn) Write(b []byte) (int, error) {
	c.writes <- bytes.Clone(b)
	return c.TCPConn.Write(b)
}

func TestSlicedAnswersArriveWhole(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	writes := make(chan []byte, 10_000)
	s := NewServer(Options{OriginHost: "a", OriginRealm: "b", Charger: delivering(
		map[uint32]*charging.Delivery{1: {Slice: 7, Pause: time.Millisecond}})})
	go func() { _ = s.Serve(watchedListener{l, writes}) }()
	t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	p := (&door{s, l.Addr().String()}).connect(t)
	for len(writes) > 0 {
		<-writes
	}
	p.send(numbered(1))
	p.expect(p.receive(), charging.Success)
	whole, pieces := 0, len(writes)
	for range pieces {
		piece := len(<-writes)
		if whole += piece; piece > 7 {
			t.Errorf("a piece of %d octets, want 7 at most", piece)
		}
	}
	if want := (whole + 6) / 7; pieces != want {
		t.Errorf("%d pieces of %d octets, want %d", pieces, whole, want)
	}
	p.expectAlive()
}

func TestAnswersTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Copies: 2}, 2: {Behind: true},
	})}).connect(t)
	p.send(numbered(1), numbered(2), numbered(3))
	for _, want := range []uint32{1, 1, 1, 3, 2} {
		if got := parseHeader(p.receive()).hopByHop; got != want {
			t.Fatalf("an answer with hop-by-hop %d, want %d", got, want)
		}
	}
	p.expectAlive()
}

func TestHeldAnswersWaitForTheirRelease(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Hold: gate}, 2: {Hold: make(chan struct{}), Delay: 20 * time.Millisecond},
	})}).connect(t)
	p.send(numbered(1), numbered(2), numbered(3))
	for _, want := range []uint32{3, 2} {
		if got := parseHeader(p.receive()).hopByHop; got != want {
			t.Fatalf("an answer with hop-by-hop %d, want %d", got, want)
		}
	}
	close(gate)
	if got := parseHeader(p.receive()).hopByHop; got != 1 {
		t.Errorf("an answer with hop-by-hop %d, want the one that was held", got)
	}
	p.expectAlive()
}

func TestConnectionsEndAsTheyAreToldTo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		delivery charging.Delivery
		answered bool
	}{
		"after the answer":  {charging.Delivery{Ending: charging.Closes}, true},
		"before the answer": {charging.Delivery{Ending: charging.Closes, Early: true}, false},
		"reset":             {charging.Delivery{Ending: charging.Resets, Early: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
				1: &test.delivery,
			})})
			other, p := d.connect(t), d.connect(t)
			p.send(numbered(1))
			if test.answered {
				p.expect(p.receive(), charging.Success)
			}
			p.expectClosed()
			other.expectAlive()
		})
	}
}

func TestAHalfClosedConnectionIsStillRead(t *testing.T) {
	t.Parallel()
	charged := make(chan uint32, 10)
	half := delivering(map[uint32]*charging.Delivery{1: {Ending: charging.HalfClose}})
	charger := chargerFunc(
		func(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
			charged <- r.Key.Number
			half(ctx, r, reply)
		})
	p := openDoor(t, Options{Charger: charger}).connect(t)
	p.send(numbered(1))
	p.expect(p.receive(), charging.Success)
	if _, err := p.read(); err == nil {
		t.Fatal("read an answer, want the end of their side")
	}
	p.send(numbered(2))
	for _, want := range []uint32{1, 2} {
		select {
		case got := <-charged:
			if got != want {
				t.Errorf("request %d was charged, want %d", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("request %d was not charged", want)
		}
	}
}

func TestSilentWatchdog(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Mute: time.Hour},
	})}).connect(t)
	p.send(numbered(1), dwr(), numbered(2))
	for _, want := range []uint32{1, 2} {
		frame := p.receive()
		if h := parseHeader(frame); h.command != commandCreditControl || h.hopByHop != want {
			t.Errorf("command %d with hop-by-hop %d, want a CCA with %d", h.command, h.hopByHop, want)
		}
	}
}

func TestReadingStopsForATime(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
		1: {Deaf: 150 * time.Millisecond},
	})}).connect(t)
	p.send(numbered(1))
	p.expect(p.receive(), charging.Success)
	asked := time.Now()
	p.expectAlive()
	if took := time.Since(asked); took < 100*time.Millisecond {
		t.Errorf("a watchdog was answered after %v, want nothing read for 150ms", took)
	}
}

func TestGoodbyeWithEachCause(t *testing.T) {
	t.Parallel()
	for cause, name := range []string{"REBOOTING", "BUSY", "DO_NOT_WANT_TO_TALK_TO_YOU"} {
		p := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
			1: {Goodbye: charging.Known(int64(cause))},
		})}).connect(t)
		p.send(numbered(1))
		p.expect(p.receive(), charging.Success)
		tree := Render(p.receive())
		values := map[string]string{}
		for _, n := range tree.AVPs {
			values[n.Name] = n.Value
		}
		if tree.Name != "DPR" || values["Disconnect-Cause"] != name+" ("+string(rune('0'+cause))+")" {
			t.Errorf("after the answer comes\n%swant a DPR of cause %s", tree, name)
		}
	}
}

func TestAPresetHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	for _, preset := range Presets() {
		d := openDoor(t, Options{Charger: delivering(map[uint32]*charging.Delivery{
			1: {Preset: preset.Name, Ending: charging.Closes},
		})})
		other, p := d.connect(t), d.connect(t)
		p.send(numbered(1))
		_ = p.SetReadDeadline(time.Now().Add(patience))
		got, err := io.ReadAll(p.Conn)
		if err != nil || len(got) == 0 {
			t.Errorf("%s: read %d octets, %v; want the malformed answer", preset.Name, len(got), err)
		}
		other.send(numbered(2))
		other.expect(other.receive(), charging.Success)
	}
}

func TestHeldAnswersOfAClosedConnectionAreRecorded(t *testing.T) {
	t.Parallel()
	journal := &countingRecorder{answered: make(chan *charging.Answer, 10)}
	charger := chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			a := plainAnswer(r)
			a.Delivery = &charging.Delivery{Hold: make(chan struct{})}
			reply(a)
		})
	p := openDoor(t, Options{Charger: charger, Recorder: journal}).connect(t)
	p.send(numbered(1))
	p.expectAlive()
	_ = p.Close()
	select {
	case a := <-journal.answered:
		if a.Result != charging.Success {
			t.Errorf("recorded %v, want the answer that was held", a.Result)
		}
	case <-time.After(patience):
		t.Error("an answer that was held when its connection closed is not recorded")
	}
}

// A countingRecorder passes on what was answered.
type countingRecorder struct{ answered chan *charging.Answer }

func (r *countingRecorder) Received(charging.Message) int64 { return 1 }
func (r *countingRecorder) Answered(_ *charging.Request, a *charging.Answer) {
	r.answered <- a
}
func (r *countingRecorder) Sent(int64, charging.Message) {}
func (r *countingRecorder) Found(charging.Finding)       {}

package diameter

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

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
	p.expectClosed()
}

// RFC 3539 section 3.4.1: what is to be sent fails over from a suspect connection, and back.
func TestASuspectConnectionIsNotAsked(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	older, newer := d.connect(t), d.connect(t)
	suspect := func(p *rawPeer) *connection {
		for _, c := range d.peers.all() {
			if c.RemoteAddr().String() == p.LocalAddr().String() {
				c.suspect.Store(true)
				return c
			}
		}
		t.Fatal("the peer has no connection")
		return nil
	}
	asked := func(p *rawPeer) {
		t.Helper()
		done := make(chan error, 1)
		go func() {
			_, err := d.Reauthorize(context.Background(), charging.SessionID{ID: "s"},
				charging.Origin{Host: "client.example.org"})
			done <- err
		}()
		if tree := p.answerNext(2001); tree.Name != "RAR" {
			t.Errorf("%s came, want a RAR", tree)
		}
		if err := <-done; err != nil {
			t.Errorf("Reauthorize() = %v, want nil", err)
		}
	}
	asked(newer)
	suspect(newer)
	asked(older)
	c := suspect(older)
	asked(newer) // nobody is sound; whatever it answers, it is there again
	if c.suspect.Load() != true {
		t.Error("a connection on which nothing came is not suspect any more")
	}
	older.expectAlive()
	waitFor(t, func() bool { return !c.suspect.Load() })
	for _, peer := range d.Peers() {
		if peer.Suspect {
			t.Errorf("%s is suspect still", peer.Address)
		}
	}
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
		if c.suspect.Load() != (step.silent > 1) {
			t.Fatalf("%s at %v: suspect %v", step.name, step.now, c.suspect.Load())
		}
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

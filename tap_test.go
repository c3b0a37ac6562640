package ocssim_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A tap stands between two peers, passes everything on and keeps every frame.
type tap struct {
	listener net.Listener
	passing  sync.WaitGroup
	mu       sync.Mutex
	frames   []passed
	calls    int
	stamps   atomic.Int64
}

// A passed frame was seen by a tap on one of its connections.
type passed struct {
	frame      []byte
	call       int
	fromServer bool
	stamp      stamp // of its last octet, before it was passed on
}

// A stamp is when octets were seen, and in which order.
type stamp struct {
	number int64
	at     time.Time
	end    int64 // of the octets of this side so far
}

// A stamper stamps what it passes on before it does, so that an answer never seems to come before
// its request, nor what a peer does before what it was told.
type stamper struct {
	to     io.Writer
	count  *atomic.Int64
	stamps []stamp
	passed int64
}

func (s *stamper) Write(b []byte) (int, error) {
	s.passed += int64(len(b))
	s.stamps = append(s.stamps, stamp{s.count.Add(1), time.Now(), s.passed})
	return s.to.Write(b)
}

// of is the stamp of an octet by its place.
func (s *stamper) of(place int64) stamp {
	for len(s.stamps) > 1 && s.stamps[0].end < place {
		s.stamps = s.stamps[1:]
	}
	return s.stamps[0]
}

func startTap(t testing.TB, server string) *tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	p := &tap{listener: listener}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			p.calls++
			p.passing.Add(2)
			go p.pass(far, near, p.calls, false)
			go p.pass(near, far, p.calls, true)
		}
	}()
	return p
}

func (p *tap) address() string { return p.listener.Addr().String() }

// pass copies octets as they come until either side ends, and keeps the frames among them. Behind
// something that is no frame there are no more to keep.
func (p *tap) pass(to io.WriteCloser, from io.Reader, call int, fromServer bool) {
	defer p.passing.Done()
	defer to.Close()
	stamper := &stamper{to: to, count: &p.stamps}
	read := bufio.NewReaderSize(io.TeeReader(from, stamper), 1<<16)
	for place := int64(0); ; {
		frame, err := readFrame(read)
		if err != nil {
			_, _ = io.Copy(io.Discard, read)
			return
		}
		place += int64(len(frame))
		p.mu.Lock()
		p.frames = append(p.frames, passed{frame, call, fromServer, stamper.of(place)})
		p.mu.Unlock()
	}
}

// all returns the frames so far.
func (p *tap) all() []passed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}

// ended waits until all connections are closed and every frame is kept.
func (p *tap) ended() error {
	done := make(chan struct{})
	go func() {
		p.passing.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(patience):
		return errors.New("a connection is still open")
	}
}

// wrongOnPurpose tells why a test, by its name, has the server say what no standard allows.
func wrongOnPurpose(test string) (why string, wrong bool) {
	for part, why := range map[string]string{
		"answer_quirks": "the setting answer_quirks leaves out or adds what the standards forbid",
	} {
		if strings.Contains(test, part) {
			return why, true
		}
	}
	return "", false
}

// judgeAll judges every frame of the server by itself, and answers beside their requests.
func (p *tap) judgeAll(t testing.TB) {
	t.Helper()
	if why, wrong := wrongOnPurpose(t.Name()); wrong {
		t.Logf("not judged: %s", why)
		return
	}
	g := theGrammar(t)
	type asked struct {
		call     int
		hopByHop uint32
	}
	requests := map[asked][]byte{}
	for _, f := range p.all() {
		key := asked{f.call, hopByHop(f.frame)}
		if !f.fromServer {
			if isRequest(f.frame) {
				requests[key] = f.frame
			}
			continue
		}
		wrong := g.judge(f.frame)
		if request, ok := requests[key]; ok && !isRequest(f.frame) {
			wrong = append(wrong, judgePair(request, f.frame)...)
		}
		for _, sentence := range wrong {
			t.Errorf("the server sent % x:\n%s", f.frame, sentence)
		}
	}
}

package diameter

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The tests of the door go over real sockets, and stand inside the package for the helpers that
// build frames.

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// A chargerFunc is a Charger made of a function.
type chargerFunc func(ctx context.Context, r *charging.Request, reply func(*charging.Answer))

func (f chargerFunc) Charge(
	ctx context.Context, r *charging.Request, reply func(*charging.Answer),
) {
	f(ctx, r, reply)
}

// plainAnswer is 2001, or what the door refused.
func plainAnswer(r *charging.Request) *charging.Answer {
	a := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
	if r.Refused != nil {
		a.Result, a.Failed, a.Message = r.Refused.Result, r.Refused.Failed, r.Refused.Message
	}
	return a
}

// yes answers everything at once.
var yes = chargerFunc(func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
	reply(plainAnswer(r))
})

// A door is a server under test.
type door struct {
	*Server
	address string
}

// openDoor starts a server; zero options are filled in for tests.
func openDoor(t testing.TB, o Options) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return openDoorOn(t, o, l)
}

// openDoorOn is openDoor on a listener of the caller's.
func openDoorOn(t testing.TB, o Options, l net.Listener) *door {
	t.Helper()
	o.OriginHost, o.OriginRealm = testSelf.host, testSelf.realm
	if o.Charger == nil {
		o.Charger = yes
	}
	if o.OriginStateID == nil {
		o.OriginStateID = func() uint32 { return 77 }
	}
	d := &door{NewServer(o), l.Addr().String()}
	served := make(chan error, 1)
	go func() { served <- d.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := d.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown() = %v, want nil", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
	})
	return d
}

// listenAs serves on another listener too, under an identity of its own, and returns its address.
func (d *door) listenAs(t testing.TB, host, realm string) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = d.ServeAs(l, host, realm) }()
	return &door{d.Server, l.Addr().String()}
}

// A rawPeer is a peer that sends octets and reads frames.
type rawPeer struct {
	testing.TB
	net.Conn
}

// dial connects without a CER.
func (d *door) dial(t testing.TB) *rawPeer {
	t.Helper()
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &rawPeer{t, conn}
}

// connect connects and exchanges capabilities.
func (d *door) connect(t testing.TB) *rawPeer {
	t.Helper()
	p := d.dial(t)
	p.send(cer())
	p.expect(p.receive(), charging.Success)
	return p
}

func (p *rawPeer) send(frames ...[]byte) {
	p.Helper()
	for _, f := range frames {
		if _, err := p.Write(f); err != nil {
			p.Fatalf("write: %v", err)
		}
	}
}

// receive reads one frame.
func (p *rawPeer) receive() []byte {
	p.Helper()
	frame, err := p.read()
	if err != nil {
		p.Fatalf("read a frame: %v", err)
	}
	return frame
}

func (p *rawPeer) read() ([]byte, error) {
	_ = p.SetReadDeadline(time.Now().Add(patience))
	start := make([]byte, headerLength)
	if _, err := io.ReadFull(p, start); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(start) & 0xffffff)
	if length < headerLength {
		return nil, errors.New("impossible length")
	}
	frame := append(start, make([]byte, length-headerLength)...)
	_, err := io.ReadFull(p, frame[headerLength:])
	return frame, err
}

// expect checks that a frame is an answer with a result, and that its flags go with it.
func (p *rawPeer) expect(frame []byte, want charging.Result) *Tree {
	p.Helper()
	tree := Render(frame)
	if h := parseHeader(frame); h.request() || h.flags&flagRetransmitted != 0 {
		p.Errorf("flags %#x, want an answer without T:\n%s", h.flags, tree)
	}
	result, err := resultOf(frame)
	if err != nil || result != uint32(want) {
		p.Errorf("result = %d, %v, want %d:\n%s", result, err, want, tree)
	}
	if want.ProtocolError() && parseHeader(frame).flags&flagError == 0 {
		p.Errorf("no E bit with %d:\n%s", want, tree)
	}
	return tree
}

// expectClosed checks that the connection ends without another message.
func (p *rawPeer) expectClosed() {
	p.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	n, err := p.Read(make([]byte, 1))
	var timeout net.Error
	if n > 0 || err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		p.Errorf("read %d octets, %v, want the connection closed", n, err)
	}
}

// expectAlive checks that the connection goes on.
func (p *rawPeer) expectAlive() {
	p.Helper()
	p.send(dwr())
	if h := parseHeader(p.receive()); h.command != commandDeviceWatchdog || h.request() {
		p.Errorf("command %d, want a DWA", h.command)
	}
}

// message makes a message of any command.
func message(h header, parts ...part) []byte {
	b := appendMessage(nil, h)
	for _, p := range parts {
		b = append(b, p...)
	}
	return endMessage(b, 0)
}

func peerOrigin(host string) []part {
	return []part{words(avpOriginHost, host), words(avpOriginRealm, "example.org")}
}

func cerFrom(host string, more ...part) []byte {
	parts := append(peerOrigin(host),
		part(appendHostAddress(nil, avpHostIPAddress, net.IPv4(127, 0, 0, 1))),
		number(avpVendorID, 0), part(appendPlainText(nil, avpProductName, "test")))
	return message(header{
		flags: flagRequest, command: commandCapabilitiesExchange,
		hopByHop: 1, endToEnd: 2,
	}, append(parts, more...)...)
}

func cer() []byte { return cerFrom("client.example.org", number(avpAuthApplicationID, 4)) }

func dwr() []byte {
	return message(header{
		flags: flagRequest, command: commandDeviceWatchdog, hopByHop: 3,
		endToEnd: 4,
	}, peerOrigin("client.example.org")...)
}

func dpr() []byte {
	return message(header{
		flags: flagRequest, command: commandDisconnectPeer, hopByHop: 5,
		endToEnd: 6,
	}, append(peerOrigin("client.example.org"), number(avpDisconnectCause, 0))...)
}

// values are those of the AVPs of a name in a tree, at its top.
func (t *Tree) values(name string) (values []string) {
	for _, n := range t.AVPs {
		if n.Name == name {
			values = append(values, n.Value)
		}
	}
	return values
}

// A watcher records what it is told.
type watcher struct {
	mu       sync.Mutex
	received []charging.Message
	answered []*charging.Answer
	sent     map[int64]charging.Message
}

func (w *watcher) Received(m charging.Message) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = append(w.received, m)
	return int64(len(w.received))
}

func (w *watcher) Answered(_ *charging.Request, a *charging.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = append(w.answered, a)
}

func (w *watcher) Sent(exchange int64, m charging.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		w.sent = make(map[int64]charging.Message)
	}
	w.sent[exchange] = m
}

func (w *watcher) Found(charging.Finding) {}

package diameter

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The kernel under most tests has no SCTP. What this package builds upon an association is tried
// over sockets of another kind that keep records apart, too.

// packets is an association made of such a socket.
type packets struct{ net.Conn }

func (p packets) ReadAny(b []byte) (int, uint, error) {
	n, err := p.Read(b)
	return n, 0, err
}

func (p packets) WriteStream(b []byte, _ uint) (int, error) { return p.Write(b) }

func (p packets) LocalAddr() net.Addr { return sctpAddress("127.0.0.1/[::1]:3868") }

// A sctpAddress is one as the library writes it.
type sctpAddress string

func (a sctpAddress) Network() string { return "sctp" }
func (a sctpAddress) String() string  { return string(a) }

type packetListener struct{ net.Listener }

func (l *packetListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newRecordConn(packets{conn}), nil
}

// openRecords starts a server on such sockets, and connects.
func openRecords(t *testing.T, o Options) net.Conn {
	t.Helper()
	dir, err := os.MkdirTemp("", "gy") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unixpacket", path)
	if err != nil {
		t.Skipf("no sockets that keep records: %v", err)
	}
	openDoorOn(t, o, &packetListener{l})
	conn, err := net.Dial("unixpacket", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// readRecord reads one record, which must be one message.
func readRecord(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	buffer := make([]byte, 128<<10)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatalf("read a record: %v", err)
	}
	frame := buffer[:n]
	if length, found := cut(false, frame, 64<<10); found != wholeFrame || length != n {
		t.Fatalf("a record of %d octets holds a message of %d", n, length)
	}
	return frame
}

func TestOverSCTPEveryMessageIsARecord(t *testing.T) {
	t.Parallel()
	conn := openRecords(t, Options{})
	p := &rawPeer{t, conn}
	p.send(cer())
	tree := p.expect(readRecord(t, conn), charging.Success)
	want := []string{"127.0.0.1", "::1"}
	if diff := cmp.Diff(want, tree.values("Host-IP-Address")); diff != "" {
		t.Errorf("Host-IP-Address has not all addresses of the association (-want +got):\n%s", diff)
	}
	for number := range uint32(20) {
		p.send(ccr(2, number))
	}
	for range 20 {
		p.expect(readRecord(t, conn), charging.Success)
	}
	// Several messages in one record are none of SCTP's manners, but can be read.
	p.send(slices.Concat(dwr(), ccr(1, 0), dwr()))
	for range 3 {
		p.expect(readRecord(t, conn), charging.Success)
	}
	large := ccr(1, 0, flagged(octetsOf(avpCCCorrelationID, make([]byte, 60<<10)), 0))
	p.send(large)
	p.expect(readRecord(t, conn), charging.Success)
	p.send(with(dwr(), setLength(10)))
	p.expect(readRecord(t, conn), resultInvalidMessageLength)
	p.expectClosed()
}

func TestOverSCTPAPeerThatLeavesIsLetGo(t *testing.T) {
	t.Parallel()
	conn := openRecords(t, Options{})
	p := &rawPeer{t, conn}
	p.send(cer())
	readRecord(t, conn)
	p.send(dpr())
	p.expect(readRecord(t, conn), charging.Success)
	p.expectClosed()
}

func TestTheAddressesOfOneEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"127.0.0.1/10.0.0.2:3868": "127.0.0.1 10.0.0.2",
		"[::1]/[2001:db8::1]:1":   "::1 2001:db8::1",
		":3868":                   "127.0.0.1",
	} {
		var got []string
		for _, ip := range addressesOf(sctpAddress(text)) {
			got = append(got, ip.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("addressesOf(%s) = %v, want %s", text, got, want)
		}
	}
}

// TestSCTP listens over SCTP, where the kernel has it, and holds what is said where it has not.
func TestSCTP(t *testing.T) {
	t.Parallel()
	protocols, err := os.ReadFile("/proc/net/protocols")
	if err != nil {
		t.Skipf("this system does not say what its kernel speaks: %v", err)
	}
	l, err := Listen(SCTP, "127.0.0.1:0", nil)
	if err != nil {
		if bytes.Contains(protocols, []byte("SCTP")) {
			t.Fatalf("Listen(SCTP) = %v, though the kernel has it", err)
		}
		if !strings.Contains(err.Error(), "kernel has no SCTP; load its module (modprobe sctp)") {
			t.Errorf("Listen(SCTP) = %v, want what to do about a kernel without it", err)
		}
		_, err := Dial(t.Context(), "sctp://127.0.0.1:3868", ClientOptions{OriginHost: "a"})
		if err == nil || !strings.Contains(err.Error(), "kernel has no SCTP") {
			t.Errorf("Dial(sctp://) = %v, want what to do about a kernel without it", err)
		}
		return
	}
	d := openDoorOn(t, Options{}, l)
	c, err := Dial(t.Context(), "sctp://"+d.address, ClientOptions{
		OriginHost: "s.example.org", OriginRealm: "example.org",
	})
	if err != nil {
		t.Fatalf("Dial(sctp://%s) = %v, want a client", d.address, err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

package diameter

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/ishidawataru/sctp"
)

// An association is what is used of one of SCTP.
type association interface {
	ReadAny(b []byte) (n int, stream uint, err error)
	WriteStream(b []byte, stream uint) (n int, err error)
	Close() error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
}

// A recordConn makes a connection like any other out of an SCTP association. The library's own
// blocks in the system, knows no deadlines, and would send whatever is written as one record; here
// two goroutines do the blocking, and every Diameter message is a record of its own.
type recordConn struct {
	net.Conn      // our end of a pipe
	association   association
	local, remote net.Addr
}

// maxRecord is what one read may bring; a longer record comes in several reads, one right behind
// the other, since SCTP does not mix the parts of records unless it is asked to.
const maxRecord = 64 << 10

// recordPatience is how long an association that is closed has for what is written already.
const recordPatience = time.Second

func newRecordConn(a association) *recordConn {
	near, far := net.Pipe()
	r := &recordConn{
		Conn: near, association: a, local: knownAddress(a.LocalAddr()),
		remote: knownAddress(a.RemoteAddr()),
	}
	go r.bring(far)
	go r.send(far)
	return r
}

// bring hands over what arrives until the association ends.
func (r *recordConn) bring(far net.Conn) {
	defer far.Close()
	buffer := make([]byte, maxRecord)
	for {
		n, _, err := r.association.ReadAny(buffer)
		if err != nil || n == 0 {
			return
		}
		if _, err := far.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// send writes one message after the other, each as a record, until the connection is closed.
func (r *recordConn) send(far net.Conn) {
	defer r.association.Close()
	defer far.Close()
	from := bufio.NewReaderSize(far, maxRecord)
	for {
		record, err := nextRecord(from)
		if err != nil {
			return
		}
		if _, err := r.association.WriteStream(record, 0); err != nil {
			return
		}
	}
}

// nextRecord cuts the next message. Octets that are none, sent on purpose, go out as they came.
func nextRecord(from *bufio.Reader) ([]byte, error) {
	start, err := from.Peek(4)
	if err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(start) & 0xffffff)
	if length < headerLength || length > maxAnswer {
		length = from.Buffered()
	}
	record := make([]byte, length)
	_, err = io.ReadFull(from, record)
	return record, err
}

// Close ends the association once what is written has gone out, or the time for that is over.
func (r *recordConn) Close() error {
	err := r.Conn.Close()
	time.AfterFunc(recordPatience, func() { _ = r.association.Close() })
	return err
}

// LocalAddr has all addresses of our end, as SCTP writes them: 192.0.2.1/192.0.2.2:3868.
func (r *recordConn) LocalAddr() net.Addr { return r.local }

// RemoteAddr has all addresses of the peer's end.
func (r *recordConn) RemoteAddr() net.Addr { return r.remote }

// knownAddress stands in for an address that the system does not tell any more.
func knownAddress(a net.Addr) net.Addr {
	if a == nil {
		return &sctp.SCTPAddr{}
	}
	return a
}

// addressesOf are the IP addresses of one end of a connection; SCTP may have several. Where there
// are none to be known it is the loopback's, since Host-IP-Address must be there.
func addressesOf(end net.Addr) []net.IP {
	if tcp, ok := end.(*net.TCPAddr); ok {
		return []net.IP{tcp.IP}
	}
	var found []net.IP
	text := end.String()
	hosts := text[:max(strings.LastIndexByte(text, ':'), 0)]
	for host := range strings.SplitSeq(hosts, "/") {
		if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
			found = append(found, ip)
		}
	}
	if len(found) == 0 {
		return []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	return found
}

// A recordListener accepts associations. The library's closes its descriptor each time it is told
// to, whoever has that number by then.
type recordListener struct {
	net.Listener
	close func() error
}

// Close ends listening, once.
func (l *recordListener) Close() error { return l.close() }

func listenSCTP(address string) (net.Listener, error) {
	l, err := diam.MultistreamListen("sctp", address)
	if err != nil {
		return nil, explainSCTP(err)
	}
	return &recordListener{l, sync.OnceValue(l.Close)}, nil
}

// Accept waits for the next association.
func (l *recordListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newRecordConn(conn.(association)), nil
}

// dialSCTP connects. An attempt that outlives the context is closed when it succeeds.
func dialSCTP(ctx context.Context, address string) (net.Conn, error) {
	remote, err := sctp.ResolveSCTPAddr("sctp", address)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		conn *sctp.SCTPConn
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		conn, err := sctp.DialSCTP("sctp", nil, remote)
		done <- outcome{conn, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, explainSCTP(o.err)
		}
		return newRecordConn(diam.NewSCTPConn(o.conn)), nil
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil {
				_ = o.conn.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

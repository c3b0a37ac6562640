package capture

import (
	"fmt"
	"io"
	"time"
)

// Port is that of Diameter (RFC 6733 section 11.4).
const Port = 3868

// mostOctets is how many octets of a message one segment carries: an IPv4 packet has 65,535.
const mostOctets = 60_000

// firstClientPort is that of the first connection of each client.
const firstClientPort = 40_000

// A Message is one Diameter message, with what people should know of it.
type Message struct {
	At       time.Time
	Client   string // the name of the side that connected
	ByServer bool   // sent by the server, to the client
	Raw      []byte // as it was sent, right or wrong
	Comments []string
}

// A Writer makes a pcapng file of messages. Each client has an address, beginning with 10.1, and
// one connection to the server's, 10.0.0.1, port 3868; the file says which names they stand for.
// Write messages in the order of their times.
type Writer struct {
	out     io.Writer
	server  string
	clients map[string]*connection
	number  uint16 // of packets
	err     error
}

// A connection is one of TCP, from the moment on that the first message was seen.
type connection struct {
	client, server endpoint
}

// clientAddress is that of the client with a number, from 1 on.
func clientAddress(n int) [4]byte { return [4]byte{10, 1 + byte(n>>16), byte(n >> 8), byte(n)} }

func serverEndpoint() endpoint { return endpoint{[4]byte{10, 0, 0, 1}, Port, 1} }

// NewWriter begins a file that says which software wrote it and what the server's name is.
func NewWriter(out io.Writer, software, server string) (*Writer, error) {
	w := &Writer{out: out, server: server, clients: make(map[string]*connection)}
	w.write(section(software))
	w.write(device("diameter"))
	w.write(naming(serverEndpoint().address, server))
	return w, w.err
}

// Write adds a message. One above 60,000 octets takes several packets, of which the first has the
// comments. Where a message's length is a lie, nobody could find the next one in its stream: the
// client has a new connection then.
func (w *Writer) Write(m Message) error {
	c := w.connection(m.Client)
	from, to, direction := &c.client, &c.server, packetInbound
	if m.ByServer {
		from, to, direction = to, from, packetOutbound
	}
	comments := m.Comments
	for rest := m.Raw; len(rest) > 0; {
		data := rest[:min(len(rest), mostOctets)]
		rest = rest[len(data):]
		w.number++
		w.write(packet(m.At, segment(from, to, w.number, data), direction, comments))
		from.next += uint32(len(data))
		comments = nil
	}
	if length, ok := Length(m.Raw); !ok || length != len(m.Raw) {
		c.reconnect()
	}
	return w.err
}

// connection is the one that a client has; the first message of a client makes it.
func (w *Writer) connection(client string) *connection {
	if c := w.clients[client]; c != nil {
		return c
	}
	n := len(w.clients) + 1
	c := &connection{server: serverEndpoint(), client: endpoint{
		clientAddress(n), firstClientPort, 1,
	}}
	w.clients[client] = c
	w.write(naming(c.client.address, client))
	return c
}

// reconnect begins a new connection from the next port.
func (c *connection) reconnect() {
	c.client.port = max(c.client.port+1, firstClientPort)
	c.client.next, c.server.next = 1, 1
}

func (w *Writer) write(data []byte) {
	if w.err != nil {
		return
	}
	if _, err := w.out.Write(data); err != nil {
		w.err = fmt.Errorf("write the capture: %w", err)
	}
}

// headerLength is that of a Diameter header (RFC 6733 section 3).
const headerLength = 20

// Length reads how long the message is that begins here. Octets that begin no message, since the
// version is not 1 or the length impossible, are not ok.
func Length(octets []byte) (length int, ok bool) {
	if len(octets) < 4 || octets[0] != 1 {
		return 0, false
	}
	length = int(octets[1])<<16 | int(octets[2])<<8 | int(octets[3])
	return length, length >= headerLength && length%4 == 0
}

package diameter

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The header of a message (RFC 6733 section 3).
const (
	headerLength = 20

	flagRequest       = 0x80
	flagProxiable     = 0x40
	flagError         = 0x20
	flagRetransmitted = 0x10
)

// The applications and commands that are known here.
const (
	baseApplication          = 0
	creditControlApplication = 4

	commandCapabilitiesExchange = 257
	commandReAuth               = 258
	commandAccounting           = 271
	commandCreditControl        = 272
	commandAbortSession         = 274
	commandSessionTermination   = 275
	commandDeviceWatchdog       = 280
	commandDisconnectPeer       = 282
)

// A header is a message's header, version and length aside.
type header struct {
	flags                byte
	command, application uint32
	hopByHop, endToEnd   uint32
}

// parseHeader reads the header of a frame of at least headerLength octets.
func parseHeader(frame []byte) header {
	word := binary.BigEndian.Uint32(frame[4:])
	return header{
		flags:       byte(word >> 24),
		command:     word & 0xffffff,
		application: binary.BigEndian.Uint32(frame[8:]),
		hopByHop:    binary.BigEndian.Uint32(frame[12:]),
		endToEnd:    binary.BigEndian.Uint32(frame[16:]),
	}
}

func (h header) request() bool { return h.flags&flagRequest != 0 }

// base reports whether the message belongs to the base protocol: between peers, never proxied.
func (h header) base() bool {
	switch h.command {
	case commandCapabilitiesExchange, commandDeviceWatchdog, commandDisconnectPeer:
		return true
	}
	return false
}

// A cutting is what cut makes of the octets that have arrived.
type cutting uint8

const (
	wantMore     cutting = iota // the frame is not there yet
	wholeFrame                  // it is
	badLength                   // the header's length is impossible: nothing after it can be found
	notDiameter                 // neither version nor length make sense
	foreignStart                // the connection does not begin with a CER
)

// cut finds the first frame in b. The length is that of a whole frame only. Its first argument
// says that nothing came before on this connection, where more than a bad frame is suspected.
func cut(first bool, b []byte, limit int) (length int, c cutting) {
	if len(b) < 4 {
		return 0, wantMore
	}
	word := binary.BigEndian.Uint32(b)
	version, length := word>>24, int(word&0xffffff)
	sound := length >= headerLength && length%4 == 0 && length <= limit
	switch {
	case first && (version != 1 && !sound || foreign(b)):
		return 0, foreignStart
	case version != 1 && !sound:
		return 0, notDiameter
	case !sound:
		return 0, badLength
	case len(b) < length:
		return 0, wantMore
	}
	return length, wholeFrame
}

// foreign reports whether what has come is surely no CER: command 257 with the R bit.
func foreign(b []byte) bool {
	const mask = flagRequest<<24 | 0xffffff
	const request = flagRequest<<24 | commandCapabilitiesExchange
	return len(b) >= 8 && binary.BigEndian.Uint32(b[4:])&mask != request
}

// A guard is what the library's server takes for its network connection. Read gives it sound
// frames only, one at a time, of the commands it is to dispatch; everything else is dealt with
// here. The library calls Read from one goroutine, and again only after its handler returned.
type guard struct {
	*connection
	buffer     []byte
	start, end int    // what has arrived and is not cut yet
	first      bool   // nothing was cut yet
	handed     []byte // what the library has yet to read of the frame it is given
	frame      []byte // that frame as it came; valid until the handler returns
	number     int64  // of its exchange
	gone       bool
}

// The buffer grows with the traffic, so that idle connections cost little.
const (
	smallBuffer = 8 << 10
	largeBuffer = 128 << 10
)

func newGuard(c *connection) *guard {
	return &guard{connection: c, buffer: make([]byte, smallBuffer), first: true}
}

// Read gives the library its next frame. It returns io.EOF when the connection is at its end, for
// whatever reason.
func (g *guard) Read(p []byte) (int, error) {
	for len(g.handed) == 0 {
		frame, err := g.next()
		if err != nil {
			g.leave()
			return 0, io.EOF
		}
		g.handed = g.admit(frame)
	}
	n := copy(p, g.handed)
	g.handed = g.handed[n:]
	return n, nil
}

// Close is called by the library when it is done with the connection.
func (g *guard) Close() error {
	err := g.connection.Close()
	g.leave()
	return err
}

// leave says that nothing is read any more and no handler runs.
func (g *guard) leave() {
	if !g.gone {
		g.gone = true
		close(g.left)
	}
}

// errEnd ends reading where the connection has come to its end by our will.
var errEnd = errors.New("connection is at its end")

// next returns the next whole frame. It is valid until the next call.
func (g *guard) next() ([]byte, error) {
	for !g.closing() {
		g.deaf()
		length, found := cut(g.first, g.buffer[g.start:g.end], g.server.options.MaxMessage)
		if found == wholeFrame {
			frame := g.buffer[g.start : g.start+length : g.start+length]
			g.start += length
			return frame, nil
		}
		if found != wantMore {
			return nil, g.giveUp(found)
		}
		if err := g.fill(); err != nil {
			return nil, g.ended(err)
		}
	}
	return nil, g.drain()
}

// fill reads what has come, as much as there is.
func (g *guard) fill() error {
	switch {
	case g.start == g.end:
		g.start, g.end = 0, 0
	case g.start > 0 && len(g.buffer)-g.end < len(g.buffer)/2:
		g.end = copy(g.buffer, g.buffer[g.start:g.end])
		g.start = 0
	}
	if g.end == len(g.buffer) {
		g.grow()
	}
	n, err := g.Conn.Read(g.buffer[g.end:])
	g.end += n
	if n > 0 {
		g.active.Store(time.Now().UnixNano())
		if g.suspect.Load() {
			g.trust()
		}
		return nil
	}
	return err
}

// grow doubles the buffer. A whole frame and the beginning of the next always fit.
func (g *guard) grow() {
	larger := make([]byte, min(2*len(g.buffer), max(largeBuffer, 2*g.server.options.MaxMessage)))
	copy(larger, g.buffer[:g.end])
	g.buffer = larger
}

// giveUp ends a connection whose octets cannot be followed any further.
func (g *guard) giveUp(found cutting) error {
	if found != badLength {
		g.refuseStream()
		return errEnd
	}
	g.completeHeader()
	frame := g.buffer[g.start:g.end]
	g.number = g.received(frame)
	g.answerFault(frame, parseHeader(frame), &refusal{
		result:  resultInvalidMessageLength,
		message: "the length in the header is less than 20, no multiple of 4 or above the limit",
	})
	g.finish()
	return g.drain()
}

// refuseStream ends a connection that begins with another message than a CER (RFC 6733 section
// 5.6.1), or on which no messages can be found; that is what a TCP reset is for (section 2.1).
func (g *guard) refuseStream() {
	arrived := g.buffer[g.start:g.end]
	g.receivedLast(arrived)
	start := arrived[:min(len(arrived), headerLength)]
	if arrived[0] == 1 {
		g.log.Warn().Hex("header", start).Msg("a message came before capabilities were exchanged")
		_ = g.connection.Close()
		return
	}
	what := "what arrives is not Diameter; the connection is reset"
	if beginsTLS(arrived) {
		what = "the peer begins TLS, and this address serves none; the connection is reset"
	}
	g.log.Warn().Hex("octets", start).Msg(what)
	g.reset()
}

// completeHeader waits a moment for the rest of a header whose length is known to be wrong, so
// that the answer can carry its identifiers. What does not come counts as zero.
func (g *guard) completeHeader() {
	_ = g.SetReadDeadline(time.Now().Add(headerPatience))
	for g.end-g.start < headerLength {
		if err := g.fill(); err != nil {
			break
		}
	}
	for g.end-g.start < headerLength {
		g.buffer[g.end] = 0
		g.end++
	}
	_ = g.SetReadDeadline(time.Time{})
}

const headerPatience = 200 * time.Millisecond

// drain reads on and throws away until the peer has closed its side too, or the time for that is
// over: a connection closed with octets unread is reset, and the peer would lose our last answer.
func (g *guard) drain() error {
	for {
		if _, err := g.Conn.Read(g.buffer); err != nil {
			return errEnd
		}
	}
}

// ended deals with the end of what can be read. A peer that has closed its side only still gets
// the answers that are due.
func (g *guard) ended(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		g.log.Debug().Msg("the peer closed the connection")
		g.finish()
		select {
		case <-g.written:
		case <-time.After(g.server.options.CloseTimeout):
		}
	case errors.Is(err, net.ErrClosed) || g.closing():
	default:
		g.tellBreak(err)
	}
	return errEnd
}

// admit deals with one whole frame and returns what the library is to read of it, if it is to
// dispatch it.
func (g *guard) admit(frame []byte) []byte {
	h := parseHeader(frame)
	if g.first {
		g.first = false
	} else if !g.opened() && (h.command != commandCapabilitiesExchange || !h.request()) {
		g.start -= len(frame)
		g.refuseStream()
		return nil
	}
	if h.request() && h.command == commandCreditControl && frame[0] == 1 &&
		h.application == creditControlApplication && h.flags&flagError == 0 {
		g.charge(frame, h)
		return nil
	}
	if g.server.accounting(frame, h) {
		g.account(frame, h)
		return nil
	}
	g.frame = frame
	if h.request() {
		g.number = g.received(frame)
	}
	fault := g.inspect(frame, h)
	switch {
	case fault == nil:
		return g.server.dictionary().forLibrary(frame, h)
	case h.request():
		g.answerFault(frame, h, fault)
	default:
		// The library would break on it, but what it answers can be told all the same.
		g.log.Warn().Uint32("command", h.command).Msg("faulty answer: " + fault.message)
		g.answered(h, frame)
	}
	return nil
}

// inspect finds what is wrong with a frame that is not charged.
func (g *guard) inspect(frame []byte, h header) *refusal {
	if frame[0] != 1 {
		return &refusal{result: resultUnsupportedVersion, message: "the version is not 1"}
	}
	if h.flags&reservedFlags != 0 && h.request() && g.strict() {
		return &refusal{
			result: resultInvalidBitInHeader, message: "a reserved bit of the header is set",
		}
	}
	if h.request() {
		if fault := g.server.inspectRequest(h); fault != nil {
			return fault
		}
	} else if !answerable(h.command) {
		return &refusal{result: resultCommandUnsupported, message: "nothing of the kind was asked"}
	}
	return g.server.dictionary().inspect(frame, h.request())
}

// strict reports whether the peer is wanted strict.
func (g *guard) strict() bool {
	g.mu.Lock()
	origin := charging.Origin{Host: g.peer.OriginHost, Realm: g.peer.OriginRealm}
	g.mu.Unlock()
	return g.server.settingsOf(origin).IsStrict()
}

// inspectRequest finds what is wrong with the header of a request.
func (s *Server) inspectRequest(h header) *refusal {
	application, known := s.applicationOf(h.command)
	switch {
	case h.flags&flagError != 0:
		// RFC 6733 section 7.1.3.
		return &refusal{result: resultInvalidHeaderBits, message: "the E bit is set in a request"}
	case h.application != baseApplication && h.application != creditControlApplication &&
		(h.application != accountingApplication || s.options.Accounting == nil):
		return &refusal{
			result: resultApplicationUnsupported, message: "the application is not known here",
		}
	case !known:
		return &refusal{result: resultCommandUnsupported, message: "the command is not known here"}
	case h.application != application:
		return &refusal{
			result: resultApplicationUnsupported, message: "the command is another application's",
		}
	}
	return nil
}

// applicationOf is the application that a command is served in.
func (s *Server) applicationOf(command uint32) (application uint32, known bool) {
	switch command {
	case commandCapabilitiesExchange, commandDeviceWatchdog, commandDisconnectPeer:
		return baseApplication, true
	case commandCreditControl:
		return creditControlApplication, true
	case commandAccounting:
		return accountingApplication, s.options.Accounting != nil
	}
	return 0, false
}

// answerable reports whether requests with this command are sent here, so that answers can come.
func answerable(command uint32) bool {
	switch command {
	case commandReAuth, commandAbortSession, commandDeviceWatchdog, commandDisconnectPeer:
		return true
	}
	return false
}

// A refusal is an error answer that the door gives by itself.
type refusal struct {
	result  charging.Result
	failed  []byte // the AVP at fault, header and data; nil: none is shown
	message string
}

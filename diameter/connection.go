package diameter

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A connection is one transport connection of a peer: what is sent on it, what it waits for, and
// how it ends. One goroutine writes; its guard reads.
type connection struct {
	net.Conn
	server  *Server
	self    identity // what this server is on the listener that the peer came by
	decoder *decoder // knows that too
	log     zerolog.Logger
	link    string // the peer's address

	active    atomic.Int64 // when octets last arrived, in nanoseconds
	open      atomic.Bool  // capabilities are exchanged
	suspect   atomic.Bool  // the watchdog says so
	finishing atomic.Bool  // no more requests are taken; see finish
	silent    atomic.Bool  // our side is closed on purpose: nothing more is sent
	deafUntil atomic.Int64 // nothing is read until then, in nanoseconds; 0: as ever
	muteUntil atomic.Int64 // no watchdog request is answered until then

	slots   chan struct{} // one for each request whose answer is not written yet
	wake    chan struct{}
	done    chan struct{} // closed by Close
	left    chan struct{} // closed when the guard reads no more
	written chan struct{} // closed when the writer is through

	lastOrigin string // of the last charged request; the guard's own, as is the next
	lastChange int64  // of the routes, at that request
	registered string // the key in the registry, whose lock guards it and the next
	route      *charging.Route

	mu       sync.Mutex
	closed   bool
	queue    []outgoing
	spare    []outgoing
	delayed  map[*outgoing]lateAnswer
	behind   int // of them those that wait for another answer
	pending  map[uint32]pendingRequest
	hopByHop uint32
	peer     Peer
	watch    watchdog
}

// outgoing is one message on its way out: encoded already, or an answer to encode.
type outgoing struct {
	message  []byte
	number   int64  // of the exchange
	recorded bool   // the recorder knows of it already; of an answer, that it was given
	encoded  []byte // the answer's octets, where they were made before
	charged  *charged
	answer   *charging.Answer
	slot     bool // gives a slot back
}

func newConnection(s *Server, raw net.Conn) *connection {
	c := &connection{
		Conn:     raw,
		server:   s,
		self:     s.self,
		decoder:  s.decoder,
		log:      s.options.Log.With().Stringer("address", raw.RemoteAddr()).Logger(),
		link:     raw.RemoteAddr().String(),
		slots:    make(chan struct{}, s.options.MaxInFlight),
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		left:     make(chan struct{}),
		written:  make(chan struct{}),
		delayed:  make(map[*outgoing]lateAnswer),
		pending:  make(map[uint32]pendingRequest),
		hopByHop: s.endToEnd.Add(1) << 8,
	}
	c.active.Store(time.Now().UnixNano())
	return c
}

func (c *connection) opened() bool  { return c.open.Load() }
func (c *connection) closing() bool { return c.finishing.Load() }

// Write takes messages that the library writes; there are none as things stand, but two writers
// on one connection would mix their octets.
func (c *connection) Write(b []byte) (int, error) {
	c.enqueue(outgoing{message: bytes.Clone(b)})
	return len(b), nil
}

// acquire waits for a slot, which is how a peer that does not take its answers, or asks faster
// than can be charged, is read no further. It reports false where the connection closed.
func (c *connection) acquire() bool {
	select {
	case c.slots <- struct{}{}:
		return true
	default:
	}
	select {
	case c.slots <- struct{}{}:
		return true
	case <-c.done:
		return false
	}
}

// enqueue hands a message to the writer. It never blocks.
func (c *connection) enqueue(o outgoing) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		c.recordSilence(&o)
		return
	}
	first := len(c.queue) == 0
	c.queue = append(c.queue, o)
	if c.behind > 0 && o.charged != nil &&
		(o.answer.Delivery == nil || !o.answer.Delivery.Silent()) {
		c.overtaken()
	}
	c.mu.Unlock()
	if first {
		c.poke()
	}
}

func (c *connection) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// recordAnswer tells the recorder what was answered to a charged request, sent or not.
func (c *connection) recordAnswer(o outgoing) {
	if recorder := c.server.options.Recorder; recorder != nil && o.charged != nil {
		recorder.Answered(o.charged.request, o.answer)
	}
}

// tellRecorder tells the recorder of an answer that will not be sent, if it does not know of it.
func (c *connection) tellRecorder(o *outgoing) {
	if !o.recorded {
		c.recordAnswer(*o)
	}
}

// recordSilence tells the recorder besides that nothing goes out.
func (c *connection) recordSilence(o *outgoing) {
	c.tellRecorder(o)
	number := o.number
	if o.charged != nil {
		number = o.charged.request.Exchange
	}
	if recorder := c.server.options.Recorder; recorder != nil && number > 0 {
		recorder.Sent(number, charging.Message{})
	}
}

// write is the writer: it sends all that is ready in one go, and again.
func (c *connection) write() {
	defer close(c.written)
	var buffer []byte
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		for batch := c.take(); len(batch) > 0; batch = c.take() {
			var err error
			if buffer, err = c.send(buffer, batch); err != nil {
				c.log.Warn().Err(err).Msg("cannot write; the connection is closed")
				_ = c.Close()
				return
			}
		}
		if c.closing() && len(c.slots) == 0 {
			c.closeWrite()
			return
		}
	}
}

// take returns all that waits. The slice is the caller's until the next call.
func (c *connection) take() []outgoing {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.queue
	clear(c.spare)
	c.queue, c.spare = c.spare[:0], batch
	return batch
}

// A single write carries about this much at most, so that the first answers of a long batch need
// not wait for the encoding of the last.
const largeWrite = 64 << 10

// usualAnswer is room for most answers.
const usualAnswer = 384

// send encodes and writes a batch and gives its slots back. What a recorder is shown must stay as
// it is, so that the buffer is used again only without one.
func (c *connection) send(buffer []byte, batch []outgoing) ([]byte, error) {
	for len(batch) > 0 {
		switch {
		case c.silent.Load():
			c.swallow(batch)
			return buffer, nil
		case batch[0].odd():
			if err := c.sendOddly(&batch[0]); err != nil {
				c.swallow(batch[1:])
				return buffer, err
			}
			if batch = batch[1:]; c.ended() {
				c.swallow(batch)
				return buffer, nil
			}
			continue
		}
		if c.server.options.Recorder != nil {
			buffer = make([]byte, 0, min(len(batch)*usualAnswer, largeWrite))
		}
		buffer = buffer[:0]
		taken := 0
		for taken < len(batch) && len(buffer) < largeWrite && !batch[taken].odd() {
			buffer = c.encode(buffer, &batch[taken])
			taken++
		}
		if err := c.flush(buffer); err != nil {
			c.swallow(batch[taken:])
			return buffer, err
		}
		for _, o := range batch[:taken] {
			if o.slot {
				<-c.slots
			}
		}
		batch = batch[taken:]
	}
	return buffer, nil
}

// ended reports whether the connection is closed.
func (c *connection) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// encode appends a message. The recorder is told before it is written, so that whoever has the
// answer finds it recorded.
func (c *connection) encode(buffer []byte, o *outgoing) []byte {
	start, number := len(buffer), o.number
	switch {
	case o.encoded != nil:
		buffer, number = append(buffer, o.encoded...), o.charged.request.Exchange
	case o.charged != nil:
		buffer, number = c.compose(buffer, o), o.charged.request.Exchange
	default:
		buffer = append(buffer, o.message...)
	}
	recorder := c.server.options.Recorder
	if recorder == nil || o.recorded && o.charged == nil {
		return buffer
	}
	c.tellRecorder(o)
	recorder.Sent(number, c.message(buffer[start:len(buffer):len(buffer)]))
	return buffer
}

// compose appends an answer to a charged request, with all that a script changes in it.
func (c *connection) compose(buffer []byte, o *outgoing) []byte {
	start, x := len(buffer), o.charged
	if x.accounted != nil {
		buffer = c.server.appendAccountingAnswer(buffer, o.answer, x)
	} else {
		buffer = appendAnswer(buffer, o.answer, x.header, x.proxyInfo, c.self)
	}
	if o.answer.Quirks != 0 {
		buffer = withQuirks(buffer, start, o.answer.Quirks, x.request.Origin)
	}
	if len(o.answer.Edits) > 0 {
		buffer = c.amend(buffer, start, o)
	}
	if d := o.answer.Delivery; d != nil && d.Preset != "" {
		buffer = append(buffer[:start], malformed(buffer[start:], d.Preset)...)
	}
	return buffer
}

// amend changes the AVPs of the answer that begins at start, by the dictionaries of the moment.
// What could not be changed is told in a copy of the answer, as others may look at the same.
func (c *connection) amend(buffer []byte, start int, o *outgoing) []byte {
	amended, left := c.server.dictionary().amend(buffer[start:], o.answer.Edits)
	if len(left) > 0 && c.server.options.Recorder != nil {
		told := *o.answer
		told.Why = slices.Clip(told.Why)
		for _, why := range left {
			told.Why = append(told.Why, charging.Reason{
				Code: charging.BecauseIgnored, Detail: "amend: " + why + "; the answer is left as it is",
			})
		}
		o.answer = &told
	}
	return append(buffer[:start], amended...)
}

func (c *connection) flush(buffer []byte) error {
	deadline := time.Now().Add(c.server.options.WriteTimeout)
	if err := c.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := c.Conn.Write(buffer)
	return err
}

// message is what a recorder is shown.
func (c *connection) message(raw []byte) charging.Message {
	return charging.Message{
		Door: "gy", Peer: c.name(), Link: c.link, At: time.Now(), Raw: raw,
	}
}

// name is the peer's Origin-Host where it is known, else its address.
func (c *connection) name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peer.OriginHost != "" {
		return c.peer.OriginHost
	}
	return c.link
}

// received tells the recorder of a frame, which it may keep, and returns the exchange's number.
func (c *connection) received(frame []byte) int64 {
	if c.server.options.Recorder == nil {
		return 0
	}
	return c.server.options.Recorder.Received(c.message(bytes.Clone(frame)))
}

// receivedLast is received for what nothing answers.
func (c *connection) receivedLast(frame []byte) {
	if recorder := c.server.options.Recorder; recorder != nil {
		m := c.message(bytes.Clone(frame))
		m.Last = true
		recorder.Received(m)
	}
}

// reply queues the answer to a request that the door answers by itself.
func (g *guard) reply(message []byte) {
	if g.acquire() {
		g.enqueue(outgoing{message: message, number: g.number, slot: true})
	}
}

// finish ends the connection in good order: no more requests are taken, answers that are due are
// sent, then our side is closed, then the peer's is awaited. All that has its time.
func (c *connection) finish() {
	if c.finishing.Swap(true) {
		return
	}
	c.server.peers.remove(c)
	_ = c.SetReadDeadline(time.Now().Add(c.server.options.CloseTimeout))
	c.poke()
}

// closeWrite closes our side, and all of it where there are no sides.
func (c *connection) closeWrite() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		_ = c.Close()
	}
}

// reset ends the connection at once with a TCP reset (RFC 6733 section 2.1).
func (c *connection) reset() {
	raw := c.Conn
	if secure, ok := raw.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	if tcp, ok := raw.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = raw.Close() // before TLS would say goodbye
	_ = c.Close()
}

// Close ends the connection at once. What waits for an answer is told.
func (c *connection) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	queue, delayed, pending := c.queue, c.delayed, c.pending
	c.queue, c.delayed, c.pending = nil, nil, nil
	c.watch.stop()
	c.mu.Unlock()

	c.finishing.Store(true)
	close(c.done)
	err := c.Conn.Close()
	for i := range queue {
		c.recordSilence(&queue[i])
	}
	for _, late := range delayed {
		late.stop()
		c.recordSilence(late.outgoing)
	}
	for _, p := range pending {
		c.recordSilence(&outgoing{number: p.number})
		p.reply <- nil
	}
	c.server.forget(c)
	return err
}

// errConnectionLost is given to those whose answer will not come any more.
var errConnectionLost = errors.New("the connection was lost before an answer came")

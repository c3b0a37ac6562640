package diameter

import (
	"bytes"
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A charged request is one that waits for its answer.
type charged struct {
	connection *connection
	request    *charging.Request
	header     header
	counted    bool // among the requests under way; see gate
	proxyInfo  [][]byte
	accounted  *accounted // nil: a CCR
}

// charge takes a CCR around the library, whose decoder is half of the server's work otherwise,
// and gives it to the Charger. It waits where too many answers are outstanding.
func (g *guard) charge(frame []byte, h header) {
	s := g.server
	frame = bytes.Clone(frame)
	number := int64(0)
	if s.options.Recorder != nil {
		number = s.options.Recorder.Received(g.message(frame))
	}
	dictionary := s.dictionary()
	request, proxyInfo := g.decoder.decodeWith(dictionary, frame, s.options.Clock.Now())
	request.Exchange, request.Route = number, g.route
	if request.Attributes == nil {
		request.Attributes = frameAttributes{dictionary, frame}
	}
	s.peers.came(g.connection, request.Origin)
	if own := s.settingsOf(request.Origin); own != nil {
		g.heed(own, frame, h, request)
	}
	if !g.acquire() {
		return
	}
	x := &charged{connection: g.connection, request: request, header: h, proxyInfo: proxyInfo}
	if s.gated && request.Refused == nil {
		if refusal := g.gate(x, frame); refusal != nil {
			request.Refused = refusal
			x.reply(refused(request))
			return
		}
	}
	if request.Type == 0 && request.Refused != nil {
		// Without its session, type or number a request belongs to nothing that could be charged.
		x.reply(refused(request))
		return
	}
	s.options.Charger.Charge(s.context, request, x.reply)
}

// refused is the answer to a request that charging need not hear of.
func refused(r *charging.Request) *charging.Answer {
	return &charging.Answer{
		Key: r.Key, Type: r.Type,
		Result: r.Refused.Result, Failed: r.Refused.Failed, Message: r.Refused.Message,
	}
}

// reply sends the answer on its way; it never blocks. An answer without a result means that
// nobody knows whether the request was charged: the connection closes, so that the client asks
// again, and finds the truth then.
func (x *charged) reply(a *charging.Answer) {
	c := x.connection
	if x.counted {
		c.server.underWay.Add(-1)
	}
	switch {
	case a == nil || a.Result == 0:
		c.log.Error().Str("session", x.request.Key.Session.ID).
			Msg("the outcome of a request is unknown; the connection is closed")
		<-c.slots
		_ = c.Close()
	case a.Delivery == nil:
		c.enqueue(outgoing{charged: x, answer: a, slot: true})
	default:
		c.deliver(x, a)
	}
}

// deliver sends an answer as a script wants it sent.
func (c *connection) deliver(x *charged, a *charging.Answer) {
	c.dispatch(&outgoing{charged: x, answer: a, slot: true})
}

// dispatch sends a message that has a delivery.
func (c *connection) dispatch(o *outgoing) {
	d := o.answer.Delivery
	c.misbehave(d)
	if d.Hold == nil && d.Delay <= 0 && !d.Behind {
		c.enqueue(*o)
		return
	}
	c.delay(o)
}

// A lateAnswer is one that waits for its time.
type lateAnswer struct {
	*outgoing
	timer  *time.Timer   // nil: only something else lets it go
	gone   chan struct{} // closed when it waits no more
	behind bool          // what it waits for is the next answer
}

// longestBehind is how long an answer waits for another that never comes.
const longestBehind = 10 * time.Second

// delay lets an answer step out of line. It keeps its slot, so that their number is bounded. The
// recorder is told at once: the request is charged, whatever becomes of its answer.
func (c *connection) delay(o *outgoing) {
	if o.charged != nil {
		o.encoded = c.compose(nil, o)
		c.recordAnswer(*o)
		o.recorded = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		go c.recordSilence(o)
		return
	}
	d := o.answer.Delivery
	if d.Delay > 0 || d.Hold != nil {
		c.wait(o, d.Delay, d.Hold, false)
	} else {
		c.wait(o, longestBehind, nil, true)
	}
}

// wait keeps an answer for a time, zero is for ever, or until it is released; the lock is held.
func (c *connection) wait(
	o *outgoing, spell time.Duration, hold <-chan struct{}, behind bool,
) {
	late := lateAnswer{outgoing: o, gone: make(chan struct{}), behind: behind}
	if spell > 0 {
		late.timer = time.AfterFunc(spell, func() { c.letGo(late.gone, o) })
	}
	c.delayed[o] = late
	if behind {
		c.behind++
	}
	if hold != nil {
		go func() {
			select {
			case <-hold:
				c.letGo(late.gone, o)
			case <-late.gone:
			}
		}()
	}
}

// letGo sends an answer that has waited, unless it is on its way already. One that is to come
// behind another goes on waiting for that.
func (c *connection) letGo(gone chan struct{}, o *outgoing) {
	c.mu.Lock()
	late, due := c.delayed[o]
	due = due && late.gone == gone
	if due {
		c.waitsNoMore(late)
		if o.answer.Delivery.Behind && !late.behind {
			c.wait(o, longestBehind, nil, true)
			due = false
		}
	}
	c.mu.Unlock()
	if due {
		c.enqueue(*o)
	}
}

// waitsNoMore takes an answer out of those that wait; the lock is held.
func (c *connection) waitsNoMore(late lateAnswer) {
	delete(c.delayed, late.outgoing)
	late.stop()
	if late.behind {
		c.behind--
	}
}

// stop ends what would let the answer go.
func (l lateAnswer) stop() {
	close(l.gone)
	if l.timer != nil {
		l.timer.Stop()
	}
}

// overtaken queues the answers that were to go out behind this one; the lock is held.
func (c *connection) overtaken() {
	for o, late := range c.delayed {
		if late.behind {
			c.waitsNoMore(late)
			c.queue = append(c.queue, *o)
		}
	}
}

// misbehave begins what is wrong with the connection itself for a time.
func (c *connection) misbehave(d *charging.Delivery) {
	now := time.Now()
	if d.Deaf > 0 {
		c.deafUntil.Store(now.Add(d.Deaf).UnixNano())
	}
	if d.Mute > 0 {
		c.muteUntil.Store(now.Add(d.Mute).UnixNano())
	}
}

// deaf waits as long as nothing is to be read.
func (c *connection) deaf() {
	until := c.deafUntil.Load()
	if until == 0 {
		return
	}
	c.deafUntil.CompareAndSwap(until, 0)
	c.pause(time.Until(time.Unix(0, until)))
}

// mute reports whether watchdog requests get no answer now.
func (c *connection) mute() bool {
	until := c.muteUntil.Load()
	return until != 0 && time.Now().UnixNano() < until
}

// pause waits, or until the connection is closed.
func (c *connection) pause(spell time.Duration) {
	if spell <= 0 {
		return
	}
	timer := time.NewTimer(spell)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.done:
	}
}

// odd reports whether a message cannot go out among others.
func (o *outgoing) odd() bool {
	if o.answer == nil || o.answer.Delivery == nil {
		return false
	}
	d := o.answer.Delivery
	return d.Preset != "" || d.Copies > 0 || d.Slice > 0 || d.Ending != charging.Stays ||
		d.Goodbye.Known || d.Silent()
}

// sendOddly sends an answer as its delivery says, or not at all, and gives its slot back.
func (c *connection) sendOddly(o *outgoing) error {
	d := o.answer.Delivery
	var err error
	if d.Silent() {
		c.recordSilence(o)
	} else {
		frame := c.encode(nil, o)
		for range d.Copies + 1 {
			if err == nil {
				err = c.sendSliced(frame, d)
			}
		}
	}
	if o.slot {
		<-c.slots
	}
	if err == nil {
		c.part(d)
	}
	return err
}

// sendSliced writes a frame in pieces, each in a segment of its own as far as we can say.
func (c *connection) sendSliced(frame []byte, d *charging.Delivery) error {
	size := d.Slice
	if size <= 0 {
		size = len(frame)
	}
	for len(frame) > 0 {
		n := min(size, len(frame))
		if err := c.flush(frame[:n]); err != nil {
			return err
		}
		if frame = frame[n:]; len(frame) > 0 {
			c.pause(d.Pause)
		}
	}
	return nil
}

// part ends the connection, or says goodbye, as a delivery wants it.
func (c *connection) part(d *charging.Delivery) {
	switch {
	case d.Goodbye.Known:
		go func() {
			ctx, cancel := context.WithTimeout(c.server.context, c.server.options.CloseTimeout)
			defer cancel()
			c.sayGoodbye(ctx, DisconnectCause(d.Goodbye.Value))
		}()
	case d.Ending == charging.Closes:
		_ = c.Close()
	case d.Ending == charging.Resets:
		c.reset()
	case d.Ending == charging.HalfClose:
		c.silent.Store(true)
		c.closeWrite()
	}
}

// swallow is what becomes of messages that cannot be sent any more, as our side is closed: they are
// recorded, and that is all.
func (c *connection) swallow(batch []outgoing) {
	for i := range batch {
		c.recordSilence(&batch[i])
		if batch[i].slot {
			<-c.slots
		}
	}
}

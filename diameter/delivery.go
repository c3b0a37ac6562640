package diameter

import (
	"bytes"
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
	request.Exchange = number
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
	case a.Delivery.Drop:
		c.recordAnswer(outgoing{charged: x, answer: a})
		<-c.slots
		c.poke()
	case a.Delivery.Delay > 0:
		c.delay(x, a)
	default:
		c.enqueue(outgoing{charged: x, answer: a, slot: true})
	}
}

// A lateAnswer is one that is delayed.
type lateAnswer struct {
	answer *charging.Answer
	timer  *time.Timer
}

// delay lets an answer step out of line. It keeps its slot, so that their number is bounded.
func (c *connection) delay(x *charged, a *charging.Answer) {
	o := outgoing{charged: x, answer: a, slot: true}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		c.recordAnswer(o)
		return
	}
	defer c.mu.Unlock()
	c.delayed[x] = lateAnswer{a, time.AfterFunc(a.Delivery.Delay, func() {
		c.mu.Lock()
		_, due := c.delayed[x]
		delete(c.delayed, x)
		c.mu.Unlock()
		if due {
			c.enqueue(o)
		}
	})}
}

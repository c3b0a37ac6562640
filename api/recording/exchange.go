package recording

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// The commands of credit control (RFC 8506 section 3, RFC 6733 section 8.5).
const (
	creditControl      = 272
	reAuth             = 258
	abortSession       = 274
	creditApplication  = 4
	sessionID          = 263 // the AVP
	headerLength       = 20
	flagRequest        = 0x80
	flagRetransmission = 0x10
)

// An exchange is a request of credit control, of a client or of the server, and its answer.
type exchange struct {
	asked    capture.Frame
	answered *capture.Frame // nil: none was captured
	head     head
	session  string
	byServer bool // a RAR or ASR
	relayed  bool // the request was seen before, one hop nearer to its client
}

// A head is what the header of a message says.
type head struct {
	flags              byte
	command            uint32
	application        uint32
	hopByHop, endToEnd uint32
}

func headOf(frame []byte) (h head, ok bool) {
	if len(frame) < headerLength {
		return h, false
	}
	word := binary.BigEndian.Uint32(frame[4:])
	return head{
		flags: byte(word >> 24), command: word & 0xffffff,
		application: binary.BigEndian.Uint32(frame[8:]),
		hopByHop:    binary.BigEndian.Uint32(frame[12:]),
		endToEnd:    binary.BigEndian.Uint32(frame[16:]),
	}, true
}

func (h *head) request() bool  { return h.flags&flagRequest != 0 }
func (h *head) repeated() bool { return h.flags&flagRetransmission != 0 }

// credits reports whether the message is one of credit control.
func (h *head) credits() bool {
	switch h.command {
	case creditControl, reAuth, abortSession:
		return h.application == creditApplication
	}
	return false
}

// A moment is when a request or an answer was captured.
type moment struct {
	*exchange
	answer bool
}

// Dialogues are the exchanges of a recording, in their order.
type dialogues struct {
	moments   []moment
	exchanges []*exchange
	left      map[string]int  // messages that are no credit control, by name
	again     int             // messages seen at one more hop
	strays    []capture.Frame // answers whose request was not captured
}

// An underway is what tells the answer to a request: the connection, turned round, and both
// identifiers (RFC 6733 section 3).
type underway struct {
	from, to           netip.AddrPort
	command            uint32
	hopByHop, endToEnd uint32
}

// An origin tells a request for all hops (RFC 6733 section 3: End-to-End Identifier).
type origin struct {
	host, session string
	command       uint32
	endToEnd      uint32
}

// dialoguesOf pairs requests with answers. Traffic that was captured at several hops is taken at
// the hop nearest to the client.
func dialoguesOf(frames []capture.Frame) *dialogues {
	d := &dialogues{left: map[string]int{}}
	open, seen := map[underway][]*exchange{}, map[origin]*exchange{}
	coming := answersComing(frames)
	for i := range frames {
		f := frames[i]
		h, ok := headOf(f.Octets)
		switch {
		case !ok || !h.credits():
			d.left[nameOf(f.Octets, h)]++
		case h.request():
			d.ask(f, h, open, seen)
		default:
			d.answer(&f, h, open, coming)
		}
	}
	return d
}

// answersComing counts the answers that are there by what tells them.
func answersComing(frames []capture.Frame) map[underway]int {
	coming := map[underway]int{}
	for i := range frames {
		f := &frames[i]
		if h, ok := headOf(f.Octets); ok && h.credits() && !h.request() {
			coming[underway{f.To, f.From, h.command, h.hopByHop, h.endToEnd}]++
		}
	}
	return coming
}

// nameOf is what a message that is left out is called.
func nameOf(octets []byte, h head) string {
	name := diameter.MessageOf(octets)
	switch h.command {
	case creditControl, reAuth, abortSession:
		return fmt.Sprintf("%s of application %d", name, h.application)
	}
	return name
}

func (d *dialogues) ask(
	f capture.Frame, h head, open map[underway][]*exchange, seen map[origin]*exchange,
) {
	x := &exchange{
		asked: f, head: h, session: diameter.SessionOf(f.Octets), byServer: h.command != creditControl,
	}
	key := underway{f.From, f.To, h.command, h.hopByHop, h.endToEnd}
	open[key] = append(open[key], x)
	from := origin{diameter.BriefOf(f.Octets).OriginHost, x.session, h.command, h.endToEnd}
	if before := seen[from]; before != nil && x.follows(before) {
		x.relayed = true
		d.again++
		return
	}
	seen[from] = x
	d.exchanges = append(d.exchanges, x)
	d.moments = append(d.moments, moment{x, false})
}

// follows reports whether the request is another one, sent on by a relay: it stands on another
// connection, and has one more Route-Record (RFC 6733 section 6.1.9), or comes from where the other
// one went.
func (x *exchange) follows(before *exchange) bool {
	a, b := &before.asked, &x.asked
	if a.From == b.From && a.To == b.To {
		return false
	}
	if routes(b.Octets) > routes(a.Octets) {
		return true
	}
	return !x.head.repeated() && b.From.Addr() == a.To.Addr() && a.From.Addr() != a.To.Addr()
}

func routes(octets []byte) int {
	return len(diameter.Attributes(octets).Lookup("Route-Record"))
}

// answer finds the request of an answer. Where one came again with the same identifiers, and there
// are fewer answers than requests, the first were not answered.
func (d *dialogues) answer(
	f *capture.Frame, h head, open map[underway][]*exchange, coming map[underway]int,
) {
	key := underway{f.To, f.From, h.command, h.hopByHop, h.endToEnd}
	waiting := open[key]
	waiting = waiting[max(len(waiting)-coming[key], 0):]
	coming[key]--
	if len(waiting) == 0 {
		d.strays = append(d.strays, *f)
		return
	}
	x := waiting[0]
	open[key] = waiting[1:]
	x.answered = f
	if x.relayed {
		d.again++
		return
	}
	d.moments = append(d.moments, moment{x, true})
}

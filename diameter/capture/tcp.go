package capture

import (
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// The limits of what waits for a segment that is missing, for each direction.
const (
	mostWaiting  = 8 << 20 // octets
	mostSegments = 4096
	mostUnsure   = 4 // segments, until the first of a connection without a SYN is taken for it
)

// furthest is how far from the expected octets a segment is still taken for the same connection.
const furthest = 1 << 24

// mostConnections is how many connections are followed at a time.
const mostConnections = 100_000

// Two captures of one packet are not further apart than an echo, nor more packets.
const (
	mostEchoTime      = 20 * time.Millisecond
	mostRecentPackets = 8
)

// A way is one direction of traffic.
type way struct{ from, to netip.AddrPort }

func (w way) back() way { return way{w.to, w.from} }

func (w way) String() string { return w.from.String() + " > " + w.to.String() }

// A waiting segment came before its turn.
type waiting struct {
	sequence uint32
	octets   []byte
	seen
}

// A mark is what two captures of one packet have in common.
type mark struct {
	sequence, length uint32
	identification   uint16
}

type marked struct {
	mark
	at time.Time
}

// A tcpWay puts the segments of one direction of a connection in order.
type tcpWay struct {
	way
	cutter  cutter
	started bool   // next is known
	first   uint32 // sequence number of the SYN
	opened  bool   // first is known
	next    uint32 // sequence number of the next octet
	ended   bool   // a FIN or RST was seen
	waiting []waiting
	held    int // octets in waiting
	recent  []marked
}

// tcp takes a segment.
func (r *reader) tcp(d *datagram) {
	var t layers.TCP
	if err := t.DecodeFromBytes(d.payload, gopacket.NilDecodeFeedback); err != nil {
		r.notes.add(d.packet, "the header of TCP cannot be read and is left out: %v", err)
		return
	}
	w := r.tcpWay(way{
		netip.AddrPortFrom(d.from, uint16(t.SrcPort)), netip.AddrPortFrom(d.to, uint16(t.DstPort)),
	})
	if t.SYN {
		r.open(w, t.Seq)
		t.Seq++
	}
	if len(t.Payload) > 0 {
		if w.isOther(t.Seq) {
			r.reopen(w)
		}
		r.segment(w, &t, d)
	}
	w.ended = w.ended || t.FIN || t.RST
}

// tcpWay finds a direction, or makes it.
func (r *reader) tcpWay(key way) *tcpWay {
	if w := r.ways[key]; w != nil {
		return w
	}
	if len(r.ways) >= 2*mostConnections {
		r.sweep()
	}
	return r.newWay(key)
}

func (r *reader) newWay(key way) *tcpWay {
	w := &tcpWay{way: key, cutter: cutter{from: key.from, to: key.to, out: r}}
	r.ways[key] = w
	r.order = append(r.order, w)
	return w
}

// open begins a connection. A SYN with the number of the one before is that one again, and one
// with the number just before the octets that are known comes late.
func (r *reader) open(w *tcpWay, sequence uint32) {
	const late = 1 << 16
	known, begun := w.expected()
	switch {
	case w.opened && w.first == sequence:
		return
	case w.started && !w.opened && known-sequence-1 < late:
		w.opened, w.first = true, sequence
		return
	case (begun || w.ended) && (w.started || known-sequence-1 >= late):
		r.reopen(w)
	}
	w.opened, w.first = true, sequence
	w.started, w.next = true, sequence+1
	// Where it is said what is spoken, even what begins with a fault is taken for a message.
	w.cutter.inStep = w.from.Port() == Port || w.to.Port() == Port
}

// expected is the number of the next octet, or the first that waits, if there is any.
func (w *tcpWay) expected() (sequence uint32, ok bool) {
	switch {
	case w.started:
		return w.next, true
	case len(w.waiting) > 0:
		return w.waiting[0].sequence, true
	}
	return 0, false
}

// reopen ends a connection and begins another of the same ports. Where the other direction has
// just begun, it belongs to the new one already.
func (r *reader) reopen(w *tcpWay) {
	r.finish(w)
	back := r.ways[w.back()]
	if back != nil && (back.cutter.octets > 0 || len(back.waiting) > 0 || back.ended) {
		r.finish(back)
		back.renew()
	}
	w.renew()
}

func (w *tcpWay) renew() {
	*w = tcpWay{way: w.way, cutter: cutter{from: w.from, to: w.to, out: w.cutter.out}}
}

// isOther reports whether a sequence number cannot be of this connection any more.
func (w *tcpWay) isOther(sequence uint32) bool {
	known, ok := w.expected()
	distance := int64(int32(sequence - known))
	return ok && (distance > furthest || distance < -furthest)
}

// segment puts octets where they belong.
func (r *reader) segment(w *tcpWay, t *layers.TCP, d *datagram) {
	s := waiting{t.Seq, t.Payload, d.seen}
	m := mark{t.Seq, uint32(len(t.Payload)), d.identification}
	if w.isEcho(m, d.at) {
		r.echoes++
		return
	}
	if !w.started {
		if w.wait(s); len(w.waiting) >= mostUnsure {
			w.begin()
		}
		return
	}
	if ahead := int32(s.sequence - w.next); ahead > 0 {
		w.wait(s)
		if w.held > mostWaiting || len(w.waiting) > mostSegments {
			w.giveUp()
		}
		return
	}
	w.deliver(s)
	w.catchUp()
}

// isEcho reports whether a packet was captured a moment ago, as on two interfaces.
func (w *tcpWay) isEcho(m mark, at time.Time) bool {
	for _, known := range w.recent {
		if known.mark == m && at.Sub(known.at).Abs() <= mostEchoTime {
			return true
		}
	}
	if len(w.recent) == mostRecentPackets {
		w.recent = slices.Delete(w.recent, 0, 1)
	}
	w.recent = append(w.recent, marked{m, at})
	return false
}

// deliver gives the octets that are new to the cutter.
func (w *tcpWay) deliver(s waiting) {
	old := int64(w.next - s.sequence)
	if old >= int64(len(s.octets)) {
		return
	}
	w.cutter.add(s.octets[old:], s.seen)
	w.next = s.sequence + uint32(len(s.octets))
}

// wait keeps a segment; those that wait stand in order.
func (w *tcpWay) wait(s waiting) {
	at, _ := slices.BinarySearchFunc(w.waiting, s, func(a, b waiting) int {
		if a.sequence == b.sequence {
			return -1 // behind those of the same number
		}
		return int(int32(a.sequence - b.sequence))
	})
	w.waiting = slices.Insert(w.waiting, at, s)
	w.held += len(s.octets)
	w.cutter.out.hold(len(s.octets))
}

// begin takes the first segment that waits for the first of the connection.
func (w *tcpWay) begin() {
	if len(w.waiting) > 0 && !w.started {
		w.started, w.next = true, w.waiting[0].sequence
	}
	w.catchUp()
}

// catchUp delivers what waits, up to the next octet that is missing.
func (w *tcpWay) catchUp() {
	for len(w.waiting) > 0 && int32(w.waiting[0].sequence-w.next) <= 0 {
		w.deliver(w.waiting[0])
		w.held -= len(w.waiting[0].octets)
		w.cutter.out.hold(-len(w.waiting[0].octets))
		w.waiting = w.waiting[1:]
	}
}

// giveUp stops to wait for what is missing.
func (w *tcpWay) giveUp() {
	count := int64(w.waiting[0].sequence - w.next)
	w.cutter.lost(count, w.waiting[0].seen)
	w.next = w.waiting[0].sequence
	w.catchUp()
}

// finish delivers all there is of a direction, and says what is wrong with it.
func (r *reader) finish(w *tcpWay) {
	for w.begin(); len(w.waiting) > 0; {
		w.giveUp()
	}
	c := &w.cutter
	c.end()
	c.report("TCP")
	server := min(w.from.Port(), w.to.Port())
	switch {
	case c.secret:
		r.notes.add(0, "TCP port %d is TLS: capture where it is not encrypted, export the PDUs in "+
			"Wireshark where it has the keys, or take the journal's lines of JSON", server)
	case c.messages == 0 && !c.begun && c.octets > 0:
		r.foreign[server]++
	}
}

// sweep forgets connections that are over or were never of Diameter, and all if that is not enough.
func (r *reader) sweep() {
	for _, all := range []bool{false, true} {
		r.order = slices.DeleteFunc(r.order, func(w *tcpWay) bool {
			back := r.ways[w.back()]
			over := w.ended && (back == nil || back.ended) ||
				w.cutter.messages == 0 && (back == nil || back.cutter.messages == 0)
			if !all && !over {
				return false
			}
			r.finish(w)
			if r.ways[w.way] == w {
				delete(r.ways, w.way)
			}
			return true
		})
		if len(r.ways) < mostConnections {
			return
		}
	}
}

package capture

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// The limits of an association's direction.
const (
	mostNumbers = 4096     // transmission sequence numbers that are known again
	mostPieces  = 16 << 20 // octets of fragments that wait for others
)

// The payload protocol identifiers of Diameter (RFC 6733 section 11.3.1).
const diameterOverDTLS = 47

// An association is one direction of it. Where it has a verification tag, its addresses may
// change (RFC 9260 section 6.4).
type association struct {
	tag      uint32
	from, to uint16
	hosts    [2]netip.Addr // only without a tag
}

// An sctpWay puts the fragments of one direction of an association together.
type sctpWay struct {
	way
	pieces   map[uint32]piece // by transmission sequence number
	held     int
	known    map[uint32]known
	numbers  []uint32 // of known, oldest first
	hash     maphash.Seed
	messages int
	others   int // user messages without Diameter
	secret   bool
	lost     int // fragments that were given up
}

type known struct {
	sum uint64
	at  time.Time
}

// A piece is a fragment of a user message.
type piece struct {
	begins, ends bool
	octets       []byte
	seen
}

// sctp takes the chunks of a packet.
func (r *reader) sctp(d *datagram) {
	options := gopacket.DecodeOptions{NoCopy: true}
	packet := gopacket.NewPacket(d.payload, layers.LayerTypeSCTP, options)
	header, ok := packet.TransportLayer().(*layers.SCTP)
	if !ok {
		r.notes.add(d.packet, "the header of SCTP cannot be read and is left out")
		return
	}
	const interleaved = 64
	for _, layer := range packet.Layers() {
		switch chunk := layer.(type) {
		case *layers.SCTPData:
			r.chunk(r.sctpWay(d, header), chunk, d.seen)
		case *layers.SCTPUnknownChunkType:
			if chunk.Type == interleaved {
				r.notes.add(d.packet, "an I-DATA chunk of SCTP (RFC 8260) is left out")
			}
		}
	}
	if failed := packet.ErrorLayer(); failed != nil {
		if _, unknown := failed.(*layers.SCTPUnknownChunkType); !unknown {
			r.notes.add(d.packet, "chunks of SCTP cannot be read and are left out: %v", failed.Error())
		}
	}
}

func (r *reader) sctpWay(d *datagram, header *layers.SCTP) *sctpWay {
	key := association{
		tag: header.VerificationTag, from: uint16(header.SrcPort), to: uint16(header.DstPort),
	}
	if key.tag == 0 {
		key.hosts = [2]netip.Addr{d.from, d.to}
	}
	if w := r.chunks[key]; w != nil {
		return w
	}
	if len(r.chunks) >= mostConnections {
		r.endSCTP()
	}
	w := &sctpWay{
		way:    way{netip.AddrPortFrom(d.from, key.from), netip.AddrPortFrom(d.to, key.to)},
		pieces: make(map[uint32]piece), known: make(map[uint32]known), hash: maphash.MakeSeed(),
	}
	r.chunks[key] = w
	r.chunked = append(r.chunked, w)
	return w
}

// endSCTP finishes all associations.
func (r *reader) endSCTP() {
	for _, w := range r.chunked {
		w.finish(r)
	}
	clear(r.chunks)
	r.chunked = nil
}

// chunk takes a fragment. A number that was there with the same octets is a retransmission, or the
// same packet again.
func (r *reader) chunk(w *sctpWay, chunk *layers.SCTPData, s seen) {
	if chunk.PayloadProtocol == diameterOverDTLS || isTLS(chunk.Payload) {
		w.secret = true
		return
	}
	if again, moment := w.again(chunk, s); again {
		if moment {
			r.echoes++
		}
		return
	}
	p := piece{chunk.BeginFragment, chunk.EndFragment, chunk.Payload, s}
	if p.begins && p.ends {
		r.userMessage(w, []piece{p})
		return
	}
	w.keep(r, chunk.TSN, p)
	if all := w.gather(r, chunk.TSN); all != nil {
		r.userMessage(w, all)
	}
}

// again reports whether a chunk was seen before, and if so, whether a moment ago.
func (w *sctpWay) again(chunk *layers.SCTPData, s seen) (again, moment bool) {
	sum := maphash.Bytes(w.hash, chunk.Payload)
	if k, ok := w.known[chunk.TSN]; ok && k.sum == sum {
		return true, s.at.Sub(k.at).Abs() <= mostEchoTime
	} else if !ok {
		if len(w.numbers) == mostNumbers {
			delete(w.known, w.numbers[0])
			w.numbers = w.numbers[1:]
		}
		w.numbers = append(w.numbers, chunk.TSN)
	}
	w.known[chunk.TSN] = known{sum, s.at}
	return false, false
}

// keep lets a fragment wait for others. Where too many do, they are given up.
func (w *sctpWay) keep(r *reader, number uint32, p piece) {
	if w.held > mostPieces || len(w.pieces) >= mostNumbers {
		w.lost += len(w.pieces)
		r.hold(-w.held)
		w.held = 0
		clear(w.pieces)
	}
	w.drop(r, number)
	w.pieces[number] = p
	w.held += len(p.octets)
	r.hold(len(p.octets))
}

func (w *sctpWay) drop(r *reader, number uint32) {
	if p, ok := w.pieces[number]; ok {
		w.held -= len(p.octets)
		r.hold(-len(p.octets))
		delete(w.pieces, number)
	}
}

// gather takes all fragments of the user message that one belongs to, or none while some are
// missing. They have consecutive numbers (RFC 9260 section 6.9).
func (w *sctpWay) gather(r *reader, number uint32) (all []piece) {
	first, last := number, number
	for p, ok := w.pieces[first]; !p.begins; p, ok = w.pieces[first] {
		if !ok {
			return nil
		}
		first--
	}
	for p, ok := w.pieces[last]; !p.ends; p, ok = w.pieces[last] {
		if !ok {
			return nil
		}
		last++
	}
	for ; first != last+1; first++ {
		all = append(all, w.pieces[first])
		w.drop(r, first)
	}
	return all
}

// userMessage cuts the messages of Diameter in a user message of SCTP, which is one as a rule.
func (r *reader) userMessage(w *sctpWay, pieces []piece) {
	var octets []byte
	for _, p := range pieces {
		octets = append(octets, p.octets...)
	}
	last := slices.MaxFunc(pieces, func(a, b piece) int { return cmp.Compare(a.packet, b.packet) })
	if _, v := judge(octets); v != whole && w.messages == 0 {
		w.others++
		return
	}
	for len(octets) > 0 {
		length, ok := Length(octets)
		if !ok || length > len(octets) {
			r.notes.add(last.packet, "SCTP %v: %d octets are no message that is whole", w.way,
				len(octets))
			return
		}
		r.frame(Frame{
			At: last.at, From: w.from, To: w.to, Packet: last.packet,
			Octets: bytes.Clone(octets[:length]),
		})
		w.messages++
		octets = octets[length:]
	}
}

// finish says what is left out of a direction.
func (w *sctpWay) finish(r *reader) {
	if w.lost += len(w.pieces); w.lost > 0 {
		r.notes.add(0, "SCTP %v: %d fragments lack others and are left out", w.way, w.lost)
	}
	server := min(w.from.Port(), w.to.Port())
	if w.secret {
		r.notes.add(0, "SCTP port %d is DTLS: capture where it is not encrypted, or take the "+
			"journal's lines of JSON", server)
	}
	if w.others > 0 {
		r.notes.add(0, "SCTP port %d: user messages without Diameter are left out", server)
	}
}

package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/ip6defrag"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// The limits of what is kept of one file.
const (
	mostHeld   = 256 << 20 // octets that wait for others
	mostFrames = 1 << 30   // octets of messages
)

// isPackets reports whether a file begins as pcap or pcapng do.
func isPackets(start []byte) bool {
	if len(start) < 4 {
		return false
	}
	return isNextGeneration(start) || bytes.Contains(
		[]byte("\xa1\xb2\xc3\xd4 \xd4\xc3\xb2\xa1 \xa1\xb2\x3c\x4d \x4d\x3c\xb2\xa1"), start[:4])
}

func isNextGeneration(start []byte) bool {
	return binary.BigEndian.Uint32(start) == blockSection
}

// A reader makes a Recording of packets.
type reader struct {
	recording Recording
	latest    time.Time // of all packets so far
	notes     tally
	ways      map[way]*tcpWay
	order     []*tcpWay
	chunks    map[association]*sctpWay
	chunked   []*sctpWay
	fragments fragments
	echoes    int            // packets that were captured before
	others    int            // packets without IP
	foreign   map[uint16]int // directions of TCP without Diameter, by port
	held      int64          // octets that wait for others
	octets    int64          // of frames
	packets   int
}

// A captured packet as it stands in the file.
type captured struct {
	seen
	link   layers.LinkType
	octets []byte
	length int // on the wire
}

// readPackets reads a pcap or pcapng file.
func readPackets(name string, in *source) (*Recording, error) {
	start, _ := in.Peek(4)
	open := openPcap
	if isNextGeneration(start) {
		open = openPcapng
	}
	r := &reader{
		ways: make(map[way]*tcpWay), chunks: make(map[association]*sctpWay),
		foreign:   make(map[uint16]int),
		recording: Recording{Names: make(map[netip.Addr]string)},
		fragments: fragments{
			v4: ip4defrag.NewIPv4Defragmenter(), v6: ip6defrag.NewIPv6Defragmenter(),
		},
	}
	next, err := open(in, r)
	if err != nil {
		return nil, invalid(fmt.Sprintf("%s: octet %d: %s", name, in.offset(), plainly(err)))
	}
	if err := r.readAll(next, in); err != nil {
		return nil, invalid(name + ": " + err.Error())
	}
	return r.finishAll(), nil
}

// readAll reads to the end, or to where the file is damaged; an error is of the first packet.
func (r *reader) readAll(next func() (captured, error), in *source) error {
	for r.held < mostHeld && r.octets < mostFrames {
		at := in.offset()
		p, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			where := fmt.Sprintf("packet %d, at octet %d of the file", r.packets+1, at)
			if r.packets == 0 {
				return fmt.Errorf("%s: %s", where, plainly(err))
			}
			r.notes.add(0, "%s, cannot be read (%s); what follows is left out", where, plainly(err))
			return nil
		}
		r.packets++
		p.packet = r.packets
		r.clock(p.packet, p.at)
		r.packet(&p)
	}
	r.notes.add(r.packets, "more is not read: %d octets of messages and %d that wait for others "+
		"are too many for one file; `editcap -c` makes several of it", r.octets, r.held)
	return nil
}

// clockStep is by how much a clock that was set back differs from packets that queues mixed up.
const clockStep = time.Second

// clock notes where time goes back, since the order of time is what counts.
func (r *reader) clock(packet int, at time.Time) {
	if at.Before(r.latest.Add(-clockStep)) {
		r.notes.add(packet, "its time lies before that of a packet before it, by which all are sorted; "+
			"if the clock was set back, the order is wrong")
	}
	if at.After(r.latest) {
		r.latest = at
	}
}

// plainly says what is wrong with a file in words of people.
func plainly(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return "the file ends too early"
	}
	return err.Error()
}

func openPcap(in *source, _ *reader) (func() (captured, error), error) {
	file, err := pcapgo.NewReader(in.Reader)
	if err != nil {
		return nil, err
	}
	return func() (captured, error) {
		at := in.offset()
		octets, info, err := file.ReadPacketData()
		if errors.Is(err, io.EOF) && in.offset() > at {
			err = io.ErrUnexpectedEOF // it ends behind the header of a packet
		}
		return captured{
			seen{at: info.Timestamp}, file.LinkType(), octets, info.Length,
		}, err
	}, nil
}

// openPcapng reads sections with interfaces of any kind. Simple packet blocks have no time: they
// get that of the packet before.
func openPcapng(in *source, r *reader) (func() (captured, error), error) {
	named := 0 // names that were taken of the section
	var file *pcapgo.NgReader
	options := pcapgo.NgReaderOptions{
		WantMixedLinkType: true,
		SectionEndCallback: func([]pcapgo.NgInterface, pcapgo.NgSectionInfo) {
			r.names(file, named)
			named = 0
		},
	}
	file, err := pcapgo.NewNgReader(in.Reader, options)
	if err != nil {
		return nil, err
	}
	var last time.Time
	return func() (captured, error) {
		octets, info, err := file.ReadPacketData()
		named = r.names(file, named)
		if err != nil {
			return captured{}, err
		}
		if info.Timestamp.IsZero() {
			r.notes.add(r.packets+1, "it has no time and gets that of the packet before")
			info.Timestamp = last
		}
		last = info.Timestamp
		link, _ := info.AncillaryData[0].(layers.LinkType)
		return captured{seen{at: info.Timestamp}, link, octets, info.Length}, nil
	}, nil
}

// names takes the names that a section gives to addresses, from one on, and returns how many there
// are; the first of an address is its name.
func (r *reader) names(file *pcapgo.NgReader, from int) int {
	for i := from; i < file.NNames(); i++ {
		record, err := file.Name(i)
		if err != nil || len(record.Names) == 0 || len(r.recording.Names) >= mostConnections {
			continue
		}
		if address, ok := record.Addr.(*pcapgo.NgIPAddress); ok {
			if _, known := r.recording.Names[address.Addr]; !known {
				r.recording.Names[address.Addr] = record.Names[0]
			}
		}
	}
	return file.NNames()
}

// packet takes a packet apart.
func (r *reader) packet(p *captured) {
	if len(p.octets) < p.length {
		r.notes.add(p.packet, "only its first octets were captured; capture whole packets with "+
			"tcpdump -s 0")
	}
	if p.link == linkExported {
		r.exported(p)
		return
	}
	decoder, ok := decoderOf(p.link)
	if !ok {
		r.notes.add(p.packet, "link type %d is not read (those that are: Ethernet 1, Linux cooked "+
			"113 and 276, loopback 0 and 108, IP 12, 14, 101, 228 and 229, PPP 9, exported "+
			"PDUs 252)", p.link)
		return
	}
	r.decode(p.octets, decoder, p.seen, mostTunnels)
}

// decoderOf knows the links below IP.
func decoderOf(link layers.LinkType) (gopacket.Decoder, bool) {
	const rawOfBSD, rawOfOpenBSD = 12, 14
	switch link {
	case layers.LinkTypeEthernet, layers.LinkTypeNull, layers.LinkTypeLoop, layers.LinkTypePPP,
		layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2, layers.LinkTypeRaw:
		return link, true
	case rawOfBSD, rawOfOpenBSD:
		return layers.LinkTypeRaw, true
	case layers.LinkTypeIPv4:
		return layers.LayerTypeIPv4, true
	case layers.LinkTypeIPv6:
		return layers.LayerTypeIPv6, true
	}
	return nil, false
}

// frame keeps a message.
func (r *reader) frame(f Frame) {
	r.octets += int64(len(f.Octets))
	r.recording.Frames = append(r.recording.Frames, f)
}

// hold counts octets that wait for others.
func (r *reader) hold(count int) { r.held += int64(count) }

// finishAll makes the Recording when there are no more packets.
func (r *reader) finishAll() *Recording {
	for _, w := range r.order {
		r.finish(w)
	}
	for _, w := range r.chunked {
		w.finish(r)
	}
	r.fragments.finish(&r.notes)
	if r.echoes > 0 {
		r.notes.add(0, "%d packets were captured twice, as on two interfaces, and are taken once",
			r.echoes)
	}
	r.noteForeign()
	if r.others > 0 {
		r.notes.add(0, "%d packets have no IP that can be read and are left out", r.others)
	}
	if len(r.recording.Frames) == 0 {
		r.notes.add(0, "no message of Diameter is in %d packets", r.packets)
	}
	r.recording.Notes = r.notes.notes("packet")
	r.recording.inOrder()
	return &r.recording
}

// noteForeign says which traffic of TCP is none of Diameter, the ports with most of it first.
func (r *reader) noteForeign() {
	const mostPorts = 5
	ports := slices.SortedFunc(maps.Keys(r.foreign), func(a, b uint16) int {
		return cmp.Or(cmp.Compare(r.foreign[b], r.foreign[a]), cmp.Compare(a, b))
	})
	var told []string
	for _, port := range ports[:min(len(ports), mostPorts)] {
		told = append(told, strconv.Itoa(int(port)))
	}
	if more := len(ports) - len(told); more > 0 {
		told = append(told, fmt.Sprintf("and %d more", more))
	}
	if len(told) > 0 {
		r.notes.add(0, "TCP without Diameter is left out, of ports %s", strings.Join(told, ", "))
	}
}

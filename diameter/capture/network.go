package capture

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/ip6defrag"
	"github.com/gopacket/gopacket/layers"
)

// mostTunnels is how deep IP within IP is followed.
const mostTunnels = 4

// A datagram is what IP carries, whole.
type datagram struct {
	seen
	from, to       netip.Addr
	protocol       layers.IPProtocol
	identification uint16 // 0 with IPv6
	payload        []byte
}

// decode finds IP in octets of a packet and gives what it carries to the transports.
func (r *reader) decode(octets []byte, first gopacket.Decoder, s seen, depth int) {
	// The port that UDP or a link announces may be a wrong guess: an error is then no loss.
	options := gopacket.DecodeOptions{Lazy: true, NoCopy: true}
	network := gopacket.NewPacket(octets, first, options).NetworkLayer()
	var d *datagram
	switch ip := network.(type) {
	case *layers.IPv4:
		if len(ip.SrcIP) > 0 { // else the header is damaged
			d = r.fragments.ofIPv4(ip, s, &r.notes)
			break
		}
		r.others++
	case *layers.IPv6:
		if len(ip.SrcIP) > 0 {
			d = r.fragments.ofIPv6(ip, s, &r.notes)
			break
		}
		r.others++
	default:
		if depth == mostTunnels {
			r.others++
		}
	}
	if d != nil {
		r.transport(d, depth)
	}
}

// transport gives a datagram to whom it is for; what is in a tunnel is taken out of it.
func (r *reader) transport(d *datagram, depth int) {
	switch d.protocol {
	case layers.IPProtocolTCP:
		r.tcp(d)
	case layers.IPProtocolSCTP:
		r.sctp(d)
	case layers.IPProtocolIPv4, layers.IPProtocolIPv6, layers.IPProtocolGRE, layers.IPProtocolUDP:
		if depth > 0 {
			r.decode(d.payload, d.protocol.LayerType(), d.seen, depth-1)
		}
	}
}

// mostFragmented is how many datagrams may wait for fragments.
const mostFragmented = 4096

// fragments puts datagrams together again.
type fragments struct {
	v4      *ip4defrag.IPv4Defragmenter
	v6      *ip6defrag.IPv6Defragmenter
	pending map[fragmented]int // the packet of the first fragment
	lost    int
}

// A fragmented datagram by what its fragments have in common (RFC 791 section 3.2, RFC 8200
// section 4.5).
type fragmented struct {
	from, to       netip.Addr
	identification uint32
	protocol       layers.IPProtocol
}

func address(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// ofIPv4 returns what a packet carries, or nil while fragments are missing.
func (f *fragments) ofIPv4(ip *layers.IPv4, s seen, notes *tally) *datagram {
	key := fragmented{address(ip.SrcIP), address(ip.DstIP), uint32(ip.Id), ip.Protocol}
	fragment := ip.FragOffset > 0 || ip.Flags&layers.IPv4MoreFragments != 0
	if fragment {
		f.begin(key, s)
	}
	ip, err := f.v4.DefragIPv4WithTimestamp(ip, s.at)
	if err != nil {
		notes.add(s.packet, "the fragment is left out: %v", err)
	}
	if ip == nil {
		return nil
	}
	delete(f.pending, key)
	return &datagram{s, key.from, key.to, ip.Protocol, ip.Id, ip.Payload}
}

// ofIPv6 returns what a packet carries behind its extension headers, or nil while fragments are
// missing.
func (f *fragments) ofIPv6(ip *layers.IPv6, s seen, notes *tally) *datagram {
	d := &datagram{s, address(ip.SrcIP), address(ip.DstIP), ip.NextHeader, 0, ip.Payload}
	if ip.HopByHop != nil {
		d.protocol = ip.HopByHop.NextHeader
	}
	for {
		next, length, extension := extensionHeader(d.protocol, d.payload)
		switch {
		case !extension:
			return d
		case length > len(d.payload):
			notes.add(s.packet, "an extension header of IPv6 is not whole; the packet is left out")
			return nil
		case d.protocol == layers.IPProtocolIPv6Fragment:
			if !f.fragment(ip, d) {
				return nil
			}
			continue
		}
		d.protocol, d.payload = next, d.payload[length:]
	}
}

// extensionHeader reads how long an extension header is and what follows it (RFC 8200 section 4,
// RFC 4302 section 2.2).
func extensionHeader(protocol layers.IPProtocol, octets []byte) (
	next layers.IPProtocol, length int, extension bool,
) {
	switch protocol {
	case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing,
		layers.IPProtocolIPv6Destination, layers.IPProtocolIPv6Fragment, layers.IPProtocolAH:
	default:
		return 0, 0, false
	}
	if len(octets) < 8 {
		return 0, 8, true
	}
	next, length = layers.IPProtocol(octets[0]), (int(octets[1])+1)*8
	if protocol == layers.IPProtocolAH {
		length = (int(octets[1]) + 2) * 4
	}
	if protocol == layers.IPProtocolIPv6Fragment {
		length = 8
	}
	return next, length, true
}

// fragment takes a fragment of IPv6 and reports whether the datagram is whole now.
func (f *fragments) fragment(ip *layers.IPv6, d *datagram) bool {
	header := d.payload[:8]
	place := binary.BigEndian.Uint16(header[2:])
	one := &layers.IPv6Fragment{
		BaseLayer:  layers.BaseLayer{Contents: header, Payload: d.payload[8:]},
		NextHeader: layers.IPProtocol(header[0]), FragmentOffset: place >> 3,
		MoreFragments: place&1 != 0, Identification: binary.BigEndian.Uint32(header[4:]),
	}
	if place&^0b110 == 0 { // RFC 6946: a datagram in one fragment stands for itself
		d.protocol, d.payload = one.NextHeader, one.Payload
		return true
	}
	key := fragmented{d.from, d.to, one.Identification, layers.IPProtocolIPv6Fragment}
	f.begin(key, d.seen)
	all := f.v6.DefragIPv6(ip, one)
	if all == nil {
		return false
	}
	delete(f.pending, key)
	d.protocol, d.payload = all.NextHeader, all.Payload
	return true
}

// begin keeps in mind that a datagram waits for fragments. Where too many do, none is waited for
// any more.
func (f *fragments) begin(key fragmented, s seen) {
	if _, known := f.pending[key]; known {
		return
	}
	if len(f.pending) >= mostFragmented {
		f.lost += len(f.pending)
		*f = fragments{
			v4: ip4defrag.NewIPv4Defragmenter(), v6: ip6defrag.NewIPv6Defragmenter(), lost: f.lost,
		}
	}
	if f.pending == nil {
		f.pending = make(map[fragmented]int)
	}
	f.pending[key] = s.packet
}

func (f *fragments) finish(notes *tally) {
	if lost := f.lost + len(f.pending); lost > 0 {
		notes.add(0, "%d datagrams of IP lack fragments and are left out", lost)
	}
}

package capture_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// ipPacket is a request in TCP over IPv4, without a link.
func ipPacket(t testing.TB, octets []byte) []byte {
	t.Helper()
	f := flow{octets: octets}
	return serialize(t, ipv4(layers.IPProtocolTCP, 1, false), f.header(), gopacket.Payload(octets))
}

// ipv6Packet is one over IPv6, with headers between.
func ipv6Packet(
	t testing.TB, next layers.IPProtocol, between ...gopacket.SerializableLayer,
) []byte {
	t.Helper()
	ip := &layers.IPv6{
		Version: 6, HopLimit: 64, NextHeader: next,
		SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2"),
	}
	return serialize(t, append([]gopacket.SerializableLayer{ip}, between...)...)
}

func tcpSegment(t testing.TB, octets []byte) []byte {
	t.Helper()
	f := flow{octets: octets}
	return serialize(t, f.header(), gopacket.Payload(octets))
}

func TestLinksAreTakenOff(t *testing.T) {
	t.Parallel()
	ip := ipPacket(t, ccr(1))
	ip6 := ipv6Packet(t, layers.IPProtocolTCP, gopacket.Payload(tcpSegment(t, ccr(1))))
	ethernet := func(octets ...byte) []byte { return append(make([]byte, 12), octets...) }
	sll2 := func(ethertype uint16) []byte {
		return append(binary.BigEndian.AppendUint16(nil, ethertype),
			0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0)
	}
	within := func(protocol layers.IPProtocol, octets ...[]byte) []byte {
		return serialize(t, ipv4(protocol, 2, false), gopacket.Payload(joined(octets...)))
	}
	udp := []byte{0, 5, 0x12, 0xb5, 0, byte(30 + len(ip)), 0, 0}
	pppoe := ethernet(0x88, 0x64, 0x11, 0, 0, 1, 0, byte(len(ip)+2), 0, 0x21)
	for name, test := range map[string]struct {
		link   layers.LinkType
		octets []byte
	}{
		"Ethernet":          {1, joined(ethernet(8, 0), ip, make([]byte, 9))},
		"Ethernet, IPv6":    {1, joined(ethernet(0x86, 0xdd), ip6)},
		"VLAN":              {1, joined(ethernet(0x81, 0, 0, 7, 8, 0), ip)},
		"QinQ":              {1, joined(ethernet(0x88, 0xa8, 0, 5, 0x81, 0, 0, 7, 8, 0), ip)},
		"two VLANs":         {1, joined(ethernet(0x81, 0, 0, 5, 0x81, 0, 0, 7, 0x86, 0xdd), ip6)},
		"MPLS":              {1, joined(ethernet(0x88, 0x47, 0, 0, 0x10, 64, 0, 1, 1, 64), ip)},
		"PPPoE":             {1, joined(pppoe, ip)},
		"cooked":            {113, joined([]byte{0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0}, ip)},
		"cooked, second":    {276, joined(sll2(0x800), ip)},
		"cooked, IPv6":      {276, joined(sll2(0x86dd), ip6)},
		"null, little":      {0, joined([]byte{2, 0, 0, 0}, ip)},
		"null, big":         {0, joined([]byte{0, 0, 0, 2}, ip)},
		"null, IPv6 of BSD": {0, joined([]byte{24, 0, 0, 0}, ip6)},
		"null, IPv6 of Mac": {0, joined([]byte{30, 0, 0, 0}, ip6)},
		"loopback":          {108, joined([]byte{0, 0, 0, 2}, ip)},
		"loopback, IPv6":    {108, joined([]byte{0, 0, 0, 28}, ip6)},
		"raw":               {101, ip},
		"raw, IPv6":         {101, ip6},
		"raw of BSD":        {12, ip},
		"raw of OpenBSD":    {14, ip6},
		"IPv4":              {228, ip},
		"IPv6":              {229, ip6},
		"PPP":               {9, joined([]byte{0xff, 3, 0, 0x21}, ip)},
		"IP in IP":          {101, within(layers.IPProtocolIPv4, ip)},
		"IPv6 in IP":        {101, within(layers.IPProtocolIPv6, ip6)},
		"IP in GRE":         {101, within(layers.IPProtocolGRE, []byte{0, 0, 8, 0}, ip)},
		"mirrored by VXLAN": {101, within(layers.IPProtocolUDP, udp,
			[]byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(8, 0), ip)},
		"large, length zero": {101, joined(ip[:2], []byte{0, 0}, ip[4:])},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w wire
			w.put(0, test.octets)
			got := w.recorded(t, test.link)
			wantFrames(t, got, []int{1}, ccr(1))
			wantNotes(t, got)
		})
	}
}

func TestLinksThatAreNotReadAreNamed(t *testing.T) {
	t.Parallel()
	var w wire
	for range 3 {
		w.put(0, ipPacket(t, ccr(1)))
	}
	got := w.recorded(t, 147)
	wantFrames(t, got, nil)
	wantNotes(t, got, "packet 1 and 2 more: link type 147 is not read", "no message of Diameter")
}

func TestFragmentsOfIPv4AreJoined(t *testing.T) {
	t.Parallel()
	segment := tcpSegment(t, ccr(1))
	fragment := func(from, to int, more bool) []byte {
		ip := ipv4(layers.IPProtocolTCP, 9, false)
		ip.FragOffset = uint16(from / 8)
		if more {
			ip.Flags = layers.IPv4MoreFragments
		}
		return serialize(t, ip, gopacket.Payload(segment[from:to]))
	}
	parts := [][]byte{
		fragment(0, 32, true), fragment(32, 64, true), fragment(64, len(segment), false),
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}, {1, 1, 2, 0}} {
		var w wire
		for _, i := range order {
			w.put(0, parts[i])
		}
		got := w.recorded(t, layers.LinkTypeRaw)
		wantFrames(t, got, []int{len(order)}, ccr(1))
		wantNotes(t, got)
	}
	var w wire
	w.put(0, parts[0])
	w.put(0, parts[2])
	wantNotes(t, w.recorded(t, layers.LinkTypeRaw), "1 datagrams of IP lack", "no message")
}

func TestIPv6HasHeadersBetween(t *testing.T) {
	t.Parallel()
	segment := tcpSegment(t, ccr(1))
	payload := gopacket.Payload(segment)
	part := func(from, to int, more byte) []byte {
		place := binary.BigEndian.AppendUint16(nil, uint16(from))
		header := joined([]byte{6, 0}, place, []byte{0, 0, 0, 77})
		header[3] |= more
		return ipv6Packet(t, layers.IPProtocolIPv6Fragment,
			gopacket.Payload(joined(header, segment[from:to])))
	}
	padding := []byte{1, 4, 0, 0, 0, 0}
	routing := joined([]byte{60, 0, 0, 0, 0, 0, 0, 0, 6, 1}, padding, make([]byte, 8), segment)
	authentication := joined([]byte{6, 4}, make([]byte, 22), segment)
	for name, packets := range map[string][][]byte{
		"hop by hop": {ipv6Packet(t, layers.IPProtocolIPv6HopByHop,
			gopacket.Payload(joined([]byte{6, 0}, padding, segment)))},
		"routing and destination": {ipv6Packet(t, layers.IPProtocolIPv6Routing,
			gopacket.Payload(routing))},
		"authentication":      {ipv6Packet(t, layers.IPProtocolAH, gopacket.Payload(authentication))},
		"nothing":             {ipv6Packet(t, layers.IPProtocolTCP, payload)},
		"one single fragment": {part(0, len(segment), 0)},
		"fragments":           {part(0, 48, 1), part(48, len(segment), 0)},
		"fragments, reversed": {part(48, len(segment), 0), part(0, 48, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w wire
			for _, p := range packets {
				w.put(0, p)
			}
			got := w.recorded(t, layers.LinkTypeRaw)
			wantFrames(t, got, []int{len(packets)}, ccr(1))
			wantNotes(t, got)
			if len(got.Frames) != 1 || got.Frames[0].From !=
				netip.MustParseAddrPort("[2001:db8::1]:40001") {
				t.Errorf("frames %+v, want one from 2001:db8::1", got.Frames)
			}
		})
	}
}

// A chunk is one of SCTP with data.
type chunk struct {
	number, tag uint32
	flags       byte // 4 unordered, 2 begins, 1 ends
	kind        byte // 0: DATA
	stream      uint16
	octets      []byte
	protocol    uint32
	back        bool
}

func (c *chunk) bytes() []byte {
	b := []byte{c.kind, c.flags}
	b = binary.BigEndian.AppendUint16(b, uint16(16+len(c.octets)))
	b = binary.BigEndian.AppendUint32(b, c.number)
	b = binary.BigEndian.AppendUint16(b, c.stream)
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint32(b, c.protocol)
	b = append(b, c.octets...)
	return append(b, make([]byte, -len(b)&3)...)
}

// chunks puts chunks into one packet of SCTP.
func (w *wire) chunks(t testing.TB, after time.Duration, all ...chunk) {
	t.Helper()
	from, to := uint16(clientPort), uint16(serverPort)
	if all[0].back {
		from, to = to, from
	}
	p := binary.BigEndian.AppendUint16(nil, from)
	p = binary.BigEndian.AppendUint16(p, to)
	p = binary.BigEndian.AppendUint32(p, all[0].tag)
	p = append(p, 0, 0, 0, 0)
	for i := range all {
		p = append(p, all[i].bytes()...)
	}
	w.put(after, serialize(t, ipv4(layers.IPProtocolSCTP, 3, all[0].back), gopacket.Payload(p)))
}

func TestChunksOfSCTPAreJoined(t *testing.T) {
	t.Parallel()
	one, odd := ccr(1), joined(ccr(2), ccr(3))
	const alone, begins, ends, between, unordered = 3, 2, 1, 0, 4
	type packet struct {
		after  time.Duration
		chunks []chunk
	}
	for name, test := range map[string]struct {
		packets  []packet
		places   []int
		messages [][]byte
		notes    []string
	}{
		"bundled, on several streams": {
			[]packet{{0, []chunk{
				{number: 1, tag: 5, flags: alone, octets: one, protocol: 46},
				{number: 2, tag: 5, flags: alone | unordered, stream: 3, octets: ccr(2), protocol: 46},
			}}, {0, []chunk{{number: 9, tag: 6, flags: alone, octets: cca(1), back: true}}}},
			[]int{1, 1, 2},
			[][]byte{one, ccr(2), cca(1)},
			nil,
		},
		"fragments, out of order, wrapped": {
			[]packet{
				{0, []chunk{{number: 1, tag: 5, flags: ends, octets: one[60:]}}},
				{0, []chunk{{number: 1<<32 - 1, tag: 5, flags: begins, octets: one[:29]}}},
				{0, []chunk{{number: 0, tag: 5, flags: between, octets: one[29:60]}}},
			},
			[]int{3},
			[][]byte{one},
			nil,
		},
		"retransmitted": {
			[]packet{
				{0, []chunk{{number: 1, tag: 5, flags: alone, octets: one}}},
				{0, []chunk{{number: 1, tag: 5, flags: alone, octets: one}}},
			},
			[]int{1},
			[][]byte{one},
			nil,
		},
		"captured on two interfaces": {
			[]packet{
				{0, []chunk{{number: 1, tag: 5, flags: alone, octets: one}}},
				{time.Millisecond, []chunk{{number: 1, tag: 5, flags: alone, octets: one}}},
			},
			[]int{1},
			[][]byte{one},
			[]string{"1 packets were captured twice"},
		},
		"two messages in one": {
			[]packet{{0, []chunk{{number: 1, flags: alone, octets: odd}}}},
			[]int{1, 1},
			[][]byte{ccr(2), ccr(3)},
			nil,
		},
		"a fragment that is missing": {
			[]packet{{0, []chunk{{number: 1, flags: begins, octets: one[:40]}}}},
			nil, nil,
			[]string{"1 fragments lack others", "no message of Diameter"},
		},
		"interleaved chunks": {
			[]packet{{0, []chunk{
				{kind: 64, flags: alone, octets: ccr(1)}, {number: 1, flags: alone, octets: ccr(2)},
			}}},
			[]int{1},
			[][]byte{ccr(2)},
			[]string{"packet 1: an I-DATA chunk of SCTP"},
		},
		"DTLS": {
			[]packet{{0, []chunk{{number: 1, flags: alone, octets: []byte("secret"), protocol: 47}}}},
			nil, nil,
			[]string{"SCTP port 3868 is DTLS", "no message of Diameter"},
		},
		"something else": {
			[]packet{{0, []chunk{{number: 1, flags: alone, octets: []byte("M3UA"), protocol: 3}}}},
			nil, nil,
			[]string{"user messages without Diameter", "no message of Diameter"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w wire
			for _, p := range test.packets {
				w.chunks(t, p.after, p.chunks...)
			}
			got := w.recorded(t, layers.LinkTypeRaw)
			wantFrames(t, got, test.places, test.messages...)
			wantNotes(t, got, test.notes...)
		})
	}
}

func TestExportedPDUsAreRead(t *testing.T) {
	t.Parallel()
	tags := joined(
		[]byte{0, 12, 0, 8}, []byte("diameter"),
		[]byte{0, 20, 0, 4, 192, 0, 2, 1}, []byte{0, 21, 0, 4, 192, 0, 2, 2},
		[]byte{0, 24, 0, 4, 0, 0, 0, 2},
		[]byte{0, 25, 0, 4, 0, 0, 0x9c, 0x41}, []byte{0, 26, 0, 4, 0, 0, 0x0f, 0x1c},
		[]byte{0, 0, 0, 0},
	)
	var w wire
	w.put(0, joined(tags, ccr(1)))
	w.put(0, joined(tags, []byte("no Diameter")))
	w.put(0, tags[:9])
	got := w.recorded(t, 252)
	wantFrames(t, got, []int{1}, ccr(1))
	wantNotes(t, got, `packet 2: the exported PDU of protocol "diameter" is no`, "packet 3: the tags")
	ends := []netip.AddrPort{got.Frames[0].From, got.Frames[0].To}
	if want := []netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:40001"), netip.MustParseAddrPort("192.0.2.2:3868"),
	}; !slices.Equal(ends, want) {
		t.Errorf("from and to are %v, want %v", ends, want)
	}
}

package capture_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A wire makes packets of two hosts.
type wire struct {
	packets []made
	number  uint16 // of the next IPv4 packet
}

type made struct {
	at     time.Time
	octets []byte
	length int // on the wire
}

// The ends of the connections on a wire.
const (
	clientPort = 40_001
	serverPort = 3868
)

// A flow is one of TCP in one direction.
type flow struct {
	back       bool // from the server
	port       uint16
	sequence   uint32
	flags      string
	octets     []byte
	repeatedly uint16 // number of IPv4, to capture a packet twice
	after      time.Duration
}

func serialize(t testing.TB, all ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true}
	if err := gopacket.SerializeLayers(buffer, options, all...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(buffer.Bytes())
}

func ipv4(protocol layers.IPProtocol, number uint16, back bool) *layers.IPv4 {
	ip := &layers.IPv4{
		Version: 4, TTL: 64, Protocol: protocol, Id: number,
		SrcIP: net.IPv4(192, 0, 2, 1).To4(), DstIP: net.IPv4(192, 0, 2, 2).To4(),
	}
	if back {
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
	}
	return ip
}

func (f *flow) header() *layers.TCP {
	port := f.port
	if port == 0 {
		port = clientPort
	}
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(port), DstPort: serverPort, Seq: f.sequence, ACK: true, Window: 1000,
	}
	if f.back {
		tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
	}
	for _, flag := range f.flags {
		switch flag {
		case 'S':
			tcp.SYN, tcp.ACK = true, f.back
		case 'F':
			tcp.FIN = true
		case 'R':
			tcp.RST = true
		}
	}
	return tcp
}

// send puts a segment into a raw IPv4 packet.
func (w *wire) send(t testing.TB, f flow) {
	t.Helper()
	w.number++
	number := w.number
	if f.repeatedly > 0 {
		number = f.repeatedly
	}
	w.put(f.after, serialize(t, ipv4(layers.IPProtocolTCP, number, f.back), f.header(),
		gopacket.Payload(f.octets)))
}

// put captures a packet, a second after the one before or as long as is said.
func (w *wire) put(after time.Duration, octets []byte) {
	at := noon()
	if len(w.packets) > 0 {
		at = w.packets[len(w.packets)-1].at.Add(time.Second)
		if after != 0 {
			at = w.packets[len(w.packets)-1].at.Add(after)
		}
	}
	w.packets = append(w.packets, made{at, octets, len(octets)})
}

// pcap is the file of the packets.
func (w *wire) pcap(t testing.TB, link layers.LinkType) []byte {
	t.Helper()
	var file bytes.Buffer
	out := pcapgo.NewWriter(&file)
	if err := out.WriteFileHeader(1<<18, link); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.packets {
		info := gopacket.CaptureInfo{Timestamp: p.at, CaptureLength: len(p.octets), Length: p.length}
		if err := out.WritePacket(info, p.octets); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// recorded reads the packets.
func (w *wire) recorded(t testing.TB, link layers.LinkType) *capture.Recording {
	t.Helper()
	recording, err := capture.Read("test.pcap", bytes.NewReader(w.pcap(t, link)))
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

// joined are octets of messages in a row.
func joined(messages ...[]byte) []byte { return bytes.Join(messages, nil) }

// A tcpCase is what a capture of TCP is read as.
type tcpCase struct {
	flows    []flow
	packets  []int
	messages [][]byte
	notes    []string
}

func tcpCases() map[string]tcpCase {
	size := uint32(len(ccr(1)))
	two, three := joined(ccr(1), ccr(2)), joined(ccr(1), ccr(2), ccr(3))
	http := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n")
	liar := ccr(2)
	liar[1] = 0x40
	short := ccr(2)
	short[3] -= 4
	long := ccr(2)
	long[3] += 24
	broken := ccr(1)
	broken[24] |= 1 // a flag of an AVP that is reserved
	all := [][]byte{ccr(1), ccr(2), ccr(3)}
	return map[string]tcpCase{
		"with a handshake": {
			[]flow{
				{flags: "S", sequence: 99},
				{flags: "S", back: true, sequence: 499},
				{sequence: 100, octets: ccr(1)},
				{back: true, sequence: 500, octets: cca(1)},
				{sequence: 100 + size, flags: "F"},
			},
			[]int{3, 4},
			[][]byte{ccr(1), cca(1)},
			nil,
		},
		"several in one segment": {[]flow{{octets: three}}, []int{1, 1, 1}, all, nil},
		"one in several segments": {
			[]flow{{octets: two[:3]}, {sequence: 3, octets: two[3:30]}, {sequence: 30, octets: two[30:]}},
			[]int{3, 3},
			all[:2], nil,
		},
		"out of order": {
			[]flow{
				{octets: two[:10]}, {sequence: 60, octets: two[60:]}, {sequence: 10, octets: two[10:60]},
			},
			[]int{3, 3},
			all[:2],
			nil,
		},
		"retransmitted": {
			[]flow{{octets: ccr(1)}, {octets: ccr(1)}, {octets: two}}, []int{1, 3}, all[:2], nil,
		},
		"overlapping": {
			[]flow{
				{octets: three[:50]},
				{sequence: 40, octets: three[40:120]},
				{sequence: 100, octets: three[100:]},
			},
			[]int{2, 3, 3},
			all, nil,
		},
		"overlapping while they wait": {
			[]flow{
				{octets: three[:10]},
				{sequence: 100, octets: three[100:]},
				{sequence: 50, octets: three[50:120]},
				{sequence: 5, octets: three[5:60]},
			},
			[]int{4, 4, 4},
			all, nil,
		},
		"numbers that wrap": {
			[]flow{
				{flags: "S", sequence: 1<<32 - 31},
				{sequence: 1<<32 - 30, octets: two[:50]},
				{sequence: 20 + 5, octets: two[55:]},
				{sequence: 20, octets: two[50:55]},
			},
			[]int{4, 4},
			all[:2], nil,
		},
		"from the midst of a message": {
			[]flow{{octets: joined(ccr(1)[30:], ccr(2))}, {sequence: 1000, octets: nil}},
			[]int{1},
			[][]byte{ccr(2)},
			[]string{"packet 1: TCP 192.0.2.1:40001 > 192.0.2.2:3868: 62 octets are in no message"},
		},
		"from the midst, and out of order": {
			[]flow{
				{sequence: 50, octets: two[50:]},
				{octets: two[:50]},
				{sequence: 2 * size, octets: ccr(3)},
			},
			[]int{2, 2, 3},
			all, nil,
		},
		"a SYN behind what it begins": {
			[]flow{
				{sequence: 140, octets: ccr(1)[40:]},
				{flags: "S", sequence: 99},
				{sequence: 100, octets: ccr(1)[:40]},
			},
			[]int{3},
			all[:1], nil,
		},
		"a malformed message in the beginning": {
			[]flow{{flags: "S", sequence: 99}, {sequence: 100, octets: joined(broken, ccr(2))}},
			[]int{2, 2},
			[][]byte{broken, ccr(2)},
			nil,
		},
		"TLS behind capabilities": {
			[]flow{
				{octets: ccr(1)}, {sequence: size, octets: []byte("\x16\x03\x01\x00\x05hello")},
			},
			[]int{1},
			all[:1],
			[]string{"10 octets are in no message", "TCP port 3868 is TLS"},
		},
		"keepalives": {
			[]flow{
				{octets: ccr(1)},
				{sequence: size - 1, octets: []byte{0}},
				{sequence: size - 1},
				{sequence: size, octets: ccr(2)},
			},
			[]int{1, 4},
			all[:2], nil,
		},
		"a lost segment with the end of a message": {
			[]flow{
				{octets: joined(ccr(1), ccr(2)[:20])},
				{sequence: size + 60, octets: joined(ccr(2)[60:], ccr(3))},
			},
			[]int{1, 2},
			[][]byte{ccr(1), ccr(3)},
			[]string{
				"packet 2: TCP 192.0.2.1:40001 > 192.0.2.2:3868: 40 octets before, in 1 gaps",
				"1 were torn",
			},
		},
		"a lost segment with whole messages": {
			[]flow{{octets: ccr(1)}, {sequence: 3*size + 8, octets: joined(ccr(2)[8:], ccr(3))}},
			[]int{1, 2},
			[][]byte{ccr(1), ccr(3)},
			[]string{"octets before, in 1 gaps in all, are not", "are in no message that is whole"},
		},
		"ports that are used again": {
			[]flow{
				{flags: "S", sequence: 99},
				{sequence: 100, octets: ccr(1)},
				{back: true, sequence: 700, octets: cca(1)},
				{sequence: 100 + size, flags: "R"},
				{flags: "S", sequence: 5000},
				{back: true, flags: "S", sequence: 9000},
				{sequence: 5001, octets: ccr(2)},
				{back: true, sequence: 9001, octets: cca(2)},
			},
			[]int{2, 3, 7, 8},
			[][]byte{ccr(1), cca(1), ccr(2), cca(2)},
			nil,
		},
		"ports that are used again without a handshake": {
			[]flow{
				{octets: ccr(1)},
				{back: true, octets: cca(1)},
				{sequence: 3_000_000_000, octets: ccr(2)},
				{back: true, sequence: 1 << 30, octets: cca(2)},
			},
			[]int{1, 2, 3, 4},
			[][]byte{ccr(1), cca(1), ccr(2), cca(2)},
			nil,
		},
		"a SYN that comes late": {
			[]flow{
				{sequence: 100, octets: ccr(1)[:40]},
				{flags: "S", sequence: 99},
				{sequence: 140, octets: ccr(1)[40:]},
			},
			[]int{3},
			all[:1], nil,
		},
		"captured on two interfaces": {
			[]flow{
				{octets: ccr(1), repeatedly: 7},
				{octets: ccr(1), repeatedly: 7, after: time.Millisecond},
				{sequence: size, octets: ccr(2)},
			},
			[]int{1, 3},
			all[:2],
			[]string{"1 packets were captured twice"},
		},
		"a message with a length that is far too long": {
			[]flow{{octets: ccr(1)}, {sequence: size, octets: joined(liar, ccr(3))}},
			[]int{1, 2},
			[][]byte{ccr(1), ccr(3)},
			[]string{"1 were torn"},
		},
		"a message with a length that is too long": {
			[]flow{{octets: joined(ccr(1), long, ccr(2), ccr(3))}},
			[]int{1, 1, 1, 1},
			[][]byte{ccr(1), joined(long, ccr(2)[:24]), ccr(2), ccr(3)},
			nil,
		},
		"a message with a length that is too short": {
			[]flow{{octets: joined(ccr(1), short, ccr(3))}},
			[]int{1, 1, 1},
			[][]byte{ccr(1), short[:len(short)-4], ccr(3)},
			[]string{"4 octets are in no message"},
		},
		"no Diameter at all": {
			[]flow{{octets: []byte("GET / HTTP/1.1\r\n\r\n")}, {back: true, octets: http}},
			nil, nil,
			[]string{"TCP without Diameter is left out, of ports 3868", "no message of Diameter is in 2"},
		},
		"a message that is never whole": {
			[]flow{{octets: ccr(1)[:60]}},
			nil, nil,
			[]string{"60 octets are in no message that is whole (1 were torn)", "no message of"},
		},
		"TLS": {
			[]flow{
				{octets: []byte("\x16\x03\x01\x00\x05hello")},
				{back: true, octets: []byte("\x16\x03\x03\x00\x02hi")},
			},
			nil, nil,
			[]string{"TCP port 3868 is TLS: capture where", "no message of Diameter"},
		},
	}
}

func TestStreamsOfTCPAreCut(t *testing.T) {
	t.Parallel()
	for name, test := range tcpCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w wire
			for _, f := range test.flows {
				w.send(t, f)
			}
			got := w.recorded(t, layers.LinkTypeRaw)
			wantFrames(t, got, test.packets, test.messages...)
			wantNotes(t, got, test.notes...)
		})
	}
}

func TestCutPacketsAreTold(t *testing.T) {
	t.Parallel()
	var w wire
	w.send(t, flow{octets: ccr(1)})
	w.send(t, flow{sequence: 92, octets: ccr(2)})
	w.send(t, flow{sequence: 184, octets: ccr(3)})
	p := &w.packets[1]
	p.octets = p.octets[:90]
	got := w.recorded(t, layers.LinkTypeRaw)
	wantFrames(t, got, []int{1, 3}, ccr(1), ccr(3))
	wantNotes(t, got, "packet 2: only its first octets", "42 octets before, in 1 gaps", "1 were torn")
}

func TestAFileThatEndsTooEarlyIsReadUpToThere(t *testing.T) {
	t.Parallel()
	var w wire
	w.send(t, flow{octets: ccr(1)})
	w.send(t, flow{sequence: 92, octets: ccr(2)})
	file := w.pcap(t, layers.LinkTypeRaw)
	got := recorded(t, file[:len(file)-10])
	wantFrames(t, got, []int{1}, ccr(1))
	wantNotes(t, got, "packet 2, at octet 172 of the file, cannot be read (the file ends too early)")
}

// bigEndian turns a pcap file of ours round.
func bigEndian(file []byte, nanoseconds bool) []byte {
	out := binary.BigEndian.AppendUint32(nil, 0xa1b2c3d4)
	if nanoseconds {
		out = binary.BigEndian.AppendUint32(nil, 0xa1b23c4d)
	}
	out = append(out, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, file[20])
	for rest := file[24:]; len(rest) > 0; {
		for i := range 4 {
			out = binary.BigEndian.AppendUint32(out, binary.LittleEndian.Uint32(rest[4*i:]))
		}
		length := binary.LittleEndian.Uint32(rest[8:])
		out = append(out, rest[16:16+length]...)
		rest = rest[16+length:]
	}
	return out
}

func TestTimesAreOfAnyByteOrderAndResolution(t *testing.T) {
	t.Parallel()
	var w wire
	w.send(t, flow{octets: ccr(1)})
	w.packets[0].at = noon().Add(5 * time.Microsecond)
	little := w.pcap(t, layers.LinkTypeRaw)
	nanos := bytes.Clone(little)
	nanos[0], nanos[1] = 0x4d, 0x3c
	for name, test := range map[string]struct {
		file []byte
		want time.Duration
	}{
		"microseconds, little": {little, 5 * time.Microsecond},
		"microseconds, big":    {bigEndian(little, false), 5 * time.Microsecond},
		"nanoseconds, little":  {nanos, 5},
		"nanoseconds, big":     {bigEndian(little, true), 5},
	} {
		got := recorded(t, test.file)
		wantFrames(t, got, []int{1}, ccr(1))
		if len(got.Frames) == 1 && !got.Frames[0].At.Equal(noon().Add(test.want)) {
			t.Errorf("%s: at %v, want %v behind noon", name, got.Frames[0].At, test.want)
		}
	}
}

// TestConnectionsThatAreOverMakeRoom has more connections than are followed at a time, of which
// one of Diameter goes on to the end.
func TestConnectionsThatAreOverMakeRoom(t *testing.T) {
	t.Parallel()
	var w wire
	size := uint32(len(ccr(1)))
	w.send(t, flow{octets: ccr(1)})
	w.send(t, flow{octets: []byte("GET / HTTP/1.1\r\n\r\n"), port: 1})
	packet := w.packets[1].octets
	for i := range uint32(200_100) {
		other := bytes.Clone(packet)
		binary.BigEndian.PutUint32(other[12:], 10<<24|i)
		w.put(time.Microsecond, other)
	}
	w.send(t, flow{sequence: size, octets: ccr(2)})
	got := w.recorded(t, layers.LinkTypeRaw)
	wantFrames(t, got, []int{1, 200_103}, ccr(1), ccr(2))
	wantNotes(t, got, "TCP without Diameter is left out, of ports 1")
}

package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// noon is when the packets of the tests begin.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// spoken makes a message with a Session-Id of so many octets, which tells it from others.
func spoken(command uint32, request bool, hopByHop uint32, size int) []byte {
	session := strings.Repeat("s", size)
	m := binary.BigEndian.AppendUint32(nil, 0)
	m = binary.BigEndian.AppendUint32(m, command)
	if request {
		m[4] = 0x80
	}
	m = binary.BigEndian.AppendUint32(m, 4)
	m = binary.BigEndian.AppendUint32(m, hopByHop)
	m = binary.BigEndian.AppendUint32(m, hopByHop+1)
	m = append(m, avp(263, session)...)
	m = append(m, avp(264, "im.example.com")...)
	binary.BigEndian.PutUint32(m, 1<<24|uint32(len(m)))
	return m
}

// avp makes one with the M flag.
func avp(code uint32, data string) []byte {
	a := binary.BigEndian.AppendUint32(nil, code)
	a = binary.BigEndian.AppendUint32(a, 0x40<<24|uint32(8+len(data)))
	a = append(a, data...)
	return append(a, make([]byte, -len(data)&3)...)
}

// ccr is one of the requests of the tests, cca its answer.
func ccr(number uint32) []byte { return spoken(272, true, number, 40) }
func cca(number uint32) []byte { return spoken(272, false, number, 40) }

// recorded reads a file that must be readable.
func recorded(t *testing.T, file []byte) *capture.Recording {
	t.Helper()
	recording, err := capture.Read("test.pcapng", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

// wantFrames compares frames, of which the octets are what matters, and their packets.
func wantFrames(t *testing.T, got *capture.Recording, packets []int, octets ...[]byte) {
	t.Helper()
	var gotPackets []int
	var gotOctets, wantOctets []string
	for _, f := range got.Frames {
		gotPackets = append(gotPackets, f.Packet)
		gotOctets = append(gotOctets, hex.EncodeToString(f.Octets))
	}
	for _, o := range octets {
		wantOctets = append(wantOctets, hex.EncodeToString(o))
	}
	if diff := cmp.Diff(wantOctets, gotOctets, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("messages (-want +got):\n%s\nnotes: %q", diff, got.Notes)
	}
	if packets != nil && !slices.Equal(gotPackets, packets) {
		t.Errorf("messages come from packets %v, want %v", gotPackets, packets)
	}
}

// wantNotes wants each note to have a part, in order, and no other notes.
func wantNotes(t *testing.T, got *capture.Recording, parts ...string) {
	t.Helper()
	if len(got.Notes) != len(parts) {
		t.Errorf("notes %q, want %d", got.Notes, len(parts))
		return
	}
	for i, part := range parts {
		if !strings.Contains(got.Notes[i], part) {
			t.Errorf("note %q, want one with %q", got.Notes[i], part)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	large := spoken(272, true, 9, 150_000)
	file := written(
		t,
		capture.Message{At: noon(), Client: "im.example.com", Raw: ccr(1), Comments: []string{"x"}},
		capture.Message{At: noon().Add(1), Client: "im.example.com", ByServer: true, Raw: cca(1)},
		capture.Message{At: noon().Add(2), Client: "b.example.com", Raw: large},
		capture.Message{At: noon().Add(3), Client: "b.example.com", Raw: ccr(3)},
	)
	got := recorded(t, file)
	wantFrames(t, got, []int{1, 2, 5, 6}, ccr(1), cca(1), large, ccr(3))
	wantNotes(t, got)
	server, client := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.1.0.1")
	names := map[netip.Addr]string{
		server: "ocs.example.net", client: "im.example.com",
		netip.MustParseAddr("10.1.0.2"): "b.example.com",
	}
	if diff := cmp.Diff(names, got.Names, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	want := capture.Frame{
		At: noon().Add(1), From: netip.AddrPortFrom(server, 3868),
		To: netip.AddrPortFrom(client, 40_000), Packet: 2, Octets: cca(1),
	}
	equal := cmpopts.EquateComparable(netip.AddrPort{})
	if diff := cmp.Diff(want, got.Frames[1], equal); diff != "" {
		t.Errorf("the answer (-want +got):\n%s", diff)
	}
}

func TestCompressedFilesAreRead(t *testing.T) {
	t.Parallel()
	plain := written(t, capture.Message{At: noon(), Client: "a", Raw: ccr(1)})
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantFrames(t, recorded(t, file.Bytes()), []int{1}, ccr(1))
	if got, err := capture.Read("cut.gz", bytes.NewReader(file.Bytes()[:30])); err == nil {
		t.Errorf("half a gzip is read as %+v", got)
	}
}

// read reads a text as a file.
func read(name, text string) (*capture.Recording, error) {
	return capture.Read(name, strings.NewReader(text))
}

// payload is what a layer carries.
func payload(octets []byte) gopacket.Payload { return octets }

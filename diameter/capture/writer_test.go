package capture_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// message makes the header of a Diameter message and fills it up to a length.
func message(length int) []byte {
	m := make([]byte, length)
	m[0], m[1], m[2], m[3] = 1, byte(length>>16), byte(length>>8), byte(length)
	return m
}

// written makes a file of messages.
func written(t *testing.T, messages ...capture.Message) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := capture.NewWriter(&file, "test", "ocs.example.net")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// A packet is what the test below reads of a block.
type packet struct {
	data    []byte
	options []byte
}

// packets walks over the blocks of a file and returns its packets.
func packets(t *testing.T, file []byte) (all []packet) {
	t.Helper()
	for len(file) > 0 {
		kind, length := binary.LittleEndian.Uint32(file), binary.LittleEndian.Uint32(file[4:])
		if length%4 != 0 || int(length) > len(file) {
			t.Fatalf("a block of kind %d with length %d, %d octets are there", kind, length, len(file))
		}
		if again := binary.LittleEndian.Uint32(file[length-4:]); again != length {
			t.Fatalf("a block has length %d, and %d at its end", length, again)
		}
		if kind == 6 {
			size := int(binary.LittleEndian.Uint32(file[20:]))
			all = append(all, packet{file[28 : 28+size], file[28+(size+3)&^3 : length-4]})
		}
		file = file[length:]
	}
	return all
}

// sum is the checksum of octets that hold their own: 0 where it is right.
func sum(octets ...[]byte) uint16 {
	total := uint32(0)
	for _, part := range octets {
		for i, octet := range part {
			total += uint32(octet) << (8 * (1 - i%2))
		}
	}
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return ^uint16(total)
}

func TestSequenceNumbersGoOn(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 5)
	file := written(
		t,
		capture.Message{At: at, Client: "a", Raw: message(100)},
		capture.Message{At: at, Client: "a", ByServer: true, Raw: message(44)},
		capture.Message{At: at, Client: "b", Raw: message(24)},
		capture.Message{At: at, Client: "a", Raw: message(150_000), Comments: []string{"large"}},
		capture.Message{At: at, Client: "a", Raw: message(20)},
	)
	type row struct {
		from          byte // of the address
		seq, ack      uint32
		data, comment int
	}
	want := []row{
		{1, 1, 1, 100, 0},
		{1, 1, 101, 44, 0},
		{2, 1, 1, 24, 0},
		{1, 101, 45, 60_000, 1},
		{1, 60_101, 45, 60_000, 0},
		{1, 120_101, 45, 30_000, 0},
		{1, 150_101, 45, 20, 0},
	}
	got := packets(t, file)
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
	for i, p := range got {
		tcp := p.data[20:]
		seen := row{
			p.data[15], binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:]),
			len(tcp) - 20, bytes.Count(p.options, []byte("large")),
		}
		if seen != want[i] {
			t.Errorf("packet %d is %+v, want %+v", i, seen, want[i])
		}
		length := binary.BigEndian.AppendUint16([]byte{0, 6}, uint16(len(tcp)))
		if sum(p.data[:20]) != 0 || sum(p.data[12:20], length, tcp) != 0 {
			t.Errorf("packet %d has a wrong checksum", i)
		}
	}
}

func TestALieBeginsANewConnection(t *testing.T) {
	t.Parallel()
	lie := message(40)
	lie[3] = 44
	for name, raw := range map[string][]byte{
		"a wrong length": lie, "another version": []byte("HTTP/1.1 200 OK\r\n\r\n.."), "one octet": {1},
	} {
		file := written(t,
			capture.Message{Client: "a", ByServer: true, Raw: raw},
			capture.Message{Client: "a", Raw: message(20)})
		got := packets(t, file)
		if port := binary.BigEndian.Uint16(got[1].data[20:]); port != 40_001 {
			t.Errorf("behind %s the client sends from port %d, want 40001", name, port)
		}
		if !bytes.Equal(got[0].data[40:], raw) {
			t.Errorf("%s goes out as %x, want %x", name, got[0].data[40:], raw)
		}
	}
}

func TestTextThatIsNoTextDoesNotBreakTheFile(t *testing.T) {
	t.Parallel()
	file := written(t, capture.Message{
		Client: "a\x00b\xff", Raw: message(20),
		Comments: []string{strings.Repeat("x", 100_000), "zero\x00"},
	})
	if got := packets(t, file); len(got) != 1 {
		t.Errorf("%d packets, want 1", len(got))
	}
	if bytes.Contains(file, []byte("zero\x00\xef")) || !bytes.Contains(file, []byte("zero\uFFFD")) {
		t.Error("a zero is in the comment")
	}
}

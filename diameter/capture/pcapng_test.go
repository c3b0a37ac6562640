package capture_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// byteOrder is how the blocks below are written, unless a test turns them round.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// block makes one of pcapng in a byte order.
func block(order byteOrder, kind uint32, body ...[]byte) []byte {
	data := joined(body...)
	data = append(data, make([]byte, -len(data)&3)...)
	length := uint32(len(data) + 12)
	return order.AppendUint32(append(order.AppendUint32(order.AppendUint32(nil, kind), length),
		data...), length)
}

func words(order byteOrder, all ...uint32) (b []byte) {
	for _, word := range all {
		b = order.AppendUint32(b, word)
	}
	return b
}

func halves(order byteOrder, all ...uint16) (b []byte) {
	for _, half := range all {
		b = order.AppendUint16(b, half)
	}
	return b
}

func sectionIn(order byteOrder) []byte {
	return block(order, 0x0a0d0d0a, words(order, 0x1a2b3c4d), halves(order, 1, 0),
		words(order, 0xffffffff, 0xffffffff))
}

func section() []byte { return sectionIn(binary.LittleEndian) }

func device(link uint16, options []byte) []byte {
	order := binary.LittleEndian
	return block(order, 1, halves(order, link, 0), words(order, 0), options)
}

func enhanced(number uint32, stamp uint64, octets []byte) []byte {
	order, length := binary.LittleEndian, uint32(len(octets))
	return block(order, 6, words(order, number, uint32(stamp>>32), uint32(stamp), length, length),
		octets)
}

func simple(octets []byte) []byte {
	return block(binary.LittleEndian, 3, words(binary.LittleEndian, uint32(len(octets))), octets)
}

func obsolete(octets []byte) []byte {
	order, length := binary.LittleEndian, uint32(len(octets))
	return block(order, 2, halves(order, 0, 0), words(order, 0, 7, length, length), octets)
}

// ip is a packet of one message of a connection of its own.
func ip(t *testing.T, number uint16) []byte {
	f := flow{octets: ccr(uint32(number)), port: clientPort + number}
	return serialize(t, ipv4(6, number, false), f.header(), payload(f.octets))
}

func TestBlocksOfPcapngAreRead(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	offset := joined(halves(little, 14, 8), little.AppendUint64(nil, 1000), halves(little, 0, 0))
	binaryTime := joined(halves(little, 9, 1), []byte{0x80 | 10, 0, 0, 0}, halves(little, 0, 0))
	ethernet := append(make([]byte, 12), 8, 0)
	name := block(little, 4, halves(little, 1, 4+4), []byte{192, 0, 2, 2, 'o', 'c', 's', 0},
		halves(little, 0, 0))
	file := joined(
		section(), block(little, 0x0bad, []byte("custom")), device(101, nil), device(1, offset),
		device(101, binaryTime), name,
		enhanced(0, 1_000_000, ip(t, 1)),
		simple(ip(t, 2)),
		enhanced(1, 2_000_000, joined(ethernet, ip(t, 3))),
		enhanced(2, 3<<10, ip(t, 4)),
		obsolete(ip(t, 5)),
		block(little, 5, words(little, 0, 0, 0)),
		section(), device(101, nil), enhanced(0, 4_000_000, ip(t, 6)),
	)
	got := recorded(t, file)
	wantFrames(t, got, []int{5, 1, 2, 4, 6, 3}, ccr(5), ccr(1), ccr(2), ccr(4), ccr(6), ccr(3))
	wantNotes(t, got, "packet 2: it has no time and gets that of the packet before",
		"packet 4 and 2 more: its time lies before that of a packet before it")
	var at []time.Duration
	for _, f := range got.Frames {
		at = append(at, f.At.Sub(time.Unix(0, 0)))
	}
	want := []time.Duration{
		7 * time.Microsecond, time.Second, time.Second, 3 * time.Second, 4 * time.Second,
		1002 * time.Second,
	}
	if !slices.Equal(at, want) {
		t.Errorf("times are %v, want %v", at, want)
	}
	if name := got.Names[netip.MustParseAddr("192.0.2.2")]; name != "ocs" {
		t.Errorf("192.0.2.2 has the name %q, want ocs", name)
	}
}

func TestBlocksOfBothByteOrdersAreRead(t *testing.T) {
	t.Parallel()
	big, packet := binary.BigEndian, ip(t, 1)
	length := uint32(len(packet))
	file := joined(
		sectionIn(big), block(big, 1, halves(big, 101, 0), words(big, 0)),
		block(big, 6, words(big, 0, 0, 5, length, length), packet),
		section(), device(101, nil), enhanced(0, 6, ip(t, 2)),
	)
	got := recorded(t, file)
	wantFrames(t, got, []int{1, 2}, ccr(1), ccr(2))
	wantNotes(t, got)
}

func TestDamagedFilesSayWhere(t *testing.T) {
	t.Parallel()
	good := joined(section(), device(101, nil), enhanced(0, 0, ip(t, 1)))
	orphan := string(joined(section(), enhanced(7, 0, ip(t, 1))))
	unknown := "\xd4\xc3\xb2\xa1" + strings.Repeat("\x09", 20)
	for name, test := range map[string]struct{ file, want string }{
		"nothing":           {"", "x: the file is empty"},
		"something else":    {"\x7fELF....", "x: the first octets, 7f 45 4c 46 2e 2e 2e 2e, are those"},
		"zstd":              {"\x28\xb5\x2f\xfd....", "compressed by zstd; unzstd makes"},
		"a half header":     {"\xd4\xc3\xb2\xa1\x02", "x: octet 5: the file ends too early"},
		"a huge packet":     {string(hugePacket()), "x: packet 1, at octet 24 of the file: "},
		"no such interface": {orphan, "packet 1, at octet 28"},
		"gzip of nothing":   {"\x1f\x8b", "it begins like gzip, but is none"},
		"another version":   {unknown, "x: octet 24: Unknown major"},
	} {
		_, err := read("x", test.file)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
	got := recorded(t, joined(good, enhanced(7, 0, ip(t, 2)), enhanced(0, 0, ip(t, 3))))
	wantFrames(t, got, []int{1}, ccr(1))
	wantNotes(t, got, "packet 2, at octet ")
}

// hugePacket is a file with a packet of almost 4 GiB that is not there.
func hugePacket() []byte {
	file := append([]byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}, make([]byte, 16)...)
	file[16], file[17], file[18], file[19], file[20] = 0xff, 0xff, 0xff, 0xff, 101
	return append(file, words(binary.LittleEndian, 0, 0, 0xfffffff0, 0xfffffff0)...)
}

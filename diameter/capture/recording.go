package capture

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Recording is what a file of captured traffic was read as.
type Recording struct {
	Frames []Frame               // by time; those of the same time in the order of the file
	Names  map[netip.Addr]string // that the file gives to addresses, real or made up
	Notes  []string              // what was left out or mended, where and how often
}

// Read reads a pcap or pcapng file, also one that is compressed by gzip, or lines of JSON: those of
// the journal and simple ones. What it is the content tells; its name is for errors only. A file
// that ends too early or is damaged further on is read up to there, with a note. What cannot be
// read at all is a *charging.Error of KindInvalidDocument that says where, and with lines of JSON
// all that is wrong.
func Read(name string, r io.Reader) (*Recording, error) {
	in := newSource(r)
	start, err := in.Peek(sourceSize)
	if bytes.HasPrefix(start, []byte{0x1f, 0x8b}) {
		unzipped, fault := gzip.NewReader(in)
		if fault != nil {
			return nil, invalid(name + ": it begins like gzip, but is none: " + fault.Error())
		}
		in = newSource(unzipped)
		start, err = in.Peek(sourceSize)
	}
	if len(start) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return read(name, in, start)
}

func read(name string, in *source, start []byte) (*Recording, error) {
	switch {
	case isLines(start) && !isDecoded(start):
		return readLines(name, in)
	case isPackets(start):
		return readPackets(name, in)
	case len(start) == 0:
		return nil, invalid(name + ": the file is empty")
	}
	return nil, invalid(fmt.Sprintf("%s: %s; captures that are read are pcap and pcapng, also "+
		"compressed by gzip, and lines of JSON", name, guess(start)))
}

// isDecoded reports whether a file has packets as a decoder shows them: tshark -T json, -T ek and
// their kin, and text.
func isDecoded(start []byte) bool {
	for _, word := range []string{`"layers"`, `"_index"`, "\nFrame 1:"} {
		if bytes.Contains(append([]byte("\n"), start...), []byte(word)) {
			return true
		}
	}
	return false
}

// guess says what a file may be, and what makes it one that is read.
func guess(start []byte) string {
	if isDecoded(start) {
		return "it is what a decoder says of packets; save them themselves, as " +
			"`tshark -r IN -w OUT.pcapng` does"
	}
	for magic, told := range map[string]string{
		"PK\x03\x04":               "it is a ZIP archive; unpack it first",
		"\x28\xb5\x2f\xfd":         "it is compressed by zstd; unzstd makes it readable",
		"\xfd7zXZ\x00":             "it is compressed by xz; unxz makes it readable",
		"BZh":                      "it is compressed by bzip2; bunzip2 makes it readable",
		"\x04\x22\x4d\x18":         "it is compressed by lz4; unlz4 makes it readable",
		"snoop\x00\x00\x00":        "it is a snoop file; `editcap IN OUT` makes pcapng of it",
		"\xa1\xb2\xcd\x34":         "it is a modified pcap; `editcap IN OUT` makes pcapng of it",
		"\x34\xcd\xb2\xa1":         "it is a modified pcap; `editcap IN OUT` makes pcapng of it",
		"<?xml":                    "it is XML; save the packets as pcapng",
		"0000  ":                   "it is a dump of octets; `text2pcap IN OUT` makes pcapng of it",
		"[":                        "it is a JSON list; `jq -c '.[]'` makes lines of it",
		"\x1f\x8b":                 "it is compressed twice; unpack it first",
		"\x00\x01\x00\x00\x00\x00": "it may be a decoder's own format; save it as pcapng",
	} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return told
		}
	}
	return fmt.Sprintf("the first octets, % x, are those of no capture", start[:min(8, len(start))])
}

// invalid is the error of a file that cannot be read.
func invalid(message string, faults ...charging.Fault) error {
	return &charging.Error{
		Kind: charging.KindInvalidDocument, Message: message, Faults: faults,
	}
}

// inOrder sorts the frames by time.
func (r *Recording) inOrder() {
	slices.SortStableFunc(r.Frames, func(a, b Frame) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Packet, b.Packet))
	})
}

// sourceSize is how many octets of a file are looked at to tell what it is. pcapgo and gzip read
// from a buffer of this size as it is, so that a source knows how far they are.
const sourceSize = 4096

// A source is the octets of a file, which may be unzipped ones, and how many of them were taken.
type source struct {
	*bufio.Reader
	counted *counter
}

type counter struct {
	io.Reader
	count int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.count += int64(n)
	return n, err
}

func newSource(r io.Reader) *source {
	counted := &counter{Reader: r}
	return &source{bufio.NewReaderSize(counted, sourceSize), counted}
}

// offset is where the next octet stands.
func (s *source) offset() int64 { return s.counted.count - int64(s.Buffered()) }

// mostNotes bounds the notes on different things; of what comes beyond only the count is told.
const mostNotes = 200

// A tally counts what is to be noted.
type tally struct {
	told   map[string]*noted
	order  []string
	beyond int
}

type noted struct{ first, count int }

// add counts something that was seen in a packet; 0: in no single one.
func (t *tally) add(packet int, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if n := t.told[what]; n != nil {
		n.count++
		return
	}
	if len(t.order) == mostNotes {
		t.beyond++
		return
	}
	if t.told == nil {
		t.told = make(map[string]*noted)
	}
	t.told[what] = &noted{packet, 1}
	t.order = append(t.order, what)
}

// notes are the sentences for people. Where is what packets are called.
func (t *tally) notes(where string) (notes []string) {
	for _, what := range t.order {
		n := t.told[what]
		var text strings.Builder
		if n.first > 0 {
			fmt.Fprintf(&text, "%s %d", where, n.first)
			if n.count > 1 {
				fmt.Fprintf(&text, " and %d more", n.count-1)
			}
			text.WriteString(": ")
		}
		text.WriteString(what)
		if n.first == 0 && n.count > 1 {
			fmt.Fprintf(&text, " (%d times)", n.count)
		}
		notes = append(notes, text.String())
	}
	if t.beyond > 0 {
		notes = append(notes, fmt.Sprintf("%d more notes are left out", t.beyond))
	}
	return notes
}

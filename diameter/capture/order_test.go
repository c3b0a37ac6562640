package capture_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// TestAnyOrderOfSegmentsIsPutInOrder cuts a stream anywhere, lets segments overlap, come twice and
// in any order, and loses none.
func TestAnyOrderOfSegmentsIsPutInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(choice *rapid.T) {
		var stream []byte
		var want []string
		for i := range rapid.IntRange(1, 6).Draw(choice, "messages") {
			m := spoken(272, true, uint32(i), rapid.IntRange(0, 300).Draw(choice, "size"))
			stream = append(stream, m...)
			want = append(want, hex.EncodeToString(m))
		}
		first := rapid.Uint32().Draw(choice, "first")
		segments := segmentsOf(choice, stream, first+1)
		segments = rapid.Permutation(segments).Draw(choice, "order")
		var w wire
		w.send(t, flow{flags: "S", sequence: first})
		for _, f := range segments {
			w.send(t, f)
		}
		got := w.recorded(t, layers.LinkTypeRaw)
		var octets []string
		for _, f := range got.Frames {
			octets = append(octets, hex.EncodeToString(f.Octets))
		}
		if diff := cmp.Diff(want, octets); diff != "" || len(got.Notes) > 0 {
			choice.Fatalf("messages (-want +got):\n%s\nnotes: %q", diff, got.Notes)
		}
	})
}

// segmentsOf cuts a stream into segments that cover it.
func segmentsOf(choice *rapid.T, stream []byte, sequence uint32) (segments []flow) {
	for at := 0; at < len(stream); {
		end := at + rapid.IntRange(1, 200).Draw(choice, "length")
		back := rapid.IntRange(0, 50).Draw(choice, "overlap")
		start, end := max(at-back, 0), min(end, len(stream))
		f := flow{sequence: sequence + uint32(start), octets: stream[start:end]}
		segments = append(segments, f)
		if rapid.Bool().Draw(choice, "twice") {
			segments = append(segments, f)
		}
		at = end
	}
	return segments
}

// TestWhatIsLostIsAllThatIsMissing loses one segment of a stream: only the messages with octets in
// it are missing, and nothing that was never sent is read.
func TestWhatIsLostIsAllThatIsMissing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(choice *rapid.T) {
		var stream []byte
		var sent [][]byte
		var starts []int
		for i := range rapid.IntRange(2, 8).Draw(choice, "messages") {
			m := spoken(272, true, uint32(i), rapid.IntRange(0, 300).Draw(choice, "size"))
			starts = append(starts, len(stream))
			stream = append(stream, m...)
			sent = append(sent, m)
		}
		from := rapid.IntRange(1, len(stream)-1).Draw(choice, "from")
		to := rapid.IntRange(from+1, len(stream)).Draw(choice, "to")
		var w wire
		w.send(t, flow{flags: "S", sequence: 99})
		w.send(t, flow{sequence: 100, octets: stream[:from]})
		if to < len(stream) {
			w.send(t, flow{sequence: 100 + uint32(to), octets: stream[to:]})
		}
		var want [][]byte
		for i, m := range sent {
			if starts[i]+len(m) <= from || starts[i] >= to {
				want = append(want, m)
			}
		}
		got := w.recorded(t, layers.LinkTypeRaw)
		same := func(f capture.Frame, m []byte) bool { return bytes.Equal(f.Octets, m) }
		if !slices.EqualFunc(got.Frames, want, same) {
			choice.Fatalf("%d messages are read, want %d; notes: %q",
				len(got.Frames), len(want), got.Notes)
		}
	})
}

package recording_test

import (
	"context"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// spliced reads octets as a capture: each message begins with its way, the seconds before it, and
// its length.
func spliced(octets []byte) (frames []capture.Frame) {
	ends := []netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.9:3868"),
		netip.MustParseAddrPort("192.0.2.5:50000"), netip.MustParseAddrPort("192.0.2.5:3868"),
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for len(octets) > 4 {
		way, wait := octets[0], octets[1]
		length := min(int(binary.BigEndian.Uint16(octets[2:])), len(octets)-4)
		at = at.Add(time.Duration(wait) * time.Second)
		frames = append(frames, capture.Frame{
			At: at, From: ends[way&3], To: ends[way>>2&3], Packet: len(frames) + 1,
			Octets: octets[4 : 4+length],
		})
		octets = octets[4+length:]
	}
	return frames
}

// splice writes what spliced reads.
func (r *reel) splice() (octets []byte) {
	before := r.frames[0].At
	for _, f := range r.frames {
		way := byte(1 << 2)
		if f.From == r.server {
			way = 1
		}
		octets = append(octets, way, byte(f.At.Sub(before)/time.Second))
		octets = binary.BigEndian.AppendUint16(octets, uint16(len(f.Octets)))
		octets, before = append(octets, f.Octets...), f.At
	}
	return octets
}

func fuzzed(f *testing.F) {
	r := newReel(f)
	r.opened()
	r.exchange("1", "0")
	q := r.summons(258)
	r.fromServer(q)
	r.fromClient(r.obeyed(q, "2002"))
	r.exchange("2", "1")
	r.wait(20)
	r.exchange("3", "2")
	f.Add(r.splice())
}

// FuzzJudge feeds captures of any content, which are judged the same each time.
func FuzzJudge(f *testing.F) {
	fuzzed(f)
	f.Fuzz(func(t *testing.T, octets []byte) {
		frames := spliced(octets)
		first := recording.Judge(frames, recording.JudgeOptions{})
		again := recording.Judge(frames, recording.JudgeOptions{})
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("judged again (-first +again):\n%s", diff)
		}
	})
}

// FuzzImport makes conversations of captures of any content: what is written can be read.
func FuzzImport(f *testing.F) {
	fuzzed(f)
	f.Fuzz(func(t *testing.T, octets []byte) {
		frames := recording.Anonymize(spliced(octets), nil)
		silent := func(
			_ context.Context, c *conversation.Conversation, _ conversation.Options,
		) (*recording.Performance, error) {
			p := &recording.Performance{
				Report: &conversation.Report{}, Messages: map[int]recording.Messages{},
			}
			for i := range c.Steps {
				if c.Steps[i].Send != nil {
					p.Messages[c.Steps[i].Line] = recording.Messages{}
				}
				p.Report.Events = append(p.Report.Events, conversation.Event{Step: &c.Steps[i]})
			}
			return p, nil
		}
		got, err := recording.Import(t.Context(), frames, recording.Options{Rehearse: silent})
		if err == recording.ErrNothing {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err = conversation.Parse("again.conv", got.Text); err != nil {
			t.Fatalf("%v in\n%s", err, got.Text)
		}
	})
}

package capture_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// FuzzRead reads whatever comes. Each frame must be what its header says, and be of the file.
func FuzzRead(f *testing.F) {
	for _, test := range tcpCases() {
		var w wire
		for _, one := range test.flows {
			w.send(f, one)
		}
		f.Add(w.pcap(f, layers.LinkTypeRaw))
	}
	var w wire
	one := ccr(1)
	w.chunks(f, 0, chunk{number: 1, flags: 2, octets: one[:30]})
	w.chunks(f, 0, chunk{number: 2, flags: 1, octets: one[30:]})
	w.put(0, ipv6Packet(f, layers.IPProtocolTCP))
	f.Add(w.pcap(f, layers.LinkTypeRaw))
	for link := range layers.LinkType(2) {
		f.Add(w.pcap(f, link))
	}
	f.Add(w.pcap(f, 252))
	f.Add(joined(section(), device(101, nil), enhanced(0, 0, ipPacket(f, ccr(1))), simple(ccr(1))))
	f.Add([]byte(`{"at": 1.5, "from": "a", "to": "b", "raw": "` + hex.EncodeToString(one) + `"}`))
	f.Add([]byte(`{"seq": 1, "door": "gy", "at": "2026-03-01T12:00:00Z", "request_raw": "` +
		hex.EncodeToString(one) + `"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		recording, err := capture.Read("fuzz", bytes.NewReader(file))
		if err != nil {
			return
		}
		for i, frame := range recording.Frames {
			length, ok := capture.Length(frame.Octets)
			if !ok || length != len(frame.Octets) || frame.Packet < 1 {
				t.Errorf("frame %d of packet %d has %d octets, its header says %d, %v",
					i, frame.Packet, len(frame.Octets), length, ok)
			}
			if i > 0 && frame.At.Before(recording.Frames[i-1].At) {
				t.Errorf("frame %d is before the one before it", i)
			}
		}
		if len(recording.Frames) == 0 && len(recording.Notes) == 0 {
			t.Error("nothing was read, and nothing is noted")
		}
	})
}

package diameter_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// remake makes the edits of a difference as a client's words would.
func remake(t *rapid.T, frame []byte, edits []charging.Edit) []byte {
	d := diameter.SharedDictionary()
	for _, e := range edits {
		var err error
		switch e.Op {
		case diameter.EditSet:
			frame, err = d.SetAVP(frame, e.Path, e.Value)
		case diameter.EditAdd:
			frame, err = d.AddAVP(frame, e.Path, e.Value)
		case diameter.EditRemove:
			frame, err = d.SetAVP(frame, e.Path, "none")
		case diameter.EditRaw:
			var octets []byte
			octets, err = hex.DecodeString(e.Value)
			frame = diameter.AppendOctets(frame, octets)
		}
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
	}
	return frame
}

// someAVPs draws AVPs of the kinds that matter, some of which no standard allows.
func someAVPs(t *rapid.T, depth int) (all []byte) {
	type kind struct{ vendor, code uint32 }
	kinds := []kind{
		{0, 456},
		{0, 437},
		{0, 446},
		{0, 420},
		{0, 421},
		{0, 432},
		{0, 439},
		{0, 268},
		{0, 1},
		{0, 55},
		{0, 264},
		{10415, 873},
		{10415, 876},
		{10415, 1266},
		{99999, 1},
		{0, 60000},
	}
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		k := rapid.SampledFrom(kinds).Draw(t, "kind")
		var data []byte
		if depth < 3 && rapid.Bool().Draw(t, "group") {
			data = someAVPs(t, depth+1)
		} else {
			data = rapid.OneOf(
				rapid.SliceOfN(rapid.Byte(), 0, 9), rapid.SliceOfN(rapid.Byte(), 4, 4),
				rapid.Just([]byte("none")), rapid.Just([]byte("0xzz")), rapid.Just([]byte(`a "b"`)),
			).Draw(t, "data")
		}
		flags := rapid.SampledFrom([]byte{0, 0x40, 0x60, 0x40, 0x41}).Draw(t, "flags")
		header := 8
		if k.vendor != 0 || rapid.IntRange(0, 20).Draw(t, "odd") == 0 {
			flags |= 0x80
			header = 12
		}
		length := uint32(len(data) + header)
		all = binary.BigEndian.AppendUint32(all, k.code)
		all = binary.BigEndian.AppendUint32(all, uint32(flags)<<24|length)
		if header == 12 {
			all = binary.BigEndian.AppendUint32(all, k.vendor)
		}
		all = append(all, data...)
		for len(all)%4 != 0 {
			all = append(all, 0)
		}
	}
	return all
}

func TestEditsMakeOneMessageOfAnother(t *testing.T) {
	t.Parallel()
	like := diameter.Likeness{Flags: true, Raw: true}
	rapid.Check(t, func(t *rapid.T) {
		header := sampleFrame()[:20]
		from := diameter.AppendOctets(header, someAVPs(t, 0))
		if rapid.Bool().Draw(t, "usual") {
			from = sampleFrame()
		}
		to := diameter.AppendOctets(header, someAVPs(t, 0))
		to = diameter.AppendOctets(to, rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "rest"))
		d := diameter.SharedDictionary()
		edits := d.Edits(from, to, like)
		if made := remake(t, from, edits); !d.Alike(made, to, like) {
			t.Fatalf("from %x\nto   %x\nmade %x\nby %+v\nleft %+v",
				from, to, made, edits, d.Edits(made, to, like))
		}
		if left := d.Edits(to, to, like); len(left) > 0 {
			t.Fatalf("a message differs from itself by %+v", left)
		}
	})
}

package diameter_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/diameter"
)

// FuzzForeign feeds what reads captures frames of any content: two of them, one to be made of the
// other.
func FuzzForeign(f *testing.F) {
	usual := sampleFrame()
	f.Add(usual, usual)
	f.Add(usual[:20], usual)
	f.Add(nested(20), usual)
	f.Add(usual, diameter.AppendOctets(usual, []byte{0, 0, 1, 8, 0x81, 0, 0, 9, 'x'}))
	d := diameter.SharedDictionary()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, from, to []byte) {
		i := diameter.NewServerInspector(diameter.SharedDictionary)
		i.Answer(from, to, at)
		i.Answer(nil, to, at)
		i.Request(to)
		if len(from) < 20 || len(to) < 20 {
			return
		}
		if g, ok := diameter.GlanceAt(to); !ok || g.Name == "" {
			t.Fatalf("GlanceAt(% x) = %+v, %v, want a look at a header", to, g, ok)
		}
		leave := func(_ string, data []byte) []byte { return data }
		same := d.Rewrite(to, leave) // but for padding
		if again := d.Rewrite(same, leave); !bytes.Equal(again, same) {
			t.Fatalf("Rewrite(% x) that changes nothing = % x", same, again)
		}
		like := diameter.Likeness{Flags: true, Raw: true}
		made := from
		for _, e := range d.Edits(from, to, like) {
			var err error
			switch e.Op {
			case diameter.EditRaw:
				octets, _ := hex.DecodeString(e.Value)
				made = diameter.AppendOctets(made, octets)
			case diameter.EditAdd:
				made, err = d.AddAVP(made, e.Path, e.Value)
			case diameter.EditRemove:
				made, err = d.SetAVP(made, e.Path, "none")
			default:
				made, err = d.SetAVP(made, e.Path, e.Value)
			}
			if err != nil {
				t.Fatalf("%+v on the way from % x to % x: %v", e, from, to, err)
			}
		}
		if !tailed(from) && !d.Alike(made, to, like) {
			t.Fatalf("% x\nmade of % x\nis not % x\nleft %+v", made, from, to, d.Edits(made, to, like))
		}
	})
}

// tailed reports whether octets that are no AVP end a message: no edit takes them away.
func tailed(frame []byte) bool { return diameter.Render(frame).Fault != "" }

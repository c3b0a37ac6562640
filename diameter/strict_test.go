package diameter

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// strictFor makes clients of one Origin-Host strict.
func strictFor(host string) func(charging.Origin) *charging.Settings {
	strict := &charging.Settings{Strictness: charging.Strict}
	return func(origin charging.Origin) *charging.Settings {
		if origin.Host == host {
			return strict
		}
		return nil
	}
}

// withFlags sets bits of a frame's header.
func withFlags(frame []byte, flags byte) []byte {
	frame[4] |= flags
	return frame
}

func TestReservedHeaderBitsAreForStrictServersToRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings func(charging.Origin) *charging.Settings
		result   charging.Result
	}{
		"an interoperable server ignores them": {nil, charging.Success},
		"a strict one refuses them": {
			strictFor("client.example.org"), resultInvalidBitInHeader,
		},
		"strictness is the client's own": {strictFor("other.example.org"), charging.Success},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDoor(t, Options{Settings: test.settings})
			p := d.dial(t)
			p.send(cerFrom("client.example.org", number(avpAuthApplicationID, 4)))
			p.expect(p.receive(), charging.Success)
			p.send(withFlags(dwr(), 0x08))
			p.expect(p.receive(), test.result)
		})
	}
}

func TestASecondConnectionIsTheClientsOwnSetting(t *testing.T) {
	t.Parallel()
	own := &charging.Settings{DuplicatePeer: charging.DuplicateReplace}
	d := openDoor(t, Options{
		DuplicatePeer: RejectDuplicate,
		Settings:      func(charging.Origin) *charging.Settings { return own },
	})
	first, second := d.connect(t), d.connect(t)
	first.expectClosed()
	second.expectAlive()
}

func FuzzStrict(f *testing.F) {
	f.Add(ccr(1, 0))
	f.Add(ccr(2, 1, group(avpMultipleServices, number(avpReportingReason, 6))))
	d := newDecoder(SharedDictionary(), testSelf)
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) < headerLength {
			return
		}
		r, _ := d.decode(frame, testTime)
		h := parseHeader(frame)
		h.flags = flagRequest | flagProxiable
		before := r.Refused
		after := strictly(frame, h, r, testSelf, nil, SharedDictionary())
		if before != nil && after != before {
			t.Errorf("a request that is refused with %v is refused with %v", before, after)
		}
	})
}

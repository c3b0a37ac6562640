package diameter

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// RFC 6733 section 8.8 wants Session-Id right behind the header. A request that has it elsewhere is
// served; every answer has it there, refusals too.
func TestASessionIDIsReadAnywhereAndWrittenFirst(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).connect(t)
	for name, c := range map[string]struct {
		result charging.Result
		more   []part
	}{
		"served":        {charging.Success, nil},
		"refused":       {resultAVPUnsupported, []part{number(99999, 1)}},
		"not delivered": {resultLoopDetected, []part{words(avpRouteRecord, "ocs.example.net")}},
	} {
		parts := append(slices.Clone(head(1, 0)[1:]), c.more...)
		p.send(frameOf(flagRequest|flagProxiable, append(parts, head(1, 0)[0])...))
		tree := p.expect(p.receive(), c.result)
		if tree.AVPs[0].Name != "Session-Id" {
			t.Errorf("%s: the answer begins with %s, want Session-Id", name, tree.AVPs[0].Name)
		}
		want := []string{"im.example.net;1;2"}
		if diff := cmp.Diff(want, tree.values("Session-Id")); diff != "" {
			t.Errorf("%s: Session-Id (-want +got):\n%s", name, diff)
		}
	}
}

// A watchdog tells whether the connection lives, so its answer does not wait for the ledger's disk.
func TestAWatchdogIsAnsweredWhileCreditControlWaits(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	charger := chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			go func() {
				<-release
				reply(plainAnswer(r))
			}()
		},
	)
	p := openDoor(t, Options{Charger: charger}).connect(t)
	p.send(ccr(1, 0), dwr())
	if tree := p.expect(p.receive(), charging.Success); tree.Name != "DWA" {
		t.Errorf("%s came first, want a DWA", tree.Name)
	}
	close(release)
	if tree := p.expect(p.receive(), charging.Success); tree.Name != "CCA" {
		t.Errorf("%s came then, want the CCA", tree.Name)
	}
}

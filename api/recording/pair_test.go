package recording_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// again is a request sent again, word for word but for the T flag.
func again(request []byte) []byte {
	out := slices.Clone(request)
	out[4] |= 0x10
	return out
}

// A request may come again on its connection before the first is answered, under the identifiers
// that it had (RFC 6733 section 5.5.4). Then there may be two answers, which tell nothing of which
// is whose.
func TestJudgeOfARequestThatCameAgain(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	q := r.ccr("1", "0")
	r.fromClient(q)
	r.wait(4)
	r.fromClient(again(q))
	r.wait(4)
	r.fromServer(r.cca(q))
	r.wait(4)
	r.fromServer(r.cca(q))
	if diff := cmp.Diff([]string{}, r.judged(findings.OfServers)); diff != "" {
		t.Errorf("findings on a server that answers twice what came twice (-want +got):\n%s", diff)
	}
}

// through puts a request and its answer on their hops into the capture: the agents pass the request
// on in their order, and the answer back.
func (r *reel) through(request []byte, agents ...string) {
	hops := []netip.AddrPort{r.client}
	for _, agent := range agents {
		hops = append(hops, netip.MustParseAddrPort(agent))
	}
	hops = append(hops, r.server)
	port := func(at netip.AddrPort) netip.AddrPort {
		if at == r.client {
			return at
		}
		return netip.AddrPortFrom(at.Addr(), 50000)
	}
	for i := 1; i < len(hops); i++ {
		r.put(port(hops[i-1]), hops[i], identified(request, uint32(100*i), 0))
	}
	for i := len(hops) - 1; i > 0; i-- {
		r.put(hops[i], port(hops[i-1]), identified(r.cca(request), uint32(100*i), 0))
	}
}

// imported is what the reel becomes, by a rehearsal that plays nothing.
func (r *reel) imported() *recording.Imported {
	r.Helper()
	var played []*conversation.Conversation
	got, err := recording.Import(r.Context(), r.frames, recording.Options{
		Rehearse: echo(r.frames[len(r.frames)-1].Octets, &played),
	})
	if err != nil {
		r.Fatal(err)
	}
	return got
}

// Agents that write no Route-Record are known by where a request went and came from.
func TestImportTakesARequestOnceHoweverManyAgents(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.through(r.ccr("1", "0"), "192.0.2.2:3868", "192.0.2.3:3868")
	got := r.imported()
	if got.Requests != 1 || got.Again != 4 || len(got.Strays) != 0 {
		t.Errorf("%d requests, %d messages seen again, strays %v, want 1, 4 and none",
			got.Requests, got.Again, got.Strays)
	}
}

// An agent that gets no answer sends the request to another server, with the T flag (RFC 6733
// section 5.5.4). That is no other request of the client.
func TestAgentsSendAgain(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	agent, other := "192.0.2.2:3868", netip.MustParseAddrPort("192.0.2.8:3868")
	from := netip.MustParseAddrPort("192.0.2.2:50001")
	q := r.ccr("1", "0")
	r.put(r.client, netip.MustParseAddrPort(agent), q)
	r.put(from, other, identified(q, 500, 0))
	r.wait(3)
	r.put(from, r.server, again(identified(q, 501, 0)))
	r.put(r.server, from, identified(r.cca(q), 501, 0))
	r.put(netip.MustParseAddrPort(agent), r.client, r.cca(q))
	r.wait(12)
	r.put(r.client, netip.MustParseAddrPort(agent), r.ccr("2", "1"))
	if got := r.imported(); got.Requests != 2 {
		t.Errorf("%d requests, want the initial one and the update", got.Requests)
	}
	if got := r.judged(findings.OfClients); len(got) > 0 {
		t.Errorf("findings on the client %v, want none", got)
	}
}

// What a capture holds that is no message of credit control is counted by its name.
func TestImportCountsWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	r.put(r.client, r.server, []byte{1, 0, 0, 4})
	q := r.ccr("1", "0")
	r.fromClient(q)
	r.fromServer(identified(r.cca(q), 77, 0))
	r.fromServer(r.cca(q))
	got := r.imported()
	want := map[string]int{"CER": 1, "CEA": 1, "": 1}
	if diff := cmp.Diff(want, got.Left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if want := []int{5}; !slices.Equal(got.Strays, want) {
		t.Errorf("strays %v, want %v: its Hop-by-Hop Identifier is no request's", got.Strays, want)
	}
}

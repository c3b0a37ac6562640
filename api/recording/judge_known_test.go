package recording_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// SigScale OCS 3.4 was seen to answer like this.
func TestJudgeOfASigScaleServer(t *testing.T) {
	t.Parallel()
	const service = "Multiple-Services-Credit-Control."
	noValidity := service + "Validity-Time=none"
	for claim, c := range map[string]struct {
		play func(*reel)
		want []string
	}{
		"no Validity-Time": {
			func(r *reel) { r.exchange("1", "0", noValidity) }, []string{"validity-missing"},
		},
		"4012 at both levels when the account is empty": {
			func(r *reel) {
				r.exchange("1", "0", "Result-Code=4012", service+"Result-Code=4012",
					service+"Granted-Service-Unit=none", noValidity)
			},
			[]string{"refused-at-both-levels"},
		},
		"REDIRECT beside 4012": {
			func(r *reel) {
				const final = service + "Final-Unit-Indication."
				r.exchange("1", "0", "Result-Code=4012", service+"Result-Code=4012",
					service+"Granted-Service-Unit=none", noValidity, final+"Final-Unit-Action=1",
					final+"Redirect-Server.Redirect-Address-Type=2",
					final+"Redirect-Server.Redirect-Server-Address=http://pay.example.net")
			},
			[]string{"final-unit-beside-refusal", "refused-at-both-levels"},
		},
		"2001 for a service without units": {
			func(r *reel) {
				r.exchange("1", "0", service+"Granted-Service-Unit=none", noValidity)
			},
			[]string{"grant-missing"},
		},
		"units for a service that only reports": {
			func(r *reel) {
				r.exchange("1", "0")
				q := r.ccr("2", "1", service+"Requested-Service-Unit=none")
				r.fromClient(q)
				r.fromServer(r.cca(q))
			},
			[]string{"grant-not-requested"},
		},
		"a session served that is over": {
			func(r *reel) { r.exchange("1", "0"); r.exchange("3", "1"); r.exchange("2", "2") },
			[]string{"closed-session-served"},
		},
		"a burst behind the CEA that is never answered": {
			func(r *reel) {
				r.fromClient(r.ccr("1", "0"))
				r.session = "im.example.net;1;2"
				r.fromClient(r.ccr("1", "0"))
				r.wait(10)
				r.base(280, true)
			},
			[]string{"answer-missing", "answer-missing"},
		},
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			r := newReel(t)
			r.opened()
			c.play(r)
			if diff := cmp.Diff(c.want, r.judged(findings.OfServers)); diff != "" {
				t.Errorf("Judge of the server (-want +got):\n%s", diff)
			}
		})
	}
}

// A client that sends a request again to another server does right; the silent one does not.
func TestJudgeOfAFailover(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	r.exchange("1", "0")
	q := r.ccr("2", "1")
	r.fromClient(q)
	r.wait(5)
	second := netip.MustParseAddrPort("192.0.2.10:3868")
	first := r.server
	r.server, r.serverName = second, "second.example.net"
	r.opened()
	again := slices.Clone(q)
	again[4] |= 0x10
	r.fromClient(again)
	r.fromServer(r.cca(again))
	r.wait(6)
	r.exchange("2", "2")
	r.server = first
	var got []string
	for _, f := range recording.Judge(r.frames, recording.JudgeOptions{}) {
		got = append(got, string(f.Side)+" "+f.Peer+" "+f.Rule)
	}
	want := []string{"server ocs.example.net answer-missing"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Judge (-want +got):\n%s", diff)
	}
}

// Several clients at several servers do not mix, though they use the same identifiers.
func TestJudgeKeepsClientsAndServersApart(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	for i, client := range []string{"a.example.net", "b.example.net"} {
		r.clientName, r.session, r.hop = client, client+";1;1", 0
		r.client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(20 + i)}), 40000)
		r.server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(40 + i)}), 3868)
		r.serverName = "ocs-of-" + client
		r.opened()
		r.exchange("1", "0")
		r.exchange("2", "1")
		r.exchange("3", "2")
	}
	if got := recording.Judge(r.frames, recording.JudgeOptions{}); len(got) > 0 {
		t.Errorf("Judge = %v, want nothing", got)
	}
}

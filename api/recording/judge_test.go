package recording_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// A take is a capture that breaks one rule, and one that nearly does.
type take struct {
	raises    string
	bad, fine func(*reel)
}

func testTakes(t *testing.T, side findings.Side, takes []take) {
	t.Helper()
	for _, c := range takes {
		t.Run(c.raises, func(t *testing.T) {
			t.Parallel()
			bad, fine := newReel(t), newReel(t)
			bad.opened()
			c.bad(bad)
			if diff := cmp.Diff([]string{c.raises}, bad.judged(side)); diff != "" {
				t.Errorf("Judge of what breaks it (-want +got):\n%s", diff)
			}
			fine.opened()
			c.fine(fine)
			if got := fine.judged(side); slices.Contains(got, c.raises) {
				t.Errorf("Judge of what nearly breaks it = %v, want none of it", got)
			}
		})
	}
}

// identified is a message under other identifiers; zero leaves one as it is.
func identified(frame []byte, hop, endToEnd uint32) []byte {
	out := slices.Clone(frame)
	if hop != 0 {
		binary.BigEndian.PutUint32(out[12:], hop)
	}
	if endToEnd != 0 {
		binary.BigEndian.PutUint32(out[16:], endToEnd)
	}
	return out
}

func TestJudgeOfAnswersAndRequests(t *testing.T) {
	t.Parallel()
	sound := func(r *reel) { r.exchange("1", "0") }
	testTakes(t, findings.OfServers, []take{
		{
			raises: "answer-without-request", fine: sound,
			bad: func(r *reel) { _, a := r.exchange("1", "0"); r.fromServer(identified(a, 77, 88)) },
		},
		{
			raises: "answer-hop-by-hop-wrong", fine: sound,
			bad: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				r.fromServer(identified(r.cca(q), 77, 0))
			},
		},
		{
			raises: "answer-on-other-connection", fine: sound,
			bad: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				r.elsewhere(func() { r.opened(); r.fromServer(r.cca(q)) })
			},
		},
		{
			raises: "answer-missing",
			bad:    func(r *reel) { r.fromClient(r.ccr("1", "0")); r.wait(10); r.base(280, true) },
			fine:   func(r *reel) { r.fromClient(r.ccr("1", "0")); r.wait(9); r.base(280, true) },
		},
		{
			raises: "answer-late",
			bad: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				r.wait(11)
				r.fromServer(r.cca(q))
			},
			fine: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				r.wait(10)
				r.fromServer(r.cca(q))
			},
		},
		{
			raises: "answer-twice", fine: sound,
			bad: func(r *reel) { _, a := r.exchange("1", "0"); r.fromServer(a) },
		},
		{
			raises: "answer-request-bit", fine: sound,
			bad: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				a := r.cca(q)
				a[4] |= 0x80
				r.fromServer(a)
			},
		},
		{
			raises: "capabilities-unanswered", fine: func(*reel) {},
			bad: func(r *reel) {
				r.elsewhere(func() { r.base(257, false, capabilities()...) })
				r.wait(10)
				r.base(280, true)
			},
		},
		{
			raises: "watchdog-unanswered",
			bad:    func(r *reel) { r.base(280, false); r.wait(10); r.base(280, true) },
			fine:   func(r *reel) { r.base(280, false) },
		},
		{
			raises: "disconnect-unanswered",
			bad:    func(r *reel) { r.base(282, false); r.wait(10); r.base(280, true) },
			fine: func(r *reel) {
				r.base(282, false)
				r.wait(10)
				r.elsewhere(r.opened)
			},
		},
		{
			raises: "hop-by-hop-reused",
			bad: func(r *reel) {
				r.exchange("1", "0")
				q := r.summons(258)
				r.fromServer(q)
				r.fromServer(identified(q, 0, 99))
			},
			fine: func(r *reel) {
				r.exchange("1", "0")
				q := r.summons(258)
				r.fromServer(q)
				r.fromClient(r.obeyed(q, "2002"))
				r.fromServer(q)
			},
		},
	})
}

func TestJudgeOfServersCourses(t *testing.T) {
	t.Parallel()
	const cost = "Cost-Information.Unit-Value.Value-Digits="
	const currency = "Cost-Information.Currency-Code=978"
	again := func(changes ...string) func(*reel) {
		return func(r *reel) {
			r.exchange("1", "0")
			q, _ := r.exchange("2", "1")
			r.fromClient(q)
			r.fromServer(r.cca(q, changes...))
		}
	}
	testTakes(t, findings.OfServers, []take{
		{
			raises: "repeat-answered-otherwise",
			bad:    again("Multiple-Services-Credit-Control.Granted-Service-Unit.CC-Time=240"),
			fine:   again("Multiple-Services-Credit-Control.Validity-Time=3500"),
		},
		{
			raises: "closed-session-served",
			bad:    func(r *reel) { r.exchange("1", "0"); r.exchange("3", "1"); r.exchange("2", "2") },
			fine:   func(r *reel) { r.exchange("1", "0"); r.exchange("3", "1"); r.exchange("1", "0") },
		},
		{
			raises: "open-session-unknown",
			bad: func(r *reel) {
				r.exchange("1", "0")
				r.refused("2", "1", "5002")
			},
			fine: func(r *reel) {
				r.state = "7"
				r.exchange("1", "0")
				r.state = "8"
				r.refused("2", "1", "5002")
			},
		},
		{
			raises: "reauthorization-of-closed-session",
			bad: func(r *reel) {
				r.exchange("1", "0")
				r.exchange("3", "1")
				r.fromServer(r.summons(258))
			},
			fine: func(r *reel) { r.exchange("1", "0"); r.fromServer(r.summons(258)) },
		},
		{
			raises: "abort-of-closed-session",
			bad: func(r *reel) {
				r.refused("1", "0", "5030")
				r.fromServer(r.summons(274))
			},
			fine: func(r *reel) { r.exchange("1", "0"); r.fromServer(r.summons(274)) },
		},
		{
			raises: "origin-state-went-back",
			bad: func(r *reel) {
				r.state = "7"
				r.exchange("1", "0")
				r.state = "6"
				r.exchange("2", "1")
			},
			fine: func(r *reel) {
				r.state = "7"
				r.exchange("1", "0")
				r.serverName, r.state = "other.example.net", "6"
				r.exchange("2", "1")
			},
		},
		{
			raises: "cost-went-down",
			bad: func(r *reel) {
				r.exchange("1", "0")
				r.exchange("2", "1", cost+"14", currency)
				r.exchange("2", "2", cost+"7", currency)
			},
			fine: func(r *reel) {
				r.exchange("1", "0")
				r.exchange("2", "1", cost+"14", currency)
				r.exchange("2", "2", cost+"14", currency)
			},
		},
	})
}

// refused is an exchange whose answer refuses the whole request.
func (r *reel) refused(kind, number, result string) {
	r.exchange(kind, number, "Result-Code="+result, "Multiple-Services-Credit-Control=none")
}

func TestJudgeOfClientsGoesByTheCapture(t *testing.T) {
	t.Parallel()
	short := "Multiple-Services-Credit-Control.Validity-Time=300"
	asked := func(then func(r *reel, q []byte)) func(*reel) {
		return func(r *reel) {
			r.exchange("1", "0")
			r.wait(1)
			q := r.summons(258)
			r.fromServer(q)
			then(r, q)
			r.wait(11)
			r.base(280, true)
		}
	}
	testTakes(t, findings.OfClients, []take{
		{
			raises: "validity-time-passed",
			bad:    func(r *reel) { r.exchange("1", "0", short); r.wait(312); r.base(280, true) },
			fine: func(r *reel) {
				r.exchange("1", "0", short)
				r.elsewhere(func() { r.clientName = "b.example.net"; r.wait(312); r.opened() })
			},
		},
		{
			raises: "reauthorization-unanswered", bad: asked(func(*reel, []byte) {}),
			fine: asked(func(r *reel, q []byte) { r.fromClient(r.obeyed(q, "5002")) }),
		},
		{
			raises: "reauthorization-ignored",
			bad:    asked(func(r *reel, q []byte) { r.fromClient(r.obeyed(q, "2002")) }),
			fine: asked(func(r *reel, q []byte) {
				r.fromClient(r.obeyed(q, "2002"))
				r.exchange("2", "1")
			}),
		},
		{
			raises: "hop-by-hop-reused",
			bad: func(r *reel) {
				q := r.ccr("1", "0")
				r.fromClient(q)
				r.session = "im.example.net;1;2"
				other := identified(r.ccr("1", "0"), r.hop-1, 0)
				r.fromClient(other)
			},
			fine: func(r *reel) { r.exchange("1", "0") },
		},
		{
			raises: "request-number-gap",
			bad:    func(r *reel) { r.exchange("1", "0"); r.exchange("2", "2") },
			fine:   func(r *reel) { r.exchange("1", "0"); r.exchange("2", "1") },
		},
	})
}

// What a client answers is told with what it was asked, and judged if nobody asked.
func TestJudgeOfWhatClientsAnswer(t *testing.T) {
	t.Parallel()
	watchdog := func(r *reel, flags byte, host string, more ...string) []byte {
		return r.compose(flags, 280, 0, 70, 71,
			append([]string{"Origin-Host=" + host, "Origin-Realm=example.net"}, more...)...)
	}
	answer := func(r *reel) { r.fromClient(watchdog(r, 0, r.clientName, "Result-Code=2001")) }
	asked := func(r *reel) { r.fromServer(watchdog(r, 0x80, r.serverName)); answer(r) }
	testTakes(t, findings.OfClients, []take{
		{raises: "answer-unasked", bad: answer, fine: asked},
		{raises: "answer-unasked", bad: func(r *reel) { asked(r); answer(r) }, fine: asked},
	})
	within := newReel(t)
	answer(within)
	wantRules(t, within, findings.OfClients)
}

// A finding tells where it was seen.
func TestFindingsNamePacketsAndPeers(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	r.exchange("1", "0")
	q := r.ccr("2", "1")
	r.fromClient(q)
	a := r.cca(q)
	a[4] |= 0x10
	r.fromServer(a)
	r.fromClient(r.ccr("2", "1", "Multiple-Services-Credit-Control.Used-Service-Unit.CC-Time=61"))
	got := recording.Judge(r.frames, recording.JudgeOptions{})
	type row struct {
		Rule, Peer, Session, Seen string
		Packet                    int
		Side                      findings.Side
	}
	var rows []row
	for _, f := range got {
		rows = append(rows, row{f.Rule, f.Peer, f.Session, f.Seen, f.Packet, f.Side})
	}
	want := []row{
		{
			"answer-retransmission-bit", "ocs.example.net", usual, "Command Flags 0x50 in a CCA", 6,
			findings.OfServers,
		},
		{
			"content-changed-under-number", "im.example.net", usual,
			"CC-Request-Number 1 with other content than in packet 5", 7, findings.OfClients,
		},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("Judge (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, recording.Judge(r.frames, recording.JudgeOptions{})); diff != "" {
		t.Errorf("Judge again (-first +second):\n%s", diff)
	}
}

// A capture that begins in the middle says so once, and blames nobody for what it did not see.
func TestJudgeOfACaptureThatBeginsWithin(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	q := r.ccr("2", "6")
	r.fromServer(r.cca(q)) // its request came before
	r.exchange("2", "7")
	r.exchange("3", "8")
	r.session = "im.example.net;1;2"
	r.exchange("2", "3")
	r.refused("3", "4", "5002")
	if diff := cmp.Diff([]string{}, r.judged(findings.OfServers)); diff != "" {
		t.Errorf("Judge of the server (-want +got):\n%s", diff)
	}
	const note = "capture-begins-within-session"
	if diff := cmp.Diff([]string{note}, r.judged(findings.OfClients)); diff != "" {
		t.Errorf("Judge of the client (-want +got):\n%s", diff)
	}
	testTakes(t, findings.OfClients, []take{{
		raises: "session-unknown", fine: func(r *reel) { r.exchange("1", "0") },
		bad: func(r *reel) { r.refused("2", "1", "5002") },
	}})
	for _, c := range []take{{raises: "capture-begins-within-session"}} {
		if _, known := findings.Of(c.raises); !known {
			t.Errorf("no rule %s", c.raises)
		}
	}
}

// What an agent passes on is judged once: requests where the client sent them, and answers where
// the server did. An agent on the same host is known by its Route-Record.
func TestJudgeThroughAnAgent(t *testing.T) {
	t.Parallel()
	for agent, route := range map[string]string{"192.0.2.5": "", "192.0.2.1": "im.example.net"} {
		t.Run(agent, func(t *testing.T) {
			t.Parallel()
			r := newReel(t)
			at := netip.MustParseAddr(agent)
			near, far := netip.AddrPortFrom(at, 3868), netip.AddrPortFrom(at, 41000)
			server := r.server
			r.server = near
			q := r.ccr("1", "3") // the first number is a note
			r.fromClient(q)
			passed := identified(q, 500, 0)
			if route != "" {
				passed = r.with(passed, "Route-Record="+route)
			}
			r.put(far, server, passed)
			a := r.cca(passed, "Multiple-Services-Credit-Control.Validity-Time=0")
			r.put(server, far, a)
			r.fromServer(identified(a, binary.BigEndian.Uint32(q[12:]), 0))
			wantRules(t, r, findings.OfServers, "validity-zero")
			wantRules(t, r, findings.OfClients, "first-number-not-zero")
		})
	}
}

func wantRules(t *testing.T, r *reel, side findings.Side, rules ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, rules...), r.judged(side)); diff != "" {
		t.Errorf("Judge of the %s (-want +got):\n%s", side, diff)
	}
}

// A RAR that an agent passes on is judged once, too, and so is what the client makes of it.
func TestJudgeOfASummonsThroughAnAgent(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	agent := netip.MustParseAddr("192.0.2.5")
	near, far := netip.AddrPortFrom(agent, 3868), netip.AddrPortFrom(agent, 41000)
	server := r.server
	r.server = near
	passOn := func(from, to netip.AddrPort, octets []byte) []byte {
		out := identified(octets, binary.BigEndian.Uint32(octets[12:])+500, 0)
		r.put(from, to, out)
		return out
	}
	q := r.ccr("1", "0")
	r.fromClient(q)
	a := r.cca(passOn(far, server, q))
	r.put(server, far, a)
	r.fromServer(identified(a, binary.BigEndian.Uint32(q[12:]), 0))
	rar := r.with(r.summons(258), "Re-Auth-Request-Type=1")
	r.put(server, far, rar)
	passed := passOn(near, r.client, rar)
	raa := r.obeyed(passed, "2002")
	r.fromClient(raa)
	r.put(far, server, identified(raa, binary.BigEndian.Uint32(rar[12:]), 0))
	r.wait(11)
	r.base(280, true)
	wantRules(t, r, findings.OfServers, "reauthorization-type-wrong")
	wantRules(t, r, findings.OfClients, "reauthorization-ignored")
}

// Messages of other applications are nobody's business here.
func TestJudgePassesOverOtherApplications(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	const gx = 16777238
	r.fromClient(r.compose(0xc0, 272, gx, 91, 91, "Origin-Host=pgw.example.net"))
	r.fromServer(r.compose(0x40, 272, gx, 91, 91, "Origin-Host=pcrf.example.net"))
	r.fromClient(r.compose(0xc0, 316, 16777251, 92, 92, "Origin-Host=mme.example.net"))
	if got := recording.Judge(r.frames, recording.JudgeOptions{}); len(got) > 0 {
		t.Errorf("Judge = %v, want nothing", got)
	}
	r.opened()
	r.exchange("1", "0")
	if got := recording.Judge(r.frames, recording.JudgeOptions{}); len(got) > 0 {
		t.Errorf("Judge beside credit control = %v, want nothing", got)
	}
}

// Answers that come in another order than their requests prove nothing against a client that sent
// one again.
func TestJudgeOfARepeatThatIsAnsweredFirst(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	r.exchange("1", "0")
	q := r.ccr("2", "1")
	r.fromClient(q)
	r.wait(3)
	r.elsewhere(func() {
		r.opened()
		again := slices.Clone(q)
		again[4] |= 0x10
		r.fromClient(again)
		r.fromServer(r.cca(again))
	})
	r.fromServer(r.cca(q))
	r.exchange("2", "2")
	for _, side := range []findings.Side{findings.OfClients, findings.OfServers} {
		if got := r.judged(side); len(got) > 0 {
			t.Errorf("Judge of the %s = %v, want nothing", side, got)
		}
	}
}

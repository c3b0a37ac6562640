package recording_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A reel is a capture that a test makes, message by message.
type reel struct {
	testing.TB
	frames         []capture.Frame
	now            time.Time
	client, server netip.AddrPort
	clientName     string
	serverName     string
	session        string
	hop            uint32
	state          string // Origin-State-Id of the server
}

const (
	usual   = "im.example.net;1;1"
	granted = "Multiple-Services-Credit-Control.Granted-Service-Unit.CC-Time=300"
)

func newReel(t testing.TB) *reel {
	return &reel{
		TB: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), session: usual,
		client:     netip.MustParseAddrPort("192.0.2.1:40000"),
		server:     netip.MustParseAddrPort("192.0.2.9:3868"),
		clientName: "im.example.net", serverName: "ocs.example.net",
	}
}

// compose makes a message of AVPs, each written as path=value.
func (r *reel) compose(
	flags byte, command, application, hop, endToEnd uint32, avps ...string,
) []byte {
	r.Helper()
	frame := make([]byte, 20)
	frame[0], frame[3] = 1, 20
	binary.BigEndian.PutUint32(frame[4:], uint32(flags)<<24|command)
	binary.BigEndian.PutUint32(frame[8:], application)
	binary.BigEndian.PutUint32(frame[12:], hop)
	binary.BigEndian.PutUint32(frame[16:], endToEnd)
	return r.with(frame, avps...)
}

// with is a message with some AVPs set.
func (r *reel) with(frame []byte, avps ...string) []byte {
	r.Helper()
	for _, one := range avps {
		path, value, _ := strings.Cut(one, "=")
		changed, err := diameter.SetAVP(frame, path, value)
		if err != nil {
			r.Fatal(err)
		}
		frame = changed
	}
	return frame
}

func (r *reel) put(from, to netip.AddrPort, octets []byte) {
	r.frames = append(r.frames, capture.Frame{
		At: r.now, From: from, To: to, Packet: len(r.frames) + 1, Octets: octets,
	})
}

// fromClient puts a message of the client into the capture, fromServer one of the server.
func (r *reel) fromClient(octets []byte) { r.put(r.client, r.server, octets) }
func (r *reel) fromServer(octets []byte) { r.put(r.server, r.client, octets) }

func (r *reel) wait(seconds int) { r.now = r.now.Add(time.Duration(seconds) * time.Second) }

// ccr is a request of the client under the next identifiers.
func (r *reel) ccr(kind, number string, more ...string) []byte {
	r.hop++
	avps := []string{
		"Session-Id=" + r.session, "Origin-Host=" + r.clientName, "Origin-Realm=example.net",
		"Destination-Realm=example.net", "Auth-Application-Id=4",
		"Service-Context-Id=32251@3gpp.org", "CC-Request-Type=" + kind,
		"CC-Request-Number=" + number, "Subscription-Id.Subscription-Id-Type=0",
		"Subscription-Id.Subscription-Id-Data=15550100",
	}
	const service = "Multiple-Services-Credit-Control."
	if kind == "1" {
		avps = append(avps, "Multiple-Services-Indicator=1")
	} else {
		avps = append(avps, service+"Used-Service-Unit.CC-Time=60")
	}
	if kind != "3" {
		avps = append(avps, service+"Requested-Service-Unit.CC-Time=300")
	}
	avps = append(avps, service+"Rating-Group=100")
	return r.compose(0xc0, 272, 4, r.hop, r.hop+1000, append(avps, more...)...)
}

// cca is a sound answer to a request, with 2001 and a grant, but for the changes.
func (r *reel) cca(request []byte, changes ...string) []byte {
	said := diameter.Attributes(request)
	first := func(path string) string { return said.Lookup(path)[0] }
	avps := []string{
		"Session-Id=" + first("Session-Id"), "Result-Code=2001",
		"Origin-Host=" + r.serverName, "Origin-Realm=example.net", "Auth-Application-Id=4",
		"CC-Request-Type=" + first("CC-Request-Type"),
		"CC-Request-Number=" + first("CC-Request-Number"),
	}
	if kind := first("CC-Request-Type"); kind != "3" {
		const service = "Multiple-Services-Credit-Control."
		avps = append(avps, service+"Rating-Group=100", service+"Result-Code=2001", granted,
			service+"Validity-Time=3600")
	}
	if r.state != "" {
		avps = append(avps, "Origin-State-Id="+r.state)
	}
	return r.compose(request[4]&0x40, 272, 4, binary.BigEndian.Uint32(request[12:]),
		binary.BigEndian.Uint32(request[16:]), append(avps, changes...)...)
}

// exchange is a request and its answer at once.
func (r *reel) exchange(kind, number string, changes ...string) (request, answer []byte) {
	request = r.ccr(kind, number)
	r.fromClient(request)
	answer = r.cca(request, changes...)
	r.fromServer(answer)
	return request, answer
}

// base is a message between neighbours, with its answer unless that is left out.
func (r *reel) base(command uint32, answered bool, more ...string) {
	r.hop++
	if command == 282 {
		more = append(more, "Disconnect-Cause=0")
	}
	ask := append([]string{"Origin-Host=" + r.clientName, "Origin-Realm=example.net"}, more...)
	r.fromClient(r.compose(0x80, command, 0, r.hop, r.hop+1000, ask...))
	if answered {
		said := []string{"Result-Code=2001", "Origin-Host=" + r.serverName, "Origin-Realm=example.net"}
		if command == 257 {
			said = append(said, capabilities()...)
		}
		r.fromServer(r.compose(0, command, 0, r.hop, r.hop+1000, said...))
	}
}

func capabilities() []string {
	return []string{
		"Host-IP-Address=192.0.2.1", "Vendor-Id=0", "Product-Name=im", "Auth-Application-Id=4",
	}
}

// opened is the beginning of a connection.
func (r *reel) opened() { r.base(257, true, capabilities()...) }

// summons is a RAR or an ASR of the server.
func (r *reel) summons(command uint32) []byte {
	r.hop++
	avps := []string{
		"Session-Id=" + r.session, "Origin-Host=" + r.serverName, "Origin-Realm=example.net",
		"Destination-Realm=example.net", "Destination-Host=" + r.clientName,
		"Auth-Application-Id=4",
	}
	if command == 258 {
		avps = append(avps, "Re-Auth-Request-Type=0")
	}
	return r.compose(0xc0, command, 4, r.hop, r.hop+1000, avps...)
}

// obeyed is the client's answer to a summons.
func (r *reel) obeyed(summons []byte, result string) []byte {
	return r.compose(0x40, binary.BigEndian.Uint32(summons[4:])&0xffffff, 4,
		binary.BigEndian.Uint32(summons[12:]), binary.BigEndian.Uint32(summons[16:]),
		"Session-Id="+r.session, "Result-Code="+result, "Origin-Host="+r.clientName,
		"Origin-Realm=example.net")
}

// elsewhere goes on by another connection of the client, which has another port.
func (r *reel) elsewhere(do func()) {
	was := r.client
	r.client = netip.AddrPortFrom(was.Addr(), was.Port()+1)
	do()
	r.client = was
}

// judged are the rules that a side broke, sorted.
func (r *reel) judged(side findings.Side) []string {
	rules := []string{}
	for _, f := range recording.Judge(r.frames, recording.JudgeOptions{}) {
		if f.Side == side {
			rules = append(rules, f.Rule)
		}
	}
	slices.Sort(rules)
	return rules
}

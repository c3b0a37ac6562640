package diameter

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

func TestACEASaysWhatThisServerIs(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{ProductName: "tester"}).dial(t)
	p.send(cerFrom("client.example.org", number(avpOriginStateID, 5),
		number(avpAuthApplicationID, 4)))
	tree := p.expect(p.receive(), charging.Success)
	if tree.Flags != "" || tree.HopByHop != 1 || tree.EndToEnd != 2 {
		t.Errorf("CEA has flags %q and ids %d, %d, want none and 1, 2",
			tree.Flags, tree.HopByHop, tree.EndToEnd)
	}
	want := map[string][]string{
		"Origin-Host": {"ocs.example.net"}, "Origin-Realm": {"example.net"},
		"Host-IP-Address": {"127.0.0.1"}, "Vendor-Id": {"0"}, "Product-Name": {"tester"},
		"Origin-State-Id": {"77"}, "Supported-Vendor-Id": {"10415"},
		"Auth-Application-Id": {"4"}, "Firmware-Revision": {"1"}, "Failed-AVP": nil,
	}
	for name, values := range want {
		if diff := cmp.Diff(values, tree.values(name)); diff != "" {
			t.Errorf("%s of the CEA (-want +got):\n%s", name, diff)
		}
	}
	for _, n := range tree.AVPs {
		plain := n.Name == "Product-Name" || n.Name == "Firmware-Revision"
		if plain == (n.Flags == "M") {
			t.Errorf("%s has flags %q (RFC 6733 section 4.5)", n.Name, n.Flags)
		}
		if n.Name == "Vendor-Specific-Application-Id" {
			if len(n.Children) != 2 || n.Children[0].Value != "10415" ||
				n.Children[1].Value != "4" {
				t.Errorf("Vendor-Specific-Application-Id = %v, want 10415 and 4", n.Children)
			}
		}
	}
}

func vendorSpecific(application uint64, id uint32) part {
	return group(avpVendorSpecificApplicationID, number(avpVendorID, 999), number(application, id))
}

func TestCERs(t *testing.T) {
	t.Parallel()
	full := cerFrom("client.example.org")
	cases := map[string]struct {
		options Options
		frame   []byte
		result  charging.Result
		failed  uint64 // the AVP that Failed-AVP must show
		closed  bool
	}{
		"application 4 is common": {frame: cer(), result: 2001},
		"a relay has every application": {
			frame: cerFrom(
				"a.example.org",
				number(avpAuthApplicationID, relayApplication),
			), result: 2001,
		},
		"Acct-Application-Id counts": {
			frame: cerFrom("a.example.org", number(avpAcctApplicationID, 4)), result: 2001,
		},
		"Vendor-Specific-Application-Id counts, whatever its vendor": {
			frame:  cerFrom("a.example.org", vendorSpecific(avpAuthApplicationID, 4)),
			result: 2001,
		},
		"no application in common": {
			frame:  cerFrom("a.example.org", number(avpAuthApplicationID, 16777238)),
			result: 5010, failed: avpAuthApplicationID, closed: true,
		},
		"no application in common inside 260": {
			frame:  cerFrom("a.example.org", vendorSpecific(avpAcctApplicationID, 3)),
			result: 5010, failed: avpVendorSpecificApplicationID, closed: true,
		},
		"no application at all": {
			frame: full, result: 5010, failed: avpAuthApplicationID, closed: true,
		},
		"only TLS inside the connection": {
			frame: cerFrom("a.example.org", number(avpAuthApplicationID, 4),
				number(avpInbandSecurityID, 1)),
			result: 5017, closed: true,
		},
		"TLS or none": {
			frame: cerFrom("a.example.org", number(avpAuthApplicationID, 4),
				number(avpInbandSecurityID, 1), number(avpInbandSecurityID, 0)),
			result: 2001,
		},
		"no Origin-Host": {frame: cerWithout(avpOriginHost), result: 5005, failed: avpOriginHost},
		"no Origin-Realm": {
			frame:  cerWithout(avpOriginRealm),
			result: 5005,
			failed: avpOriginRealm,
		},
		"no Host-IP-Address": {
			frame: cerWithout(avpHostIPAddress), result: 5005, failed: avpHostIPAddress,
		},
		"no Vendor-Id": {frame: cerWithout(avpVendorID), result: 5005, failed: avpVendorID},
		"no Product-Name": {
			frame:  cerWithout(avpProductName),
			result: 5005,
			failed: avpProductName,
		},
		"a peer that is not on the list": {
			options: Options{AllowedPeers: []string{"*.example.com"}},
			frame:   cer(), result: 3010, closed: true,
		},
		"a peer on the list, in other letters": {
			options: Options{
				AllowedPeers: []string{"x", "*.EXAMPLE.org"},
			}, frame: cer(), result: 2001,
		},
		"an unknown AVP with the M bit": {
			frame: cerFrom("a.example.org", number(99999, 1)), result: 5001, failed: 99999,
		},
		"an unknown AVP without it": {
			frame: cerFrom("a.example.org", flagged(number(99999, 1), 0),
				number(avpAuthApplicationID, 4)),
			result: 2001,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openDoor(t, c.options).dial(t)
			p.send(c.frame)
			answer := p.receive()
			tree := p.expect(answer, c.result)
			if !c.result.ProtocolError() && tree.Flags != "" {
				t.Errorf("CEA with %d has flags %q, want none", c.result, tree.Flags)
			}
			if got := failedCode(answer); got != uint32(c.failed) {
				t.Errorf("Failed-AVP shows %d, want %d:\n%s", got, c.failed, tree)
			}
			if c.closed {
				p.expectClosed()
			}
		})
	}
}

// cerWithout is a CER without one AVP.
func cerWithout(id uint64) []byte {
	frame := cer()
	out := slices.Clone(frame[:headerLength])
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, _ := nextAVP(rest)
		if a.id() != id {
			out = appendRaw(out, a.raw)
		}
		rest = next
	}
	return endMessage(out, 0)
}

// failedCode is the code of the first AVP in Failed-AVP, or zero.
func failedCode(frame []byte) uint32 {
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, _ := nextAVP(rest)
		if a.id() == avpFailedAVP && len(a.data) >= 4 {
			return binary.BigEndian.Uint32(a.data)
		}
		rest = next
	}
	return 0
}

func TestACERThatLacksSomethingMayComeAgain(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).dial(t)
	p.send(cerWithout(avpProductName))
	p.expect(p.receive(), charging.MissingAVP)
	p.send(cer())
	p.expect(p.receive(), charging.Success)
	p.expectAlive()
}

func TestASecondCEROnAConnectionIsAnsweredToo(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.connect(t)
	p.send(cer())
	p.expect(p.receive(), charging.Success)
	p.expectAlive()
	if n := len(d.Peers()); n != 1 {
		t.Errorf("%d peers, want 1", n)
	}
}

func TestWhatComesBeforeACERClosesTheConnection(t *testing.T) {
	t.Parallel()
	cases := map[string][]byte{
		"a CCR":          ccr(1, 0),
		"a DWR":          dwr(),
		"a CEA":          message(header{command: commandCapabilitiesExchange}, peerOrigin("a")...),
		"another":        []byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
		"a short line":   []byte("GET /\r\n"),
		"zeros":          make([]byte, 100),
		"a TLS hello":    {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03},
		"version 2 junk": {2, 0, 0, 40, 1, 2, 3, 4, 5, 6, 7, 8},
	}
	for name, octets := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openDoor(t, Options{}).dial(t)
			p.send(octets)
			p.expectClosed()
		})
	}
}

func TestNoCERInTimeClosesTheConnection(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{CapabilitiesTimeout: 50 * time.Millisecond}).dial(t)
	p.send(cer()[:30])
	p.expectClosed()
}

func TestADWRIsAnsweredWithOurState(t *testing.T) {
	t.Parallel()
	p := openDoor(t, Options{}).connect(t)
	p.send(dwr())
	tree := p.expect(p.receive(), charging.Success)
	if diff := cmp.Diff([]string{"77"}, tree.values("Origin-State-Id")); diff != "" {
		t.Errorf("Origin-State-Id of the DWA (-want +got):\n%s", diff)
	}
	if tree.Name != "DWA" || tree.HopByHop != 3 || tree.EndToEnd != 4 {
		t.Errorf("answer to the DWR: %s", tree)
	}
}

func TestADPRIsAnsweredAndEndsTheConnection(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.connect(t)
	p.send(dpr())
	if tree := p.expect(p.receive(), charging.Success); tree.Name != "DPA" {
		t.Errorf("answer to the DPR: %s", tree)
	}
	p.expectClosed()
	if n := len(d.Peers()); n != 0 {
		t.Errorf("%d peers after the goodbye, want none", n)
	}
}

func TestASecondConnectionOfAPeer(t *testing.T) {
	t.Parallel()
	t.Run("is admitted", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{})
		first, second := d.connect(t), d.connect(t)
		first.expectAlive()
		second.expectAlive()
		if n := len(d.Peers()); n != 2 {
			t.Errorf("%d open connections, want 2", n)
		}
	})
	t.Run("is refused", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{DuplicatePeer: RejectDuplicate})
		first, second := d.connect(t), d.dial(t)
		second.send(cer())
		second.expect(second.receive(), resultElectionLost)
		second.expectClosed()
		first.expectAlive()
	})
	t.Run("replaces the first", func(t *testing.T) {
		t.Parallel()
		d := openDoor(t, Options{DuplicatePeer: ReplaceDuplicate})
		first, second := d.connect(t), d.connect(t)
		first.expectClosed()
		second.expectAlive()
	})
}

func TestAPeerIsToldWithWhatItSaid(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{})
	p := d.dial(t)
	p.send(cerFrom("Relay.example.org", number(avpOriginStateID, 9),
		number(avpAuthApplicationID, relayApplication)))
	p.expect(p.receive(), charging.Success)
	peers := d.Peers()
	if len(peers) != 1 {
		t.Fatalf("%d peers, want 1", len(peers))
	}
	if time.Since(peers[0].Since) > patience {
		t.Errorf("the peer is up since %v, want just now", peers[0].Since)
	}
	peers[0].Since = time.Time{}
	want := Peer{
		OriginHost: "Relay.example.org", OriginRealm: "example.org", ProductName: "test",
		OriginStateID: 9, Relay: true, Applications: []uint32{relayApplication},
		Address: p.LocalAddr().String(), Listener: p.RemoteAddr().String(),
	}
	if diff := cmp.Diff(want, peers[0]); diff != "" {
		t.Errorf("the peer (-want +got):\n%s", diff)
	}
}

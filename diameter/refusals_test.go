package diameter

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// vendorless is an AVP with the V bit whose vendor is zero.
func vendorless(code uint32, value byte) part {
	return part{0, 0, byte(code >> 8), byte(code), 0xc0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, value}
}

// A refusedFrame is a message, and what the door answers to it.
type refusedFrame struct {
	claim   string
	options Options
	frame   []byte
	first   bool // it is the first on its connection
	result  charging.Result
	failed  []part // what Failed-AVP holds, octet by octet
	closed  bool
}

// refusedFrames has each result that the door gives by itself, in the order of RFC 6733 section
// 7.1.
func refusedFrames() []refusedFrame {
	base := func(code uint32, application uint32) []byte {
		return message(header{
			flags: flagRequest | flagProxiable, command: code, application: application,
			hopByHop: 11, endToEnd: 12,
		}, words(avpSessionID, "s;1;2"), words(avpOriginHost, "client.example.org"))
	}
	features := group(avpSupportedFeatures,
		number(avpVendorID, vendor3GPP), number(of3GPP|629, 1), number(of3GPP|630, 1))
	unknown, excess := number(99999, 1), number(avpCCRequestType, 1)
	reserved := flagged(number(avpOriginStateID, 1), flagMandatory|2)
	granted := group(avpGrantedServiceUnit, number(avpCCTime, 1))
	in := func(member part) part {
		return group(avpMultipleServices, group(avpUsedServiceUnit, member))
	}
	return []refusedFrame{
		{claim: "3001 a command nobody has", frame: base(999, 4), result: 3001},
		{claim: "3001 an STR", frame: base(275, 4), result: 3001},
		{
			claim: "3002 Destination-Host without Destination-Realm", result: 3002,
			frame: appendTo(without(avpDestinationRealm, 1), words(avpDestinationHost, "ocs.example.net")),
		},
		{
			claim: "3003 a realm that is not served", result: 3003,
			options: Options{Realms: []string{"ims.example.com"}},
			frame:   appendTo(without(avpDestinationRealm, 1), words(avpDestinationRealm, "far.example")),
		},
		{
			claim: "3005 its own name in Route-Record", result: 3005,
			frame: ccr(1, 0, words(avpRouteRecord, testSelf.host)),
		},
		{claim: "3007 another application", frame: base(272, 16777238), result: 3007},
		{
			claim: "3008 the E bit in a request", result: 3008,
			frame: with(ccr(1, 0), func(b []byte) { b[4] |= flagError }),
		},
		{
			claim: "3009 an AVP flag that nobody defined, in a CCR", result: 3009,
			frame: ccr(1, 0, reserved), failed: []part{reserved},
		},
		{
			claim: "3009 an AVP flag that nobody defined, in a DWR", result: 3009,
			frame: appendTo(dwr(), reserved), failed: []part{reserved},
		},
		{
			claim: "3010 a peer that is not on the list", first: true, result: 3010, closed: true,
			options: Options{AllowedPeers: []string{"*.example.com"}}, frame: cer(),
		},
		{
			claim: "5001 an unknown AVP with the M bit", result: 5001,
			frame: ccr(1, 0, unknown), failed: []part{unknown},
		},
		{
			claim: "5001 an unknown AVP with the M bit, shown within its groups", result: 5001,
			frame: ccr(2, 1, in(unknown)), failed: []part{in(unknown)},
		},
		{
			claim: "5001 features that the client insists on", result: 5001,
			frame: ccr(1, 0, features), failed: []part{features},
		},
		{
			claim: "5004 a type of request that there is not", result: 5004,
			frame: ccr(9, 0), failed: []part{number(avpCCRequestType, 9)},
		},
		{
			claim: "5005 no CC-Request-Number, a number of zeros", result: 5005,
			frame:  without(avpCCRequestNumber, 1),
			failed: []part{{0, 0, 1, 159, 0x40, 0, 0, 12, 0, 0, 0, 0}},
		},
		{
			claim: "5005 no CC-Request-Type, a number of zeros", result: 5005,
			frame:  without(avpCCRequestType, 1),
			failed: []part{{0, 0, 1, 160, 0x40, 0, 0, 12, 0, 0, 0, 0}},
		},
		{
			claim: "5008 an AVP of answers", result: 5008,
			frame: ccr(1, 0, granted), failed: []part{granted},
		},
		{
			claim: "5009 the first instance too many", result: 5009,
			frame: ccr(1, 0, excess, number(avpCCRequestType, 2)), failed: []part{excess},
		},
		{
			claim: "5010 no application in common", first: true, result: 5010, closed: true,
			frame:  cerFrom("a.example.org", number(avpAuthApplicationID, 16777238)),
			failed: []part{number(avpAuthApplicationID, 16777238)},
		},
		{
			claim: "5011 another version", result: 5011,
			frame: with(ccr(1, 0), func(b []byte) { b[0] = 2 }),
		},
		{
			claim: "5014 an AVP longer than the message", result: 5014,
			frame:  ccr(1, 0, lengthened(number(avpEventTimestamp, 1), 400)),
			failed: []part{number(avpEventTimestamp, 0)},
		},
		{
			claim: "5015 a message shorter than its header", result: 5015, closed: true,
			frame: with(dwr(), setLength(12)),
		},
		{
			claim: "5016 the V bit without a vendor, in a CCR", result: 5016,
			frame: ccr(1, 0, vendorless(avpCCTime, 5)), failed: []part{vendorless(avpCCTime, 5)},
		},
		{
			claim: "5016 the V bit without a vendor, in a group", result: 5016,
			frame:  ccr(2, 1, in(vendorless(avpCCTime, 5))),
			failed: []part{in(vendorless(avpCCTime, 5))},
		},
		{
			claim: "5016 the V bit without a vendor, in a DWR", result: 5016,
			frame:  appendTo(dwr(), vendorless(avpOriginStateID, 5)),
			failed: []part{vendorless(avpOriginStateID, 5)},
		},
		{
			claim: "5017 TLS alone, which is not had on this connection", first: true, result: 5017,
			frame: cerFrom("a.example.org", number(avpAuthApplicationID, 4),
				number(avpInbandSecurityID, 1)),
			closed: true,
		},
	}
}

// TestRefusals holds every answer that the door gives by itself: result, header, Failed-AVP, and
// whether the connection goes on, which it does unless the RFC ends it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range refusedFrames() {
		t.Run(c.claim, func(t *testing.T) {
			t.Parallel()
			d := openDoor(t, c.options)
			p := d.dial(t)
			if !c.first {
				p.send(cer())
				p.expect(p.receive(), charging.Success)
			}
			p.send(c.frame)
			answer := p.receive()
			tree := p.expect(answer, c.result)
			sameIdentifiers(t, c.frame, answer)
			if e := parseHeader(answer).flags&flagError != 0; e && !c.result.ProtocolError() &&
				c.result != charging.MissingAVP && parseHeader(answer).command == commandCreditControl {
				t.Errorf("the E bit is set with %d:\n%s", c.result, tree)
			}
			if diff := cmp.Diff(slices.Concat(c.failed...), failures(answer)); diff != "" {
				t.Errorf("Failed-AVP (-want +got):\n%s\n%s", diff, tree)
			}
			for _, name := range []string{"Destination-Host", "Destination-Realm"} {
				if len(tree.values(name)) > 0 {
					t.Errorf("the answer has %s (RFC 6733 section 6.2)", name)
				}
			}
			if c.closed {
				p.expectClosed()
			} else {
				p.expectAlive()
			}
		})
	}
}

// failures is what the one Failed-AVP of an answer holds, nil where there is none.
func failures(frame []byte) part {
	data, _ := find(frame, avpFailedAVP)
	return bytes.Clone(data)
}

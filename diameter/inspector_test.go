package diameter

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A judged case is a frame that breaks one rule, and one that nearly does.
type judgedCase struct {
	raises string
	bad    []byte
	fine   []byte
	also   []string // what the bad frame breaks with it
	peer   string
}

func inspected(raw []byte, peer string) []string {
	i := NewInspector([]string{"ocs.example.net"}, SharedDictionary)
	rules := []string{}
	for _, f := range i.Inspect(charging.Message{Door: "gy", Peer: peer, Raw: raw}) {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return rules
}

func testJudged(t *testing.T, cases []judgedCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.raises, func(t *testing.T) {
			t.Parallel()
			want := append([]string{c.raises}, c.also...)
			slices.Sort(want)
			peer := c.peer
			if peer == "" {
				peer = "im.example.net"
			}
			if diff := cmp.Diff(want, inspected(c.bad, peer)); diff != "" {
				t.Errorf("Inspect of what breaks it (-want +got):\n%s", diff)
			}
			if got := inspected(c.fine, peer); slices.Contains(got, c.raises) {
				t.Errorf("Inspect of what nearly breaks it = %v, want none of it", got)
			}
		})
	}
}

// withOctets changes octets of a header.
func withOctets(frame []byte, at int, octets ...byte) []byte {
	frame = bytes.Clone(frame)
	copy(frame[at:], octets)
	return frame
}

// mscc is an MSCC of rating group 100.
func mscc(members ...part) part {
	return group(avpMultipleServices, append(members, number(avpRatingGroup, 100))...)
}

func used(members ...part) part { return group(avpUsedServiceUnit, members...) }

func TestInspectorJudgesForm(t *testing.T) {
	t.Parallel()
	ask := group(avpRequestedServiceUnit)
	testJudged(t, []judgedCase{
		{raises: "header-version", bad: withOctets(ccr(2, 1), 0, 2), fine: ccr(2, 1)},
		{
			raises: "header-reserved-bits", bad: withOctets(ccr(2, 1), 4, 0xc1),
			fine: withOctets(ccr(2, 1), 4, 0xd0),
		},
		{raises: "error-bit-in-request", bad: withOctets(ccr(2, 1), 4, 0xe0), fine: ccr(2, 1)},
		{raises: "request-not-proxiable", bad: withOctets(ccr(2, 1), 4, 0x80), fine: dwr()},
		{raises: "base-request-proxiable", bad: withOctets(dwr(), 4, 0xc0), fine: dwr()},
		{raises: "command-unknown", bad: withOctets(ccr(2, 1), 7, 0x13), fine: dpr(), also: nil},
		{raises: "application-unknown", bad: withOctets(ccr(2, 1), 11, 5), fine: ccr(2, 1)},
		{
			raises: "avp-length-wrong",
			bad:    ccr(2, 1, mscc(used(octetsOf(avpCCTotalOctets, make([]byte, 4))))),
			fine:   ccr(2, 1, mscc(used(long(avpCCTotalOctets, 4)))),
		},
		{
			raises: "avp-reserved-bits", bad: ccr(2, 1, flagged(words(avpUserName, "alice"), 0x41)),
			fine: ccr(2, 1, words(avpUserName, "alice")),
		},
		{
			raises: "avp-vendor-zero",
			bad:    ccr(2, 1, part{0, 0, 0, 1, 0xc0, 0, 0, 16, 0, 0, 0, 0, 'a', 'b', 'c', 'd'}),
			fine:   ccr(2, 1, mscc(ask, used(long(avpCCTotalOctets, 4)))),
		},
		{
			raises: "avp-protected-bit", bad: ccr(2, 1, flagged(words(avpUserName, "alice"), 0x60)),
			fine: ccr(2, 1, words(avpUserName, "alice")),
		},
		{
			raises: "avp-mandatory-unknown", bad: ccr(2, 1, words(60000, "new")),
			fine: ccr(2, 1, flagged(words(60000, "new"), 0)),
		},
		{
			raises: "avp-mandatory-missing", bad: ccr(2, 1, flagged(words(avpUserName, "alice"), 0)),
			fine: ccr(2, 1, flagged(words(60000, "new"), 0)),
		},
		{
			raises: "avp-text-not-utf8", bad: ccr(2, 1, words(avpUserName, "al\xffce")),
			fine: ccr(2, 1, words(avpUserName, "alïce")),
		},
	})
}

func TestInspectorJudgesWhatACCRMustCarry(t *testing.T) {
	t.Parallel()
	parts := head(2, 1)
	parts[0], parts[1] = parts[1], parts[0]
	late := frameOf(flagRequest|flagProxiable, parts...)
	replaced := func(id uint64, with part) []byte { return appendTo(without(id, 2), with) }
	testJudged(t, []judgedCase{
		{raises: "session-id-missing", bad: without(avpSessionID, 2), fine: ccr(2, 1)},
		{raises: "session-id-not-first", bad: late, fine: ccr(2, 1)},
		{
			raises: "session-id-form",
			bad:    frameOf(0xc0, append([]part{words(avpSessionID, "42")}, head(2, 1)[1:]...)...),
			fine:   frameOf(0xc0, append([]part{words(avpSessionID, "h;1;2;x;y")}, head(2, 1)[1:]...)...),
		},
		{raises: "origin-missing", bad: without(avpOriginRealm, 2), fine: ccr(2, 1)},
		{
			raises: "origin-host-form", bad: replaced(avpOriginHost, words(avpOriginHost, "im server")),
			fine: replaced(avpOriginHost, words(avpOriginHost, "im.example.net")),
			peer: "im server",
		},
		{raises: "destination-realm-missing", bad: without(avpDestinationRealm, 2), fine: ccr(2, 1)},
		{
			raises: "destination-foreign", bad: ccr(2, 1, words(avpDestinationHost, "other.example.net")),
			fine: ccr(2, 1, words(avpDestinationHost, "OCS.example.net")),
		},
		{raises: "auth-application-missing", bad: without(avpAuthApplicationID, 2), fine: ccr(2, 1)},
		{
			raises: "auth-application-wrong",
			bad:    replaced(avpAuthApplicationID, number(avpAuthApplicationID, 16777238)), fine: ccr(2, 1),
		},
		{raises: "context-missing", bad: without(avpServiceContextID, 2), fine: ccr(2, 1)},
		{
			raises: "context-form", bad: replaced(avpServiceContextID, words(avpServiceContextID, "im")),
			fine: replaced(avpServiceContextID, words(avpServiceContextID, "ext.1.2.8.32260@3gpp.org")),
		},
		{raises: "request-type-missing", bad: without(avpCCRequestType, 2), fine: ccr(2, 1)},
		{raises: "request-number-missing", bad: without(avpCCRequestNumber, 2), fine: ccr(2, 1)},
		{
			raises: "avp-too-often", bad: ccr(2, 1, words(avpOriginHost, "im.example.net")),
			fine: ccr(2, 1, words(avpRouteRecord, "a.example"), words(avpRouteRecord, "b.example")),
		},
		{
			raises: "avp-of-answers", bad: ccr(2, 1, number(avpResultCode, 2001)),
			fine: ccr(2, 1, number(avpEventTimestamp, 1)),
		},
		{
			raises: "accounting-avps", bad: ccr(2, 1, number(avpAccountingRecordType, 2)),
			fine: ccr(2, 1, flagged(number(avpAccountingRecordType, 2), 0)),
		},
		{
			raises: "enumeration-out-of-range",
			bad:    ccr(2, 1, mscc(used(long(avpCCTotalOctets, 1), number(avpTariffChangeUsage, 3)))),
			fine:   ccr(2, 1, mscc(used(long(avpCCTotalOctets, 1), number(avpTariffChangeUsage, 2)))),
		},
		{
			raises: "requested-action-missing", bad: ccr(4, 0),
			fine: ccr(4, 0, number(avpRequestedAction, 0)),
		},
		{
			raises: "requested-action-in-session", bad: ccr(2, 1, number(avpRequestedAction, 0)),
			fine: ccr(4, 0, number(avpRequestedAction, 1)),
		},
		{
			raises: "termination-cause-misplaced", bad: ccr(2, 1, number(avpTerminationCause, 1)),
			fine: ccr(3, 1, number(avpTerminationCause, 1)),
		},
		{
			raises: "subscriber-e164-form", bad: ccr(2, 1, subscriberPart(charging.E164, "+15550100")),
			fine: ccr(2, 1, subscriberPart(charging.SIP, "sip:+15550100@example.net")),
		},
		{
			raises: "subscriber-imsi-form",
			bad:    ccr(2, 1, subscriberPart(charging.IMSI, "0010100000000012")),
			fine:   ccr(2, 1, subscriberPart(charging.IMSI, "001010000000001")),
		},
		{
			raises: "route-record-missing", bad: ccr(2, 1), peer: "relay.example.net",
			fine: ccr(2, 1, words(avpRouteRecord, "im.example.net")),
		},
	})
}

func TestInspectorJudgesUnits(t *testing.T) {
	t.Parallel()
	ask := group(avpRequestedServiceUnit)
	many := number(avpMultipleServicesIndicator, 1)
	spent := used(number(avpCCTime, 60))
	reason := func(value uint32) part { return number(avpReportingReason, value) }
	testJudged(t, []judgedCase{
		{raises: "multiple-services-indicator-missing", bad: ccr(1, 0, mscc(ask)), fine: ccr(1, 0, ask)},
		{
			raises: "multiple-services-indicator-zero",
			bad:    ccr(1, 0, number(avpMultipleServicesIndicator, 0), mscc(ask)),
			fine:   ccr(1, 0, number(avpMultipleServicesIndicator, 0), ask),
		},
		{raises: "units-at-both-levels", bad: ccr(2, 1, ask, mscc(ask)), fine: ccr(2, 1, ask)},
		{
			raises: "rating-group-missing", bad: ccr(1, 0, many, group(avpMultipleServices, ask)),
			fine: ccr(1, 0, many, group(avpMultipleServices, ask, number(avpServiceIdentifier, 1))),
		},
		{
			raises: "service-named-twice", bad: ccr(1, 0, many, mscc(ask), mscc(ask)),
			fine: ccr(1, 0, many, mscc(ask), mscc(ask, number(avpServiceIdentifier, 1))),
		},
		{raises: "units-requested-at-end", bad: ccr(3, 1, mscc(ask)), fine: ccr(2, 1, mscc(ask))},
		{raises: "units-used-at-start", bad: ccr(1, 0, many, mscc(spent)), fine: ccr(2, 0, mscc(spent))},
		{
			raises: "used-units-empty", bad: ccr(2, 1, mscc(used())),
			fine: ccr(2, 1, mscc(used(number(avpCCTime, 0)))),
		},
		{
			raises: "octets-do-not-add-up",
			bad: ccr(2, 1, mscc(used(long(avpCCInputOctets, 100), long(avpCCOutputOctets, 50),
				long(avpCCTotalOctets, 100)))),
			fine: ccr(2, 1, mscc(used(long(avpCCInputOctets, 100), long(avpCCOutputOctets, 50)))),
		},
		{
			raises: "reporting-reason-misplaced", bad: ccr(2, 1, mscc(spent, reason(3))),
			fine: ccr(2, 1, mscc(used(number(avpCCTime, 60), reason(3)))),
		},
		{
			raises: "reason-without-usage", bad: ccr(2, 1, mscc(ask, reason(4))),
			fine: ccr(2, 1, mscc(spent, reason(4))),
		},
		{
			raises: "rating-condition-without-trigger", bad: ccr(2, 1, mscc(spent, reason(6))),
			fine: ccr(2, 1, mscc(spent, reason(6), group(avpTrigger, number(avpTriggerType, 50)))),
		},
	})
	for _, place := range [][]byte{
		ccr(2, 1, mscc(used(number(avpCCTime, 60), reason(2)))), ccr(2, 1, reason(2)),
	} {
		const want = "reporting-reason-misplaced"
		if got := inspected(place, "im.example.net"); !slices.Contains(got, want) {
			t.Errorf("Inspect = %v, want %s", got, want)
		}
	}
	for _, place := range [][]byte{
		ccr(2, 1, mscc(spent, reason(2))), ccr(2, 1, mscc(spent, reason(8))),
		ccr(2, 1, mscc(used(number(avpCCTime, 60), reason(8)))),
	} {
		if got := inspected(place, "im.example.net"); len(got) > 0 {
			t.Errorf("Inspect = %v, want none", got)
		}
	}
}

func TestInspectorJudgesPeers(t *testing.T) {
	t.Parallel()
	raa := func(parts ...part) []byte {
		h := header{flags: flagProxiable, command: commandReAuth, application: 4}
		return message(h, append([]part{words(avpSessionID, "s;1;2")}, parts...)...)
	}
	testJudged(t, []judgedCase{
		{raises: "capabilities-incomplete", bad: cerWithout(avpHostIPAddress), fine: cer()},
		{
			raises: "capabilities-without-credit-control",
			bad:    cerFrom("client.example.org", number(avpAuthApplicationID, 16777238)),
			fine: cerFrom("client.example.org", group(avpVendorSpecificApplicationID,
				number(avpVendorID, 10415), number(avpAuthApplicationID, 4))),
		},
		{
			raises: "disconnect-cause-missing", fine: dpr(),
			bad: message(header{flags: flagRequest, command: commandDisconnectPeer},
				peerOrigin("client.example.org")...),
		},
		{raises: "answer-without-result", bad: raa(), fine: raa(number(avpResultCode, 5002))},
	})
}

func TestInspectorTakesAnyOctets(t *testing.T) {
	t.Parallel()
	whole := ccr(2, 1, mscc(used(number(avpCCTime, 60)), group(avpRequestedServiceUnit)))
	for length := range whole {
		inspected(whole[:length], "im.example.net")
		inspected(withOctets(whole, length, 0xff), "im.example.net")
	}
}

// BenchmarkInspect is the judgement of one CCR-U of about 800 octets, which nobody waits for.
func BenchmarkInspect(b *testing.B) {
	i := NewInspector([]string{"ocs.example.net"}, SharedDictionary)
	m := charging.Message{Door: "gy", Peer: "im.example.net", Raw: benchmarkFrame()}
	b.ReportAllocs()
	for b.Loop() {
		i.Inspect(m)
	}
}

package diameter

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	unknown := flagged(words(999, "new"), flagMandatory)
	excess := number(avpCCRequestNumber, 5)
	granted := group(avpGrantedServiceUnit, number(avpCCTime, 60))
	badNumber := octetsOf(avpCCTotalOctets, []byte{0, 0, 0, 1})
	for _, test := range []struct {
		claim  string
		frame  []byte
		result charging.Result
		failed part   // raw, or
		path   string // of an example
	}{
		{
			claim:  "an unknown AVP with the M bit",
			frame:  ccr(1, 0, unknown),
			result: 5001,
			failed: unknown,
		},
		{
			claim: "an unknown AVP with the M bit in a group, and shows it there",
			frame: ccr(
				1, 0, group(avpMultipleServices, number(avpRatingGroup, 1), group(avpUsedServiceUnit, unknown)),
			),
			result: 5001, failed: group(avpMultipleServices, group(avpUsedServiceUnit, unknown)),
		},
		{
			claim:  "an unknown AVP with the M bit deep in Service-Information",
			frame:  ccr(1, 0, group(avpServiceInformation, group(avpIMSInformation, unknown))),
			result: 5001, failed: group(avpServiceInformation, group(avpIMSInformation, unknown)),
		},
		{
			claim: "an unknown AVP with the M bit in a group that tells nothing here", result: 5001,
			frame:  ccr(1, 0, group(avpMultipleServices, group(457, unknown))),
			failed: group(avpMultipleServices, group(457, unknown)),
		},
		{
			claim: "an AVP of an unknown vendor with the M bit",
			frame: ccr(1, 0, words(99<<32|416, "x")), result: 5001, failed: words(99<<32|416, "x"),
		},
		{
			claim:  "a missing Session-Id",
			frame:  without(avpSessionID, 1),
			result: 5005,
			path:   "Session-Id",
		},
		{
			claim: "an empty Session-Id", result: 5004,
			frame: frameOf(flagRequest|flagProxiable,
				append([]part{words(avpSessionID, "")}, head(1, 0)[1:]...)...),
			failed: words(avpSessionID, ""),
		},
		{
			claim:  "a missing Origin-Host",
			frame:  without(avpOriginHost, 1),
			result: 5005,
			path:   "Origin-Host",
		},
		{
			claim:  "a missing Origin-Realm",
			frame:  without(avpOriginRealm, 1),
			result: 5005,
			path:   "Origin-Realm",
		},
		{
			claim:  "a missing Destination-Realm",
			frame:  without(avpDestinationRealm, 1),
			result: 5005,
			path:   "Destination-Realm",
		},
		{
			claim:  "a missing Service-Context-Id",
			frame:  without(avpServiceContextID, 1),
			result: 5005,
			path:   "Service-Context-Id",
		},
		{
			claim:  "a missing CC-Request-Type",
			frame:  without(avpCCRequestType, 1),
			result: 5005,
			path:   "CC-Request-Type",
		},
		{
			claim:  "a missing CC-Request-Number",
			frame:  without(avpCCRequestNumber, 1),
			result: 5005,
			path:   "CC-Request-Number",
		},
		{
			claim:  "an event without Requested-Action",
			frame:  ccr(4, 0),
			result: 5005,
			path:   "Requested-Action",
		},
		{
			claim:  "Destination-Host without Destination-Realm",
			frame:  appendTo(without(avpDestinationRealm, 1), words(avpDestinationHost, "ocs.example.net")),
			result: 3002,
		},
		{
			claim: "a Subscription-Id without data", result: 5005,
			path:  "Subscription-Id.Subscription-Id-Data",
			frame: ccr(1, 0, group(avpSubscriptionID, number(avpSubscriptionIDType, 0))),
		},
		{claim: "CC-Request-Type 9", frame: ccr(9, 0), result: 5004, failed: number(avpCCRequestType, 9)},
		{claim: "CC-Request-Type 0", frame: ccr(0, 0), result: 5004, failed: number(avpCCRequestType, 0)},
		{
			claim: "Requested-Action 7", frame: ccr(4, 0, number(avpRequestedAction, 7)),
			result: 5004, failed: number(avpRequestedAction, 7),
		},
		{
			claim: "Multiple-Services-Indicator 2", frame: ccr(
				1, 0, number(avpMultipleServicesIndicator, 2),
			),
			result: 5004, failed: number(avpMultipleServicesIndicator, 2),
		},
		{
			claim: "Subscription-Id-Type 5", frame: ccr(1, 0, subscriberPart(5, "1")),
			result: 5004, failed: group(avpSubscriptionID, number(avpSubscriptionIDType, 5)),
		},
		{
			claim: "Tariff-Change-Usage 3", result: 5004,
			frame: ccr(
				2, 1, group(avpMultipleServices, group(avpUsedServiceUnit, number(avpTariffChangeUsage, 3))),
			),
			failed: group(avpMultipleServices, group(avpUsedServiceUnit, number(avpTariffChangeUsage, 3))),
		},
		{
			claim: "a second CC-Request-Number, the excess one", frame: ccr(1, 0, excess),
			result: 5009, failed: excess,
		},
		{
			claim: "a second Session-Id", frame: ccr(1, 0, words(avpSessionID, "other")),
			result: 5009, failed: words(avpSessionID, "other"),
		},
		{
			claim: "a second CC-Request-Type, though it is the same", frame: ccr(
				1, 0, number(avpCCRequestType, 1),
			),
			result: 5009, failed: number(avpCCRequestType, 1),
		},
		{
			claim: "a second Service-Context-Id", frame: ccr(1, 0, words(avpServiceContextID, "x")),
			result: 5009, failed: words(avpServiceContextID, "x"),
		},
		{
			claim: "a second Rating-Group in an MSCC", result: 5009,
			frame: ccr(
				1, 0, group(avpMultipleServices, number(avpRatingGroup, 1), number(avpRatingGroup, 2)),
			),
			failed: group(avpMultipleServices, number(avpRatingGroup, 2)),
		},
		{
			claim: "a second CC-Time in a unit", result: 5009,
			frame: ccr(1, 0, group(avpMultipleServices,
				group(avpRequestedServiceUnit, number(avpCCTime, 1), number(avpCCTime, 2)))),
			failed: group(avpMultipleServices, group(avpRequestedServiceUnit, number(avpCCTime, 2))),
		},
		{claim: "Granted-Service-Unit", frame: ccr(1, 0, granted), result: 5008, failed: granted},
		{
			claim:  "Result-Code",
			frame:  ccr(1, 0, number(avpResultCode, 2001)),
			result: 5008,
			failed: number(avpResultCode, 2001),
		},
		{
			claim: "another application", result: 5004, failed: number(avpAuthApplicationID, 16777238),
			frame: appendTo(without(avpAuthApplicationID, 1), number(avpAuthApplicationID, 16777238)),
		},
		{
			claim: "its own name in Route-Record, in any case", result: 3005,
			frame: ccr(
				1, 0, words(avpRouteRecord, "proxy.example.net"), words(avpRouteRecord, "OCS.example.net"),
			),
		},
		{
			claim: "an AVP flag that nobody defined", result: 3009,
			frame:  ccr(1, 0, flagged(words(avpUserName, "alice"), flagMandatory|1)),
			failed: flagged(words(avpUserName, "alice"), flagMandatory|1),
		},
		{
			claim: "a 64-bit number in 4 octets, shown as a zero of the right size", result: 5014,
			frame:  ccr(2, 1, group(avpMultipleServices, group(avpUsedServiceUnit, badNumber))),
			failed: group(avpMultipleServices, group(avpUsedServiceUnit, long(avpCCTotalOctets, 0))),
		},
		{
			claim: "an AVP longer than the message", result: 5014,
			frame:  ccr(1, 0, lengthened(words(avpUserName, "alice"), 400)),
			failed: words(avpUserName, "\x00"),
		},
		{
			claim: "an AVP shorter than its header", result: 5014,
			frame:  ccr(1, 0, lengthened(number(avpEventTimestamp, 1), 4)),
			failed: number(avpEventTimestamp, 0),
		},
		{
			claim: "an AVP longer than its group", result: 5014,
			frame:  ccr(1, 0, group(avpMultipleServices, lengthened(number(avpRatingGroup, 1), 16))),
			failed: group(avpMultipleServices, number(avpRatingGroup, 0)),
		},
		{
			claim: "stray octets at the end, filled up to a header", result: 5014,
			frame: ccr(1, 0, part{0, 0, 1, 8}), failed: flagged(words(avpOriginHost, "\x00"), 0),
		},
		{
			claim: "money that is not of whole millionths", result: 5004,
			frame: ccr(1, 0, requestedMoney(1, -7)),
			failed: group(
				avpMultipleServices, group(avpRequestedServiceUnit, group(avpCCMoney, unitValue(1, -7))),
			),
		},
		{
			claim: "money that leaves 64 bits", result: 5004,
			frame: ccr(1, 0, requestedMoney(1, 13)),
			failed: group(
				avpMultipleServices, group(avpRequestedServiceUnit, group(avpCCMoney, unitValue(1, 13))),
			),
		},
		{
			claim: "a currency that does not exist", result: 5004,
			frame: ccr(1, 0, group(avpMultipleServices, group(avpRequestedServiceUnit,
				group(avpCCMoney, number(avpCurrencyCode, 1))))),
			failed: group(avpMultipleServices, group(avpRequestedServiceUnit,
				group(avpCCMoney, number(avpCurrencyCode, 1)))),
		},
		{
			claim: "octets that leave 63 bits", result: 5004,
			frame: ccr(
				1, 0, group(avpMultipleServices, group(avpRequestedServiceUnit, long(avpCCTotalOctets, 1<<63))),
			),
			failed: group(
				avpMultipleServices, group(avpRequestedServiceUnit, long(avpCCTotalOctets, 1<<63)),
			),
		},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			refused := decodeFrame(t, test.frame).Refused
			if refused == nil {
				t.Fatalf("decode refused nothing, want %s", test.result.Name())
			}
			if refused.Result != test.result {
				t.Errorf(
					"decode refused with %s, want %s",
					refused.Result.Name(),
					test.result.Name(),
				)
			}
			var want []charging.FailedAVP
			switch {
			case test.failed != nil:
				length := int(binary.BigEndian.Uint32(test.failed[4:]) & 0xffffff)
				want = []charging.FailedAVP{{Raw: test.failed[:length]}}
			case test.path != "":
				want = []charging.FailedAVP{{Path: test.path}}
			}
			if diff := cmp.Diff(want, refused.Failed); diff != "" {
				t.Errorf("Failed-AVP of the refusal (-want +got):\n%s", diff)
			}
		})
	}
}

func appendTo(frame []byte, p part) []byte { return endMessage(append(frame, p...), 0) }

func unitValue(digits int64, exponent int32) part {
	return group(
		avpUnitValue, long(avpValueDigits, uint64(digits)), number(avpExponent, uint32(exponent)),
	)
}

func requestedMoney(digits int64, exponent int32) part {
	return group(avpMultipleServices, group(avpRequestedServiceUnit,
		group(avpCCMoney, unitValue(digits, exponent), number(avpCurrencyCode, 978))))
}

func TestOnlyTheFirstFaultIsReported(t *testing.T) {
	t.Parallel()
	r := decodeFrame(t, ccr(9, 0, words(999, "new"), number(avpCCRequestType, 1)))
	if r.Refused == nil || r.Refused.Result != charging.InvalidAVPValue ||
		len(r.Refused.Failed) != 1 {
		t.Errorf("decode refused with %+v, want 5004 and one AVP", r.Refused)
	}
}

func TestWhatDecodesIsKeptBesideAFault(t *testing.T) {
	t.Parallel()
	used := group(avpMultipleServices, number(avpRatingGroup, 7),
		group(avpUsedServiceUnit, number(avpCCTime, 30)))
	r := decodeFrame(
		t,
		ccr(2, 3, used, words(999, "new"), lengthened(words(avpUserName, "x"), 9000)),
	)
	if r.Type != charging.Update || r.Key.Number != 3 || len(r.Services) != 1 {
		t.Fatalf("decode = type %s number %d with %d services, want update 3 with one",
			r.Type, r.Key.Number, len(r.Services))
	}
	want := []charging.Usage{{Units: []charging.Quantity{{Amount: 30, Unit: charging.Time}}}}
	if diff := cmp.Diff(want, r.Services[0].Used); diff != "" {
		t.Errorf("usage beside a fault (-want +got):\n%s", diff)
	}
}

func TestARequestThatBelongsToNothingHasNoType(t *testing.T) {
	t.Parallel()
	for _, id := range []uint64{avpSessionID, avpCCRequestType, avpCCRequestNumber} {
		if r := decodeFrame(t, without(id, 2)); r.Type != 0 {
			t.Errorf("decode without AVP %d = type %s, want none", id, r.Type)
		}
	}
}

// TestFailedAVPCanAlwaysBeRead refuses groups for their flags whose members nobody could read: what
// Failed-AVP shows of them must be whole.
func TestFailedAVPCanAlwaysBeRead(t *testing.T) {
	t.Parallel()
	time := number(avpCCTime, 60)
	for name, bad := range map[string]part{
		"a member of length 0 two groups down": flagged(group(avpMultipleServices,
			group(avpRequestedServiceUnit, lengthened(time, 0))), flagMandatory|0x08),
		"a member beyond its group": flagged(group(avpSubscriptionID,
			lengthened(words(avpSubscriptionIDData, "15550100"), 0xff0010)), flagMandatory|0x01),
	} {
		r := decodeFrame(t, ccr(1, 0, bad))
		if r.Refused == nil || r.Refused.Result != resultInvalidAVPBits {
			t.Fatalf("%s: refused %v, want 3009", name, r.Refused)
		}
		shown, rest, ok := nextAVP(padOut(r.Refused.Failed[0].Raw))
		if !ok || len(rest) > 0 || !SharedDictionary().membersFit(shown.data, maxGroups) {
			t.Errorf("%s: Failed-AVP shows %x", name, r.Refused.Failed[0].Raw)
		}
	}
}

func padOut(raw []byte) []byte { return appendRaw(nil, raw) }

package diameter

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
)

// benchmarkFrame is a CCR-U of about 800 octets, with access and IMS information and one MSCC.
func benchmarkFrame() []byte {
	return ccr(2, 7,
		subscriberPart(charging.E164, "491700000001"),
		subscriberPart(charging.IMSI, "262010000000001"),
		words(avpDestinationHost, "ocs.example.net"),
		number(avpOriginStateID, 1), number(avpEventTimestamp, 0xe8000000),
		number(avpMultipleServicesIndicator, 1),
		group(
			avpMultipleServices,
			group(avpRequestedServiceUnit),
			group(avpUsedServiceUnit, number(avpCCTime, 120), long(avpCCTotalOctets, 5_000),
				long(avpCCInputOctets, 2_000), long(avpCCOutputOctets, 3_000)),
			number(
				avpServiceIdentifier,
				1,
			),
			number(avpRatingGroup, 100),
			number(avpReportingReason, 6),
			group(avpTrigger, number(avpTriggerType, 50)),
		),
		group(avpServiceInformation,
			group(of3GPP|874,
				octetsOf(of3GPP|2, []byte{0, 0, 0, 1}), number(of3GPP|3, 0),
				words(30, "internet"), words(of3GPP|8, "26201"), words(of3GPP|18, "26201"),
				octetsOf(of3GPP|21, []byte{6}), octetsOf(of3GPP|22, make([]byte, 13)),
				octetsOf(of3GPP|23, []byte{0x40, 0})),
			group(avpIMSInformation,
				group(avpEventType, words(avpSIPMethod, "INVITE")),
				number(avpRoleOfNode, 0), number(avpNodeFunctionality, 6),
				words(of3GPP|830, "call-1@im.example.net"),
				words(avpCallingPartyAddress, "sip:alice@example.com"),
				words(avpCalledPartyAddress, "sip:bob@example.com"),
				words(avpIMSChargingIdentifier, "icid-0123456789"),
				mediaPart("message 2855 TCP/MSRP *"), mediaPart("audio 49170 RTP/AVP 0")),
			number(avpNumberOfParticipants, 4),
			group(avpServiceGenericInformation, number(avpApplicationServiceType, 105)),
		),
	)
}

func BenchmarkDecode(b *testing.B) {
	d := newDecoder(SharedDictionary(), testSelf)
	frame := benchmarkFrame()
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if r, _ := d.decode(frame, testTime); r.Refused != nil {
			b.Fatal(r.Refused.Message)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	answer := answersOnRecord()["grant with everything"]
	h := header{command: commandCreditControl, application: creditControlApplication}
	buffer := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buffer = appendAnswer(buffer[:0], answer, h, nil, testSelf)
	}
}

package diameter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ocs-sim/ocs-sim/charging"
)

func mediaPart(line string, more ...part) part {
	return group(avpSDPMediaComponent, append([]part{words(avpSDPMediaName, line)}, more...)...)
}

func TestInformationIsReadWhereverItStands(t *testing.T) {
	t.Parallel()
	poc := func(parts ...part) part { return group(of3GPP|879, parts...) }
	ims := func(parts ...part) part { return group(avpIMSInformation, parts...) }
	offer, answer := number(avpSDPType, 0), number(avpSDPType, 1)
	for _, test := range []struct {
		claim string
		parts []part
		want  charging.Information
	}{
		{
			"participants directly",
			[]part{number(avpNumberOfParticipants, 3)},
			charging.Information{Participants: charging.Known(3)},
		},
		{
			"participants in PoC-Information",
			[]part{poc(number(avpNumberOfParticipants, 3))},
			charging.Information{Participants: charging.Known(3)},
		},
		{
			"participants deeper still",
			[]part{poc(group(of3GPP|1255, number(avpNumberOfParticipants, 0)))},
			charging.Information{Participants: charging.Known(0)},
		},
		{
			"participant groups are members, and recipients where nobody else is named",
			[]part{
				poc(
					group(avpParticipantGroup, words(avpCalledPartyAddress, "sip:b@x")),
					group(avpParticipantGroup),
				),
			},
			charging.Information{Members: charging.Known(2), Recipients: charging.Known(2)},
		},
		{
			"called parties are the recipients, the first is the destination",
			[]part{ims(
				words(avpRequestedPartyAddress, "sip:r@x"),
				words(avpCalledPartyAddress, "sip:b@x"), words(avpCalledPartyAddress, "sip:c@x"),
			), poc(group(avpParticipantGroup))},
			charging.Information{
				Members: charging.Known(1), Recipients: charging.Known(2), Destination: "sip:b@x",
			},
		},
		{
			"requested parties come second",
			[]part{
				ims(words(avpRequestedPartyAddress, "sip:r@x")),
				poc(group(avpParticipantGroup), group(avpParticipantGroup)),
			},
			charging.Information{
				Members: charging.Known(2), Recipients: charging.Known(1), Destination: "sip:r@x",
			},
		},
		{
			"an m-line with m=, one without and a bare name",
			[]part{ims(
				mediaPart("m=video 5004 RTP/AVP 31\r\n"), mediaPart("message 2855 TCP/MSRP *"),
				mediaPart("audio"))},
			charging.Information{MediaKnown: true, Media: []string{"audio", "message", "video"}},
		},
		{
			"port 0 removes",
			[]part{ims(mediaPart("audio 0 RTP/AVP 0"), mediaPart("message 9 TCP/MSRP *"))},
			charging.Information{MediaKnown: true, Media: []string{"message"}},
		},
		{
			"all removed is known to be none",
			[]part{ims(mediaPart("audio 0/2 RTP/AVP 0"))},
			charging.Information{MediaKnown: true},
		},
		{
			"one of two audio lines is enough",
			[]part{
				ims(
					mediaPart("audio 0 RTP/AVP 0"), mediaPart("AUDIO 5004/2 RTP/AVP 0"), mediaPart("audio 5006"),
				),
			},
			charging.Information{MediaKnown: true, Media: []string{"audio"}},
		},
		{
			"the answer wins over the offer",
			[]part{ims(
				mediaPart("message 9", answer), mediaPart("audio 0", answer),
				mediaPart("message 9", offer), mediaPart("audio 5004", offer))},
			charging.Information{MediaKnown: true, Media: []string{"message"}},
		},
		{
			"hold removes nothing",
			[]part{ims(
				words(of3GPP|842, "a=inactive"),
				mediaPart("audio 5004 RTP/AVP 0", words(of3GPP|845, "a=inactive")))},
			charging.Information{MediaKnown: true, Media: []string{"audio"}},
		},
		{
			"early media is history",
			[]part{ims(group(avpEarlyMediaDescription, mediaPart("video 5004")))},
			charging.Information{},
		},
		{
			"Application-Service-Type as enumeration",
			[]part{
				group(avpServiceGenericInformation, number(avpApplicationServiceType, 104)),
			},
			charging.Information{ServiceType: charging.Known(104)},
		},
		{
			"Application-Service-Type as digits",
			[]part{
				group(avpServiceGenericInformation, words(avpApplicationServiceType, "105")),
			},
			charging.Information{ServiceType: charging.Known(105)},
		},
		{
			"Application-Service-Type by name",
			[]part{
				group(avpServiceGenericInformation, words(avpApplicationServiceType, "leaving")),
			},
			charging.Information{ServiceType: charging.Known(104)},
		},
		{
			"Content-Length goes before Message-Size",
			[]part{
				group(of3GPP|877, number(avpMessageSize, 7)),
				ims(group(avpMessageBody, words(avpContentType, "text/plain"), number(avpContentLength, 900))),
			},
			charging.Information{Size: charging.Known(900)},
		},
		{
			"Message-Size where there is no body",
			[]part{group(of3GPP|877, number(avpMessageSize, 7))},
			charging.Information{Size: charging.Known(7)},
		},
		{
			"the counters of messages",
			[]part{group(avpIMInformation,
				number(avpTotalMessagesSent, 1), number(avpTotalMessagesExploded, 2),
				number(avpMessagesDelivered, 3), number(avpMessagesExplodedDelivered, 4))},
			charging.Information{Counters: charging.Counters{
				Sent: charging.Known(1), Exploded: charging.Known(2),
				Delivered: charging.Known(3), DeliveredExploded: charging.Known(4),
			}},
		},
		{
			"Service-Id names the conference",
			[]part{
				ims(words(avpIMSChargingIdentifier, "icid"), words(avpServiceID, "conf")),
			},
			charging.Information{Conference: "conf"},
		},
		{
			"else the charging identifier does",
			[]part{ims(words(avpIMSChargingIdentifier, "icid"))},
			charging.Information{Conference: "icid"},
		},
		{
			"method and role",
			[]part{
				ims(group(avpEventType, words(avpSIPMethod, "UPDATE")), number(avpRoleOfNode, 2)),
			},
			charging.Information{Method: "UPDATE", Role: charging.Known(2)},
		},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			for _, frame := range [][]byte{
				ccr(2, 1, group(avpServiceInformation, test.parts...)), ccr(2, 1, test.parts...),
			} {
				r := decodeFrame(t, frame)
				if r.Refused != nil {
					t.Fatalf("refused with %s: %s", r.Refused.Result.Name(), r.Refused.Message)
				}
				if diff := cmp.Diff(test.want, r.Information, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("information (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestMoneyIsReadExactly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		digits   int64
		exponent int32
		want     int64
	}{
		{14, -2, 140_000},
		{1, 0, 1_000_000},
		{1, -6, 1},
		{140, -3, 140_000},
		{1000, -9, 1},
		{
			9, 12, 9_000_000_000_000_000_000,
		},
		{0, 2_000_000_000, 0},
		{0, -2_000_000_000, 0},
		{5, 2, 500_000_000},
	} {
		r := decodeFrame(t, ccr(1, 0, requestedMoney(test.digits, test.exponent)))
		if r.Refused != nil {
			t.Errorf("%d * 10^%d refused: %s", test.digits, test.exponent, r.Refused.Message)
			continue
		}
		want := []charging.Quantity{{Amount: test.want, Unit: "EUR"}}
		if diff := cmp.Diff(want, r.Services[0].Requested); diff != "" {
			t.Errorf("%d * 10^%d (-want +got):\n%s", test.digits, test.exponent, diff)
		}
	}
}

func TestMoneyIsWrittenWithFewDigits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount, digits int64
		exponent       int32
	}{
		{140_000, 14, -2}, {0, 0, 0}, {10_000_000, 10, 0}, {-1_500_000, -15, -1}, {1, 1, -6},
	} {
		digits, exponent := smallest(test.amount)
		if digits != test.digits || exponent != test.exponent {
			t.Errorf("smallest(%d) = %d * 10^%d, want %d * 10^%d",
				test.amount, digits, exponent, test.digits, test.exponent)
		}
	}
}

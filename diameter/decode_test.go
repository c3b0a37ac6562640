package diameter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

func TestDecodeReadsAnUpdate(t *testing.T) {
	t.Parallel()
	frame := ccr(2, 7,
		subscriberPart(charging.E164, "15550100"),
		number(avpMultipleServicesIndicator, 1),
		group(
			avpMultipleServices,
			number(
				avpRatingGroup,
				100,
			),
			number(avpServiceIdentifier, 9),
			number(avpServiceIdentifier, 3),
			group(avpRequestedServiceUnit),
			group(avpUsedServiceUnit, number(avpCCTime, 120), long(avpCCTotalOctets, 5),
				number(avpReportingReason, 3), number(avpTariffChangeUsage, 1)),
			number(avpReportingReason, 6),
			group(avpTrigger, number(avpTriggerType, 50)),
		),
		group(avpServiceInformation,
			group(avpIMSInformation,
				group(avpEventType, words(avpSIPMethod, "INVITE")),
				number(avpRoleOfNode, 0),
				words(avpServiceID, "conference-1"),
				words(avpCalledPartyAddress, "sip:bob@example.com"),
			),
			number(avpNumberOfParticipants, 4),
			group(avpServiceGenericInformation, number(avpApplicationServiceType, 105)),
		),
	)
	got := decodeFrame(t, frame)
	want := &charging.Request{
		Key:         charging.Key{Session: charging.SessionID{ID: "im.example.net;1;2"}, Number: 7},
		Type:        charging.Update,
		Origin:      charging.Origin{Host: "im.example.net", Realm: "example.net"},
		EndToEnd:    0x22,
		Context:     "32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
		Services: []charging.Service{{
			Key:   charging.ServiceKey{Group: charging.Known(100), IDs: []uint32{3, 9}},
			Asked: true,
			Used: []charging.Usage{{
				Units: []charging.Quantity{
					{Amount: 120, Unit: charging.Time}, {Amount: 5, Unit: charging.Total},
				},
				Reason: charging.Known(3), Tariff: charging.Known(1),
			}},
			Reason:   charging.Known(6),
			Triggers: []uint32{50},
		}},
		Information: charging.Information{
			Participants: charging.Known(4),
			ServiceType:  charging.Known(105),
			Method:       "INVITE",
			Role:         charging.Known(0),
			Destination:  "sip:bob@example.com",
			Recipients:   charging.Known(1),
			Conference:   "conference-1",
		},
		Vendor3GPP: true,
		Multiple:   charging.Known(1),
		At:         testTime,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decode of an update (-want +got):\n%s", diff)
	}
}

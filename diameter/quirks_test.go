package diameter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// What real clients send must decode, however they bend the rules.

func TestOpen5GSIsUnderstood(t *testing.T) {
	t.Parallel()
	// One MSCC without Rating-Group though it says that it knows none; a total asked for, time and
	// both directions reported; Requested-Action in a session.
	r := decodeFrame(t, ccr(2, 1,
		subscriberPart(charging.E164, "491700000001"),
		subscriberPart(charging.IMSI, "001010000000001"),
		number(avpRequestedAction, 0),
		number(avpMultipleServicesIndicator, 0),
		group(avpMultipleServices,
			group(avpRequestedServiceUnit, long(avpCCTotalOctets, 1_000_000)),
			group(
				avpUsedServiceUnit,
				number(avpCCTime, 0),
				long(avpCCInputOctets, 0),
				long(avpCCOutputOctets, 0),
			),
			number(avpReportingReason, 4),
		),
		flagged(group(458, number(459, 0), octetsOf(460, []byte("3534900698733190"))), 0),
		group(avpServiceInformation, group(of3GPP|874,
			octetsOf(of3GPP|2, []byte{0, 0, 0, 1}), words(30, "internet"))),
	))
	if r.Refused != nil {
		t.Fatalf("Open5GS is refused with %s: %s", r.Refused.Result.Name(), r.Refused.Message)
	}
	if r.Action != charging.NoAction {
		t.Errorf("Requested-Action in an update is %q, want none", r.Action)
	}
	want := []charging.Service{{
		Asked:     true,
		Requested: []charging.Quantity{{Amount: 1_000_000, Unit: charging.Total}},
		Used: []charging.Usage{{Units: []charging.Quantity{
			{Unit: charging.Time}, {Unit: charging.Input}, {Unit: charging.Output},
		}}},
		Reason: charging.Known(4),
	}}
	if diff := cmp.Diff(want, r.Services); diff != "" {
		t.Errorf("services of Open5GS (-want +got):\n%s", diff)
	}
}

func TestKamailioIsUnderstood(t *testing.T) {
	t.Parallel()
	// No Auth-Application-Id; accounting AVPs with the M flag; its origin twice; the subscriber
	// twice; Event-Timestamp without the M flag; numbers that are nonsense.
	parts := []part{
		words(avpSessionID, "scscf;1;2"),
		words(avpOriginHost, "scscf.ims.example.net"), words(avpOriginRealm, "ims.example.net"),
		words(avpOriginHost, "cdp.ims.example.net"), words(avpOriginRealm, "ims.example.net"),
		words(avpDestinationHost, "ocs.example.net"), words(avpDestinationRealm, "example.net"),
		group(
			avpVendorSpecificApplicationID,
			number(avpVendorID, 10415),
			number(avpAuthApplicationID, 4),
		),
		number(480, 2), number(485, 0),
		words(avpServiceContextID, "ext.02.001.8.32260@3gpp.org"),
		number(avpCCRequestType, 1), number(avpCCRequestNumber, 0),
		flagged(number(avpEventTimestamp, 0xe0000000), 0),
		subscriberPart(charging.E164, "+15550100"),
		group(458, number(459, 1), octetsOf(460, []byte("02:42:ac:11:00:02"))),
		number(avpMultipleServicesIndicator, 1),
		group(avpMultipleServices,
			group(avpRequestedServiceUnit, number(avpCCTime, 30)),
			number(avpServiceIdentifier, 1000), number(avpRatingGroup, 100)),
		group(avpServiceInformation,
			subscriberPart(charging.E164, "+15550100"),
			group(avpIMSInformation,
				group(avpEventType, words(avpSIPMethod, "dummy"), number(of3GPP|888, 4294967295)),
				number(avpRoleOfNode, 0), number(avpNodeFunctionality, 0),
				words(of3GPP|830, "call-1"), words(avpCallingPartyAddress, "tel:+15550100"),
				words(avpCalledPartyAddress, "tel:+15550200"))),
	}
	r := decodeFrame(t, frameOf(flagRequest|flagProxiable, parts...))
	if r.Refused != nil {
		t.Fatalf("Kamailio is refused with %s: %s", r.Refused.Result.Name(), r.Refused.Message)
	}
	if want := "scscf.ims.example.net"; r.Origin.Host != want {
		t.Errorf("Origin-Host = %q, want the first, %q", r.Origin.Host, want)
	}
	want := []charging.Identity{{Type: charging.E164, Data: "+15550100"}}
	if diff := cmp.Diff(want, r.Subscribers); diff != "" {
		t.Errorf("subscribers of Kamailio (-want +got):\n%s", diff)
	}
	if r.Information.Destination != "tel:+15550200" {
		t.Errorf("destination = %q, want tel:+15550200", r.Information.Destination)
	}
}

func TestErgwAndMagmaAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		claim string
		part  part
		want  charging.Service
	}{
		{
			"ergw asks without saying for how much",
			group(avpMultipleServices, number(avpRatingGroup, 3000), group(avpRequestedServiceUnit)),
			charging.Service{Key: charging.ServiceKey{Group: charging.Known(3000)}, Asked: true},
		},
		{
			"Magma asks in three units at once",
			group(avpMultipleServices, number(avpRatingGroup, 1), group(avpRequestedServiceUnit,
				long(avpCCTotalOctets, 3), long(avpCCInputOctets, 2), long(avpCCOutputOctets, 1))),
			charging.Service{
				Key: charging.ServiceKey{Group: charging.Known(1)}, Asked: true,
				Requested: []charging.Quantity{
					{Amount: 3, Unit: charging.Total},
					{Amount: 2, Unit: charging.Input},
					{Amount: 1, Unit: charging.Output},
				},
			},
		},
		{
			"a report asks for nothing",
			group(
				avpMultipleServices, number(avpRatingGroup, 1), group(avpUsedServiceUnit, number(avpCCTime, 5)),
			),
			charging.Service{
				Key:  charging.ServiceKey{Group: charging.Known(1)},
				Used: []charging.Usage{{Units: []charging.Quantity{{Amount: 5, Unit: charging.Time}}}},
			},
		},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			r := decodeFrame(t, ccr(2, 1, test.part))
			if r.Refused != nil {
				t.Fatalf("refused with %s: %s", r.Refused.Result.Name(), r.Refused.Message)
			}
			if diff := cmp.Diff([]charging.Service{test.want}, r.Services); diff != "" {
				t.Errorf("services (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnitsWithoutMSCCMakeAService(t *testing.T) {
	t.Parallel()
	r := decodeFrame(t, ccr(2, 1,
		group(avpRequestedServiceUnit, long(avpCCServiceSpecificUnits, 2)),
		group(avpUsedServiceUnit, long(avpCCServiceSpecificUnits, 1)),
		number(avpServiceIdentifier, 5)))
	want := []charging.Service{{
		Key: charging.ServiceKey{IDs: []uint32{5}}, Asked: true,
		Requested: []charging.Quantity{{Amount: 2, Unit: charging.Events}},
		Used: []charging.Usage{
			{Units: []charging.Quantity{{Amount: 1, Unit: charging.Events}}},
		},
		Single: true,
	}}
	if diff := cmp.Diff(want, r.Services); diff != "" {
		t.Errorf("services of an RFC 8506 client (-want +got):\n%s", diff)
	}
}

func TestProxyInfoAndTheHeaderAreHandedOn(t *testing.T) {
	t.Parallel()
	first := group(avpProxyInfo, words(280, "relay"), octetsOf(33, []byte{1, 2, 3}))
	second := group(avpProxyInfo, words(280, "other"), octetsOf(33, nil))
	frame := ccr(2, 1, first, second)
	frame[4] |= flagRetransmitted
	r, proxies := newDecoder(SharedDictionary(), testSelf).decode(frame, testTime)
	if !r.Retransmitted || r.EndToEnd != 0x22 {
		t.Errorf("decode = T %v, End-to-End %#x, want true and 0x22", r.Retransmitted, r.EndToEnd)
	}
	if diff := cmp.Diff([][]byte{first, second}, proxies); diff != "" {
		t.Errorf("Proxy-Info (-want +got):\n%s", diff)
	}
}

func TestSubscribersFallBack(t *testing.T) {
	t.Parallel()
	calling := group(
		avpServiceInformation,
		group(avpIMSInformation, words(avpCallingPartyAddress, "sip:a@example.com")),
	)
	for _, test := range []struct {
		claim string
		parts []part
		want  []charging.Identity
	}{
		{
			"Subscription-Ids stand alone",
			[]part{
				words(avpUserName, "u"),
				subscriberPart(charging.NAI, "n"),
				calling,
				subscriberPart(charging.SIP, "s"),
			},
			[]charging.Identity{{Type: charging.NAI, Data: "n"}, {Type: charging.SIP, Data: "s"}},
		},
		{
			"Subscription-Id-Extension has the type as its code",
			[]part{
				group(avpSubscriptionIDExtension, words(661, "001010000000001")),
				group(avpSubscriptionIDExtension, words(664, "p")),
			},
			[]charging.Identity{
				{Type: charging.IMSI, Data: "001010000000001"}, {Type: charging.Private, Data: "p"},
			},
		},
		{
			"User-Name comes before the calling party",
			[]part{calling, words(avpUserName, "alice@example.com")},
			[]charging.Identity{
				{Type: charging.NAI, Data: "alice@example.com"},
				{Type: charging.SIP, Data: "sip:a@example.com"},
			},
		},
		{
			"User-Name may be a SIP URI",
			[]part{words(avpUserName, "SIP:a@b")},
			[]charging.Identity{{Type: charging.SIP, Data: "SIP:a@b"}},
		},
		{
			"User-Name may be a tel URI",
			[]part{words(avpUserName, "tel:+1555")},
			[]charging.Identity{{Type: charging.E164, Data: "tel:+1555"}},
		},
		{
			"fifteen digits are an IMSI",
			[]part{words(avpUserName, "001010000000001")},
			[]charging.Identity{{Type: charging.IMSI, Data: "001010000000001"}},
		},
		{
			"fewer are a number",
			[]part{words(avpUserName, "+15550100")},
			[]charging.Identity{{Type: charging.E164, Data: "+15550100"}},
		},
		{
			"an AVP that is not known here does not hide the identity",
			[]part{group(avpSubscriptionID, number(avpSubscriptionIDType, 0),
				words(avpSubscriptionIDData, "1"), flagged(words(999, "new"), 0))},
			[]charging.Identity{{Type: charging.E164, Data: "1"}},
		},
		{"nobody is named", nil, nil},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			r := decodeFrame(t, ccr(1, 0, test.parts...))
			if r.Refused != nil {
				t.Fatalf("refused with %s: %s", r.Refused.Result.Name(), r.Refused.Message)
			}
			if len(r.Subscribers) == 0 && test.want == nil {
				return
			}
			if diff := cmp.Diff(test.want, r.Subscribers); diff != "" {
				t.Errorf("subscribers (-want +got):\n%s", diff)
			}
		})
	}
}

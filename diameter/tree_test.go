package diameter

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRenderShowsNamesAndValues(t *testing.T) {
	t.Parallel()
	frame := ccr(2, 1,
		subscriberPart(charging164, "15550100"),
		number(avpEventTimestamp, 0xe8000000),
		octetsOf(avpHostIPAddress, []byte{0, 1, 127, 0, 0, 1}),
		octetsOf(avpHostIPAddress, append([]byte{0, 2, 0x20, 1, 0x0d, 0xb8}, make([]byte, 12)...)),
		octetsOf(avpHostIPAddress, append([]byte{0, 8}, "15550100"...)),
		number(avpResultCode, 4012),
		group(avpUnitValue, long(avpValueDigits, ^uint64(0)), number(avpExponent, 0xfffffffe)),
		octetsOf(avpRefundInformation, []byte{0, 0xff}),
		octetsOf(avpApplicationServiceType, []byte{0, 0, 0, 105}),
		words(avpApplicationServiceType, "JOINING"),
		flagged(octetsOf(avpID(999, 77), []byte("text")), flagVendor),
		octetsOf(avpCCTime, []byte{1, 2, 3}),
		octetsOf(avpFailedAVP, []byte("junk")),
		number(avpReportingReason, 99),
	)
	const want = `CCR application=4 flags=RP hop-by-hop=0x00000011 end-to-end=0x00000022 length=440
  Session-Id: im.example.net;1;2
  Origin-Host: im.example.net
  Origin-Realm: example.net
  Destination-Realm: example.net
  Auth-Application-Id: 4
  Service-Context-Id: 32260@3gpp.org
  CC-Request-Type: UPDATE_REQUEST (2)
  CC-Request-Number: 1
  Subscription-Id
    Subscription-Id-Type: END_USER_E164 (0)
    Subscription-Id-Data: 15550100
  Event-Timestamp: 2023-05-05T22:21:52Z
  Host-IP-Address: 127.0.0.1
  Host-IP-Address: 2001:db8::
  Host-IP-Address: family 8 15550100
  Result-Code: DIAMETER_CREDIT_LIMIT_REACHED (4012)
  Unit-Value
    Value-Digits: -1
    Exponent: -2
  Refund-Information: 0x00ff
  Application-Service-Type: JOINING (105)
  Application-Service-Type: JOINING
  AVP-77: text
  CC-Time: 0x010203 (fault: the length does not fit the type)
  Failed-AVP (fault: these octets are no AVP: 0x6a756e6b)
  Reporting-Reason: 99
`
	if diff := cmp.Diff(want, Render(frame).String()); diff != "" {
		t.Errorf("Render() (-want +got):\n%s", diff)
	}
}

func TestRenderTakesAnyOctets(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		frame []byte
		want  string
	}{
		"nothing":          {nil, "shorter than a header"},
		"half a header":    {dwr()[:10], "shorter than a header"},
		"another version":  {with(dwr(), func(b []byte) { b[0] = 9 }), "version 9"},
		"a wrong length":   {with(dwr(), setLength(24)), "octets are there"},
		"a cut message":    {dwr()[:len(dwr())-4], "octets are there"},
		"an endless group": {message(header{command: 1}, nestedGroups(5000)), "Command-1-Answer"},
		"stray octets":     {message(header{}, part{1, 2, 3, 4}), "no AVP: 0x01020304"},
	}
	for name, c := range cases {
		if got := Render(c.frame).String(); !strings.Contains(got, c.want) {
			t.Errorf("%s: Render() = %s, want %q in it", name, got, c.want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		octets := make([]byte, random.IntN(200))
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		if _, err := json.Marshal(Render(octets)); err != nil {
			t.Fatalf("a tree of %x cannot be written as JSON: %v", octets, err)
		}
	}
}

func TestRenderIsJSONFriendly(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(
		Render(message(header{
			flags: flagProxiable, command: 272, application: 4,
			hopByHop: 1, endToEnd: 2,
		}, group(avpTrigger, number(avpTriggerType, 50)))),
	)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"CCA","command":272,"application":4,"flags":"P",` +
		`"hop_by_hop":1,"end_to_end":2,"length":48,"avps":[{"name":"Trigger",` +
		`"code":1264,"vendor":10415,"flags":"VM","children":[` +
		`{"name":"Trigger-Type","code":870,"vendor":10415,"flags":"VM",` +
		`"value":"CHANGE_IN_PARTICIPANTS_NMB (50)"}]}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON of a tree (-want +got):\n%s", diff)
	}
}

func TestAttributesOfAFrame(t *testing.T) {
	t.Parallel()
	frame := ccr(2, 1,
		group(
			avpServiceInformation,
			group(
				avpIMSInformation,
				number(avpRoleOfNode, 1),
				words(avpCalledPartyAddress, "sip:a"),
				words(avpCalledPartyAddress, "sip:b"),
				octetsOf(of3GPP|1263, []byte{0xff}),
			),
		),
		group(avpMultipleServices, number(avpRatingGroup, 1)),
		group(avpMultipleServices, number(avpRatingGroup, 2)),
		flagged(words(avpID(999, 5), "other"), flagVendor),
		flagged(number(avpID(999, 6), 77), flagVendor),
		flagged(long(avpID(999, 7), 1<<40), flagVendor),
		flagged(words(avpID(999, 8), "gold"), flagVendor),
		octetsOf(avpCCTime, []byte{1}),
		octetsOf(avpFailedAVP, []byte("junk")),
	)
	cases := map[string][]string{
		"Session-Id":       {"im.example.net;1;2"},
		"CC-Request-Type":  {"2", "UPDATE_REQUEST"},
		"263":              {"im.example.net;1;2"},
		"999:5":            {"other"},
		"999:6":            {"0x0000004d", "77"},
		"999:7":            {"0x0000010000000000", "1099511627776"},
		"999:8":            {"gold"},
		"CC-Time":          nil,
		"No-Such-AVP":      nil,
		"":                 nil,
		"a:b":              nil,
		"User-Name":        nil,
		"Session-Id.X":     nil,
		"Failed-AVP.1":     nil,
		"Route-Record.293": nil,
		"Service-Information.IMS-Information.Role-Of-Node":               {"1", "TERMINATING_ROLE"},
		"Service-Information.IMS-Information.Called-Party-Address":       {"sip:a", "sip:b"},
		"Service-Information.10415:876.10415:832":                        {"sip:a", "sip:b"},
		"Service-Information.IMS-Information.Access-Network-Information": {"0xff"},
		"Service-Information.IMS-Information":                            {""},
		"Multiple-Services-Credit-Control.Rating-Group":                  {"1", "2"},
	}
	for path, want := range cases {
		if diff := cmp.Diff(want, frameAttributes{SharedDictionary(), frame}.Lookup(path)); diff != "" {
			t.Errorf("Lookup(%q) (-want +got):\n%s", path, diff)
		}
	}
	if got := (frameAttributes{}).Lookup("Session-Id"); got != nil {
		t.Errorf("Lookup() of no frame = %v, want nothing", got)
	}
}

package diameter

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

const accountingSession = "im.example.com;rf;1"

// acrParts is an ACR of TS 32.299 section 6.2.2, without what credit control has.
func acrParts(record, recordNumber uint32) []part {
	return []part{
		words(avpSessionID, accountingSession),
		words(avpOriginHost, "im.example.com"), words(avpOriginRealm, "example.com"),
		words(avpDestinationRealm, testSelf.realm),
		number(avpAccountingRecordType, record), number(avpAccountingRecordNumber, recordNumber),
		number(avpAcctApplicationID, accountingApplication),
	}
}

func acr(record, recordNumber uint32, more ...part) []byte {
	return acrOf(append(acrParts(record, recordNumber), more...)...)
}

func acrOf(parts ...part) []byte {
	return message(header{
		flags: flagRequest | flagProxiable, command: commandAccounting,
		application: accountingApplication, hopByHop: 9, endToEnd: 10,
	}, parts...)
}

// acrWithout is an ACR without one AVP.
func acrWithout(id uint64) []byte {
	var parts []part
	for _, p := range acrParts(1, 0) {
		if a, _, _ := nextAVP(p); a.id() != id {
			parts = append(parts, p)
		}
	}
	return acrOf(parts...)
}

func openAccounting(t *testing.T, o Options) *rawPeer {
	t.Helper()
	if o.Accounting == nil {
		o.Accounting = yes
	}
	return openDoor(t, o).connect(t)
}

func TestAnACAHasItsGrammar(t *testing.T) {
	t.Parallel()
	p := openAccounting(t, Options{InterimInterval: 5 * time.Minute})
	proxy := group(avpProxyInfo, words(280, "proxy.example.com"), words(33, "state"))
	for _, c := range []struct {
		claim string
		frame []byte
		want  []string // names in order
	}{
		{
			"a start record, with everything that is repeated",
			acr(2, 0, words(avpUserName, "alice"), long(avpAccountingSubSessionID, 7),
				words(avpAcctMultiSessionID, "multi"), octetsOf(avpAcctSessionID, []byte("a")), proxy),
			[]string{
				"Session-Id", "Result-Code", "Origin-Host", "Origin-Realm",
				"Accounting-Record-Type", "Accounting-Record-Number", "Acct-Application-Id",
				"Accounting-Sub-Session-Id", "Acct-Multi-Session-Id", "Acct-Session-Id",
				"Acct-Interim-Interval", "Proxy-Info",
			},
		},
		{
			"an event record", acr(1, 0),
			[]string{
				"Session-Id", "Result-Code", "Origin-Host", "Origin-Realm",
				"Accounting-Record-Type", "Accounting-Record-Number", "Acct-Application-Id",
			},
		},
		{
			"a stop record asks for no more", acr(4, 2),
			[]string{
				"Session-Id", "Result-Code", "Origin-Host", "Origin-Realm",
				"Accounting-Record-Type", "Accounting-Record-Number", "Acct-Application-Id",
			},
		},
	} {
		p.send(c.frame)
		tree := p.expect(p.receive(), charging.Success)
		var names []string
		for _, n := range tree.AVPs {
			names = append(names, n.Name)
		}
		if diff := cmp.Diff(c.want, names); diff != "" {
			t.Errorf("%s: AVPs of the ACA (-want +got):\n%s", c.claim, diff)
		}
		if tree.Name != "ACA" || tree.Application != 3 || tree.Flags != "P" ||
			tree.HopByHop != 9 || tree.EndToEnd != 10 {
			t.Errorf("%s: header of\n%s", c.claim, tree)
		}
	}
}

func TestFaultyACRs(t *testing.T) {
	t.Parallel()
	p := openAccounting(t, Options{})
	for _, c := range []struct {
		claim  string
		frame  []byte
		result charging.Result
		failed uint64
	}{
		{"no Session-Id", acrWithout(avpSessionID), 5005, avpSessionID},
		{"no Origin-Host", acrWithout(avpOriginHost), 5005, avpOriginHost},
		{"no Origin-Realm", acrWithout(avpOriginRealm), 5005, avpOriginRealm},
		{"no Destination-Realm", acrWithout(avpDestinationRealm), 5005, avpDestinationRealm},
		{"no record type", acrWithout(avpAccountingRecordType), 5005, avpAccountingRecordType},
		{"no record number", acrWithout(avpAccountingRecordNumber), 5005, avpAccountingRecordNumber},
		{"record type 0", acr(0, 0), 5004, avpAccountingRecordType},
		{"record type 5", acr(5, 0), 5004, avpAccountingRecordType},
		{"another application", acrOf(slices.Concat(acrParts(1, 0)[:6],
			[]part{number(avpAcctApplicationID, 4)})...), 5004, avpAcctApplicationID},
		{
			"two record numbers", acr(1, 0, number(avpAccountingRecordNumber, 1)), 5009,
			avpAccountingRecordNumber,
		},
		{"a result in a request", acr(1, 0, number(avpResultCode, 2001)), 5008, avpResultCode},
		{"an unknown AVP with M", acr(1, 0, number(99999, 1)), 5001, 99999},
		{"an unknown AVP without M", acr(1, 0, flagged(number(99999, 1), 0)), 2001, 0},
		{"a loop", acr(1, 0, words(avpRouteRecord, testSelf.host)), 3005, 0},
		{"no Acct-Application-Id", acrWithout(avpAcctApplicationID), 2001, 0},
	} {
		p.send(c.frame)
		answer := p.receive()
		p.expect(answer, c.result)
		if got := failedCode(answer); got != uint32(c.failed) {
			t.Errorf("%s: Failed-AVP shows %d, want %d:\n%s", c.claim, got, c.failed, Render(answer))
		}
		if name := Render(answer).Name; name != "ACA" {
			t.Errorf("%s is answered with %s, want ACA", c.claim, name)
		}
	}
	p.expectAlive()
}

func TestAccountingIsServedWhereItIsWanted(t *testing.T) {
	t.Parallel()
	plain := openDoor(t, Options{}).connect(t)
	plain.send(acr(1, 0))
	plain.expect(plain.receive(), 3007)
	p := openAccounting(t, Options{})
	credit := message(header{
		flags: flagRequest, command: commandCreditControl, application: accountingApplication,
	})
	accounting := message(header{
		flags: flagRequest, command: commandAccounting, application: creditControlApplication,
	})
	unknown := message(header{
		flags: flagRequest, command: 999, application: accountingApplication,
	})
	p.send(credit, accounting, unknown)
	p.expect(p.receive(), 3007)
	p.expect(p.receive(), 3007)
	p.expect(p.receive(), 3001)
}

func TestAnACRComesBackAsItWas(t *testing.T) {
	t.Parallel()
	want := &charging.Request{
		Key: charging.Key{
			Session: charging.SessionID{ID: accountingSession, Sub: 7}, Number: 2,
		},
		Record: charging.StopRecord, EndToEnd: 5, Retransmitted: true, Vendor3GPP: true,
		Origin:      charging.Origin{Host: "im.example.com", Realm: "example.com"},
		Context:     "32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.SIP, Data: "sip:alice@example.com"}},
		Services: []charging.Service{{
			Key:  charging.ServiceKey{Group: charging.Known(100)},
			Used: []charging.Usage{{Units: []charging.Quantity{charging.Time.Of(60)}}},
		}},
		Information: charging.Information{
			Participants: charging.Known(3), MediaKnown: true, Media: []string{"audio"},
			Calling: "sip:alice@example.com", Destination: "sip:bob@example.com",
			Recipients: charging.Known(1), Conference: "conf1", Role: charging.Known(1),
		},
		EventTime: testTime, Cause: 1, At: testTime,
	}
	frame := AppendRequest(nil, want, ClientOptions{DestinationRealm: testSelf.realm})
	known := SharedDictionary()
	got, repeated, _ := newDecoder(known, testSelf).decodeAccounting(known, frame, testTime)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	s := NewServer(Options{OriginHost: testSelf.host, OriginRealm: testSelf.realm})
	x := &charged{
		connection: &connection{self: testSelf}, request: got, header: parseHeader(frame),
		accounted: repeated,
	}
	answer, err := ParseAnswer(s.appendAccountingAnswer(nil, plainAnswer(got), x))
	if err != nil || answer.Key != want.Key || answer.Result != charging.Success {
		t.Errorf("answer = %+v, %v; want 2001 for %+v", answer, err, want.Key)
	}
}

func TestCapabilitiesForAccounting(t *testing.T) {
	t.Parallel()
	d := openDoor(t, Options{Accounting: yes})
	for _, c := range []struct {
		claim  string
		offer  part
		result charging.Result
	}{
		{"accounting alone", number(avpAcctApplicationID, 3), 2001},
		{"accounting of 3GPP", vendorSpecific(avpAcctApplicationID, 3), 2001},
		{"credit control alone", number(avpAuthApplicationID, 4), 2001},
		{"3 is no application to authorize for", number(avpAuthApplicationID, 3), 5010},
		{"another application", number(avpAcctApplicationID, 7), 5010},
	} {
		p := d.dial(t)
		p.send(cerFrom("client.example.org", c.offer))
		tree := p.expect(p.receive(), c.result)
		want := []string{"3"}
		if got := tree.values("Acct-Application-Id"); !slices.Equal(got, want) {
			t.Errorf("%s: Acct-Application-Id of the CEA = %q, want %q", c.claim, got, want)
		}
		var specific []string
		for _, n := range tree.AVPs {
			if n.Name == "Vendor-Specific-Application-Id" {
				specific = append(specific, n.Children[1].Name+"="+n.Children[1].Value)
			}
		}
		if want := []string{"Auth-Application-Id=4", "Acct-Application-Id=3"}; !slices.Equal(
			specific, want) {
			t.Errorf("%s: 3GPP's applications = %q, want %q", c.claim, specific, want)
		}
	}
}

func TestAnACRIsRead(t *testing.T) {
	t.Parallel()
	got := make(chan *charging.Request, 1)
	p := openAccounting(t, Options{Accounting: chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			got <- r
			reply(plainAnswer(r))
		})})
	p.send(acr(3, 4,
		words(avpServiceContextID, "32260@3gpp.org"), words(avpUserName, "alice@example.com"),
		long(avpAccountingSubSessionID, 7), subscriberPart(charging.E164, "15550100"),
		group(avpServiceInformation, group(avpIMSInformation,
			group(avpEventType, words(avpSIPMethod, "INVITE")),
			words(avpCallingPartyAddress, "sip:alice@example.com"),
			words(avpCalledPartyAddress, "sip:bob@example.com"),
			words(avpCalledPartyAddress, "sip:carol@example.com"),
			words(avpServiceID, "conf1")), number(avpNumberOfParticipants, 3))))
	p.expect(p.receive(), charging.Success)
	r := <-got
	if r.Record != charging.InterimRecord || r.Kind() != "interim" || r.Type != 0 ||
		r.Key.Number != 4 || r.Key.Session.ID != accountingSession || r.Key.Session.Sub != 7 {
		t.Errorf("read %v %q %+v, want interim record 4 of sub-session 7", r.Record, r.Kind(), r.Key)
	}
	want := charging.Information{
		Participants: charging.Known(3), Method: "INVITE", Conference: "conf1",
		Calling: "sip:alice@example.com", Destination: "sip:bob@example.com",
		Recipients: charging.Known(2),
	}
	if diff := cmp.Diff(want, r.Information); diff != "" {
		t.Errorf("information (-want +got):\n%s", diff)
	}
	ims, _ := ServiceInformation(r.Attributes)["IMS-Information"].(map[string]any)
	called := []any{"sip:bob@example.com", "sip:carol@example.com"}
	if diff := cmp.Diff(called, ims["Called-Party-Address"]); diff != "" {
		t.Errorf("Called-Party-Address by name (-want +got):\n%s", diff)
	}
	event, _ := ims["Event-Type"].(map[string]any)
	if event["SIP-Method"] != "INVITE" {
		t.Errorf("Event-Type by name = %v, want SIP-Method INVITE", event)
	}
}

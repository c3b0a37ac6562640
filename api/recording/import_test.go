package recording_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// captured is a short session of somebody's, as a client and a server would have it.
func captured(t *testing.T) []capture.Frame {
	t.Helper()
	client := netip.MustParseAddrPort("192.0.2.1:40000")
	server := netip.MustParseAddrPort("192.0.2.3:3868")
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	request := &charging.Request{
		Key:    charging.Key{Session: charging.SessionID{ID: "sbc.carrier.net;1;1"}},
		Type:   charging.Initial,
		Origin: charging.Origin{Host: "sbc.carrier.net", Realm: "carrier.net"}, EndToEnd: 7,
		Context: "32251@3gpp.org",
		Subscribers: []charging.Identity{
			{Type: charging.E164, Data: "4917612345678"},
			{Type: charging.SIP, Data: "sip:+4917612345678@ims.carrier.net"},
		},
		Services: []charging.Service{{
			Key: charging.ServiceKey{Group: charging.Known(100)}, Asked: true,
		}},
	}
	asked := diameter.AppendRequest(nil, request, diameter.ClientOptions{DestinationRealm: "ocs.net"})
	answered := append([]byte(nil), asked[:20]...)
	answered[4] &^= 0x80
	for _, avp := range []string{
		"Session-Id=sbc.carrier.net;1;1", "Result-Code=2001", "Origin-Host=ocs.carrier.net",
		"Multiple-Services-Credit-Control.Rating-Group=100",
		"Multiple-Services-Credit-Control.Granted-Service-Unit.CC-Time=90",
	} {
		path, value, _ := strings.Cut(avp, "=")
		var err error
		if answered, err = diameter.SetAVP(answered, path, value); err != nil {
			t.Fatal(err)
		}
	}
	return []capture.Frame{
		{At: at, From: client, To: server, Packet: 4, Octets: asked},
		{At: at.Add(time.Second / 10), From: server, To: client, Packet: 6, Octets: answered},
		{At: at.Add(time.Second), From: server, To: client, Packet: 8, Octets: answered},
	}
}

// echo plays nothing: the answers are what it is told.
func echo(answer []byte, played *[]*conversation.Conversation) recording.Rehearse {
	return func(
		_ context.Context, c *conversation.Conversation, _ conversation.Options,
	) (*recording.Performance, error) {
		*played = append(*played, c)
		p := &recording.Performance{
			Report: &conversation.Report{}, Messages: map[int]recording.Messages{},
		}
		for i := range c.Steps {
			if c.Steps[i].Send != nil {
				p.Messages[c.Steps[i].Line] = recording.Messages{Answered: answer}
			}
			p.Report.Events = append(p.Report.Events, conversation.Event{Step: &c.Steps[i]})
		}
		return p, nil
	}
}

func TestImportWritesWhatWasCaptured(t *testing.T) {
	t.Parallel()
	frames := captured(t)
	var played []*conversation.Conversation
	got, err := recording.Import(t.Context(), frames, recording.Options{
		Name: "a.pcap", Rehearse: echo(frames[1].Octets, &played),
		Remarks: map[int][]string{4: {"one thing"}, 99: {"another"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(got.Text)
	for _, want := range []string{
		"# From a capture: a.pcap.\n",
		`subscribers: [{e164: "4917612345678"}, {sip: "sip:+4917612345678@ims.carrier.net"}]`,
		"quota: {default: 90s}",
		"# one thing\n> initial s1 4917612345678 sip:+4917612345678@ims.carrier.net " +
			"context=32251@3gpp.org host=sbc.carrier.net realm=carrier.net rg=100 want " +
			"avp:Destination-Realm=ocs.net  # packet 4\n",
		"< 2001 rg=100 grant=90s final=none  # packet 6\n",
		"# packet 99: another\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if len(played) != 2 || got.Requests != 1 || got.Sessions != 1 || got.Rules != 0 {
		t.Errorf("%d rehearsals, %d requests, %d sessions, %d rules, want 2, 1, 1, 0",
			len(played), got.Requests, got.Sessions, got.Rules)
	}
	if !slices.Equal(got.Strays, []int{8}) {
		t.Errorf("strays in packets %v, want the answer in packet 8", got.Strays)
	}
}

func TestImportNeedsCreditControl(t *testing.T) {
	t.Parallel()
	var played []*conversation.Conversation
	frames := captured(t)[1:]
	_, err := recording.Import(t.Context(), frames, recording.Options{Rehearse: echo(nil, &played)})
	if !errors.Is(err, recording.ErrNothing) {
		t.Errorf("Import = %v, want ErrNothing", err)
	}
	failing := func(
		context.Context, *conversation.Conversation, conversation.Options,
	) (*recording.Performance, error) {
		return nil, errors.New("no simulator today")
	}
	_, err = recording.Import(t.Context(), captured(t), recording.Options{Rehearse: failing})
	if err == nil || !strings.Contains(err.Error(), "no simulator today") {
		t.Errorf("Import = %v, want why there was no rehearsal", err)
	}
}

// Whoever is in the capture is nowhere in what is made of it, whatever holds them.
func TestAnonymizeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	frames := captured(t)
	for _, word := range []struct{ path, value string }{
		{"Subscription-Id.Subscription-Id-Type", "END_USER_SIP_URI"},
		{"Subscription-Id.Subscription-Id-Data", `sip:jörg.meyer;x="a b"@ims.carrier.net;user=phone`},
		{"99999:1", "hex:" + hex.EncodeToString([]byte("SIP:JÖRG.MEYER;X at IMS.CARRIER.NET"))},
		{"Subscription-Id.Subscription-Id-Type", "END_USER_NAI"},
		{"Subscription-Id.Subscription-Id-Data", "bob@x.de"},
		{"Subscription-Id.Subscription-Id-Type", "END_USER_PRIVATE"},
		{"Subscription-Id.Subscription-Id-Data", "hex:4af67267"},
		{"Service-Information.PS-Information.MSISDN", "hex:947106532511f2"},
		{"99999:2", "hex:4917603552112f"},
		{"99999:3", "hex:" + hex.EncodeToString([]byte("4917603552112"))},
		{"99999:4", "hex:000000054000001234393137363132333435363738000000"}, // a group
		{"99999:5", "hex:" + hex.EncodeToString([]byte("for sbc-7.carrier.net;9;2;262010000000001"))},
		{"99999:6", "http://portal.carrier.org/x"},
		{"99999:7", "seen at sbc-7 only"},
		{"Subscription-Id.Subscription-Id-Type", "END_USER_E164"},
		{"Subscription-Id.Subscription-Id-Data", "1001"},
		{"Session-Id", "sbc-7.carrier.net;9;2;262010000000001"},
		{"Origin-Host", "sbc-7.carrier.net"},
		{"Redirect-Host", "aaa://portal.carrier.org"},
	} {
		var err error
		path := strings.Replace(word.path, "Subscription-Id.", "Subscription-Id[last].", 1)
		if strings.HasSuffix(word.path, "-Type") {
			frames[0].Octets, err = diameter.AddAVP(frames[0].Octets, "Subscription-Id", "")
		}
		if err == nil {
			frames[0].Octets, err = diameter.SetAVP(frames[0].Octets, path, word.value)
		}
		if err != nil {
			t.Fatal(word, err)
		}
	}
	torn := append([]byte("\x00\x00\x01\xbc\x40\x00\x00\xff"), "4917612345678 sbc-7.carrier.net"...)
	frames[0].Octets = diameter.AppendOctets(frames[0].Octets, torn)
	made := recording.Anonymize(frames, nil)[0].Octets
	secrets := []string{
		"carrier", "CARRIER", "meyer", "MEYER", "17612345678", "bob", "x.de", "\x4a\xf6\x72\x67",
		"\x94\x71\x06\x53\x25\x11", "\x49\x17\x60\x35\x52", "17603552", "26201", "sbc-7",
	}
	for _, secret := range secrets {
		if bytes.Contains(made, []byte(secret)) {
			t.Errorf("it still says %q", secret)
		}
	}
	last := diameter.Attributes(made).Lookup("Subscription-Id[last].Subscription-Id-Data")
	if len(last) != 1 || last[0] == "1001" || len(strings.Trim(last[0], "0123456789")) > 0 {
		t.Errorf("the short number became %q, want a number", last)
	}
	if got := diameter.Attributes(made).Lookup("99999:4"); len(got) != 1 || len(got[0]) != 50 {
		t.Errorf("the group became %q", got)
	}
	if !bytes.Contains(made, []byte("\x00\x00\x01\xbc\x40\x00\x00\xff1555")) {
		t.Error("what was torn is mended")
	}
}

func TestAnonymizeLeavesNobody(t *testing.T) {
	t.Parallel()
	frames := captured(t)
	// The same number as telephone networks write it, in an AVP that nobody knows.
	const swapped = "\x94\x71\x16\x32\x54\x76\xf8"
	var err error
	frames[0].Octets, err = diameter.AddAVP(frames[0].Octets, "99999:5",
		"hex:"+hex.EncodeToString([]byte(swapped)))
	if err != nil {
		t.Fatal(err)
	}
	made := recording.Anonymize(frames, nil)
	for i := range made {
		tree := diameter.Render(made[i].Octets)
		if tree.Fault != "" {
			t.Errorf("message %d: %s", i, tree.Fault)
		}
		for _, secret := range []string{"carrier", "17612345678", swapped} {
			if bytes.Contains(made[i].Octets, []byte(secret)) {
				t.Errorf("message %d still says %q", i, secret)
			}
		}
	}
	avps := diameter.Attributes(made[0].Octets)
	number := avps.Lookup("Subscription-Id[0].Subscription-Id-Data")[0]
	uri := avps.Lookup("Subscription-Id[1].Subscription-Id-Data")[0]
	if len(number) != len("4917612345678") || !strings.HasPrefix(uri, "sip:+"+number+"@host-") {
		t.Errorf("made-up %s and %s, want one number of the same length in both", number, uri)
	}
	if session := diameter.SessionOf(made[1].Octets); session != diameter.SessionOf(made[0].Octets) {
		t.Errorf("the answer is of session %s", session)
	}
	again := recording.Anonymize(frames, nil)
	if !bytes.Equal(again[0].Octets, made[0].Octets) {
		t.Error("what is made up is not the same again")
	}
}

// Results that are none have no words, and are no reason to import nothing.
func TestImportTakesAnyResult(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.exchange("1", "0", "Multiple-Services-Credit-Control.Result-Code=47825")
	q := r.summons(258)
	r.fromServer(q)
	r.fromClient(r.obeyed(q, "0"))
	r.exchange("2", "1", "Result-Code=4294967295")
	if got := r.imported(); got.Requests != 2 {
		t.Errorf("%d requests, want 2", got.Requests)
	}
}

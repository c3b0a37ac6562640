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

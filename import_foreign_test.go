package ocssim_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A foreignStage makes messages of a server that is not ours. Each line begins with the second at
// which its message was captured:
//
//	1 > initial s1 15550100 rg=100 want     a request, as in a conversation
//	1.5 < Result-Code=2001 User-Name=x      an answer to the oldest request without one, by AVPs
//	1.5 <! Result-Code=2001                 an answer to the newest
//	1.5 -                                   the oldest gets none
//	1 >> Route-Record=a.example             the last request once more, from relay to server
type foreignStage struct {
	t       *testing.T
	frames  []capture.Frame
	parse   []string // lines of the conversation so far
	waiting []capture.Frame
	last    capture.Frame
}

func ends() (client, relay, relayOut, server netip.AddrPort) {
	return netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:3868"),
		netip.MustParseAddrPort("192.0.2.2:50000"), netip.MustParseAddrPort("192.0.2.3:3868")
}

func foreign(t *testing.T, script string) []capture.Frame {
	t.Helper()
	s := &foreignStage{t: t}
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" {
			s.line(line)
		}
	}
	return s.frames
}

func (s *foreignStage) line(line string) {
	s.t.Helper()
	second, rest, _ := strings.Cut(line, " ")
	offset, err := time.ParseDuration(second + "s")
	if err != nil {
		s.t.Fatal(err)
	}
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).Add(offset)
	verb, body, _ := strings.Cut(rest, " ")
	clientEnd, relayEnd, relayOut, serverEnd := ends()
	switch verb {
	case ">":
		s.last = capture.Frame{At: at, From: clientEnd, To: relayEnd, Octets: s.request(body)}
		s.waiting = append(s.waiting, s.last)
		s.add(s.last)
	case ">>":
		sentOn := capture.Frame{At: at, From: relayOut, To: serverEnd}
		sentOn.Octets = s.edited(s.last.Octets, body)
		s.add(sentOn)
	case "<":
		s.answer(at, s.waiting[0], body)
		s.waiting = s.waiting[1:]
	case "<!":
		s.answer(at, s.waiting[len(s.waiting)-1], body)
		s.waiting = s.waiting[:len(s.waiting)-1]
	case "-":
		s.waiting = s.waiting[1:]
	}
}

func (s *foreignStage) add(f capture.Frame) {
	f.Packet = len(s.frames) + 1
	s.frames = append(s.frames, f)
}

func (s *foreignStage) request(words string) []byte {
	s.t.Helper()
	s.parse = append(s.parse, "> "+words)
	c, err := conversation.Parse("stage", []byte(strings.Join(s.parse, "\n")))
	if err != nil {
		s.t.Fatal(err)
	}
	send := c.Steps[len(c.Steps)-1].Send
	request := send.Request
	request.Key.Session.ID = "pgw.example;1;" + request.Key.Session.ID
	request.Origin.Host, request.Origin.Realm = "pgw.example", "example"
	frame := diameter.AppendRequest(nil, &request, diameter.ClientOptions{
		DestinationRealm: "ocs.example",
	})
	for _, word := range send.Wire {
		if frame, err = ocssim.Reword(diameter.SharedDictionary(), frame, word); err != nil {
			s.t.Fatal(err)
		}
	}
	return frame
}

func (s *foreignStage) edited(frame []byte, avps string) []byte {
	s.t.Helper()
	for avp := range strings.FieldsSeq(avps) {
		path, value, _ := strings.Cut(avp, "=")
		var err error
		if frame, err = diameter.SetAVP(frame, path, value); err != nil {
			s.t.Fatal(err)
		}
	}
	return frame
}

func (s *foreignStage) answer(at time.Time, asked capture.Frame, avps string) {
	s.t.Helper()
	frame := append([]byte(nil), asked.Octets[:20]...)
	frame[4] &^= 0x90
	frame = s.edited(frame, "Origin-Host=ocs.example Origin-Realm=example CC-Request-Type="+
		value(asked.Octets, "CC-Request-Type")+" CC-Request-Number="+
		value(asked.Octets, "CC-Request-Number")+" Auth-Application-Id=4 "+avps)
	s.add(capture.Frame{At: at, From: asked.To, To: asked.From, Octets: frame})
}

func value(frame []byte, path string) string {
	if found := diameter.Attributes(frame).Lookup(path); len(found) > 0 {
		return found[0]
	}
	return "1"
}

const (
	served = "Result-Code=2001 Multiple-Services-Credit-Control.Rating-Group=100 " +
		"Multiple-Services-Credit-Control.Result-Code=2001 "
	granted = served + "Multiple-Services-Credit-Control.Granted-Service-Unit.CC-Time=120 "
	lasting = "Multiple-Services-Credit-Control.Validity-Time=600 "
	costs   = "Cost-Information.Currency-Code=756 Cost-Information.Unit-Value.Exponent=-1 " +
		"Cost-Information.Unit-Value.Value-Digits="
)

// What other servers answer is had by as few rules as may be, and what is left out is told.
func TestForeignCaptures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		claim, script string
		rules         int
		lines         []string // that the conversation has
		none          []string
	}{
		{
			"a plan gives what was granted without Validity-Time", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + granted + `
			120 > update s1 rg=100 used=120s want
			120.1 < ` + granted + `
			240 > termination s1 rg=100 used=120s
			240.1 < ` + served,
			0,
			[]string{"quota: {default: 120s}", "validity: none", "+ 120s", "used=120s want"},
			[]string{"scenarios:"},
		},
		{
			"a session that began before the capture is served", `
			0 > update s1 15550100 number=7 rg=100 used=60s want
			0.1 < ` + granted + `
			60 > termination s1 rg=100 used=60s
			60.1 < ` + served,
			0,
			[]string{"unknown_session: rate", "> update s1 15550100 number=7 "},
			nil,
		},
		{
			"money of no currency is granted and told", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + served + `Multiple-Services-Credit-Control.Granted-Service-Unit.CC-Money` +
				`.Unit-Value.Value-Digits=7 Cost-Information.Unit-Value.Value-Digits=0
			60 > termination s1 rg=100 used=2.00 XXX
			60.1 < ` + served + `Cost-Information.Unit-Value.Value-Digits=7`,
			2,
			[]string{"grant=7.00XXX", "cost=0.00XXX", "used=2.00XXX"},
			nil,
		},
		{
			"an answer is missing, and the retransmission gets one", `
			0 > initial s1 15550100 rg=100 want
			0 -
			12 > retransmit s1
			12.1 < ` + granted,
			1,
			[]string{"< none", "+ 12s", "> retransmit s1", "drop: answer"},
			nil,
		},
		{
			"a late answer crosses what the retransmission got", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + granted + `
			10 > update s1 rg=100 used=60s want
			20 > retransmit s1 conn=b
			20.1 <! ` + strings.ReplaceAll(granted, "=120", "=240") + `
			23 < ` + strings.ReplaceAll(granted, "=120", "=240") + `
			30 > termination s1
			30.1 < ` + served,
			-1,
			[]string{"< none", "> retransmit s1  # packet 4", "drop: answer"},
			nil,
		},
		{
			"AVPs of vendors are had by a rule, and known by the seed", `
			0 > initial s1 15550100 rg=100 want avp:99999:7/M=0x00000005 avp:88888:1=tier
			0.1 < ` + granted + ` 99999:8=gold
			1 > termination s1
			1.1 < Result-Code=2001 99999:8=gold`,
			2,
			[]string{
				"avp:Vendor-99999-7=5", "avp:Vendor-88888-1=tier", "type: Unsigned32",
				"expect-avp:Vendor-99999-8=gold",
			},
			nil,
		},
		{
			"what is the same for all requests of a type is one rule", `
			0 > event e1 15550100 rg=100 action=debit want=1event
			0.1 < Result-Code=4012
			1 > event e2 15550100 rg=100 action=debit want=1event
			1.1 < Result-Code=4012
			2 > event e3 15550100 rg=100 action=debit want=1event
			2.1 < Result-Code=4012`,
			1,
			[]string{"result: 4012"},
			[]string{"number:"},
		},
		{
			"what is the same for all subscribers is one rule", `
			0 > event e1 15550100 rg=100 action=debit want=1event
			0.1 < Result-Code=4012
			1 > event e2 15550101 rg=100 action=debit want=1event
			1.1 < Result-Code=4012
			2 > event e3 15550102 rg=100 action=debit want=1event
			2.1 < Result-Code=4012`,
			1,
			[]string{"name: all-as-captured", "result: 4012"},
			[]string{"subscriber: ", "number:"},
		},
		{
			"a subscriber nobody knows has no account", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + granted + `
			1 > initial s2 15550199 rg=100 want
			1.1 < Result-Code=5030`,
			0,
			[]string{`- id: "15550100"`, "< 5030"},
			[]string{`- id: "15550199"`},
		},
		{
			"what a relay sent on is seen once", `
			0 > initial s1 15550100 rg=100 want
			0.01 >> Route-Record=relay.example
			0.1 < ` + granted,
			0,
			[]string{"# packet 1", "# packet 3"},
			[]string{"# packet 2"},
		},
		{
			"answers that came out of order stand in the order of requests", `
			0 > initial s1 15550100 rg=100 want
			0.1 > initial s2 15550100 rg=100 want
			0.2 <! Result-Code=2001
			0.3 < ` + granted,
			1,
			[]string{"> initial s2"},
			[]string{"+ "},
		},
		{
			"a session that went on is not ended by supervision", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + granted + ` Multiple-Services-Credit-Control.Validity-Time=130
			9000 > update s1 rg=100 used=120s want
			9000.1 < ` + granted + ` Multiple-Services-Credit-Control.Validity-Time=130`,
			0,
			[]string{"validity: 130s", "+ 259s"},
			[]string{"+ 9000s"},
		},
		{
			"a late answer is late again", `
			0 > initial s1 15550100 rg=100 want
			1.2 < ` + granted,
			1,
			[]string{"delay: 1.2s"},
			nil,
		},
		{
			"a malformed request stays so", `
			0 > initial s1 15550100 rg=100 want raw:000001c8400000ff
			0.1 < Result-Code=5014 Failed-AVP=0x000001c840000008
			1 > initial s2 15550100 rg=100 want avp:CC-Request-Type=hex:01
			1.1 < Result-Code=5014 Failed-AVP=0x000001a04000000900000000`,
			-1,
			[]string{"raw:000001c8400000ff", "avp:CC-Request-Type=hex:01"},
			nil,
		},
		{
			"an event's time is as far from now as it was", `
			0 > initial s1 15550100 rg=100 want avp:Event-Timestamp=2024-05-01T11:00:00Z
			0.1 < ` + granted + `
			1 > termination s1 avp:Event-Timestamp=2024-05-01T12:00:01Z
			1.1 < Result-Code=2001`,
			0,
			[]string{"avp:Event-Timestamp=now-3600s", "avp:Event-Timestamp=now "},
			nil,
		},
		{
			"a result of a vendor's stands in Experimental-Result", `
			0 > initial s1 15550100 rg=100 want
			0.1 < Experimental-Result.Vendor-Id=10415 ` +
				`Experimental-Result.Experimental-Result-Code=5030`,
			-1,
			[]string{"< 5030"},
			nil,
		},
		{
			"money tells the price, and what the account holds", `
			0 > initial s1 15550100 rg=100 want
			0.1 < ` + granted + lasting + costs + `0
			60 > update s1 rg=100 used=60s want
			60.1 < ` + granted + lasting + costs + `2
			120 > termination s1 rg=100 used=30s
			120.1 < ` + served + costs + `3`,
			0,
			[]string{"currency: CHF", "per: 30s, price: 0.10 CHF"},
			nil,
		},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			got, err := recording.Import(t.Context(), foreign(t, test.script), recording.Options{
				Name: "foreign", Rehearse: ocssim.Rehearse,
			})
			if err != nil {
				t.Fatal(err)
			}
			text := string(got.Text)
			if len(got.Unproved) > 0 {
				t.Errorf("not as captured: %+v", got.Unproved)
			}
			if test.rules >= 0 && got.Rules != test.rules {
				t.Errorf("%d rules, want %d", got.Rules, test.rules)
			}
			for _, want := range test.lines {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q", want)
				}
			}
			for _, none := range test.none {
				if strings.Contains(text, none) {
					t.Errorf("there is %q", none)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

// A request of which the order of AVPs is the fault does not go out so, and nobody is told that it
// does.
func TestSessionIdBehindIsUnproved(t *testing.T) {
	t.Parallel()
	frames := foreign(t, `
		0 > initial s1 15550100 rg=100 want
		0.1 < `+granted)
	octets := frames[0].Octets
	length := (int(octets[25])<<16 | int(octets[26])<<8 | int(octets[27]) + 3) &^ 3
	frames[0].Octets = append(append(append([]byte(nil), octets[:20]...), octets[20+length:]...),
		octets[20:20+length]...)
	got, err := recording.Import(t.Context(), frames, recording.Options{
		Name: "foreign", Rehearse: ocssim.Rehearse,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Unproved) != 1 || got.Unproved[0].Packet != 1 ||
		!strings.Contains(got.Unproved[0].Why, "Session-Id first") {
		t.Errorf("not as captured: %+v, want that Session-Id goes out first", got.Unproved)
	}
}

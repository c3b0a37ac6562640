package conversation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

func parse(t *testing.T, lines ...string) *conversation.Conversation {
	t.Helper()
	c, err := conversation.Parse("test.conv", []byte("plans: {}\n---\n"+strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func request(t *testing.T, lines ...string) charging.Request {
	t.Helper()
	c := parse(t, lines...)
	return c.Steps[len(c.Steps)-1].Send.Request
}

func TestParseKeepsTheSeedWithItsLineNumbers(t *testing.T) {
	t.Parallel()
	c, err := conversation.Parse("a.conv", []byte("# story\n---\nplans: {}\n---\n\n> update s1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(c.Seed), "# story\n---\nplans: {}\n"; got != want {
		t.Errorf("Seed = %q, want %q", got, want)
	}
	if len(c.Steps) != 1 || c.Steps[0].Line != 6 {
		t.Errorf("Steps = %+v, want one on line 6", c.Steps)
	}
}

func TestParseReadsRequests(t *testing.T) {
	t.Parallel()
	seconds := func(n int64) charging.Quantity {
		return charging.Quantity{Amount: n, Unit: charging.Time}
	}
	group := func(n int64) charging.ServiceKey { return charging.ServiceKey{Group: charging.Known(n)} }
	tests := []struct {
		claim string
		lines []string
		want  charging.Request
	}{
		{
			"the example of the format",
			[]string{"> initial s1 15550100 rg=100 n=3 want"},
			charging.Request{
				Key:  charging.Key{Session: charging.SessionID{ID: "s1"}},
				Type: charging.Initial, Context: conversation.DefaultContext, EndToEnd: 1,
				Subscribers: []charging.Identity{{Type: charging.E164, Data: "15550100"}},
				Services:    []charging.Service{{Key: group(100), Asked: true}},
				Information: charging.Information{Participants: charging.Known(3)},
				Multiple:    charging.Known(1),
			},
		},
		{"numbers and subscribers carry on", []string{
			"> initial s1 sip:a@b rg=1 want", "< 2001",
			"> update s1 rg=1 used=60s/before used=30s/after want=300s reason=change " +
				"trigger=participants,40",
		}, charging.Request{
			Key:  charging.Key{Session: charging.SessionID{ID: "s1"}, Number: 1},
			Type: charging.Update, Context: conversation.DefaultContext, EndToEnd: 2,
			Subscribers: []charging.Identity{{Type: charging.SIP, Data: "sip:a@b"}},
			Services: []charging.Service{{
				Key: charging.ServiceKey{Group: charging.Known(1)}, Asked: true,
				Requested: []charging.Quantity{seconds(300)},
				Used: []charging.Usage{
					{Units: []charging.Quantity{seconds(60)}, Tariff: charging.Known(0)},
					{Units: []charging.Quantity{seconds(30)}, Tariff: charging.Known(1)},
				},
				Reason: charging.Known(6), Triggers: []uint32{50, 40},
			}},
		}},
		{
			"services without a rating group",
			[]string{"> initial s1 mscc want=1000000B mscc used=5s+1kB/in"},
			charging.Request{
				Key:  charging.Key{Session: charging.SessionID{ID: "s1"}},
				Type: charging.Initial, Context: conversation.DefaultContext, EndToEnd: 1,
				Services: []charging.Service{
					{
						Asked:     true,
						Requested: []charging.Quantity{{Amount: 1_000_000, Unit: charging.Total}},
					},
					{Used: []charging.Usage{{Units: []charging.Quantity{
						seconds(5), {Amount: 1000, Unit: charging.Input},
					}}}},
				},
				Multiple: charging.Known(1),
			},
		},
		{
			"service identifiers are a set and begin a service of their own",
			[]string{"> update s1 number=7 rg=1 si=9,3,9 si=4 want=3 events"},
			charging.Request{
				Key:  charging.Key{Session: charging.SessionID{ID: "s1"}, Number: 7},
				Type: charging.Update, Context: conversation.DefaultContext, EndToEnd: 1,
				Services: []charging.Service{
					{Key: charging.ServiceKey{Group: charging.Known(1), IDs: []uint32{3, 9}}},
					{
						Key: charging.ServiceKey{IDs: []uint32{4}}, Asked: true,
						Requested: []charging.Quantity{{Amount: 3, Unit: charging.Events}},
					},
				},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, request(t, test.lines...)); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNumbersRequests(t *testing.T) {
	t.Parallel()
	c := parse(
		t,
		"> initial s1",
		"> update s1",
		"> update s1 number=9",
		"> update s1 number=5",
		"> update s1",
		"> retransmit s1",
		"> update s1 retransmit",
		"> termination s1",
		"> initial s1",
		"> initial s2",
		"> update s1 sub=2",
		"> repeat s2",
	)
	want := []uint32{0, 1, 9, 5, 10, 10, 10, 11, 0, 0, 0, 0}
	marked := []bool{5: true, 6: true, 11: false}
	for i, step := range c.Steps {
		if got := step.Send.Request.Key.Number; got != want[i] {
			t.Errorf("%q has number %d, want %d", step.Text, got, want[i])
		}
		if got := step.Send.Request.Retransmitted; got != marked[i] {
			t.Errorf("%q has the T flag %t, want %t", step.Text, got, marked[i])
		}
	}
	if a, b := c.Steps[4].Send.Request.EndToEnd, c.Steps[6].Send.Request.EndToEnd; a != b {
		t.Errorf("a retransmission has End-to-End-Id %d, want %d", b, a)
	}
}

func TestParseTellsEveryFaultWithItsPlace(t *testing.T) {
	t.Parallel()
	_, err := conversation.Parse("bad.conv", []byte(strings.Join([]string{
		"plans: {}", "---", "> initial s1 rg=x wnat", "oops", "< 2001", "< 2001", "+ soon",
		"= alice 10.00 EUR reserved 3s", "! give alice 1.00 EUR", "> start s1",
		"> update s1 used=1h/sometime",
		"< 2001 grant=300s",
		"* reauthorize s9 rg=100", "* abort s1 rg=100", "* reauthorize s1 rg=many", "* shout s1", "*",
		"< rar s1 answer=soon", "< asr", "* told s1 followed number=x", "< rar s1 avp:User-Name=x",
	}, "\n")))
	var known *charging.Error
	if !errors.As(err, &known) || known.Kind != charging.KindInvalidDocument {
		t.Fatalf("Parse = %v, want a *charging.Error of kind %s", err, charging.KindInvalidDocument)
	}
	want := []string{
		"bad.conv:3:14: rg=x", "bad.conv:3:19: unknown word \"wnat\"", "bad.conv:4:1: a line begins with",
		"bad.conv:6:1: there is no request", "bad.conv:7:3: ", "bad.conv:8:28: 3s is not in EUR",
		"bad.conv:9:1: ! takes credit or debit with", "bad.conv:10:3: unknown request",
		"bad.conv:11:13: used=1h/sometime",
		"bad.conv:12:8: grant=300s: this is about a service",
		"bad.conv:13:15: no request of session", "bad.conv:14:12: unknown word \"rg=100\"",
		"bad.conv:15:18: rg=many", "bad.conv:16:1: * takes reauthorize", "bad.conv:17:1: * takes",
		"bad.conv:18:10: answer=soon", "bad.conv:19:1: < asr takes a session",
		"bad.conv:20:20: number=x", "bad.conv:21:10: a request of the server takes expect-avp:",
	}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want) || len(known.Faults) != len(want) {
		t.Fatalf("Parse tells %d faults, want %d:\n%v", len(got), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("fault %d = %q, want it to begin with %q", i, got[i], want[i])
		}
	}
}

func TestWireWordsMakeAFileWireOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"> initial s1 rg=1 want":           false,
		"> initial s1 avp:User-Name=x":     true,
		"> initial s1 flags: -P":           true,
		"> initial s1 raw:00ff":            true,
		"> initial s1 conn=b":              true,
		"> initial s1\n< any expect-avp:A": true,
	}
	for text, want := range tests {
		if got := parse(t, text).WireOnly(); got != want {
			t.Errorf("WireOnly of %q = %t, want %t", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("plans: {}\n---\n> initial s1 15550100 rg=100 n=3 want\n< 2001 rg=100 2001 grant=300s\n")
	f.Add(
		"> i s1 +1 si=1,2 used=1s+2B/in/before \"\n> retransmit s1 conn=b\n< 5xxx failed=X absent\n",
	)
	f.Add("= alice/main 10.00 EUR reserved 0.35 available -9.65\n+ 1h\n! debit alice 5.00 EUR\n")
	f.Add("> e e1 avp:X=1\n< 2001 mscc absent cost=0.1\n! clock 2035-03-05T09:00:00Z\n! needs x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := conversation.Parse("fuzz.conv", []byte(text))
		var known *charging.Error
		if err != nil && !errors.As(err, &known) {
			t.Fatalf("Parse = %v, want a *charging.Error", err)
		}
		for _, step := range c.Steps {
			if step.Send != nil {
				_ = conversation.RequestWords(&step.Send.Request)
			}
		}
	})
}

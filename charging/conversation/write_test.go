package conversation_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// parsed reads written lines.
func parsed(
	t interface{ Fatalf(string, ...any) }, w *conversation.Writer,
) *conversation.Conversation {
	text := strings.Join(w.Lines(), "\n") + "\n"
	c, err := conversation.Parse("written.conv", []byte(text))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return c
}

func TestEveryRequestIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../testdata/*.conv")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob found %d conversations (%v), want some", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := conversation.Parse(filepath.Base(name), text)
		if err != nil {
			t.Fatal(err)
		}
		w := conversation.NewWriter()
		elsewhere := cmpopts.IgnoreFields(conversation.Word{}, "Column")
		var want []*conversation.Send
		for _, step := range c.Steps {
			if step.Send == nil {
				continue
			}
			want = append(want, step.Send)
			if _, err := w.Send(&step.Send.Request, step.Send.Connection); err != nil {
				t.Fatalf("%s:%d: %v", c.Name, step.Line, err)
			}
			w.Wire(step.Send.Wire...)
		}
		for i, step := range parsed(t, w).Steps {
			got := *step.Send
			// A written line says what Refund-Information was taken for last, and counts its own
			// identifiers.
			got.Request.EndToEnd, got.RefundLast = want[i].Request.EndToEnd, want[i].RefundLast
			if diff := cmp.Diff(want[i], &got, elsewhere); diff != "" {
				t.Errorf("%s: %q is read otherwise (-written +read):\n%s",
					c.Name, w.Lines()[i], diff)
			}
		}
	}
}

func someNumber(t *rapid.T, name string, most int64) charging.Number {
	if rapid.Bool().Draw(t, name+" known") {
		return charging.Known(rapid.Int64Range(0, most).Draw(t, name))
	}
	return charging.Number{}
}

func someUnits(t *rapid.T, least int) (units []charging.Quantity) {
	kinds := []charging.Unit{
		charging.Time, charging.Total, charging.Input, charging.Output, charging.Events, "EUR", "JPY",
	}
	for _, unit := range rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), least, 3,
		rapid.ID[charging.Unit]).Draw(t, "units") {
		units = append(units, unit.Of(rapid.Int64Range(0, 1<<32-1).Draw(t, "amount")))
	}
	return units
}

func someText(t *rapid.T, name string) string {
	return rapid.StringMatching(`[a-z0-9 #:@./=*+-]{0,12}`).Draw(t, name)
}

func someService(t *rapid.T) (s charging.Service) {
	s.Key.Group = someNumber(t, "rg", 1<<32-1)
	if rapid.Bool().Draw(t, "identified") {
		s.Key.IDs = rapid.SliceOfNDistinct(rapid.Uint32(), 1, 3, rapid.ID[uint32]).Draw(t, "si")
		slices.Sort(s.Key.IDs)
	}
	if s.Asked = rapid.Bool().Draw(t, "asked"); s.Asked {
		s.Requested = someUnits(t, 0)
	}
	for range rapid.IntRange(0, 2).Draw(t, "reports") {
		s.Used = append(s.Used, charging.Usage{
			Units:  someUnits(t, 1),
			Reason: someNumber(t, "reason of usage", 1<<20), Tariff: someNumber(t, "side", 2),
		})
	}
	s.Reason = someNumber(t, "reason", 12)
	if rapid.Bool().Draw(t, "triggered") {
		// Not those that explain by themselves why usage is reported.
		s.Triggers = []uint32{rapid.SampledFrom([]uint32{1, 7, 99}).Draw(t, "trigger")}
	}
	return s
}

func someRequest(t *rapid.T) *charging.Request {
	types := []charging.RequestType{charging.Initial, charging.Event}
	r := &charging.Request{
		Type:    rapid.SampledFrom(types).Draw(t, "type"),
		Context: "32251@3gpp.org", Retransmitted: rapid.Bool().Draw(t, "T"),
		Cause: rapid.Uint32Max(20).Draw(t, "cause"),
	}
	r.Key.Session.ID = rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "session")
	r.Key.Session.Sub = rapid.Uint64Max(2).Draw(t, "sub")
	r.Key.Number = rapid.Uint32Max(5).Draw(t, "number")
	r.Origin = charging.Origin{Host: someText(t, "host"), Realm: someText(t, "realm")}
	for range rapid.IntRange(0, 2).Draw(t, "services") {
		r.Services = append(r.Services, someService(t))
	}
	r.Action = rapid.SampledFrom([]charging.Action{0, 1, 2, 3, 4}).Draw(t, "action")
	i := &r.Information
	i.Participants, i.Size = someNumber(t, "n", 9), someNumber(t, "size", 1<<32-1)
	i.ServiceType, i.Role = someNumber(t, "ast", 200), someNumber(t, "role", 3)
	i.Counters.Sent, i.Members = someNumber(t, "sent", 9), someNumber(t, "members", 9)
	i.Destination, i.Method = someText(t, "to"), someText(t, "method")
	if i.MediaKnown = rapid.Bool().Draw(t, "media"); i.MediaKnown {
		i.Media = rapid.SampledFrom([][]string{nil, {"audio"}, {"audio", "message"}}).Draw(t, "media")
	}
	return r
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := conversation.NewWriter()
		var want []*charging.Request
		for range rapid.IntRange(1, 4).Draw(t, "requests") {
			r := someRequest(t)
			if _, err := w.Send(r, ""); err != nil {
				t.Fatal(err)
			}
			want = append(want, r)
		}
		for i, step := range parsed(t, w).Steps {
			got := step.Send.Request
			got.EndToEnd, got.Multiple, got.Vendor3GPP = 0, charging.Number{}, false
			// A host that is not named stays that of the request before.
			if want[i].Origin == (charging.Origin{}) {
				got.Origin = charging.Origin{}
			}
			if diff := cmp.Diff(want[i], &got); diff != "" {
				t.Fatalf("%q is read otherwise (-written +read):\n%s", w.Lines()[i], diff)
			}
		}
	})
}

// someAnswer draws what is said of one service, and of the command.
func someAnswer(t *rapid.T) *charging.Answer {
	a := &charging.Answer{Result: charging.Result(rapid.Uint32Range(1000, 9999).Draw(t, "result"))}
	final := &charging.FinalUnit{
		Action:  charging.RestrictAccess,
		Filters: []string{"permit in ip from any to 192.0.2.1"}, Names: []string{"top-up"},
		Redirect: "",
	}
	for range rapid.IntRange(0, 2).Draw(t, "services") {
		asked := someService(t)
		s := charging.ServiceAnswer{
			Key: asked.Key, Result: charging.Success, Granted: someUnits(t, 0),
			ValidFor:    time.Duration(rapid.Int64Range(0, 9).Draw(t, "validity")) * time.Second,
			HoldingTime: someNumber(t, "holding", 600), Triggers: asked.Triggers,
		}
		s.Final = rapid.SampledFrom([]*charging.FinalUnit{
			nil, {}, {Action: charging.Redirect, Redirect: "http://top.up/#a b"}, final,
		}).Draw(t, "final")
		if rapid.Bool().Draw(t, "threshold") {
			s.Threshold = charging.Time.Of(30)
		}
		if rapid.Bool().Draw(t, "announced") {
			s.Announcements = []charging.Announcement{{ID: 7, Parts: []charging.AnnouncementPart{
				{Type: 4, Value: "EUR 0.00"},
			}}}
		}
		a.Services = append(a.Services, s)
	}
	if rapid.Bool().Draw(t, "cost") {
		a.Cost, a.Unit = charging.Unit("EUR").Of(rapid.Int64Range(0, 1<<40).Draw(t, "cost")), "per minute"
	}
	return a
}

func TestAnAnswerIsExpectedAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := someAnswer(t), someAnswer(t)
		w := conversation.NewWriter()
		if err := w.Line("> event e1 15550100 want"); err != nil {
			t.Fatal(err)
		}
		if err := w.Answer(one); err != nil {
			t.Fatal(err)
		}
		expect := parsed(t, w).Steps[1].Expect
		if misses := expect.Misses(one, nil); len(misses) > 0 {
			t.Fatalf("%q is not met by the answer it was made of: %q", w.Lines()[1], misses)
		}
		if one.Result != other.Result && len(expect.Misses(other, nil)) == 0 {
			t.Fatalf("%q is met by %s, too", w.Lines()[1], conversation.Words(other))
		}
	})
}

func TestNoAnswerIsExpected(t *testing.T) {
	t.Parallel()
	const text = "> event e1 15550100 want\n< none\n"
	c, err := conversation.Parse("none.conv", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, answered := range []bool{false, true} {
		charger := func(_ *charging.Request, reply func(*charging.Answer)) {
			if answered {
				reply(&charging.Answer{Result: charging.Success})
			}
		}
		door := conversation.Door{Charger: chargerFunc(charger)}
		report, err := c.Play(t.Context(), door, conversation.Options{Silence: time.Millisecond * 200})
		if err != nil {
			t.Fatal(err)
		}
		if missed := len(report.Misses()) > 0; missed != answered {
			t.Errorf("answered %t: misses %q", answered, report.Misses())
		}
	}
	if _, err := conversation.Parse("none.conv", []byte("> event e1\n< none 2001\n")); err == nil {
		t.Error("an answer that is none and has a result is no fault")
	}
}

type chargerFunc func(*charging.Request, func(*charging.Answer))

func (f chargerFunc) Charge(
	_ context.Context, r *charging.Request, reply func(*charging.Answer),
) {
	f(r, reply)
}

package diameter

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
)

var testOptions = ClientOptions{
	OriginHost: "im.example.net", OriginRealm: "example.net", DestinationRealm: "example.net",
}

func TestARequestSurvivesTheWire(t *testing.T) {
	t.Parallel()
	d := newDecoder(SharedDictionary(), testSelf)
	rapid.Check(t, func(t *rapid.T) {
		want := drawRequest(t)
		got, _ := d.decode(AppendRequest(nil, want, testOptions), testTime)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("a request came through the wire changed (-want +got):\n%s", diff)
		}
	})
}

func TestAnAnswerSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawAnswer(t)
		frame := appendAnswer(nil, want, header{flags: flagProxiable, command: 272}, nil, testSelf)
		got, err := ParseAnswer(frame)
		if err != nil {
			t.Fatalf("ParseAnswer: %v", err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("an answer came through the wire changed (-want +got):\n%s", diff)
		}
	})
}

func drawRequest(t *rapid.T) *charging.Request {
	r := &charging.Request{
		Key:           drawKey(t),
		Type:          charging.RequestType(rapid.IntRange(1, 4).Draw(t, "type")),
		Origin:        charging.Origin{Host: drawWord(t, "host"), Realm: drawWord(t, "realm")},
		EndToEnd:      rapid.Uint32().Draw(t, "end to end"),
		Retransmitted: rapid.Bool().Draw(t, "T"),
		Context:       drawWord(t, "context"),
		Subscribers:   drawSubscribers(t),
		Services:      rapid.SliceOfN(rapid.Custom(drawService), 0, 3).Draw(t, "services"),
		Information:   drawInformation(t),
		Triggers:      drawTriggers(t),
		EventTime:     drawTime(t),
		Multiple:      charging.Known(rapid.Int64Range(0, 1).Draw(t, "MSI")),
		Refund:        drawRefund(t),
		At:            testTime,
	}
	switch r.Type {
	case charging.Event:
		r.Action = charging.Action(rapid.IntRange(1, 4).Draw(t, "action"))
	case charging.Termination:
		r.Cause = rapid.Uint32Range(1, 8).Draw(t, "cause")
	}
	r.Vendor3GPP = true
	return r
}

func drawKey(t *rapid.T) charging.Key {
	return charging.Key{
		Session: charging.SessionID{
			ID: drawWord(
				t,
				"session",
			), Sub: rapid.SampledFrom([]uint64{0, 1, 1 << 63}).Draw(t, "sub"),
		},
		Number: rapid.Uint32().Draw(t, "number"),
	}
}

func drawWord(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-z0-9.;:@/ü-]{1,20}`).Draw(t, label)
}

func drawSubscribers(t *rapid.T) []charging.Identity {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) charging.Identity {
		return charging.Identity{
			Type: charging.IdentityType(rapid.IntRange(0, 4).Draw(t, "identity type")),
			Data: drawWord(t, "identity"),
		}
	}), 0, 3, rapid.ID).Draw(t, "subscribers")
}

func drawNumber(t *rapid.T, label string, limit int64) charging.Number {
	if !rapid.Bool().Draw(t, label+" known") {
		return charging.Number{}
	}
	return charging.Known(rapid.Int64Range(0, limit).Draw(t, label))
}

func drawTime(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "no time") {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(0, lastInstant).Draw(t, "time"), 0).UTC()
}

func drawTriggers(t *rapid.T) []uint32 {
	return rapid.SliceOfN(rapid.Uint32Range(0, 100), 0, 3).Draw(t, "triggers")
}

func drawRefund(t *rapid.T) []byte {
	if rapid.Bool().Draw(t, "no refund") {
		return nil
	}
	return rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "refund")
}

func drawUnits(t *rapid.T) []charging.Quantity {
	units := []charging.Unit{
		charging.Time, charging.Total, charging.Input, charging.Output, charging.Events, "EUR",
	}
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(units), 0, 4, rapid.ID).Draw(t, "units")
	var quantities []charging.Quantity
	for _, unit := range chosen {
		limit := int64(1<<63 - 1)
		if unit == charging.Time {
			limit = 1<<32 - 1
		}
		quantities = append(quantities, charging.Quantity{
			Amount: rapid.Int64Range(0, limit).Draw(t, "amount"), Unit: unit,
		})
	}
	return quantities
}

func drawServiceKey(t *rapid.T) charging.ServiceKey {
	ids := rapid.SliceOfNDistinct(rapid.Uint32(), 0, 3, rapid.ID).Draw(t, "ids")
	slices.Sort(ids)
	return charging.ServiceKey{Group: drawNumber(t, "group", 1<<32-1), IDs: ids}
}

func drawService(t *rapid.T) charging.Service {
	s := charging.Service{
		Key:      drawServiceKey(t),
		Asked:    rapid.Bool().Draw(t, "asked"),
		Reason:   drawNumber(t, "reason", 9),
		Triggers: drawTriggers(t),
		Used: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) charging.Usage {
			return charging.Usage{
				Units: drawUnits(
					t,
				), Reason: drawNumber(t, "reason", 9), Tariff: drawNumber(t, "tariff", 2),
			}
		}), 0, 3).Draw(t, "used"),
	}
	if s.Asked {
		s.Requested = drawUnits(t)
	}
	return s
}

func drawInformation(t *rapid.T) charging.Information {
	const word32 = 1<<32 - 1
	i := charging.Information{
		Participants: drawNumber(t, "participants", word32),
		ServiceType:  drawNumber(t, "service type", 200),
		MediaKnown:   rapid.Bool().Draw(t, "media known"),
		Method: rapid.SampledFrom(
			[]string{"", "INVITE", "MESSAGE", "BYE", "UPDATE"},
		).Draw(t, "method"),
		Role: drawNumber(t, "role", 2),
		Size: drawNumber(t, "size", word32),
		Counters: charging.Counters{
			Delivered: drawNumber(
				t, "delivered", word32,
			), DeliveredExploded: drawNumber(t, "exploded", word32),
			Sent: drawNumber(t, "sent", word32), Exploded: drawNumber(t, "all exploded", word32),
		},
		Conference: rapid.SampledFrom([]string{"", "conference-1"}).Draw(t, "conference"),
	}
	if i.MediaKnown {
		names := []string{"application", "audio", "message", "video"}
		i.Media = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 4, rapid.ID).Draw(t, "media")
		slices.Sort(i.Media)
	}
	drawParties(t, &i)
	return i
}

// drawParties draws members and recipients as they can be told: members are the recipients where
// no party is named.
func drawParties(t *rapid.T, i *charging.Information) {
	if n := rapid.Int64Range(0, 5).Draw(t, "members"); n > 0 {
		i.Members = charging.Known(n)
	}
	i.Recipients = i.Members
	if n := rapid.Int64Range(0, 5).Draw(t, "recipients"); n > 0 {
		i.Recipients = charging.Known(n)
		i.Destination = rapid.SampledFrom([]string{"", "sip:bob@example.com"}).
			Draw(t, "destination")
	}
}

func drawAnswer(t *rapid.T) *charging.Answer {
	return &charging.Answer{
		Key:  drawKey(t),
		Type: charging.RequestType(rapid.IntRange(1, 4).Draw(t, "type")),
		Result: charging.Result(
			rapid.SampledFrom([]uint32{2001, 4012, 5030, 5031}).Draw(t, "result"),
		),
		Services: rapid.SliceOfN(rapid.Custom(drawServiceAnswer), 0, 3).Draw(t, "services"),
		Cost:     drawMoney(t, "cost"),
		Balance:  drawMoney(t, "balance"),
		LowOnes:  drawNumber(t, "low", 1),
		Enough:   drawNumber(t, "enough", 1),
		Refund:   drawRefund(t),
		Failed: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) charging.FailedAVP {
			raw := number(avpRatingGroup, rapid.Uint32().Draw(t, "failed"))
			return charging.FailedAVP{Path: "Rating-Group", Raw: raw}
		}), 0, 2).Draw(t, "failed"),
		Message: rapid.SampledFrom([]string{"", "no such account"}).Draw(t, "message"),
	}
}

func drawMoney(t *rapid.T, label string) charging.Quantity {
	if rapid.Bool().Draw(t, "no "+label) {
		return charging.Quantity{}
	}
	unit := rapid.SampledFrom([]charging.Unit{"EUR", "JPY", "KWD"}).Draw(t, "currency")
	return charging.Quantity{Amount: rapid.Int64().Draw(t, label), Unit: unit}
}

func drawServiceAnswer(t *rapid.T) charging.ServiceAnswer {
	s := charging.ServiceAnswer{
		Key:         drawServiceKey(t),
		Result:      charging.Result(rapid.SampledFrom([]uint32{0, 2001, 4012}).Draw(t, "result")),
		Granted:     drawUnits(t),
		ValidFor:    time.Duration(rapid.Int64Range(0, 1<<32-1).Draw(t, "valid for")) * time.Second,
		HoldingTime: drawNumber(t, "holding time", 1<<32-1),
		Triggers:    drawTriggers(t),
	}
	if len(s.Granted) > 0 {
		s.TariffChange = drawTime(t)
	}
	if rapid.Bool().Draw(t, "final") {
		s.Final = rapid.SampledFrom([]*charging.FinalUnit{
			{Action: charging.Terminate},
			{Action: charging.Redirect, Redirect: "sip:top-up@example.net"},
			{
				Action:  charging.RestrictAccess,
				Filters: []string{"permit in ip from any to any"},
				Names:   []string{"f1", "f2"},
			},
		}).Draw(t, "final unit")
	}
	if rapid.Bool().Draw(t, "threshold") {
		s.Threshold = charging.Quantity{
			Amount: rapid.Int64Range(0, 1<<32-1).Draw(t, "threshold amount"),
			Unit: rapid.SampledFrom([]charging.Unit{
				charging.Time, charging.Total, charging.Events,
			}).Draw(t, "threshold unit"),
		}
	}
	return s
}

// lastInstant is the last one of the era that Time reaches, in 2104.
const lastInstant = 1<<32 + 1<<31 - 1 - secondsTo1970

package resource_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestEveryWordOfARequestComesBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	want := &charging.Request{
		Key:      charging.Key{Session: charging.SessionID{ID: "a;1", Sub: 3}, Number: 4},
		Type:     charging.Event,
		Action:   charging.RefundAccount,
		Origin:   charging.Origin{Host: "im.example.com", Realm: "example.com"},
		EndToEnd: 77,
		Context:  "6.32260@3gpp.org",
		Subscribers: []charging.Identity{{Type: charging.IMSI, Data: "001"}, {
			Type: charging.SIP,
			Data: "sip:a@b",
		}},
		Services: []charging.Service{{
			Key:   charging.ServiceKey{Group: charging.Known(100), IDs: []uint32{1, 2}},
			Asked: true,
			Requested: []charging.Quantity{
				{Amount: 300, Unit: charging.Time}, {Amount: 1_500_000, Unit: "EUR"},
			},
			Used: []charging.Usage{
				{
					Units:  []charging.Quantity{{Amount: 9, Unit: charging.Input}},
					Reason: charging.Known(3), Tariff: charging.Known(1),
				},
				{
					Units:  []charging.Quantity{{Amount: 0, Unit: charging.Output}},
					Tariff: charging.Known(9),
				},
			},
			Reason: charging.Known(4), Triggers: []uint32{50, 12},
		}, {Key: charging.ServiceKey{IDs: []uint32{7}}, Asked: true}},
		Information: charging.Information{
			Participants: charging.Known(3), Members: charging.Known(2),
			ServiceType: charging.Known(105),
			MediaKnown:  true, Media: []string{
				"audio",
				"message",
			}, Method: "INVITE", Role: charging.Known(1),
			Destination: "sip:b@c", Recipients: charging.Known(9),
			Size: charging.Known(1300), Conference: "c1",
			Counters: charging.Counters{Delivered: charging.Known(1), Exploded: charging.Known(0)},
		},
		Triggers: []uint32{40}, EventTime: at, Cause: 4, Refund: []byte{1, 2, 255},
		Retransmitted: true, Multiple: charging.Known(1),
	}
	body, err := json.Marshal(resource.WriteCharge(want))
	if err != nil {
		t.Fatal(err)
	}
	var back resource.Charge
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	got, faults := back.Request()
	if len(faults) > 0 {
		t.Fatalf("faults %v in %s", faults, body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s\n%s", diff, body)
	}
}

func TestEveryWordOfAnAnswerComesBack(t *testing.T) {
	t.Parallel()
	euros := func(amount int64) charging.Quantity {
		return charging.Quantity{
			Amount: amount,
			Unit:   "EUR",
		}
	}
	want := &charging.Answer{
		Key: charging.Key{
			Session: charging.SessionID{ID: "a;1", Sub: 3},
			Number:  4,
		}, Type: charging.Update,
		Result: charging.Success,
		Services: []charging.ServiceAnswer{{
			Key:    charging.ServiceKey{Group: charging.Known(0), IDs: []uint32{1}},
			Result: 4012, Granted: []charging.Quantity{{Amount: 240, Unit: charging.Time}},
			ValidFor: time.Hour, Final: &charging.FinalUnit{
				Action:   charging.Redirect,
				Redirect: "sip:x@y",
			},
			Threshold: charging.Quantity{
				Amount: 30,
				Unit:   charging.Time,
			}, HoldingTime: charging.Known(0),
			TariffChange: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Triggers: []uint32{
				40, 50,
				3,
			},
		}, {
			Granted: []charging.Quantity{{Amount: 1, Unit: charging.Input}, {
				Amount: 2,
				Unit:   charging.Output,
			}},
			Final: &charging.FinalUnit{
				Action:  charging.RestrictAccess,
				Filters: []string{"permit in ip from any to any"}, Names: []string{"f"},
			},
		}, {
			Granted: []charging.Quantity{{Amount: 0, Unit: charging.Input}},
			Final:   &charging.FinalUnit{Action: charging.Terminate},
		}},
		Cost: euros(140_001), Balance: euros(-5),
		LowOnes: charging.Known(0), Enough: charging.Known(1),
		Refund: []byte{9}, Failed: []charging.FailedAVP{{
			Path: "Rating-Group", Value: "7",
			Raw: []byte{1},
		}},
		Message: "no", Edits: []charging.Edit{{Op: "set", Path: "Result-Code", Value: "1"}},
		Account: "alice", Before: charging.Funds{
			Money: euros(10), Reserved: 3,
			Usable: 7,
		}, Entry: 12, Repeat: true,
	}
	body, err := json.Marshal(resource.WriteAnswer(want))
	if err != nil {
		t.Fatal(err)
	}
	var back resource.Answer
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	got, err := back.Read()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s\n%s", diff, body)
	}
}

func TestSubscribersAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]resource.Subscribers{
		`"15550100"`:      {{Type: charging.E164, Data: "15550100"}},
		`15550100`:        {{Type: charging.E164, Data: "15550100"}},
		`"+15550100"`:     {{Type: charging.E164, Data: "+15550100"}},
		`"tel:+1555"`:     {{Type: charging.E164, Data: "tel:+1555"}},
		`"sip:a@b"`:       {{Type: charging.SIP, Data: "sip:a@b"}},
		`"a@b"`:           {{Type: charging.NAI, Data: "a@b"}},
		`"alice"`:         {{Type: charging.Private, Data: "alice"}},
		`{"imsi": "001"}`: {{Type: charging.IMSI, Data: "001"}},
		`["1", {"nai": "a@b"}]`: {{Type: charging.E164, Data: "1"}, {
			Type: charging.NAI,
			Data: "a@b",
		}},
	} {
		var got resource.Subscribers
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("subscriber %s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("subscriber %s (-want +got):\n%s", text, diff)
		}
	}
	for _, text := range []string{`""`, `{}`, `{"tel": "1"}`, `true`, `[[true]]`, `-1`} {
		var got resource.Subscribers
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("subscriber %s was read as %v", text, got)
		}
	}
}

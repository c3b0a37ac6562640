package charging_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

func sampleAnswer() *charging.Answer {
	return &charging.Answer{
		Key: charging.Key{
			Session: charging.SessionID{ID: "im.example.com;1;2", Sub: 7},
			Number:  3,
		},
		Type:   charging.Update,
		Result: charging.Success,
		Services: []charging.ServiceAnswer{{
			Key:      charging.ServiceKey{Group: charging.Known(100), IDs: []uint32{1, 2}},
			Result:   charging.Success,
			Granted:  []charging.Quantity{{Amount: 240, Unit: charging.Time}},
			ValidFor: time.Hour,
			Final: &charging.FinalUnit{
				Action:   charging.Redirect,
				Redirect: "sip:topup@example.com",
			},
			Threshold:   charging.Quantity{Amount: 30, Unit: charging.Time},
			HoldingTime: charging.Known(0),
			Triggers:    []uint32{40, 50},
		}},
		Cost:   charging.Quantity{Amount: 140_000, Unit: "EUR"},
		Failed: []charging.FailedAVP{{Path: "Service-Context-Id", Raw: []byte{1, 2}}},
		Edits:  []charging.Edit{{Op: "set", Path: "Result-Code", Value: "4012"}},
	}
}

func sampleSession() *charging.Session {
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	return &charging.Session{
		ID:       charging.SessionID{ID: "im.example.com;1;2"},
		Account:  "alice",
		Origin:   charging.Origin{Host: "im.example.com", Realm: "example.com"},
		Opened:   at,
		Deadline: at.Add(2 * time.Hour),
		Highest:  2,
		Attached: 3,
		Info: charging.Information{
			Participants: charging.Known(3),
			MediaKnown:   true,
			Media:        []string{"audio"},
		},
		Cost: charging.Quantity{Amount: 1, Unit: "EUR"},
		Services: []charging.ServiceState{{
			Key: charging.ServiceKey{Group: charging.Known(100)},
			Conditions: charging.Conditions{
				Plan:    "im",
				Version: 1,
				Rule:    "conference",
				Unit:    charging.Time,
				Price:   70_000,
			},
			Progress: charging.Progress{Rest: 30, Blocks: 140_000, Paid: 140_000, Begun: true},
			Granted:  300, Reservation: 9, Held: charging.Amounts{Money: 350_000},
			LastReport: at,
		}},
	}
}

func TestBinaryFormsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	answer, session := sampleAnswer(), sampleSession()
	form, _ := answer.AppendBinary(nil)
	var answerBack charging.Answer
	if err := answerBack.UnmarshalBinary(form); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*answer, answerBack); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	form, _ = session.AppendBinary(nil)
	var sessionBack charging.Session
	if err := sessionBack.UnmarshalBinary(form); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*session, sessionBack); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
}

func TestACutBinaryFormIsAnError(t *testing.T) {
	t.Parallel()
	form, _ := sampleSession().AppendBinary(nil)
	for cut := range form {
		var back charging.Session
		if err := back.UnmarshalBinary(form[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a session", cut, len(form))
		}
	}
	var back charging.Session
	if err := back.UnmarshalBinary(append(form, 0)); err == nil {
		t.Error("a byte too many was not noticed")
	}
}

func FuzzAnswerBinary(f *testing.F) {
	form, _ := sampleAnswer().AppendBinary(nil)
	f.Add(form)
	form, _ = laterAnswer().AppendBinary(nil)
	f.Add(form)
	f.Fuzz(func(t *testing.T, in []byte) {
		var a, b charging.Answer
		if a.UnmarshalBinary(in) != nil {
			return
		}
		again, _ := a.AppendBinary(nil)
		if err := b.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func BenchmarkSessionAppendBinary(b *testing.B) {
	s, buffer := sampleSession(), make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buffer, _ = s.AppendBinary(buffer[:0])
	}
}

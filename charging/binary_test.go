package charging_test

import (
	"encoding/hex"
	"os"
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

// Databases hold forms that earlier releases wrote: testdata has one of each, written by version 1.
func TestFormsOfEarlierVersionsAreRead(t *testing.T) {
	t.Parallel()
	var answer charging.Answer
	if err := answer.UnmarshalBinary(oldForm(t, "answer-1.hex")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*sampleAnswer(), answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	var session charging.Session
	if err := session.UnmarshalBinary(oldForm(t, "session-1.hex")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*sampleSession(), session); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
}

// laterSession has what sessions did not have in version 1.
func laterSession() *charging.Session {
	s := sampleSession()
	s.Info.Calling = "sip:alice@example.com"
	s.Payers = charging.Payers{Called: "bob", Calling: "alice"}
	s.Services[0].Payer = "bob"
	return s
}

func TestPayersComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	want := laterSession()
	form, _ := want.AppendBinary(nil)
	var got charging.Session
	if err := got.UnmarshalBinary(form); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	short, _ := sampleSession().AppendBinary(nil)
	for cut := len(short) + 1; cut < len(form); cut++ {
		if err := got.UnmarshalBinary(form[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a session", cut, len(form))
		}
	}
}

func oldForm(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	form, err := hex.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return form
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

package charging_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

// laterAnswer says everything that the first version of the form did not have.
func laterAnswer() *charging.Answer {
	a := sampleAnswer()
	a.RFC, a.Unit = true, "per minute"
	a.Expires = time.Date(2037, 6, 1, 12, 0, 0, 0, time.UTC)
	a.Failure = &charging.FailureHandling{
		Session: charging.Known(2), Debit: charging.Known(0), Failover: charging.Known(1),
	}
	s := &a.Services[0]
	s.Single, s.Tariff, s.Final.QoS = true, charging.Known(1), true
	s.Quota = &charging.Quota{
		ConsumptionTime: charging.Known(30), UnusedTimer: charging.Known(0),
		Mechanism: &charging.TimeMechanism{Type: 1, Interval: 10},
		Pool: &charging.Pool{
			ID: 7, Unit: charging.Time, Multiplier: charging.Decimal{Digits: 25, Exponent: -1},
		},
	}
	s.Announcements = []charging.Announcement{{
		ID: 9, At: charging.Known(10), Quota: charging.Known(1), Order: charging.Known(2),
		Play: charging.Known(0), Private: charging.Known(1), Language: "en",
		Parts: []charging.AnnouncementPart{{Order: charging.Known(1), Type: 4, Value: "EUR 1"}},
	}}
	return a
}

func TestWhatLaterVersionsSayComesBackAsItWas(t *testing.T) {
	t.Parallel()
	want := laterAnswer()
	form, _ := want.AppendBinary(nil)
	var got charging.Answer
	if err := got.UnmarshalBinary(form); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// firstForm is what the first version of the program wrote for sampleAnswer.
const firstForm = "0112696d2e6578616d706c652e636f6d3b313b32070302d10f0101c801020102d10f0104" +
	"74696d65e0038080c58bc6d1010101157369703a746f707570406578616d706c652e636f" +
	"6d00000474696d653c01000002283203455552c08b11000000000112536572766963652d" +
	"436f6e746578742d4964000201020001037365740b526573756c742d436f646504343031" +
	"32"

func TestAFormOfTheFirstVersionIsRead(t *testing.T) {
	t.Parallel()
	want := sampleAnswer()
	const version = 2 // hexadecimal digits
	if form, _ := want.AppendBinary(nil); hex.EncodeToString(form)[version:] != firstForm[version:] {
		t.Errorf("an answer that says nothing more is written %x, want as of old", form)
	}
	form, err := hex.DecodeString(firstForm)
	if err != nil {
		t.Fatal(err)
	}
	var got charging.Answer
	if err := got.UnmarshalBinary(form); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestDecimalsAreReadAndWrittenExactly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "1": "1", "10": "10", "2.50": "2.5", "0.001": "0.001", "12.25": "12.25",
		"0.000000000000000001": "0.000000000000000001", "007.0": "7",
	} {
		got, err := charging.ParseDecimal(text)
		if err != nil || got.String() != want {
			t.Errorf("ParseDecimal(%s) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "1.", ".5", "-1", "1e3", "1,5", "99999999999999999999"} {
		if got, err := charging.ParseDecimal(text); err == nil {
			t.Errorf("ParseDecimal(%q) = %s, want an error", text, got)
		}
	}
	if got := (charging.Decimal{Digits: 3, Exponent: 2}).String(); got != "300" {
		t.Errorf("3 with exponent 2 = %s, want 300", got)
	}
}

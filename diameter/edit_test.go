package diameter_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

func sampleFrame() []byte {
	request := initial("s;1")
	request.Services = []charging.Service{{
		Key: charging.ServiceKey{Group: charging.Known(100), IDs: []uint32{1, 2}}, Asked: true,
	}}
	return diameter.AppendRequest(nil, request, clientOptions())
}

func TestSetAVP(t *testing.T) {
	t.Parallel()
	const mscc = "Multiple-Services-Credit-Control."
	for _, test := range []struct {
		claim, path, value string
		look               string // empty: the path
		want               []string
	}{
		{"replaces", "Destination-Realm", "foreign.example", "", []string{"foreign.example"}},
		{"adds", "Origin-State-Id", "7", "", []string{"7"}},
		{"replaces in a group", mscc + "Rating-Group", "5", "", []string{"5"}},
		{
			"replaces the first of several", mscc + "Service-Identifier", "9", "",
			[]string{"9", "2"},
		},
		{"adds to a group", mscc + "Reporting-Reason", "6", "", []string{"6", "RATING_CONDITION_CHANGE"}},
		{
			"adds groups", "Service-Information.IMS-Information.Role-Of-Node", "TERMINATING_ROLE", "",
			[]string{"1", "TERMINATING_ROLE"},
		},
		{"takes away", mscc + "Requested-Service-Unit", "none", "", nil},
		{"takes away all", mscc + "Service-Identifier", "none", "", nil},
		{"takes away what is not there", "User-Name", "none", "", nil},
		{"reads times", "Event-Timestamp", "2026-03-01T12:00:00Z", "", []string{"2026-03-01T12:00:00Z"}},
		{"reads addresses", "Host-IP-Address", "192.0.2.1", "", []string{"192.0.2.1"}},
		{"reads numbers of either sign", "Exponent", "-2", "", []string{"-2"}},
		{
			"reads long numbers", "CC-Sub-Session-Id", "18446744073709551615", "",
			[]string{"18446744073709551615"},
		},
		{"takes codes", "99:416", "0x6162", "", []string{"ab"}},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			before := sampleFrame()
			frame, err := diameter.SetAVP(before, test.path, test.value)
			if err != nil {
				t.Fatal(err)
			}
			got := diameter.Attributes(frame).Lookup(test.path)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s = %s (-want +got):\n%s", test.path, test.value, diff)
			}
			if !slices.Equal(before, sampleFrame()) {
				t.Error("SetAVP changed the frame it was given")
			}
			if length := int(frame[2])<<8 | int(frame[3]); length != len(frame) || length%4 != 0 {
				t.Errorf("length in the header = %d, want %d", length, len(frame))
			}
		})
	}
}

func TestSetAVPRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, value string }{
		{"No-Such-AVP", "1"},
		{"CC-Request-Number", "many"},
		{"CC-Request-Number", "4294967296"},
		{"Event-Timestamp", "noon"},
		{"Host-IP-Address", "here"},
		{"Role-Of-Node", "EXTRA"},
	} {
		if frame, err := diameter.SetAVP(sampleFrame(), test.path, test.value); err == nil {
			t.Errorf("SetAVP(%s, %s) = % x, want an error", test.path, test.value, frame)
		}
	}
	if _, err := diameter.SetAVP([]byte{1}, "User-Name", "a"); err == nil {
		t.Error("SetAVP of a frame without a header succeeds, want an error")
	}
}

func TestSetFlags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change string
		want   byte
	}{{"T", 0xd0}, {"-P", 0x80}, {"E,-R", 0x60}, {"+T-P", 0x90}, {"RPET", 0xf0}} {
		frame, err := diameter.SetFlags(sampleFrame(), test.change)
		if err != nil || frame[4] != test.want {
			t.Errorf("SetFlags(%s) = %#x, %v, want %#x", test.change, frame[4], err, test.want)
		}
	}
	if _, err := diameter.SetFlags(sampleFrame(), "X"); err == nil {
		t.Error("SetFlags(X) succeeds, want an error")
	}
}

func TestAppendOctets(t *testing.T) {
	t.Parallel()
	before := sampleFrame()
	frame := diameter.AppendOctets(before, []byte{1, 2, 3, 4})
	if length := int(frame[2])<<8 | int(frame[3]); length != len(before)+4 || len(frame) != length {
		t.Errorf("length in the header = %d, want %d", length, len(before)+4)
	}
}

func TestAnEditedFrameGoesOverTheWire(t *testing.T) {
	t.Parallel()
	_, address := serve(t, chargerFunc(
		func(_ context.Context, r *charging.Request, reply func(*charging.Answer)) {
			a := &charging.Answer{Key: r.Key, Type: r.Type, Result: charging.Success}
			if r.Refused != nil {
				a.Result, a.Failed = r.Refused.Result, r.Refused.Failed
			}
			reply(a)
		}))
	c := dial(t, address, clientOptions())
	frame, err := diameter.SetAVP(c.Frame(initial("s;1")), "Service-Context-Id", "none")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Exchange(context.Background(), frame)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"5005", "DIAMETER_MISSING_AVP"}
	got := diameter.Attributes(answer).Lookup("Result-Code")
	if len(got) == 0 || got[0] != want[0] {
		t.Errorf("Result-Code = %v, want %v", got, want)
	}
	failed := diameter.Attributes(answer).Lookup("Failed-AVP.Service-Context-Id")
	if len(failed) != 1 {
		t.Errorf("Failed-AVP shows Service-Context-Id %d times, want once", len(failed))
	}
}

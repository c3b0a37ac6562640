package diameter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBriefOf(t *testing.T) {
	t.Parallel()
	h := header{command: commandReAuth, flags: flagRequest, application: 4}
	frame := appendMessage(nil, h)
	frame = appendString(frame, 0, 264, "ocs.example.net")
	frame = endMessage(appendString(frame, 0, 293, "im.example.com"), 0)
	asked := Brief{
		Name: "RAR", Request: true, OriginHost: "ocs.example.net",
		DestinationHost: "im.example.com",
	}
	if diff := cmp.Diff(asked, BriefOf(frame)); diff != "" {
		t.Errorf("of a RAR (-want +got):\n%s", diff)
	}
	answer := appendMessage(nil, header{command: commandCreditControl, application: 4})
	start := len(answer)
	answer = appendHeader(answer, 0, 297, flagMandatory)
	answer = appendUint32(answer, 0, 266, 10415)
	answer = endAVP(appendUint32(answer, 0, 298, 5030), start)
	answer = endMessage(answer, 0)
	if diff := cmp.Diff(Brief{Name: "CCA", Result: 5030}, BriefOf(answer)); diff != "" {
		t.Errorf("of a CCA with Experimental-Result (-want +got):\n%s", diff)
	}
	for cut := range answer { // whatever is there is read, and nothing panics
		BriefOf(answer[:cut])
	}
	if got := BriefOf([]byte("HTTP/1.1 200 OK, which is no message")); got != (Brief{}) {
		t.Errorf("of text: %+v, want nothing", got)
	}
}

package recording_test

import (
	"slices"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/recording"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// Whatever a capture holds, it is judged: each octet of each message is spoilt in turn, and each
// message is cut short.
func TestJudgeTakesAnyOctets(t *testing.T) {
	t.Parallel()
	r := newReel(t)
	r.opened()
	r.base(280, true)
	r.exchange("1", "0")
	q := r.summons(258)
	r.fromServer(q)
	r.fromClient(r.obeyed(q, "2002"))
	r.exchange("2", "1", "Cost-Information.Unit-Value.Value-Digits=5",
		"Cost-Information.Currency-Code=978",
		"Multiple-Services-Credit-Control.Final-Unit-Indication.Final-Unit-Action=1",
		"Multiple-Services-Credit-Control.Time-Quota-Threshold=30")
	r.exchange("3", "2")
	r.base(282, true)
	for i := range r.frames {
		whole := r.frames[i].Octets
		judge := func(octets []byte) {
			frames := slices.Clone(r.frames)
			frames[i] = capture.Frame{
				At: frames[i].At, From: frames[i].From, To: frames[i].To, Packet: i + 1,
				Octets: octets,
			}
			recording.Judge(frames, recording.JudgeOptions{})
		}
		for at := range whole {
			spoilt := slices.Clone(whole)
			spoilt[at] ^= 0xff
			judge(spoilt)
			if at%4 == 0 {
				judge(whole[:at])
			}
		}
	}
}

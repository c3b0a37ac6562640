package scenarios_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A review knows no time but that of what it is told, and judges nothing that is still open there.
func TestReviewGoesByTheTimesOfTheRecord(t *testing.T) {
	t.Parallel()
	begun := time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC)
	for later, want := range map[time.Duration][]string{
		71 * time.Second: nil, 72 * time.Second: {"validity-time-passed"},
	} {
		var rules []string
		review := scenarios.NewReview(scenarios.JudgeOptions{}, func(f charging.Finding) {
			rules = append(rules, f.Rule)
		})
		m := charging.Message{Door: "gy", Peer: "im.example.com", Link: "a", At: begun}
		key := charging.ServiceKey{Group: charging.Known(100)}
		opening := charging.Key{Session: charging.SessionID{ID: "im.example.com;1;1"}}
		request := &charging.Request{
			Key: opening, Type: charging.Initial, At: begun, Exchange: review.Received(m),
			Subscribers: []charging.Identity{{Data: "15550100"}},
			Services:    []charging.Service{{Key: key, Asked: true}},
		}
		review.Answered(request, &charging.Answer{
			Key: opening, Type: charging.Initial, Result: charging.Success,
			Services: []charging.ServiceAnswer{{
				Key: key, Result: charging.Success, ValidFor: time.Minute,
				Granted: []charging.Quantity{charging.Total.Of(1000)},
			}},
		})
		review.Sent(request.Exchange, m)
		if len(rules) > 0 {
			t.Errorf("the review found %v at the end of the record, want nothing", rules)
		}
		review.Pass(begun.Add(later))
		if diff := cmp.Diff(want, rules); diff != "" {
			t.Errorf("found after %s (-want +got):\n%s", later, diff)
		}
	}
}

package conversation

import "github.com/ocs-sim/ocs-sim/charging"

// The Reporting-Reasons that follow from the rest of a request.
const (
	reasonFinal     = 2
	reasonCondition = 6
)

// explain adds what a client of 3GPP's kind sends by itself: Service-Information in every request
// of the session, and a Reporting-Reason wherever usage is reported (TS 32.299 sections 6.4.2 and
// 7.2.175), as far as the end of a session or a Trigger speaks for itself. It returns whether the
// session is such a client's.
func explain(r *charging.Request, says3GPP bool) bool {
	if r.Type == charging.Initial {
		return r.Carries3GPP()
	}
	if !says3GPP {
		return false
	}
	r.Vendor3GPP = true
	reason := charging.Number{}
	switch {
	case r.Type == charging.Termination:
		reason = charging.Known(reasonFinal)
	case r.Triggered(charging.TriggerMedia), r.Triggered(charging.TriggerParticipants):
		reason = charging.Known(reasonCondition)
	}
	for i := range r.Services {
		if s := &r.Services[i]; len(s.Used) > 0 && !s.Single && !reasoned(s) {
			s.Reason = reason
		}
	}
	return true
}

func reasoned(s *charging.Service) bool {
	for i := range s.Used {
		if s.Used[i].Reason.Known {
			return true
		}
	}
	return s.Reason.Known
}

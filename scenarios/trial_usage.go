package scenarios

import (
	"math"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The Reporting-Reasons that say something of the course (TS 32.299 section 7.2.175).
const (
	reasonThreshold = 0
	reasonFinal     = 2
	reasonExhausted = 3
	reasonValidity  = 4
	reasonCondition = 6
	reasonForced    = 7
)

// Tolerances of what clients report.
const (
	tailAfterDenial = 5 * time.Second // until the service has stopped
	timeSlack       = 10              // seconds used above a grant while the client asks
	roundingSlack   = 2               // seconds, where two clocks are rounded
	validitySlack   = 2 * time.Second
	longestAnswer   = 10 * time.Second // then a client need not wait any more (Tx)
)

// service judges one service of an update or a termination.
func (c *court) service(x *exchange, s *trial, asked *charging.Service) {
	h := s.find(asked.Key)
	if h == nil {
		h = &holding{key: asked.Key}
	}
	if l := &h.last; x.at.Before(l.sent) && x.request.Key.Number > l.number && !l.scripted &&
		l.sent.Sub(l.asked) < longestAnswer {
		c.find(x, "request-before-answer", "CC-Request-Number %d for %s before the answer to %d",
			x.request.Key.Number, named(asked.Key), l.number)
	}
	c.usage(x, s, h, asked)
	c.reasons(x, s, h, asked)
	if asked.Asked && x.request.Type == charging.Update {
		c.askedAgain(x, s, h, asked)
	}
	if len(asked.Used) > 0 && !x.request.EventTime.IsZero() {
		h.eventTime, h.chargedAt = x.request.EventTime, x.request.At
	}
}

// named is a service in the words of AVPs.
func named(key charging.ServiceKey) string {
	text := charging.Scope{Group: key.Group}
	if len(key.IDs) > 0 {
		text.Service = charging.Known(int64(key.IDs[0]))
	}
	switch {
	case text.Group.Known && text.Service.Known:
		return "Rating-Group " + decimal(text.Group) + ", Service-Identifier " + decimal(text.Service)
	case text.Group.Known:
		return "Rating-Group " + decimal(text.Group)
	case text.Service.Known:
		return "Service-Identifier " + decimal(text.Service)
	}
	return "the service without Rating-Group"
}

// usage judges what is reported against what was granted.
func (c *court) usage(x *exchange, s *trial, h *holding, asked *charging.Service) {
	used := anyUsed(asked)
	switch {
	case h.denied != 0:
		c.usedAfterDenial(x, h, asked)
	case len(h.granted) == 0 && h.final == nil && used:
		if h.last.sent.IsZero() && !s.unanswered {
			c.find(x, "usage-not-granted", "Used-Service-Unit for %s, which has no grant",
				named(asked.Key))
		}
	}
	for i, q := range h.granted {
		used, told := reported(asked, q.Unit)
		if !told {
			if c.mustReport(x, s, h, asked) && q.Amount > 0 && !s.toldElsewhere(x.request, h, q.Unit) {
				c.find(x, "granted-unit-unreported", "%s granted for %s, and no %s in "+
					"Used-Service-Unit", unitAVP(q.Unit), named(asked.Key), unitAVP(q.Unit))
			}
			continue
		}
		h.used[i] = plus(h.used[i], used)
		c.above(x, h, q, h.used[i], asked.Key)
	}
	c.duration(x, s, h, asked)
}

// mustReport reports whether units that were granted are due in a request that names the service.
func (c *court) mustReport(x *exchange, s *trial, h *holding, asked *charging.Service) bool {
	if h.pool != nil || h.final != nil && h.final.Action != charging.Terminate || s.reauthorized(h) {
		return false
	}
	return asked.Asked || len(asked.Used) > 0 || x.request.Type == charging.Termination
}

// toldElsewhere reports whether a request tells a unit of a holding's otherwise: by
// Service-Identifier, as on Ro the quota is the rating group's, or by the counters of
// IM-Information.
func (s *trial) toldElsewhere(r *charging.Request, h *holding, unit charging.Unit) bool {
	if unit == charging.Events && r.Information.Counters != (charging.Counters{}) {
		return true
	}
	for i := range r.Services {
		if _, told := reported(&r.Services[i], unit); told && s.find(r.Services[i].Key) == h {
			return true
		}
	}
	return false
}

func anyUsed(asked *charging.Service) bool {
	for i := range asked.Used {
		for _, q := range asked.Used[i].Units {
			if q.Amount > 0 {
				return true
			}
		}
	}
	return false
}

// reported sums up what was used of a unit. Octets in and out make the total where that is not
// told.
func reported(asked *charging.Service, unit charging.Unit) (sum int64, told bool) {
	for i := range asked.Used {
		for _, q := range asked.Used[i].Units {
			if q.Unit == unit {
				sum, told = plus(sum, q.Amount), true
			}
		}
	}
	if told || unit != charging.Total {
		return sum, told
	}
	in, hasIn := reported(asked, charging.Input)
	out, hasOut := reported(asked, charging.Output)
	return plus(in, out), hasIn || hasOut
}

// plus adds what clients tell, which may be more than can be counted.
func plus(a, b int64) int64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxInt64
}

// above judges an overrun.
func (c *court) above(
	x *exchange, h *holding, q charging.Quantity, used int64, key charging.ServiceKey,
) {
	over := used - q.Amount
	if over <= 0 || h.pool != nil {
		return
	}
	slack := q.Amount
	if q.Unit == charging.Time {
		slack = max(timeSlack, int64(h.at.Sub(h.askedAt)/time.Second)+1)
	}
	rule := "usage-above-grant"
	if over > slack {
		rule = "usage-far-above-grant"
	}
	c.find(x, rule, "%s %d used of %d granted for %s", unitAVP(q.Unit), used, q.Amount, named(key))
}

// usedAfterDenial judges what is used though it was refused.
func (c *court) usedAfterDenial(x *exchange, h *holding, asked *charging.Service) {
	seconds, timed := reported(asked, charging.Time)
	tail := !x.at.After(h.deniedAt.Add(tailAfterDenial))
	if timed {
		tail = seconds <= int64(tailAfterDenial/time.Second)
	}
	if !tail && anyUsed(asked) {
		c.find(x, "usage-after-denial", "Used-Service-Unit for %s after Result-Code %s",
			named(asked.Key), h.denied.Name())
	}
}

// duration judges CC-Time by the Event-Timestamps. Who goes by a charging clock that was turned may
// have used as much as that clock says.
func (c *court) duration(x *exchange, s *trial, h *holding, asked *charging.Service) {
	seconds, timed := reported(asked, charging.Time)
	if !timed || h.eventTime.IsZero() || x.request.EventTime.IsZero() ||
		x.request.Key.Number < s.highest {
		return
	}
	between := x.request.EventTime.Sub(h.eventTime)
	passed := int64(between / time.Second)
	if c.turned(s, x.offset()) {
		between = max(between, x.request.At.Sub(h.chargedAt))
	}
	if seconds > int64(between/time.Second)+roundingSlack {
		c.find(x, "usage-longer-than-time", "CC-Time %d for %s, the Event-Timestamps are %d s apart",
			seconds, named(asked.Key), passed)
	}
}

// reasons judges why the client reports.
func (c *court) reasons(x *exchange, s *trial, h *holding, asked *charging.Service) {
	var reasons []int64
	if asked.Reason.Known {
		reasons = append(reasons, asked.Reason.Value)
	}
	for i := range asked.Used {
		if reason := asked.Used[i].Reason; reason.Known {
			reasons = append(reasons, reason.Value)
		}
	}
	if len(reasons) == 0 {
		vendor := s.vendor || x.request.Carries3GPP()
		if len(asked.Used) > 0 && vendor && !asked.Single && !tells(x.request, "Reporting-Reason") {
			c.find(x, "usage-without-reason", "Used-Service-Unit for %s without Reporting-Reason",
				named(asked.Key))
		}
		return
	}
	if x.request.Type == charging.Termination && !slices.Contains(reasons, reasonFinal) {
		c.find(x, "end-not-final", "Reporting-Reason %d in a TERMINATION_REQUEST", reasons[0])
	}
	for _, reason := range slices.Compact(reasons) {
		c.reason(x, s, h, asked, reason)
	}
}

func (c *court) reason(
	x *exchange, s *trial, h *holding, asked *charging.Service, reason int64,
) {
	switch {
	case len(h.granted) == 0 || h.pool != nil:
	case reason == reasonExhausted && !h.exhausted() && h.toldIn(asked):
		c.find(x, "quota-not-exhausted", "QUOTA_EXHAUSTED with %d of %d used for %s", h.used[0],
			h.granted[0].Amount, named(asked.Key))
	case reason == reasonThreshold && !h.threshold:
		c.find(x, "threshold-not-granted", "THRESHOLD for %s, whose grant has none",
			named(asked.Key))
	case reason == reasonValidity && s.gy && h.validFor > 0 && !c.turned(s, x.offset()) &&
		x.at.Before(h.at.Add(h.validFor-validitySlack)):
		c.find(x, "validity-not-expired", "VALIDITY_TIME %s after a grant with Validity-Time %d",
			x.at.Sub(h.at).Round(time.Second), int64(h.validFor/time.Second))
	}
	if reason == reasonForced && s.summons.at.IsZero() && s.gy && !s.midway {
		c.find(x, "forced-without-request", "FORCED_REAUTHORISATION for %s, and no RAR was sent",
			named(asked.Key))
	}
}

// toldIn reports whether usage is told in a unit that was granted.
func (h *holding) toldIn(asked *charging.Service) bool {
	return slices.ContainsFunc(h.granted, func(q charging.Quantity) bool {
		_, told := reported(asked, q.Unit)
		return told
	})
}

// tells reports whether an AVP stands at a path of the request.
func tells(r *charging.Request, path string) bool {
	return r.Attributes != nil && len(r.Attributes.Lookup(path)) > 0
}

// exhausted reports whether any granted unit is used up.
func (h *holding) exhausted() bool {
	for i := range h.granted {
		if h.used[i] >= h.granted[i].Amount {
			return true
		}
	}
	return len(h.granted) == 0
}

// askedAgain judges a request for more after the server said that there is none.
func (c *court) askedAgain(x *exchange, s *trial, h *holding, asked *charging.Service) {
	must := len(asked.Triggers) > 0 || len(x.request.Triggers) > 0
	switch asked.Reason {
	case charging.Known(reasonCondition), charging.Known(reasonValidity),
		charging.Known(reasonForced):
		must = true // RFC 8506 section 5.6: what re-authorizes also asks again
	}
	if h.final == nil || s.reauthorized(h) || must || h.denied != 0 {
		return
	}
	switch {
	case h.final.Action == charging.Terminate:
		c.find(x, "units-asked-after-final",
			"Requested-Service-Unit for %s after Final-Unit-Action TERMINATE", named(asked.Key))
	case h.final.Action == charging.Redirect && h.exhausted():
		c.find(x, "units-asked-during-redirect",
			"Requested-Service-Unit for %s while redirected, its units are used up",
			named(asked.Key))
	}
}

// unreported judges what a termination leaves out.
func (c *court) unreported(x *exchange, s *trial) {
	for _, h := range s.holdings {
		if len(h.granted) == 0 || h.reported || h.pool != nil || mentions(x.request, h.key) {
			continue
		}
		c.find(x, "service-unreported-at-end", "a CCR-T without %s, which has a grant",
			named(h.key))
	}
}

func mentions(r *charging.Request, key charging.ServiceKey) bool {
	for i := range r.Services {
		other := r.Services[i].Key
		if sameKey(other, key) || other.Group == key.Group &&
			(len(other.IDs) == 0 || len(key.IDs) == 0) {
			return true
		}
	}
	return false
}

package scenarios

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// clockSlack is how far an Event-Timestamp may be off.
const clockSlack = time.Minute

func decimal(n charging.Number) string { return strconv.FormatInt(n.Value, 10) }

// unitAVP is the AVP that carries a unit.
func unitAVP(unit charging.Unit) string {
	switch unit {
	case charging.Time:
		return "CC-Time"
	case charging.Total:
		return "CC-Total-Octets"
	case charging.Input:
		return "CC-Input-Octets"
	case charging.Output:
		return "CC-Output-Octets"
	case charging.Events:
		return "CC-Service-Specific-Units"
	}
	return "CC-Money"
}

// informs reports whether Service-Information says anything.
func informs(i *charging.Information) bool {
	return i.Participants.Known || i.Members.Known || i.ServiceType.Known || i.MediaKnown ||
		i.Method != "" || i.Role.Known || i.Destination != "" || i.Conference != ""
}

// named judges whether the first request of a session says who pays.
func (c *court) named(x *exchange) {
	if len(x.request.Subscribers) == 0 {
		c.find(x, "subscriber-unnamed", "neither Subscription-Id nor User-Name")
	}
}

// clocked judges the Event-Timestamp, by the wall clock and by the charging clock: a test turns one
// of them.
func (c *court) clocked(x *exchange) {
	r := x.request
	if r.EventTime.IsZero() || near(r.EventTime, x.at) || near(r.EventTime, r.At) {
		return
	}
	c.find(x, "event-timestamp-off", "Event-Timestamp %s, it came at %s",
		r.EventTime.Format(time.RFC3339), x.at.UTC().Format(time.RFC3339))
}

func near(a, b time.Time) bool { return a.Sub(b).Abs() <= clockSlack }

// sameSession judges whether a request is about what the session was opened for.
func (c *court) sameSession(x *exchange, s *trial) {
	r := x.request
	common := func(i charging.Identity) bool {
		return slices.ContainsFunc(s.subscribers, func(known charging.Identity) bool {
			return known.Type == i.Type && normal(known.Data) == normal(i.Data)
		})
	}
	switch {
	case len(s.subscribers) == 0:
	case len(r.Subscribers) == 0:
		c.find(x, "subscriber-lost", "no Subscription-Id, the session has %s", s.subscribers[0].Data)
	case !slices.ContainsFunc(r.Subscribers, common):
		c.find(x, "subscriber-changed", "Subscription-Id-Data %s, the session has %s",
			r.Subscribers[0].Data, s.subscribers[0].Data)
	}
	if r.Context != "" && r.Context != s.context {
		c.find(x, "context-changed", "Service-Context-Id %s, the session has %s", r.Context,
			s.context)
	}
	c.sameInformation(x, s)
}

func (c *court) sameInformation(x *exchange, s *trial) {
	r := x.request
	i := &r.Information
	if s.told && !informs(i) && r.Type == charging.Update && r.Attributes != nil &&
		len(r.Attributes.Lookup("Service-Information")) == 0 {
		c.find(x, "service-information-lost", "no Service-Information, the first request had it")
	}
	switch {
	case i.Role.Known && s.role.Known && i.Role != s.role:
		c.find(x, "service-information-changed", "Role-Of-Node %d, the session has %d", i.Role.Value,
			s.role.Value)
	case i.Method != "" && !isMethod(i.Method):
		c.find(x, "service-information-changed", "SIP-Method %s, which is none", i.Method)
	}
}

// isMethod knows the methods of SIP.
func isMethod(method string) bool {
	const all = " INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER" +
		" MESSAGE UPDATE "
	return strings.Contains(all, " "+strings.ToUpper(method)+" ")
}

// changed judges whether new conditions come with their Trigger.
func (c *court) changed(x *exchange, s *trial) {
	r, was := x.request, &s.conditions
	triggered := r.Triggered(charging.TriggerParticipants)
	told := r.Information.Participants
	switch {
	case !was.attached || !told.Known:
	case told == s.agreed.participants && told != was.participants:
		// Back to what was before a refusal.
	case told != was.participants && !triggered:
		c.untriggered(x, s, charging.TriggerParticipants, "participants-changed-without-trigger",
			"Number-Of-Participants "+decimal(told)+" after "+decimal(was.participants)+
				", and no Trigger 50")
	case told == was.participants && triggered && takingPart(r) == was.who:
		c.find(x, "trigger-without-change", "Trigger 50, and Number-Of-Participants %d as before",
			told.Value)
	}
	c.changedMedia(x, s)
}

// takingPart is who takes part, where a request names them: one may join as another leaves.
func takingPart(r *charging.Request) string {
	if r.Attributes == nil {
		return ""
	}
	const groups = "Service-Information.PoC-Information.Participant-Group.Called-Party-Address"
	return strings.Join(append(r.Attributes.Lookup(groups), r.Information.Destination), " ")
}

// changedMedia judges media: an answer may have less than its offer, and a refresh the same.
func (c *court) changedMedia(x *exchange, s *trial) {
	r, was := x.request, &s.conditions
	media := r.Information.Media
	if !r.Information.MediaKnown || !was.mediaKnown || slices.Equal(media, was.media) ||
		s.agreed.mediaKnown && slices.Equal(media, s.agreed.media) ||
		r.Triggered(charging.TriggerMedia) {
		return
	}
	isAnswer := was.offered && !slices.ContainsFunc(media, func(medium string) bool {
		return !slices.Contains(was.media, medium)
	})
	if !isAnswer {
		c.untriggered(x, s, charging.TriggerMedia, "media-changed-without-trigger",
			"media "+listed(media)+" after "+listed(was.media)+
				", and no Trigger 40")
	}
}

func listed(media []string) string {
	if len(media) == 0 {
		return "none"
	}
	return strings.Join(media, ", ")
}

// untriggered tells of a change without Trigger, which is a violation where it was armed.
func (c *court) untriggered(x *exchange, s *trial, trigger uint32, rule, seen string) {
	f := c.by(rule, seen)
	for _, h := range s.holdings {
		if slices.Contains(h.armed, trigger) {
			f.Severity, f.Conforms = charging.Violation, false
			f.Seen += ", which was armed"
			break
		}
	}
	c.tell(x, f)
}

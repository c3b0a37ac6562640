package ocf

import (
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The Application-Service-Types that move the number of participants (OMA DDS 6.2.4).
const (
	serviceLeaving = 104
	serviceJoining = 105
)

// The Trigger-Types that IM charging knows (TS 32.299 section 7.2.236).
const (
	TriggerMedia        = 40
	TriggerParticipants = 50
)

// situate reads the conditions of the request into the session as it becomes, and tells what
// changed. A request that says little changes little: what it leaves out stays as it was.
func (c *charge) situate() *charging.Situation {
	r := c.request
	info := r.Information
	attached := int64(1) // the creator
	if c.prior != nil {
		info = inherit(c.prior.Info, r.Information)
		attached = c.prior.Attached
		c.stale = r.Key.Number < c.prior.Highest
	}
	info.Participants, attached = participants(c.prior, &r.Information, attached, r.Type)
	if c.prior != nil {
		c.participant = info.Participants != c.prior.Info.Participants
		c.media = !slices.Equal(info.Media, c.prior.Info.Media)
	}
	if c.session != nil && !c.stale {
		c.session.Info, c.session.Attached = info, attached
	}
	return &charging.Situation{
		Request: r, Session: c.prior, Account: c.account, Now: c.tx.Now(),
		Participants: info.Participants, Media: info.Media,
		ParticipantsChanged: c.participant || c.triggered(TriggerParticipants),
		MediaChanged:        c.media || c.triggered(TriggerMedia),
	}
}

// participants finds the number that prices, and how many are attached: Number-Of-Participants,
// else the Participant-Groups, else one more or less by Application-Service-Type. What an initial
// request tells is who was invited, so it says nothing of who is attached (TS 32.299 section
// 7.2.117).
func participants(
	s *charging.Session,
	told *charging.Information,
	attached int64,
	t charging.RequestType,
) (charging.Number, int64) {
	explicit := told.Participants
	if !explicit.Known && told.Members.Known && told.Members.Value > 0 {
		explicit = told.Members
	}
	if s == nil || t == charging.Initial {
		return explicit, attached
	}
	switch {
	case explicit.Known:
		return explicit, explicit.Value
	case told.ServiceType == charging.Known(serviceJoining):
		return charging.Known(attached + 1), attached + 1
	case told.ServiceType == charging.Known(serviceLeaving):
		left := max(attached-1, 0)
		return charging.Known(left), left
	}
	return s.Info.Participants, attached
}

// inherit keeps what was told before where the request tells nothing new.
func inherit(before, told charging.Information) charging.Information {
	next := told
	if !told.MediaKnown {
		next.MediaKnown, next.Media = before.MediaKnown, before.Media
	}
	inheritNumber(&next.ServiceType, before.ServiceType)
	inheritNumber(&next.Role, before.Role)
	inheritNumber(&next.Size, before.Size)
	inheritNumber(&next.Recipients, before.Recipients)
	inheritText(&next.Method, before.Method)
	inheritText(&next.Destination, before.Destination)
	inheritText(&next.Conference, before.Conference)
	next.Members = charging.Number{}
	next.Counters = charging.Counters{}
	return next
}

func inheritNumber(n *charging.Number, before charging.Number) {
	if !n.Known {
		*n = before
	}
}

func inheritText(text *string, before string) {
	if *text == "" {
		*text = before
	}
}

// triggered reports whether a Trigger-Type was told anywhere in the request.
func (c *charge) triggered(trigger uint32) bool {
	if slices.Contains(c.request.Triggers, trigger) {
		return true
	}
	for i := range c.request.Services {
		if slices.Contains(c.request.Services[i].Triggers, trigger) {
			return true
		}
	}
	return false
}

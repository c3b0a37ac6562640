package charging

import (
	"cmp"
	"slices"
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
	// TriggersDisarmed stands alone in place of types: an empty Trigger, which disarms all that were
	// armed (TS 32.299 section 6.5.1.2).
	TriggersDisarmed = 1<<32 - 1
)

// Triggered reports whether a Trigger-Type was told anywhere in the request.
func (r *Request) Triggered(trigger uint32) bool {
	if slices.Contains(r.Triggers, trigger) {
		return true
	}
	for i := range r.Services {
		if slices.Contains(r.Services[i].Triggers, trigger) {
			return true
		}
	}
	return false
}

// Told is the information that holds after the request, and how many are attached then. A request
// that says little changes little: what it leaves out stays as the open session has it; nil is
// none. Participants is the number that prices. The settings are those of the client; nil are the
// default ones.
func Told(open *Session, r *Request, settings *Settings) (told Information, attached int64) {
	told = r.Information
	attached = 1 // the creator
	if open != nil {
		told.inherit(&open.Info)
		attached = open.Attached
	}
	heads := tallied(&r.Information, settings)
	told.Participants, attached = participants(open, heads, attached, r.Type)
	told.Members, told.Counters = Number{}, Counters{}
	return told, attached
}

// Situate is what a script sees of a request: told is what Told said of both. Account and Now are
// the caller's to fill in.
func Situate(open *Session, r *Request, told *Information) *Situation {
	s := &Situation{
		Request: r, Session: open, Participants: told.Participants, Media: told.Media,
		ParticipantsChanged: r.Triggered(TriggerParticipants),
		MediaChanged:        r.Triggered(TriggerMedia),
	}
	if open != nil {
		s.ParticipantsChanged = s.ParticipantsChanged ||
			told.Participants != open.Info.Participants
		s.MediaChanged = s.MediaChanged || !slices.Equal(told.Media, open.Info.Media)
	}
	return s
}

// A tally is what a request tells of participants: their number, or how many more or fewer there
// are.
type tally struct {
	number Number
	step   int64
}

// tallied reads the number of participants where the settings say: Number-Of-Participants, else the
// Participant-Groups, else one more or less by Application-Service-Type.
func tallied(i *Information, settings *Settings) (t tally) {
	source, offset := ParticipantsAny, int64(0)
	if settings != nil {
		source, offset = settings.ParticipantsSource, settings.ParticipantsOffset
	}
	told := func(s ParticipantsSource) bool {
		return source == "" || source == ParticipantsAny || source == s
	}
	switch {
	case told(ParticipantsNumber) && i.Participants.Known:
		t.number = i.Participants
	case told(ParticipantsGroups) && i.Members.Known && i.Members.Value > 0:
		t.number = i.Members
	case told(ParticipantsService) && i.ServiceType == Known(serviceJoining):
		t.step = 1
	case told(ParticipantsService) && i.ServiceType == Known(serviceLeaving):
		t.step = -1
	}
	if t.number.Known && offset != 0 {
		t.number.Value = max(t.number.Value+offset, 0)
	}
	return t
}

// participants finds the number that prices, and how many are attached. What an initial request
// tells is who was invited, so it says nothing of who is attached (TS 32.299 section 7.2.117).
func participants(s *Session, told tally, attached int64, t RequestType) (Number, int64) {
	switch {
	case s == nil || t == Initial:
		return told.number, attached
	case told.number.Known:
		return told.number, told.number.Value
	case told.step != 0:
		attached = max(attached+told.step, 0)
		return Known(attached), attached
	}
	return s.Info.Participants, attached
}

// inherit keeps what was told before where nothing new is told.
func (i *Information) inherit(before *Information) {
	if !i.MediaKnown {
		i.MediaKnown, i.Media = before.MediaKnown, before.Media
	}
	inheritNumber(&i.ServiceType, before.ServiceType)
	inheritNumber(&i.Role, before.Role)
	inheritNumber(&i.Size, before.Size)
	inheritNumber(&i.Recipients, before.Recipients)
	i.Method = cmp.Or(i.Method, before.Method)
	i.Destination = cmp.Or(i.Destination, before.Destination)
	i.Calling = cmp.Or(i.Calling, before.Calling)
	i.Conference = cmp.Or(i.Conference, before.Conference)
}

func inheritNumber(n *Number, before Number) {
	if !n.Known {
		*n = before
	}
}

// Subscriber is the account of the first identity that has one; nil: nobody's.
func (r *Request) Subscriber(tx Tx) *Account {
	for _, identity := range r.Subscribers {
		if account, found := tx.Subscriber(identity); found {
			return account
		}
	}
	return nil
}

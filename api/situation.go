package api

import (
	"context"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The numbers of the protocol that change a session's conditions (TS 32.299 section 7.2.236, OMA
// DDS section 6.2.4).
const (
	triggerMedia        = 40
	triggerParticipants = 50
	serviceLeaving      = 104
	serviceJoining      = 105
)

// situation says what scenarios would see if the request came now. It looks and changes nothing.
func (s *server) situation(ctx context.Context, r *charging.Request) (*charging.Situation, error) {
	situation := &charging.Situation{Request: r}
	err := s.Ledger.View(ctx, func(tx charging.Tx) error {
		situation.Now = tx.Now()
		if session, found := tx.Session(r.Key.Session); found && session.Open() {
			situation.Session = session
		}
		situation.Account = accountOf(tx, situation.Session, r)
		return nil
	})
	situation.Participants = participants(situation.Session, &r.Information, r.Type)
	situation.Media = r.Information.Media
	if before := situation.Session; before != nil {
		if !r.Information.MediaKnown {
			situation.Media = before.Info.Media
		}
		situation.ParticipantsChanged = situation.Participants != before.Info.Participants
		situation.MediaChanged = !slices.Equal(situation.Media, before.Info.Media)
	}
	triggers := slices.Clone(r.Triggers)
	for i := range r.Services {
		triggers = append(triggers, r.Services[i].Triggers...)
	}
	if slices.Contains(triggers, triggerParticipants) {
		situation.ParticipantsChanged = true
	}
	if slices.Contains(triggers, triggerMedia) {
		situation.MediaChanged = true
	}
	return situation, err
}

func accountOf(tx charging.Tx, s *charging.Session, r *charging.Request) *charging.Account {
	if s != nil {
		account, _ := tx.Account(s.Account)
		return account
	}
	for _, identity := range r.Subscribers {
		if account, found := tx.Subscriber(identity); found {
			return account
		}
	}
	return nil
}

// participants is the number that would price: as told, else one more or less than are attached.
func participants(
	s *charging.Session, told *charging.Information, kind charging.RequestType,
) charging.Number {
	explicit := told.Participants
	if !explicit.Known && told.Members.Value > 0 {
		explicit = told.Members
	}
	switch {
	case explicit.Known || s == nil || kind == charging.Initial:
		return explicit
	case told.ServiceType == charging.Known(serviceJoining):
		return charging.Known(s.Attached + 1)
	case told.ServiceType == charging.Known(serviceLeaving):
		return charging.Known(max(s.Attached-1, 0))
	}
	return s.Info.Participants
}

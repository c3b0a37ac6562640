package resource

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
)

// maxConferenceSessions is how many sessions a conference shows one by one.
const maxConferenceSessions = 1000

// The roles of a conference's sessions.
const (
	roleFocus       = "focus"
	roleParticipant = "participant"
)

// A ConferenceSummary is a conference in a list.
type ConferenceSummary struct {
	Conference   string    `json:"conference"`
	Open         bool      `json:"open"`
	Opened       time.Time `json:"opened"`
	Closed       time.Time `json:"closed,omitzero"`
	Participants *int64    `json:"participants,omitempty"`
	Attached     int64     `json:"attached"`
	Count        int       `json:"count"`
	OpenCount    int       `json:"open_count"`
	Cost         []string  `json:"cost" example:"0.14 EUR"`
	Reserved     []string  `json:"reserved" example:"0.35 EUR"`
}

// A Conference is the sessions that share a Service-Id, and their sums.
type Conference struct {
	ConferenceSummary
	Sessions []ConferenceSession `json:"sessions"`
}

// A ConferenceSession is one session of a conference.
type ConferenceSession struct {
	Session      string    `json:"session"`
	SubSession   uint64    `json:"sub_session,omitempty"`
	Account      string    `json:"account"`
	Payers       []string  `json:"payers"`
	Role         string    `json:"role" enum:"focus,participant"`
	Open         bool      `json:"open"`
	Opened       time.Time `json:"opened"`
	Closed       time.Time `json:"closed,omitzero"`
	ClosedBy     string    `json:"closed_by,omitempty"`
	Participants *int64    `json:"participants,omitempty"`
	Attached     int64     `json:"attached"`
	Media        []string  `json:"media"`
	Cost         string    `json:"cost,omitempty" example:"0.14 EUR"`
	Reserved     []string  `json:"reserved" example:"0.35 EUR"`
}

// WriteConferenceSummary writes a conference as a list shows it.
func WriteConferenceSummary(c *accounts.Conference) ConferenceSummary {
	written := ConferenceSummary{Conference: c.ID, Count: len(c.Sessions)}
	var cost, reserved sums
	for _, s := range c.Sessions {
		if written.Opened.IsZero() || s.Opened.Before(written.Opened) {
			written.Opened = s.Opened
		}
		if s.Open() {
			written.OpenCount++
		}
		if s.Closed.After(written.Closed) {
			written.Closed = s.Closed
		}
		cost.add(s.Cost)
		reserved.addHeld(s)
	}
	if written.Open = written.OpenCount > 0; written.Open {
		written.Closed = time.Time{}
	}
	if len(c.Sessions) > 0 {
		focus := c.Sessions[focusOf(c.Sessions)]
		written.Participants, written.Attached = pointer(focus.Info.Participants), focus.Attached
	}
	written.Cost, written.Reserved = cost.texts(), reserved.texts()
	return written
}

// WriteConference writes a conference with its sessions.
func WriteConference(c *accounts.Conference) Conference {
	written := Conference{
		ConferenceSummary: WriteConferenceSummary(c), Sessions: []ConferenceSession{},
	}
	focus := focusOf(c.Sessions)
	for i, s := range c.Sessions[:min(len(c.Sessions), maxConferenceSessions)] {
		session := writeConferenceSession(s)
		if i == focus {
			session.Role = roleFocus
		}
		written.Sessions = append(written.Sessions, session)
	}
	return written
}

// focusOf finds the session that reports for the whole conference: the one that told most
// participants; of equals the oldest. The others are each a participant's own.
func focusOf(sessions []*charging.Session) int {
	focus := 0
	for i, s := range sessions {
		if told(s) > told(sessions[focus]) {
			focus = i
		}
	}
	return focus
}

func told(s *charging.Session) int64 { return max(s.Info.Participants.Value, s.Attached) }

func writeConferenceSession(s *charging.Session) ConferenceSession {
	var reserved sums
	reserved.addHeld(s)
	return ConferenceSession{
		Session: s.ID.ID, SubSession: s.ID.Sub, Account: s.Account, Role: roleParticipant,
		Payers: payers(s), Open: s.Open(), Opened: s.Opened, Closed: s.Closed, ClosedBy: s.ClosedBy,
		Participants: pointer(s.Info.Participants), Attached: s.Attached,
		Media: append([]string{}, s.Info.Media...), Cost: WriteQuantity(s.Cost),
		Reserved: reserved.texts(),
	}
}

// payers are the accounts that pay for the session's services, each once, in their order; the
// session's own where it has no service.
func payers(s *charging.Session) []string {
	var list []string
	for i := range s.Services {
		if payer := s.Services[i].PaidBy(s.Account); !slices.Contains(list, payer) {
			list = append(list, payer)
		}
	}
	if list == nil {
		return []string{s.Account}
	}
	return list
}

// sums are amounts by unit, in the order in which the units came.
type sums []charging.Quantity

// add adds an amount; a sum that 64 bits cannot hold stays at their end.
func (s *sums) add(q charging.Quantity) {
	if q.Unit == "" {
		return
	}
	for i := range *s {
		if sum := &(*s)[i]; sum.Unit == q.Unit {
			if total, err := charging.Add(sum.Amount, q.Amount); err == nil {
				sum.Amount = total
			}
			return
		}
	}
	*s = append(*s, q)
}

// addHeld adds what the session's services hold reservations of.
func (s *sums) addHeld(session *charging.Session) {
	for i := range session.Services {
		state := &session.Services[i]
		if state.Reservation == 0 {
			continue
		}
		if state.Held.Money != 0 {
			s.add(session.Cost.Unit.Of(state.Held.Money))
		}
		if state.Held.Units != 0 {
			s.add(state.Conditions.Unit.Of(state.Held.Units))
		}
	}
}

func (s sums) texts() []string {
	texts := make([]string, len(s))
	for i, sum := range s {
		texts[i] = sum.String()
	}
	return texts
}

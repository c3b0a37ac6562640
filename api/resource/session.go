package resource

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Session is the state of one credit-control session.
type Session struct {
	Session      string           `json:"session"`
	SubSession   uint64           `json:"sub_session,omitempty"`
	Account      string           `json:"account"`
	Open         bool             `json:"open"`
	Opened       time.Time        `json:"opened"`
	Deadline     time.Time        `json:"deadline,omitzero"`
	Closed       time.Time        `json:"closed,omitzero"`
	ClosedBy     string           `json:"closed_by,omitempty"`
	OriginHost   string           `json:"origin_host,omitempty"`
	OriginRealm  string           `json:"origin_realm,omitempty"`
	Context      string           `json:"context,omitempty"`
	Number       uint32           `json:"number"`
	Participants *int64           `json:"participants,omitempty"`
	Attached     int64            `json:"attached"`
	Media        []string         `json:"media"`
	Conference   string           `json:"conference,omitempty"`
	Cost         string           `json:"cost,omitempty" example:"0.14 EUR"`
	Services     []SessionService `json:"services"`
}

// A SessionService is what a session holds for one service.
type SessionService struct {
	RatingGroup  *int64     `json:"rating_group,omitempty"`
	Service      ServiceIDs `json:"service,omitempty"`
	Plan         string     `json:"plan,omitempty"`
	Version      int64      `json:"version,omitempty"`
	Rule         string     `json:"rule,omitempty"`
	Participants *int64     `json:"participants,omitempty"`
	Media        []string   `json:"media,omitempty"`
	Granted      string     `json:"granted,omitempty" example:"300s"`
	Paid         string     `json:"paid_rest,omitempty" example:"30s"`
	Reservation  int64      `json:"reservation,omitempty"`
	LastReport   time.Time  `json:"last_report,omitzero"`
	ValidUntil   time.Time  `json:"valid_until,omitzero"`
	Final        bool       `json:"final,omitempty"`
	Payer        string     `json:"payer,omitempty"`
}

// WriteSession writes a session.
func WriteSession(s *charging.Session) Session {
	written := Session{
		Session: s.ID.ID, SubSession: s.ID.Sub, Account: s.Account, Open: s.Open(),
		Opened: s.Opened, Deadline: s.Deadline, Closed: s.Closed, ClosedBy: s.ClosedBy,
		OriginHost: s.Origin.Host, OriginRealm: s.Origin.Realm, Context: s.Context,
		Number: s.Highest, Participants: pointer(s.Info.Participants), Attached: s.Attached,
		Media: append([]string{}, s.Info.Media...), Conference: s.Info.Conference,
		Cost: WriteQuantity(s.Cost), Services: []SessionService{},
	}
	for i := range s.Services {
		written.Services = append(written.Services, writeState(&s.Services[i]))
	}
	return written
}

func writeState(s *charging.ServiceState) SessionService {
	written := SessionService{
		RatingGroup: pointer(s.Key.Group), Service: s.Key.IDs,
		Plan: s.Conditions.Plan, Version: s.Conditions.Version, Rule: s.Conditions.Rule,
		Participants: pointer(s.Conditions.Participants), Media: s.Conditions.Media,
		Reservation: s.Reservation, LastReport: s.LastReport, ValidUntil: s.ValidUntil,
		Final: s.Final, Payer: s.Payer,
	}
	unit := s.Conditions.Unit
	if s.Granted > 0 && unit != "" {
		written.Granted = charging.Quantity{Amount: s.Granted, Unit: unit}.String()
	}
	if s.Progress.Rest > 0 && unit != "" {
		written.Paid = charging.Quantity{Amount: s.Progress.Rest, Unit: unit}.String()
	}
	return written
}

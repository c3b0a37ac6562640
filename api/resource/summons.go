package resource

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// A Scope says which part of a session is to be authorised anew; empty: all of it.
type Scope struct {
	RatingGroup *uint32 `json:"rating_group,omitempty" example:"100"`
	Service     *uint32 `json:"service,omitempty" example:"7"`
	Pool        *uint32 `json:"pool,omitempty" example:"1"`
}

// A Summons is a RAR or an ASR with what came of it.
type Summons struct {
	ID         int64     `json:"id"`
	Kind       string    `json:"kind" enum:"reauthorization,abort"`
	Session    string    `json:"session"`
	SubSession uint64    `json:"sub_session,omitempty"`
	Peer       string    `json:"peer" doc:"Origin-Host of the client that is asked"`
	Cause      string    `json:"cause" enum:"request,top-up,tariff-change,barred,deleted,scenario"`
	State      string    `json:"state" enum:"sent,answered,followed,not-followed,unanswered,refused,unknown,unreachable"`
	Scope      Scope     `json:"scope"`
	Exchange   int64     `json:"exchange,omitempty" doc:"of the journal"`
	Sent       time.Time `json:"sent,omitzero"`
	Answered   time.Time `json:"answered,omitzero"`
	Result     uint32    `json:"result,omitempty" doc:"Result-Code of the RAA or ASA" example:"2002"`
	ResultName string    `json:"result_name,omitempty" example:"DIAMETER_LIMITED_SUCCESS"`
	FollowedBy *Follower `json:"followed_by,omitempty" doc:"the CCR that followed"`
	Deadline   time.Time `json:"deadline,omitzero" doc:"until when the next step is awaited, by the wall clock"`
	Detail     string    `json:"detail,omitempty"`
}

// A Follower is the CCR that followed a summons.
type Follower struct {
	Number   uint32    `json:"number"`
	Type     string    `json:"type" example:"update"`
	Result   uint32    `json:"result" doc:"what it was answered" example:"2001"`
	Exchange int64     `json:"exchange,omitempty"`
	At       time.Time `json:"at"`
}

// WriteSummons writes a report.
func WriteSummons(r *summons.Report) Summons {
	s := &r.Summons
	written := Summons{
		ID: r.ID, Kind: s.Kind.String(), Session: s.Session.ID, SubSession: s.Session.Sub,
		Peer: s.Origin.Host, Cause: string(r.Cause), State: string(r.State),
		Scope: WriteScope(s.Scope), Exchange: r.Exchange, Sent: r.Sent, Answered: r.Answered,
		Result: uint32(r.Result), Deadline: r.Deadline, Detail: r.Detail,
	}
	if r.Result != 0 {
		written.ResultName = r.Result.Name()
	}
	if f := r.Follow; f != nil {
		written.FollowedBy = &Follower{
			Number: f.Number, Type: f.Type.String(), Result: uint32(f.Result),
			Exchange: f.Exchange, At: f.At,
		}
	}
	return written
}

// WriteScope writes a scope.
func WriteScope(s charging.Scope) Scope {
	return Scope{narrow(s.Group), narrow(s.Service), narrow(s.Pool)}
}

// Read is the scope in charging's words.
func (s *Scope) Read() charging.Scope {
	return charging.Scope{
		Group: wide(s.RatingGroup), Service: wide(s.Service), Pool: wide(s.Pool),
	}
}

func narrow(n charging.Number) *uint32 {
	if !n.Known {
		return nil
	}
	value := uint32(n.Value)
	return &value
}

func wide(n *uint32) charging.Number {
	if n == nil {
		return charging.Number{}
	}
	return charging.Known(int64(*n))
}

// A Peer is one open Diameter connection.
type Peer struct {
	OriginHost       string    `json:"origin_host" example:"im.example.com"`
	OriginRealm      string    `json:"origin_realm" example:"example.com"`
	ProductName      string    `json:"product_name"`
	VendorID         uint32    `json:"vendor_id"`
	FirmwareRevision uint32    `json:"firmware_revision,omitempty"`
	OriginStateID    uint32    `json:"origin_state_id,omitempty"`
	Relay            bool      `json:"relay" doc:"it offers every application"`
	Applications     []uint32  `json:"applications" doc:"that it offers"`
	Address          string    `json:"address" doc:"of its end of the connection"`
	Listener         string    `json:"listener" doc:"the address that it reached"`
	Since            time.Time `json:"since"`
	Suspect          bool      `json:"suspect" doc:"it does not answer watchdog requests"`
}

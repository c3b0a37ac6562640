package resource

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Quota is what is said of a grant beside its size.
type Quota struct {
	ConsumptionTime string         `json:"consumption_time,omitempty" example:"30s"`
	UnusedTimer     string         `json:"unused_timer,omitempty"`
	TimeMechanism   *TimeMechanism `json:"time_mechanism,omitempty"`
	Pool            *Pool          `json:"pool,omitempty"`
}

// A TimeMechanism is how passing time consumes a grant.
type TimeMechanism struct {
	Type     string `json:"type" example:"discrete"`
	Interval string `json:"interval" example:"30s"`
}

// A Pool is the credit pool that a grant goes into.
type Pool struct {
	ID         uint32 `json:"id"`
	Unit       string `json:"unit" example:"time"`
	Multiplier string `json:"multiplier" example:"2.5"`
}

// An Announcement is something that the client plays.
type Announcement struct {
	ID       uint32             `json:"id"`
	At       string             `json:"at,omitempty"`
	Play     string             `json:"play,omitempty" example:"served"`
	Quota    string             `json:"quota,omitempty" example:"used"`
	Privacy  string             `json:"privacy,omitempty" example:"private"`
	Order    *int64             `json:"order,omitempty"`
	Language string             `json:"language,omitempty"`
	Parts    []AnnouncementPart `json:"parts,omitempty"`
}

// An AnnouncementPart fills in what varies.
type AnnouncementPart struct {
	Type  string `json:"type" example:"currency"`
	Value string `json:"value"`
	Order *int64 `json:"order,omitempty"`
}

// A Failure is what a client does that gets no answer.
type Failure struct {
	Session  string `json:"session,omitempty" example:"terminate"`
	Debit    string `json:"debit,omitempty" example:"terminate_or_buffer"`
	Failover string `json:"failover,omitempty" example:"supported"`
}

func quotaUses() []charging.Word { return charging.Words(0, "not_used", "used") }
func privacies() []charging.Word { return charging.Words(0, "not_private", "private") }

func writeQuota(q *charging.Quota) *Quota {
	if q == nil {
		return nil
	}
	written := &Quota{
		ConsumptionTime: writeTime(q.ConsumptionTime), UnusedTimer: writeTime(q.UnusedTimer),
	}
	if m := q.Mechanism; m != nil {
		written.TimeMechanism = &TimeMechanism{
			Type:     writeNamed(charging.Known(int64(m.Type)), charging.TimeMechanisms()),
			Interval: writeSeconds(int64(m.Interval)),
		}
	}
	if p := q.Pool; p != nil {
		written.Pool = &Pool{p.ID, string(p.Unit), p.Multiplier.String()}
	}
	return written
}

func writeTime(seconds charging.Number) string {
	if !seconds.Known {
		return ""
	}
	return writeSeconds(seconds.Value)
}

func writeAnnouncements(all []charging.Announcement) (written []Announcement) {
	for i := range all {
		a := &all[i]
		one := Announcement{
			ID: a.ID, At: writeTime(a.At), Order: pointer(a.Order), Language: a.Language,
			Play:    writeNamed(a.Play, charging.PlayAlternatives()),
			Quota:   writeNamed(a.Quota, quotaUses()),
			Privacy: writeNamed(a.Private, privacies()),
		}
		for _, part := range a.Parts {
			kind := writeNamed(charging.Known(int64(part.Type)), charging.PartTypes())
			one.Parts = append(one.Parts, AnnouncementPart{kind, part.Value, pointer(part.Order)})
		}
		written = append(written, one)
	}
	return written
}

func writeFailure(f *charging.FailureHandling) *Failure {
	if f == nil {
		return nil
	}
	return &Failure{
		Session:  writeNamed(f.Session, charging.SessionFailures()),
		Debit:    writeNamed(f.Debit, charging.DebitFailures()),
		Failover: writeNamed(f.Failover, charging.Failovers()),
	}
}

// A reader reads words of an answer and keeps the first trouble.
type reader struct{ err error }

func (r *reader) named(text string, known []charging.Word) charging.Number {
	read, err := readNamed(text, known)
	r.keep(err)
	return read
}

func (r *reader) time(text string) charging.Number {
	if text == "" {
		return charging.Number{}
	}
	seconds, err := readSeconds(text)
	r.keep(err)
	return charging.Known(seconds)
}

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) quota(q *Quota) *charging.Quota {
	if q == nil {
		return nil
	}
	read := &charging.Quota{
		ConsumptionTime: r.time(q.ConsumptionTime), UnusedTimer: r.time(q.UnusedTimer),
	}
	if m := q.TimeMechanism; m != nil {
		read.Mechanism = &charging.TimeMechanism{
			Type:     uint32(r.named(m.Type, charging.TimeMechanisms()).Value),
			Interval: uint32(r.time(m.Interval).Value),
		}
	}
	if p := q.Pool; p != nil {
		multiplier, err := charging.ParseDecimal(p.Multiplier)
		if err != nil {
			r.keep(fmt.Errorf("multiplier: %w", err))
		}
		read.Pool = &charging.Pool{
			ID: p.ID, Unit: charging.Unit(p.Unit), Multiplier: multiplier,
		}
	}
	return read
}

func (r *reader) announcements(all []Announcement) (read []charging.Announcement) {
	for i := range all {
		a := &all[i]
		one := charging.Announcement{
			ID: a.ID, At: r.time(a.At), Order: number(a.Order), Language: a.Language,
			Play:    r.named(a.Play, charging.PlayAlternatives()),
			Quota:   r.named(a.Quota, quotaUses()),
			Private: r.named(a.Privacy, privacies()),
		}
		for _, part := range a.Parts {
			kind := r.named(part.Type, charging.PartTypes())
			one.Parts = append(one.Parts, charging.AnnouncementPart{
				Order: number(part.Order), Type: uint32(kind.Value), Value: part.Value,
			})
		}
		read = append(read, one)
	}
	return read
}

func (r *reader) failure(f *Failure) *charging.FailureHandling {
	if f == nil {
		return nil
	}
	return &charging.FailureHandling{
		Session:  r.named(f.Session, charging.SessionFailures()),
		Debit:    r.named(f.Debit, charging.DebitFailures()),
		Failover: r.named(f.Failover, charging.Failovers()),
	}
}

package scenarios

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ocs-sim/ocs-sim/charging"
)

// DoorObservation is the door of those exchanges in the journal that are observations.
const DoorObservation = "observation"

// MaxObservation is how many octets the text of an observation, and its session, may have.
const MaxObservation = 8192

// An Observation is what the tester saw elsewhere, as on the SIP side of the client under test. It
// has a number among those of exchanges, so that its place in their order is known.
type Observation struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"` // wall clock
	Session string    `json:"session,omitempty"`
	Text    string    `json:"text"`
}

// Check finds what is wrong with an observation that is to be kept.
func (o *Observation) Check() (faults []charging.Fault) {
	fault := func(path, format string, args ...any) {
		faults = append(faults, charging.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case strings.TrimSpace(o.Text) == "":
		fault("text", "say what was seen, like 200 OK to INVITE")
	case len(o.Text) > MaxObservation:
		fault("text", "the text is longer than %d octets", MaxObservation)
	case !utf8.ValidString(o.Text):
		fault("text", "the text is not UTF-8")
	}
	if len(o.Session) > MaxObservation {
		fault("session", "the session is longer than %d octets", MaxObservation)
	}
	return faults
}

// Fits reports whether the text is what a glob says.
func (o *Observation) Fits(glob string) bool { return matchesGlob(glob, o.Text) }

// Observe keeps an observation in the journal, behind all that was received before, and returns it
// with its number. The observation was checked.
func (j *Journal) Observe(o Observation) Observation {
	j.mu.Lock()
	o.Seq = j.count()
	seen := j.slot(o.Seq)
	*seen = record{number: o.Seq, at: o.At, door: DoorObservation, asked: []byte(o.Text)}
	seen.request.Key.Session.ID = o.Session
	j.ends(seen)
	j.tell()
	j.mu.Unlock()
	if j.observed != nil {
		j.observed(o)
	}
	return o
}

// Observation is the exchange seen as one.
func (x *Exchange) Observation() Observation {
	return Observation{Seq: x.Seq, At: x.At, Session: x.Session, Text: x.Text}
}

// Package ladder draws the messages of a session as a ladder: who said what to whom, from top to
// bottom, with what the ledger did beside it.
//
// A Ladder knows names and texts only; package api makes one of the journal's exchanges. SVG is for
// browsers and reports, Mermaid for documents that draw by themselves.
package ladder

import "time"

// A Ladder is a drawing that can be written as SVG and as Mermaid.
type Ladder struct {
	Title  string
	Actors []string // their names, from left to right
	Rows   []Row    // from top to bottom
}

// A Kind is what a row shows.
type Kind uint8

// The kinds of rows.
const (
	Question Kind = iota // an arrow with a full line
	Answer               // an arrow with a broken line
	Lost                 // an answer that was due and never went out
	Remark               // no arrow, but what somebody saw at an actor
)

// A Row is one message, or one remark.
type Row struct {
	At       time.Time // wall clock
	Clock    time.Time // charging clock; zero: not known, or the same
	Kind     Kind
	From, To int // places of actors; a remark stands at From
	Text     string
	Refused  bool     // an answer that says no
	Beside   []string // what the ledger did, and why
	Found    []string // what is wrong with it
}

// stamp is how times are written.
const stamp = "15:04:05.000"

// charged is the charging clock where it is not the wall clock: how far they are apart matters, and
// not what a request needed to get from one to the other.
func (r *Row) charged() (text string, told bool) {
	apart := r.Clock.Sub(r.At).Abs()
	if r.Clock.IsZero() || apart < time.Second {
		return "", false
	}
	return "charged at " + r.Clock.UTC().Format("2006-01-02 15:04:05"), true
}

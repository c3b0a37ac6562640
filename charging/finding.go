package charging

import "time"

// A Severity says how bad a finding is.
type Severity string

// The severities: a violation breaks what a standard demands, a warning is legal or tolerated and
// goes wrong with some servers, a note is worth knowing.
const (
	Violation Severity = "violation"
	Warning   Severity = "warning"
	Note      Severity = "note"
)

// A Finding is a fault of a client, as the room that saw it tells it.
type Finding struct {
	Rule, Clause, Seen, Expected string
	Exchange                     int64 // in which it was found; 0: in none that is known
	Severity                     Severity
	Conforms                     bool // whether the client may do so by the standards
	Works                        bool // whether it would go well with real servers
	At                           time.Time
	Session                      string // Session-Id
	Subscriber                   string // its first identity
	Peer                         string // Origin-Host of the client, not of a relay
}

// Title is the word as it begins a sentence.
func (s Severity) Title() string {
	if s == "" {
		return ""
	}
	return string(s[0]-'a'+'A') + string(s[1:])
}

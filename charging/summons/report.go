package summons

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Report is what came of a summons so far.
type Report struct {
	ID       int64
	Summons  charging.Summons
	Cause    Cause
	State    State
	Exchange int64           // of the journal; 0: nobody records
	Sent     time.Time       // by the wall clock, as all times here; zero: it was not sent
	Answered time.Time       // zero: no answer came
	Result   charging.Result // of the answer
	Follow   *Follow         // the CCR that followed; nil: none did
	Deadline time.Time       // until when the next step is awaited; zero: nothing is any more
	Detail   string          // why it is so, where there is more to say
}

// A Follow is the CCR that followed a summons.
type Follow struct {
	Number   uint32
	Type     charging.RequestType
	Result   charging.Result // what it was answered
	Exchange int64
	At       time.Time
}

// A Cause is why a client was summoned.
type Cause string

// The causes.
const (
	ByRequest      Cause = "request"       // somebody asked for it
	ByTopUp        Cause = "top-up"        // the account got more (RFC 8506 section 5.6.4)
	ByTariffChange Cause = "tariff-change" // other prices hold
	ByBarring      Cause = "barred"        // the account is not active any more
	ByDeletion     Cause = "deleted"       // the account is gone
	ByScenario     Cause = "scenario"      // a rule of a scenario has it as a step
)

// A State is how far a summons has come.
type State string

// The states. Sent and Answered pass by themselves, the others stay.
const (
	Sent        State = "sent"
	Answered    State = "answered"     // the client complies; its CCR is awaited
	Followed    State = "followed"     // by its CCR, which may have crossed it on the way
	NotFollowed State = "not-followed" // the client complies, but no CCR came in time
	Unanswered  State = "unanswered"   // neither answer nor CCR came in time
	Refused     State = "refused"      // by a result that is no success
	Unknown     State = "unknown"      // the client answers 5002: the session was closed
	Unreachable State = "unreachable"  // no connection leads to the client
)

// Passing reports whether the state will still change.
func (s State) Passing() bool { return s == Sent || s == Answered }

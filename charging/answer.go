package charging

import (
	"strings"
	"time"
)

// An Answer is what is remembered for a request: it never changes after the unit of work that
// made it. Doors encode it; a repeat gets the same one again.
type Answer struct {
	Key      Key
	Type     RequestType
	RFC      bool         // in the manner of RFC 8506, not of TS 32.299
	Quirks   AnswerQuirks // of the form that doors with a wire give it
	Result   Result
	Services []ServiceAnswer // in the request's order
	Cost     Quantity        // Cost-Information; no Unit: not sent
	Balance  Quantity        // Remaining-Balance; no Unit: not sent
	LowOnes  Number          // Low-Balance-Indication: 0 not applicable, 1 yes
	Enough   Number          // Check-Balance-Result: 0 enough credit, 1 no credit
	Refund   []byte          // Refund-Information
	Failed   []FailedAVP
	Message  string // Error-Message
	Edits    []Edit

	Failure *FailureHandling // what to do without answers; nil: not said
	Expires time.Time        // Account-Expiration; zero: not sent
	Unit    string           // Cost-Unit; empty: not sent

	// The rest is not remembered.
	Account  string
	Why      []Reason
	Before   Funds // of the account's money, before and after
	After    Funds
	Entry    int64 // the ledger entry that holds it; 0: none does
	Repeat   bool
	Delivery *Delivery // nil: as soon as may be
}

// A ServiceAnswer is one Multiple-Services-Credit-Control of an answer.
type ServiceAnswer struct {
	Key          ServiceKey
	Result       Result     // zero: none is sent
	Single       bool       // stands at command level, without an MSCC and so without a key
	Granted      []Quantity // Granted-Service-Unit; empty: none is sent
	ValidFor     time.Duration
	Final        *FinalUnit
	Threshold    Quantity  // Time-, Volume- or Unit-Quota-Threshold; no Unit: not sent
	HoldingTime  Number    // Quota-Holding-Time, seconds
	TariffChange time.Time // Tariff-Time-Change; zero: not sent
	Triggers     []uint32  // Trigger-Types armed; empty: no Trigger AVP

	Tariff        Number // Tariff-Change-Usage: the side that the grant is for
	Quota         *Quota // what else is said of the grant; nil: nothing
	Announcements []Announcement
}

// FinalAction is Final-Unit-Action (RFC 8506 section 8.35).
type FinalAction uint8

// The final unit actions, with their numbers on the wire.
const (
	Terminate      FinalAction = 0
	Redirect       FinalAction = 1
	RestrictAccess FinalAction = 2
)

// A FinalUnit is a Final-Unit-Indication (RFC 8506 section 8.34).
type FinalUnit struct {
	Action   FinalAction
	Redirect string   // address of the redirect server: an IP address, a URL or a SIP URI
	Filters  []string // Restriction-Filter-Rule
	Names    []string // Filter-Id
	QoS      bool     // as QoS-Final-Unit-Indication, where the answer is of RFC 8506
}

// Restrict adds what access is restricted to: a Restriction-Filter-Rule where the text begins with
// an action (RFC 6733 section 4.3.1), else the name of a filter, Filter-Id.
func (f *FinalUnit) Restrict(item string) {
	if strings.HasPrefix(item, "permit ") || strings.HasPrefix(item, "deny ") {
		f.Filters = append(f.Filters, item)
		return
	}
	f.Names = append(f.Names, item)
}

// Restrictions are the filter rules, and then the names of filters.
func (f *FinalUnit) Restrictions() []string {
	return append(append([]string{}, f.Filters...), f.Names...)
}

// An Edit changes one AVP of a finished answer. Only package diameter understands its path.
type Edit struct{ Op, Path, Value string }

// Delivery says how an answer goes out, not what it is; it is not remembered, so that a repeat of
// the request gets its answer as it should be. Times are of the wall clock.
type Delivery struct {
	Delay   time.Duration
	Hold    <-chan struct{} // held until it is closed; Delay is the longest then, 0: for ever
	Drop    bool            // the answer never goes out
	Unheard bool            // nor was the request charged
	Copies  int             // sent so many times more
	Behind  bool            // goes out behind the next answer of its connection
	Preset  string          // made wrong: the name is the door's
	Slice   int             // octets that one write carries; 0: as many as may be
	Pause   time.Duration   // between two writes
	Ending  Ending          // of the connection
	Early   bool            // it ends before the answer, which never goes out
	Deaf    time.Duration   // nothing is read so long
	Mute    time.Duration   // watchdog requests get no answer so long
	Goodbye Number          // a DPR with this Disconnect-Cause follows the answer
}

// Silent reports whether the answer never goes out.
func (d *Delivery) Silent() bool { return d.Drop || d.Unheard || d.Early }

// An Ending is how a connection is ended.
type Ending uint8

// The endings.
const (
	Stays     Ending = iota
	Closes           // in good order for the transport, without a DPR
	Resets           // TCP RST
	HalfClose        // our side only: nothing more is sent, and the peer may go on
)

// Funds are an account's means for one purpose, at one moment.
type Funds struct {
	Money    Quantity // balance
	Reserved int64
	Usable   int64 // balance + credit limit - reserved
}

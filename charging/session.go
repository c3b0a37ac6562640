package charging

import (
	"slices"
	"strings"
	"time"
)

// ClosedByExpiry is the Session.ClosedBy of a session that supervision ended.
const ClosedByExpiry = "expired"

// A Session is the state of one credit-control session. It is a value that is replaced, never
// changed in place, so that a ledger can go back to the one before.
type Session struct {
	ID       SessionID
	Account  string
	Origin   Origin
	Context  string
	Opened   time.Time
	Deadline time.Time   // when supervision (Tcc, RFC 8506 section 13) ends the session
	Closed   time.Time   // zero while open
	ClosedBy string      // termination, denied, expired, forced
	Highest  uint32      // highest CC-Request-Number answered
	Attached int64       // participants attached
	Info     Information // as last told; Participants is the number that prices
	Cost     Quantity    // accumulated, without reservations
	Vendor   bool        // the client sent an AVP of vendor 10415
	Services []ServiceState
	Payers   Payers
	Route    *Route // by which the last request came; nil: by none that is known
}

// Payers are the accounts of the parties that rules of a session have let pay so far. Whoever the
// called or calling party is when the first such rule is met stays it until the session ends.
type Payers struct{ Called, Calling string }

// Open reports whether the session is open.
func (s *Session) Open() bool { return s != nil && s.Closed.IsZero() }

// relay is the neighbour by which the session's requests come, where that is not the client.
func (s *Session) relay() string {
	if s.Route == nil || strings.EqualFold(s.Route.Peer, s.Origin.Host) {
		return ""
	}
	return s.Route.Peer
}

// A ServiceState is what a session holds for one service.
type ServiceState struct {
	Key         ServiceKey
	Conditions  Conditions // of the grant, or last granted
	Progress    Progress
	Granted     int64 // units granted, in the rule's unit
	Reservation int64 // 0: holds nothing
	Held        Amounts
	LastReport  time.Time
	ValidUntil  time.Time
	Final       bool   // the last answer carried a final unit
	Counted     int64  // of a cumulative counter, what is charged already
	Number      uint32 // the request that set this
	Armed       []uint32
	Payer       string // the account that pays for the grant, where it is not the session's
}

// PaidBy is the account that pays for the service, in a session on an account.
func (s *ServiceState) PaidBy(account string) string {
	if s != nil && s.Payer != "" {
		return s.Payer
	}
	return account
}

// Conditions are a snapshot of what prices units: plan, rule, participants, media, tariff period.
type Conditions struct {
	Plan         string
	Version      int64
	Rule         string
	Unit         Unit
	Price        int64    // of one block at these conditions, in the plan's currency
	Participants Number   // known where the rule prices participants
	Media        []string // known where the rule prices media
	Period       int64    // start of the tariff period, Unix seconds; 0: the rule has no periods
	Size         Number   // where the rule has size tiers
}

// Same reports whether both are the same conditions, so that rounding goes on.
func (c *Conditions) Same(d *Conditions) bool {
	return c.Plan == d.Plan && c.Version == d.Version && c.Rule == d.Rule && c.Price == d.Price &&
		c.Participants == d.Participants && c.Period == d.Period && slices.Equal(c.Media, d.Media)
}

// Progress is how far a service is priced: what is paid of a started block and of the session.
type Progress struct {
	Rest   int64 // units that are paid of a started block and not used
	Blocks int64 // sum of block charges so far, in the plan's currency
	Paid   int64 // sum paid so far, set-up and minimum charge included
	Begun  bool  // something was used
}

// Amounts are units drawn from balances of units, and money.
type Amounts struct {
	Units int64
	Money int64
}

// An Account is what charging needs to know of one.
type Account struct {
	ID         string
	Status     Status
	Plan       string
	Identities []Identity
}

// Status is an account's state.
type Status string

// The states of an account.
const (
	Active  Status = "active"
	Barred  Status = "barred"
	Expired Status = "expired"
)

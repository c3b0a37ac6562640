package charging

import "time"

// Settings say how a server behaves where the standards leave it open, or where real servers and
// clients depart from them. They may differ from client to client. The zero value is the default;
// of every word, the empty one means the first that its type names.
type Settings struct {
	// Strictness says whether faults that real stacks are known for are served or refused.
	Strictness Strictness
	// Answer is the form of answers: that of 3GPP Ro, or of RFC 8506.
	Answer AnswerProfile

	// FinalUnits says how the last units are announced (RFC 8506 section 5.6).
	FinalUnits FinalUnits
	// DenyLevel says where a refusal of one service stands: in its MSCC, at command level, or both.
	DenyLevel DenyLevel
	// DenyCodes are the results of refusals, by cause; zero means the standard's.
	DenyCodes DenyCodes
	// Reservation says what becomes of the unused part of a grant when the next one is made.
	Reservation ReservationModel
	// Overspend says what becomes of usage that the account cannot pay.
	Overspend Overspend
	// UngrantedUsage says what becomes of usage that no grant stands for.
	UngrantedUsage UngrantedUsage
	// EmptyRSU is what a Requested-Service-Unit without units is answered.
	EmptyRSU EmptyRSU
	// AbsentRSU is what a service without Requested-Service-Unit is answered in a CCR-I, or in a
	// CCR-U in which it reports nothing either.
	AbsentRSU AbsentRSU
	// UnknownSession is what a CCR-U or CCR-T of a session that nobody opened is answered.
	UnknownSession UnknownSession
	// TerminationUsage says whether what a CCR-T reports is debited.
	TerminationUsage TerminationUsage
	// LateUsage says what becomes of usage that comes after supervision ended its session.
	LateUsage LateUsage
	// AfterFinal says which request must follow a final unit with TERMINATE.
	AfterFinal AfterFinal
	// Partial says whether less than was asked for may be granted.
	Partial Partial
	// RARWait is how long the CCR that must follow a re-authorization is awaited; 0: the default.
	RARWait time.Duration
	// ReauthorizeOn and AbortOn are when the client is sent a RAR or ASR though nobody asks.
	ReauthorizeOn, AbortOn Occasions
	// NoMSCC is what a request without Multiple-Services-Credit-Control is answered.
	NoMSCC NoMSCC
	// USUPriority are the units that usage is read in, the first that was told of them; none: the
	// rule's, where total octets are input and output. FirstUSU reads the first report of each
	// service only.
	USUPriority []Unit
	FirstUSU    bool
	// Duplicates says which repeats of a request are given the answer of the first.
	Duplicates Duplicates
	// Validity is the Validity-Time of every grant; 0: the plan's. NoValidity sends none.
	Validity   time.Duration
	NoValidity bool
	// GrantUnit is the only unit that sessions are granted; empty: the rule's.
	GrantUnit Unit
	// ParticipantsSource says where the number of participants is read.
	ParticipantsSource ParticipantsSource
	// ParticipantsOffset is added to the number of participants that was told.
	ParticipantsOffset int64
	// CheckBalance says where the answer to CHECK_BALANCE stands.
	CheckBalance CheckBalanceForm
	// Quirks are peculiarities of other servers' answers.
	Quirks AnswerQuirks
	// DuplicatePeer says what becomes of a second connection of a peer.
	DuplicatePeer DuplicatePeer
	// OriginState says what becomes of the sessions of a client whose Origin-State-Id has gone up
	// (RFC 6733 section 8.16).
	OriginState OriginState
	// TimerScale is what timers that are sent are multiplied by, in millionths, up to a million
	// times; 0: not at all.
	TimerScale int64
}

// Strictness says how faults of clients are taken.
type Strictness string

// The grades of strictness.
const (
	Interop Strictness = "interop" // serve what real stacks send
	Strict  Strictness = "strict"  // answer as RFC 6733 and RFC 8506 say
)

// AnswerProfile is a form of answers.
type AnswerProfile string

// The forms of answers.
const (
	AnswerRo  AnswerProfile = "ro"  // as TS 32.299 narrows RFC 8506
	AnswerRFC AnswerProfile = "rfc" // as RFC 8506 has them
)

// FinalUnits says how the last units are announced.
type FinalUnits string

// The ways to announce the last units.
const (
	FinalWithLast FinalUnits = "last_grant" // Final-Unit-Indication beside the last grant
	FinalWithZero FinalUnits = "zero_grant" // in an answer of its own, once nothing is left
	FinalNever    FinalUnits = "none"       // not at all: a refusal follows
)

// DenyLevel says where a refusal stands.
type DenyLevel string

// The levels of a refusal.
const (
	DenyService DenyLevel = "mscc"    // in the MSCC, with 2001 at command level
	DenyCommand DenyLevel = "command" // at command level, which ends the session
	DenyBoth    DenyLevel = "both"
)

// DenyCodes are results by cause; zero means the standard's.
type DenyCodes struct {
	Credit            Result // not enough credit: 4012
	Barred            Result // the account is barred: 4010
	Expired           Result // the account is expired: 4010
	UnknownSubscriber Result // no account has the identity: 5030
	NoRule            Result // no rule rates the service: 5031
}

// ReservationModel says how grants are backed by reservations.
type ReservationModel string

// The models of reservation.
const (
	ReserveReplacing ReservationModel = "replace"  // a new grant's takes the place of the old one's
	ReserveAdding    ReservationModel = "additive" // what is not used stays reserved beside the new
	ReserveNothing   ReservationModel = "none"     // nothing is set aside
)

// Overspend says what becomes of usage that the account cannot pay.
type Overspend string

// The ways to take overspending.
const (
	OverspendAllow Overspend = "allow"      // the balance goes below zero
	OverspendFloor Overspend = "floor_zero" // only what is there is debited
	OverspendDeny  Overspend = "deny_next"  // as allow, and the next request is refused
)

// UngrantedUsage says what becomes of usage that no grant stands for.
type UngrantedUsage string

// The ways to take usage without a grant.
const (
	UngrantedCharge UngrantedUsage = "charge"
	UngrantedIgnore UngrantedUsage = "ignore"
	UngrantedRefuse UngrantedUsage = "5031"
)

// EmptyRSU is what a Requested-Service-Unit without units gets.
type EmptyRSU string

// What an empty Requested-Service-Unit gets.
const (
	EmptyDefault EmptyRSU = "default" // the rule's default quota
	EmptyMax     EmptyRSU = "max"     // the rule's largest quota
	EmptyRefuse  EmptyRSU = "5004"
)

// AbsentRSU is what a service without Requested-Service-Unit gets.
type AbsentRSU string

// What a service without Requested-Service-Unit gets.
const (
	AbsentNone    AbsentRSU = "none" // success without a grant
	AbsentDefault AbsentRSU = "default"
	AbsentRefuse  AbsentRSU = "5012"
)

// UnknownSession is what requests of unknown sessions get.
type UnknownSession string

// What requests of unknown sessions get.
const (
	UnknownRefuse  UnknownSession = "5002"
	UnknownRate    UnknownSession = "rate" // as if the session had begun with the request
	UnknownSucceed UnknownSession = "2001" // success, and nothing moves
)

// TerminationUsage says whether the last report counts.
type TerminationUsage string

// What becomes of the usage that a CCR-T reports.
const (
	TerminationDebits  TerminationUsage = "debit"
	TerminationIgnores TerminationUsage = "ignore"
)

// LateUsage says what becomes of usage after supervision ended a session.
type LateUsage string

// What becomes of late usage.
const (
	LateRefuse LateUsage = "5002"
	LateDebit  LateUsage = "debit"
)

// AfterFinal says what must follow a final unit with TERMINATE.
type AfterFinal string

// What may follow a final unit.
const (
	AfterFinalAny         AfterFinal = "any"
	AfterFinalTermination AfterFinal = "termination" // CCR-T at once (RFC 8506 section 5.6.1)
	AfterFinalUpdate      AfterFinal = "update"      // CCR-U that reports (TS 32.299 section 6.5.3)
)

// Partial says whether less than was asked for may be granted.
type Partial string

// Who decides on partial grants.
const (
	PartialByPlan Partial = "plan"
	PartialAlways Partial = "true"
	PartialNever  Partial = "false"
)

// NoMSCC is what requests without Multiple-Services-Credit-Control get.
type NoMSCC string

// What requests without MSCC get.
const (
	NoMSCCAccept       NoMSCC = "accept"        // success; units at command level get an MSCC
	NoMSCCRefuse       NoMSCC = "5005"          // the AVP is missing
	NoMSCCCommandUnits NoMSCC = "command_units" // units at command level, as RFC 8506 allows
)

// InputOutput stands in Settings.USUPriority for the sum of input and output octets.
const InputOutput Unit = "input_output"

// Duplicates says which repeats are given the first answer.
type Duplicates string

// Which repeats are given the first answer.
const (
	DuplicatesAlways  Duplicates = "always"
	DuplicatesFlagged Duplicates = "t_only" // those with the T flag; others count as new
)

// ParticipantsSource says where the number of participants is read.
type ParticipantsSource string

// Where the number of participants is read.
const (
	ParticipantsAny     ParticipantsSource = "any"          // in this order, whatever is there
	ParticipantsNumber  ParticipantsSource = "number"       // Number-Of-Participants
	ParticipantsGroups  ParticipantsSource = "groups"       // one for each Participant-Group
	ParticipantsService ParticipantsSource = "service_type" // +1 and -1 by Application-Service-Type
)

// CheckBalanceForm says where the answer to CHECK_BALANCE stands.
type CheckBalanceForm string

// Where the answer to CHECK_BALANCE stands.
const (
	CheckBalanceAVP    CheckBalanceForm = "avp"         // Check-Balance-Result, with 2001
	CheckBalanceResult CheckBalanceForm = "result_code" // 2001 or 4012
)

// DuplicatePeer says what becomes of a second connection of a peer.
type DuplicatePeer string

// The ways to take a second connection.
const (
	DuplicateAdmit   DuplicatePeer = "admit"
	DuplicateReject  DuplicatePeer = "reject"
	DuplicateReplace DuplicatePeer = "replace"
)

// OriginState says what becomes of sessions whose client started again.
type OriginState string

// What becomes of sessions whose client started again.
const (
	OriginStateIgnore OriginState = "ignore"
	OriginStateClean  OriginState = "clean" // they end, and what they hold is released
)

// Scaled is a timer as it is sent: multiplied, but one second at least. No timer stays none.
func (s *Settings) Scaled(timer time.Duration) time.Duration {
	if s.TimerScale == 0 || timer <= 0 {
		return timer
	}
	const whole = 1_000_000
	seconds := int64(timer / time.Second)
	// In two parts, so that nothing overflows with a scale of up to a million.
	scaled := seconds/whole*s.TimerScale + seconds%whole*s.TimerScale/whole
	return time.Duration(min(max(scaled, 1), longestTimer)) * time.Second
}

// longestTimer is as many seconds as an AVP of 32 bits holds.
const longestTimer = 1<<32 - 1

// IsStrict reports whether faults are to be refused as the standards say; by default not.
func (s *Settings) IsStrict() bool { return s != nil && s.Strictness == Strict }

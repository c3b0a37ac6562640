package charging

import (
	"context"
	"slices"
	"time"
)

// A Charger answers every request exactly once, through reply, after all that the answer rests
// on is on disk, in log order for each connection. Charge itself returns as soon as the request has
// its place in the order and blocks only for back-pressure; reply must not block or call Charge.
type Charger interface {
	Charge(ctx context.Context, r *Request, reply func(*Answer))
}

// Ask is the blocking form for REST, commands and tests. It returns the context's error if that
// ends first; the request may have been charged then.
func Ask(ctx context.Context, c Charger, r *Request) (*Answer, error) {
	got := make(chan *Answer, 1)
	c.Charge(ctx, r, func(a *Answer) { got <- a })
	select {
	case a := <-got:
		return a, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A Ledger keeps accounts, sessions and answers. Update runs work at time max(at, last entry), as
// one unit: if it errs, nothing of it stands. done is called exactly once, in log order, when
// everything that work wrote or could have seen is on disk, or with the error that prevents it.
// View is the same for reading, and returns when what look saw is on disk.
//
// work may run again, so it acts only through Tx.
type Ledger interface {
	Update(ctx context.Context, at time.Time, work func(Tx) error, done func(error))
	View(ctx context.Context, look func(Tx) error) error
}

// OutcomeUnknown is wrapped by errors given to done where the disk may or may not hold the
// entry: such a request gets no answer, and its connection closes.
type OutcomeUnknown struct{ Err error }

// Error returns the cause.
func (e *OutcomeUnknown) Error() string { return "outcome unknown: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *OutcomeUnknown) Unwrap() error { return e.Err }

// A Tx is one unit of work on the ledger.
type Tx interface {
	// Now is max(at, last entry): it never runs back.
	Now() time.Time

	// Answered finds the answer given to a key before.
	Answered(Key) (Prior, bool)
	// Remember makes the answer the one for its key and returns the number of the entry.
	Remember(a *Answer, fingerprint uint64, endToEnd uint32) int64

	// Subscriber finds the account of an identity, Account one by its id, and Plan a version of
	// a plan; version 0 is the current one.
	Subscriber(Identity) (*Account, bool)
	Account(id string) (*Account, bool)
	Plan(name string, version int64) (*PlanVersion, bool)

	// Session finds a session, closed ones too as long as they are remembered. What it returns
	// is not to be changed; PutSession puts another in its place. Closing releases nothing.
	Session(SessionID) (*Session, bool)
	PutSession(*Session)
	// Reroute notes by which connection a session is heard of, without an entry.
	Reroute(SessionID, *Route)
	// Forget drops a closed session and the answers of its life, so that its id can live again.
	Forget(SessionID)

	// Available says what the account has for the purpose now.
	Available(account string, p Purpose) Means
	// Reserve sets amounts aside; it fails with KindInsufficientCredit rather than take what is
	// available below zero. Draw order: priority, earliest end, id.
	Reserve(account string, holder Holder, p Purpose, a Amounts) (reservation int64, err error)
	// Settle posts each part, first from the reservation, then from what is available; money that
	// nobody has makes a balance negative and is reported as overrun. The rest of the reservation
	// is released. Reservation 0 debits directly.
	Settle(account string, reservation int64, p Purpose, parts []Part) (overrun Amounts, err error)
	// Release ends a reservation unused.
	Release(reservation int64) error
	// Credit posts amounts back to the account.
	Credit(account string, p Purpose, part Part) error
	// Funds are the account's money in a currency, for the record.
	Funds(account string, currency Unit) Funds
	// Expiration is when the last of the account's balances ends; zero where one never does.
	Expiration(account string) time.Time
}

// Prior is an answer given before.
type Prior struct {
	Fingerprint uint64
	EndToEnd    uint32
	Entry       int64
	Answer      []byte // see Answer.UnmarshalBinary
}

// A PlanVersion is one immutable version of a plan, in its written form.
type PlanVersion struct {
	Name    string
	Version int64
	Source  []byte // the plan's document as JSON
}

// A Purpose restricts which balances may pay: those of the rule's unit, one for one, and those in
// the plan's currency, where they are open for the rating group.
type Purpose struct {
	Group    Number
	Unit     Unit
	Currency Unit
}

// Means are what an account has for a purpose, reserved amounts taken off. Neither is below zero.
type Means struct {
	Amounts
	HasUnits bool // there is a balance of units for the purpose, however empty
	HasMoney bool // there is a balance of money for the purpose
}

// A Holder is who holds a reservation.
type Holder struct {
	Session SessionID
	Service ServiceKey
}

// A Part is one sum of a settlement with its reason, for one posting or more.
type Part struct {
	Amounts
	Session SessionID
	Number  uint32
	Reason  Reason
}

// Tariffs price. Plan returns a version compiled; compiling the same version again is cheap.
type Tariffs interface {
	Plan(*PlanVersion) (Plan, error)
}

// A Plan is a compiled plan: pure functions, no clock.
type Plan interface {
	Currency() Unit
	// Rate finds the first rule that matches and what a block costs at these inputs. The error is
	// *Unrated where no rule matches or an input is missing.
	Rate(in *Inputs) (Conditions, error)
	// Terms are the rule's other words. The conditions' plan and version must be this plan's.
	Terms(c *Conditions) (*Terms, error)
	// Price is what `units` more units cost in money after progress p.
	Price(c *Conditions, p Progress, units int64) (Charge, error)
	// Afford finds the largest grant up to want, not above what money pays, and its charge.
	Afford(c *Conditions, p Progress, want, money int64) (units int64, charge Charge, err error)
	// Begin is the set-up fee, due with the first used unit even where a balance of units pays it.
	Begin(c *Conditions, p Progress) (Charge, error)
	// Resume carries progress over to conditions `to`, as the rule's rounding says; a new report
	// is announced by the same conditions twice.
	Resume(from, to *Conditions, p Progress) Progress
	// Switch is the first instant after `from` at which Rate may give another result for the same
	// inputs; false where there is none.
	Switch(in *Inputs, from time.Time) (time.Time, bool)
}

// Inputs are what a rule can match and price.
type Inputs struct {
	Context      string
	Service      ServiceKey
	Event        bool   // the service is charged by CCR-E
	Units        []Unit // units asked for or used; empty: the server decides
	Info         *Information
	Participants Number // the number that prices
	At           time.Time
	Attributes   Attributes
	Monetary     bool // money that no rule counts costs itself (RFC 8506 section 5.2)
}

// Charge is a price with its reasons.
type Charge struct {
	Money    int64
	Blocks   int64
	Price    int64 // of one block
	Setup    int64 // of Money: set-up and what lifts it to the minimum charge
	Progress Progress
}

// Terms are what a rule says beside the price. Units are the rule's.
type Terms struct {
	Rule         string
	Unit         Unit
	Default      int64 // of a grant, where the client asks for nothing particular
	Min, Max     int64 // 0: none
	Partial      bool
	ValidFor     time.Duration
	Threshold    int64 // 0: none
	HoldingTime  Number
	Final        FinalUnit
	TariffAVP    bool     // announce a tariff switch by Tariff-Time-Change
	TariffRAR    bool     // ask the client by a RAR when the tariff switches
	Triggers     []uint32 // worth arming: 40 media, 50 participants
	Count        []string // where an event's number of units comes from
	CountDefault int64
	Cumulative   bool   // counters count from the session's start
	InitialAsIs  bool   // participants of an initial request are priced as sent
	CountInviter bool   // one more than told
	Payer        string // subscription_id, called, calling
	Send         Sends
	LowBalanceAt int64 // money; 0: none
	Uncontrolled bool  // where it costs nothing, credit control does not apply
	CostUnit     string
	Quota        *Quota           // nil: nothing is said
	Announce     *Announcements   // nil: none
	Announces    bool             // a rule of the plan does
	Pools        bool             // a rule of the plan puts its grants into a pool
	CallerPays   bool             // a rule of the plan charges the calling party
	Failure      *FailureHandling // nil: not said; the plan's
}

// Sends says which optional AVPs a plan wants in answers.
type Sends struct {
	Said                               bool // the plan says; else Cost, and the others to 3GPP clients
	Cost, Balance, LowBalance, Trigger bool
	Expiration                         bool // Account-Expiration
}

// Unrated is returned by Plan.Rate: no rule matches, or one that does lacks an input.
type Unrated struct {
	Missing string // AVP path of the input; empty: no rule matches
	Context bool   // no rule is for this Service-Context-Id
}

// Error says what is missing.
func (e *Unrated) Error() string {
	if e.Missing == "" {
		return "no rule of the plan matches"
	}
	return "the rule needs " + e.Missing
}

// A Script decides on purpose. It is asked inside the unit of work, after the repeat check: it
// sees the session as it was, and repeats use nothing up.
type Script interface {
	Decide(*Situation) Decision
}

// A Situation is a request with what is known about it.
type Situation struct {
	Request             *Request
	Session             *Session // nil: none is open
	Account             *Account // nil: unknown
	Participants        Number   // as they will price
	Media               []string
	ParticipantsChanged bool // against the session, or by Trigger
	MediaChanged        bool
	Repeat              bool // it was answered before
	Now                 time.Time
	Holdings            Holdings // nil: the account's means are not known
	Between             string   // CER, DWR or DPR: it is about peers, and nothing is charged
}

// Holdings tell what the account at hand has.
type Holdings interface {
	// Holds is what is available of a unit, reserved amounts taken off.
	Holds(Unit) int64
}

// Holds is what the account has available of a unit; unknown where there is no account.
func (s *Situation) Holds(unit Unit) Number {
	if s.Holdings == nil || s.Account == nil {
		return Number{}
	}
	return Known(s.Holdings.Holds(unit))
}

// A Decision is what a script wants done. The zero value: charge as usual.
type Decision struct {
	Rule     string // scenario and rule that acted; empty: none did
	Only     ServiceMatch
	Limit    *Limit
	Instead  *Instead
	Edits    []Edit
	Delivery *Delivery
}

// A ServiceMatch restricts a decision to some services; unknown numbers match all.
type ServiceMatch struct{ Group, ID Number }

// Matches reports whether a decision is for the service.
func (m ServiceMatch) Matches(key ServiceKey) bool {
	if m.Group.Known && m.Group != key.Group {
		return false
	}
	return !m.ID.Known || slices.Contains(key.IDs, uint32(m.ID.Value))
}

// A Limit bounds a grant before charging.
type Limit struct {
	Grant    Quantity // no Unit: as usual
	Final    *FinalUnit
	ValidFor Number // seconds
}

// Level says where a scripted result stands.
type Level uint8

// The levels of a result.
const (
	AtService Level = iota // in the MSCC, with 2001 at command level
	AtCommand
	AtBoth
)

// Movement says what a scripted answer does to the ledger.
type Movement uint8

// The movements under a scripted answer.
const (
	ByResult    Movement = iota // settle for 4xxx and 5xxx, skip for 3xxx, normal for 2xxx
	MoveSettle                  // debit the reported usage, release, reserve nothing
	MoveNormal                  // charge as usual, then answer as scripted
	MoveNothing                 // nothing moves
)

// Instead is an answer given on purpose.
type Instead struct {
	Result   Result
	Level    Level
	Grant    Quantity // no Unit: see NoGrant
	NoGrant  bool
	Final    *FinalUnit
	ValidFor Number // seconds
	Services []InsteadService
	Ledger   Movement
}

// InsteadService is a scripted answer for one rating group.
type InsteadService struct {
	Match    ServiceMatch
	Result   Result
	Grant    Quantity
	NoGrant  bool
	Final    *FinalUnit
	ValidFor Number
}

// A Recorder is told everything that doors see, frames refused before a Request existed included.
// It must not block. Received returns the number of the exchange. Sent with the zero Message says
// that nothing went out, and nothing will.
type Recorder interface {
	Received(Message) (exchange int64)
	Answered(*Request, *Answer)
	Sent(exchange int64, m Message)
	Found(Finding)
}

// A Message is what went over a door, one way.
type Message struct {
	Door string    // gy, rest
	Peer string    // Origin-Host where known, else the address
	Link string    // the connection: the address at its other end, if it has one
	Ours bool      // this server asks, and the peer answers
	Last bool      // nothing answers it
	At   time.Time // wall clock
	Raw  []byte    // not changed after the call
}

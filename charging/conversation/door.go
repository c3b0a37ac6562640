package conversation

import (
	"context"
	"errors"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Door is a server as a conversation reaches it. Charger is all that must be there; where another
// is nil, the lines that need it are passed over and the report says so.
//
// A Charger in process has to set Request.At itself: a conversation knows no time of day.
type Door struct {
	Name    string // in process, gy, rest
	Charger charging.Charger
	Books   Books  // for lines "=" and "!"
	Turner  Turner // for lines "+"
	Wire    Wire   // for words that exist on the wire alone
	Caller  Caller // for lines "*", by which the server is told to ask
	Hearer  Hearer // for lines "< rar" and "< asr"
	// Settings are those of the server, for files that need one: late-usage=debit.
	Settings []string
	// Explain returns the reasons behind the answer to a key, for transcripts, where answers at this
	// door carry none; it may be nil.
	Explain func(ctx context.Context, key charging.Key) []charging.Reason
}

// Books tell what accounts hold and take credits. An account nobody has is an error.
type Books interface {
	Account(ctx context.Context, id string) (Account, error)
	// Credit pays in, or out where the amount is below zero. Balance "" is the first that fits.
	Credit(ctx context.Context, account, balance string, amount charging.Quantity) error
}

// A Turner moves the charging clock and returns when everything due by then is posted. Set also
// stops it, so that it moves only when told.
type Turner interface {
	Advance(ctx context.Context, by time.Duration) error
	Set(ctx context.Context, at time.Time) error
}

// A Wire sends what only a wire can say. Connection "" is the first connection of the client;
// other names open one more with the same Origin-Host. It calls reply once, with the answer, nil if
// the connection closed without one, and the AVPs of the answer. Words it does not know are errors.
type Wire interface {
	ChargeWire(ctx context.Context, connection string, r *charging.Request, words []Word,
		reply func(*charging.Answer, charging.Attributes)) error
}

// A Caller has the server summon a client, and reports what came of the last summons of a session;
// Told waits until nothing is awaited any more.
type Caller interface {
	Summon(ctx context.Context, s *charging.Summons) error
	Told(ctx context.Context, session charging.SessionID) (Outcome, error)
}

// An Outcome is what the server reports of a summons.
type Outcome struct {
	State  string          // followed, not-followed, unanswered, refused, unknown, unreachable
	Result charging.Result // of the answer; 0: none came
	Number charging.Number // of the CCR that followed
}

// A Hearer hears what the server asks of its client. While it listens, nothing of it is answered
// but by Answer; otherwise the client answers by itself. Hear returns the next one, whenever it
// came since Listen.
type Hearer interface {
	Listen(on bool)
	Hear(ctx context.Context) (*Question, error)
}

// A Question is a RAR or an ASR that the server has sent.
type Question struct {
	Summons    charging.Summons
	Attributes charging.Attributes
	Answer     func(charging.Result) error
}

// An Account is what an account holds now.
type Account struct {
	ID       string
	Balances []Balance
}

// A Balance is one balance of an account.
type Balance struct {
	ID                  string
	Amount              charging.Quantity
	Reserved, Available int64 // in the amount's unit; available may be below zero after an overrun
}

// ErrNeeds is returned where a conversation needs a setting that the server does not have.
var ErrNeeds = errors.New("the server has not the setting that the conversation needs")

// ErrWireOnly is returned where a conversation uses words of the wire at a door without one.
var ErrWireOnly = errors.New("uses words that exist on the wire alone, so it is played at Gy only")

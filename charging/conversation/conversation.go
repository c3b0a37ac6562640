package conversation

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Conversation is a file that was understood.
type Conversation struct {
	Name  string
	Seed  []byte // the YAML before the last line "---", line numbers as in the file; may be empty
	Steps []Step
	// Needs are settings that the server must have for the file to come out as written, as
	// late-usage=debit; see Door.Settings.
	Needs []string
}

// A Step is one line that does something. Exactly one of its pointers is set.
type Step struct {
	Line     int // 1 is the first
	Text     string
	Send     *Send
	Expect   *Expect
	Check    *Check
	Advance  *Advance
	Transfer *Transfer
	Turn     *Turn
	Call     *Call
	Heard    *Heard
	Told     *Told
}

// A Send is a request, line ">".
type Send struct {
	// Request is complete but for what differs from run to run: Key.Session.ID holds the name
	// that the file gives the session, EndToEnd counts from 1 in the file, Origin may be empty.
	Request    charging.Request
	RefundLast bool   // take the last Refund-Information: the session's, else the conversation's
	Connection string // of the client; "" is the first one
	Wire       []Word // avp, flags and raw, in their order
}

// A Word is one that only a wire understands, as in avp:Origin-State-Id=7: what is done, to which
// AVP where there is one, and the value. Only a door with a Wire can tell what they mean.
type Word struct {
	Name  string // avp, add, flags, raw or expect-avp
	Path  string
	Value string

	Column int // where the word begins in its line, counted in bytes from 1
}

// A Check is what an account must hold, line "=".
type Check struct {
	Account  string
	Balance  string // id; "" sums all balances of a unit
	Holdings []Holding
}

// A Holding is what there must be in one unit. Reserved and Available are compared if known.
type Holding struct {
	Amount    charging.Quantity
	Reserved  charging.Number
	Available charging.Number
}

// Advance moves the charging clock, line "+".
type Advance struct{ By time.Duration }

// A Turn sets the charging clock and stops it there, "! clock TIME".
type Turn struct{ At time.Time }

// A Transfer credits an account, or debits it where the amount is below zero, as in
// "! credit alice 5.00 EUR".
type Transfer struct {
	Account string
	Balance string // "" is the first that fits
	Amount  charging.Quantity
}

// WireOnly reports whether the file uses words that exist on the wire alone (avp:, add:, flags:,
// raw:, expect-avp: and conn=), or requests of the server, so that it can be played at Gy and
// nowhere else.
func (c *Conversation) WireOnly() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Call != nil || s.Heard != nil || s.Told != nil ||
			s.Send != nil && (s.Send.Connection != "" || len(s.Send.Wire) > 0) ||
			s.Expect != nil && len(s.Expect.Wire) > 0
	})
}

// Accounts lists the accounts that the conversation checks, in the order it names them first.
func (c *Conversation) Accounts() []string {
	var ids []string
	for _, step := range c.Steps {
		if step.Check != nil && !slices.Contains(ids, step.Check.Account) {
			ids = append(ids, step.Check.Account)
		}
	}
	return ids
}

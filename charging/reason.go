package charging

import (
	"strconv"
	"strings"
)

// A Reason explains one step: why a grant has its size, why money moved. It is kept as data and
// rendered only when somebody reads it; journal, console, commands and postings show the same.
type Reason struct {
	Code         string // a stable word: see the constants
	Service      ServiceKey
	Rule         string   // rating rule, or scenario and rule
	Units        Quantity // units priced or granted
	Blocks       int64
	Price        int64    // of one block, in Cost's unit
	Setup        int64    // of it set-up and minimum charge
	Cost         Quantity // money, or units drawn from a balance of units
	Participants Number
	Media        []string
	Detail       string
}

// The codes of reasons.
const (
	BecauseUsed       = "used"       // usage settled at the conditions of its grant
	BecauseOverrun    = "overrun"    // usage above what was reserved
	BecauseReleased   = "released"   // unused rest given back
	BecauseGranted    = "granted"    // units priced and reserved
	BecauseLast       = "last-units" // the account affords no more than this
	BecauseDenied     = "denied"     // refused, with the result in Detail
	BecauseScript     = "script"     // a scenario's rule acted
	BecauseConditions = "conditions" // the conditions changed
	BecauseRepeat     = "repeat"     // a request that was answered before
	BecauseLate       = "late"       // usage for a session that is closed: lost revenue
	BecauseClosed     = "closed"     // the session ended
	BecauseDebit      = "debit"      // direct debit of an event
	BecauseRefund     = "refund"     // credited back
	BecauseIgnored    = "ignored"    // something in the request was not used
	BecauseTariff     = "tariff"     // a tariff period ends
	BecauseOutOfOrder = "out-of-order"
	BecausePayer      = "payer"   // another account than the subscriber's pays
	BecauseFree       = "free"    // costs nothing: no credit control
	BecausePool       = "pool"    // drawn by another service of the credit pool
	BecauseSetting    = "setting" // a setting decided, named in Detail with what it did
)

// String renders the reason as one sentence.
func (r Reason) String() string {
	var b strings.Builder
	b.WriteString(r.Code)
	if r.Service.Group.Known {
		b.WriteString(" rg=" + strconv.FormatInt(r.Service.Group.Value, 10))
	}
	if r.Units.Unit != "" {
		b.WriteString(" " + r.Units.String())
	}
	if r.Rule != "" {
		b.WriteString(" by " + r.Rule)
	}
	r.renderPrice(&b)
	if r.Detail != "" {
		b.WriteString(": " + r.Detail)
	}
	return b.String()
}

func (r Reason) renderPrice(b *strings.Builder) {
	if r.Participants.Known {
		b.WriteString(" n=" + strconv.FormatInt(r.Participants.Value, 10))
	}
	if len(r.Media) > 0 {
		b.WriteString(" media=" + strings.Join(r.Media, ","))
	}
	if r.Cost.Unit == "" {
		return
	}
	b.WriteString(", ")
	if r.Blocks > 0 {
		price := Quantity{r.Price, r.Cost.Unit}
		b.WriteString(strconv.FormatInt(r.Blocks, 10) + " x " + price.String() + " = ")
	}
	if r.Setup > 0 {
		b.WriteString("with " + Quantity{r.Setup, r.Cost.Unit}.String() + " set-up ")
	}
	b.WriteString(r.Cost.String())
}

package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Posting moves an amount between a balance and a counter-account. It is one row with both
// sides, so all postings sum to zero by construction.
type Posting struct {
	ID        int64
	Entry     int64 // of the log
	At        time.Time
	Account   string
	Balance   string
	Amount    charging.Quantity // below zero: taken from the account
	After     int64             // the balance afterwards
	Against   string            // the counter-account, see the constants
	Reference string            // of a credit or debit
	Session   string            // Session-Id of the request behind it, if one was
	Number    uint32            // its CC-Request-Number
	Reason    charging.Reason
}

// The counter-accounts.
const (
	againstOpening    = "opening"    // what a balance begins with
	againstRevenue    = "revenue"    // usage and events
	againstRefund     = "refund"     // usage and events given back
	againstCredit     = "credit"     // paid in through the control API
	againstDebit      = "debit"      // taken out through the control API
	againstAdjustment = "adjustment" // the difference that a PUT of the account made
	againstExpired    = "expired"    // what nobody used in time
	againstClosed     = "closed"     // what was left when the account was deleted
)

// origin is why a posting is made.
type origin struct {
	session   int64 // number of the session
	request   uint32
	reference string
	reason    charging.Reason
}

func (t *tx) originOf(part *charging.Part) origin {
	from := origin{request: part.Number, reason: part.Reason}
	if part.Session.ID != "" {
		s := t.session(part.Session)
		t.touchSession(s, false)
		from.session = s.number
	}
	return from
}

// posting is one on its way to the database.
type posting struct {
	id, entry, previous int64
	account             int64
	balance             string
	unit                charging.Unit
	amount, after       int64
	against, reference  string
	session             int64
	request             uint32
	reason              span // in the batch's texts
}

// post moves an amount to a balance, or from it if it is below zero.
func (t *tx) post(b *balance, amount int64, against string, from origin) error {
	after, err := charging.Add(b.amount, amount)
	if err != nil {
		return fmt.Errorf("post to balance %s of account %s: %w", b.id, b.account.view.ID, err)
	}
	t.touchBalance(b)
	b.amount = after
	t.lastPosting++
	start := len(t.out.texts)
	t.out.texts = appendReason(t.out.texts, &from.reason)
	t.out.postings = append(t.out.postings, posting{
		id: t.lastPosting, entry: t.number, previous: b.account.lastPosting,
		account: b.account.number, balance: b.id, unit: b.unit, amount: amount, after: after,
		against: against, reference: from.reference,
		session: from.session, request: from.request,
		reason: span{start, len(t.out.texts)},
	})
	b.account.lastPosting = t.lastPosting
	return nil
}

// Postings are an account's postings after one, oldest first; next is 0 at the end. Following the
// chain costs a row for each posting after that one.
func (l *Ledger) Postings(
	ctx context.Context, account string, after int64, limit int,
) (items []Posting, next int64, err error) {
	var head int64
	if err := l.look(ctx, func(t *tx) error {
		a := t.accounts[account]
		if a == nil {
			return noAccount(account)
		}
		head = a.lastPosting
		return nil
	}); err != nil {
		return nil, 0, err
	}
	limit = pageLimit(limit)
	items, err = l.readers.postings(ctx, account, head, after, limit+1)
	if err != nil {
		return nil, 0, fmt.Errorf("read the postings of account %s: %w", account, err)
	}
	if len(items) > limit {
		items = items[:limit]
		next = items[limit-1].ID
	}
	return items, next, nil
}

// reasonJSON is a reason as the column has it: readable, without what is not known.
type reasonJSON struct {
	Code         string   `json:"code"`
	Group        *int64   `json:"rating_group,omitempty"`
	Services     []uint32 `json:"services,omitempty"`
	Rule         string   `json:"rule,omitempty"`
	Units        int64    `json:"units,omitempty"`
	Unit         string   `json:"unit,omitempty"`
	Blocks       int64    `json:"blocks,omitempty"`
	Price        int64    `json:"price,omitempty"`
	Setup        int64    `json:"setup,omitempty"`
	Cost         int64    `json:"cost,omitempty"`
	Currency     string   `json:"currency,omitempty"`
	Participants *int64   `json:"participants,omitempty"`
	Media        []string `json:"media,omitempty"`
	Detail       string   `json:"detail,omitempty"`
}

// appendReason writes what reasonJSON reads. It is written by hand since every posting has one.
func appendReason(dst []byte, r *charging.Reason) []byte {
	dst = appendJSONText(append(dst, `{"code":`...), r.Code)
	if r.Service.Group.Known {
		dst = appendField(dst, "rating_group", r.Service.Group.Value)
	}
	if len(r.Service.IDs) > 0 {
		dst = appendWholes(append(dst, `,"services":`...), r.Service.IDs)
	}
	dst = appendTextField(dst, "rule", r.Rule)
	if r.Units.Unit != "" {
		dst = appendField(dst, "units", r.Units.Amount)
		dst = appendTextField(dst, "unit", string(r.Units.Unit))
	}
	if r.Blocks != 0 {
		dst = appendField(dst, "blocks", r.Blocks)
	}
	if r.Price != 0 {
		dst = appendField(dst, "price", r.Price)
	}
	if r.Setup != 0 {
		dst = appendField(dst, "setup", r.Setup)
	}
	if r.Cost.Unit != "" {
		dst = appendField(dst, "cost", r.Cost.Amount)
		dst = appendTextField(dst, "currency", string(r.Cost.Unit))
	}
	if r.Participants.Known {
		dst = appendField(dst, "participants", r.Participants.Value)
	}
	if len(r.Media) > 0 {
		dst = appendTexts(append(dst, `,"media":`...), r.Media)
	}
	dst = appendTextField(dst, "detail", r.Detail)
	return append(dst, '}')
}

func parseReason(text string) (charging.Reason, error) {
	var in reasonJSON
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return charging.Reason{}, fmt.Errorf("reason of a posting: %w", err)
	}
	return charging.Reason{
		Code: in.Code, Service: charging.ServiceKey{Group: knownIf(in.Group), IDs: in.Services},
		Rule: in.Rule, Units: charging.Quantity{Amount: in.Units, Unit: charging.Unit(in.Unit)},
		Blocks: in.Blocks, Price: in.Price, Setup: in.Setup,
		Cost:         charging.Quantity{Amount: in.Cost, Unit: charging.Unit(in.Currency)},
		Participants: knownIf(in.Participants), Media: in.Media, Detail: in.Detail,
	}, nil
}

func knownIf(n *int64) charging.Number {
	if n == nil {
		return charging.Number{}
	}
	return charging.Known(*n)
}

func appendField(dst []byte, name string, value int64) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return strconv.AppendInt(dst, value, 10)
}

func appendTextField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return appendJSONText(dst, value)
}

func appendWholes(dst []byte, list []uint32) []byte {
	dst = append(dst, '[')
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	return append(dst, ']')
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(dst, text)
	}
	return append(dst, ']')
}

// appendJSONText writes a JSON string; anything but plain ASCII goes the long way.
func appendJSONText(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // A string always has a JSON form.
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}

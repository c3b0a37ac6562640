package resource

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A List is one page of things. Next goes into ?after= for the page behind it; empty: this is the
// last one.
type List[T any] struct {
	Items []T    `json:"items" doc:"the things of this page"`
	Next  string `json:"next" doc:"put it into ?after= for the next page; empty: there is none"`
}

// An Account is one account as it stands.
type Account struct {
	ID          string     `json:"id" example:"alice"`
	Status      string     `json:"status" enum:"active,barred,expired"`
	Plan        string     `json:"plan" doc:"name of its plan" example:"im"`
	Subscribers []Identity `json:"subscribers" doc:"identities that are charged to it"`
	Balances    []Balance  `json:"balances"`
	Tags        []string   `json:"tags"`
}

// A Balance is one balance of an account. All amounts are in its unit.
type Balance struct {
	ID           string    `json:"id" example:"main"`
	Amount       string    `json:"amount" example:"10.00 EUR"`
	Reserved     string    `json:"reserved" doc:"set aside for grants" example:"0.35 EUR"`
	Available    string    `json:"available" doc:"amount + credit limit - reserved" example:"9.65 EUR"`
	CreditLimit  string    `json:"credit_limit" doc:"how far below zero reservations may take it" example:"0.00 EUR"`
	Priority     int       `json:"priority" doc:"the lowest is drawn first"`
	ValidFrom    time.Time `json:"valid_from,omitzero"`
	ValidUntil   time.Time `json:"valid_until,omitzero"`
	RatingGroups []uint32  `json:"rating_groups" doc:"pays for these only; empty: for all"`
}

// A Transfer is a credit or a debit.
type Transfer struct {
	Amount    charging.Quantity `json:"amount" doc:"how much, above zero, as in 1.00 EUR"`
	Reference string            `json:"reference,omitempty" doc:"shown in the posting" example:"voucher 7"`
	Balance   string            `json:"balance,omitempty" doc:"id of the balance; left out: the first of the unit"`
}

// A Posting is one movement of a balance, with its reason.
type Posting struct {
	ID        int64     `json:"id"`
	Entry     int64     `json:"entry" doc:"ledger entry that it belongs to"`
	At        time.Time `json:"at" doc:"charging clock"`
	Account   string    `json:"account"`
	Balance   string    `json:"balance"`
	Amount    string    `json:"amount" doc:"below zero: taken from the account" example:"-0.07 EUR"`
	After     string    `json:"after" doc:"the balance afterwards" example:"9.93 EUR"`
	Against   string    `json:"against" doc:"the other side of the posting"`
	Reference string    `json:"reference,omitempty"`
	Session   string    `json:"session,omitempty" doc:"Session-Id of the request behind it"`
	Number    *uint32   `json:"number,omitempty" doc:"CC-Request-Number of that request"`
	Code      string    `json:"code,omitempty" doc:"a stable word for the reason"`
	Reason    string    `json:"reason" doc:"why, as a sentence"`
}

// A Reservation is what is set aside for a grant.
type Reservation struct {
	ID          int64      `json:"id"`
	Account     string     `json:"account"`
	Session     string     `json:"session"`
	SubSession  uint64     `json:"sub_session,omitempty"`
	RatingGroup *int64     `json:"rating_group,omitempty"`
	Service     ServiceIDs `json:"service,omitempty"`
	State       string     `json:"state" enum:"open,settled,released,expired"`
	At          time.Time  `json:"at"`
	Draws       []Draw     `json:"draws" doc:"from which balances"`
}

// A Draw is the part of a reservation that one balance holds.
type Draw struct {
	Balance string `json:"balance"`
	Amount  string `json:"amount" example:"0.35 EUR"`
}

package resource

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A List is one page of things. Next goes into ?after= for the page behind it; empty: this is the
// last one.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// An Account is one account as it stands.
type Account struct {
	ID          string     `json:"id" example:"alice"`
	Status      string     `json:"status" enum:"active,barred,expired"`
	Plan        string     `json:"plan" example:"im"`
	Subscribers []Identity `json:"subscribers"`
	Balances    []Balance  `json:"balances"`
	Tags        []string   `json:"tags"`
}

// A Balance is one balance of an account. All amounts are in its unit.
type Balance struct {
	ID           string    `json:"id" example:"main"`
	Amount       string    `json:"amount" example:"10.00 EUR"`
	Reserved     string    `json:"reserved" example:"0.35 EUR"`
	Available    string    `json:"available" example:"9.65 EUR"`
	CreditLimit  string    `json:"credit_limit" example:"0.00 EUR"`
	Priority     int       `json:"priority"`
	ValidFrom    time.Time `json:"valid_from,omitzero"`
	ValidUntil   time.Time `json:"valid_until,omitzero"`
	RatingGroups []uint32  `json:"rating_groups"`
}

// A Transfer is a credit or a debit.
type Transfer struct {
	Amount    charging.Quantity `json:"amount"`
	Reference string            `json:"reference,omitempty" example:"voucher 7"`
	Balance   string            `json:"balance,omitempty"`
}

// A Posting is one movement of a balance, with its reason.
type Posting struct {
	ID        int64     `json:"id"`
	Entry     int64     `json:"entry"`
	At        time.Time `json:"at"`
	Account   string    `json:"account"`
	Balance   string    `json:"balance"`
	Amount    string    `json:"amount" example:"-0.07 EUR"`
	After     string    `json:"after" example:"9.93 EUR"`
	Against   string    `json:"against"`
	Reference string    `json:"reference,omitempty"`
	Session   string    `json:"session,omitempty"`
	Number    *uint32   `json:"number,omitempty"`
	Code      string    `json:"code,omitempty"`
	Reason    string    `json:"reason"`
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
	Draws       []Draw     `json:"draws"`
}

// A Draw is the part of a reservation that one balance holds.
type Draw struct {
	Balance string `json:"balance"`
	Amount  string `json:"amount" example:"0.35 EUR"`
}

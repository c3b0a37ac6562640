package accounts

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Account is one account as people see and write it.
type Account struct {
	ID          string
	Status      charging.Status // active where none is given
	Plan        string
	Subscribers []charging.Identity
	Balances    []Balance
	Tags        []string
}

// A Balance is one balance of an account. Reserved and Available are only ever read: available is
// Amount plus CreditLimit less Reserved.
type Balance struct {
	ID           string            // main, main-2, ... where none is given
	Amount       charging.Quantity // its unit is the balance's for ever
	Reserved     int64
	Available    int64
	CreditLimit  int64     // how far below zero a reservation may take it
	Priority     int       // the lowest is drawn first
	ValidFrom    time.Time // zero: has always been valid
	ValidUntil   time.Time // zero: for ever
	RatingGroups []uint32  // empty: pays for all
}

// account is an account in memory. All of it is under the ledger's lock; view is never changed in
// place, since it is handed out.
type account struct {
	number      int64 // names the account in the log, also after its id is used again
	view        *charging.Account
	tags        []string
	balances    []*balance // in draw order
	nextSerial  int64      // of the next balance
	lastPosting int64      // head of the chain of postings
	open        int        // open sessions
	held        *reservation
	touched     int64 // serial of the unit of work that touched it last
	dirty       bool  // differs from its row
	gone        bool
}

func (a *account) balance(id string) *balance {
	for _, b := range a.balances {
		if b.id == id {
			return b
		}
	}
	return nil
}

func (a *account) bySerial(serial int64) *balance {
	for _, b := range a.balances {
		if b.serial == serial {
			return b
		}
	}
	return nil
}

// document is the account as people see it.
func (a *account) document() Account {
	out := Account{
		ID: a.view.ID, Status: a.view.Status, Plan: a.view.Plan,
		Subscribers: append([]charging.Identity(nil), a.view.Identities...),
		Tags:        append([]string(nil), a.tags...),
		Balances:    make([]Balance, 0, len(a.balances)),
	}
	for _, b := range a.balances {
		out.Balances = append(out.Balances, b.document())
	}
	return out
}

// accountNumber orders accounts by number.
func accountNumber(a *account, number int64) int {
	switch {
	case a.number < number:
		return -1
	case a.number > number:
		return 1
	}
	return 0
}

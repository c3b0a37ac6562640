package accounts

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// books are all that the ledger knows, in memory. The ledger's lock guards them; start-up and the
// check of a file build their own from rows and log.
type books struct {
	limits limits

	accounts    map[string]*account
	byNumber    []*account // ascending; the gone ones among them are dropped now and then
	goneNumbers int
	sortedIDs   []string // of accounts that may exist, in order
	newIDs      []string // made since, in no order
	subscribers map[charging.Identity]*account

	sessions     map[charging.SessionID]*session
	byAge        []*session // ascending numbers; gone ones as above
	goneSessions int
	reservations map[int64]*reservation
	plans        map[string]*plan

	// What was found last: a unit of work asks for the same session and account many times.
	foundSession *session
	foundAccount *account

	due   dueHeap
	ended []ending // ended sessions in order of their end; see forgetEnded
	first int      // where the queue in ended begins

	last            int64 // number of the last entry
	lastAt          time.Time
	lastPosting     int64
	lastReservation int64
	lastAccount     int64
	clock           charging.ClockState
	originStateID   uint32
	dirtyRows       int     // accounts and sessions that differ from their rows
	deadSessions    []int64 // rows of sessions that are forgotten
}

// limits are the bounds of what the books remember; see Options.
type limits struct {
	requests int
	remember time.Duration
	ended    int
}

func newBooks(l limits) *books {
	return &books{
		limits:       l,
		accounts:     map[string]*account{},
		subscribers:  map[charging.Identity]*account{},
		sessions:     map[charging.SessionID]*session{},
		reservations: map[int64]*reservation{},
		plans:        map[string]*plan{},
	}
}

// account finds an account by id; nil: there is none.
func (b *books) account(id string) *account {
	if a := b.foundAccount; a != nil && a.view.ID == id {
		return a
	}
	b.foundAccount = b.accounts[id]
	return b.foundAccount
}

// sessionOf finds what is known under a Session-Id; nil: nothing.
func (b *books) sessionOf(id charging.SessionID) *session {
	if s := b.foundSession; s != nil && s.id == id {
		return s
	}
	b.foundSession = b.sessions[id]
	return b.foundSession
}

// keepSession makes a session the one of its Session-Id.
func (b *books) keepSession(s *session) {
	b.sessions[s.id] = s
	b.foundSession = s
}

// loseSession takes a session out of the index by Session-Id, where it stands there.
func (b *books) loseSession(s *session) {
	if b.sessions[s.id] == s {
		delete(b.sessions, s.id)
	}
	b.foundSession = nil
}

// addAccount puts a new or loaded account into every index.
func (b *books) addAccount(a *account) {
	b.accounts[a.view.ID] = a
	b.foundAccount = a
	b.byNumber = append(b.byNumber, a)
	if b.newIDs = append(b.newIDs, a.view.ID); len(b.newIDs) > 2*len(b.accounts)+maxPage {
		b.ids() // Accounts come and go, and nobody lists them.
	}
	b.indexIdentities(a)
	for _, balance := range a.balances {
		b.schedule(&balance.due, balance.end())
	}
}

func (b *books) indexIdentities(a *account) {
	for _, identity := range a.view.Identities {
		b.subscribers[canonical(identity)] = a
	}
}

// dropAccount takes an account out of every index.
func (b *books) dropAccount(a *account) {
	delete(b.accounts, a.view.ID)
	b.foundAccount = nil
	b.dropIdentities(a)
	for _, balance := range a.balances {
		b.schedule(&balance.due, time.Time{})
	}
	a.gone = true
	b.clean(&a.dirty)
	b.goneNumbers++
}

// compactAccounts drops the gone ones from the list by number once they are the greater part.
func (b *books) compactAccounts() {
	if b.goneNumbers > len(b.byNumber)/2 {
		b.byNumber = slices.DeleteFunc(b.byNumber, func(a *account) bool { return a.gone })
		b.goneNumbers = 0
	}
}

func (b *books) dropIdentities(a *account) {
	for _, identity := range a.view.Identities {
		if key := canonical(identity); b.subscribers[key] == a {
			delete(b.subscribers, key)
		}
	}
}

// soil marks a row as different from what it says on disk, clean as written.
func (b *books) soil(dirty *bool) {
	if !*dirty {
		*dirty = true
		b.dirtyRows++
	}
}

func (b *books) clean(dirty *bool) {
	if *dirty {
		*dirty = false
		b.dirtyRows--
	}
}

func (b *books) accountByNumber(number int64) *account {
	i, found := slices.BinarySearchFunc(b.byNumber, number, accountNumber)
	if !found || b.byNumber[i].gone {
		return nil
	}
	return b.byNumber[i]
}

// ids are the ids of all accounts, in order, with some that are gone.
func (b *books) ids() []string {
	if len(b.newIDs) > 0 {
		b.sortedIDs = append(b.sortedIDs, b.newIDs...)
		slices.Sort(b.sortedIDs)
		b.sortedIDs = slices.Compact(b.sortedIDs)
		b.newIDs = nil
	}
	if len(b.sortedIDs) > 2*len(b.accounts) {
		b.sortedIDs = slices.DeleteFunc(b.sortedIDs, func(id string) bool {
			return b.accounts[id] == nil
		})
	}
	return b.sortedIDs
}

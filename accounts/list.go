package accounts

import (
	"context"
	"slices"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Account finds an account by its id; KindAccountNotFound if there is none.
func (l *Ledger) Account(ctx context.Context, id string) (found Account, err error) {
	err = l.look(ctx, func(t *tx) error {
		a := t.accounts[id]
		if a == nil {
			return noAccount(id)
		}
		found = a.document()
		return nil
	})
	return found, err
}

// Accounts are those after an id, in order of their ids; next is empty at the end. A limit outside
// of 1 to 1,000 means 1,000.
func (l *Ledger) Accounts(
	ctx context.Context, after string, limit int,
) (items []Account, next string, err error) {
	limit = pageLimit(limit)
	err = l.look(ctx, func(t *tx) error {
		items, next = nil, ""
		ids := t.ids()
		i, exact := slices.BinarySearch(ids, after)
		if exact {
			i++
		}
		for ; i < len(ids); i++ {
			a := t.accounts[ids[i]]
			if a == nil {
				continue
			}
			if len(items) == limit {
				next = items[limit-1].ID
				return nil
			}
			items = append(items, a.document())
		}
		return nil
	})
	return items, next, err
}

// Reservations are the open ones of an account, oldest first.
func (l *Ledger) Reservations(
	ctx context.Context, account string,
) (list []Reservation, err error) {
	err = l.look(ctx, func(t *tx) error {
		list = nil
		a := t.accounts[account]
		if a == nil {
			return noAccount(account)
		}
		for r := a.held; r != nil; r = r.next {
			list = append(list, r.document())
		}
		return nil
	})
	slices.SortFunc(list, func(a, b Reservation) int { return int(a.ID - b.ID) })
	return list, err
}

// HasOpenSessions reports whether sessions are open on an account, at no cost.
func (l *Ledger) HasOpenSessions(account string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.accounts[account]
	return a != nil && a.open > 0
}

// EachOpenSession looks at the open sessions of an account, or at all, oldest first; those that
// are opened or closed meanwhile may be left out. look runs without the lock.
func (l *Ledger) EachOpenSession(
	ctx context.Context, account string, look func(*charging.Session),
) error {
	for after := ""; ; {
		sessions, next, err := l.Sessions(ctx, account, after, 0)
		if err != nil {
			return err
		}
		for _, session := range sessions {
			if session.Open() {
				look(session)
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// sessionsPerHold is how many sessions one hold of the lock looks at.
const sessionsPerHold = 20_000

// Sessions are those of an account, or all, that are open or remembered, oldest first. next is
// what to give as after for the following ones, empty at the end. The sessions are shared and not
// to be changed.
func (l *Ledger) Sessions(
	ctx context.Context, account, after string, limit int,
) (items []*charging.Session, next string, err error) {
	limit = pageLimit(limit)
	place, err := parsePlace(after)
	if err != nil {
		return nil, "", err
	}
	for more := true; more; {
		err = l.look(ctx, func(t *tx) error {
			items, place, more = t.listSessions(items, account, place, limit)
			return nil
		})
		if err != nil {
			return nil, "", err
		}
		if len(items) == limit {
			break
		}
	}
	if len(items) == limit {
		next = strconv.FormatInt(place, 10)
	}
	return items, next, nil
}

func parsePlace(after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	place, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		return 0, &charging.Error{
			Kind: charging.KindInvalidDocument, Message: "no list has a place " + after,
			Hint: "give the next of the page before",
		}
	}
	return place, nil
}

// listSessions adds sessions behind a place. more says that there may be others.
func (b *books) listSessions(
	items []*charging.Session, account string, place int64, limit int,
) (list []*charging.Session, reached int64, more bool) {
	i, _ := slices.BinarySearchFunc(b.byAge, place+1, sessionNumber)
	for looked := 0; i < len(b.byAge); i++ {
		if looked == sessionsPerHold || len(items) == limit {
			return items, place, true
		}
		looked++
		s := b.byAge[i]
		place = s.number
		if s.gone || s.state == nil || account != "" && s.state.Account != account {
			continue
		}
		items = append(items, s.state)
	}
	return items, place, false
}

// Session finds one that is open or remembered; KindSessionNotFound if there is none.
func (l *Ledger) Session(
	ctx context.Context, id charging.SessionID,
) (found *charging.Session, err error) {
	err = l.look(ctx, func(t *tx) error {
		s, ok := t.Session(id)
		if !ok {
			return charging.Errorf(charging.KindSessionNotFound, "no session %s", id.ID)
		}
		found = s
		return nil
	})
	return found, err
}

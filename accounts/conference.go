package accounts

import (
	"context"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Conference is the sessions that name the same Service-Id or, in its absence, the same
// IMS-Charging-Identifier: open ones, and closed ones that are remembered, oldest first. They are
// shared and not to be changed.
type Conference struct {
	ID       string
	Sessions []*charging.Session
}

// Conference finds the sessions of one; KindConferenceNotFound if there are none. It looks through
// all sessions, a part in each hold of the lock: nothing is kept for it while requests are charged.
func (l *Ledger) Conference(ctx context.Context, id string) (Conference, error) {
	found := Conference{ID: id}
	err := l.eachSession(ctx, func(s *charging.Session) {
		if id != "" && s.Info.Conference == id {
			found.Sessions = append(found.Sessions, s)
		}
	})
	if err == nil && found.Sessions == nil {
		err = &charging.Error{
			Kind: charging.KindConferenceNotFound, Message: "no session names the conference " + id,
			Hint: "GET /v1/conferences lists them; sessions are forgotten a while after their end",
		}
	}
	return found, err
}

// Conferences are those after an id, in order of their ids; next is empty at the end. A limit
// outside of 1 to 1,000 means 1,000.
func (l *Ledger) Conferences(
	ctx context.Context, after string, limit int,
) (items []Conference, next string, err error) {
	limit = pageLimit(limit)
	ids := firstIDs{limit: limit + 1, after: after}
	err = l.eachSession(ctx, func(s *charging.Session) { ids.add(s.Info.Conference) })
	if err != nil {
		return nil, "", err
	}
	ids.cut()
	if len(ids.list) > limit {
		ids.list = ids.list[:limit]
		next = ids.list[limit-1]
	}
	items = make([]Conference, len(ids.list))
	for i, id := range ids.list {
		items[i].ID = id
	}
	err = l.eachSession(ctx, func(s *charging.Session) {
		if i, found := slices.BinarySearch(ids.list, s.Info.Conference); found {
			items[i].Sessions = append(items[i].Sessions, s)
		}
	})
	// Sessions may have been forgotten in between.
	items = slices.DeleteFunc(items, func(c Conference) bool { return c.Sessions == nil })
	return items, next, err
}

// firstIDs gathers the first few of many ids in order, without holding them all.
type firstIDs struct {
	limit int
	after string
	list  []string
}

func (f *firstIDs) add(id string) {
	if id <= f.after {
		return
	}
	if f.list = append(f.list, id); len(f.list) > 4*f.limit {
		f.cut()
	}
}

func (f *firstIDs) cut() {
	slices.Sort(f.list)
	f.list = slices.Compact(f.list)
	f.list = f.list[:min(len(f.list), f.limit)]
}

// eachSession shows every session that is open or remembered, oldest first, a part in each hold of
// the lock. One that ends meanwhile may be shown as it was.
func (l *Ledger) eachSession(ctx context.Context, show func(*charging.Session)) error {
	var place int64
	for more := true; more; {
		err := l.look(ctx, func(t *tx) error {
			place, more = t.showSessions(place, show)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *books) showSessions(
	place int64, show func(*charging.Session),
) (reached int64, more bool) {
	i, _ := slices.BinarySearchFunc(b.byAge, place+1, sessionNumber)
	for looked := 0; i < len(b.byAge); i++ {
		if looked == sessionsPerHold {
			return place, true
		}
		looked++
		s := b.byAge[i]
		if place = s.number; !s.gone && s.state != nil {
			show(s.state)
		}
	}
	return place, false
}

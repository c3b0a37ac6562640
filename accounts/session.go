package accounts

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// maxForgotten is how many ended sessions one unit of work forgets at most.
const maxForgotten = 1024

// session is a credit-control session in memory, or only what is remembered of requests under its
// Session-Id. One that ended is forgotten after a while.
type session struct {
	number int64 // of the entry that began it
	id     charging.SessionID
	state  *charging.Session // nil: only requests are remembered
	held   []*reservation
	answers
	ended   time.Time // when it was seen to have ended; zero while it is open or holds anything
	touched int64     // serial of the unit of work that touched it last
	dirty   bool      // differs from its row
	row     bool      // there is a row
	gone    bool
	due     due
}

// An ending is a place in the queue of sessions to forget.
type ending struct {
	session *session
	at      time.Time
}

func newSession(id charging.SessionID, number int64) *session {
	s := &session{id: id, number: number}
	s.due.session = s
	return s
}

// deadline is when supervision ends the session; zero: never.
func (s *session) deadline() time.Time {
	if !s.state.Open() {
		return time.Time{}
	}
	return s.state.Deadline
}

func (b *books) addSession(s *session) {
	b.keepSession(s)
	b.byAge = append(b.byAge, s)
}

// dropSession forgets a session; its row goes with one of the next batches.
func (b *books) dropSession(s *session) {
	b.loseSession(s)
	b.retire(s)
}

// retire drops a session that is in no map any more.
func (b *books) retire(s *session) {
	s.gone = true
	b.schedule(&s.due, time.Time{})
	b.clean(&s.dirty)
	if s.row {
		b.deadSessions = append(b.deadSessions, s.number)
	}
	if b.goneSessions++; b.goneSessions > len(b.byAge)/2 && b.goneSessions > maxForgotten {
		b.byAge = slices.DeleteFunc(b.byAge, func(s *session) bool { return s.gone })
		b.goneSessions = 0
	}
}

// conclude brings what hangs on a session's state up to date after a unit of work: supervision,
// the account's count of open sessions, and the queue of sessions to forget.
func (b *books) conclude(s *session, before *charging.Session, at time.Time) {
	b.schedule(&s.due, s.deadline())
	b.countOpen(before, -1)
	b.countOpen(s.state, 1)
	b.noteEnd(s, at)
}

func (b *books) countOpen(s *charging.Session, by int) {
	if !s.Open() {
		return
	}
	if a := b.account(s.Account); a != nil {
		a.open += by
	}
}

func (b *books) noteEnd(s *session, at time.Time) {
	if s.state.Open() || len(s.held) > 0 {
		s.ended = time.Time{}
		return
	}
	s.ended = at
	b.ended = append(b.ended, ending{s, at})
}

// forgetEnded drops sessions that ended long enough ago, and the oldest ones beyond the limit.
// Nothing of it is in the log: the same rule drops them again after a restart.
func (b *books) forgetEnded(now time.Time) {
	for range maxForgotten {
		if b.first == len(b.ended) {
			break
		}
		oldest := b.ended[b.first]
		stale := oldest.session.gone || !oldest.session.ended.Equal(oldest.at)
		over := len(b.ended)-b.first > b.limits.ended
		if !stale && !over && now.Before(oldest.at.Add(b.limits.remember)) {
			break
		}
		b.ended[b.first] = ending{}
		b.first++
		if !stale {
			b.dropSession(oldest.session)
		}
	}
	if b.first > maxForgotten && b.first > len(b.ended)/2 {
		b.ended = append(b.ended[:0], b.ended[b.first:]...)
		b.first = 0
	}
}

// sessionNumber orders sessions by number.
func sessionNumber(s *session, number int64) int {
	switch {
	case s.number < number:
		return -1
	case s.number > number:
		return 1
	}
	return 0
}

// closed is the state of a session that the ledger itself ends, holding nothing.
func closed(s *charging.Session, at time.Time, by string) *charging.Session {
	next := *s
	next.Closed, next.ClosedBy = at, by
	next.Services = slices.Clone(s.Services)
	for i := range next.Services {
		next.Services[i].Reservation, next.Services[i].Held = 0, charging.Amounts{}
	}
	return &next
}

package scenarios

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A digest stands for a record or a session where they are only to be told apart.
type digest [16]byte

// recordKey is what makes two records the same: RFC 6733 section 9.8.3 has Session-Id and
// Accounting-Record-Number; type and origin are there for clients that number otherwise.
func recordKey(r *charging.Request) digest {
	tail := binary.BigEndian.AppendUint32(nil, r.Key.Number)
	return digestOf(r, append(tail, byte(r.Record)))
}

func sessionKey(r *charging.Request) digest { return digestOf(r, nil) }

func digestOf(r *charging.Request, tail []byte) (d digest) {
	text := make([]byte, 0, 256)
	for _, part := range []string{r.Origin.Host, r.Key.Session.ID} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	text = binary.AppendUvarint(text, r.Key.Session.Sub)
	sum := sha256.Sum256(append(text, tail...))
	copy(d[:], sum[:])
	return d
}

// A course is how far an accounting session has come.
type course struct {
	number  uint32
	stopped bool
}

// A recordMemory knows the latest records and sessions, the oldest making room.
type recordMemory struct {
	records  remembered[struct{}]
	sessions remembered[course]
}

func newRecordMemory(limit int) *recordMemory {
	return &recordMemory{
		records:  remembered[struct{}]{limit: limit, known: map[digest]struct{}{}},
		sessions: remembered[course]{limit: limit, known: map[digest]course{}},
	}
}

func (m *recordMemory) has(key digest) bool {
	_, known := m.records.known[key]
	return known
}

// begin gathers news that are known only once they are committed.
func (m *recordMemory) begin() *recordNews {
	return &recordNews{memory: m, courses: map[digest]course{}, keys: map[digest]bool{}}
}

// recordNews are records on their way to the disk.
type recordNews struct {
	memory   *recordMemory
	ordered  []digest // keys of records, as they came
	keys     map[digest]bool
	sessions []digest // as they came first
	courses  map[digest]course
}

func (n *recordNews) has(key digest) bool { return n.keys[key] }

// note takes a record in, and says what of its order is odd; nothing, where it is not.
func (n *recordNews) note(r *charging.Request, key digest) (odd string) {
	n.ordered, n.keys[key] = append(n.ordered, key), true
	if r.Record == charging.EventRecord {
		return ""
	}
	session := sessionKey(r)
	before, known := n.courses[session]
	if !known {
		n.sessions = append(n.sessions, session)
		before, known = n.memory.sessions.known[session]
	}
	now := course{number: r.Key.Number, stopped: r.Record == charging.StopRecord}
	odd = oddity(r, before, known)
	if odd == lateRecord {
		now.number, now.stopped = before.number, before.stopped || now.stopped
	}
	n.courses[session] = now
	return odd
}

// What can be odd about a record's place in its session.
const (
	withoutStart = "no-start"      // an interim or stop record of a session that never started
	startedTwice = "started-twice" // a start record of a session that is going on
	afterStop    = "after-stop"    // an interim or stop record behind the stop record
	lateRecord   = "late"          // its number is not above that of the record before
	gapBefore    = "gap"           // numbers are missing before it
)

func oddity(r *charging.Request, before course, known bool) string {
	start := r.Record == charging.StartRecord
	switch {
	case start && known && !before.stopped:
		return startedTwice
	case start:
		return ""
	case !known:
		return withoutStart
	case r.Key.Number <= before.number:
		return lateRecord
	case before.stopped:
		return afterStop
	case r.Key.Number > before.number+1:
		return gapBefore
	}
	return ""
}

// commit makes the news known.
func (n *recordNews) commit() {
	for _, key := range n.ordered {
		n.memory.records.add(key, struct{}{})
	}
	for _, session := range n.sessions {
		n.memory.sessions.add(session, n.courses[session])
	}
}

// remembered is a map that forgets its oldest key where it is full.
type remembered[T any] struct {
	limit  int
	known  map[digest]T
	keys   []digest // in the order of their coming, once the list is full a ring
	oldest int
}

func (m *remembered[T]) add(key digest, value T) {
	_, known := m.known[key]
	m.known[key] = value
	switch {
	case known:
	case len(m.keys) < m.limit:
		m.keys = append(m.keys, key)
	default:
		delete(m.known, m.keys[m.oldest])
		m.keys[m.oldest] = key
		m.oldest = (m.oldest + 1) % m.limit
	}
}

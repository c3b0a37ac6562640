package scenarios

import (
	"fmt"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// JournalOptions say how much a Journal keeps and how it shows bytes.
type JournalOptions struct {
	// Limit is how many exchanges are kept; 0: 10,000.
	Limit int
	// Findings is how many findings are kept; 0: 1,000.
	Findings int
	// Render makes a tree of a Diameter message, for people. It is called only when an exchange is
	// read. nil: there are no trees of messages.
	Render func(raw []byte) any
	// SessionOf finds the Session-Id in a Diameter message, for requests that charging never sees,
	// like RAR. It is called only when exchanges are read. nil: those belong to no session.
	SessionOf func(raw []byte) string
	// MessageOf names a Diameter message, as in RAR, for messages that charging never sees. It is
	// called only when exchanges are read. nil: those have no name.
	MessageOf func(raw []byte) string
	// Reader reads Diameter messages for verifications.
	Reader Reader
	// Observed is told of each observation once it is kept; nil: nobody minds. It must not block.
	Observed func(Observation)
}

// A Journal keeps the last exchanges that doors saw, in a ring; it implements charging.Recorder and
// is safe for concurrent use. Recording copies what it is told and renders nothing.
type Journal struct {
	render    func(raw []byte) any
	sessionOf func(raw []byte) string
	messageOf func(raw []byte) string
	observed  func(Observation)
	reader    Reader
	limit     int64

	mu        sync.Mutex
	pages     []*page // slot of a number: number modulo limit
	first     int64   // number of the oldest exchange that is kept
	next      int64   // number of the next exchange
	dropped   int64
	cleared   int64 // numbers up to this one were forgotten on purpose
	findings  ring[keptFinding]
	found     int64      // findings ever
	foundGone int64      // number of the last finding that made room for another
	overs     ring[over] // exchanges in the order in which they were over
	ended     int64      // exchanges that were over, ever
	endedGone int64      // of them, place of the last whose end made room for another's
	events    int64      // what was over or found, ever
	clients   map[string]*ClientVerdict
	clearedAt int64         // of found
	news      chan struct{} // closed at the next change; nil: nobody waits for it
}

// A keptFinding has its number, and its place among all events.
type keptFinding struct {
	charging.Finding
	seq, event int64
}

// An over is the end of an exchange: its number, and its place among all events.
type over struct{ exchange, event int64 }

const pageSize = 256

// A page is a part of the ring, made when it is first needed.
type page [pageSize]record

// A record is one exchange as it was told, unrendered.
type record struct {
	number   int64
	at       time.Time
	door     string
	peer     string
	asked    []byte
	sent     []byte
	sentAt   time.Time
	behind   int64             // the number given last when the answer went out: its place
	ours     bool              // this server asked, and the peer answers
	charged  bool              // request and answer are there
	over     bool              // what was answered went out, or never will
	gone     bool              // it was deleted
	request  *charging.Request // nil: not known
	answer   *charging.Answer
	findings int32             // how many were found in it
	notes    []charging.Reason // what rules did because of it, later
}

// NewJournal returns an empty Journal.
func NewJournal(o JournalOptions) *Journal {
	limit, findings := o.Limit, o.Findings
	if limit <= 0 {
		limit = 10_000
	}
	if findings <= 0 {
		findings = 1000
	}
	return &Journal{
		render: o.Render, sessionOf: o.SessionOf, messageOf: o.MessageOf, observed: o.Observed,
		reader: o.Reader, limit: int64(limit), first: 1, next: 1,
		pages:    make([]*page, (limit+pageSize-1)/pageSize),
		findings: ring[keptFinding]{limit: findings},
		overs:    ring[over]{limit: limit},
		clients:  make(map[string]*ClientVerdict),
	}
}

// Received begins an exchange and returns its number; numbers are never used twice. Where the
// ring is full, the oldest exchange makes room.
func (j *Journal) Received(m charging.Message) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	number := j.count()
	*j.slot(number) = record{
		number: number, at: m.At, door: m.Door, peer: m.Peer, asked: m.Raw, ours: m.Ours,
	}
	if m.Last {
		j.ends(j.slot(number))
		j.tell()
	}
	return number
}

// count takes the next number; the lock is held.
func (j *Journal) count() int64 {
	number := j.next
	j.next++
	if j.next-j.first > j.limit {
		j.first++
		j.dropped++
	}
	return number
}

// slot is the place of a number; its page exists afterwards.
func (j *Journal) slot(number int64) *record {
	at := number % j.limit
	p := &j.pages[at/pageSize]
	if *p == nil {
		*p = new(page)
	}
	return &(*p)[at%pageSize]
}

// kept is the record of a number, or nil where it is not kept.
func (j *Journal) kept(number int64) *record {
	if number < j.first || number >= j.next {
		return nil
	}
	if r := j.slot(number); !r.gone {
		return r
	}
	return nil
}

// ends notes that an exchange is over, the first time that it is; the lock is held.
func (j *Journal) ends(r *record) {
	if r.over {
		return
	}
	r.over = true
	if j.overs.full() {
		j.endedGone = j.ended - int64(j.overs.len()) + 1
	}
	j.events++
	j.ended++
	j.overs.add(over{r.number, j.events})
}

// Answered adds the request and its answer to the exchange that the request names. Neither changes
// from then on. What is not kept any more, and what nobody received, is left out.
func (j *Journal) Answered(r *charging.Request, a *charging.Answer) {
	if a == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if kept := j.kept(r.Exchange); kept != nil {
		kept.charged, kept.request, kept.answer = true, r, a
		if a.Delivery != nil && a.Delivery.Silent() {
			j.ends(kept)
		}
	}
	j.tell()
}

// Sent adds the bytes that were really sent, and when.
func (j *Journal) Sent(exchange int64, m charging.Message) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if kept := j.kept(exchange); kept != nil {
		if m.Raw != nil || !m.At.IsZero() {
			kept.sent, kept.sentAt, kept.behind = m.Raw, m.At, j.next-1
		}
		j.ends(kept)
	}
	j.tell()
}

// note adds to the reasons of an exchange what was done because of it later.
func (j *Journal) note(exchange int64, reason charging.Reason) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if kept := j.kept(exchange); kept != nil {
		kept.notes = append(kept.notes[:len(kept.notes):len(kept.notes)], reason)
	}
	j.tell()
}

// Found keeps a finding; the oldest makes room.
func (j *Journal) Found(f charging.Finding) {
	j.mu.Lock()
	defer j.mu.Unlock()
	tallied(j.clients, f.Peer).add(&f)
	if j.findings.full() {
		j.foundGone = j.findings.at(0).seq
	}
	j.found++
	j.events++
	j.findings.add(keptFinding{f, j.found, j.events})
	if kept := j.kept(f.Exchange); kept != nil {
		kept.findings++
	}
	j.tell()
}

// Findings returns the findings that are kept, oldest first.
func (j *Journal) Findings() []charging.Finding {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.findings.list()
	found := make([]charging.Finding, len(kept))
	for i := range kept {
		found[i] = kept[i].Finding
	}
	return found
}

// Dropped is how many exchanges made room for others since the start, or the last Clear.
func (j *Journal) Dropped() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dropped
}

// Clear forgets all exchanges and findings. Numbers go on, so that an answer under way cannot
// reach another exchange than its own.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	clear(j.pages)
	j.first, j.dropped, j.cleared = j.next, 0, j.next-1
	j.forgetFindings()
	j.overs.clear()
}

// Delete forgets the exchanges that a filter picks, with what was found in them, and returns how
// many there were. An answer that is under way to one of them is not kept.
func (j *Journal) Delete(f Filter) int {
	numbers := j.picker(f).numbers()
	gone := make(map[int64]bool, len(numbers))
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, number := range numbers {
		if kept := j.kept(number); kept != nil {
			*kept = record{number: number, gone: true}
			gone[number] = true
		}
	}
	deleted := j.findings.delete(func(f *keptFinding) bool { return gone[f.Exchange] })
	j.clearedAt += int64(deleted)
	return len(gone)
}

// Exchange returns an exchange with its trees and bytes, or an error of KindExchangeNotFound.
func (j *Journal) Exchange(number int64) (Exchange, error) {
	j.mu.Lock()
	kept := j.kept(number)
	if kept == nil {
		defer j.mu.Unlock()
		return Exchange{}, j.notFound(number)
	}
	found := *kept
	j.mu.Unlock()
	return j.view(&found, true, true), nil
}

// Pick returns the exchange that has a number, or without one the latest that a filter picks, as
// Exchange does. One that the filter does not pick is not found.
func (j *Journal) Pick(number int64, f Filter) (Exchange, error) {
	f.Last, f.Limit, f.Trees, f.Raw = 1, 1, true, true
	if number > 0 {
		if _, err := j.Exchange(number); err != nil {
			return Exchange{}, err
		}
		f.After, f.Before = number-1, number+1
	}
	page, _ := j.Exchanges(f)
	if len(page) == 1 {
		return page[0], nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.first == j.next {
		return Exchange{}, j.notFound(number)
	}
	return Exchange{}, &charging.Error{
		Kind: charging.KindExchangeNotFound, Message: "no exchange is as the query wants it",
		Hint: "GET /v1/exchanges lists what there is",
	}
}

// Empty reports whether nothing is kept.
func (j *Journal) Empty() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first == j.next
}

// notFound says what there is in its place; the lock is held.
func (j *Journal) notFound(number int64) error {
	err := charging.Errorf(charging.KindExchangeNotFound, "no exchange %d", number)
	switch {
	case j.first == j.next:
		err.Message = "the journal is empty"
		err.Hint = "send a request first"
	default:
		err.Hint = fmt.Sprintf("the journal holds %d to %d", j.first, j.next-1)
	}
	return err
}

// copied copies up to len(into) records from a number on, so that nobody renders under the lock.
func (j *Journal) copied(from int64, into []record) []record {
	j.mu.Lock()
	defer j.mu.Unlock()
	into = into[:0]
	for number := max(from, j.first); number < j.next && len(into) < cap(into); number++ {
		if kept := j.kept(number); kept != nil {
			into = append(into, *kept)
		}
	}
	return into
}

// each shows copies of the records from a number on, until see returns false. Nobody who records
// waits longer than for the copying of a chunk.
func (j *Journal) each(from int64, see func(*record) bool) {
	chunk := make([]record, 0, pageSize)
	for ; ; from = chunk[len(chunk)-1].number + 1 {
		if chunk = j.copied(from, chunk); len(chunk) == 0 {
			return
		}
		for i := range chunk {
			if !see(&chunk[i]) {
				return
			}
		}
	}
}

package accounts

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A batch is what the committer writes in one transaction, and whom it tells afterwards. There are
// two: one waits and grows under the ledger's lock, the other is being written.
type batch struct {
	records     []record
	postings    []posting
	statements  []statement // rows of plans, settings and the like
	urgent      []*account  // rows that must be written with their entries
	goneRows    []int64     // accounts that were deleted
	accountRows []accountRow
	sessionRows []sessionRow
	dead        []int64 // rows of sessions that are forgotten
	settings    []setting
	rowsAsOf    int64  // the last entry that the rows contain
	arena       []byte // effects
	texts       []byte // what is written as text; it becomes one string, of which rows have parts
	calls       []call
}

// span is a part of a batch's arena, or of its texts.
type span struct{ from, to int }

func (b *batch) octets(s span) []byte { return b.arena[s.from:s.to] }

// record is an entry of the log.
type record struct {
	number, at  int64 // at in microseconds since 1970
	kind        string
	account     int64
	session     int64
	begun       *session // that has this entry's number, if one does
	request     uint32
	endToEnd    uint32
	fingerprint uint64
	previous    int64 // entry with the session's answer before this one
	answer      []byte
	effects     span
	held, freed span // in the batch's texts
}

func (r *record) answered() answered {
	return answered{r.request, r.endToEnd, r.fingerprint, r.number}
}

// statement is SQL for something that seldom happens.
type statement struct {
	text string
	args []any
}

// call is a requester to tell.
type call struct {
	done func(error)
	err  error // of its work
}

// entry finds an entry of the batch by number.
func (b *batch) entry(number int64) *record {
	if len(b.records) == 0 {
		return nil
	}
	i := number - b.records[0].number
	if i < 0 || i >= int64(len(b.records)) {
		return nil
	}
	return &b.records[i]
}

func (b *batch) empty() bool { return len(b.records) == 0 && len(b.calls) == 0 }

// length is what bounds the batch: whatever has more, entries or requesters.
func (b *batch) length() int { return max(len(b.records), len(b.calls)) }

// nothing reports whether there is nothing to write.
func (b *batch) nothing() bool {
	return len(b.records)+len(b.statements)+len(b.accountRows)+len(b.sessionRows)+
		len(b.goneRows)+len(b.dead)+len(b.settings) == 0
}

// reset makes the batch empty and keeps its memory, unless one huge batch would pin too much.
func (b *batch) reset() {
	if cap(b.arena)+cap(b.texts) > maxKeptArena {
		*b = batch{}
		return
	}
	clear(b.records)
	clear(b.postings)
	clear(b.calls)
	clear(b.urgent)
	b.records, b.postings, b.calls = b.records[:0], b.postings[:0], b.calls[:0]
	b.urgent, b.goneRows, b.dead = b.urgent[:0], b.goneRows[:0], b.dead[:0]
	b.statements, b.accountRows, b.sessionRows, b.settings = nil, nil, nil, nil
	b.arena, b.texts = b.arena[:0], b.texts[:0]
}

// maxKeptArena is how large a batch's buffers may stay, in bytes.
const maxKeptArena = 8 << 20

// errHolds names the invariant that a unit of work would break.
var errHolds = errors.New(
	"a closed session holds a reservation (invariant " + closedHoldsNothing + ")")

// wrote reports whether the unit of work left anything to keep.
func (t *tx) wrote() bool {
	return t.forced || len(t.sessionsBefore) > 0 || len(t.accountsBefore) > 0
}

// finish appends the unit's entries to the batch and brings up to date what hangs on them.
func (t *tx) finish() error {
	if t.err != nil {
		return t.err
	}
	if !t.wrote() {
		return nil
	}
	for _, s := range t.sessionsBefore {
		if s.session.state != nil && !s.session.state.Open() && len(s.session.held) > 0 {
			return fmt.Errorf("session %s: %w", s.session.id.ID, errHolds)
		}
	}
	if err := t.appendRecords(); err != nil {
		return err
	}
	t.conclude()
	return nil
}

// appendRecords writes one entry, or one for each answer and each session begun if these are more.
func (t *tx) appendRecords() error {
	first := record{number: t.number, at: t.now.UnixMicro(), kind: t.kind}
	if len(t.sessionsBefore) > 0 {
		first.session = t.sessionsBefore[0].session.number
	}
	switch {
	case t.about != nil:
		first.account = t.about.number
	case len(t.accountsBefore) > 0:
		first.account = t.accountsBefore[0].account.number
	}
	if err := t.appendEffects(&first); err != nil {
		return err
	}
	entries := max(1, int64(len(t.remembered)), t.begun)
	for i := range entries {
		r := record{number: t.number + i, at: first.at, kind: t.kind}
		if i == 0 {
			r = first
		}
		if i < int64(len(t.remembered)) {
			t.fillAnswer(&r, &t.remembered[i])
		}
		t.out.records = append(t.out.records, r)
	}
	for _, s := range t.sessionsBefore {
		if s.begun {
			t.out.entry(s.session.number).begun = s.session
		}
	}
	return nil
}

func (t *tx) fillAnswer(r *record, a *rememberedAnswer) {
	r.kind, r.session = a.kind, a.session.number
	if state := a.session.state; state != nil && r.account == 0 {
		if account := t.account(state.Account); account != nil {
			r.account = account.number
		}
	}
	r.request, r.endToEnd, r.fingerprint = a.number, a.endToEnd, a.fingerprint
	r.previous, r.answer = a.session.previous(), a.answer
	a.session.remember(a.answered, a.answer, t.limits.requests)
}

// conclude makes the unit of work part of the books.
func (t *tx) conclude() {
	t.last = t.out.records[len(t.out.records)-1].number
	t.lastAt = t.now
	for _, a := range t.accountsBefore {
		if !a.account.gone {
			t.soil(&a.account.dirty)
		}
	}
	for _, b := range t.balancesBefore {
		if b.expired != b.balance.expired {
			t.schedule(&b.balance.due, b.balance.end())
		}
	}
	for _, s := range t.sessionsBefore {
		if s.begun {
			t.byAge = append(t.byAge, s.session)
		}
		if s.forgotten {
			t.retire(s.session)
			continue
		}
		t.soil(&s.session.dirty)
		t.books.conclude(s.session, s.state, laterOf(t.now, t.found))
	}
	t.out.urgent = append(t.out.urgent, t.urgent...)
	for _, do := range t.afterwards {
		do()
	}
}

// appendHeld writes the reservations opened as JSON, for people and views.
func appendHeld(dst []byte, list []*reservation) []byte {
	dst = append(dst, '[')
	for i, r := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendHeldOne(dst, r)
	}
	return append(dst, ']')
}

func appendHeldOne(dst []byte, r *reservation) []byte {
	dst = strconv.AppendInt(append(dst, `{"id":`...), r.id, 10)
	dst = appendField(dst, "account", r.account.number)
	dst = appendField(dst, "session", r.session.number)
	dst = appendField(dst, "at", r.at.UnixMicro())
	if r.service.Group.Known {
		dst = appendField(dst, "rating_group", r.service.Group.Value)
	}
	if len(r.service.IDs) > 0 {
		dst = appendWholes(append(dst, `,"services":`...), r.service.IDs)
	}
	dst = append(dst, `,"draws":[`...)
	for i, d := range r.draws {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(append(dst, `{"balance":`...), d.balance.id)
		dst = appendField(dst, "amount", d.amount)
		dst = append(appendTextField(dst, "unit", string(d.balance.unit)), '}')
	}
	return append(dst, "]}"...)
}

// appendFreed writes the reservations ended as JSON: how each one ended, by its number.
func appendFreed(dst []byte, list []closedReservation) []byte {
	dst = append(dst, '{')
	for i, c := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, '"'), c.reservation.id, 10)
		dst = append(append(append(dst, `":"`...), c.state...), '"')
	}
	return append(dst, '}')
}

// keep is what the entry of a management operation needs: an entry in any case.
func (t *tx) keep(kind string) {
	t.forced = true
	t.kind = kind
}

// also adds a row that goes into the same transaction.
func (t *tx) also(text string, args ...any) {
	t.out.statements = append(t.out.statements, statement{text, args})
}

var _ charging.Tx = (*tx)(nil)

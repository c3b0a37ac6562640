package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"pgregory.net/rapid"
)

// TestLedgerIsWhatTheModelSays drives ledger and model with the same steps and compares all there
// is to see after each: documents, SQL views, invariants. Among the steps are orderly restarts and
// kills, which open what a killed process would have left.
func TestLedgerIsWhatTheModelSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := newMachine(r)
		defer m.done(r)
		r.Repeat(map[string]func(*rapid.T){
			"":         m.compare,
			"put":      m.put,
			"reserve":  m.reserve,
			"settle":   m.settle,
			"release":  m.release,
			"open":     m.openSession,
			"close":    m.closeSession,
			"credit":   m.credit,
			"debit":    m.debit,
			"refund":   m.refund,
			"remember": m.remember,
			"advance":  m.advance,
			"delete":   m.deleteAccount,
			"fail":     m.fail,
			"reset":    m.reset,
			"reopen":   m.reopen,
			"kill":     m.kill,
			"sweep":    func(*rapid.T) { m.ledger.SweepNow() },
		})
	})
}

type machine struct {
	ctx    context.Context
	dir    string
	ledger *accounts.Ledger
	model  *model
}

var (
	machineStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	names        = rapid.SampledFrom([]string{"alice", "bob", "carol"})
	sessionNames = rapid.SampledFrom([]string{"s1", "s2", "s3", "s4"})
	groups       = rapid.SampledFrom([]charging.Number{{}, charging.Known(1), charging.Known(2)})
	units        = rapid.SampledFrom([]charging.Unit{"EUR", "USD", "time", "total", "events"})
	amounts      = rapid.Int64Range(0, 120)
)

func newMachine(r *rapid.T) *machine {
	dir, err := os.MkdirTemp("", "ledger-test-")
	if err != nil {
		r.Fatal(err)
	}
	m := &machine{ctx: context.Background(), dir: dir, model: newModel(machineStart)}
	m.open(r, filepath.Join(dir, "ledger.db"))
	return m
}

func (m *machine) open(r *rapid.T, path string) {
	l, err := accounts.Open(m.ctx, accounts.Options{Path: path, RememberedRequests: 3})
	if err != nil {
		r.Fatal(err)
	}
	l.KeepLog()
	m.ledger = l
}

func (m *machine) done(r *rapid.T) {
	if err := errors.Join(m.ledger.Close(), os.RemoveAll(m.dir)); err != nil {
		r.Error(err)
	}
}

// update runs work and waits.
func (m *machine) update(work func(charging.Tx) error) error {
	told := make(chan error, 1)
	m.ledger.Update(m.ctx, m.model.now, work, func(err error) { told <- err })
	return <-told
}

func (m *machine) account(r *rapid.T) string {
	if len(m.model.accounts) == 0 {
		r.Skip("no account")
	}
	id := names.Draw(r, "account")
	if m.model.accounts[id] == nil {
		r.Skip("not there")
	}
	return id
}

func purpose(r *rapid.T) charging.Purpose {
	return charging.Purpose{
		Group: groups.Draw(r, "group"), Currency: "EUR",
		Unit: rapid.SampledFrom([]charging.Unit{"time", "input", "total", "events"}).Draw(r, "unit"),
	}
}

func (m *machine) put(r *rapid.T) {
	doc := accounts.Account{ID: names.Draw(r, "id"), Status: charging.Active}
	for i := range rapid.IntRange(0, 3).Draw(r, "balances") {
		b := accounts.Balance{
			ID:       fmt.Sprintf("b%d", i),
			Amount:   charging.Quantity{Amount: amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")},
			Priority: rapid.IntRange(0, 1).Draw(r, "priority"),
		}
		b.CreditLimit = rapid.SampledFrom([]int64{0, 0, 50}).Draw(r, "limit")
		if rapid.Bool().Draw(r, "ends") {
			b.ValidUntil = m.model.now.Add(rapid.SampledFrom([]time.Duration{
				time.Minute, time.Hour,
			}).Draw(r, "until"))
		}
		if rapid.IntRange(0, 4).Draw(r, "later") == 0 {
			b.ValidFrom = m.model.now.Add(30 * time.Second)
		}
		if rapid.IntRange(0, 2).Draw(r, "restricted") == 0 {
			b.RatingGroups = []uint32{1}
		}
		if old := m.model.accounts[doc.ID]; old != nil {
			for _, other := range old.balances {
				if other.ID == b.ID {
					b.Amount.Unit = other.Amount.Unit
				}
			}
		}
		doc.Balances = append(doc.Balances, b)
	}
	_, created, err := m.ledger.PutAccount(m.ctx, m.model.now, doc)
	if err != nil {
		r.Fatalf("PutAccount: %v", err)
	}
	if want := m.model.accounts[doc.ID] == nil; created != want {
		r.Fatalf("PutAccount created = %v, want %v", created, want)
	}
	m.model.put(doc)
}

func (m *machine) reserve(r *rapid.T) {
	id, session, p := m.account(r), sessionNames.Draw(r, "session"), purpose(r)
	if s := m.model.sessions[session]; s != nil && !s.open && s.closedBy != "" {
		r.Skip("closed")
	}
	a := charging.Amounts{Units: amounts.Draw(r, "units"), Money: amounts.Draw(r, "money")}
	var reservation int64
	err := m.update(func(tx charging.Tx) (err error) {
		holder := charging.Holder{Session: charging.SessionID{ID: session}}
		reservation, err = tx.Reserve(id, holder, p, a)
		return err
	})
	units, money := m.model.means(id, p)
	if a.Units > units || a.Money > money {
		var lack *charging.Error
		if !errors.As(err, &lack) || lack.Kind != charging.KindInsufficientCredit {
			r.Fatalf("Reserve(%+v) of %d units, %d money = %v, want insufficient credit",
				a, units, money, err)
		}
		return
	}
	if err != nil {
		r.Fatalf("Reserve(%+v) of %d units, %d money = %v", a, units, money, err)
	}
	if a != (charging.Amounts{}) {
		m.model.reserve(reservation, id, session, p, a)
		m.touch(session)
	}
}

// touch is what any trace of a session leaves.
func (m *machine) touch(session string) {
	s := m.model.sessions[session]
	if s == nil {
		s = &modelSession{answers: map[uint32][]byte{}}
		m.model.sessions[session] = s
	}
	s.ended = m.model.now
}

func (m *machine) anyReservation(r *rapid.T) int64 {
	ids := make([]int64, 0, len(m.model.reservations))
	for id := range m.model.reservations {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		r.Skip("no reservation")
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(r, "reservation")
}

func (m *machine) settle(r *rapid.T) {
	var id string
	reservation := int64(0)
	if len(m.model.reservations) > 0 && rapid.Bool().Draw(r, "reserved") {
		reservation = m.anyReservation(r)
		id = m.model.reservations[reservation].account
	} else {
		id = m.account(r)
	}
	p := purpose(r)
	session := sessionNames.Draw(r, "session")
	var parts []charging.Part
	for range rapid.IntRange(0, 2).Draw(r, "parts") {
		parts = append(parts, charging.Part{
			Session: charging.SessionID{ID: session},
			Amounts: charging.Amounts{Units: amounts.Draw(r, "units"), Money: amounts.Draw(r, "money")},
			Reason:  charging.Reason{Code: "used", Detail: "a \"test\"\n"},
		})
	}
	var overrun charging.Amounts
	if err := m.update(func(tx charging.Tx) (err error) {
		overrun, err = tx.Settle(id, reservation, p, parts)
		return err
	}); err != nil {
		r.Fatalf("Settle: %v", err)
	}
	if holder := m.model.reservations[reservation]; holder != nil {
		m.touch(holder.session)
	}
	if want := m.model.settle(id, reservation, p, parts); overrun != want {
		r.Fatalf("Settle(%+v) overran %+v, want %+v", parts, overrun, want)
	}
	if len(parts) > 0 {
		m.touch(session)
	}
}

func (m *machine) release(r *rapid.T) {
	reservation := m.anyReservation(r)
	if err := m.update(func(tx charging.Tx) error { return tx.Release(reservation) }); err != nil {
		r.Fatalf("Release: %v", err)
	}
	m.touch(m.model.reservations[reservation].session)
	m.model.end(reservation)
	if err := m.update(func(tx charging.Tx) error { return tx.Release(reservation) }); err == nil {
		r.Fatalf("Release(%d) twice = nil, want an error", reservation)
	}
}

func (m *machine) openSession(r *rapid.T) {
	id, session := m.account(r), sessionNames.Draw(r, "session")
	deadline := m.model.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, 2 * time.Minute,
	}).Draw(r, "deadline"))
	if err := m.update(func(tx charging.Tx) error {
		if s, found := tx.Session(charging.SessionID{ID: session}); found && !s.Open() {
			tx.Forget(s.ID)
		}
		tx.PutSession(&charging.Session{
			ID: charging.SessionID{ID: session}, Account: id, Opened: tx.Now(), Deadline: deadline,
		})
		return nil
	}); err != nil {
		r.Fatalf("PutSession: %v", err)
	}
	s := m.model.sessions[session]
	if s == nil || s.closedBy != "" {
		s = &modelSession{answers: map[uint32][]byte{}}
		m.model.sessions[session] = s
	}
	s.account, s.open, s.deadline, s.closedBy = id, true, deadline, ""
}

func (m *machine) closeSession(r *rapid.T) {
	session := sessionNames.Draw(r, "session")
	s := m.model.sessions[session]
	if s == nil || !s.open {
		r.Skip("not open")
	}
	release := rapid.Bool().Draw(r, "release")
	holds := len(m.model.held(session)) > 0
	err := m.update(func(tx charging.Tx) error {
		state, _ := tx.Session(charging.SessionID{ID: session})
		next := *state
		next.Closed, next.ClosedBy = tx.Now(), "termination"
		tx.PutSession(&next)
		for _, reservation := range m.model.held(session) {
			if !release {
				break
			}
			if err := tx.Release(reservation); err != nil {
				return err
			}
		}
		return nil
	})
	if holds && !release {
		if err == nil {
			r.Fatalf("closing a session that holds a reservation = nil, want an error")
		}
		return
	}
	if err != nil {
		r.Fatalf("close: %v", err)
	}
	m.model.closeSession(session, "termination")
}

func (m *machine) credit(r *rapid.T) {
	id := m.account(r)
	balance := m.model.accounts[id].order()
	amount := charging.Quantity{Amount: 1 + amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")}
	_, err := m.ledger.Credit(m.ctx, m.model.now, id,
		accounts.Transfer{Amount: amount, Reference: "voucher"})
	for _, b := range balance {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			if err != nil {
				r.Fatalf("Credit: %v", err)
			}
			m.model.post(b, amount.Amount, "credit")
			return
		}
	}
	if err == nil {
		r.Fatalf("Credit(%s) without such a balance = nil, want an error", amount)
	}
}

func (m *machine) debit(r *rapid.T) {
	id := m.account(r)
	amount := charging.Quantity{Amount: 1 + amounts.Draw(r, "amount"), Unit: units.Draw(r, "unit")}
	_, err := m.ledger.Debit(m.ctx, m.model.now, id, accounts.Transfer{Amount: amount})
	var available int64
	for _, b := range m.model.accounts[id].order() {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			available += b.available()
		}
	}
	if (err == nil) != (available >= amount.Amount) {
		r.Fatalf("Debit(%s) of %d available = %v", amount, available, err)
	}
	if err != nil {
		return
	}
	for _, b := range m.model.accounts[id].order() {
		if b.Amount.Unit == amount.Unit && b.usable(m.model.now) {
			take := min(amount.Amount, b.available())
			m.model.post(b, -take, "debit")
			amount.Amount -= take
		}
	}
}

func (m *machine) refund(r *rapid.T) {
	id, p := m.account(r), purpose(r)
	amount := 1 + amounts.Draw(r, "amount")
	err := m.update(func(tx charging.Tx) error {
		return tx.Credit(id, p, charging.Part{Amounts: charging.Amounts{Money: amount}})
	})
	var best *modelBalance
	for _, b := range m.model.accounts[id].order() {
		if !b.fits(p, true) || !b.usable(m.model.now) {
			continue
		}
		if best == nil || b.open(p) && !best.open(p) {
			best = b
		}
	}
	if (err == nil) != (best != nil) {
		r.Fatalf("Credit = %v, with a balance: %v", err, best != nil)
	}
	if best != nil {
		m.model.post(best, amount, "refund")
	}
}

// remember answers a request, or finds that it was answered.
func (m *machine) remember(r *rapid.T) {
	session, number := sessionNames.Draw(r, "session"), uint32(rapid.IntRange(0, 9).Draw(r, "number"))
	message := rapid.StringN(0, 10, -1).Draw(r, "message")
	key := charging.Key{Session: charging.SessionID{ID: session}, Number: number}
	answer := charging.Answer{Key: key, Type: charging.Update, Result: 2001, Message: message}
	var prior charging.Prior
	var found bool
	if err := m.update(func(tx charging.Tx) error {
		if prior, found = tx.Answered(key); !found {
			tx.Remember(&answer, 7, 8)
		}
		return nil
	}); err != nil {
		r.Fatalf("Remember: %v", err)
	}
	s := m.model.sessions[session]
	if s != nil {
		if want, known := s.answers[number]; known {
			if !found || !bytes.Equal(prior.Answer, want) {
				r.Fatalf("Answered(%v) = %x %v, want %x", key, prior.Answer, found, want)
			}
			return
		}
	}
	if found {
		r.Fatalf("Answered(%v) = %x, want nothing", key, prior.Answer)
	}
	m.touch(session)
	m.model.sessions[session].answers[number], _ = answer.AppendBinary(nil)
}

func (m *machine) advance(r *rapid.T) {
	to := m.model.now.Add(rapid.SampledFrom([]time.Duration{
		time.Millisecond, 10 * time.Second, time.Minute, 11 * time.Minute,
	}).Draw(r, "by"))
	if err := m.ledger.Tick(m.ctx, to); err != nil {
		r.Fatalf("Tick: %v", err)
	}
	m.model.advance(to)
	for id, s := range m.model.sessions {
		if !s.open && len(m.model.held(id)) == 0 && !to.Before(s.ended.Add(10*time.Minute)) {
			delete(m.model.sessions, id)
		}
	}
}

func (m *machine) deleteAccount(r *rapid.T) {
	id := m.account(r)
	force := rapid.Bool().Draw(r, "force")
	inUse := false
	for _, s := range m.model.sessions {
		inUse = inUse || s.open && s.account == id
	}
	for _, reservation := range m.model.reservations {
		inUse = inUse || reservation.account == id
	}
	err := m.ledger.DeleteAccount(m.ctx, m.model.now, id, force)
	if inUse && !force {
		if err == nil {
			r.Fatalf("DeleteAccount in use = nil, want an error")
		}
		return
	}
	if err != nil {
		r.Fatalf("DeleteAccount: %v", err)
	}
	m.model.deleteAccount(id)
}

var errOnPurpose = errors.New("on purpose")

// fail does all kinds of things and errs: nothing of it may stand.
func (m *machine) fail(r *rapid.T) {
	id, p := m.account(r), purpose(r)
	session := sessionNames.Draw(r, "session")
	reservations := make([]int64, 0, len(m.model.reservations))
	for reservation := range m.model.reservations {
		reservations = append(reservations, reservation)
	}
	slices.Sort(reservations)
	err := m.update(func(tx charging.Tx) error {
		for i, reservation := range reservations {
			if i%2 == 0 {
				_ = tx.Release(reservation)
				continue
			}
			_, _ = tx.Settle(m.model.reservations[reservation].account, reservation, p,
				[]charging.Part{{Amounts: charging.Amounts{Money: 1000, Units: 5}}})
		}
		holder := charging.Holder{Session: charging.SessionID{ID: session}}
		_, _ = tx.Reserve(id, holder, p, charging.Amounts{Money: 1})
		tx.Forget(holder.Session)
		tx.PutSession(&charging.Session{ID: holder.Session, Account: id, Closed: tx.Now()})
		tx.Remember(&charging.Answer{Key: charging.Key{Session: holder.Session, Number: 99}}, 1, 1)
		return errOnPurpose
	})
	if !errors.Is(err, errOnPurpose) {
		r.Fatalf("Update = %v, want the work's error", err)
	}
}

func (m *machine) reset(r *rapid.T) {
	if rapid.IntRange(0, 3).Draw(r, "really") > 0 {
		r.Skip("seldom")
	}
	// A new life may begin before the old one's last instant.
	m.model = newModel(machineStart)
	doc := accounts.Account{ID: "alice", Balances: []accounts.Balance{
		{ID: "b0", Amount: charging.Quantity{Amount: 100, Unit: "EUR"}},
	}}
	if err := m.ledger.Reset(m.ctx, machineStart,
		accounts.Seed{Accounts: []accounts.Account{doc}}, charging.ClockState{}); err != nil {
		r.Fatalf("Reset: %v", err)
	}
	m.model.put(doc)
}

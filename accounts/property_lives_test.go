package accounts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"pgregory.net/rapid"
)

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

func (m *machine) reopen(r *rapid.T) {
	path := m.ledger.Path()
	if err := m.ledger.Close(); err != nil {
		r.Fatalf("Close: %v", err)
	}
	m.open(r, path)
	m.tick(r)
}

// tick is what a server does after its start: what is forgotten is not in the log.
func (m *machine) tick(r *rapid.T) {
	if err := m.ledger.Tick(m.ctx, m.model.now); err != nil {
		r.Fatalf("Tick: %v", err)
	}
}

// kill goes on with a copy of what is on disk now.
func (m *machine) kill(r *rapid.T) {
	old := m.ledger.Path()
	path := filepath.Join(m.dir, fmt.Sprintf("killed-%d.db", time.Now().UnixNano()))
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(old+suffix, path+suffix); err != nil {
			r.Fatal(err)
		}
	}
	if err := m.ledger.Close(); err != nil {
		r.Fatalf("Close: %v", err)
	}
	m.open(r, path)
	m.tick(r)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	target, err := os.Create(to)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, source.Close(), target.Close())
}

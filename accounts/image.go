package accounts

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// imageVersion stands first in the images of rows.
const imageVersion = 1

// rowImage is the size in bytes that images of rows usually have.
const rowImage = 256

// accountRow is an account as its row has it: an image for start-up, and columns for people.
type accountRow struct {
	number                int64
	id, status, plan      string
	subscribers, balances string
	image                 []byte
}

func (a *account) toRow() accountRow {
	return accountRow{
		number: a.number, id: a.view.ID, status: string(a.view.Status), plan: a.view.Plan,
		subscribers: string(appendIdentities(nil, a.view.Identities)),
		balances:    string(appendBalances(nil, a.balances)),
		image:       a.appendImage(make([]byte, 0, rowImage)),
	}
}

func (a *account) appendImage(dst []byte) []byte {
	dst = appendText(append(dst, imageVersion), a.view.ID)
	dst = appendText(dst, a.view.Status)
	dst = appendText(dst, a.view.Plan)
	dst = binary.AppendUvarint(dst, uint64(len(a.view.Identities)))
	for _, identity := range a.view.Identities {
		dst = appendText(append(dst, byte(identity.Type)), identity.Data)
	}
	dst = binary.AppendUvarint(dst, uint64(len(a.tags)))
	for _, tag := range a.tags {
		dst = appendText(dst, tag)
	}
	dst = binary.AppendUvarint(dst, uint64(a.lastPosting))
	dst = binary.AppendUvarint(dst, uint64(a.nextSerial))
	dst = binary.AppendUvarint(dst, uint64(len(a.balances)))
	for _, b := range a.balances {
		dst = b.appendImage(dst)
	}
	return dst
}

func (b *balance) appendImage(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.serial))
	dst = appendText(dst, b.id)
	dst = appendText(dst, b.unit)
	dst = binary.AppendVarint(dst, b.amount)
	dst = binary.AppendVarint(dst, b.limit)
	dst = binary.AppendVarint(dst, int64(b.priority))
	dst = appendTime(dst, b.from)
	dst = appendTime(dst, b.until)
	dst = appendFlag(dst, b.expired)
	dst = binary.AppendUvarint(dst, uint64(len(b.groups)))
	for _, group := range b.groups {
		dst = binary.AppendUvarint(dst, uint64(group))
	}
	return dst
}

// parseAccount reads what account.appendImage writes.
func parseAccount(number int64, image []byte) (*account, error) {
	if len(image) == 0 || image[0] != imageVersion {
		return nil, fmt.Errorf("account %d: %w", number, errDamaged)
	}
	u := unpacker{data: image[1:]}
	a := &account{number: number}
	a.view = &charging.Account{ID: u.text(), Status: charging.Status(u.text()), Plan: u.text()}
	for range u.count() {
		a.view.Identities = append(a.view.Identities,
			charging.Identity{Type: charging.IdentityType(u.whole()), Data: u.text()})
	}
	for range u.count() {
		a.tags = append(a.tags, u.text())
	}
	a.lastPosting, a.nextSerial = int64(u.whole()), int64(u.whole())
	for range u.count() {
		a.balances = append(a.balances, u.balance(a))
	}
	if err := u.end(); err != nil {
		return nil, fmt.Errorf("account %d: %w", number, err)
	}
	return a, nil
}

func (u *unpacker) balance(a *account) *balance {
	b := &balance{
		account: a, serial: int64(u.whole()), id: u.text(), unit: charging.Unit(u.text()),
		amount: u.signed(), limit: u.signed(), priority: int(u.signed()),
		from: u.time(), until: u.time(), expired: u.flag(),
	}
	for range u.count() {
		b.groups = append(b.groups, uint32(u.whole()))
	}
	b.money = b.unit.Money()
	b.due.balance = b
	return b
}

func appendIdentities(dst []byte, list []charging.Identity) []byte {
	dst = append(dst, '[')
	for i, identity := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, `{"`...), identity.Type.String()...), `":`...)
		dst = append(appendJSONText(dst, identity.Data), '}')
	}
	return append(dst, ']')
}

// appendBalances writes what the view balances_now builds on.
func appendBalances(dst []byte, list []*balance) []byte {
	dst = append(dst, '[')
	for i, b := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(append(dst, `{"id":`...), b.id)
		dst = appendTextField(dst, "unit", string(b.unit))
		dst = appendField(dst, "amount", b.amount)
		dst = appendField(dst, "credit_limit", b.limit)
		dst = appendField(dst, "priority", int64(b.priority))
		dst = appendTimeField(dst, "valid_from", b.from)
		dst = appendTimeField(dst, "valid_until", b.until)
		if len(b.groups) > 0 {
			dst = appendWholes(append(dst, `,"rating_groups":`...), b.groups)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendTimeField(dst []byte, name string, at time.Time) []byte {
	if at.IsZero() {
		return dst
	}
	return appendTextField(dst, name, at.Format(time.RFC3339Nano))
}

// sessionRow is a session as its row has it.
type sessionRow struct {
	number  int64
	id      string
	sub     uint64
	account string
	state   string
	held    string
	image   []byte
}

func (s *session) toRow() (sessionRow, error) {
	row := sessionRow{number: s.number, id: s.id.ID, sub: s.id.Sub, state: "requests"}
	if s.state != nil {
		row.account, row.state = s.state.Account, "open"
		if !s.state.Open() {
			row.state = "closed"
		}
	}
	if len(s.held) > 0 {
		row.held = string(appendHeld(nil, s.held))
	}
	var err error
	row.image, err = s.appendImage(make([]byte, 0, rowImage))
	return row, err
}

func (s *session) appendImage(dst []byte) ([]byte, error) {
	dst = appendText(append(dst, imageVersion), s.id.ID)
	dst = binary.AppendUvarint(dst, s.id.Sub)
	dst = appendTime(dst, s.ended)
	dst = appendFlag(dst, s.older)
	dst = binary.AppendUvarint(dst, uint64(s.low))
	dst = binary.AppendUvarint(dst, uint64(s.high))
	dst = binary.AppendUvarint(dst, uint64(len(s.keys)))
	for _, k := range s.keys {
		dst = binary.AppendUvarint(dst, uint64(k.number))
		dst = binary.AppendUvarint(dst, uint64(k.endToEnd))
		dst = binary.AppendUvarint(dst, k.fingerprint)
		dst = binary.AppendUvarint(dst, uint64(k.entry))
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.held)))
	for _, r := range s.held {
		dst = appendReservation(dst, r)
	}
	dst = appendFlag(dst, s.state != nil)
	if s.state == nil {
		return dst, nil
	}
	state, err := s.state.AppendBinary(make([]byte, 0, rowImage))
	if err != nil {
		return nil, fmt.Errorf("session %s: %w", s.id.ID, err)
	}
	return appendText(dst, state), nil
}

// parseSession reads what session.appendImage writes; its reservations are returned beside it.
func parseSession(number int64, image []byte) (*session, []reservationImage, error) {
	if len(image) == 0 || image[0] != imageVersion {
		return nil, nil, fmt.Errorf("session %d: %w", number, errDamaged)
	}
	u := unpacker{data: image[1:]}
	s := newSession(charging.SessionID{ID: u.text(), Sub: u.whole()}, number)
	s.ended = u.time()
	s.older, s.low, s.high = u.flag(), uint32(u.whole()), uint32(u.whole())
	for range u.count() {
		s.keys = append(s.keys, answered{
			number: uint32(u.whole()), endToEnd: uint32(u.whole()),
			fingerprint: u.whole(), entry: int64(u.whole()),
		})
	}
	var held []reservationImage
	for range u.count() {
		held = append(held, u.reservation())
	}
	if u.flag() {
		s.state = u.state()
	}
	if err := u.end(); err != nil {
		return nil, nil, fmt.Errorf("session %d: %w", number, err)
	}
	s.row = true
	return s, held, nil
}

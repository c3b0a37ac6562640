package accounts

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// effectsVersion stands first in the effects of an entry.
const effectsVersion = 1

// The marks of a session's image.
const (
	markBegun = 1 << iota
	markForgotten
	markState
	markFound
)

// appendEffects writes the after-images of all that the unit touched, in binary for start-up, and
// the reservations it opened and ended also in JSON.
func (t *tx) appendEffects(r *record) error {
	out := t.out
	start := len(out.arena)
	dst := append(out.arena, effectsVersion)
	dst = t.appendAccountImages(dst)
	dst, err := t.appendSessionImages(dst)
	if err != nil {
		return err
	}
	dst = binary.AppendUvarint(dst, uint64(len(t.opened)))
	for _, r := range t.opened {
		dst = appendReservation(dst, r)
	}
	dst = binary.AppendUvarint(dst, uint64(len(t.closed)))
	for _, c := range t.closed {
		dst = binary.AppendUvarint(dst, uint64(c.reservation.id))
	}
	r.effects = span{start, len(dst)}
	out.arena = dst
	if len(t.opened) > 0 {
		from := len(out.texts)
		out.texts = appendHeld(out.texts, t.opened)
		r.held = span{from, len(out.texts)}
	}
	if len(t.closed) > 0 {
		from := len(out.texts)
		out.texts = appendFreed(out.texts, t.closed)
		r.freed = span{from, len(out.texts)}
	}
	return nil
}

func (t *tx) appendAccountImages(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.accountsBefore)))
	for _, before := range t.accountsBefore {
		a := before.account
		dst = binary.AppendUvarint(dst, uint64(a.number))
		dst = binary.AppendUvarint(dst, uint64(a.lastPosting))
		dst = binary.AppendUvarint(dst, uint64(len(a.balances)))
		for _, b := range a.balances {
			dst = binary.AppendUvarint(dst, uint64(b.serial))
			dst = binary.AppendVarint(dst, b.amount)
			dst = appendFlag(dst, b.expired)
		}
	}
	return dst
}

func (t *tx) appendSessionImages(dst []byte) ([]byte, error) {
	dst = binary.AppendUvarint(dst, uint64(len(t.sessionsBefore)))
	for i := range t.sessionsBefore {
		before := &t.sessionsBefore[i]
		s := before.session
		dst = binary.AppendUvarint(dst, uint64(s.number))
		marks := before.marks()
		if !t.found.IsZero() {
			marks |= markFound
		}
		dst = append(dst, marks)
		if marks&markBegun != 0 {
			dst = appendText(dst, s.id.ID)
			dst = binary.AppendUvarint(dst, s.id.Sub)
		}
		if marks&markFound != 0 {
			dst = appendTime(dst, t.found)
		}
		if marks&markState == 0 {
			continue
		}
		var err error
		if dst, err = t.appendState(dst, s.state); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (s *sessionBefore) marks() byte {
	var marks byte
	if s.begun {
		marks |= markBegun
	}
	if s.forgotten {
		marks |= markForgotten
	}
	if s.session.state != s.state && s.session.state != nil {
		marks |= markState
	}
	return marks
}

// appendState writes a session's state behind its length.
func (t *tx) appendState(dst []byte, s *charging.Session) ([]byte, error) {
	state, err := s.AppendBinary(t.scratch[:0])
	if err != nil {
		return dst, fmt.Errorf("session %s: %w", s.ID.ID, err)
	}
	t.scratch = state
	return appendText(dst, state), nil
}

func appendReservation(dst []byte, r *reservation) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.id))
	dst = binary.AppendUvarint(dst, uint64(r.account.number))
	dst = binary.AppendUvarint(dst, uint64(r.session.number))
	dst = appendTime(dst, r.at)
	dst = appendFlag(dst, r.service.Group.Known)
	dst = binary.AppendVarint(dst, r.service.Group.Value)
	dst = binary.AppendUvarint(dst, uint64(len(r.service.IDs)))
	for _, id := range r.service.IDs {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.draws)))
	for _, d := range r.draws {
		dst = binary.AppendUvarint(dst, uint64(d.balance.serial))
		dst = binary.AppendVarint(dst, d.amount)
	}
	return dst
}

// effects are the images of an entry, read back.
type effects struct {
	accounts []accountImage
	sessions []sessionImage
	opened   []reservationImage
	closed   []int64
}

type accountImage struct {
	number, lastPosting int64
	balances            []balanceImage
}

type balanceImage struct {
	serial, amount int64
	expired        bool
}

type sessionImage struct {
	number           int64
	begun, forgotten bool
	id               charging.SessionID
	found            time.Time // when its end was found out, where that is not the entry's time
	state            *charging.Session
}

type reservationImage struct {
	id, account, session int64
	at                   time.Time
	service              charging.ServiceKey
	draws                []balanceImage
}

// parseEffects reads what appendEffects writes; anything else is an error.
func parseEffects(data []byte) (effects, error) {
	if len(data) == 0 || data[0] != effectsVersion {
		return effects{}, errDamaged
	}
	u := unpacker{data: data[1:]}
	var e effects
	for range u.count() {
		e.accounts = append(e.accounts, u.accountImage())
	}
	for range u.count() {
		e.sessions = append(e.sessions, u.sessionImage())
	}
	for range u.count() {
		e.opened = append(e.opened, u.reservation())
	}
	for range u.count() {
		e.closed = append(e.closed, int64(u.whole()))
	}
	return e, u.end()
}

func (u *unpacker) accountImage() accountImage {
	image := accountImage{number: int64(u.whole()), lastPosting: int64(u.whole())}
	for range u.count() {
		image.balances = append(image.balances,
			balanceImage{int64(u.whole()), u.signed(), u.flag()})
	}
	return image
}

func (u *unpacker) sessionImage() sessionImage {
	image := sessionImage{number: int64(u.whole())}
	marks := u.whole()
	image.begun, image.forgotten = marks&markBegun != 0, marks&markForgotten != 0
	if image.begun {
		image.id = charging.SessionID{ID: u.text(), Sub: u.whole()}
	}
	if marks&markFound != 0 {
		image.found = u.time()
	}
	if marks&markState != 0 {
		image.state = u.state()
	}
	return image
}

func (u *unpacker) state() *charging.Session {
	state := new(charging.Session)
	if data := u.octets(); u.err == nil && state.UnmarshalBinary(data) != nil {
		u.fail()
	}
	return state
}

func (u *unpacker) reservation() reservationImage {
	image := reservationImage{
		id: int64(u.whole()), account: int64(u.whole()), session: int64(u.whole()), at: u.time(),
	}
	image.service.Group = charging.Number{Known: u.flag(), Value: u.signed()}
	for range u.count() {
		image.service.IDs = append(image.service.IDs, uint32(u.whole()))
	}
	for range u.count() {
		image.draws = append(image.draws, balanceImage{serial: int64(u.whole()), amount: u.signed()})
	}
	return image
}

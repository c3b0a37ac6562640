package accounts

import (
	"encoding/binary"
	"errors"
	"time"
)

// errDamaged is returned where a stored image cannot be read.
var errDamaged = errors.New("stored image is damaged")

func appendText[T ~string | ~[]byte](dst []byte, text T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// appendTime keeps any time to the nanosecond, in UTC; the zero time stays zero.
func appendTime(dst []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(dst, 0)
	}
	dst = binary.AppendVarint(append(dst, 1), at.Unix())
	return binary.AppendUvarint(dst, uint64(at.Nanosecond()))
}

func appendFlag(dst []byte, set bool) []byte {
	if set {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// An unpacker reads what the functions above append. The first error sticks, and everything read
// after it is zero.
type unpacker struct {
	data []byte
	err  error
}

func (u *unpacker) fail() {
	u.err = errDamaged
	u.data = nil
}

func (u *unpacker) whole() uint64 {
	value, n := binary.Uvarint(u.data)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.data = u.data[n:]
	return value
}

func (u *unpacker) signed() int64 {
	value, n := binary.Varint(u.data)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.data = u.data[n:]
	return value
}

// count reads the length of a list, each element of which takes a byte at least.
func (u *unpacker) count() int {
	n := u.whole()
	if n > uint64(len(u.data)) {
		u.fail()
		return 0
	}
	return int(n)
}

// octets returns a part of the data, not a copy.
func (u *unpacker) octets() []byte {
	n := u.count()
	part := u.data[:n:n]
	u.data = u.data[n:]
	return part
}

func (u *unpacker) text() string { return string(u.octets()) }

func (u *unpacker) flag() bool {
	switch u.whole() {
	case 0:
		return false
	case 1:
		return u.err == nil
	}
	u.fail()
	return false
}

func (u *unpacker) time() time.Time {
	if !u.flag() {
		return time.Time{}
	}
	seconds, nanoseconds := u.signed(), u.whole()
	if nanoseconds >= uint64(time.Second) {
		u.fail()
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

// end reports the first error, or bytes left over.
func (u *unpacker) end() error {
	if u.err == nil && len(u.data) > 0 {
		u.fail()
	}
	return u.err
}

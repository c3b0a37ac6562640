package charging

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// binaryVersion stands first in every binary form, so that a later one can still read it.
const binaryVersion = 1

var errTruncated = errors.New("binary form is cut off")

// A coder visits the values of a word in order: it appends them to bytes, or reads them back. One
// description of a word (see binary_words.go) serves both ways, so that they cannot drift apart.
type coder struct {
	reading bool
	bytes   []byte // written so far, or left to read
	err     error  // of reading; the first sticks
}

func (c *coder) unsigned(v *uint64) {
	if !c.reading {
		c.bytes = binary.AppendUvarint(c.bytes, *v)
		return
	}
	value, n := binary.Uvarint(c.bytes)
	if n <= 0 {
		c.fail()
		return
	}
	*v, c.bytes = value, c.bytes[n:]
}

func (c *coder) signed(v *int64) {
	if !c.reading {
		c.bytes = binary.AppendVarint(c.bytes, *v)
		return
	}
	value, n := binary.Varint(c.bytes)
	if n <= 0 {
		c.fail()
		return
	}
	*v, c.bytes = value, c.bytes[n:]
}

func (c *coder) text(v *string) {
	n := c.length(len(*v))
	if !c.reading {
		c.bytes = append(c.bytes, *v...)
		return
	}
	*v, c.bytes = string(c.bytes[:n]), c.bytes[n:]
}

func (c *coder) octets(v *[]byte) {
	n := c.length(len(*v))
	if !c.reading {
		c.bytes = append(c.bytes, *v...)
		return
	}
	if *v = nil; n > 0 {
		*v = append([]byte(nil), c.bytes[:n]...)
	}
	c.bytes = c.bytes[n:]
}

// length writes n, or reads a length. It refuses one above the bytes left, since every element
// takes one at least.
func (c *coder) length(n int) int {
	wide := uint64(n)
	c.unsigned(&wide)
	if !c.reading {
		return n
	}
	if c.err != nil || wide > uint64(len(c.bytes)) {
		c.fail()
		return 0
	}
	return int(wide)
}

func (c *coder) fail() {
	if c.err == nil {
		c.err = errTruncated
	}
	c.bytes = nil
}

// What is only written may be shared with others, so that visiting leaves it alone: terms of a plan
// are part of answers.

// visitWhole visits any integer type as an unsigned number.
func visitWhole[T ~uint8 | ~uint32 | ~uint64](c *coder, v *T) {
	wide := uint64(*v)
	c.unsigned(&wide)
	if c.reading {
		*v = T(wide)
	}
}

func visitText[T ~string](c *coder, v *T) {
	text := string(*v)
	c.text(&text)
	if c.reading {
		*v = T(text)
	}
}

func visitFlag(c *coder, v *bool) {
	var bit uint64
	if *v {
		bit = 1
	}
	c.unsigned(&bit)
	if c.reading {
		*v = bit != 0
	}
}

func visitDuration(c *coder, v *time.Duration) {
	wide := int64(*v)
	c.signed(&wide)
	if c.reading {
		*v = time.Duration(wide)
	}
}

// visitTime visits a time in UTC, to the nanosecond; the zero time stays zero.
func visitTime(c *coder, v *time.Time) {
	known := !v.IsZero()
	visitFlag(c, &known)
	if !known {
		if c.reading {
			*v = time.Time{}
		}
		return
	}
	seconds, nanoseconds := v.Unix(), int64(v.Nanosecond())
	c.signed(&seconds)
	c.signed(&nanoseconds)
	if c.reading {
		*v = time.Unix(seconds, nanoseconds).UTC()
	}
}

// visitList visits a slice: empty ones come back as nil.
func visitList[T any](c *coder, v *[]T, each func(*coder, *T)) {
	n := c.length(len(*v))
	if c.reading {
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		each(c, &(*v)[i])
	}
}

// visitOptional visits a pointer.
func visitOptional[T any](c *coder, v **T, each func(*coder, *T)) {
	known := *v != nil
	visitFlag(c, &known)
	if !known {
		if c.reading {
			*v = nil
		}
		return
	}
	if c.reading {
		*v = new(T)
	}
	each(c, *v)
}

func visitQuantity(c *coder, q *Quantity) {
	visitText(c, &q.Unit)
	if q.Unit != "" {
		c.signed(&q.Amount)
	}
}

func visitNumber(c *coder, n *Number) {
	visitFlag(c, &n.Known)
	if n.Known {
		c.signed(&n.Value)
	}
}

// encode appends the version and what visit writes.
func encode[T any](dst []byte, v *T, visit func(*coder, *T)) []byte {
	c := coder{bytes: append(dst, binaryVersion)}
	visit(&c, v)
	return c.bytes
}

// decode fills v from a whole binary form; bytes left over are an error.
func decode[T any](in []byte, v *T, visit func(*coder, *T)) error {
	if len(in) == 0 || in[0] != binaryVersion {
		return fmt.Errorf("binary form is not of version %d", binaryVersion)
	}
	c := coder{reading: true, bytes: in[1:]}
	visit(&c, v)
	if c.err == nil && len(c.bytes) > 0 {
		c.err = fmt.Errorf("%d bytes follow the binary form", len(c.bytes))
	}
	return c.err
}

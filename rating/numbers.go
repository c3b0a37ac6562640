package rating

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A span is a range of numbers, both ends included.
type span struct{ low, high int64 }

// numbers are the ranges that a number may lie in; none means that any number will do.
type numbers []span

// names are words that may stand for numbers, the first for number first and so on. They are
// written in any case.
type names struct {
	first int64
	words []string
}

// parseSpan reads 2, 1..3, 2.. or ..5, with names where there are any.
func parseSpan(text string, known names) (span, error) {
	low, high, isRange := strings.Cut(text, "..")
	if !isRange {
		value, err := parseNumber(text, known)
		return span{value, value}, err
	}
	got := span{0, math.MaxInt64}
	var err error
	if low = strings.TrimSpace(low); low != "" {
		got.low, err = parseNumber(low, known)
	}
	if high = strings.TrimSpace(high); high != "" && err == nil {
		got.high, err = parseNumber(high, known)
	}
	switch {
	case err != nil:
		return span{}, err
	case low == "" && high == "":
		return span{}, fmt.Errorf("%q has no end; write it like 1..3, 2.. or ..5", text)
	case got.low > got.high:
		return span{}, fmt.Errorf("%q is empty: %d is above %d", text, got.low, got.high)
	}
	return got, nil
}

func parseNumber(text string, known names) (int64, error) {
	position := slices.IndexFunc(known.words, func(word string) bool {
		return strings.EqualFold(word, text)
	})
	if position >= 0 {
		return known.first + int64(position), nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err == nil && value >= 0 && text[0] != '+' {
		return value, nil
	}
	if meant := nearest(text, known.words); meant != "" {
		return 0, fmt.Errorf("unknown name %q; did you mean %q?", text, meant)
	}
	return 0, fmt.Errorf("%q is not a number; write it like 2, 1..3, 2.. or ..5", text)
}

// has reports whether the value lies in one of the ranges.
func (n numbers) has(value int64) bool {
	for _, s := range n {
		if s.low <= value && value <= s.high {
			return true
		}
	}
	return false
}

// fits reports whether there is nothing to fit, or the number is known and fits.
func (n numbers) fits(value int64, known bool) bool {
	return len(n) == 0 || known && n.has(value)
}

// covers reports whether each range of other lies within one of n.
func (n numbers) covers(other numbers) bool {
	if len(n) == 0 {
		return true
	}
	for _, s := range other {
		if !n.holds(s) {
			return false
		}
	}
	return len(other) > 0
}

func (n numbers) holds(s span) bool {
	for _, own := range n {
		if own.low <= s.low && s.high <= own.high {
			return true
		}
	}
	return false
}

// meets reports whether some number fits both.
func (n numbers) meets(other numbers) bool {
	if len(n) == 0 || len(other) == 0 {
		return true
	}
	for _, s := range n {
		for _, o := range other {
			if s.low <= o.high && o.low <= s.high {
				return true
			}
		}
	}
	return false
}

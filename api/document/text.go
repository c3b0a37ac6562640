package document

import (
	"fmt"
	"strconv"
	"strings"
)

// A text is one text of an account, in which {n} stands for the account's number in its range and
// {n:07} for the same with zeros in front, seven digits in all.
type text struct {
	parts []textPart // empty: the text does not count
	plain string
}

type textPart struct {
	literal string // goes before the number
	width   int    // -1: no number follows
}

// maxWidth is how many digits {n:0...} may ask for.
const maxWidth = 20

func parseText(written string) (text, error) {
	made := text{plain: written}
	for rest := written; ; {
		before, after, found := strings.Cut(rest, "{n")
		if !found {
			if len(made.parts) > 0 {
				made.parts = append(made.parts, textPart{rest, -1})
			}
			return made, nil
		}
		form, behind, closed := strings.Cut(after, "}")
		width, ok := parseWidth(form)
		if !closed || !ok {
			return made, fmt.Errorf("%q: the number of a range is written {n} or {n:07}", written)
		}
		made.parts = append(made.parts, textPart{before, width})
		rest = behind
	}
}

// parseWidth reads what stands between {n and }.
func parseWidth(form string) (width int, ok bool) {
	if form == "" {
		return 0, true
	}
	digits, padded := strings.CutPrefix(form, ":0")
	width, err := strconv.Atoi(digits)
	return width, padded && err == nil && width > 0 && width <= maxWidth
}

// counts reports whether the text is another one for each account of a range.
func (t *text) counts() bool { return len(t.parts) > 0 }

// at is the text for account n of the range.
func (t *text) at(n int) string {
	if len(t.parts) == 0 {
		return t.plain
	}
	made := make([]byte, 0, len(t.plain)+8)
	for _, part := range t.parts {
		made = append(made, part.literal...)
		if part.width >= 0 {
			digits := strconv.Itoa(n)
			for pad := len(digits); pad < part.width; pad++ {
				made = append(made, '0')
			}
			made = append(made, digits...)
		}
	}
	return string(made)
}

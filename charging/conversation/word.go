package conversation

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A token is one word of a line. It ends at white space outside of double quotes.
type token struct {
	text   string
	column int // 1 is the first byte of the line
}

// key and value are what stands before and after the first "=".
func (t token) split() (key, value string, given bool) { return strings.Cut(t.text, "=") }

// tokens cuts a line into words. A # that begins a word begins a comment. Words that belong
// together are joined: a number and its unit ("3 events"), and a word of the wire and its value.
func tokens(line string, column int) []token {
	var all []token
	for at := 0; at < len(line); {
		if line[at] == ' ' || line[at] == '\t' {
			at++
			continue
		}
		if line[at] == '#' {
			break
		}
		text, next := oneToken(line, at)
		all = append(all, token{text, column + at})
		at = next
	}
	return joined(all)
}

func oneToken(line string, at int) (text string, next int) {
	var b strings.Builder
	quoted := false
	for ; at < len(line); at++ {
		switch c := line[at]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			return b.String(), at
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), at
}

func joined(all []token) []token {
	var out []token
	for _, t := range all {
		if last := len(out) - 1; last >= 0 && belongs(out[last].text, t.text) {
			out[last].text += t.text
			continue
		}
		out = append(out, t)
	}
	return out
}

// belongs reports whether the word after a word is its unit or value.
func belongs(before, word string) bool {
	switch before {
	case "avp:", "add:", "flags:", "raw:", "expect-avp:":
		return true
	}
	digits := before != "" && before[len(before)-1] >= '0' && before[len(before)-1] <= '9'
	if !digits {
		return false
	}
	switch word {
	case "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "event", "events", "s",
		string(charging.NoCurrency):
		return true
	}
	unit, err := charging.ParseUnit(word)
	return err == nil && unit.Money()
}

// parseAmounts reads quantities joined by "+", as in 60s+100B/in, and hands each "/word" that is
// not a direction to other.
func parseAmounts(text string, other func(word string) error) ([]charging.Quantity, error) {
	var all []charging.Quantity
	for _, part := range strings.Split(text, "+") {
		words := strings.Split(part, "/")
		quantity, err := parseQuantity(words[0])
		if err != nil {
			return nil, err
		}
		for _, word := range words[1:] {
			if err := modify(&quantity, word, other); err != nil {
				return nil, err
			}
		}
		all = append(all, quantity)
	}
	return all, nil
}

func modify(q *charging.Quantity, word string, other func(string) error) error {
	switch {
	case word == "in" && q.Unit.Octets():
		q.Unit = charging.Input
	case word == "out" && q.Unit.Octets():
		q.Unit = charging.Output
	case other == nil:
		return fmt.Errorf("%q cannot stand behind a quantity here", "/"+word)
	default:
		return other(word)
	}
	return nil
}

// parseQuantity reads a quantity; a whole number without a unit counts events.
func parseQuantity(text string) (charging.Quantity, error) {
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return charging.Quantity{Amount: whole, Unit: charging.Events}, nil
	}
	return withUnit(text)
}

// withUnit reads a quantity that must say its unit.
func withUnit(text string) (charging.Quantity, error) {
	quantity, err := charging.ParseTold(text)
	if err == nil && quantity.Unit == "" {
		err = fmt.Errorf(
			"%q has no unit; write it like 12.50 EUR, 10 MiB, 1h5m30s or 3 events",
			text,
		)
	}
	return quantity, err
}

// parseSeconds reads a time, as 3600s, 1h or a bare number of seconds.
func parseSeconds(text string) (int64, error) {
	if whole, err := strconv.ParseUint(text, 10, 32); err == nil {
		return int64(whole), nil
	}
	quantity, err := withUnit(text)
	if err != nil {
		return 0, err
	}
	if quantity.Unit != charging.Time || quantity.Amount < 0 {
		return 0, fmt.Errorf("%q is not a time; write it like 3600s or 1h", text)
	}
	return quantity.Amount, nil
}

func parseNumber(text string, bits int) (int64, error) {
	value, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number of %d bits", text, bits)
	}
	return int64(value), nil
}

// parseNamed reads a number or one of the words given.
func parseNamed(text string, words []charging.Word) (int64, error) {
	number, ok := charging.NumberOf(text, words)
	if !ok {
		return 0, fmt.Errorf("%q is neither a number nor one of %s", text, charging.Listed(words))
	}
	return number, nil
}

func reportingReasons() []charging.Word {
	return charging.Words(
		0,
		"threshold",
		"holding",
		"final",
		"exhausted",
		"validity",
		"other",
		"change",
		"forced",
		"pool",
		"unused",
	)
}

func causes() []charging.Word {
	return charging.Words(
		1,
		"logout",
		"not-provided",
		"bad-answer",
		"administrative",
		"link-broken",
		"expired",
		"moved",
		"timeout",
	)
}

func parseTriggers(text string) ([]uint32, error) {
	var all []uint32
	for _, word := range strings.Split(text, ",") {
		trigger, err := parseNamed(word, charging.TriggerTypes())
		if err != nil {
			return nil, err
		}
		all = append(all, uint32(trigger))
	}
	return all, nil
}

// parseSet reads numbers into a set: sorted, no number twice.
func parseSet(text string) ([]uint32, error) {
	var all []uint32
	for _, word := range strings.Split(text, ",") {
		number, err := parseNumber(word, 32)
		if err != nil {
			return nil, err
		}
		all = append(all, uint32(number))
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// expectAVP is the word of the wire that an answer takes.
const expectAVP = "expect-avp"

// parseWire reads a word that exists on the wire alone; ok is false where it is none.
func parseWire(t token) (word Word, ok bool, err error) {
	name, rest, found := strings.Cut(t.text, ":")
	if !found || !slices.Contains([]string{"avp", "add", "flags", "raw", expectAVP}, name) {
		return Word{}, false, nil
	}
	word.Name, word.Value, word.Column = name, rest, t.column
	placed := name == "avp" || name == "add" || name == expectAVP
	if placed {
		word.Path, word.Value, _ = strings.Cut(rest, "=")
	}
	if rest == "" || placed && word.Path == "" {
		return word, true, fmt.Errorf("%s: says nothing; write it like avp:Origin-State-Id=7", name)
	}
	if name == "raw" {
		if _, err := hex.DecodeString(rest); err != nil {
			return word, true, fmt.Errorf("raw: takes hexadecimal digits: %w", err)
		}
	}
	return word, true, nil
}

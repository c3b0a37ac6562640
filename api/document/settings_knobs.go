package document

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A knob is one setting: where it is written, and what its words mean.
type knob struct {
	key    string
	values []string // empty: see what
	what   string   // the form of values that are not listed
	field  func(*Settings) *string
	list   func(*Settings) *Words
	set    func(*charging.Settings, string) error
}

func (k *knob) form() string {
	if len(k.values) > 0 {
		return orList(k.values)
	}
	return k.what
}

// written is the word that is written; empty: none is.
func (k *knob) written(s *Settings) string {
	if k.list != nil {
		return strings.Join(*k.list(s), ",")
	}
	if strings.Contains(k.key, ".") && !s.has(k.key) {
		return ""
	}
	return *k.field(s)
}

func (k *knob) write(s *Settings, word string) {
	if k.list != nil {
		_ = k.list(s).UnmarshalText([]byte(word)) // takes any text
		return
	}
	if s.has(k.key) {
		s.own(k.key)
	}
	*k.field(s) = word
}

// has reports whether the group that a key with a dot stands in is written.
func (s *Settings) has(key string) bool {
	if strings.HasPrefix(key, "timers.") {
		return s.Timers != nil
	}
	return s.DenyCode != nil && strings.HasPrefix(key, "deny_code.")
}

// own makes the group of a key the settings' own, so that nobody else's is written to.
func (s *Settings) own(key string) {
	if strings.HasPrefix(key, "timers.") {
		timers := *s.Timers
		s.Timers = &timers
		return
	}
	codes := *s.DenyCode
	s.DenyCode = &codes
}

func (s *Settings) timers() *Timers {
	if s.Timers == nil {
		s.Timers = new(Timers)
	}
	return s.Timers
}

func (s *Settings) denyCode() *DenyCode {
	if s.DenyCode == nil {
		s.DenyCode = new(DenyCode)
	}
	return s.DenyCode
}

// choice is a setting with a list of words.
func choice[T ~string](
	key string, field func(*Settings) *string, into func(*charging.Settings) *T, values ...T,
) knob {
	k := knob{key: key, field: field}
	for _, value := range values {
		k.values = append(k.values, string(value))
	}
	k.set = func(s *charging.Settings, word string) error {
		for _, value := range values {
			if string(value) == word {
				*into(s) = value
				return nil
			}
		}
		return badWord(key, word, k.values)
	}
	return k
}

func badWord(key, word string, values []string) error {
	message := fmt.Sprintf("%q is no value of %s; use %s", shortened(word), key, orList(values))
	if meant := nearest(word, values); meant != "" {
		message += fmt.Sprintf("; did you mean %q?", meant)
	}
	return errors.New(message)
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// code is a setting for the result of a refusal.
func code(
	cause string, field func(*Settings) *string, into func(*charging.DenyCodes) *charging.Result,
) knob {
	const lowest, highest = 4000, 5999
	const what = "a Result-Code of the classes 4xxx and 5xxx"
	key := "deny_code." + cause
	return knob{key: key, what: what, field: field, set: func(
		s *charging.Settings, word string,
	) error {
		number, err := strconv.ParseUint(word, 10, 32)
		if err != nil || number < lowest || number > highest {
			return fmt.Errorf("%q is no value of %s; it is %s", shortened(word), key, what)
		}
		*into(&s.DenyCodes) = charging.Result(number)
		return nil
	}}
}

// duration is a setting for a time in whole seconds, one at least. Where there may be none, the
// plan may decide as well.
func duration(
	key, what string, field func(*Settings) *string, set func(*charging.Settings, time.Duration),
	none func(*charging.Settings),
) knob {
	return knob{key: key, what: what, field: field, set: func(
		s *charging.Settings, word string,
	) error {
		if none != nil && (word == "plan" || word == "none") {
			set(s, 0)
			if word == "none" {
				none(s)
			}
			return nil
		}
		length, err := time.ParseDuration(word)
		if seconds, isNumber := strconv.ParseInt(word, 10, 32); isNumber == nil {
			length, err = time.Duration(seconds)*time.Second, nil
		}
		if err != nil || length < time.Second || length%time.Second != 0 || length > longest {
			return fmt.Errorf("%q is no value of %s; it is %s", shortened(word), key, what)
		}
		set(s, length)
		return nil
	}}
}

// longest is as many seconds as an AVP of 32 bits holds.
const longest = (1<<32 - 1) * time.Second

// parseScale reads a decimal number of at most six decimals, from 0.000001 to 1000000, in
// millionths.
func parseScale(word string) (millionths int64, err error) {
	const what = "a number from 0.000001 to 1000000 with at most six decimals"
	whole, decimals, _ := strings.Cut(word, ".")
	digits := whole + decimals + strings.Repeat("0", max(6-len(decimals), 0))
	number, err := strconv.ParseUint(digits, 10, 63)
	const highest = 1_000_000 * 1_000_000
	if err != nil || len(decimals) > 6 || whole == "" || number == 0 || number > highest {
		return 0, fmt.Errorf("%q is no value of timers.scale; it is %s", shortened(word), what)
	}
	return int64(number), nil
}

func parseOffset(s *charging.Settings, word string) error {
	const most = 1000
	number, err := strconv.ParseInt(word, 10, 32)
	if err != nil || number < -most || number > most {
		return fmt.Errorf("%q is no value of participants_offset; it is a whole number from "+
			"-1000 to 1000", shortened(word))
	}
	s.ParticipantsOffset = number
	return nil
}

func unitWords() []string {
	return []string{"time", "total", "input", "output", "events"}
}

// parseUnit reads a unit that can be granted; octets and ssu are other names of total and events.
func parseUnit(word string) (charging.Unit, bool) {
	switch word {
	case "octets":
		return charging.Total, true
	case "ssu":
		return charging.Events, true
	}
	for _, known := range unitWords() {
		if word == known {
			return charging.Unit(word), true
		}
	}
	return "", false
}

func parseGrantUnit(s *charging.Settings, word string) error {
	if word == "rule" {
		s.GrantUnit = ""
		return nil
	}
	unit, known := parseUnit(word)
	if !known {
		return badWord("grant_unit", word, append([]string{"rule"}, unitWords()...))
	}
	s.GrantUnit = unit
	return nil
}

// parsePriority reads rule, first, or a list of units; first may stand before units.
func parsePriority(s *charging.Settings, word string) error {
	s.FirstUSU, s.USUPriority = false, nil
	if word == "rule" {
		return nil
	}
	for one := range strings.SplitSeq(word, ",") {
		unit, known := parseUnit(one)
		switch {
		case one == "first":
			s.FirstUSU = true
		case one == string(charging.InputOutput):
			s.USUPriority = append(s.USUPriority, charging.InputOutput)
		case known:
			s.USUPriority = append(s.USUPriority, unit)
		case one == "rule":
			return errors.New("rule stands alone in usu_priority: it is the rule's own order")
		default:
			return badWord("usu_priority", one,
				append([]string{"rule", "first", string(charging.InputOutput)}, unitWords()...))
		}
	}
	return nil
}

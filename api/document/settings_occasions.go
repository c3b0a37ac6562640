package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// occasions is a setting for when a client is asked though nobody asks for it.
func occasions(
	key string, words []charging.Word, list func(*Settings) *Words,
	field func(*charging.Settings) *charging.Occasions,
) knob {
	what := "a list of " + charging.Listed(words)
	return knob{key: key, what: what, list: list, set: func(
		s *charging.Settings, word string,
	) error {
		parted := strings.FieldsFunc(word, func(r rune) bool { return r == ',' || r == ' ' })
		chosen, ok := occasionsOf(parted, words)
		if !ok {
			return fmt.Errorf("%q is no value of %s; it is %s, and none stands alone",
				shortened(word), key, what)
		}
		*field(s) = chosen
		return nil
	}}
}

// reauthorizeOccasions are the words for occasions of RAR.
func reauthorizeOccasions() []charging.Word {
	return []charging.Word{
		{Text: "top-up", Number: int64(charging.OnTopUp)},
		{Text: "tariff-change", Number: int64(charging.OnTariffChange)},
		{Text: "none", Number: int64(charging.OnNothing)},
	}
}

// abortOccasions are the words for occasions of ASR.
func abortOccasions() []charging.Word {
	return []charging.Word{
		{Text: "barred", Number: int64(charging.OnBarring)},
		{Text: "deleted", Number: int64(charging.OnDeletion)},
		{Text: "none", Number: int64(charging.OnNothing)},
	}
}

// occasionsOf reads a list of such words. None stands alone.
func occasionsOf(list []string, words []charging.Word) (occasions charging.Occasions, ok bool) {
	for _, text := range list {
		at := slices.IndexFunc(words, func(w charging.Word) bool { return w.Text == text })
		if at < 0 {
			return 0, false
		}
		occasions |= charging.Occasions(words[at].Number)
	}
	alone := occasions&charging.OnNothing == 0 || len(list) == 1
	return occasions, len(list) > 0 && alone
}

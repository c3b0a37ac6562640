package document

import (
	"fmt"
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
		chosen, ok := charging.OccasionsOf(parted, words)
		if !ok {
			return fmt.Errorf("%q is no value of %s; it is %s, and none stands alone",
				shortened(word), key, what)
		}
		*field(s) = chosen
		return nil
	}}
}

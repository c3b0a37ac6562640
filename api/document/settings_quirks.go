package document

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// quirkNames are the words for the peculiarities of answers, in the order of their bits.
func quirkNames() []string {
	return []string{
		"destination", "no_auth_application_id", "no_request_type", "no_request_number",
		"no_rating_group", "no_mscc_result", "experimental_result", "one_mscc",
		"no_service_identifier",
	}
}

func parseQuirks(s *charging.Settings, word string) error {
	s.Quirks = 0
	if word == "none" {
		return nil
	}
	for one := range strings.SplitSeq(word, ",") {
		at := slices.Index(quirkNames(), one)
		if at < 0 {
			return badWord("answer_quirks", one, append([]string{"none"}, quirkNames()...))
		}
		s.Quirks |= 1 << at
	}
	return nil
}

package resource

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A named is a number of the protocol with the word for it.
type named struct {
	word   string
	number int64
}

func roles() []named {
	return []named{{"originating", 0}, {"terminating", 1}, {"forwarding", 2}}
}

// serviceTypes are OMA DDS section 6.2.4.
func serviceTypes() []named {
	return []named{
		{"sending", 100},
		{"receiving", 101},
		{"retrieval", 102},
		{"inviting", 103},
		{"leaving", 104},
		{"joining", 105},
	}
}

// triggerTypes are those of 3GPP TS 32.299 that instant messaging needs.
func triggerTypes() []named { return []named{{"media", 40}, {"participants", 50}} }

// reportingReasons are 3GPP TS 32.299 section 7.2.175.
func reportingReasons() []named {
	return []named{
		{"threshold", 0},
		{"quota_holding_time", 1},
		{"final", 2},
		{"quota_exhausted", 3},
		{"validity_time", 4},
		{"other_quota_type", 5},
		{"rating_condition_change", 6},
		{"forced_reauthorisation", 7},
		{"pool_exhausted", 8},
		{"unused_quota_timer", 9},
	}
}

// tariffSides are Tariff-Change-Usage, RFC 8506 section 8.27.
func tariffSides() []named { return []named{{"before", 0}, {"after", 1}, {"straddling", 2}} }

// terminationCauses are RFC 6733 section 8.15.
func terminationCauses() []named {
	return []named{
		{"logout", 1},
		{"service_not_provided", 2},
		{"bad_answer", 3},
		{"administrative", 4},
		{"link_broken", 5},
		{"auth_expired", 6},
		{"user_moved", 7},
		{"session_timeout", 8},
	}
}

// readNamed reads a word, in any case of letters, or a number; nothing is an unknown number.
func readNamed(text string, known []named) (charging.Number, error) {
	if text == "" {
		return charging.Number{}, nil
	}
	if number, err := strconv.ParseUint(text, 10, 31); err == nil {
		return charging.Known(int64(number)), nil
	}
	words := make([]string, len(known))
	for i, candidate := range known {
		if strings.EqualFold(text, candidate.word) {
			return charging.Known(candidate.number), nil
		}
		words[i] = candidate.word
	}
	return charging.Number{}, fmt.Errorf("%q is not known; use a number, or one of %s",
		text, strings.Join(words, ", "))
}

// writeNamed is the other way.
func writeNamed(number charging.Number, known []named) string {
	if !number.Known {
		return ""
	}
	for _, candidate := range known {
		if candidate.number == number.Value {
			return candidate.word
		}
	}
	return strconv.FormatInt(number.Value, 10)
}

func writeTriggers(triggers []uint32) []string {
	var written []string
	for _, trigger := range triggers {
		written = append(written, writeNamed(charging.Known(int64(trigger)), triggerTypes()))
	}
	return written
}

func number(value *int64) charging.Number {
	if value == nil {
		return charging.Number{}
	}
	return charging.Known(*value)
}

func pointer(value charging.Number) *int64 {
	if !value.Known {
		return nil
	}
	return &value.Value
}

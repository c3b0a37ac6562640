package resource

import (
	"fmt"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// reportingReasons are 3GPP TS 32.299 section 7.2.175.
func reportingReasons() []charging.Word {
	return charging.Words(
		0,
		"threshold",
		"quota_holding_time",
		"final",
		"quota_exhausted",
		"validity_time",
		"other_quota_type",
		"rating_condition_change",
		"forced_reauthorisation",
		"pool_exhausted",
		"unused_quota_timer",
	)
}

// terminationCauses are RFC 6733 section 8.15.
func terminationCauses() []charging.Word {
	return charging.Words(
		1,
		"logout",
		"service_not_provided",
		"bad_answer",
		"administrative",
		"link_broken",
		"auth_expired",
		"user_moved",
		"session_timeout",
	)
}

// readNamed reads a word, in any case of letters, or a number; nothing is an unknown number.
func readNamed(text string, known []charging.Word) (charging.Number, error) {
	if text == "" {
		return charging.Number{}, nil
	}
	number, ok := charging.NumberOf(text, known)
	if !ok {
		return charging.Number{}, fmt.Errorf("%q is not known; use a number, or one of %s",
			text, charging.Listed(known))
	}
	return charging.Known(number), nil
}

// writeNamed is the other way.
func writeNamed(number charging.Number, known []charging.Word) string {
	if !number.Known {
		return ""
	}
	for _, candidate := range known {
		if candidate.Number == number.Value {
			return candidate.Text
		}
	}
	return strconv.FormatInt(number.Value, 10)
}

func writeTriggers(triggers []uint32) []string {
	var written []string
	for _, trigger := range triggers {
		written = append(
			written,
			writeNamed(charging.Known(int64(trigger)), charging.TriggerTypes()),
		)
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

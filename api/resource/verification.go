package resource

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A VerificationReport is the answer to one verification, or to a list of them: it has Items then.
type VerificationReport struct {
	scenarios.Verified
	Items []scenarios.Verified `json:"items,omitempty"`
}

// NewVerificationReport sums up a list.
func NewVerificationReport(items []scenarios.Verified) VerificationReport {
	v := VerificationReport{Items: items}
	v.Satisfied, v.Found = true, []int64{}
	failed := 0
	for i := range items {
		if !items[i].Satisfied {
			failed++
		}
	}
	v.Satisfied = failed == 0
	v.Reason = summary(len(items), failed)
	return v
}

func summary(all, failed int) string {
	if failed == 0 {
		return fmt.Sprintf("all %d hold", all)
	}
	return fmt.Sprintf("%d of %d do not hold", failed, all)
}

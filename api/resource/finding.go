package resource

import "github.com/ocs-sim/ocs-sim/scenarios"

// A FindingList is one page of findings.
type FindingList struct {
	Items   []scenarios.Finding `json:"items"`
	Next    string              `json:"next" doc:"the after of the next page; empty: there is no more"`
	Counts  map[string]int      `json:"counts" doc:"how often each rule was broken, on all pages"`
	Dropped int64               `json:"dropped" doc:"events that were not judged, since more came than could be"`
}

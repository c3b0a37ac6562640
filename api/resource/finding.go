package resource

import "github.com/ocs-sim/ocs-sim/scenarios"

// A FindingList is one page of findings.
type FindingList struct {
	Items   []scenarios.Finding `json:"items"`
	Next    string              `json:"next" doc:"the after of the next page; empty: there is no more"`
	Counts  map[string]int      `json:"counts" doc:"how often each rule was broken, on all pages"`
	Dropped int64               `json:"dropped" doc:"events that were not judged, since more came than could be"`
	// Forgotten are not in Items any more.
	Forgotten int64 `json:"forgotten" doc:"findings that made room for later ones, or were deleted"`
}

// An ExchangeList is one page of exchanges.
type ExchangeList struct {
	Items   []scenarios.Exchange `json:"items"`
	Next    string               `json:"next" doc:"the after of the next page; empty: there is no more"`
	Dropped int64                `json:"dropped" doc:"exchanges that made room for others, since the start or the last emptying"`
}

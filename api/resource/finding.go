package resource

import "github.com/ocs-sim/ocs-sim/scenarios"

// A FindingList is one page of findings.
type FindingList struct {
	Items  []scenarios.Finding `json:"items"`
	Next   string              `json:"next" doc:"the after of the next page; empty: there is no more"`
	Counts map[string]int      `json:"counts" doc:"how often each rule was broken, on all pages"`
	// Clients are the two verdicts for each client, whatever else is picked.
	Clients   []scenarios.ClientVerdict `json:"clients" doc:"for each client, or that of peer: does it conform, would it work with real servers; by all findings since they were last cleared"`
	Forgotten int64                     `json:"forgotten" doc:"findings that are not kept any more, since newer ones took their place"`
	Dropped   int64                     `json:"dropped" doc:"events since the start that were not judged, since more came than could be"`
}

// An ExchangeList is one page of exchanges.
type ExchangeList struct {
	Items   []scenarios.Exchange `json:"items"`
	Next    string               `json:"next" doc:"the after of the next page; empty: there is no more"`
	Dropped int64                `json:"dropped" doc:"exchanges that made room for others, since the start or the last emptying"`
}

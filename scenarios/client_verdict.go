package scenarios

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A ClientVerdict answers the two questions for one client, by all that was found in what it sent,
// also what is not kept any more.
type ClientVerdict struct {
	Peer       string `json:"peer" example:"im.example.com" doc:"Origin-Host"`
	Requests   int64  `json:"requests" doc:"credit-control requests that were judged"`
	Conforms   bool   `json:"conforms" doc:"nothing was found that the standards forbid"`
	Works      bool   `json:"works" doc:"nothing was found that goes wrong with real servers"`
	Violations int64  `json:"violations"`
	Warnings   int64  `json:"warnings"`
	Notes      int64  `json:"notes"`
}

// mostClients bounds the clients that have a verdict; all others share one, which is nobody's.
const mostClients = 1000

// add counts a finding.
func (v *ClientVerdict) add(f *charging.Finding) {
	v.Conforms, v.Works = v.Conforms && f.Conforms, v.Works && f.Works
	switch f.Severity {
	case charging.Violation:
		v.Violations++
	case charging.Warning:
		v.Warnings++
	default:
		v.Notes++
	}
}

// tallied is the verdict of a client, which begins well.
func tallied(clients map[string]*ClientVerdict, peer string) *ClientVerdict {
	v := clients[peer]
	if v == nil && len(clients) >= mostClients {
		peer = "" // nobody
		v = clients[peer]
	}
	if v == nil {
		v = &ClientVerdict{Peer: peer, Conforms: true, Works: true}
		clients[peer] = v
	}
	return v
}

// Verdicts are those of all clients that were judged, or found fault with, by name: requests are
// how many each sent, as the judge knows.
func (j *Journal) Verdicts(requests map[string]int64) []ClientVerdict {
	all := make(map[string]*ClientVerdict, len(requests))
	for peer, count := range requests {
		tallied(all, peer).Requests += count
	}
	j.mu.Lock()
	for peer, v := range j.clients {
		known := *v
		if mine := all[peer]; mine != nil {
			known.Requests = mine.Requests
		}
		all[peer] = &known
	}
	j.mu.Unlock()
	list := make([]ClientVerdict, 0, len(all))
	for v := range maps.Values(all) {
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b ClientVerdict) int { return cmp.Compare(a.Peer, b.Peer) })
	return list
}

// Forgotten is how many findings made room for others since the start, or the last time that they
// were cleared.
func (j *Journal) Forgotten() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.found - j.clearedAt - int64(len(j.findings.items))
}

// forgetFindings begins anew; the lock is held.
func (j *Journal) forgetFindings() {
	j.findings.clear()
	j.clients, j.clearedAt = make(map[string]*ClientVerdict), j.found
}

// Requests is how many requests of each client were judged since the start, or the last time that
// they were forgotten.
func (j *Judge) Requests() map[string]int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.requests)
}

// ForgetRequests begins to count anew.
func (j *Judge) ForgetRequests() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requests = make(map[string]int64)
}

// tally adds what a batch had.
func (j *Judge) tally(judged map[string]int64) {
	if len(judged) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for peer, count := range judged {
		if _, known := j.requests[peer]; !known && len(j.requests) >= mostClients {
			peer = ""
		}
		j.requests[peer] += count
	}
	clear(judged)
}

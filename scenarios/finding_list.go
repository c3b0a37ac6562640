package scenarios

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Finding is one as people and JSON see it.
type Finding struct {
	Seq        int64             `json:"seq"`
	At         time.Time         `json:"at"` // wall clock
	Rule       string            `json:"rule" example:"usage-above-grant"`
	Severity   charging.Severity `json:"severity" enum:"violation,warning,note"`
	Conforms   bool              `json:"conforms" doc:"whether the standards allow it"`
	Works      bool              `json:"works" doc:"whether it goes well with real servers"`
	Clause     string            `json:"clause"`
	Seen       string            `json:"seen"`
	Expected   string            `json:"expected"`
	Exchange   int64             `json:"exchange,omitempty"`
	Session    string            `json:"session,omitempty"`
	Subscriber string            `json:"subscriber,omitempty"`
	Peer       string            `json:"peer,omitempty"`
}

// A FindingVerdict is one of the two questions that a finding answers with no.
type FindingVerdict string

// The verdicts.
const (
	NotConforming FindingVerdict = "does-not-conform"
	NotWorking    FindingVerdict = "would-not-work"
)

// A FindingFilter picks findings; what is zero picks all.
type FindingFilter struct {
	Session    string // Session-Id, or a glob where it has a star
	Subscriber string // first identity, as requests told it
	Peer       string // a glob on the Origin-Host
	Rule       string // a glob
	Severity   charging.Severity
	Verdict    FindingVerdict
	Exchange   int64
	Since      time.Time // found then or later, by the wall clock
	Until      time.Time // found before; zero: no end
	After      int64     // numbers above this one
	Limit      int       // how many; 0: 100, at most MostExchanges
}

func (f *FindingFilter) picks(found *charging.Finding) bool {
	switch {
	case f.Session != "" && !isSession(f.Session, found.Session),
		f.Subscriber != "" && f.Subscriber != normal(found.Subscriber),
		f.Peer != "" && !matchesGlob(f.Peer, found.Peer),
		f.Rule != "" && !matchesGlob(f.Rule, found.Rule),
		!f.Since.IsZero() && found.At.Before(f.Since),
		!f.Until.IsZero() && !found.At.Before(f.Until),
		f.Severity != "" && f.Severity != found.Severity,
		f.Exchange != 0 && f.Exchange != found.Exchange,
		f.Verdict == NotConforming && found.Conforms,
		f.Verdict == NotWorking && found.Works:
		return false
	}
	return true
}

// A FindingList is one page of findings. Counts are how often each rule was broken, on all pages.
type FindingList struct {
	Items  []Finding
	Next   int64 // After of the next page; 0: there is no more
	Counts map[string]int
}

// FoundBy returns the findings that a filter picks, oldest first.
func (j *Journal) FoundBy(f FindingFilter) FindingList {
	j.mu.Lock()
	kept := j.findings.list()
	j.mu.Unlock()
	limit := pageLimit(f.Limit)
	f.Subscriber = normal(f.Subscriber)
	list := FindingList{Items: []Finding{}, Counts: map[string]int{}}
	for i := range kept {
		if !f.picks(&kept[i].Finding) {
			continue
		}
		list.Counts[kept[i].Rule]++
		switch {
		case kept[i].seq <= f.After:
		case len(list.Items) < limit:
			list.Items = append(list.Items, finding(&kept[i]))
		case list.Next == 0:
			list.Next = list.Items[limit-1].Seq
		}
	}
	return list
}

func finding(f *keptFinding) Finding {
	return Finding{
		Seq: f.seq, At: f.At, Rule: f.Rule, Severity: f.Severity, Conforms: f.Conforms,
		Works: f.Works, Clause: f.Clause, Seen: f.Seen, Expected: f.Expected,
		Exchange: f.Exchange, Session: f.Session, Subscriber: f.Subscriber, Peer: f.Peer,
	}
}

// ClearFindings forgets the findings that a filter picks, and returns how many there were.
func (j *Journal) ClearFindings(f FindingFilter) (cleared int) {
	f.Subscriber = normal(f.Subscriber)
	j.mu.Lock()
	defer j.mu.Unlock()
	if f == (FindingFilter{}) {
		cleared = j.findings.len()
		j.forgetFindings()
		for number := j.first; number < j.next; number++ {
			j.slot(number).findings = 0
		}
		return cleared
	}
	cleared = j.findings.delete(func(one *keptFinding) bool {
		if one.seq <= f.After || !f.picks(&one.Finding) {
			return false
		}
		if kept := j.kept(one.Exchange); kept != nil {
			kept.findings--
		}
		return true
	})
	j.clearedAt += int64(cleared)
	return cleared
}

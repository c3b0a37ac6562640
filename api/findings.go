package api

import (
	"context"
	"slices"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// FindingsInput is the input of GET /v1/findings.
type FindingsInput struct {
	resource.FindingFilter
	Page
}

// ClearFindingsInput is the input of DELETE /v1/findings.
type ClearFindingsInput struct {
	resource.FindingFilter
	Sparing
}

func (s *server) findingRoutes() {
	register(s, route{
		method: "GET", path: "/v1/findings", id: "list-findings", tag: "Journal",
		summary: "List findings",
		description: "What clients did against the standards, or against what real servers take, " +
			"oldest first, and for each client whether it conforms and would work with real " +
			"servers. The last 1,000 findings are kept; the verdicts know all. Everything that was " +
			"answered before the call is judged when it returns.",
		example: `{"items": [{"seq": 1, "at": "2026-03-01T12:00:00Z", "rule": "usage-above-grant",
			"severity": "note", "conforms": true, "works": true,
			"clause": "RFC 8506 section 8.19", "seen": "CC-Time 301 used of 300 granted for ` +
			`Rating-Group 100", "expected": "no more used than was granted", "exchange": 2,
			"session": "im.example.com;1;1", "subscriber": "15550100", "peer": "im.example.com"}],
			"next": "", "counts": {"usage-above-grant": 1}, "clients": [{"peer": "im.example.com",
			"requests": 3, "conforms": true, "works": true, "violations": 0, "warnings": 0,
			"notes": 1}], "forgotten": 0, "dropped": 0}`,
	}, s.listFindings)
	register(s, route{
		method: "DELETE", path: "/v1/findings", id: "clear-findings", tag: "Journal",
		summary: "Forget findings",
		description: "All, or those that a filter picks. What is known of open sessions stays, " +
			"so that they are judged on.",
	}, s.clearFindings)
}

func (s *server) listFindings(ctx context.Context, in *FindingsInput) (
	*Output[resource.FindingList], error,
) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	if err := s.settleFindings(ctx); err != nil {
		return nil, err
	}
	filter, faults := in.FindingFilter.Read()
	if err := badQuery(faults); err != nil {
		return nil, err
	}
	filter.After, filter.Limit = after, in.Limit
	list := s.Journal.FoundBy(filter)
	said := resource.FindingList{
		Items: list.Items, Next: nextNumber(list.Next), Counts: list.Counts,
		Forgotten: s.Journal.Forgotten(),
	}
	var judged map[string]int64
	if s.Judge != nil {
		said.Dropped, judged = s.Judge.Dropped(), s.Judge.Requests()
	}
	said.Clients = s.Journal.Verdicts(judged)
	if in.Peer != "" {
		said.Clients = slices.DeleteFunc(said.Clients, func(v scenarios.ClientVerdict) bool {
			return !scenarios.MatchesGlob(in.Peer, v.Peer)
		})
	}
	return answer(said, nil)
}

func (s *server) clearFindings(ctx context.Context, in *ClearFindingsInput) (*struct{}, error) {
	filter, faults := in.FindingFilter.Read()
	if err := badQuery(faults); err != nil {
		return nil, err
	}
	if err := s.settleFindings(ctx); err != nil {
		return nil, err
	}
	s.Journal.ClearFindings(filter)
	if len(in.FindingFilter.Query()) == 0 {
		s.forgetRequests()
	}
	return nil, nil
}

// forgetRequests begins to count anew what clients sent, as their verdicts begin anew.
func (s *server) forgetRequests() {
	if s.Judge != nil {
		s.Judge.ForgetRequests()
	}
}

// settleFindings waits until what was answered so far is judged.
func (s *server) settleFindings(ctx context.Context) error {
	if s.Judge == nil {
		return nil
	}
	return s.Judge.Settle(ctx)
}

// settleWhereAsked does so where a filter asks for findings.
func (s *server) settleWhereAsked(ctx context.Context, f *scenarios.Filter) error {
	if f.Finding == "" && !f.Found {
		return nil
	}
	return s.settleFindings(ctx)
}

// forgetCourses lets the judge begin anew, as sessions are gone. What it was told before is judged
// when it returns, or nobody waits any more.
func (s *server) forgetCourses(ctx context.Context) {
	if s.Judge != nil {
		s.Judge.Forget()
		_ = s.Judge.Settle(ctx)
	}
}

// withFindings adds the findings of an exchange to it.
func (s *server) withFindings(ctx context.Context, x scenarios.Exchange, err error) (
	*Output[scenarios.Exchange], error,
) {
	if err != nil {
		return nil, err
	}
	if err := s.settleFindings(ctx); err != nil {
		return nil, err
	}
	x.Found = s.Journal.FoundBy(scenarios.FindingFilter{Exchange: x.Seq}).Items
	x.Findings = len(x.Found)
	return answer(x, nil)
}

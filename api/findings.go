package api

import (
	"context"
	"slices"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// FindingsInput is the input of GET /v1/findings.
type FindingsInput struct {
	Session    string `query:"session" doc:"Session-Id"`
	Subscriber string `query:"subscriber" doc:"the first identity of the session"`
	Peer       string `query:"peer" doc:"Origin-Host of the client"`
	Rule       string `query:"rule" doc:"the rule's name"`
	Severity   string `query:"severity" enum:"violation,warning,note" doc:"how bad it is"`
	Verdict    string `query:"verdict" enum:"does-not-conform,would-not-work" doc:"findings that answer one of the two questions with no"`
	Exchange   int64  `query:"exchange" minimum:"0" doc:"number of the exchange"`
	Page
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
		summary:     "Forget findings",
		description: "What is known of open sessions stays, so that they are judged on.",
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
	list := s.Journal.FoundBy(scenarios.FindingFilter{
		Session: in.Session, Subscriber: in.Subscriber, Peer: in.Peer, Rule: in.Rule,
		Severity: charging.Severity(in.Severity), Verdict: scenarios.FindingVerdict(in.Verdict),
		Exchange: in.Exchange, After: after, Limit: in.Limit,
	})
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
			return v.Peer != in.Peer
		})
	}
	return answer(said, nil)
}

func (s *server) clearFindings(ctx context.Context, _ *struct{}) (*struct{}, error) {
	if err := s.settleFindings(ctx); err != nil {
		return nil, err
	}
	s.Journal.ClearFindings()
	s.forgetRequests()
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

package api

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Picked are the exchanges that a client wants to see, for inputs to embed.
type Picked struct {
	resource.ExchangeFilter
	Trees bool `query:"trees" doc:"with both messages decoded"`
	Raw   bool `query:"raw" doc:"with the bytes of both messages, in hexadecimal"`
	Found bool `query:"found" doc:"with what was found in them"`
}

// filter is how the journal is asked for them.
func (s *server) filter(p *Picked) (scenarios.Filter, error) {
	f, faults := s.readFilter(&p.ExchangeFilter)
	f.Trees, f.Raw, f.Found = p.Trees, p.Raw, p.Found
	return f, badQuery(faults)
}

// readFilter is the filter of exchanges, wherever it is written, and what is wrong with it.
func (s *server) readFilter(written *resource.ExchangeFilter) (scenarios.Filter, []charging.Fault) {
	f, faults := written.Read()
	if written.Tag != "" {
		f.Tagged = s.hasTag(written.Tag)
	}
	return f, append(faults, s.Journal.Check(&f)...)
}

// badQuery is the problem of a query that cannot be understood; nil: it can.
func badQuery(faults []charging.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	first := &faults[0]
	problem := newProblem(codeInvalidRequest, "query."+first.Path+": "+first.Message)
	for i := range faults {
		problem.Errors = append(problem.Errors, resource.ProblemError{
			Location: "query." + faults[i].Path, Message: faults[i].Message,
		})
	}
	return problem
}

// ExchangesInput is the input of GET /v1/exchanges.
type ExchangesInput struct {
	Picked
	Page
	Last
}

// Last are the last things of a list, for inputs to embed.
type Last struct {
	Last int `query:"last" minimum:"1" maximum:"1000" doc:"the last ones only, as many as this"`
}

// ExchangeInput is the input of GET /v1/exchanges/{seq}.
type ExchangeInput struct {
	Seq string `path:"seq" doc:"the exchange's number, or latest" example:"latest"`
	resource.ExchangeFilter
}

// ClearInput is the input of DELETE /v1/exchanges.
type ClearInput struct {
	resource.ExchangeFilter
	Sparing
}

// Sparing refuses what a shell makes of a filter whose variable is not set: it would pick all, and
// delete what was to be kept. For inputs of DELETE to embed.
type Sparing struct{}

// Resolve looks for parameters that say nothing.
func (Sparing) Resolve(ctx huma.Context) (faults []error) {
	address := ctx.URL()
	query := address.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.ContainsFunc(query[name], func(value string) bool { return value != "" }) {
			faults = append(faults, &huma.ErrorDetail{
				Location: "query." + name,
				Message:  "is empty, and would delete all; to do that, leave it out",
			})
		}
	}
	return faults
}

func (s *server) exchangeRoutes() {
	const exchange = `{"seq": 1, "at": "2026-03-01T12:00:00Z", "door": "gy",
		"peer": "im.example.com", "session": "im.example.com;1;1", "number": 0,
		"type": "initial", "message": "CCR", "subscriber": "15550100",
		"account": "alice", "result": 2001, "entry": 7, "services": [{"rating_group": 100,
		"asked": true,
			"requested": ["300s"], "result": 2001, "granted": ["300s"], "valid_for": "1h0m0s"}],
		"why": ["granted rg=100 300s by conference n=3, 5 x 0.07 EUR = 0.35 EUR"],
		"before": {"balance": "10.00 EUR", "reserved": "0.00 EUR", "available": "10.00 EUR"},
		"after": {"balance": "10.00 EUR", "reserved": "0.35 EUR", "available": "9.65 EUR"}}`
	register(s, route{
		method: "GET", path: "/v1/exchanges", id: "list-exchanges", tag: "Journal",
		summary: "List exchanges",
		description: "What came in and what went out at every door, oldest first, with the " +
			"reasons. The journal keeps the last ones only; `dropped` is how many made room.",
		example: `{"items": [` + exchange + `], "next": "", "dropped": 0}`,
	}, s.listExchanges)
	register(s, route{
		method: "GET", path: "/v1/exchanges/{seq}", id: "get-exchange", tag: "Journal",
		summary: "Show an exchange",
		description: "With both messages decoded, and their bytes. A filter picks which is the " +
			"latest; an exchange with a number must be one that it picks.",
		example:  exchange,
		problems: []charging.ErrorKind{charging.KindExchangeNotFound},
	}, s.getExchange)
	register(s, route{
		method: "DELETE", path: "/v1/exchanges", id: "clear-exchanges", tag: "Journal",
		summary: "Empty the journal",
		description: "All exchanges, or those that a filter picks, and what was found in them. " +
			"The numbers of exchanges go on.",
	}, s.clearExchanges)
	s.watchRoutes(exchange)
}

func (s *server) listExchanges(ctx context.Context, in *ExchangesInput) (
	*Output[resource.ExchangeList], error,
) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	filter, err := s.filter(&in.Picked)
	if err != nil {
		return nil, err
	}
	filter.After, filter.Limit, filter.Last = after, in.Limit, in.Last.Last
	if filter.Last > 0 {
		filter.Limit = filter.Last
	}
	if err := s.settleWhereAsked(ctx, &filter); err != nil {
		return nil, err
	}
	items, next := s.Journal.Exchanges(filter)
	return answer(resource.ExchangeList{
		Items: items, Next: nextNumber(next), Dropped: s.Journal.Dropped(),
	}, nil)
}

func (s *server) getExchange(ctx context.Context, in *ExchangeInput) (
	*Output[scenarios.Exchange], error,
) {
	filter, faults := s.readFilter(&in.ExchangeFilter)
	if err := badQuery(faults); err != nil {
		return nil, err
	}
	seq, err := int64(0), error(nil)
	if in.Seq != "latest" {
		if seq, err = strconv.ParseInt(in.Seq, 10, 64); err != nil || seq <= 0 {
			return nil, &charging.Error{
				Kind:    charging.KindExchangeNotFound,
				Message: "no exchange " + in.Seq,
				Hint:    "use the number of one, or latest",
			}
		}
	}
	x, err := s.Journal.Pick(seq, filter)
	return s.withFindings(ctx, x, err)
}

func (s *server) clearExchanges(ctx context.Context, in *ClearInput) (*struct{}, error) {
	filter, faults := s.readFilter(&in.ExchangeFilter)
	if err := badQuery(faults); err != nil {
		return nil, err
	}
	if err := s.settleFindings(ctx); err != nil { // else they would be told of later
		return nil, err
	}
	if len(in.ExchangeFilter.Query()) > 0 {
		s.Journal.Delete(filter)
		return nil, nil
	}
	s.Journal.Clear()
	s.forgetRequests()
	return nil, nil
}

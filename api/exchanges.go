package api

import (
	"context"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Picked are the exchanges that a client wants to see, for inputs to embed.
type Picked struct {
	Session    string `query:"session" doc:"Session-Id"`
	Subscriber string `query:"subscriber" doc:"any identity, or the account's id"`
	Account    string `query:"account" doc:"the account's id"`
	Result     uint32 `query:"result" doc:"Result-Code, at command level or of a service"`
	Door       string `query:"door" enum:"gy,rest,rf,observation" doc:"the way it came in"`
	Peer       string `query:"peer" doc:"who asked; * is any part"`
	OriginHost string `query:"origin_host" doc:"Origin-Host; * is any part"`
	Message    string `query:"message" doc:"as in CCR, CER or RAR" example:"CCR"`
	Number     string `query:"number" doc:"CC-Request-Number: 2, 1..3, 2.." example:"2.."`
	Rule       string `query:"rule" doc:"the rule that acted, as in last-minute*; * is any part"`
	Text       string `query:"text" doc:"text of an observation; * is any part"`
	Since      string `query:"since" format:"date-time" doc:"received then or later"`
	Until      string `query:"until" format:"date-time" doc:"received before"`
	Trees      bool   `query:"trees" doc:"with both messages decoded"`
	Raw        bool   `query:"raw" doc:"with the bytes of both messages, in hexadecimal"`

	Type string `query:"type" enum:"initial,update,termination,event,start,interim,stop" doc:"kind"`
}

// filter is how the journal is asked for them.
func (p *Picked) filter() (scenarios.Filter, error) {
	f := scenarios.Filter{
		Session: p.Session, Subscriber: p.Subscriber, Account: p.Account, Type: p.Type,
		Result: charging.Result(p.Result), Door: p.Door, Trees: p.Trees, Raw: p.Raw,
		Peer: p.Peer, OriginHost: p.OriginHost, Message: p.Message, Rule: p.Rule, Text: p.Text,
	}
	if p.Number != "" {
		if err := f.Number.UnmarshalText([]byte(p.Number)); err != nil {
			return f, badQuery("number", err.Error())
		}
	}
	for name, at := range map[string]struct {
		text string
		into *time.Time
	}{"since": {p.Since, &f.Since}, "until": {p.Until, &f.Until}} {
		if at.text == "" {
			continue
		}
		var err error
		if *at.into, err = time.Parse(time.RFC3339, at.text); err != nil {
			return f, badQuery(name, "write a time of RFC 3339, like 2026-03-01T12:00:00Z")
		}
	}
	return f, nil
}

// badQuery is the problem of a query that cannot be understood.
func badQuery(name, message string) error {
	problem := newProblem(codeInvalidRequest, "query."+name+": "+message)
	problem.Errors = []resource.ProblemError{{Location: "query." + name, Message: message}}
	return problem
}

// ExchangesInput is the input of GET /v1/exchanges.
type ExchangesInput struct {
	Picked
	Page
}

// ExchangeInput is the input of GET /v1/exchanges/{seq}.
type ExchangeInput struct {
	Seq string `path:"seq" doc:"the exchange's number, or latest" example:"latest"`
}

func (s *server) exchangeRoutes() {
	const exchange = `{"seq": 1, "at": "2026-03-01T12:00:00Z", "door": "gy",
		"peer": "im.example.com",
		"session": "im.example.com;1;1", "number": 0, "type": "initial", "subscriber": "15550100",
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
			"reasons. The journal keeps the last ones only.",
		example: `{"items": [` + exchange + `], "next": ""}`,
	}, s.listExchanges)
	register(s, route{
		method: "GET", path: "/v1/exchanges/{seq}", id: "get-exchange", tag: "Journal",
		summary:     "Show an exchange",
		description: "With both messages decoded, and their bytes.", example: exchange,
		problems: []charging.ErrorKind{charging.KindExchangeNotFound},
	}, s.getExchange)
	register(s, route{
		method: "DELETE", path: "/v1/exchanges", id: "clear-exchanges", tag: "Journal",
		summary: "Empty the journal", description: "The numbers of exchanges go on.",
	}, s.clearExchanges)
	s.watchRoutes(exchange)
}

func (s *server) listExchanges(_ context.Context, in *ExchangesInput) (
	*Output[resource.List[scenarios.Exchange]], error,
) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	filter.After, filter.Limit = after, in.Limit
	items, next := s.Journal.Exchanges(filter)
	list := resource.List[scenarios.Exchange]{
		Items: append([]scenarios.Exchange{}, items...), Next: nextNumber(next),
	}
	return answer(list, nil)
}

func (s *server) getExchange(ctx context.Context, in *ExchangeInput) (
	*Output[scenarios.Exchange], error,
) {
	if in.Seq == "latest" {
		x, err := s.Journal.Latest()
		return s.withFindings(ctx, x, err)
	}
	seq, err := strconv.ParseInt(in.Seq, 10, 64)
	if err != nil {
		return nil, &charging.Error{
			Kind:    charging.KindExchangeNotFound,
			Message: "no exchange " + in.Seq,
			Hint:    "use the number of one, or latest",
		}
	}
	x, err := s.Journal.Exchange(seq)
	return s.withFindings(ctx, x, err)
}

func (s *server) clearExchanges(ctx context.Context, _ *struct{}) (*struct{}, error) {
	if err := s.settleFindings(ctx); err != nil { // else they would be told of later
		return nil, err
	}
	s.Journal.Clear()
	s.forgetRequests()
	return nil, nil
}

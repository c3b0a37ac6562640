package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A WaitFor is the body of POST /v1/exchanges/wait.
type WaitFor struct {
	resource.ExchangeFilter `yaml:",inline"`

	After   int64   `json:"after,omitempty" yaml:"after"`
	Count   int     `json:"count,omitempty" yaml:"count"`
	Timeout Timeout `json:"timeout,omitempty" yaml:"timeout"`
	Trees   bool    `json:"trees,omitempty" yaml:"trees"`
	Raw     bool    `json:"raw,omitempty" yaml:"raw"`
}

// A Timeout is how long somebody waits, written 5s or 500ms.
type Timeout string

// The bounds of waiting.
const (
	usualWait    = 5 * time.Second
	longestWatch = 50 * time.Second // less than what any request may take
)

func (t Timeout) duration() (time.Duration, error) {
	if t == "" {
		return usualWait, nil
	}
	spell, err := time.ParseDuration(string(t))
	if err != nil || spell < 0 || spell > longestWatch {
		return 0, fmt.Errorf("%q is no time to wait; write it like 5s, at most %v", t, longestWatch)
	}
	return spell, nil
}

// Waited is the answer to it.
type Waited struct {
	Satisfied bool                 `json:"satisfied"`
	Items     []scenarios.Exchange `json:"items"`
}

// ExportInput is the input of what exports the journal.
type ExportInput struct {
	Picked
	Last
	After string `query:"after" doc:"begin behind this exchange"`
}

func (s *server) watchRoutes(exchange string) {
	register(s, route{
		method: "POST", path: "/v1/exchanges/wait", id: "wait-exchanges", tag: "Journal",
		summary: "Wait for exchanges",
		description: "Answers as soon as `count` exchanges (1) that came behind `after` are " +
			"complete and match, or when `timeout` (5s, at most 50s) is over: `satisfied` tells " +
			"which. What is there already counts.",
		body: WaitFor{}, bodyExample: `{"subscriber": "15550100", "type": "termination",
			"timeout": "10ms"}`,
		example:  `{"satisfied": true, "items": [` + exchange + `]}`,
		problems: []charging.ErrorKind{charging.KindInvalidDocument},
	}, s.waitExchanges)
	s.eventRoute()
	s.export(route{
		method: "GET", path: "/v1/exchanges.ndjson", id: "export-exchanges", tag: "Journal",
		summary:     "Export the journal as lines of JSON",
		description: "All exchanges that match, oldest first, each one line.",
		example:     `"{\"seq\":1,\"door\":\"gy\"}\n"`,
	}, "application/x-ndjson", s.exportLines)
}

// export registers a route whose answer is the journal, or a part of it.
func (s *server) export(
	r route, media string, write func(context.Context, *ExportInput, huma.Context) error,
) {
	stream(s, r, media, func(in *ExportInput) error {
		page := Page{After: in.After}
		if _, err := page.number(); err != nil {
			return err
		}
		_, err := s.filter(&in.Picked)
		return err
	}, write)
}

// stream registers a route whose answer is written bit by bit, once check finds nothing wrong with
// the query.
func stream[I any](
	s *server, r route, media string, check func(*I) error,
	write func(context.Context, *I, huma.Context) error,
) {
	register(s, r, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		if err := check(in); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", media)
			h.SetHeader("Cache-Control", "no-store")
			h.SetStatus(http.StatusOK)
			if err := write(ctx, in, h); err != nil {
				s.Log.Debug().Err(err).Str("operation", r.id).Msg("a stream ended")
			}
		}}, nil
	})
	s.operation(&r).Responses["200"] = &huma.Response{
		Description: "OK",
		Content: map[string]*huma.MediaType{
			media: {Schema: textSchema(), Example: example(r.example)},
		},
	}
}

func (s *server) waitExchanges(ctx context.Context, in *Written) (*Output[Waited], error) {
	var timeout time.Duration
	var filter scenarios.Filter
	wanted, err := decode(in, func(w *WaitFor) (faults []charging.Fault) {
		var err error
		if timeout, err = w.Timeout.duration(); err != nil {
			faults = append(faults, charging.Fault{Path: "timeout", Message: err.Error()})
		}
		if w.Count < 0 || w.Count > scenarios.MostExchanges {
			faults = append(faults, charging.Fault{Path: "count", Message: fmt.Sprintf(
				"wait for 1 to %d exchanges", scenarios.MostExchanges)})
		}
		if w.After < 0 {
			faults = append(faults, charging.Fault{
				Path: "after", Message: "exchanges are numbered from 1 on; 0 is behind none of them",
			})
		}
		var wrong []charging.Fault
		filter, wrong = s.readFilter(&w.ExchangeFilter)
		return append(faults, wrong...)
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	count := max(wanted.Count, 1)
	filter.After, filter.Trees, filter.Raw = wanted.After, wanted.Trees, wanted.Raw
	items := s.Journal.Wait(ctx, filter, count)
	if items == nil {
		items = []scenarios.Exchange{}
	}
	return answer(Waited{Satisfied: len(items) >= count, Items: items}, nil)
}

func (s *server) exportLines(ctx context.Context, in *ExportInput, h huma.Context) error {
	lines := json.NewEncoder(h.BodyWriter())
	return s.eachExchange(ctx, in, func(x *scenarios.Exchange) error { return lines.Encode(x) })
}

// eachExchange gives all exchanges that are asked for, page by page.
func (s *server) eachExchange(
	ctx context.Context, in *ExportInput, give func(*scenarios.Exchange) error,
) error {
	filter, err := s.filter(&in.Picked)
	if err != nil {
		return err
	}
	page := Page{After: in.After}
	if filter.After, err = page.number(); err != nil {
		return err
	}
	filter.Limit, filter.Last = scenarios.MostExchanges, in.Last.Last
	if err := s.settleWhereAsked(ctx, &filter); err != nil {
		return err
	}
	for ctx.Err() == nil {
		found, next := s.Journal.Exchanges(filter)
		for i := range found {
			if err := give(&found[i]); err != nil {
				return err
			}
		}
		if next == 0 || filter.Last > 0 {
			return nil
		}
		filter.After = next
	}
	return ctx.Err()
}

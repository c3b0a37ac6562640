package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A WaitFor is the body of POST /v1/exchanges/wait.
type WaitFor struct {
	Session    string          `json:"session,omitempty" yaml:"session" doc:"Session-Id"`
	Subscriber string          `json:"subscriber,omitempty" yaml:"subscriber"`
	Account    string          `json:"account,omitempty" yaml:"account"`
	Type       string          `json:"type,omitempty" yaml:"type"`
	Result     charging.Result `json:"result,omitempty" yaml:"result"`
	Door       string          `json:"door,omitempty" yaml:"door"`
	Peer       string          `json:"peer,omitempty" yaml:"peer"`
	OriginHost string          `json:"origin_host,omitempty" yaml:"origin_host"`
	Message    string          `json:"message,omitempty" yaml:"message"`
	Number     scenarios.Range `json:"number,omitzero" yaml:"number"`
	Rule       string          `json:"rule,omitempty" yaml:"rule"`
	Text       string          `json:"text,omitempty" yaml:"text"`
	After      int64           `json:"after,omitempty" yaml:"after"`
	Count      int             `json:"count,omitempty" yaml:"count"`
	Timeout    Timeout         `json:"timeout,omitempty" yaml:"timeout"`
	Trees      bool            `json:"trees,omitempty" yaml:"trees"`
	Raw        bool            `json:"raw,omitempty" yaml:"raw"`
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

// EventsInput is the input of GET /v1/events.
type EventsInput struct {
	Picked
	After  string `query:"after" doc:"begin behind this exchange; absent: with what comes now"`
	LastID string `header:"Last-Event-ID" doc:"as after, when a stream is taken up again"`
}

const eventsPath = "/v1/events"

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
	s.stream(route{
		method: "GET", path: eventsPath, id: "follow-events", tag: "Journal",
		summary: "Follow the journal",
		description: "Server-sent events, until the client hangs up: `exchange` with each " +
			"exchange that is complete, its number as the id, and `missed` with how many made " +
			"room for others before a slow client could read them. Nobody waits for a client.",
		example: `"event: exchange\nid: 1\ndata: {\"seq\": 1, \"door\": \"gy\"}\n\n"`,
	}, "text/event-stream", s.followEvents)
	s.stream(route{
		method: "GET", path: "/v1/exchanges.ndjson", id: "export-exchanges", tag: "Journal",
		summary:     "Export the journal as lines of JSON",
		description: "All exchanges that match, oldest first, each one line.",
		example:     `"{\"seq\":1,\"door\":\"gy\"}\n"`,
	}, "application/x-ndjson", s.exportLines)
}

// stream registers a route whose answer is written bit by bit.
func (s *server) stream(
	r route, media string,
	write func(context.Context, *EventsInput, huma.Context) error,
) {
	register(s, r, func(ctx context.Context, in *EventsInput) (*huma.StreamResponse, error) {
		if _, err := in.after(); err != nil {
			return nil, err
		}
		if _, err := in.filter(); err != nil {
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

// after is where a stream begins; -1: with what comes.
func (in *EventsInput) after() (int64, error) {
	text := in.After
	if in.LastID != "" {
		text = in.LastID
	}
	if text == "" {
		return -1, nil
	}
	page := Page{After: text}
	return page.number()
}

func (s *server) waitExchanges(ctx context.Context, in *Written) (*Output[Waited], error) {
	var timeout time.Duration
	wanted, err := decode(in, func(w *WaitFor) (faults []charging.Fault) {
		var err error
		if timeout, err = w.Timeout.duration(); err != nil {
			faults = append(faults, charging.Fault{Path: "timeout", Message: err.Error()})
		}
		if w.Count < 0 || w.Count > scenarios.MostExchanges {
			faults = append(faults, charging.Fault{Path: "count", Message: fmt.Sprintf(
				"wait for 1 to %d exchanges", scenarios.MostExchanges)})
		}
		return faults
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	count := max(wanted.Count, 1)
	items := s.Journal.Wait(ctx, scenarios.Filter{
		Session: wanted.Session, Subscriber: wanted.Subscriber, Account: wanted.Account,
		Type: wanted.Type, Result: wanted.Result, Door: wanted.Door, After: wanted.After,
		Peer: wanted.Peer, OriginHost: wanted.OriginHost, Message: wanted.Message,
		Number: wanted.Number, Rule: wanted.Rule, Text: wanted.Text,
		Trees: wanted.Trees, Raw: wanted.Raw,
	}, count)
	return answer(Waited{Satisfied: len(items) >= count, Items: items}, nil)
}

// heartbeat is how often a quiet stream says that it lives.
const heartbeat = 15 * time.Second

func (s *server) followEvents(ctx context.Context, in *EventsInput, h huma.Context) error {
	after, err := in.after()
	if err != nil {
		return err
	}
	flush := func() {}
	if f, ok := h.BodyWriter().(http.Flusher); ok {
		flush = f.Flush
	}
	out := h.BodyWriter()
	filter, err := in.filter()
	if err != nil {
		return err
	}
	follower := s.Journal.Follow(after, filter)
	if _, err := io.WriteString(out, ": here comes what is asked and answered\n\n"); err != nil {
		return err
	}
	for ctx.Err() == nil && !stopping(ctx) {
		flush()
		if err := s.nextEvents(ctx, follower, out); err != nil {
			return err
		}
	}
	return nil
}

// nextEvents writes what comes next, or a sign of life.
func (s *server) nextEvents(ctx context.Context, f *scenarios.Follower, out io.Writer) error {
	waiting, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	found, missed, err := f.Next(waiting)
	if err != nil {
		_, err = io.WriteString(out, ": still here\n\n")
		return err
	}
	if missed > 0 {
		if _, err := fmt.Fprintf(out, "event: missed\ndata: {\"count\":%d}\n\n", missed); err != nil {
			return err
		}
	}
	for i := range found {
		data, err := json.Marshal(found[i])
		if err != nil {
			return err
		}
		id := strconv.FormatInt(found[i].Seq, 10)
		if _, err := fmt.Fprintf(out, "event: exchange\nid: %s\ndata: %s\n\n", id, data); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) exportLines(ctx context.Context, in *EventsInput, h huma.Context) error {
	lines := json.NewEncoder(h.BodyWriter())
	return s.eachExchange(ctx, in, func(x *scenarios.Exchange) error { return lines.Encode(x) })
}

// eachExchange gives all exchanges that are asked for, page by page.
func (s *server) eachExchange(
	ctx context.Context, in *EventsInput, give func(*scenarios.Exchange) error,
) error {
	filter, err := in.filter()
	if err != nil {
		return err
	}
	filter.Limit = scenarios.MostExchanges
	after, err := in.after()
	if err != nil {
		return err
	}
	filter.After = max(after, 0)
	for ctx.Err() == nil {
		page, next := s.Journal.Exchanges(filter)
		for i := range page {
			if err := give(&page[i]); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		filter.After = next
	}
	return ctx.Err()
}

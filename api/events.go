package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// EventsInput is the input of GET /v1/events.
type EventsInput struct {
	Picked
	Events   []string `query:"events" enum:"exchange,finding,verdict,peer" doc:"which events, with commas between them; absent: exchange,finding"`
	Severity string   `query:"severity" enum:"violation,warning,note" doc:"findings as bad as this only"`
	Verdict  string   `query:"verdict" enum:"does-not-conform,would-not-work" doc:"findings that answer one of the two questions with no"`
	After    string   `query:"after" doc:"begin behind this exchange; absent: with what comes now"`
	LastID   string   `header:"Last-Event-ID" doc:"the id of the last event that came, when a stream is taken up again"`
}

// A VerdictEvent is a scenario whose verdict is another than it was.
type VerdictEvent struct {
	Scenario string            `json:"scenario"`
	Verdict  scenarios.Verdict `json:"verdict"`
	Reason   string            `json:"reason"`
}

// A PeerEvent is a Diameter connection that came or went.
type PeerEvent struct {
	State string `json:"state"` // up, down
	diameter.Peer
}

const (
	eventsPath = "/v1/events"

	// heartbeat is how often a quiet stream says that it lives.
	heartbeat = 15 * time.Second
	// peerPause is how often it is looked who is connected, while somebody wants to know.
	peerPause = 100 * time.Millisecond
)

func (s *server) eventRoute() {
	stream(s, route{
		method: "GET", path: eventsPath, id: "follow-events", tag: "Journal",
		summary: "Follow the journal",
		description: "Server-sent events, until the client hangs up. `exchange`: an exchange that " +
			"is complete, in the order in which answers went out; its id is its number. " +
			"`finding`: what was found in an exchange that the filter picks. `verdict`: a " +
			"scenario whose verdict changed. `peer`: a Diameter connection that came or went. " +
			"`missed`: how many exchanges (`count`) and `findings` made room for others before a " +
			"slow client could read them. Nobody waits for a client; one that reads nothing for " +
			"30 seconds is hung up on. `verdict` and `peer` begin with what is, and have no id.",
		example: `"event: exchange\nid: 1\ndata: {\"seq\": 1, \"door\": \"gy\"}\n\n"`,
	}, "text/event-stream", func(in *EventsInput) error {
		if _, err := in.since(); err != nil {
			return err
		}
		_, err := s.wanted(in)
		return err
	}, s.followEvents)
}

// since is where a stream begins.
func (in *EventsInput) since() (since scenarios.Since, err error) {
	if id := strings.TrimSpace(in.LastID); id != "" {
		if !scenarios.IsEvent(id) {
			return since, newProblem(codeInvalidRequest,
				"header.Last-Event-ID: expected the id of an event")
		}
		return scenarios.Since{Event: id}, nil
	}
	if in.After == "" {
		return scenarios.Since{Now: true}, nil
	}
	page := Page{After: in.After}
	since.Exchange, err = page.number()
	return since, err
}

// wants reports whether an event is to be told.
func (in *EventsInput) wants(event string) bool {
	if len(in.Events) == 0 {
		return event == "exchange" || event == "finding"
	}
	return slices.Contains(in.Events, event)
}

// wanted is what a stream tells of the journal. The wanted finding picks findings and no exchanges:
// those are told before anything can be found in them.
func (s *server) wanted(in *EventsInput) (scenarios.Events, error) {
	filter, err := s.filter(&in.Picked)
	wanted := scenarios.Events{
		Exchanges: in.wants("exchange"), Findings: in.wants("finding"), Filter: filter,
		Found: scenarios.FindingFilter{
			Rule: filter.Finding, Severity: charging.Severity(in.Severity),
			Verdict: scenarios.FindingVerdict(in.Verdict),
		},
	}
	wanted.Filter.Finding = ""
	return wanted, err
}

// A told event is one on its way to a client.
type told struct {
	name, id string
	data     any
}

func (t *told) write(out io.Writer) error {
	data, err := json.Marshal(t.data)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	id := ""
	if t.id != "" {
		id = "id: " + t.id + "\n"
	}
	_, err = fmt.Fprintf(out, "event: %s\n%sdata: %s\n\n", t.name, id, data)
	return err
}

// A source waits for events, again and again, until the context ends.
type source func(ctx context.Context) ([]told, error)

func (s *server) followEvents(ctx context.Context, in *EventsInput, h huma.Context) error {
	since, err := in.since()
	if err != nil {
		return err
	}
	wanted, err := s.wanted(in)
	if err != nil {
		return err
	}
	sources := []source{journalSource(s.Journal.Follow(since, wanted))}
	if in.wants("verdict") {
		sources = append(sources, s.verdictSource())
	}
	if in.wants("peer") {
		sources = append(sources, s.peerSource())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	batches := make(chan []told)
	for _, next := range sources {
		go next.run(ctx, batches)
	}
	return s.tellEvents(ctx, batches, h)
}

// run hands over what comes until the context ends. Nothing piles up: a client that is slow finds
// less of it when it asks again.
func (next source) run(ctx context.Context, batches chan<- []told) {
	for {
		batch, err := next(ctx)
		if err != nil {
			return
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
			return
		}
	}
}

// tellEvents writes what comes, or now and then a sign of life.
func (s *server) tellEvents(ctx context.Context, batches <-chan []told, h huma.Context) error {
	out := s.patient(h)
	if err := out.write(": here comes what is asked and answered\n\n"); err != nil {
		return err
	}
	for {
		quiet := time.NewTimer(heartbeat)
		select {
		case batch := <-batches:
			quiet.Stop()
			for i := range batch {
				if err := batch[i].write(out); err != nil {
					return err
				}
			}
			if err := out.flush(); err != nil {
				return err
			}
		case <-quiet.C:
			if err := out.write(": still here\n\n"); err != nil {
				return err
			}
		case <-ctx.Done():
			quiet.Stop()
			return nil
		}
	}
}

// A patientWriter gives a client so much time to read, and not more.
type patientWriter struct {
	io.Writer
	control  *http.ResponseController // nil: whoever reads cannot be told
	patience time.Duration
}

// streamPatience is how long a listener may read nothing.
const streamPatience = 30 * time.Second

func (s *server) patient(h huma.Context) *patientWriter {
	p := &patientWriter{Writer: h.BodyWriter(), patience: s.StreamPatience}
	if p.patience <= 0 {
		p.patience = streamPatience
	}
	if w, ok := h.BodyWriter().(http.ResponseWriter); ok {
		p.control = http.NewResponseController(w)
	}
	return p
}

func (p *patientWriter) Write(b []byte) (int, error) {
	if p.control != nil {
		_ = p.control.SetWriteDeadline(time.Now().Add(p.patience)) // not every writer can
	}
	return p.Writer.Write(b)
}

func (p *patientWriter) write(text string) error {
	if _, err := io.WriteString(p, text); err != nil {
		return err
	}
	return p.flush()
}

func (p *patientWriter) flush() error {
	if p.control == nil {
		return nil
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(p.patience))
	return p.control.Flush()
}

func journalSource(f *scenarios.Follower) source {
	return func(ctx context.Context) (batch []told, err error) {
		news, missed, err := f.Next(ctx)
		if missed.Any() {
			batch = append(batch, told{name: "missed", data: missed})
		}
		for i := range news {
			one := told{name: "exchange", id: news[i].ID, data: news[i].Exchange}
			if news[i].Finding != nil {
				one.name, one.data = "finding", news[i].Finding
			}
			batch = append(batch, one)
		}
		return batch, err
	}
}

func (s *server) verdictSource() source {
	known := map[string]VerdictEvent{}
	return func(ctx context.Context) (batch []told, err error) {
		err = s.Scenarios.Until(ctx, func(all []scenarios.Status) bool {
			now := make(map[string]VerdictEvent, len(all))
			for i := range all {
				one := VerdictEvent{all[i].Name, all[i].Verdict, all[i].Reason}
				now[one.Scenario] = one
				if known[one.Scenario].Verdict != one.Verdict {
					batch = append(batch, told{name: "verdict", data: one})
				}
			}
			known = now
			return len(batch) > 0
		})
		return batch, err
	}
}

func (s *server) peerSource() source {
	known := map[string]diameter.Peer{}
	return func(ctx context.Context) (batch []told, err error) {
		ticker := time.NewTicker(peerPause)
		defer ticker.Stop()
		for {
			now := map[string]diameter.Peer{}
			for _, one := range s.Peers.Peers() {
				key := one.Address + " " + one.Since.String()
				now[key] = one
				if _, there := known[key]; !there {
					batch = append(batch, told{name: "peer", data: PeerEvent{"up", one}})
				}
			}
			for key, one := range known {
				if _, there := now[key]; !there {
					batch = append(batch, told{name: "peer", data: PeerEvent{"down", one}})
				}
			}
			if known = now; len(batch) > 0 {
				return batch, nil
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

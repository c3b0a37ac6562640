package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Observed is the body of POST /v1/observations.
type Observed struct {
	Session string    `json:"session,omitempty" yaml:"session" doc:"Session-Id, if it is about one"`
	Text    string    `json:"text" yaml:"text" doc:"what was seen"`
	At      time.Time `json:"at,omitzero" yaml:"at" doc:"when, if not now"`
}

func (o *Observed) observation() scenarios.Observation {
	seen := scenarios.Observation{At: o.At, Session: o.Session, Text: o.Text}
	if seen.At.IsZero() {
		seen.At = time.Now()
	}
	return seen
}

// ObservationsInput is the input of GET /v1/observations.
type ObservationsInput struct {
	Session string `query:"session" doc:"Session-Id"`
	Text    string `query:"text" doc:"what the text is like, with * for any part of it"`
	Page
}

func (s *server) observationRoutes() {
	const observation = `{"seq": 3, "at": "2026-03-01T12:00:00Z",
		"session": "im.example.com;1;1", "text": "200 OK to the re-INVITE"}`
	register(s, route{
		method: http.MethodPost, path: "/v1/observations", id: "post-observation", tag: "Journal",
		summary: "Tell what was seen elsewhere",
		description: "What the tester saw, as on the SIP side of the client under test. It is " +
			"kept in the journal behind all that came before, with a number among those of " +
			"exchanges, so that the order of both can be seen and verified. `at` is told and " +
			"changes nothing about the order.",
		status: http.StatusCreated,
		body:   Observed{}, bodyExample: `{"session": "im.example.com;1;1",
			"text": "200 OK to the re-INVITE"}`,
		example:  observation,
		problems: []charging.ErrorKind{charging.KindInvalidDocument},
	}, s.postObservation)
	register(s, route{
		method: http.MethodGet, path: "/v1/observations", id: "list-observations", tag: "Journal",
		summary:     "List observations",
		description: "Those that the journal keeps, oldest first.",
		example:     `{"items": [` + observation + `], "next": ""}`,
	}, s.listObservations)
}

func (s *server) postObservation(_ context.Context, in *Written) (
	*StatusOutput[scenarios.Observation], error,
) {
	written, err := decode(in, func(o *Observed) []charging.Fault {
		seen := o.observation()
		return seen.Check()
	})
	if err != nil {
		return nil, err
	}
	return put(s.Journal.Observe(written.observation()), true), nil
}

func (s *server) listObservations(_ context.Context, in *ObservationsInput) (
	*Output[resource.List[scenarios.Observation]], error,
) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	seen, next := s.Journal.Exchanges(scenarios.Filter{
		Door: scenarios.DoorObservation, Session: in.Session, Text: in.Text,
		After: after, Limit: in.Limit,
	})
	list := resource.List[scenarios.Observation]{
		Items: []scenarios.Observation{}, Next: nextNumber(next),
	}
	for i := range seen {
		list.Items = append(list.Items, seen[i].Observation())
	}
	return answer(list, nil)
}

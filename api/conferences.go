package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// ConferencesInput is the input of GET /v1/conferences.
type ConferencesInput struct{ Page }

// ConferenceInput is the input of GET /v1/conferences/{id}.
type ConferenceInput struct {
	ID string `path:"id" doc:"Service-Id, with slashes and percent signs escaped"`
}

func (s *server) conferenceRoutes() {
	const summary = `"conference": "conf1", "open": true, "opened": "2026-03-01T12:00:00Z",
		"participants": 3, "attached": 3, "count": 1, "open_count": 1,
		"cost": ["0.07 EUR"], "reserved": ["0.35 EUR"]`
	const session = `{"session": "im.example.com;1;1", "account": "alice", "payers": ["alice"],
		"role": "focus", "open": true, "opened": "2026-03-01T12:00:00Z", "participants": 3,
		"attached": 3, "media": ["message"], "cost": "0.07 EUR", "reserved": ["0.35 EUR"]}`
	register(s, route{
		method: "GET", path: "/v1/conferences", id: "list-conferences", tag: "Conferences",
		summary: "List conferences",
		description: "Sessions that share a Service-Id or, in its absence, an " +
			"IMS-Charging-Identifier, while any of them is open or remembered. " +
			"In order of their ids.",
		example: `{"items": [{` + summary + `}], "next": ""}`,
	}, s.listConferences)
	register(s, route{
		method: "GET", path: "/v1/conferences/{id}", id: "get-conference", tag: "Conferences",
		summary: "Show a conference",
		description: "Its sessions, oldest first, at most 1,000 of them; the sums are over all. " +
			"The focus is the session that tells most participants, of equals the oldest.",
		example:  `{` + summary + `, "sessions": [` + session + `]}`,
		problems: []charging.ErrorKind{charging.KindConferenceNotFound},
	}, s.getConference)
}

func (s *server) listConferences(ctx context.Context, in *ConferencesInput) (
	*Output[resource.List[resource.ConferenceSummary]], error,
) {
	items, next, err := s.Ledger.Conferences(ctx, in.After, in.Limit)
	list := resource.List[resource.ConferenceSummary]{
		Items: make([]resource.ConferenceSummary, len(items)), Next: next,
	}
	for i := range items {
		list.Items[i] = resource.WriteConferenceSummary(&items[i])
	}
	return answer(list, err)
}

func (s *server) getConference(ctx context.Context, in *ConferenceInput) (
	*Output[resource.Conference], error,
) {
	conference, err := s.Ledger.Conference(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return answer(resource.WriteConference(&conference), nil)
}

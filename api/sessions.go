package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// SessionsInput is the input of GET /v1/sessions.
type SessionsInput struct {
	Account string `query:"account" doc:"sessions on this account only"`
	Page
}

// SessionInput is the input of GET /v1/sessions/{id}.
type SessionInput struct {
	ID         string `path:"id" doc:"Session-Id, with slashes and percent signs escaped"`
	SubSession uint64 `query:"sub_session" doc:"CC-Sub-Session-Id, where one is used"`
}

func (s *server) sessionRoutes() {
	const session = `{"session": "im.example.com;1;1", "account": "alice", "open": true,
		"opened": "2026-03-01T12:00:00Z", "deadline": "2026-03-01T14:00:00Z",
		"context": "32260@3gpp.org", "number": 0, "participants": 3, "attached": 1,
		"media": ["message"], "cost": "0.00 EUR", "services": [{"rating_group": 100, "plan": "im",
			"version": 1, "rule": "conference", "participants": 3, "granted": "300s",
			"reservation": 4,
			"last_report": "2026-03-01T12:00:00Z", "valid_until": "2026-03-01T13:00:00Z"}]}`
	register(s, route{
		method: "GET", path: "/v1/sessions", id: "list-sessions", tag: "Sessions",
		summary:     "List sessions",
		description: "Open sessions, and closed ones that are not forgotten yet.",
		example:     `{"items": [` + session + `], "next": ""}`,
	}, s.listSessions)
	register(s, route{
		method: "GET", path: "/v1/sessions/{id}", id: "get-session", tag: "Sessions",
		summary:     "Show a session",
		description: "Its conditions, and for each service the grant and what priced it.",
		example:     session, problems: []charging.ErrorKind{charging.KindSessionNotFound},
	}, s.getSession)
}

func (s *server) listSessions(ctx context.Context, in *SessionsInput) (
	*Output[resource.List[resource.Session]], error,
) {
	items, next, err := s.Ledger.Sessions(ctx, in.Account, in.After, in.Limit)
	list := resource.List[resource.Session]{Items: make([]resource.Session, len(items)), Next: next}
	for i, session := range items {
		list.Items[i] = resource.WriteSession(session)
	}
	return answer(list, err)
}

func (s *server) getSession(ctx context.Context, in *SessionInput) (
	*Output[resource.Session], error,
) {
	session, err := s.Ledger.Session(ctx, charging.SessionID{ID: in.ID, Sub: in.SubSession})
	if err != nil {
		return nil, err
	}
	return answer(resource.WriteSession(session), nil)
}

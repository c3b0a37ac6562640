package client

import (
	"context"
	"net/http"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Observe keeps in the journal what was seen elsewhere; a session may be empty.
func (c *Client) Observe(ctx context.Context, session, text string) (
	*scenarios.Observation, error,
) {
	var seen scenarios.Observation
	told := map[string]string{"session": session, "text": text}
	return &seen, c.do(ctx, http.MethodPost, "/v1/observations", told, &seen)
}

// Observations lists the observations that the journal keeps, of one session where it is named.
func (c *Client) Observations(ctx context.Context, session string, p Page) (
	*resource.List[scenarios.Observation], error,
) {
	query := p.query()
	if session != "" {
		query.Set("session", session)
	}
	return list[scenarios.Observation](ctx, c, "/v1/observations", query)
}

package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// Conferences lists conferences, in order of their ids.
func (c *Client) Conferences(ctx context.Context, p Page) (
	*resource.List[resource.ConferenceSummary], error,
) {
	return list[resource.ConferenceSummary](ctx, c, "/v1/conferences", p.query())
}

// Conference returns a conference with its sessions.
func (c *Client) Conference(ctx context.Context, id string) (*resource.Conference, error) {
	var conference resource.Conference
	path := "/v1/conferences/" + url.PathEscape(id)
	return &conference, c.do(ctx, http.MethodGet, path, nil, &conference)
}

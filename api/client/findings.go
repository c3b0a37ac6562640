package client

import (
	"context"
	"maps"
	"net/http"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// A FindingFilter picks findings; what is zero picks all.
type FindingFilter struct {
	resource.FindingFilter
	Page
}

// Findings lists findings, oldest first.
func (c *Client) Findings(ctx context.Context, f FindingFilter) (*resource.FindingList, error) {
	query := f.FindingFilter.Query()
	maps.Copy(query, f.Page.query())
	var found resource.FindingList
	return &found, c.do(ctx, http.MethodGet, "/v1/findings"+questionMark(query), nil, &found)
}

// ClearFindings forgets the findings that a filter picks; the zero filter all.
func (c *Client) ClearFindings(ctx context.Context, f resource.FindingFilter) error {
	return c.do(ctx, http.MethodDelete, "/v1/findings"+questionMark(f.Query()), nil, nil)
}

package client

import (
	"context"
	"net/http"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// A FindingFilter picks findings; what is zero picks all.
type FindingFilter struct {
	Session, Subscriber, Peer, Rule, Severity, Verdict string
	Page
}

// Findings lists findings, oldest first.
func (c *Client) Findings(ctx context.Context, f FindingFilter) (*resource.FindingList, error) {
	query := f.query()
	for key, value := range map[string]string{
		"session": f.Session, "subscriber": f.Subscriber, "peer": f.Peer, "rule": f.Rule,
		"severity": f.Severity, "verdict": f.Verdict,
	} {
		if value != "" {
			query.Set(key, value)
		}
	}
	var found resource.FindingList
	return &found, c.do(ctx, http.MethodGet, "/v1/findings?"+query.Encode(), nil, &found)
}

// ClearFindings forgets all findings.
func (c *Client) ClearFindings(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/findings", nil, nil)
}

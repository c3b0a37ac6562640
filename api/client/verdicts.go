package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A ScenarioFilter picks scenarios; what is empty picks all.
type ScenarioFilter struct {
	Names []string
	Tag   string
	// Wait is how long to wait while a verdict is pending, 55 seconds at most.
	Wait time.Duration
}

func (f *ScenarioFilter) query() url.Values {
	query := url.Values{}
	for _, name := range f.Names {
		query.Add("name", name)
	}
	if f.Tag != "" {
		query.Set("tag", f.Tag)
	}
	if f.Wait > 0 {
		query.Set("wait", f.Wait.String())
	}
	return query
}

// Verdicts lists scenarios with their verdicts.
func (c *Client) Verdicts(ctx context.Context, f ScenarioFilter) (
	*resource.List[scenarios.Status], error,
) {
	return list[scenarios.Status](ctx, c, "/v1/scenarios", f.query())
}

// JUnit is the verdicts as JUnit XML.
func (c *Client) JUnit(ctx context.Context, f ScenarioFilter) ([]byte, error) {
	var text []byte
	err := c.do(ctx, http.MethodGet, "/v1/scenarios.junit?"+f.query().Encode(), nil, &text)
	return text, err
}

// DeleteScenarios deletes those that have a tag, and returns how many there were.
func (c *Client) DeleteScenarios(ctx context.Context, tag string) (int, error) {
	var gone struct {
		Deleted int `json:"deleted"`
	}
	path := "/v1/scenarios?" + url.Values{"tag": {tag}}.Encode()
	return gone.Deleted, c.do(ctx, http.MethodDelete, path, nil, &gone)
}

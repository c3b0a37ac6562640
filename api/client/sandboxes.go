package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

const sandboxesPath = "/v1/sandboxes"

// CreateSandbox starts a sandbox and returns when its doors are open.
func (c *Client) CreateSandbox(ctx context.Context, o resource.SandboxOrder) (
	*resource.Sandbox, error,
) {
	var made resource.Sandbox
	return &made, c.do(ctx, http.MethodPost, sandboxesPath, o, &made)
}

// Sandboxes lists those that run; an empty tag: all.
func (c *Client) Sandboxes(ctx context.Context, tag string) (
	*resource.List[resource.Sandbox], error,
) {
	query := url.Values{}
	if tag != "" {
		query.Set("tag", tag)
	}
	return list[resource.Sandbox](ctx, c, sandboxesPath, query)
}

// Sandbox shows one.
func (c *Client) Sandbox(ctx context.Context, name string) (*resource.Sandbox, error) {
	var found resource.Sandbox
	return &found, c.do(ctx, http.MethodGet, sandboxesPath+"/"+url.PathEscape(name), nil, &found)
}

// DeleteSandbox ends one.
func (c *Client) DeleteSandbox(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, sandboxesPath+"/"+url.PathEscape(name), nil, nil)
}

// DeleteSandboxes ends those that have a tag, and returns how many there were.
func (c *Client) DeleteSandboxes(ctx context.Context, tag string) (int, error) {
	var told struct{ Deleted int }
	path := sandboxesPath + "?" + url.Values{"tag": {tag}}.Encode()
	return told.Deleted, c.do(ctx, http.MethodDelete, path, nil, &told)
}

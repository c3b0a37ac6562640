// Package client talks to the control API of an ocs-sim, for commands and tests.
//
// A Client is a charging.Charger too: it charges through the REST door, so that what runs in
// process and over Gy runs here as well. Answers without success come back as *resource.Problem,
// the shapes of package resource are those that the API serves.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// maxAnswer is how many octets of an answer are read.
const maxAnswer = 256 << 20

// A Client talks to one server. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client

	finding sync.Mutex
	sandbox string // to be found with the first request; empty: base is where to ask
}

// Options are the settings of a Client; the zero value will do.
type Options struct {
	Token string       // bearer token; empty: none is sent
	HTTP  *http.Client // nil: one with a timeout of two minutes
	// Sandbox is the server's sandbox to talk to; empty: the server itself.
	Sandbox string
}

// New returns a client for a server's address, such as http://127.0.0.1:8868 or 127.0.0.1:8868.
func New(address string, o Options) *Client {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{
			Timeout: 2 * time.Minute,
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
				MaxIdleConnsPerHost: 16,
			},
		}
	}
	return &Client{
		base: strings.TrimRight(address, "/"), token: o.Token, http: o.HTTP, sandbox: o.Sandbox,
	}
}

// address is where to ask. Where a sandbox is meant, the server is asked for it, once.
func (c *Client) address(ctx context.Context) (string, error) {
	c.finding.Lock()
	defer c.finding.Unlock()
	if c.sandbox == "" {
		return c.base, nil
	}
	found, err := New(c.base, Options{Token: c.token, HTTP: c.http}).Sandbox(ctx, c.sandbox)
	if err != nil {
		return "", err
	}
	c.base, c.sandbox = found.API, ""
	return c.base, nil
}

// Ready returns nil if the server can charge, and else why not.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, http.MethodGet, "/readyz", nil, nil)
}

// WaitReady asks again and again until the server is ready or the context ends.
func (c *Client) WaitReady(ctx context.Context, every time.Duration) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		err := c.Ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-ticker.C:
		}
	}
}

// PostCharge sends a charge and returns its answer.
func (c *Client) PostCharge(ctx context.Context, charge *resource.Charge) (
	*resource.Answer, error,
) {
	var answer resource.Answer
	return &answer, c.do(ctx, http.MethodPost, "/v1/charges", charge, &answer)
}

// Charge implements charging.Charger, one request after the other: it returns when the answer is
// there. An answer with Result zero says that none came, with the error as its message.
func (c *Client) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	answer, err := c.charge(ctx, r)
	if err != nil {
		answer = &charging.Answer{Key: r.Key, Type: r.Type, Message: err.Error()}
	}
	reply(answer)
}

func (c *Client) charge(ctx context.Context, r *charging.Request) (*charging.Answer, error) {
	answer, err := c.PostCharge(ctx, resource.WriteCharge(r))
	if err != nil {
		return nil, err
	}
	return answer.Read()
}

// do sends a request with a JSON body, or the bytes as they are, and reads the answer into out,
// where that is not nil.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(in)
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write the body of %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return read(response, out)
}

// send sends a request; the body of what comes back is the caller's to close.
func (c *Client) send(
	ctx context.Context, method, path string, body io.Reader,
) (*http.Response, error) {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	return c.http.Do(request) // an error names method and URL
}

// request is one to the server, or the sandbox, that is meant.
func (c *Client) request(
	ctx context.Context, method, path string, body io.Reader,
) (*http.Request, error) {
	base, err := c.address(ctx)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return request, nil
}

// read reads the whole answer into out, where that is not nil, or as the error that it tells.
func read(response *http.Response, out any) error {
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		asked := response.Request
		return fmt.Errorf("read the answer to %s %s: %w", asked.Method, asked.URL.RequestURI(), err)
	}
	if response.StatusCode >= 300 {
		problem := &resource.Problem{}
		if json.Unmarshal(answer, problem) == nil && problem.Code != "" {
			return problem
		}
		return fmt.Errorf("%s %s answers %s, which is no answer of ocs-sim",
			response.Request.Method, response.Request.URL.Path, response.Status)
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if text, raw := out.(*[]byte); raw {
		*text = answer
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w",
			response.Request.Method, response.Request.URL.Path, err)
	}
	return nil
}

// A Page is which part of a list is wanted.
type Page struct {
	After string // Next of the page before; empty: from the start
	Limit int    // 0: 100; at most 1000
}

func (p Page) query() url.Values {
	query := url.Values{}
	if p.After != "" {
		query.Set("after", p.After)
	}
	if p.Limit > 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	return query
}

func list[T any](ctx context.Context, c *Client, path string, query url.Values) (
	*resource.List[T], error,
) {
	var page resource.List[T]
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return &page, c.do(ctx, http.MethodGet, path, nil, &page)
}

// An ExchangeFilter picks exchanges; what is zero picks all.
type ExchangeFilter struct {
	resource.ExchangeFilter
	Trees, Raw bool // with both messages decoded, with their bytes
	Last       int  // the last ones only; 0: from the first on
	Page
}

// Exchanges lists exchanges of the journal, oldest first.
func (c *Client) Exchanges(ctx context.Context, f ExchangeFilter) (
	*resource.ExchangeList, error,
) {
	var page resource.ExchangeList
	path := "/v1/exchanges" + questionMark(f.query())
	return &page, c.do(ctx, http.MethodGet, path, nil, &page)
}

// Exchange returns one exchange by its number, or the "latest".
func (c *Client) Exchange(ctx context.Context, seq string) (*scenarios.Exchange, error) {
	return c.PickExchange(ctx, seq, resource.ExchangeFilter{})
}

// PickExchange is Exchange among those that a filter picks.
func (c *Client) PickExchange(ctx context.Context, seq string, f resource.ExchangeFilter) (
	*scenarios.Exchange, error,
) {
	var exchange scenarios.Exchange
	path := "/v1/exchanges/" + url.PathEscape(seq) + questionMark(f.Query())
	return &exchange, c.do(ctx, http.MethodGet, path, nil, &exchange)
}

// ClearExchanges deletes the exchanges that a filter picks; the zero filter empties the journal.
func (c *Client) ClearExchanges(ctx context.Context, f resource.ExchangeFilter) error {
	return c.do(ctx, http.MethodDelete, "/v1/exchanges"+questionMark(f.Query()), nil, nil)
}

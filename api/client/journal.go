package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// query is the filter as the API takes it.
func (f *ExchangeFilter) query() url.Values {
	query := f.ExchangeFilter.Query()
	maps.Copy(query, f.Page.query())
	for key, wanted := range map[string]bool{"trees": f.Trees, "raw": f.Raw} {
		if wanted {
			query.Set(key, "true")
		}
	}
	if f.Last > 0 {
		query.Set("last", strconv.Itoa(f.Last))
	}
	return query
}

// A Form is one in which the journal, or a session of it, leaves the server.
type Form string

// The forms. Drawings are of one session, which the filter must name, and heed nothing else of it.
const (
	Capture Form = "pcapng" // a capture
	Lines   Form = "ndjson" // lines of JSON
	SVG     Form = "svg"    // a ladder as an image
	Mermaid Form = "mmd"    // a ladder as text
)

var errNoSession = errors.New("a drawing is of one session; name it")

// Export writes the exchanges that a filter picks in a form. What was written before an error is
// no whole file.
func (c *Client) Export(ctx context.Context, form Form, f ExchangeFilter, out io.Writer) error {
	path := "/v1/exchanges." + string(form)
	query := f.query()
	query.Del("limit")
	if form == SVG || form == Mermaid {
		if f.Session == "" {
			return errNoSession
		}
		path = "/v1/sessions/" + url.PathEscape(f.Session) + "/ladder." + string(form)
		query = nil
	}
	return c.copy(ctx, path+questionMark(query), out)
}

// copy writes the answer to a GET as it comes.
func (c *Client) copy(ctx context.Context, path string, out io.Writer) error {
	response, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return read(response, nil)
	}
	if _, err := io.Copy(out, response.Body); err != nil {
		return fmt.Errorf("read the answer to GET %s: %w", path, err)
	}
	return nil
}

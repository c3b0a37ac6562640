package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// An EventFilter picks events; what is zero picks exchanges and findings that come from now on.
type EventFilter struct {
	resource.ExchangeFilter
	Events            []string // exchange, finding, verdict, peer
	Severity, Verdict string   // of findings
	Trees, Raw        bool     // with both messages decoded, with their bytes
	After             string   // behind the exchange with this number
	LastID            string   // behind the event with this ID
}

func (f *EventFilter) query() url.Values {
	exchanges := ExchangeFilter{
		ExchangeFilter: f.ExchangeFilter, Trees: f.Trees, Raw: f.Raw, Page: Page{After: f.After},
	}
	query := exchanges.query()
	for key, value := range map[string]string{
		"events": strings.Join(f.Events, ","), "severity": f.Severity, "verdict": f.Verdict,
	} {
		if value != "" {
			query.Set(key, value)
		}
	}
	return query
}

// An Event is one that a server told: its name, its id where it has one, and what it is about in
// JSON.
type Event struct {
	Name, ID string
	Data     []byte
}

// Exchange is what an event of the name exchange tells.
func (e *Event) Exchange() (*scenarios.Exchange, error) {
	return told[scenarios.Exchange](e, "exchange")
}

// Finding is what an event of the name finding tells.
func (e *Event) Finding() (*scenarios.Finding, error) {
	return told[scenarios.Finding](e, "finding")
}

// Missed is what an event of the name missed tells.
func (e *Event) Missed() (*scenarios.Missed, error) {
	return told[scenarios.Missed](e, "missed")
}

func told[T any](e *Event, name string) (*T, error) {
	if e.Name != name {
		return nil, fmt.Errorf("the event is of the name %s, not %s", e.Name, name)
	}
	read := new(T)
	if err := json.Unmarshal(e.Data, read); err != nil {
		return nil, fmt.Errorf("read the event %s: %w", e.Name, err)
	}
	return read, nil
}

// errNoMore is what Follow returns where the server ended the stream.
var errNoMore = errors.New("the server tells no more")

// Follow calls see with each event as it comes, until see returns an error, which it returns, or
// the context or the stream ends. begun, where it is not nil, is called once the server listens:
// what happens from then on is told.
func (c *Client) Follow(
	ctx context.Context, f EventFilter, begun func(), see func(*Event) error,
) error {
	path := "/v1/events" + questionMark(f.query())
	response, err := c.listen(ctx, path, f.LastID)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return read(response, nil)
	}
	if begun == nil {
		begun = func() {}
	}
	return readEvents(bufio.NewReader(response.Body), begun, see)
}

// listen asks for a stream, which has all the time there is.
func (c *Client) listen(ctx context.Context, path, lastID string) (*http.Response, error) {
	request, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	patient := *c.http
	patient.Timeout = 0
	return patient.Do(request) // an error names method and URL
}

// readEvents reads what the standard of server-sent events calls its stream, as far as our servers
// write it: a line for each field, and an empty one behind each event.
func readEvents(in *bufio.Reader, begun func(), see func(*Event) error) error {
	event := &Event{}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				return errNoMore
			}
			return fmt.Errorf("read the events: %w", err)
		}
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		switch {
		case key == "event":
			event.Name = value
		case key == "id":
			event.ID = value
		case key == "data":
			event.Data = []byte(value)
		case key == "" && value != "": // a comment; the first says that the server listens
			begun()
			begun = func() {}
		case event.Name != "":
			if err := see(event); err != nil {
				return err
			}
			event = &Event{}
		}
	}
}

package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ocs-sim/ocs-sim/api/client"
)

// A client that means a sandbox follows what happens there, though it has asked for nothing before.
func TestTheClientFollowsASandbox(t *testing.T) {
	t.Parallel()
	sandbox := httptest.NewServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprintf(w, "id: 7\nevent: exchange\ndata: {}\n\n")
		}))
	t.Cleanup(sandbox.Close)
	server := httptest.NewServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/sandboxes/job-7" {
				t.Errorf("%s asked of the server, want of the sandbox", r.URL)
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_, _ = fmt.Fprintf(w, `{"name": "job-7", "api": %q}`, sandbox.URL)
		}))
	t.Cleanup(server.Close)
	enough := errors.New("enough")
	var seen string
	err := client.New(server.URL, client.Options{Sandbox: "job-7"}).
		Follow(t.Context(), client.EventFilter{}, nil, func(e *client.Event) error {
			seen = e.ID
			return enough
		})
	if !errors.Is(err, enough) || seen != "7" {
		t.Errorf("Follow = %v, saw event %q; want that of the sandbox", err, seen)
	}
}

package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestWaitingForExchanges(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	there := s.want(t, 200, "POST", "/v1/exchanges/wait", `{"type": "initial", "timeout": "0s"}`)
	there.expect(t, true, "satisfied")
	there.expect(t, "initial", "items", 0, "type")
	s.want(t, 200, "POST", "/v1/exchanges/wait", `{"type": "initial", "count": 2,
		"timeout": "10ms"}`).expect(t, false, "satisfied")
	s.want(t, 200, "POST", "/v1/exchanges/wait", `{"type": "initial", "after": 1,
		"timeout": "10ms"}`).expect(t, false, "satisfied")

	waited := make(chan reply, 1)
	go func() {
		waited <- s.ask(t, "POST", "/v1/exchanges/wait",
			`{"subscriber": "+15550100", "type": "update", "count": 2, "timeout": "20s"}`)
	}()
	for n := 1; n <= 2; n++ {
		s.want(t, 200, "POST", "/v1/charges", charge("update", n, ""))
	}
	got := <-waited
	got.expect(t, true, "satisfied")
	got.expect(t, float64(2), "items", 1, "number")

	for _, body := range []string{
		`{"timeout": "soon"}`, `{"timeout": "1h"}`, `{"timeout": "-1s"}`, `{"count": -1}`,
		`{"count": 1001}`, `{"colour": "red"}`,
	} {
		s.problem(t, 422, "invalid-document", "POST", "/v1/exchanges/wait", body)
	}
}

// A stream is one that a test listens to.
type stream struct {
	t     testing.TB
	lines *bufio.Scanner
}

func (s *simulator) listen(t testing.TB, path string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("GET %s = %d %s, want text/event-stream", path, response.StatusCode, kind)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), ":") {
		t.Fatalf("a stream begins with %q, %v, want a comment", lines.Text(), lines.Err())
	}
	return &stream{t, lines}
}

// next reads an event: its name, its id and its data.
func (s *stream) next() (name, id string, data map[string]any) {
	s.t.Helper()
	for s.lines.Scan() {
		key, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch key {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				s.t.Fatal(err)
			}
			return name, id, data
		}
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return "", "", nil
}

func TestEventsComeAsTheyHappen(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	live := s.listen(t, "/v1/events?type=update&trees=true")
	all := s.listen(t, "/v1/events?after=0")
	s.want(t, 200, "POST", "/v1/charges", charge("update", 1, ""))
	name, id, data := live.next()
	if name != "exchange" || id != "2" || data["type"] != "update" || data["request"] == nil {
		t.Errorf("the first event is %s %s %v, want the update, exchange 2, with trees",
			name, id, data)
	}
	for _, want := range []string{"initial", "update"} {
		if _, _, data := all.next(); data["type"] != want {
			t.Errorf("the stream of all has %v, want %s", data["type"], want)
		}
	}
	resumed := s.listen(t, "/v1/events", "Last-Event-ID", "1")
	if _, id, _ := resumed.next(); id != "2" {
		t.Errorf("taken up behind 1, the stream begins with %s, want 2", id)
	}
	s.problem(t, 422, "invalid-request", "GET", "/v1/events?after=now", "")
}

func TestASlowListenerMissesAndIsTold(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 3})
	s := start(t, seedText, func(o *api.Options) { o.Journal = journal })
	for n := range 5 {
		s.want(t, 200, "POST", "/v1/charges", charge("initial", n, ""))
	}
	late := s.listen(t, "/v1/events?after=0")
	if name, _, data := late.next(); name != "missed" || data["count"] != float64(2) {
		t.Errorf("the first event is %s %v, want 2 missed", name, data)
	}
	if name, id, _ := late.next(); name != "exchange" || id != "3" {
		t.Errorf("then comes %s %s, want exchange 3", name, id)
	}
}

func TestLinesOfJSON(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for n, kind := range []string{"initial", "update", "update", "termination"} {
		s.want(t, 200, "POST", "/v1/charges", charge(kind, n, ""))
	}
	got := s.want(t, 200, "GET", "/v1/exchanges.ndjson?type=update", "")
	lines := strings.Split(strings.TrimSuffix(got.text, "\n"), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], `"number":2`) {
		t.Errorf("lines are\n%s\nwant the two updates", got.text)
	}
}

func TestStreamsDoNotHoldTheServerUp(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	server := api.NewServer(s.handler)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	s.url = "http://" + l.Addr().String()
	live := s.listen(t, "/v1/events")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown = %v, want none while somebody listens", err)
	}
	for live.lines.Scan() {
	}
}

package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
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
		`{"count": 1001}`, `{"colour": "red"}`, `{"after": -1}`, `{"before": 0}`,
	} {
		s.problem(t, 422, "invalid-document", "POST", "/v1/exchanges/wait", body)
	}
}

// A stream is one that a test listens to. It is given up when an event that is awaited does not
// come, and not for being long open: what a test does meanwhile takes as long as it takes.
type stream struct {
	t      testing.TB
	lines  *bufio.Scanner
	giveUp context.CancelFunc
}

func (s *simulator) listen(t testing.TB, path string, headers ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	defer time.AfterFunc(patience, cancel).Stop()
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
	lines.Buffer(nil, 1<<22)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), ":") {
		t.Fatalf("a stream begins with %q, %v, want a comment", lines.Text(), lines.Err())
	}
	return &stream{t, lines, cancel}
}

// next reads an event: its name, its id and its data.
func (s *stream) next() (name, id string, data map[string]any) {
	s.t.Helper()
	defer time.AfterFunc(patience, s.giveUp).Stop()
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

func TestFindingsVerdictsAndPeersAreEvents(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	var connected atomic.Pointer[[]diameter.Peer]
	connected.Store(&[]diameter.Peer{})
	s := start(t, seedText, func(o *api.Options) {
		o.Journal, o.Peers = journal, somePeers{&connected}
	})
	live := s.listen(t, "/v1/events?finding=usage*&severity=note")
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	journal.Found(charging.Finding{Rule: "usage-above-grant", Severity: charging.Warning, Exchange: 1})
	journal.Found(charging.Finding{Rule: "usage-above-grant", Severity: charging.Note, Exchange: 1})
	if name, id, _ := live.next(); name != "exchange" || id != "1" {
		t.Errorf("first comes %s %s, want exchange 1", name, id)
	}
	if name, id, data := live.next(); name != "finding" || id != "f2" || data["exchange"] != 1.0 {
		t.Errorf("then comes %s %s %v, want the note", name, id, data)
	}
	resumed := s.listen(t, "/v1/events?events=finding", "Last-Event-ID", "f1")
	if name, id, _ := resumed.next(); name != "finding" || id != "f2" {
		t.Errorf("behind f1 comes %s %s, want f2", name, id)
	}

	verdicts := s.listen(t, "/v1/events?events=verdict")
	s.want(t, 201, "PUT", "/v1/scenarios/late", `{"rules": [{"when": {"type": "update"},
		"times": 1, "pass": true}]}`)
	for _, want := range []string{"pending", "pass"} {
		name, id, data := verdicts.next()
		if name != "verdict" || id != "" || data["scenario"] != "late" || data["verdict"] != want {
			t.Errorf("%s %q %v, want the verdict %s", name, id, data, want)
		}
		s.want(t, 200, "POST", "/v1/charges", charge("update", 1, ""))
	}

	peers := s.listen(t, "/v1/events?events=peer")
	connected.Store(&[]diameter.Peer{{OriginHost: "im1", Address: "10.0.0.9:1"}})
	if name, _, data := peers.next(); name != "peer" || data["state"] != "up" {
		t.Errorf("%s %v, want im1 up", name, data)
	}
	connected.Store(&[]diameter.Peer{})
	if _, _, data := peers.next(); data["state"] != "down" || data["origin_host"] != "im1" {
		t.Errorf("%v, want im1 down", data)
	}
	for _, query := range []string{"events=weather", "severity=bad", "avp=nothing", "sent=maybe"} {
		s.problem(t, 422, "invalid-request", "GET", "/v1/events?"+query, "")
	}
}

// somePeers are connections that a test has.
type somePeers struct {
	list *atomic.Pointer[[]diameter.Peer]
}

func (p somePeers) Peers() []diameter.Peer { return *p.list.Load() }

func (somePeers) Disconnect(context.Context, string, diameter.DisconnectCause) error { return nil }

func (somePeers) Cut(string, charging.Ending) error { return nil }

// One piece of code reads filters, so that each works wherever exchanges are picked.
func TestAFilterThatSaysNothingDeletesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	for _, path := range []string{
		"/v1/exchanges?session=", "/v1/exchanges?before=0", "/v1/exchanges?type=initial&avp=",
		"/v1/exchanges?rating_group=4294967296", "/v1/findings?peer=", "/v1/findings?exchange=0",
	} {
		s.problem(t, 422, "invalid-request", "DELETE", path, "")
	}
	s.want(t, 200, "GET", "/v1/exchanges/1", "")
	s.want(t, 204, "DELETE", "/v1/exchanges?type=initial", "")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/1", "")
}

func TestFiltersAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(seedText, "id: bob", "id: bob\n    tags: [ci]", 1), nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	s.want(t, 200, "POST", "/v1/charges", charge("update", 1, ""))
	s.want(t, 200, "POST", "/v1/charges", `{"session": "b", "type": "initial",
		"subscriber": {"imsi": "001010000000001"}, "conference": "conf1", "origin_host": "im9",
		"services": [{"rating_group": 7, "requested": {}}]}`)
	for _, filter := range []string{
		"tag=ci", "rating_group=7", "conference=conf*", "result=5xxx", "session=b*",
		"origin_host=IM9", "repeat=false&account=bob", "last=1",
		"since=2020-01-01T00:00:00Z&subscriber=bob", "sent=true&rating_group=7",
	} {
		s.want(t, 200, "GET", "/v1/exchanges?"+filter, "").expect(t, 3.0, "items", 0, "seq")
		lines := s.want(t, 200, "GET", "/v1/exchanges.ndjson?"+filter, "").text
		if strings.Count(lines, "\n") != 1 || !strings.Contains(lines, `"seq":3`) {
			t.Errorf("lines of %s are\n%s\nwant exchange 3", filter, lines)
		}
		if strings.HasPrefix(filter, "last") {
			continue
		}
		s.want(t, 200, "GET", "/v1/exchanges/latest?"+filter, "").expect(t, 3.0, "seq")
		if _, id, _ := s.listen(t, "/v1/events?after=0&"+filter).next(); id != "3" {
			t.Errorf("the first event of %s is %s, want 3", filter, id)
		}
	}
	got := s.want(t, 200, "POST", "/v1/exchanges/wait", `{"rating_group": 7, "result": "5xxx",
		"repeat": false, "sent": true, "tag": "ci", "conference": "conf1", "timeout": "0s"}`)
	got.expect(t, 3.0, "items", 0, "seq")
	s.problem(t, 422, "invalid-document", "POST", "/v1/exchanges/wait",
		`{"rating_group": "x", "since": "now", "type": "begin", "avp": ["X"]}`)
	s.problem(t, 422, "invalid-request", "GET", "/v1/exchanges?rating_group=x", "")
	s.want(t, 204, "DELETE", "/v1/exchanges?type=update", "")
	s.want(t, 200, "GET", "/v1/exchanges", "").expect(t, 3.0, "items", 1, "seq")
	s.want(t, 204, "DELETE", "/v1/exchanges", "")
	s.problem(t, 404, "exchange-not-found", "GET", "/v1/exchanges/latest", "")
}

func TestAListenerWhoReadsNothingIsHungUpOn(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.StreamPatience = 50 * time.Millisecond })
	far, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if _, err := io.WriteString(far, "GET /v1/events?after=0&raw=true&trees=true HTTP/1.1\r\n"+
		"Host: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// Far more than any buffer of the system takes; nobody who charges waits.
	long := strings.Repeat("x", 300_000)
	for n := range 60 {
		s.want(t, 200, "POST", "/v1/charges", charge("update", n, `, "destination": "`+long+`"`))
	}
	_ = far.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, far); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the stream goes on: %v", err)
	}
}

func TestWhoStopsReadingHoldsNobodyUpAndIsToldWhatWasMissed(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 3})
	s := start(t, seedText, func(o *api.Options) {
		o.Journal, o.StreamPatience = journal, time.Hour
	})
	stuck := s.listen(t, "/v1/events?raw=true")
	// Far more than any buffer takes: every charge is answered all the same.
	long := strings.Repeat("x", 300_000)
	for n := range 60 {
		s.want(t, 200, "POST", "/v1/charges", charge("update", n, `, "destination": "`+long+`"`))
	}
	for {
		name, id, data := stuck.next()
		if name == "missed" {
			if count, _ := data["count"].(float64); count < 1 {
				t.Errorf("missed %v, want a count", data)
			}
			return
		}
		if id == "60" {
			t.Fatal("all was told, so the listener was never stuck")
		}
	}
}

func TestTheClientFollows(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	enough := errors.New("enough")
	var seen []string
	filter := client.EventFilter{ExchangeFilter: resource.ExchangeFilter{Type: "update"}}
	err := s.Follow(t.Context(), filter, func() {
		for n := range 3 {
			s.want(t, 200, "POST", "/v1/charges", charge([]string{"initial", "update"}[min(n, 1)], n, ""))
		}
	}, func(e *client.Event) error {
		x, err := e.Exchange()
		if err != nil {
			return err
		}
		seen = append(seen, e.ID+x.Type)
		if len(seen) == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || strings.Join(seen, " ") != "2update 3update" {
		t.Errorf("Follow = %v, saw %v; want both updates", err, seen)
	}
	if err := s.Follow(t.Context(), client.EventFilter{Events: []string{"x"}}, nil, nil); err == nil {
		t.Error("following what there is not succeeds")
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

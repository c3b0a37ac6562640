package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/ocf"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const seedText = `plans:
  im:
    currency: EUR
    rules:
      - name: conference
        match: {context: "*32260@3gpp.org", rating_group: 100}
        unit: time
        per: 60s
        price: 0.05 EUR
        participants: {mode: per_extra, base: 2, amount: 0.02 EUR}
        quota: {default: 300s, min: 60s}
      - name: message
        match: {context: "*32260@3gpp.org", rating_group: 200, kind: event}
        unit: events
        price: 0.05 EUR
accounts:
  - id: alice
    plan: im
    subscribers: [{e164: "15550100"}, {sip: "sip:alice@example.com"}]
    balances: [{amount: 10.00 EUR}]
  - id: bob
    plan: im
    subscribers: [{imsi: "001010000000001"}]
    balances: [{amount: 0.10 EUR}]
`

// A simulator is the API over a real ledger and the real charging function.
type simulator struct {
	handler http.Handler
	*client.Client
	url    string
	ledger *accounts.Ledger
	clock  *charging.Clock
	set    *scenarios.Set
	// charger is the charging function itself.
	charger charging.Charger
	death   context.CancelFunc
}

// start begins at noon of the first of March 2026, with the clock stopped.
func start(t testing.TB, seed string, change func(*api.Options)) *simulator {
	t.Helper()
	ctx := context.Background()
	ledger, err := accounts.Open(ctx, accounts.Options{
		Path: filepath.Join(t.TempDir(), "ledger.db"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ledger.Close() })
	doc, err := document.Decode("seed.yaml", []byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := &simulator{
		ledger: ledger,
		clock:  charging.NewClock(charging.ClockState{Stopped: true, At: noon}),
	}
	s.set = scenarios.New(scenarios.Options{Clock: s.clock})
	t.Cleanup(s.set.Close)
	if _, err := ledger.Seed(ctx, noon, doc.Seed()); err != nil {
		t.Fatal(err)
	}
	for _, scenario := range doc.Scenarios {
		s.set.Put(scenario)
	}
	tariffs := rating.NewTariffs()
	options := api.Options{
		Ledger: ledger, Tariffs: tariffs, Scenarios: s.set,
		Journal: scenarios.NewJournal(scenarios.JournalOptions{
			Observed: func(o scenarios.Observation) { s.set.Observe(o.Session, o.Text) },
		}),
		Charger: ocf.New(ledger, tariffs, s.set, ocf.Options{}),
		Clock:   s.clock, Seed: doc, Version: "1.2.3",
	}
	s.charger = options.Charger
	options.Sandboxes = noRoom{}
	if change != nil {
		change(&options)
	}
	options.Recorder = s.set.Watch(options.Journal)
	if options.Summons != nil {
		options.Recorder = options.Summons.Watch(options.Recorder)
	}
	s.handler = api.New(options)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.Client = client.New(server.URL, client.Options{Token: options.Token})
	return s
}

// A reply is what came back, with its body decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// ask sends a request as it is.
func (s *simulator) ask(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(
		t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	got := reply{status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &got.body) // not every answer is JSON
	return got
}

// want asks and fails unless the status is as wanted.
func (s *simulator) want(t testing.TB, status int, method, path, body string) reply {
	t.Helper()
	got := s.ask(t, method, path, body)
	if got.status != status {
		t.Fatalf("%s %s = %d, want %d: %s", method, path, got.status, status, got.text)
	}
	return got
}

// problem asks and fails unless the answer is a problem with this status and code.
func (s *simulator) problem(t testing.TB, status int, code, method, path, body string) reply {
	t.Helper()
	got := s.want(t, status, method, path, body)
	if got.body["code"] != code {
		t.Fatalf("%s %s has code %v, want %s: %s", method, path, got.body["code"], code, got.text)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s has content type %s, want application/problem+json", method, path, kind)
	}
	if got.body["type"] != "/problems/"+code || got.body["status"] != float64(status) ||
		got.body["title"] == "" {
		t.Errorf("%s %s is no complete problem: %s", method, path, got.text)
	}
	return got
}

// field digs a value out of decoded JSON; numbers pick from lists.
func field(t testing.TB, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				t.Fatalf("%v has no item %d", value, step)
			}
			value = list[step]
		}
	}
	return value
}

// expect compares a value dug out of a reply.
func (r reply) expect(t testing.TB, want any, path ...any) {
	t.Helper()
	if got := field(t, any(r.body), path...); got != want {
		t.Errorf("%v = %v, want %v in %s", path, got, want, r.text)
	}
}

// noRoom has no sandboxes of its own: how they start is for the package that puts rooms together.
type noRoom struct{}

func (noRoom) Create(_ context.Context, o api.SandboxOrder) (api.Sandbox, error) {
	return api.Sandbox{Name: o.Name, Tags: o.Tags, Expires: time.Now().Add(o.TTL)}, nil
}

func (noRoom) Sandbox(name string) (api.Sandbox, error) {
	return api.Sandbox{}, charging.Errorf(charging.KindSandboxNotFound, "no sandbox %q", name)
}
func (noRoom) List() []api.Sandbox { return nil }
func (noRoom) Delete(_ context.Context, name string) error {
	return charging.Errorf(charging.KindSandboxNotFound, "no sandbox %q", name)
}

package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func TestObservationsAreKeptAndShown(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	events := s.listen(t, "/v1/events?door=observation")
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	seen := s.want(t, 201, "POST", "/v1/observations",
		`{"session": "im;1", "text": "200 OK", "at": "2026-03-01T12:00:00Z"}`)
	seen.expect(t, float64(2), "seq")
	seen.expect(t, "2026-03-01T12:00:00Z", "at")
	if _, err := s.Observe(t.Context(), "", "BYE"); err != nil {
		t.Fatal(err)
	}
	s.want(t, 200, "GET", "/v1/observations?session=im;1", "").expect(t, "200 OK", "items", 0, "text")
	list, err := s.Observations(t.Context(), "", client.Page{})
	if err != nil || len(list.Items) != 2 || list.Items[1].Text != "BYE" {
		t.Errorf("Observations = %+v, %v", list, err)
	}
	both := s.want(t, 200, "GET", "/v1/exchanges?session=im;1", "")
	both.expect(t, "rest", "items", 0, "door")
	both.expect(t, "observation", "items", 1, "door")
	line := s.want(t, 200, "GET", "/v1/exchanges.ndjson?door=observation&text=b*", "").text
	if !strings.HasPrefix(line, `{"seq":3,`) || strings.Count(line, "\n") != 1 {
		t.Errorf("lines = %s, want number 3 alone", line)
	}
	if _, id, event := events.next(); id != "2" || event["text"] != "200 OK" {
		t.Errorf("event %s = %v, want the observation", id, event)
	}
	for _, body := range []string{
		`{}`, `{"text": " "}`, `{"text": "x", "colour": "red"}`, `{"text": "x", "at": "noon"}`,
		`{"text": "` + strings.Repeat("x", scenarios.MaxObservation+1) + `"}`,
	} {
		s.problem(t, 422, "invalid-document", "POST", "/v1/observations", body)
	}
}

func TestExchangesByAnything(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for n, kind := range []string{"initial", "update", "update", "termination"} {
		s.want(t, 200, "POST", "/v1/charges", charge(kind, n, `, "origin_host": "im.example.com"`))
	}
	for query, want := range map[string]int{
		"number=1..2": 2, "number=3": 1, "origin_host=im*": 4, "origin_host=ims": 0,
		"message=CCR": 4, "message=RAR": 0, "peer=im.example.*": 4, "rule=*": 4, "rule=x*": 0,
		"since=2026-01-01T00:00:00Z": 4, "until=2026-01-01T00:00:00Z": 0,
	} {
		list := s.want(t, 200, "GET", "/v1/exchanges?"+query, "").body["items"].([]any)
		if len(list) != want {
			t.Errorf("?%s gives %d exchanges, want %d", query, len(list), want)
		}
	}
	for _, query := range []string{"number=some", "since=noon", "until=2026-01-01"} {
		for _, path := range []string{"/v1/exchanges", "/v1/exchanges.ndjson", "/v1/events"} {
			if got := s.ask(t, "GET", path+"?"+query, ""); got.status/100 != 4 {
				t.Errorf("%s?%s = %d, want a problem", path, query, got.status)
			}
		}
	}
}

func TestWaitingByAnything(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, `, "origin_host": "im.example.com"`))
	s.want(t, 201, "POST", "/v1/observations", `{"text": "BYE"}`)
	for body, want := range map[string]float64{
		`{"number": 0, "message": "CCR", "origin_host": "im.*", "peer": "im.*", "rule": "*"}`: 1,
		`{"door": "observation", "text": "b*"}`:                                               2,
	} {
		s.want(t, 200, "POST", "/v1/exchanges/wait", body).expect(t, want, "items", 0, "seq")
	}
	s.want(t, 200, "POST", "/v1/exchanges/wait", `{"number": "1..", "timeout": "0s"}`).
		expect(t, false, "satisfied")
}

func TestVerifyingOverREST(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0,
		`, "participants": 3, "services": [{"rating_group": 100, "requested": {}}]`))
	s.want(t, 200, "POST", "/v1/charges", charge("update", 1,
		`, "participants": 4, "services": [{"rating_group": 100, "requested": {},
			"used": [{"time": "60s"}]}]`))
	s.want(t, 201, "POST", "/v1/observations", `{"session": "im;1", "text": "200 OK"}`)
	got := s.want(t, 200, "POST", "/v1/verifications", `{"order": [
		{"type": "update", "participants": 4}, {"type": "update", "granted": "300s"},
		{"observation": "200 OK"}]}`)
	got.expect(t, true, "satisfied")
	got.expect(t, float64(3), "found", 2)
	missed := s.want(t, 200, "POST", "/v1/verifications",
		`{"name": "join", "match": {"type": "update", "used": "90s"}, "within": "10ms"}`)
	missed.expect(t, false, "satisfied")
	missed.expect(t, "join", "name")
	missed.expect(t, float64(2), "near_misses", 0, "seq")
	for key, want := range map[string]string{
		"key": "used", "avp": "Multiple-Services-Credit-Control.Used-Service-Unit",
		"want": "90s", "seen": "60s",
	} {
		missed.expect(t, want, "near_misses", 0, "misses", 0, key)
	}
	all := s.want(t, 200, "POST", "/v1/verifications",
		"- {match: {type: initial}, count: 1}\n- {match: {type: event}}\n")
	all.expect(t, false, "satisfied")
	all.expect(t, "1 of 2 do not hold", "reason")
	all.expect(t, true, "items", 0, "satisfied")
	all.expect(t, false, "items", 1, "satisfied")
	wrong := s.problem(t, 422, "invalid-document", "POST", "/v1/verifications",
		`[{"match": {"type": "updated"}}]`)
	wrong.expect(t, "body[0].match.type", "errors", 0, "location")

	report, err := s.Verify(t.Context(), []byte(`match: {type: initial, door: rest}`))
	if err != nil || !report.Satisfied {
		t.Errorf("Verify = %+v, %v", report, err)
	}
	var problem *resource.Problem
	if _, err := s.Verify(t.Context(), nil); !errors.As(err, &problem) {
		t.Errorf("Verify of nothing = %v, want a problem", err)
	}
}

func TestAVerificationThatWaitsIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Token = "" })
	waited := make(chan reply, 1)
	go func() {
		waited <- s.ask(t, "POST", "/v1/verifications", `{"match": {"type": "update"}, "within": "40s"}`)
	}()
	s.want(t, 200, "POST", "/v1/charges", charge("initial", 0, ""))
	s.want(t, 200, "POST", "/v1/charges", charge("update", 1, ""))
	got := <-waited
	got.expect(t, true, "satisfied")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Verify(ctx, []byte(`match: {}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v, want %v", err, context.Canceled)
	}
}

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// agreeable is a register whose clients all answer with one result; 0: not at all.
func agreeable(t testing.TB, result charging.Result) *summons.Register {
	t.Helper()
	register, _ := listening(t, result)
	return register
}

// listening is agreeable that tells what was sent.
func listening(t testing.TB, result charging.Result) (*summons.Register, *letters) {
	t.Helper()
	sent := &letters{}
	register := summons.New(summons.Options{
		Wait: patience,
		Send: func(ctx context.Context, s *charging.Summons, began func(int64)) (
			charging.Result, error,
		) {
			sent.add(*s)
			began(0)
			if result == 0 {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return result, nil
		},
	})
	t.Cleanup(register.Close)
	return register, sent
}

// patience bounds what tests wait for.
const patience = 30 * time.Second

// letters are what was sent to clients.
type letters struct {
	mu   sync.Mutex
	sent []charging.Summons
}

func (l *letters) add(s charging.Summons) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, s)
}

// lines are the summonses sent, once there are so many of them.
func (l *letters) lines(t testing.TB, count int) []string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		l.mu.Lock()
		lines := []string{}
		for _, s := range l.sent {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s",
				s.Kind, s.Session.ID, s.Origin.Host, s.Scope)))
		}
		l.mu.Unlock()
		if len(lines) >= count {
			return lines
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q were sent, want %d", lines, count)
		}
	}
}

// open opens a session over REST in the name of a Diameter client.
func (s *simulator) open(t testing.TB, session, subscriber, host string) {
	t.Helper()
	got := s.want(t, http.StatusOK, "POST", "/v1/charges", fmt.Sprintf(`{
		"session": %q, "type": "initial", "subscriber": %q, "origin_host": %q,
		"origin_realm": "example.com", "services": [{"rating_group": 100, "requested": {}}]}`,
		session, subscriber, host))
	if got.body["result"] != 2001.0 {
		t.Fatalf("session %s is not opened: %s", session, got.text)
	}
}

func TestASummonsOverREST(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Summons = agreeable(t, 2002) })
	s.open(t, "im.example.com;1;a/b%2F c", "15550100", "im.example.com")
	const path = "/v1/sessions/im.example.com;1;a%2Fb%252F%20c/reauthorizations"

	got := s.want(t, http.StatusOK, "POST", path+"?wait=5s", `{"rating_group": 100}`)
	location := got.header.Get("Location")
	if got.body["state"] != "answered" || got.body["result"] != 2002.0 ||
		got.body["peer"] != "im.example.com" || got.body["cause"] != "request" {
		t.Errorf("the answer is %s, want 2002 of im.example.com", got.text)
	}
	if scope := fmt.Sprint(got.body["scope"]); scope != "map[rating_group:100]" {
		t.Errorf("scope = %s, want rating group 100", scope)
	}
	s.want(t, http.StatusOK, "POST", "/v1/charges", `{"session": "im.example.com;1;a/b%2F c",
		"type": "update", "number": 1, "services": [{"rating_group": 100, "requested": {}}]}`)
	got = s.want(t, http.StatusOK, "GET", location, "")
	follower, _ := got.body["followed_by"].(map[string]any)
	if got.body["state"] != "followed" || follower["number"] != 1.0 ||
		follower["type"] != "update" || follower["result"] != 2001.0 {
		t.Errorf("%s = %s, want it followed by update 1", location, got.text)
	}
	list := s.want(t, http.StatusOK, "GET", path, "")
	if items, _ := list.body["items"].([]any); len(items) != 1 {
		t.Errorf("%d re-authorizations are listed, want 1", len(items))
	}
	s.problem(t, 404, "summons-not-found", "GET", path+"/99", "")
}

func TestASummonsIsSentWithoutWaiting(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, func(o *api.Options) { o.Summons = agreeable(t, 0) })
	s.open(t, "s", "15550100", "im.example.com")
	for _, query := range []string{"", "?wait=1ms", "?follow=1ms", "?wait=0"} {
		got := s.want(t, http.StatusAccepted, "POST", "/v1/sessions/s/aborts"+query, "")
		if got.body["state"] != "sent" || got.body["kind"] != "abort" {
			t.Errorf("POST%s = %s, want an abort that is sent", query, got.text)
		}
	}
}

func TestASummonsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.open(t, "rest", "15550100", "")
	s.open(t, "gone", "15550100", "im.example.com")
	s.open(t, "over", "15550100", "im.example.com")
	s.want(t, http.StatusOK, "POST", "/v1/charges",
		`{"session": "over", "type": "termination", "number": 1}`)
	for _, one := range []struct {
		session, query, body string
		status               int
		code                 string
	}{
		{"nobody", "", "{}", 404, "session-not-found"},
		{"rest", "", "{}", 409, "no-peer"},
		{"gone", "", "{}", 404, "peer-not-found"},
		{"over", "", "{}", 409, "session-closed"},
		{"gone", "?wait=soon", "{}", 422, "invalid-request"},
		{"gone", "?follow=-1s", "{}", 422, "invalid-request"},
		{"gone", "", `{"rating-group": 1}`, 422, "invalid-document"},
		{"gone", "", `[`, 422, "invalid-document"},
		{"gone", "?sub_session=3", "{}", 404, "session-not-found"},
	} {
		for _, kind := range []string{"reauthorizations", "aborts"} {
			s.problem(t, one.status, one.code, "POST",
				"/v1/sessions/"+one.session+"/"+kind+one.query, one.body)
		}
	}
	s.problem(t, 404, "session-not-found", "GET", "/v1/sessions/nobody/aborts", "")
	s.problem(t, 404, "peer-not-found", "DELETE", "/v1/peers/im.example.com", "")
	s.problem(t, 422, "invalid-request", "DELETE", "/v1/peers/im.example.com?cause=bored", "")
}

func TestOccasionsOnWhichClientsAreSummoned(t *testing.T) {
	t.Parallel()
	const poor = `{"plan": "im", "subscribers": [{"imsi": "001010000000001"}], "balances": [
		{"amount": "%s EUR"}]%s}`
	all := api.Occasions{TopUp: true, TariffChange: true, Barring: true, Deletion: true}
	for name, one := range map[string]struct {
		occasions          api.Occasions
		method, path, body string
		want               []string
	}{
		"a top-up asks sessions with their last units": {
			all, "POST", "/v1/accounts/bob/credits", `{"amount": "1.00 EUR"}`,
			[]string{"reauthorization poor im.example.com"},
		},
		"so does a larger amount": {
			all, "PUT", "/v1/accounts/bob", fmt.Sprintf(poor, "5.00", ""),
			[]string{"reauthorization poor im.example.com"},
		},
		"a smaller one does not": {
			all, "PUT", "/v1/accounts/bob", fmt.Sprintf(poor, "0.10", ""), nil,
		},
		"a top-up asks nobody where that is not wanted": {
			api.Occasions{}, "POST", "/v1/accounts/bob/credits", `{"amount": "1.00 EUR"}`, nil,
		},
		"who has units enough is not asked": {
			all, "POST", "/v1/accounts/alice/credits", `{"amount": "1.00 EUR"}`, nil,
		},
		"a new version of the plan asks all sessions with grants": {
			all, "PUT", "/v1/plans/im", `{"currency": "EUR", "rules": [{"name": "all",
				"unit": "time", "per": "60s", "price": "0.01 EUR", "quota": {"default": "60s"}}]}`,
			[]string{
				"reauthorization one im.example.com", "reauthorization poor im.example.com",
				"reauthorization two im.example.com",
			},
		},
		"a barred account ends its sessions": {
			all, "PUT", "/v1/accounts/bob", fmt.Sprintf(poor, "0.10", `, "status": "barred"`),
			[]string{"abort poor im.example.com"},
		},
		"a deleted one, too": {
			all, "DELETE", "/v1/accounts/bob?force=true", "",
			[]string{"abort poor im.example.com"},
		},
		"not those whose client is not to be told": {
			all, "PUT", "/v1/accounts/alice", `{"plan": "im", "status": "barred"}`,
			[]string{"abort one im.example.com", "abort two im.example.com"},
		},
		"not unless wanted": {
			api.Occasions{TopUp: true}, "DELETE", "/v1/accounts/bob?force=true", "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			register, sent := listening(t, 2002)
			s := start(t, seedText, func(o *api.Options) {
				o.Summons, o.Occasions, o.Settings = register, one.occasions, shyBook()
			})
			s.open(t, "shy", "15550100", "shy.example.com")
			s.open(t, "one", "15550100", "im.example.com")
			s.open(t, "two", "15550100", "im.example.com")
			s.open(t, "poor", "bob", "im.example.com")
			s.open(t, "rest", "15550100", "")
			if got := s.ask(t, one.method, one.path, one.body); got.status >= 300 {
				t.Fatalf("%s %s = %d: %s", one.method, one.path, got.status, got.text)
			}
			// What is asked for comes after all that was to be sent before.
			marker := charging.Summons{Session: charging.SessionID{ID: "~"}}
			register.Later("", "", func(_ context.Context, issue func(charging.Summons)) error {
				issue(marker)
				return nil
			})
			want := append([]string{}, one.want...)
			got := sent.lines(t, len(want)+1)
			if diff := cmp.Diff(append(want, "reauthorization ~"), sorted(got)); diff != "" {
				t.Errorf("summonses (-want +got):\n%s", diff)
			}
		})
	}
}

// shyBook has settings by which one client is never asked.
func shyBook() *charging.SettingsBook {
	book := &charging.SettingsBook{}
	book.Set(nil, []charging.ClientSettings{{
		OriginHost: "shy.*", Settings: charging.Settings{
			ReauthorizeOn: charging.OnNothing, AbortOn: charging.OnNothing,
		},
	}})
	return book
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}

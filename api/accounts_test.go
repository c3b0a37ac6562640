package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnAccountIsPutShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	body := `{"plan": "im", "subscribers": [{"e164": "+15550199"}], "tags": ["vip"],
		"balances": [{"amount": "12.50 EUR", "credit_limit": "1 EUR", "rating_groups": [100]},
			{"id": "free", "amount": "3 events", "priority": -1,
			"valid_until": "2027-01-01T00:00:00Z"}]}`
	got := s.want(t, 201, "PUT", "/v1/accounts/carol", body)
	got.expect(t, "carol", "id")
	got.expect(t, "active", "status")
	got.expect(t, "im", "plan")
	got.expect(t, "free", "balances", 0, "id")
	got.expect(t, "3 events", "balances", 0, "amount")
	got.expect(t, "2027-01-01T00:00:00Z", "balances", 0, "valid_until")
	got.expect(t, "main", "balances", 1, "id")
	got.expect(t, "12.50 EUR", "balances", 1, "amount")
	got.expect(t, "0.00 EUR", "balances", 1, "reserved")
	got.expect(t, "13.50 EUR", "balances", 1, "available")
	got.expect(t, "1.00 EUR", "balances", 1, "credit_limit")
	got.expect(t, float64(100), "balances", 1, "rating_groups", 0)
	got.expect(t, "vip", "tags", 0)

	shown := s.want(t, 200, "GET", "/v1/accounts/carol", "")
	if shown.text != got.text {
		t.Errorf("GET = %s, want what PUT answered: %s", shown.text, got.text)
	}
	again := s.want(t, 200, "PUT", "/v1/accounts/carol", shown.text)
	if again.text != got.text {
		t.Errorf("PUT of what GET shows = %s, want %s", again.text, got.text)
	}
	s.want(t, 200, "PUT", "/v1/accounts/carol",
		"plan: im\nstatus: barred\nbalances: [{amount: 10 EUR}]").
		expect(t, "10.00 EUR", "balances", 1, "amount")
	postings := s.want(t, 200, "GET", "/v1/accounts/carol/postings", "")
	postings.expect(t, "-2.50 EUR", "items", 2, "amount")
	postings.expect(t, "adjustment", "items", 2, "against")
	s.want(t, 204, "DELETE", "/v1/accounts/carol", "")
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/carol", "")
	s.problem(t, 404, "account-not-found", "DELETE", "/v1/accounts/carol", "")
}

func TestAccountFaultsComeAllAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	body := `{
  "id": "dora",
  "plan": "imm",
  "status": "dead",
  "balnces": [],
  "subscribers": [{"e164": "bob"}],
  "balances": [{"amount": "10"}]
}`
	got := s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/carol", body)
	wants := []struct{ place, message string }{
		{
			"body.id 2:9",
			`id is "dora" here and "carol" in the path; leave one out or make them the same`,
		},
		{"body.plan 3:11", `no plan "imm"; did you mean "im"?`},
		{"body.status 4:13", `"dead" is no status; use active, barred or expired`},
		{"body.balnces 5:3", `unknown key "balnces"; did you mean "balances"?`},
		{"body.subscribers[0].e164 6:28", `an E.164 number has digits only, as in "15550100"`},
		{
			"body.balances[0].amount 7:27",
			`"10" has no unit; write it like 12.50 EUR, 10 MiB, 1h5m30s or 3 events`,
		},
	}
	errors, _ := got.body["errors"].([]any)
	if len(errors) != len(wants) {
		t.Fatalf("%d errors, want %d: %s", len(errors), len(wants), got.text)
	}
	for i, want := range wants {
		one, _ := errors[i].(map[string]any)
		place := fmt.Sprintf("%v %v:%v", one["location"], one["line"], one["column"])
		if place != want.place || one["message"] != want.message {
			t.Errorf("error %d = %s %v\nwant %s %s", i, place, one["message"], want.place,
				want.message)
		}
	}
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/carol", "")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/carol",
		`{"subscribers": [{"e164": "15550100"}]}`)
	s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/a-{n}", `{"count": 3}`)
	s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/a", ``)
	s.problem(t, 422, "unit-mismatch", "PUT", "/v1/accounts/alice",
		`{"plan": "im", "balances": [{"amount": "1 USD"}]}`)
}

func TestCreditsAndDebits(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	path := "/v1/accounts/alice"
	s.want(t, 200, "POST", path+"/credits", `{"amount": "1.00 EUR", "reference": "voucher 7"}`).
		expect(t, "11.00 EUR", "balances", 0, "amount")
	s.want(t, 200, "POST", path+"/debits", "amount: 11.00 EUR\nbalance: main\n").
		expect(t, "0.00 EUR", "balances", 0, "available")
	got := s.problem(t, 409, "insufficient-credit", "POST", path+"/debits",
		`{"amount": "0.000001 EUR"}`)
	if got.body["hint"] == nil {
		t.Errorf("no hint in %s", got.text)
	}
	s.problem(t, 422, "unit-mismatch", "POST", path+"/credits", `{"amount": "1 event"}`)
	s.problem(t, 404, "account-not-found", "POST", "/v1/accounts/nobody/credits",
		`{"amount": "1 EUR"}`)
	for _, body := range []string{
		`{}`, `{"amount": "0 EUR"}`, `{"amount": "-1 EUR"}`,
		`{"amount": "1"}`, `{"amout": "1 EUR"}`, ``,
	} {
		s.problem(t, 422, "invalid-document", "POST", path+"/credits", body)
	}
	postings := s.want(t, 200, "GET", path+"/postings?limit=2", "")
	postings.expect(t, "voucher 7", "items", 1, "reference")
	next, _ := postings.body["next"].(string)
	rest := s.want(t, 200, "GET", path+"/postings?after="+next, "")
	rest.expect(t, "-11.00 EUR", "items", 0, "amount")
	rest.expect(t, "", "next")
}

func TestListsPage(t *testing.T) {
	t.Parallel()
	s := start(t, `accounts: [{id: "load-{n:03}", count: 25, balances: [{amount: 1 EUR}]}]`, nil)
	var ids []string
	for after, pages := "", 0; ; pages++ {
		got := s.want(t, 200, "GET", "/v1/accounts?limit=10&after="+after, "")
		items, _ := got.body["items"].([]any)
		for _, item := range items {
			ids = append(ids, fmt.Sprint(field(t, item, "id")))
		}
		if after, _ = got.body["next"].(string); after == "" {
			if pages != 2 {
				t.Errorf("%d pages, want 3", pages+1)
			}
			break
		}
	}
	if len(ids) != 25 || ids[0] != "load-000" || ids[24] != "load-024" {
		t.Errorf("accounts %v, want load-000 to load-024", ids)
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "foo=1"} {
		got := s.problem(t, 422, "invalid-request", "GET", "/v1/accounts?"+query, "")
		location := fmt.Sprint(field(t, any(got.body), "errors", 0, "location"))
		if !strings.HasPrefix(location, "query.") {
			t.Errorf("location of %s is %s, want query....", query, location)
		}
	}
}

func TestASubscriberOfAnotherAccountIsNotTaken(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	for _, request := range [][2]string{
		{"/v1/accounts/mallory", "subscribers: [{e164: +15550100}]"},
		{"/v1/seed", "accounts: [{id: mallory, subscribers: [{sip: \"sip:alice@example.com;x\"}]}]"},
	} {
		got := s.problem(t, 422, "invalid-document", "PUT", request[0], request[1])
		if detail := fmt.Sprint(got.body["detail"]); !strings.Contains(detail, "alice") {
			t.Errorf("PUT %s does not say whose it is: %s", request[0], got.text)
		}
	}
	placed := s.problem(t, 422, "invalid-document", "PUT", "/v1/accounts/mallory",
		"subscribers:\n- {e164: \"1\"}\n- {e164: +15550100}\n- {imsi: \"001010000000001\"}\n")
	placed.expect(t, "body.subscribers[1]", "errors", 0, "location")
	placed.expect(t, float64(3), "errors", 0, "line")
	placed.expect(t, "body.subscribers[2]", "errors", 1, "location")
	s.problem(t, 404, "account-not-found", "GET", "/v1/accounts/mallory", "")
}

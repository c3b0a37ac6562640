package api_test

import (
	"strings"
	"testing"
)

// An account that is barred while its sessions are open is refused at its next update: what was
// used is debited, the rest released, the session over (TS 32.299 section 7.1.11, RFC 8506 section
// 9.1). A termination is not refused, since it asks for nothing.
func TestAnAccountIsBarredInTheMiddleOfItsSessions(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	in := func(session, kind string, number int, service string) reply {
		body := charge(kind, number, `, "services": [{"rating_group": 100`+service+`}]`)
		body = strings.Replace(body, "im;1", session, 1)
		return s.want(t, 200, "POST", "/v1/charges", body)
	}
	stand := func(from, to string) {
		body := s.want(t, 200, "GET", "/v1/accounts/alice", "").text
		s.want(t, 200, "PUT", "/v1/accounts/alice", strings.Replace(body, from, to, 1))
	}
	for _, status := range []string{"barred", "expired"} {
		updated, ended, later := status+";updated", status+";ended", status+";later"
		in(updated, "initial", 0, `, "requested": {"time": "60s"}`)
		in(ended, "initial", 0, `, "requested": {"time": "60s"}`)
		stand(`"active"`, `"`+status+`"`)
		refused := in(updated, "update", 1, `, "used": [{"time": "60s"}], "requested": {}`)
		refused.expect(t, float64(4010), "result")
		s.want(t, 200, "GET", "/v1/sessions/"+updated, "").expect(t, false, "open")
		in(updated, "update", 2, `, "requested": {}`).expect(t, float64(5002), "result")
		last := in(ended, "termination", 1, `, "used": [{"time": "60s"}]`)
		last.expect(t, float64(2001), "result")
		in(later, "initial", 0, `, "requested": {}`).expect(t, float64(4010), "result")
		stand(`"`+status+`"`, `"active"`)
		in(later, "initial", 1, `, "requested": {"time": "60s"}`).expect(t, float64(2001), "result")
		in(later, "termination", 2, "").expect(t, float64(2001), "result")
	}
	// Four minutes of 0.05 EUR were used, and nothing is held.
	account := s.want(t, 200, "GET", "/v1/accounts/alice", "")
	account.expect(t, "9.80 EUR", "balances", 0, "amount")
	account.expect(t, "0.00 EUR", "balances", 0, "reserved")
}

//go:build interop

package ocssim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// kamailioSeed has an account for each call. Grants are short, so that calls outlive some: Kamailio
// asks for the next two seconds before the end of one, give or take one second. Calls are granted
// and refused without hurry: Kamailio sends the CCR first, and only then prepares to hear of the
// call's confirmation and end; an answer that is faster than that leaves the call uncharged.
const kamailioSeed = `
clients: [{origin_host: "scscf.*", profile: kamailio, rar_wait: 1s}]
plans:
  short:
    currency: EUR
    rules:
      - {name: voice, match: {context: "*32260@3gpp.org", rating_group: 100}, unit: time, per: 1s,
         price: 0.01 EUR, quota: {default: 4s, max: 4s}}
  long:
    currency: EUR
    rules:
      - {name: voice, match: {context: "*32260@3gpp.org", rating_group: 100}, unit: time, per: 1s,
         price: 0.01 EUR, quota: {default: 7s, max: 7s}}
accounts:
  - {id: rich, plan: short, subscribers: [{e164: "15550100"}], balances: [{amount: 10.00 EUR}]}
  - {id: asked, plan: short, subscribers: [{e164: "15550101"}], balances: [{amount: 10.00 EUR}]}
  - {id: poor, plan: short, subscribers: [{e164: "15550102"}], balances: [{amount: 0.02 EUR}]}
  - {id: modest, plan: short, subscribers: [{sip: "sip:m@example.net"}],
     balances: [{amount: 0.045 EUR}]}
  - {id: empty, plan: short, subscribers: [{e164: "15550103"}], balances: [{amount: 0.00 EUR}]}
  - {id: refused, plan: short, subscribers: [{e164: "15550104"}], balances: [{amount: 10.00 EUR}]}
  - {id: unserved, plan: short, subscribers: [{e164: "15550105"}], balances: [{amount: 10.00 EUR}]}
  - {id: cut, plan: short, subscribers: [{e164: "15550106"}], balances: [{amount: 10.00 EUR}]}
  - {id: uncut, plan: long, subscribers: [{e164: "15550107"}], balances: [{amount: 10.00 EUR}]}
scenarios:
  - {name: unhurried, priority: 10, rules: [{when: {type: initial}, fault: {delay: 200ms}}]}
  - {name: refused, subscriber: "15550104", rules: [{when: {type: initial},
      answer: {result: 4012, level: command}, fault: {delay: 200ms}}]}
  - {name: unserved, subscriber: "15550105", rules: [{when: {type: initial},
      answer: {result: 4012, level: mscc}, fault: {delay: 200ms}}]}
  - {name: cut, subscriber: "15550106", rules: [
      {when: {type: update}, answer: {result: 4012, level: command, ledger: settle}}]}
  - {name: uncut, subscriber: "15550107", rules: [
      {when: {type: update}, answer: {result: 4012, level: mscc, ledger: settle}}]}
`

const kamailioTimers = "\nmodparam(\"ims_charging\", \"timer_buffer\", 2)\n"

// A chargedCall is one that Kamailio asks the server about.
type chargedCall struct {
	account string // empty: nobody has one
	payer   string // as the proxy is told
	money   string // what the account has at first
	talk    func(t *testing.T, k *kamailio, c *heardCall)
	course  []string // of its exchanges
}

// A heardCall is one that was put through, and its two ends.
type heardCall struct {
	*sipCall
	callee  *phone
	session charging.SessionID
}

func chargedCalls() []chargedCall {
	grant, ask, end := "initial 0: 2001, 4s", "update %d: 2001, 4s", "termination %d: 2001"
	hungUp := []string{grant, fmt.Sprintf(ask, 1), fmt.Sprintf(ask, 2), fmt.Sprintf(end, 3)}
	none := []string{"initial 0: 4012", "termination 1: 5002"}
	return []chargedCall{
		// The longest first: refused in the service alone, it goes on for another grant.
		{"uncut", "tel:+15550107", "10.00 EUR", awaitEnd, []string{
			"initial 0: 2001, 7s", "update 1: 2001, 4012", "termination 2: 2001",
		}},
		{"rich", "tel:+15550100", "10.00 EUR", hangUp, hungUp},
		{"asked", "tel:+15550101", "10.00 EUR", summonAndHangUp, hungUp},
		{"poor", "tel:+15550102", "0.02 EUR", awaitEnd, []string{
			"initial 0: 2001, final", "termination 1: 2001",
		}},
		{"modest", "sip:m@example.net", "0.045 EUR", awaitEnd, []string{
			grant, "update 1: 2001, final", "termination 2: 2001",
		}},
		{"empty", "tel:+15550103", "0.00 EUR", nil, none},
		{"", "tel:+15559999", "", nil, []string{"initial 0: 5030", "termination 1: 5002"}},
		{"refused", "tel:+15550104", "10.00 EUR", nil, none},
		{"unserved", "tel:+15550105", "10.00 EUR", nil, []string{
			"initial 0: 2001, 4012", "termination 1: 2001",
		}},
		// The session is closed, and what Kamailio uses up is debited all the same.
		{"cut", "tel:+15550106", "10.00 EUR", awaitEnd, []string{
			grant, "update 1: 4012", "termination 2: 2001",
		}},
	}
}

// hangUp talks until the second new grant. Kamailio must have read that: it takes the end of a call
// badly while it waits for an answer. It reads answers one by one, so it has where it acts on a
// later one, of a call that is refused.
func hangUp(t *testing.T, k *kamailio, c *heardCall) {
	t.Helper()
	k.await(t, resource.ExchangeFilter{Session: c.session.ID, Type: "update"}, 2)
	newPhone(t).invite(k.sip, "later-than-"+c.id, "tel:+15559998", c.callee.address())
	c.hangUp(c.callee)
}

// awaitEnd talks until Kamailio ends the call. It does so at both ends only as long as neither has
// agreed.
func awaitEnd(t *testing.T, _ *kamailio, c *heardCall) {
	t.Helper()
	ends := []*phone{c.phone, c.callee}
	byes := []sipMessage{c.await("BYE"), c.callee.await("BYE")}
	for i, bye := range byes {
		if reason := bye.value("Reason"); reason != "outofcredit" {
			t.Errorf("the reason of %q is %q, want outofcredit", bye.first, reason)
		}
		ends[i].accept(bye)
	}
}

// summonAndHangUp has the server ask in between. Kamailio answers neither RAR nor ASR and talks on.
func summonAndHangUp(t *testing.T, k *kamailio, c *heardCall) {
	t.Helper()
	for _, kind := range []charging.SummonsKind{charging.Reauthorization, charging.Abortion} {
		said, err := k.api.Summon(t.Context(), &charging.Summons{Kind: kind, Session: c.session},
			client.Patience{Answer: patience})
		if err != nil || said.State != "unanswered" {
			t.Errorf("the %s is %+v, %v; want it unanswered", kind, said, err)
		}
	}
	hangUp(t, k, c)
}

// play makes the call, and looks at what the server has of it.
func (w chargedCall) play(t *testing.T, k *kamailio) {
	t.Helper()
	callee := newPhone(t)
	c, answer := newPhone(t).invite(k.sip, "call-of-"+w.account, w.payer, callee.address())
	first := k.await(t, resource.ExchangeFilter{
		Subscriber: strings.TrimPrefix(w.payer, "tel:"), Type: "initial",
	}, 1)[0]
	session := charging.SessionID{ID: first.Session}
	want := "402"
	if w.talk != nil {
		want = "200"
		callee.await("INVITE")
		callee.await("ACK")
		w.talk(t, k, &heardCall{c, callee, session})
	}
	if answer.word() != want {
		t.Errorf("the caller hears %s, want %s", answer.first, want)
	}
	k.await(t, resource.ExchangeFilter{Session: session.ID, Type: "termination"}, 1)
	if w.talk == nil && len(callee.heard) > 0 {
		t.Errorf("the callee hears %q of a call that is refused", (<-callee.heard).first)
	}
	exchanges := k.exchanges(t, resource.ExchangeFilter{Session: session.ID, Message: "CCR"})
	w.wantCourse(t, exchanges)
	if w.account != "" {
		w.wantMoney(t, k, exchanges)
	}
}

func (w chargedCall) wantCourse(t *testing.T, exchanges []scenarios.Exchange) {
	t.Helper()
	var course []string
	for _, x := range exchanges {
		course = append(course, courseOf(x))
	}
	if diff := cmp.Diff(w.course, course); diff != "" {
		t.Errorf("the exchanges (-want +got):\n%s", diff)
	}
}

// courseOf sums an exchange up: which request, and what the answer said.
func courseOf(x scenarios.Exchange) string {
	said := fmt.Sprintf("%s %d: %d", x.Type, *x.Number, x.Result)
	for _, s := range x.Services {
		switch {
		case s.Final != nil:
			said += ", final"
		case len(s.Granted) > 0:
			said += ", " + s.Granted[0].String()
		case s.Result != 0 && s.Result != x.Result:
			said += fmt.Sprintf(", %d", s.Result)
		}
	}
	return said
}

// wantMoney wants each second that Kamailio reported debited, once and by the request that reported
// it, and nothing else. How many those are is the clock's and Kamailio's rounding.
func (w chargedCall) wantMoney(t *testing.T, k *kamailio, exchanges []scenarios.Exchange) {
	t.Helper()
	const price = 10_000 // of a second, in millionths
	left, err := charging.ParseQuantity(w.money)
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[uint32]int64{}, map[uint32]int64{}
	for _, x := range exchanges {
		if used := x.Services[0].Used; len(used) > 0 && used[0].Amount > 0 {
			want[*x.Number] = -used[0].Amount * price
			left.Amount += want[*x.Number]
		}
	}
	postings, err := k.api.Postings(t.Context(), w.account, client.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range postings.Items {
		amount, err := charging.ParseQuantity(p.Amount)
		if p.Number != nil && err == nil {
			got[*p.Number] += amount.Amount
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the postings by CC-Request-Number (-want +got):\n%s", diff)
	}
	account, err := k.api.Account(t.Context(), w.account)
	if err != nil {
		t.Fatal(err)
	}
	if b := account.Balances[0]; b.Amount != left.String() || b.Reserved != "0.00 EUR" {
		t.Errorf("the account has %s, reserved %s; want %v and nothing", b.Amount, b.Reserved, left)
	}
}

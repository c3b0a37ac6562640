package scenarios_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

var wall = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func message(text string) charging.Message {
	return charging.Message{Door: "gy", Peer: "im1.example.com", At: wall, Raw: []byte(text)}
}

// charge tells the journal of a whole exchange and returns its number.
func charge(j *scenarios.Journal, s *charging.Situation, a *charging.Answer) int64 {
	s.Request.Exchange = j.Received(message("\x01question"))
	j.Answered(s.Request, a)
	j.Sent(s.Request.Exchange, message("\x01answer"))
	return s.Request.Exchange
}

func euros(cents int64) charging.Quantity {
	return charging.Quantity{Amount: cents * charging.MoneyScale / 100, Unit: "EUR"}
}

// joined is the answer to a join: the grant is the last, and a scenario had its hand in it.
func joined() *charging.Answer {
	group := charging.ServiceKey{Group: charging.Known(100)}
	return &charging.Answer{
		Result: charging.Success, Account: "alice", Entry: 42, Cost: euros(35),
		Services: []charging.ServiceAnswer{{
			Key: group, Result: charging.Success, Granted: []charging.Quantity{seconds(60)},
			ValidFor: 10 * time.Minute, Final: &charging.FinalUnit{Action: charging.Terminate},
		}},
		Why: []charging.Reason{
			{Code: charging.BecauseScript, Rule: "last-minute rules[0]"},
			{Code: charging.BecauseGranted, Service: group, Units: seconds(60), Cost: euros(7)},
		},
		Before: charging.Funds{Money: euros(1000), Reserved: euros(35).Amount, Usable: euros(965).Amount},
		After:  charging.Funds{Money: euros(965), Reserved: euros(7).Amount, Usable: euros(958).Amount},
	}
}

func TestAnExchangeTellsAll(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		Render: func(raw []byte) any { return "tree of " + string(raw[1:]) },
	})
	s := situation(update, 3, report(100, seconds(30)))
	s.Request.Services[0].Asked = true
	number := charge(journal, s, joined())
	journal.Found(charging.Finding{Rule: "participants-without-trigger", Exchange: number})
	got, err := journal.Exchange(number)
	if err != nil {
		t.Fatalf("Exchange(%d) = %v", number, err)
	}
	three, hundred, cost, sent := uint32(3), int64(100), euros(35), wall
	want := scenarios.Exchange{
		Seq: 1, At: wall, Door: "gy", Peer: "im1.example.com", Message: "CCR",
		Session: "s1", Number: &three, Type: "update",
		Subscriber: "15550100", Account: "alice", Result: 2001, Entry: 42,
		Rule: "last-minute rules[0]", Findings: 1, SentAt: &sent, Behind: 1,
		Services: []scenarios.ExchangeService{{
			RatingGroup: &hundred, Asked: true, Used: []charging.Quantity{seconds(30)}, Result: 2001,
			Granted: []charging.Quantity{seconds(60)}, ValidFor: "600s",
			Final: &scenarios.Final{Action: charging.Terminate},
		}},
		Why: []string{
			joined().Why[0].String(), joined().Why[1].String(),
		},
		Cost:    &cost,
		Before:  &scenarios.Funds{Balance: euros(1000), Reserved: euros(35), Available: euros(965)},
		After:   &scenarios.Funds{Balance: euros(965), Reserved: euros(7), Available: euros(958)},
		Request: "tree of question", Answer: "tree of answer",
		RequestRaw: "017175657374696f6e", AnswerRaw: "01616e73776572",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Exchange (-want +got):\n%s", diff)
	}
	const funds = "9.65 EUR reserved 0.07 EUR available 9.58 EUR"
	if got.After.String() != funds {
		t.Errorf("funds afterwards = %s, want %s", got.After, funds)
	}
}

func TestExchangeInJSON(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	in := charging.Message{Door: "rest", At: wall, Raw: []byte(`{"type":"initial"}`)}
	number := journal.Received(in)
	s := situation(initial, 0, service(100))
	s.Request.Exchange = number
	journal.Answered(s.Request, joined())
	journal.Sent(number, charging.Message{Door: "rest", At: wall, Raw: []byte("not JSON")})
	exchange, err := journal.Pick(0, scenarios.Filter{})
	if err != nil {
		t.Fatalf("Latest = %v", err)
	}
	data, err := json.Marshal(exchange)
	if err != nil {
		t.Fatalf("write = %v", err)
	}
	for _, part := range []string{
		`"seq":1,"at":"2026-03-04T05:06:07Z","door":"rest","session":"s1","number":0,"type":"initial"`,
		`"services":[{"rating_group":100,"asked":true,"result":2001,"granted":["60s"],` +
			`"valid_for":"600s","final":"terminate"}]`,
		`"before":{"balance":"10.00 EUR","reserved":"0.35 EUR","available":"9.65 EUR"}`,
		`"request":{"type":"initial"}`,
	} {
		if !strings.Contains(string(data), part) {
			t.Errorf("exchange = %s, want in it %s", data, part)
		}
	}
	if strings.Contains(string(data), `"answer":`) {
		t.Errorf("exchange = %s, want no tree of an answer that is no JSON", data)
	}
}

func TestServicesArePairedByKeyWhereOrderIsLost(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	key := func(group int64, ids ...uint32) charging.ServiceKey {
		return charging.ServiceKey{Group: charging.Known(group), IDs: ids}
	}
	charge(journal, situation(update, 1, service(100), service(200), identifiers(7), service(300)),
		&charging.Answer{Services: []charging.ServiceAnswer{
			{Key: key(200, 7), Result: 4012},
			{Key: key(200, 8), Result: 5031},
			{Key: key(100), Result: 2001},
		}})
	exchange, err := journal.Pick(0, scenarios.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range exchange.Services {
		got = append(got, fmt.Sprint(*s.RatingGroup, s.Service, s.Result))
	}
	want := []string{"100 [] 2001", "200 [7] 4012", "300 [] 0", "200 [8] 5031"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

func TestFramesThatChargingNeverSawAreKept(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	number := journal.Received(message("\x01CER"))
	exchange, err := journal.Exchange(number)
	if err != nil || exchange.Type != "" || exchange.Number != nil || exchange.SentAt != nil {
		t.Errorf("Exchange of a CER without answer = %+v, %v", exchange, err)
	}
	journal.Sent(number, message("\x01CEA"))
	exchange, _ = journal.Exchange(number)
	if exchange.SentAt == nil || exchange.AnswerRaw != "01434541" {
		t.Errorf("after Sent: sent at %v, raw %s; want the CEA", exchange.SentAt, exchange.AnswerRaw)
	}
	if page, _ := journal.Exchanges(scenarios.Filter{Type: "initial"}); len(page) != 0 {
		t.Errorf("a CER is picked as initial request: %+v", page)
	}
}

func TestTheRingForgetsTheOldest(t *testing.T) {
	t.Parallel()
	const limit = 300 // more than a page, and no multiple of one
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: limit})
	for number := range uint32(1000) {
		charge(journal, situation(update, number), &charging.Answer{Result: charging.Success})
	}
	if got := journal.Dropped(); got != 700 {
		t.Errorf("Dropped = %d, want 700", got)
	}
	page, next := journal.Exchanges(scenarios.Filter{Limit: scenarios.MostExchanges})
	if len(page) != limit || next != 0 {
		t.Fatalf("Exchanges = %d of them, next %d; want %d, next 0", len(page), next, limit)
	}
	for i, exchange := range page {
		if want := int64(701 + i); exchange.Seq != want || int64(*exchange.Number) != want-1 {
			t.Fatalf("exchange at %d = %d, request %d; want %d, request %d",
				i, exchange.Seq, *exchange.Number, want, want-1)
		}
	}
	late := situation(update, 1)
	late.Request.Exchange = 700 // in the slot of 1000
	journal.Answered(late.Request, &charging.Answer{Result: 5012})
	if exchange, err := journal.Exchange(1000); err != nil || exchange.Result != 2001 {
		t.Errorf("a late answer reached exchange 1000: result %d, %v", exchange.Result, err)
	}
}

func TestUnknownExchanges(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 2})
	check := func(call string, err error, hint string) {
		t.Helper()
		var expected *charging.Error
		if !errors.As(err, &expected) || expected.Kind != charging.KindExchangeNotFound ||
			!strings.Contains(expected.Hint, hint) {
			t.Errorf("%s = %v, want kind %s and hint %q", call, err, charging.KindExchangeNotFound, hint)
		}
	}
	_, err := journal.Pick(0, scenarios.Filter{})
	check("Latest of nothing", err, "send a request first")
	for range 3 {
		journal.Received(message("\x01"))
	}
	for _, number := range []int64{-1, 0, 1, 4} {
		_, err = journal.Exchange(number)
		check(fmt.Sprintf("Exchange(%d)", number), err, "holds 2 to 3")
	}
}

func TestClearForgetsAndGoesOnCounting(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 2})
	for range 3 {
		journal.Received(message("\x01before"))
	}
	underWay := situation(update, 1)
	underWay.Request.Exchange = 3
	journal.Found(charging.Finding{Rule: "any"})
	journal.Clear()
	if got := journal.Dropped(); got != 0 {
		t.Errorf("Dropped after Clear = %d, want 0", got)
	}
	if got := journal.Findings(); len(got) != 0 {
		t.Errorf("Findings after Clear = %v, want none", got)
	}
	if number := journal.Received(message("\x01after")); number != 4 {
		t.Errorf("Received after Clear = %d, want 4", number)
	}
	journal.Answered(underWay.Request, joined())
	page, _ := journal.Exchanges(scenarios.Filter{})
	if len(page) != 1 || page[0].Seq != 4 || page[0].Account != "" {
		t.Errorf("Exchanges after Clear = %+v, want number 4 alone, unanswered", page)
	}
}

func results(code int64) scenarios.Results {
	return scenarios.Results{From: charging.Known(code), To: charging.Known(code)}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	bob := subscriber("bob", charging.Identity{Type: charging.SIP, Data: "sip:bob@example.com;lr"})
	alices := &charging.Answer{Account: "alice", Result: 2001}
	journal.Received(message("\x01DWR"))                                     // 1
	charge(journal, situation(initial, 0), alices)                           // 2
	charge(journal, situation(update, 1), &charging.Answer{Account: "alice", // 3
		Result: 2001, Services: []charging.ServiceAnswer{{Result: 4012}}})
	charge(journal, situation(initial, 0, session("s2"), bob), // 4
		&charging.Answer{Account: "bob", Result: 5003})
	charge(journal, situation(termination, 2), alices) // 5
	journal.Received(charging.Message{Door: "rest"})   // 6
	for _, test := range []struct {
		filter scenarios.Filter
		want   []int64
		next   int64
	}{
		{scenarios.Filter{}, []int64{1, 2, 3, 4, 5, 6}, 0},
		{scenarios.Filter{Session: "s1"}, []int64{2, 3, 5}, 0},
		{scenarios.Filter{Subscriber: "+15550100"}, []int64{2, 3, 5}, 0},
		{scenarios.Filter{Subscriber: "sip:bob@EXAMPLE.com"}, []int64{4}, 0},
		{scenarios.Filter{Subscriber: "bob"}, []int64{4}, 0},
		{scenarios.Filter{Account: "alice"}, []int64{2, 3, 5}, 0},
		{scenarios.Filter{Type: "initial"}, []int64{2, 4}, 0},
		{scenarios.Filter{Type: "initial", Account: "bob"}, []int64{4}, 0},
		{scenarios.Filter{Result: results(4012)}, []int64{3}, 0},
		{scenarios.Filter{Result: results(5003)}, []int64{4}, 0},
		{scenarios.Filter{Door: "rest"}, []int64{6}, 0},
		{scenarios.Filter{After: 4}, []int64{5, 6}, 0},
		{scenarios.Filter{Before: 3}, []int64{1, 2}, 0},
		{scenarios.Filter{After: 2, Before: 5, Type: "update"}, []int64{3}, 0},
		{scenarios.Filter{Session: "s1", Limit: 2}, []int64{2, 3}, 3},
		{scenarios.Filter{Session: "s1", Limit: 2, After: 3}, []int64{5}, 0},
		{scenarios.Filter{Session: "s1", Limit: 3}, []int64{2, 3, 5}, 0},
		{scenarios.Filter{After: 99}, []int64{}, 0},
		{scenarios.Filter{Session: "s3"}, []int64{}, 0},
	} {
		page, next := journal.Exchanges(test.filter)
		got := []int64{}
		for _, exchange := range page {
			got = append(got, exchange.Seq)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || next != test.next {
			t.Errorf("Exchanges(%+v): next %d, want %d (-want +got):\n%s",
				test.filter, next, test.next, diff)
		}
	}
}

func TestListsHaveTreesAndBytesOnDemand(t *testing.T) {
	t.Parallel()
	rendered := 0
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		Render: func([]byte) any { rendered++; return rendered },
	})
	charge(journal, situation(initial, 0), joined())
	charge(journal, situation(update, 1), joined())
	if rendered != 0 {
		t.Errorf("recording rendered %d messages, want none", rendered)
	}
	page, _ := journal.Exchanges(scenarios.Filter{})
	if rendered != 0 || page[0].Request != nil || page[0].RequestRaw != "" {
		t.Errorf("a plain list rendered %d messages: %+v", rendered, page[0])
	}
	page, _ = journal.Exchanges(scenarios.Filter{Trees: true, Raw: true})
	if rendered != 4 || page[1].Answer != 4 || page[1].AnswerRaw == "" {
		t.Errorf("a full list rendered %d messages, want 4: %+v", rendered, page[1])
	}
}

func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Findings: 3})
	for i := range 8 {
		journal.Found(charging.Finding{Rule: fmt.Sprint(i)})
	}
	want := []charging.Finding{{Rule: "5"}, {Rule: "6"}, {Rule: "7"}}
	if diff := cmp.Diff(want, journal.Findings()); diff != "" {
		t.Errorf("Findings (-want +got):\n%s", diff)
	}
}

func TestTheJournalTakesManyDoorsAtOnce(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 64})
	var wait sync.WaitGroup
	for door := range 4 {
		wait.Go(func() {
			for number := range uint32(500) {
				s := situation(update, number, session(fmt.Sprint("s", door)))
				charge(journal, s, joined())
				journal.Found(charging.Finding{Rule: "any", Exchange: s.Request.Exchange})
				journal.Exchanges(scenarios.Filter{Raw: true, Limit: 8})
			}
		})
	}
	wait.Wait()
	page, _ := journal.Exchanges(scenarios.Filter{})
	if len(page) != 64 || journal.Dropped() != 4*500-64 {
		t.Errorf("%d kept and %d dropped, want 64 and 1936", len(page), journal.Dropped())
	}
	for _, exchange := range page {
		if exchange.Type != "update" || exchange.SentAt == nil || exchange.Findings != 1 {
			t.Errorf("exchange %d is not whole: %+v", exchange.Seq, exchange)
		}
	}
}

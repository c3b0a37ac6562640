package scenarios_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// verification reads one as people write it.
func verification(t testing.TB, text string) *scenarios.Verification {
	t.Helper()
	list, _, err := document.DecodeVerifications("verification", []byte(text), nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return &list[0]
}

// verify judges at once.
func verify(t testing.TB, j *scenarios.Journal, text string) scenarios.Verified {
	t.Helper()
	return j.Verify(t.Context(), verification(t, text), time.Now())
}

// listed are AVPs by path.
type listed map[string][]string

func (l listed) Lookup(path string) []string { return l[path] }

// textReader takes the words behind the first octet as AVPs, as in Role-Of-Node=1.
func textReader() scenarios.Reader {
	return scenarios.Reader{Attributes: func(raw []byte) charging.Attributes {
		found := listed{}
		for _, word := range strings.Fields(string(raw[1:])) {
			if path, value, ok := strings.Cut(word, "="); ok {
				found[path] = append(found[path], value)
			}
		}
		return found
	}}
}

// conferenceJournal holds a session that a fourth participant joins (figure 23), whose second
// update is refused in the service, and a CER before and a RAR behind it.
func conferenceJournal() *scenarios.Journal {
	journal := scenarios.NewJournal(scenarios.JournalOptions{
		Reader: textReader(),
		MessageOf: func(raw []byte) string {
			name, _, _ := strings.Cut(string(raw[1:]), " ")
			return name
		},
		SessionOf: func([]byte) string { return "s1" },
	})
	journal.Sent(journal.Received(message("\x01CER")), message("\x01CEA Result-Code=2001")) // 1
	ok := func(units int64) *charging.Answer {
		return &charging.Answer{Result: 2001, Account: "alice", Services: []charging.ServiceAnswer{{
			Key: charging.ServiceKey{Group: charging.Known(100)}, Result: 2001,
			Granted: []charging.Quantity{seconds(units)},
		}}}
	}
	three := situation(initial, 0, service(100, seconds(300)))
	three.Request.Information.Participants = charging.Known(3)
	charge(journal, three, ok(300)) // 2
	four := situation(update, 1, report(100, seconds(120)))
	four.Request.Information.Participants = charging.Known(4)
	charge(journal, four, ok(240))                                                    // 3
	charge(journal, situation(update, 2, report(100, seconds(60))), &charging.Answer{ // 4
		Result: 2001, Account: "alice", Services: []charging.ServiceAnswer{{
			Key: charging.ServiceKey{Group: charging.Known(100)}, Result: 4012,
		}},
	})
	journal.Sent(journal.Received(message("\x01RAR")), message("\x01RAA Result-Code=2002")) // 5
	charge(journal, situation(termination, 3, report(100)), ok(0))                          // 6
	return journal
}

func TestWhatAVerificationFinds(t *testing.T) {
	t.Parallel()
	journal := conferenceJournal()
	for text, want := range map[string][]int64{
		`match: {type: update}`:                                           {3, 4},
		`match: {type: update, number: 2}`:                                {4},
		`match: {type: update, nth: 2}`:                                   {4},
		`match: {participants: 4}`:                                        {3, 4, 6},
		`match: {trigger: participants}`:                                  {3},
		`match: {used: 60s..}`:                                            {3, 4},
		`match: {subscriber: alice, type: initial}`:                       {2},
		`match: {session: "s*", service_result: 4012}`:                    {4},
		`match: {service_result: 4xxx}`:                                   {4},
		`match: {result: DIAMETER_SUCCESS, type: termination}`:            {6},
		`match: {granted: 240s}`:                                          {3},
		`match: {granted: absent, type: update}`:                          {4},
		`match: {rating_group: 100, final: none, service_result: 2001..}`: {2, 3, 4, 6},
		`match: {message: RAR, result: 2002, session: s1}`:                {5},
		`match: {message: cer, answered: true}`:                           {1},
		`match: {message: any, result: 2001}`:                             {1, 2, 3, 4, 6},
		`match: {if: "participants_changed && number > 0"}`:               {3},
		`{match: {type: update}, after: 3, count: 1}`:                     {4},
		`{match: {type: event}, absent: true}`:                            {},
		`{match: {type: update}, count: "2.."}`:                           {3, 4},
	} {
		got := verify(t, journal, text)
		if diff := cmp.Diff(want, got.Found); diff != "" || !got.Satisfied {
			t.Errorf("%s: %s (-want +got):\n%s", text, got.String(), diff)
		}
	}
}

func TestANearMissNamesTheAVPAndBothValues(t *testing.T) {
	t.Parallel()
	got := verify(t, conferenceJournal(),
		`{name: join, match: {type: update, number: 1, participants: 5, granted: 300s}}`)
	const im = "Service-Information.IM-Information.Number-Of-Participants"
	want := scenarios.Verified{
		Name: "join", Found: []int64{},
		Reason: "there are 0 of CCR type=update number=1 participants=5 granted=300s, want 1..",
		NearMisses: []scenarios.NearMiss{
			{Seq: 3, What: "CCR update 1 of s1", Misses: []scenarios.Miss{
				{Key: "participants", AVP: im, Want: "5", Seen: "4"},
				{
					Key: "granted", AVP: "Multiple-Services-Credit-Control.Granted-Service-Unit",
					Want: "300s", Seen: "240s",
				},
			}},
		},
	}
	if len(got.NearMisses) != 3 {
		t.Errorf("%d near misses, want 3", len(got.NearMisses))
	}
	got.NearMisses = got.NearMisses[:1]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
	text := "FAIL join: " + want.Reason + `
  near miss #3 CCR update 1 of s1
    participants (Service-Information.IM-Information.Number-Of-Participants): want 5, seen 4
    granted (Multiple-Services-Credit-Control.Granted-Service-Unit): want 300s, seen 240s`
	if diff := cmp.Diff(text, got.String()); diff != "" {
		t.Errorf("String (-want +got):\n%s", diff)
	}
}

func TestNearMissesOfTheAnswer(t *testing.T) {
	t.Parallel()
	journal := conferenceJournal()
	for text, want := range map[string]string{
		`match: {type: update, number: 2, result: 4012}`: "result (Result-Code): " +
			"want 4012, seen 2001, and 4012 in a service",
		`match: {type: update, number: 2, granted: 60s}`: "granted (Multiple-Services-" +
			"Credit-Control.Granted-Service-Unit): want 60s, seen absent",
		`match: {type: update, number: 2, answer_avp: {Error-Message: "*"}}`: "answer_avp." +
			"Error-Message: want *, seen none",
		`match: {message: RAR, result: 2001}`:         "result (Result-Code): want 2001, seen 2002",
		`match: {type: termination, took: 800ms..}`:   "took: want 800ms.., seen 0s",
		`match: {type: update, number: 2, nth: 3}`:    "nth: want 3, seen number 1 of them",
		`match: {message: ASR}`:                       "message: want ASR, seen CCR",
		`match: {observation: "200 OK", session: s1}`: "",
	} {
		got := verify(t, journal, text)
		seen := ""
		if len(got.NearMisses) > 0 && len(got.NearMisses[0].Misses) > 0 {
			seen = got.NearMisses[0].Misses[0].String()
		}
		if got.Satisfied || seen != want {
			t.Errorf("%s: %q, want %q", text, seen, want)
		}
	}
}

func TestNothingAtAllIsSaid(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{Limit: 2})
	absent := scenarios.Verification{Match: &scenarios.Match{Subscriber: "15550100"}}
	reason := func(v scenarios.Verification) string {
		got := journal.Verify(t.Context(), &v, time.Now())
		if got.Satisfied {
			t.Errorf("%+v holds: %s", v, got.Reason)
		}
		return got.Reason
	}
	if got := reason(absent); !strings.HasSuffix(got, "; nothing was received at all") {
		t.Errorf("the reason is %q, want that nothing was received", got)
	}
	for range 5 {
		journal.Received(message("\x01DWR"))
	}
	const older = "; 3 older exchanges made room for others and were not looked at"
	if got := reason(absent); !strings.HasSuffix(got, older) {
		t.Errorf("the reason is %q, want that some made room", got)
	}
	absent.After = 5
	if got := reason(absent); !strings.Contains(got, "; nothing like it came behind #5; 3 older") {
		t.Errorf("the reason is %q, want that nothing came behind 5", got)
	}
}

func TestTooManyIsNoNearMiss(t *testing.T) {
	t.Parallel()
	got := verify(t, conferenceJournal(), `{match: {type: update}, absent: true}`)
	want := scenarios.Verified{
		Found: []int64{3, 4}, Reason: "there are 2 of CCR type=update, want none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
}

// pending tells the journal of an update without its answer, which answer gives.
func pending(j *scenarios.Journal, number uint32) (answer func()) {
	s := situation(update, number)
	s.Request.Exchange = j.Received(message("\x01CCR"))
	return func() {
		j.Answered(s.Request, &charging.Answer{Result: 2001})
		j.Sent(s.Request.Exchange, message("\x01CCA"))
	}
}

// figure24 is its order: the update, its answer, and only then 200 OK.
const figure24 = `{session: s1, order: [
	{type: update}, {type: update, result: 2001}, {observation: "200 OK*"}]}`

func TestTheOrderOfAFigureHolds(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	pending(journal, 1)()
	journal.Observe(scenarios.Observation{Session: "s1", Text: "200 OK to INVITE"})
	got := verify(t, journal, figure24)
	want := scenarios.Verified{
		Satisfied: true, Found: []int64{1, 1, 2}, Reason: "all 3 steps are in order",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
}

func TestWhatWasSeenBeforeTheAnswerBreaksTheOrder(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	answer := pending(journal, 1)
	journal.Observe(scenarios.Observation{Session: "s1", Text: "200 OK to INVITE"})
	answer()
	got := verify(t, journal, figure24)
	const want = `step 3, session=s1 observation="200 OK*", does not come behind step 2 (#1): ` +
		`observation "200 OK to INVITE" of s1, #2, came before that`
	if got.Satisfied || got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
	if diff := cmp.Diff([]int64{1, 1}, got.Found); diff != "" {
		t.Errorf("Found (-want +got):\n%s", diff)
	}
}

func TestAnswersThatOvertakeEachOther(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	first, second := pending(journal, 1), pending(journal, 2)
	second()
	journal.Observe(scenarios.Observation{Session: "s1", Text: "BYE"})
	first()
	const overtaken = `order: [{number: 1}, {number: 2}, {number: 2, answered: true},
		{observation: BYE}, {number: 1, answered: true}]`
	if got := verify(t, journal, overtaken); !got.Satisfied {
		t.Errorf("Verify = %s", got.String())
	}
	const asAsked = `order: [{number: 1, answered: true}, {number: 2, answered: true}]`
	if got := verify(t, journal, asAsked); got.Satisfied {
		t.Errorf("Verify = %s; the second was answered first", got.String())
	}
}

func TestAnExactOrderForbidsStrays(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	journal.Observe(scenarios.Observation{Text: "200 OK"})
	pending(journal, 1)()
	journal.Observe(scenarios.Observation{Text: "200 OK"})
	const order = `order: [{type: update, answered: true}, {observation: 200*}], exact: `
	if got := verify(t, journal, "{"+order+"false}"); !got.Satisfied {
		t.Errorf("Verify = %s", got.String())
	}
	const want = `observation "200 OK", #1, stands between the beginning and step 1`
	if got := verify(t, journal, "{"+order+"true}"); got.Satisfied || got.Reason != want {
		t.Errorf("reason %q, want %q", got.Reason, want)
	}
	const behind = `observation "200 OK", #3, comes behind the last step`
	got := verify(t, journal, `{order: [{observation: 200*}, {type: update}], exact: true}`)
	if got.Satisfied || got.Reason != behind {
		t.Errorf("reason %q, want %q", got.Reason, behind)
	}
}

func TestAVerificationWaits(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	v := verification(t, `{match: {type: update, result: 2001}, count: 2, within: 40s}`)
	got := make(chan scenarios.Verified)
	go func() { got <- journal.Verify(t.Context(), v, time.Now()) }()
	pending(journal, 1)()
	pending(journal, 2)()
	if verified := <-got; !verified.Satisfied {
		t.Errorf("Verify = %s", verified.String())
	}
	// Absence is waited for to the end, unless it is broken before.
	absent := verification(t, `{match: {type: update}, absent: true, after: 2, within: 40s}`)
	go func() { got <- journal.Verify(t.Context(), absent, time.Now()) }()
	pending(journal, 3)()
	if verified := <-got; verified.Satisfied || len(verified.Found) != 1 {
		t.Errorf("Verify = %s", verified.String())
	}
	begin := time.Now()
	brief := verification(t, `{match: {type: event}, absent: true, within: 20ms}`)
	if verified := journal.Verify(t.Context(), brief, begin); !verified.Satisfied ||
		time.Since(begin) < 20*time.Millisecond {
		t.Errorf("Verify = %s after %v", verified.String(), time.Since(begin))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := verification(t, `{match: {type: event}, within: 40s}`)
	if verified := journal.Verify(ctx, long, time.Now()); verified.Satisfied {
		t.Errorf("Verify of a context that ended = %s", verified.String())
	}
}

func TestWhatARuleDidIsFound(t *testing.T) {
	t.Parallel()
	journal := scenarios.NewJournal(scenarios.JournalOptions{})
	charge(journal, situation(update, 1), joined())
	repeated := joined()
	repeated.Repeat = true
	charge(journal, situation(update, 1), repeated)
	for text, want := range map[string][]int64{
		`match: {rule: "last-minute*", final: terminate}`: {1, 2},
		`match: {repeat: true}`:                           {2},
		`match: {repeat: false, available: ..9.65 EUR}`:   {1},
		`match: {if: 'available("EUR") == 9650000'}`:      {1, 2},
		`match: {type: update, nth: 1}`:                   {1},
		`match: {door: gy, peer: "im1*"}`:                 {1, 2},
	} {
		got := verify(t, journal, text)
		if diff := cmp.Diff(want, got.Found); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", text, got.String(), diff)
		}
	}
}

func TestVerificationsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	knows := func(path string) error {
		if path == "No-Such-AVP" {
			return errors.New("no AVP is called No-Such-AVP")
		}
		return nil
	}
	for text, want := range map[string]string{
		`{}`:                                                     "a verification needs match",
		`{match: {}, order: [{}, {}]}`:                           "match and order exclude",
		`{order: [{}]}`:                                          "an order has 2 to 100 steps",
		`{order: [{}, {}], count: 2}`:                            "count and absent go with match",
		`{match: {}, exact: true}`:                               "exact goes with order",
		`{match: {}, absent: true, count: 1}`:                    "absent and count exclude",
		`{match: {}, within: 51s}`:                               "within is 0s to 50s",
		`{match: {}, after: -1}`:                                 "after is the number",
		`{match: {message: XYZ}}`:                                `unknown word "XYZ"`,
		`{match: {type: start}}`:                                 `unknown word "start"`,
		`{match: {final: maybe}}`:                                `unknown word "maybe"`,
		`{match: {door: sip}}`:                                   `unknown word "sip"`,
		`{match: {observation: BYE, type: update}}`:              "only session goes with observation",
		`{match: {available: 10s}}`:                              "of money only",
		`{match: {avp: {No-Such-AVP: 1}}}`:                       "no AVP is called",
		`[{match: {}}, {match: {answer_avp: {No-Such-AVP: 1}}}]`: "no AVP is called",
		`{match: {result: soon}}`:                                `"soon" is no result`,
		`{match: {took: 2s}}`:                                    `"2s" is no range of times`,
		`{match: {took: 2s..1s}}`:                                "ends before it begins",
		`{match: {colour: red}}`:                                 `unknown key "colour"`,
		`[]`:                                                     "a list has 1 to 1000",
	} {
		_, _, err := document.DecodeVerifications("v", []byte(text), knows)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestAVerificationIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	const text = `{"match":{"type":"update","result":"4000..4999","took":"800ms..",` +
		`"observation":""},"count":1,"within":"2s"}`
	data, err := json.Marshal(verification(t, text))
	const want = `{"match":{"type":"update","result":"4000..4999","took":"800ms.."},` +
		`"count":1,"within":"2s"}`
	if err != nil || string(data) != want {
		t.Errorf("written %s, %v; want %s", data, err, want)
	}
}

package scenarios_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const (
	initial     = charging.Initial
	update      = charging.Update
	termination = charging.Termination
	event       = charging.Event
)

// A whenCase is a `when` and whether its rule acts.
type whenCase struct {
	claim     string
	when      string
	situation *charging.Situation
	want      bool
}

func checkWhen(t *testing.T, cases []whenCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, `{name: tried, rules: [{when: `+test.when+`, answer: {result: 4012}}]}`)
			explained := set.Explain(test.situation).Acts != ""
			if got := set.Decide(test.situation).Instead != nil; got != test.want || explained != got {
				t.Errorf("when %s acts = %t, Explain says %t, want %t",
					test.when, got, explained, test.want)
			}
		})
	}
}

func TestWhenTheRequest(t *testing.T) {
	t.Parallel()
	checkWhen(t, []whenCase{
		{"nothing written matches all", `{}`, situation(event, 0), true},
		{"CCR is the message", `{message: CCR}`, situation(update, 1), true},
		{"a type matches its own", `{type: update}`, situation(update, 1), true},
		{"a type matches no other", `{type: update}`, situation(initial, 0), false},
		{"a number is exact", `{number: 2}`, situation(update, 2), true},
		{"a number is no prefix", `{number: 2}`, situation(update, 20), false},
		{"number zero is a number", `{number: 0}`, situation(initial, 0), true},
		{"a range has its first", `{number: 1..3}`, situation(update, 1), true},
		{"a range has its last", `{number: 1..3}`, situation(update, 3), true},
		{"a range ends", `{number: 1..3}`, situation(update, 4), false},
		{"an open range goes on", `{number: 2..}`, situation(update, 4294967295), true},
		{"an open range begins", `{number: 2..}`, situation(update, 1), false},
		{"a range may begin at the start", `{number: ..5}`, situation(update, 0), true},
		{
			"a rating group is there", `{rating_group: 100}`,
			situation(update, 1, service(200), service(100)), true,
		},
		{"a rating group is missing", `{rating_group: 100}`, situation(update, 1, service(200)), false},
		{"a rating group needs an MSCC", `{rating_group: 0}`, situation(update, 1), false},
		{"rating group zero is one", `{rating_group: 0}`, situation(update, 1, service(0)), true},
		{
			"a service is one of a set", `{service: 7}`,
			situation(update, 1, service(100), identifiers(5, 7)), true,
		},
		{
			"service and group are of one MSCC", `{rating_group: 200, service: 7}`,
			situation(update, 1, service(100), identifiers(7), service(200)), false,
		},
	})
}

func TestWhenTheConference(t *testing.T) {
	t.Parallel()
	checkWhen(t, []whenCase{
		{
			"participants are in the range", `{participants: 3..}`,
			situation(update, 1, participants(3, false)), true,
		},
		{
			"participants are below the range", `{participants: 3..}`,
			situation(update, 1, participants(2, false)), false,
		},
		{"unknown participants match nothing", `{participants: ..5}`, situation(update, 1), false},
		{
			"a medium is present", `{media: audio}`,
			situation(update, 1, media(false, "audio", "message")), true,
		},
		{
			"the case of a medium does not count", `{media: Audio}`,
			situation(update, 1, media(false, "audio")), true,
		},
		{
			"all media must be present", `{media: [audio, video]}`,
			situation(update, 1, media(false, "audio", "message")), false,
		},
		{
			"a join is seen in the session", `{trigger: participants}`,
			situation(update, 1, participants(3, true)), true,
		},
		{
			"a join is seen in the Trigger", `{trigger: participants}`,
			situation(update, 1, trigger(50)), true,
		},
		{
			"a trigger may stand in the MSCC", `{trigger: media}`,
			situation(update, 1, service(100), func(s *charging.Situation) {
				s.Request.Services[0].Triggers = []uint32{40}
			}), true,
		},
		{
			"a conference is named by the request", `{conference: "conf*"}`,
			situation(update, 1, conference("conf1")), true,
		},
		{
			"a conference is remembered by the session", `{conference: conf1}`,
			situation(update, 1, inConference("conf1")), true,
		},
		{
			"another conference is another", `{conference: conf1}`,
			situation(update, 1, conference("conf2"), inConference("conf1")), false,
		},
		{
			"the other trigger is another", `{trigger: media}`,
			situation(update, 1, participants(3, true), trigger(50)), false,
		},
		{
			"no change is no trigger", `{trigger: participants}`,
			situation(update, 1, participants(3, false)), false,
		},
	})
}

func TestWhenTheUnits(t *testing.T) {
	t.Parallel()
	checkWhen(t, []whenCase{
		{
			"absent: no unit was asked for", `{requested: absent}`,
			situation(update, 1, report(100, seconds(5))), true,
		},
		{"absent: no MSCC asks for nothing", `{requested: absent}`, situation(termination, 1), true},
		{"empty is not absent", `{requested: absent}`, situation(update, 1, service(100)), false},
		{"empty: the server decides", `{requested: empty}`, situation(update, 1, service(100)), true},
		{
			"a number is not empty", `{requested: empty}`,
			situation(update, 1, service(100, seconds(0))), false,
		},
		{"absent is not empty", `{requested: empty}`, situation(update, 1, report(100)), false},
		{
			"units lie in a range", `{requested: 60s..5m}`,
			situation(update, 1, service(100, seconds(300))), true,
		},
		{
			"units lie above a range", `{requested: 60s..5m}`,
			situation(update, 1, service(100, seconds(301))), false,
		},
		{
			"a bare end has the other's unit", `{requested: 1..3 events}`,
			situation(event, 0, service(100, charging.Quantity{Amount: 3, Unit: charging.Events})), true,
		},
		{
			"another unit is no match", `{requested: 1s..}`,
			situation(update, 1, service(100, octets(100, charging.Total))), false,
		},
		{
			"one of several units matches", `{requested: 10 B}`,
			situation(update, 1, service(100, seconds(9), octets(10, charging.Total))), true,
		},
		{
			"both directions are the total", `{used: 30 B}`,
			situation(update, 1, report(100, octets(10, charging.Input), octets(20, charging.Output))),
			true,
		},
		{
			"a total that was told is the total", `{used: 30 B}`,
			situation(update, 1, report(100, octets(30, charging.Total), octets(20, charging.Output))),
			true,
		},
		{
			"reports of one MSCC are added up", `{used: 30s}`,
			situation(update, 1, report(100, seconds(10)), func(s *charging.Situation) {
				s.Request.Services[0].Used = append(s.Request.Services[0].Used,
					charging.Usage{Units: []charging.Quantity{seconds(20)}})
			}), true,
		},
		{
			"mixed reports of octets are added up", `{used: 35 B}`,
			situation(update, 1, report(100, octets(30, charging.Total)),
				func(s *charging.Situation) {
					s.Request.Services[0].Used = append(s.Request.Services[0].Used,
						charging.Usage{Units: []charging.Quantity{octets(5, charging.Input)}})
				}), true,
		},
		{"nothing used is absent", `{used: absent}`, situation(update, 1, service(100)), true},
		{
			"used and requested are of one MSCC", `{used: 5s.., requested: 60s}`,
			situation(update, 1, report(100, seconds(9)), service(200, seconds(60))), false,
		},
	})
}

func TestWhenTheOrigin(t *testing.T) {
	t.Parallel()
	checkWhen(t, []whenCase{
		{"a host matches in any case", `{origin_host: "IM?.example.*"}`, situation(update, 1), true},
		{"a host matches whole", `{origin_host: example.com}`, situation(update, 1), false},
		{
			"a context glob catches the bare form", `{context: "*32260@3gpp.org"}`,
			situation(update, 1), true,
		},
		{
			"a context glob catches a prefix", `{context: "*32260@3gpp.org"}`,
			situation(update, 1, func(s *charging.Situation) {
				s.Request.Context = "ext.001.01.8.32260@3gpp.org"
			}), true,
		},
		{"a glob may fail at its end", `{context: "32*@3gpp.com"}`, situation(update, 1), false},
		{
			"all conditions hold together", `{type: update, number: 2.., trigger: media, media: audio}`,
			situation(update, 2, media(true, "audio")), true,
		},
		{
			"one condition that fails is enough", `{type: update, number: 3.., media: audio}`,
			situation(update, 2, media(true, "audio")), false,
		},
	})
}

func TestSubscriber(t *testing.T) {
	t.Parallel()
	identity := func(kind charging.IdentityType, data string) []option {
		return []option{subscriber("", charging.Identity{Type: kind, Data: data})}
	}
	for _, test := range []struct {
		claim   string
		written string
		who     []option
		want    bool
	}{
		{"the number as sent", "15550100", nil, true},
		{"a leading + does not count", "+15550100", nil, true},
		{"tel: does not count", "tel:+15550100", nil, true},
		{
			"nor where it is sent", "15550100",
			identity(charging.SIP, "tel:+15550100;phone-context=x"), true,
		},
		{"the account's id", "alice", nil, true},
		{"another identity of the account", "sip:alice@EXAMPLE.com", nil, true},
		{"the case of a user counts", "sip:Alice@example.com", nil, false},
		{
			"parameters of a SIP URI do not count", "sip:bob@example.com",
			identity(charging.SIP, "SIP:bob@Example.COM;user=phone?subject=x"), true,
		},
		{
			"a SIP URI may have no user", "sip:example.com",
			identity(charging.SIP, "sip:EXAMPLE.com;lr"), true,
		},
		{
			"other schemes compare as they are", "user@realm:1",
			identity(charging.NAI, "user@realm:1"), true,
		},
		{"a + within a SIP URI counts", "sip:15@x", identity(charging.SIP, "sip:+15@x"), false},
		{"any identity of the request", "262010000000001", []option{subscriber("",
			charging.Identity{Type: charging.E164, Data: "1"},
			charging.Identity{Type: charging.IMSI, Data: "262010000000001"})}, true},
		{"somebody else", "15550101", nil, false},
		{"no identity at all", "15550100", []option{subscriber("")}, false},
		{"a part is not the whole", "1555010", nil, false},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, fmt.Sprintf(
				`{name: x, subscriber: %q, rules: [{answer: {result: 4012}}]}`, test.written))
			s := situation(update, 1, test.who...)
			explained := set.Explain(s).Acts != ""
			if got := set.Decide(s).Instead != nil; got != test.want || explained != got {
				t.Errorf("subscriber %s acts = %t, Explain says %t, want %t",
					test.written, got, explained, test.want)
			}
		})
	}
}

func TestNthCountsWhatMatchesTheRest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		claim string
		rule  string
		steps []*charging.Situation
		want  string // one letter for each step: x acts
	}{
		{"the second of each session", `{type: update, nth: 2}`, []*charging.Situation{
			situation(initial, 0), situation(update, 1), situation(update, 1, session("s2")),
			situation(update, 2), situation(update, 3), situation(update, 2, session("s2")),
		}, "---x-x"},
		{"from the second on", `{type: update, nth: 2..}`, []*charging.Situation{
			situation(update, 1), situation(update, 2), situation(update, 3),
		}, "-xx"},
		{"the second of all", `{type: update, nth: {per: total, is: 2}}`, []*charging.Situation{
			situation(update, 1), situation(update, 1, session("s2")), situation(update, 2),
		}, "-x-"},
		{
			"the second of a subscriber", `{type: initial, nth: {per: subscriber, is: 2}}`,
			[]*charging.Situation{
				situation(initial, 0), situation(initial, 0, session("s2"), subscriber("bob")),
				situation(initial, 0, session("s3")), situation(initial, 0, session("s4")),
			},
			"--x-",
		},
		{
			"others do not count", `{type: update, trigger: participants, nth: 2}`,
			[]*charging.Situation{
				situation(update, 1, participants(3, true)), situation(update, 2),
				situation(update, 3, participants(4, true)),
			},
			"--x",
		},
		{"a new life counts anew", `{type: update, nth: 2}`, []*charging.Situation{
			situation(update, 1), situation(termination, 2), situation(initial, 0),
			situation(update, 1), situation(update, 2),
		}, "----x"},
		{"a new life counts anew without an end of the old one", `{nth: 2}`, []*charging.Situation{
			situation(initial, 0), situation(initial, 0), situation(update, 1),
		}, "--x"},
		{
			"a new life counts anew where its begin does not count", `{type: update, nth: 2}`,
			[]*charging.Situation{
				situation(update, 1), situation(initial, 0), situation(update, 1), situation(update, 2),
			},
			"---x",
		},
		{
			"a subscriber without account counts by identity", `{nth: {per: subscriber, is: 2}}`,
			[]*charging.Situation{
				situation(event, 0, subscriber("", charging.Identity{Data: "tel:+1"})),
				situation(event, 0, subscriber("", charging.Identity{Data: "2"})),
				situation(event, 0, subscriber("", charging.Identity{Data: "1"})),
			},
			"--x",
		},
		{
			"those without any identity count together", `{nth: {per: subscriber, is: 2}}`,
			[]*charging.Situation{
				situation(event, 0, subscriber("")), situation(event, 0, subscriber("")),
			},
			"-x",
		},
		{"a termination has its place", `{nth: {per: session, is: 2}}`, []*charging.Situation{
			situation(initial, 0), situation(termination, 1),
		}, "-x"},
		{"the second attempt of one session", `{type: initial, nth: 2}`, []*charging.Situation{
			situation(initial, 0), situation(initial, 0),
		}, "-x"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			t.Parallel()
			set := newSet(t, `{name: x, rules: [{when: `+test.rule+`, answer: {result: 4012}}]}`)
			got := acted(t, set, test.steps)
			if got != test.want {
				t.Errorf("%s acted %s, want %s", test.rule, got, test.want)
			}
		})
	}
}

// acted plays the steps and writes x for each that the set acts on, - for the others.
func acted(t *testing.T, set *scenarios.Set, steps []*charging.Situation) (got string) {
	t.Helper()
	for i, s := range steps {
		explained := set.Explain(s).Acts != ""
		acts := set.Decide(s).Rule != ""
		if acts != explained {
			t.Errorf("step %d: Decide acts = %t, Explain before it said %t", i, acts, explained)
		}
		got += map[bool]string{true: "x", false: "-"}[acts]
	}
	return got
}

func TestNthRemembersManySessions(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: x, rules: [{when: {type: update, nth: 2}, pass: true}]}`)
	const many = scenarios.TallyLimit + 1
	for i := range many {
		set.Decide(situation(update, 1, session(strconv.Itoa(i))))
	}
	for _, id := range []int{0, many - 1} {
		if set.Decide(situation(update, 2, session(strconv.Itoa(id)))).Rule == "" {
			t.Errorf("the second update of session %d of %d is not counted as such", id, many)
		}
	}
	for i := range 2 * many {
		set.Decide(situation(update, 1, session("n"+strconv.Itoa(i))))
	}
	if set.Decide(situation(update, 2, session("1"))).Rule != "" {
		t.Errorf("session 1 is still counted after %d others, want it forgotten", 3*many)
	}
}

func TestARequestCountsOnceWhateverItsNames(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: x, subscriber: "15550100", rules: [{times: 2, pass: true}]}`)
	set.Decide(situation(update, 1)) // the identity stands in the request and in the account
	checkCounters(t, set, "x", "1/1 left 1")
}

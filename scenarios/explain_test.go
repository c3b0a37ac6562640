package scenarios_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplainNamesTheFirstConditionThatFails(t *testing.T) {
	t.Parallel()
	set := newSet(t, `
name: told
rules:
  - when: {type: initial, number: 9}
    pass: true
  - when: {type: update, number: 2..}
    pass: true
  - when: {participants: 4.., media: video}
    pass: true
  - when: {media: [audio, video]}
    pass: true
  - when: {trigger: participants}
    pass: true
  - when: {rating_group: 300}
    pass: true
  - when: {rating_group: 100, requested: absent}
    pass: true
  - when: {rating_group: 200, used: ..5s}
    pass: true
  - when: {nth: 2}
    pass: true
  - when: {origin_host: "pgw*"}
    pass: true
  - when: {type: update}
    times: 1
    pass: true
  - answer: {result: 4012}
`, `{name: bobs, priority: 1, subscriber: bob, rules: [{pass: true}]}`)
	s := situation(update, 1, media(false, "audio"), participants(3, false),
		service(100, seconds(60)), report(200, seconds(30)))
	explanation := set.Explain(s)
	var got []string
	for _, rule := range explanation.Scenarios[0].Rules {
		got = append(got, rule.Why)
	}
	want := []string{
		"when.type wants initial and sees update",
		"when.number wants 2.. and sees 1",
		"when.participants wants 4.. and sees 3",
		"when.media wants audio, video and sees audio",
		"when.trigger wants participants and sees no change, and no Trigger of it",
		"when.rating_group wants 300 and sees 100 and 200",
		"when.requested wants absent and sees 60s",
		"when.used wants ..5s and sees 30s",
		"when.nth wants 2 and sees number 1 of them",
		"when.origin_host wants pgw* and sees im1.Example.com",
		"it matches and acts",
		"it matches, but told rules[10] comes first",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if explanation.Acts != "told rules[10]" {
		t.Errorf("Explain: %q acts, want told rules[10]", explanation.Acts)
	}
	const bobs = "it is for subscriber bob, and this is 15550100, alice, sip:alice@example.com"
	if why := explanation.Scenarios[1].Why; why != bobs {
		t.Errorf("Explain says %q, want %q", why, bobs)
	}
	if acted := set.Decide(s).Rule; acted != explanation.Acts {
		t.Errorf("Decide acts by %q, and Explain said %q", acted, explanation.Acts)
	}
	again := set.Explain(s).Scenarios[0].Rules[10]
	if why := again.Why; why != "it matches, but is used up: times is 1" {
		t.Errorf("Explain of a used-up rule says %q", why)
	}
}

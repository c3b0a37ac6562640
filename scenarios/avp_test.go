package scenarios_test

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// attributes are AVPs by path.
type attributes map[string][]string

func (a attributes) Lookup(path string) []string { return a[path] }

func avps(a attributes) option {
	return func(s *charging.Situation) { s.Request.Attributes = a }
}

func TestWhenAnAVP(t *testing.T) {
	t.Parallel()
	gold := situation(update, 1, avps(attributes{
		"Acme-Tier": {"1", "GOLD"}, "Acme-Info.Acme-Points": {"7", "40"},
	}))
	checkWhen(t, []whenCase{
		{"a name of the value", `{avp: {Acme-Tier: GOLD}}`, gold, true},
		{"its number", `{avp: {Acme-Tier: 1}}`, gold, true},
		{"another one", `{avp: {Acme-Tier: SILVER}}`, gold, false},
		{"one of several", `{avp: {Acme-Tier: [SILVER, "GO*"]}}`, gold, true},
		{"one of several numbers", `{avp: {Acme-Tier: [0, 1]}}`, gold, true},
		{"one of those that are there", `{avp: {Acme-Info.Acme-Points: 40}}`, gold, true},
		{"all paths", `{avp: {Acme-Tier: GOLD, Acme-Info.Acme-Points: 40}}`, gold, true},
		{"not only one path", `{avp: {Acme-Tier: GOLD, Acme-Info.Acme-Points: 41}}`, gold, false},
		{"any value", `{avp: {Acme-Tier: "*"}}`, gold, true},
		{"any value of none", `{avp: {Acme-Mood: "*"}}`, gold, false},
		{"that is not there", `{avp: {Acme-Mood: none}}`, gold, true},
		{"that is there after all", `{avp: {Acme-Tier: none}}`, gold, false},
		{"at a door without AVPs", `{avp: {Acme-Tier: GOLD}}`, situation(update, 1), false},
		{"none at a door without AVPs", `{avp: {Acme-Tier: none}}`, situation(update, 1), true},
	})
}

func TestAnAVPIsExplained(t *testing.T) {
	t.Parallel()
	set := newSet(t, `{name: tried, rules: [{when: {avp: {Acme-Tier: [GOLD, IRON]}}, pass: true}]}`)
	for _, test := range []struct {
		situation *charging.Situation
		want      string
	}{
		{
			situation(update, 1, avps(attributes{"Acme-Tier": {"0", "SILVER"}})),
			"when.avp.Acme-Tier wants GOLD or IRON and sees 0, SILVER",
		},
		{situation(update, 1), "when.avp.Acme-Tier wants GOLD or IRON and sees none"},
	} {
		if got := set.Explain(test.situation).Scenarios[0].Rules[0].Why; got != test.want {
			t.Errorf("Explain says %q, want %q", got, test.want)
		}
	}
}

func TestAnAVPWithoutAValueIsAFault(t *testing.T) {
	t.Parallel()
	for _, when := range []string{
		`{avp: {Acme-Tier: []}}`, `{avp: {Acme-Tier: ""}}`, `{avp: {"": x}}`,
	} {
		doc := parse(t, `{name: x, rules: [{when: `+when+`, pass: true}]}`)
		if faults := scenarios.Check(doc, scenarios.Wire{}); len(faults) != 1 {
			t.Errorf("Check(%s) = %v, want one fault", when, faults)
		}
	}
}

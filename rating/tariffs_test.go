package rating_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// The ports are implemented.
var (
	_ charging.Tariffs = (*rating.Tariffs)(nil)
	_ charging.Plan    = (*rating.Plan)(nil)
)

func TestTariffsCompileAVersionOnce(t *testing.T) {
	t.Parallel()
	tariffs := rating.NewTariffs()
	version := &charging.PlanVersion{Name: "im", Version: 3, Source: source(t, conference)}
	first, err := tariffs.Plan(version)
	if err != nil {
		t.Fatal(err)
	}
	again, err := tariffs.Plan(&charging.PlanVersion{
		Name: "im", Version: 3, Source: source(t, conference),
	})
	if err != nil || again != first {
		t.Errorf("Plan again = %p, %v, want the same %p", again, err, first)
	}
	c := rate(t, first, charging.Inputs{Service: charging.ServiceKey{Group: charging.Known(100)}})
	if c.Plan != "im" || c.Version != 3 || first.Currency() != "EUR" {
		t.Errorf("conditions of %s %d in %s, want im 3 in EUR", c.Plan, c.Version, first.Currency())
	}
}

func TestTariffsSeeThatAVersionWasGivenOutAgain(t *testing.T) {
	t.Parallel()
	tariffs := rating.NewTariffs()
	for _, test := range []struct{ plan, rule string }{{conference, "conference"}, {media, "media"}} {
		plan, err := tariffs.Plan(&charging.PlanVersion{
			Name: "im", Version: 1, Source: source(t, test.plan),
		})
		if err != nil {
			t.Fatal(err)
		}
		c := rate(t, plan, charging.Inputs{Service: charging.ServiceKey{Group: charging.Known(100)}})
		if c.Rule != test.rule {
			t.Errorf("Rate by plan %s = rule %s", test.rule, c.Rule)
		}
	}
}

func TestTariffsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, faults := range map[string]int{
		`{"currency":"EUR"}`:                   1,
		`{"rules":[{"unit":"tme","per":"0"}]}`: 3,
		`{`:                                    0,
	} {
		_, err := rating.NewTariffs().Plan(&charging.PlanVersion{Name: "im", Source: []byte(text)})
		var trouble *charging.Error
		got := 0
		if errors.As(err, &trouble) && trouble.Kind == charging.KindInvalidDocument {
			got = len(trouble.Faults)
		}
		if err == nil || got != faults {
			t.Errorf("Plan(%s): %v with %d faults, want %d", text, err, got, faults)
		}
	}
}

func TestTariffsServeManyAtOnce(t *testing.T) {
	t.Parallel()
	tariffs := rating.NewTariffs()
	text := source(t, threeRules)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 200 {
				version := int64(i % 50)
				plan, err := tariffs.Plan(&charging.PlanVersion{
					Name: "im" + strconv.Itoa(i%3), Version: version, Source: text,
				})
				if err != nil {
					t.Error(err)
					return
				}
				in := benchmarkInputs()
				if c, err := plan.Rate(in); err != nil || c.Version != version {
					t.Errorf("Rate = version %d, %v, want %d", c.Version, err, version)
				}
			}
		})
	}
	all.Wait()
}

func TestWarningsNameRulesThatNeverMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		first, second string
		never         bool
	}{
		{`unit: time`, `unit: time`, true},
		{`unit: time`, `unit: events`, false},
		{`unit: total`, `unit: input`, true},
		{`unit: input`, `unit: total`, false},
		{`unit: time`, `unit: time, match: {rating_group: 1}`, true},
		{`unit: time, match: {rating_group: 1}`, `unit: time`, false},
		{`unit: time, match: {rating_group: 1..9}`, `unit: time, match: {rating_group: [2, 4..5]}`, true},
		{`unit: time, match: {rating_group: 1..9}`, `unit: time, match: {rating_group: [2, 8..]}`, false},
		{`unit: time, match: {context: "*32260*"}`, `unit: time, match: {context: "*.32260@x"}`, true},
		{`unit: time, match: {context: "?32260"}`, `unit: time, match: {context: "*32260"}`, false},
		{`unit: time, match: {context: "a*"}`, `unit: time, match: {context: "*a"}`, false},
		{`unit: time, match: {kind: session}`, `unit: time, match: {kind: session}`, true},
		{`unit: time, match: {kind: session}`, `unit: time, match: {kind: any}`, false},
		{`unit: time, match: {media: audio}`, `unit: time, match: {media: [video, audio]}`, true},
		{`unit: time, match: {media: [video, audio]}`, `unit: time, match: {media: audio}`, false},
		{`unit: time, match: {method: [A, B]}`, `unit: time, match: {method: b}`, true},
		{
			`unit: time, match: {application_service_type: 100..105}`,
			`unit: time, match: {application_service_type: [JOINING, LEAVING]}`, true,
		},
		{
			`unit: time, match: {window: "mon-fri 06:00-12:00"}`,
			`unit: time, match: {window: "tue 08:00-09:00"}`, true,
		},
		{
			`unit: time, match: {window: "mon-fri 06:00-12:00"}`,
			`unit: time, match: {window: "tue 08:00-09:00 Europe/Paris"}`, false,
		},
		{
			`unit: time, match: {window: "mon-fri 06:00-12:00"}`,
			`unit: time, match: {window: "sat 08:00-09:00"}`, false,
		},
		{`unit: time, match: {window: mon-sun}`, `unit: time`, true},
		{`unit: time, match: {window: sat-sun}`, `unit: time`, false},
		{`unit: time, match: {avp: {A: "x*"}}`, `unit: time, match: {avp: {A: "xy", B: z}}`, true},
		{`unit: time, match: {avp: {A: "x*"}}`, `unit: time, match: {avp: {B: z}}`, false},
		{
			`unit: time, match: {participants: 2..}`,
			`unit: time, match: {participants: 3..}, participants: {count_inviter: true}`, false,
		},
		{`unit: time, match: {unit: time}`, `unit: time`, true},
		{`unit: time, match: {unit: input}`, `unit: time`, false},
		{`unit: time`, `unit: events, match: {unit: time}`, true},
	} {
		plan := compile(t, "currency: EUR\nrules: [{"+test.first+"}, {"+test.second+"}]")
		got := rating.Warnings(plan)
		if (len(got) == 1 && got[0].Path == "rules[1]") != test.never || len(got) > 1 {
			t.Errorf("Warnings of {%s} before {%s} = %v, want %t",
				test.first, test.second, got, test.never)
		}
	}
}

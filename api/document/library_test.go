package document_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func library(t *testing.T) []scenarios.LibraryScenario {
	t.Helper()
	all, err := document.Library()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheLibraryIsSound(t *testing.T) {
	t.Parallel()
	all := library(t)
	if len(all) < 50 {
		t.Errorf("the library has %d scenarios, want 50 at least", len(all))
	}
	wire := scenarios.Wire{
		Edit: diameter.SharedDictionary().CheckEdit, Preset: diameter.CheckPreset,
	}
	for i := range all {
		entry := &all[i]
		t.Run(entry.Name, func(t *testing.T) {
			t.Parallel()
			for what, sentence := range map[string]string{
				"provokes": entry.Provokes, "money": entry.Money,
			} {
				if len(sentence) < 5 || !strings.HasSuffix(sentence, ".") {
					t.Errorf("%s is %q, want a sentence", what, sentence)
				}
			}
			if !slices.Contains(scenarios.LibraryParts(), entry.Part) {
				t.Errorf("part %q is none of the library", entry.Part)
			}
			if entry.Broke != "" && !strings.HasSuffix(entry.Broke, ".") {
				t.Errorf("broke is %q, want a sentence or nothing", entry.Broke)
			}
			doc := scenarios.Document{Name: "x", Rules: entry.Rules}
			for _, fault := range scenarios.Check(doc, wire) {
				t.Errorf("%s: %s", fault.Path, fault.Message)
			}
			text, _ := scenarios.LibraryText(entry.Name)
			for name, parameter := range entry.With {
				if parameter.Means == "" || !strings.Contains(string(text), "$"+name) {
					t.Errorf("parameter %s has no meaning, or no place", name)
				}
			}
			if places := strings.Count(string(text), "$"); places < len(entry.With) {
				t.Errorf("%d places for %d parameters", places, len(entry.With))
			}
			if strings.Contains(fmt.Sprint(entry.Rules), "$") {
				t.Errorf("a place is left over in %v", entry.Rules)
			}
		})
	}
}

// TestUseIsWhatTheLibraryShows puts every scenario by its name, and puts the outcome again.
func TestUseIsWhatTheLibraryShows(t *testing.T) {
	t.Parallel()
	for _, entry := range library(t) {
		body := fmt.Sprintf("{use: %s, subscriber: '15550100', tags: [ci]}", entry.Name)
		doc, _, err := document.DecodeScenario("body", []byte(body), "x")
		if err != nil {
			t.Errorf("%s: %v", entry.Name, err)
			continue
		}
		want := scenarios.Document{
			Name: "x", Subscriber: "15550100", Tags: []string{"ci"}, Use: entry.Name,
			Rules: entry.Rules,
		}
		if diff := cmp.Diff(written(t, want), written(t, doc)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", entry.Name, diff)
		}
		again, _, err := document.DecodeScenario("body", []byte(written(t, doc)), "x")
		if diff := cmp.Diff(written(t, doc), written(t, again)); err != nil || diff != "" {
			t.Errorf("%s put again: %v (-want +got):\n%s", entry.Name, err, diff)
		}
	}
}

func written(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParametersTakeTheirPlaces(t *testing.T) {
	t.Parallel()
	const body = `{"use": "last-units-at-join",
		"with": {"grant": "90s", "times": 3, "rating_group": 7}}`
	doc, _, err := document.DecodeScenario("body", []byte(body), "x")
	if err != nil {
		t.Fatal(err)
	}
	rule := doc.Rules[0]
	if rule.Limit.Grant.Amount != 90 || *rule.Times != 3 || *rule.When.RatingGroup != 7 {
		t.Errorf("the rule is %s", written(t, rule))
	}
	const seed = `scenarios:
  - {name: a, use: last-units, with: &w {grant: 30s}}
  - {name: b, use: last-units, priority: -1}
  - {name: c, use: last-units, with: *w}
`
	whole, err := document.Decode("seed.yaml", []byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	var grants []int64
	for _, scenario := range whole.Scenarios {
		grants = append(grants, scenario.Rules[0].Limit.Grant.Amount)
	}
	if diff := cmp.Diff([]int64{30, 60, 30}, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}

func TestFaultsOfUseAreTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"another word": {
			"use: quota-exhausted-at-jion",
			`body:1:6: no scenario "quota-exhausted-at-jion" in the library; ` +
				`did you mean "quota-exhausted-at-join"?`,
		},
		"no word": {
			"use: [busy]",
			"body:1:6: expected the name of a scenario in the library, found a list",
		},
		"a folder": {
			"use: ../doc",
			`body:1:6: no scenario "../doc" in the library; GET /v1/library lists them`,
		},
		"another parameter": {
			"use: last-units-at-join\nwith:\n  grnat: 60s\n  grant: [1]",
			`body:3:3: last-units-at-join has no parameter "grnat"; did you mean "grant"?` +
				"\nbody:4:10: expected a text or a number, found a list",
		},
		"a value without meaning": {
			"use: last-units-at-join\nwith: {grant: plenty, times: 0}",
			`body:2:15: "plenty" is not a quantity; write it like 12.50 EUR, 10 MiB, 1h5m30s or ` +
				"3 events\nbody:2:30: times is 1 or more; leave it out for always",
		},
		"a value used twice is told once": {
			"use: one-service-refused\nwith: {rating_group: x}",
			`body:2:22: expected a whole number, not negative, found "x"`,
		},
		"with alone": {
			"with: {grant: 60s}\nrules: [{pass: true}]",
			"body:1:7: with goes with use: the name of a scenario in the library",
		},
		"other rules": {
			"use: too-busy\nrules: [{pass: true}]",
			`body:2:8: these are not the rules of "too-busy"; leave them or use out`,
		},
		"no parameters": {
			"use: barred\nwith: {grant: 60s}",
			`body:2:8: barred has no parameter "grant"; it takes none`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := document.DecodeScenario("body", []byte(test.body), "x")
			if diff := cmp.Diff(test.want, fmt.Sprint(err)); diff != "" {
				t.Errorf("alone (-want +got):\n%s", diff)
			}
			seed := "scenarios:\n- name: x\n  " + strings.ReplaceAll(test.body, "\n", "\n  ")
			_, err = document.Decode("body", []byte(seed))
			if err == nil || strings.Count(err.Error(), "\n") != strings.Count(test.want, "\n") {
				t.Errorf("in a seed: %v, want as many faults as in\n%s", err, test.want)
			}
		})
	}
}

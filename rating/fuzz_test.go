package rating_test

import (
	"encoding/json"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// FuzzCompile reads any document as YAML. Whatever compiles must survive JSON as the same plan,
// and rate, price and switch without a panic.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{conference, media, pager, threeRules, everything, "rules: [{}]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc rating.Document
		if yaml.Load(data, &doc) != nil {
			return
		}
		plan, faults := rating.Compile("im", 1, &doc)
		if (plan == nil) != (len(faults) > 0) {
			t.Fatalf("Compile = %v with faults %v", plan, faults)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("Marshal: %v", err)
		}
		again, err := rating.NewTariffs().Plan(&charging.PlanVersion{
			Name: "im", Version: 1, Source: text,
		})
		if (err == nil) != (plan != nil) {
			t.Fatalf("after JSON: %v, before: %v\n%s", err, faults, text)
		}
		if plan != nil {
			rating.Warnings(plan)
			comparePlans(t, plan, again)
		}
	})
}

func comparePlans(t *testing.T, plan, again charging.Plan) {
	t.Helper()
	in := typical()
	in.Info.Size = charging.Known(1000)
	for _, event := range []bool{false, true} {
		in.Event, in.Units = event, nil
		before, err := plan.Rate(&in)
		after, failed := again.Rate(&in)
		if (err == nil) != (failed == nil) || !before.Same(&after) {
			t.Fatalf("Rate = %+v, %v; after JSON %+v, %v", before, err, after, failed)
		}
		turn, _ := plan.Switch(&in, in.At)
		if other, _ := again.Switch(&in, in.At); !turn.Equal(other) {
			t.Fatalf("Switch = %s; after JSON %s", turn, other)
		}
		if err != nil {
			continue
		}
		units, charge, err := plan.Afford(&before, charging.Progress{}, 300, 1_000_000)
		if err == nil && (units > 300 || charge.Money > 1_000_000) {
			t.Fatalf("Afford(300, 1.00) = %d for %d", units, charge.Money)
		}
		in.At = in.At.Add(5 * time.Hour)
	}
}

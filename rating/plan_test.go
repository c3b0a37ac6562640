package rating_test

import (
	"encoding/json"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// read reads a document in YAML, unknown keys being errors.
func read(t failer, text string) *rating.Document {
	t.Helper()
	var doc rating.Document
	if err := yaml.Load([]byte(text), &doc, yaml.WithKnownFields()); err != nil {
		t.Fatalf("read plan: %v", err)
	}
	return &doc
}

// compile makes version 1 of plan im.
func compile(t testing.TB, text string) *rating.Plan {
	t.Helper()
	plan, faults := rating.Compile("im", 1, read(t, text))
	if len(faults) > 0 {
		t.Fatalf("Compile: %v", faults)
	}
	return plan
}

// source is a plan as the ledger keeps it.
func source(t testing.TB, text string) []byte {
	t.Helper()
	data, err := json.Marshal(read(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rate wants a rule to match.
func rate(t testing.TB, plan charging.Plan, in charging.Inputs) charging.Conditions {
	t.Helper()
	got, err := plan.Rate(&in)
	if err != nil {
		t.Fatalf("Rate: %v", err)
	}
	return got
}

// euros writes an amount of the plan's money.
func euros(amount int64) string {
	return charging.Quantity{Amount: amount, Unit: "EUR"}.String()
}

// A failer is a testing.TB or a rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

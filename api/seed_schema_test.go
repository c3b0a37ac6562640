package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
)

func TestTheSchemaOfSeedsIsWhole(t *testing.T) {
	t.Parallel()
	text, err := api.SeedSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	defined, _ := schema["$defs"].(map[string]any)
	references := 0
	var follow func(value any)
	follow = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, one := range value {
				follow(one)
			}
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok {
				references++
				if defined[strings.TrimPrefix(ref, "#/$defs/")] == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, one := range value {
				follow(one)
			}
		}
	}
	follow(schema)
	if references < 10 {
		t.Errorf("%d references, want many", references)
	}
	seed := field(t, any(defined), "Seed", "properties")
	for _, key := range []string{"plans", "accounts", "scenarios", "dictionary"} {
		if field(t, seed, key, "description") == nil {
			t.Errorf("the key %s of a seed is not explained", key)
		}
	}
	if open := field(t, any(defined), "Seed", "additionalProperties"); open != false {
		t.Errorf("additionalProperties = %v, want false: unknown keys are errors", open)
	}
	rule := field(t, any(defined), "ScenarioRule", "properties")
	for _, key := range []string{"do", "expect"} {
		if field(t, rule, key, "description") == nil {
			t.Errorf("the key %s of a rule is not explained", key)
		}
	}
}

package scenarios_test

import (
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/scenarios"
)

// TestExpressionsThatAreRefused wants each refused when it is compiled, in one line, and none to
// take the process down.
func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		strings.Repeat("(", 4_000_000):                             "at most 8192",
		strings.Repeat("!", 4_000_000) + "true":                    "at most 8192",
		strings.Repeat("[", 8_000):                                 "unexpected token EOF",
		strings.Repeat("{a:", 2_000):                               "exceeds maximum allowed nodes",
		strings.Repeat("true ? ", 900) + "true":                    "exceeds maximum allowed nodes",
		strings.Repeat("true && ", 110) + "true":                   "exceeds maximum allowed nodes",
		"let x = 1;" + strings.Repeat("let y = x;", 110) + "true":  "exceeds maximum allowed nodes",
		"1 in 1..1000000000":                                       "ranges are not allowed",
		"any(services, any(.services, # == 1))":                    "a predicate within a predicate",
		"any(services, let x = map(.services, #); any(x, # == 1))": "a predicate within a predicate",
		"all(services, {none(.services, {# == 1})})":               "a predicate within a predicate",
		`session matches "("`:                                      "missing closing )",
		"services[0].foo == 1":                                     "has no field foo",
		"fromJSON(session) == 1":                                   "unknown name fromJSON",
		"repeat(session, 1000000) == session":                      "unknown name repeat",
		"number":                                                   "expected bool, but got int",
		"":                                                         "unexpected token EOF",
	} {
		var e scenarios.Expression
		err := e.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q of %d octets: %v, want %q in one line", text, len(text), err, want)
		}
	}
}

func TestARuleCannotActBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	doc := scenarios.Document{Name: "x", Rules: []scenarios.Rule{{Pass: true, After: -1}}}
	faults := scenarios.Check(doc, scenarios.Wire{})
	if len(faults) != 1 || faults[0].Path != "rules[0].after" {
		t.Errorf("Check() = %v, want a fault of rules[0].after", faults)
	}
}

func TestExpressionsThatAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500),
		strings.Repeat("true && ", 98) + "true",
		"services | map(.rating_group) | any(# == 1)",
		"sum(map(services, .rating_group)) > 1 && session matches '^im'",
		"let a = available('EUR'); a > 0 && a < 10",
	} {
		var e scenarios.Expression
		if err := e.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%.60q: %v, want it compiled", text, err)
		}
	}
}

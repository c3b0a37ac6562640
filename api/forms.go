package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// schemaName tells shapes of the same name apart by the package they come from.
func schemaName(kind reflect.Type, hint string) string {
	for kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	name := huma.DefaultSchemaNamer(kind, hint)
	switch {
	case strings.HasSuffix(kind.PkgPath(), "/document") && name == "Document":
		return "Seed"
	case strings.HasSuffix(kind.PkgPath(), "/document"):
		return "Written" + name
	case strings.HasSuffix(kind.PkgPath(), "/rating"):
		return "Plan" + name
	case strings.HasSuffix(kind.PkgPath(), "/scenarios") && name == "Status":
		return "Scenario"
	case strings.HasSuffix(kind.PkgPath(), "/scenarios") && !ofJournal(name):
		return "Scenario" + name
	}
	return name
}

// ofJournal tells shapes of the journal, which speak for themselves, from those of a scenario.
func ofJournal(name string) bool {
	return slices.ContainsFunc([]string{
		"Exchange", "Explanation", "Observation", "Verifi", "Miss", "Match",
	}, func(part string) bool { return strings.Contains(name, part) })
}

// forms says of values that have several written forms which those are; Go's types do not.
func forms(registry huma.Registry) {
	alias := func(kind, form reflect.Type) { registry.RegisterTypeAlias(kind, form) }
	text := reflect.TypeFor[textForm]()
	alias(reflect.TypeFor[charging.Quantity](), text)
	alias(reflect.TypeFor[scenarios.Delay](), text)
	alias(reflect.TypeFor[scenarios.Grant](), text)
	alias(reflect.TypeFor[scenarios.Span](), text)
	alias(reflect.TypeFor[scenarios.Share](), text)
	alias(reflect.TypeFor[scenarios.Lapse](), text)
	alias(reflect.TypeFor[scenarios.Expression](), text)
	scalar := reflect.TypeFor[scalarForm]()
	alias(reflect.TypeFor[scenarios.Value](), scalar)
	alias(reflect.TypeFor[scenarios.Amends](), reflect.TypeFor[amendsForm]())
	alias(reflect.TypeFor[scenarios.Slice](), reflect.TypeFor[sliceForm]())
	alias(reflect.TypeFor[scenarios.Disconnect](), reflect.TypeFor[disconnectForm]())
	alias(reflect.TypeFor[rating.Text](), scalar)
	alias(reflect.TypeFor[scenarios.Range](), scalar)
	alias(reflect.TypeFor[scenarios.Result](), scalar)
	alias(reflect.TypeFor[scenarios.Results](), scalar)
	alias(reflect.TypeFor[resource.Scalar](), scalar)
	alias(reflect.TypeFor[resource.Truth](), reflect.TypeFor[truthForm]())
	alias(reflect.TypeFor[scenarios.Validity](), scalar)
	list := reflect.TypeFor[listForm]()
	alias(reflect.TypeFor[rating.List](), list)
	alias(reflect.TypeFor[scenarios.Names](), list)
	final := reflect.TypeFor[finalForm]()
	alias(reflect.TypeFor[rating.Final](), final)
	alias(reflect.TypeFor[scenarios.Final](), final)
	alias(reflect.TypeFor[resource.Final](), final)
	alias(reflect.TypeFor[scenarios.Nth](), reflect.TypeFor[nthForm]())
	alias(reflect.TypeFor[scenarios.UnitsRange](), reflect.TypeFor[unitsForm]())
	alias(reflect.TypeFor[scenarios.Expects](), reflect.TypeFor[expectsForm]())
	alias(reflect.TypeFor[resource.Subscribers](), reflect.TypeFor[subscribersForm]())
	alias(reflect.TypeFor[resource.ServiceIDs](), reflect.TypeFor[numbersForm]())
	alias(reflect.TypeFor[resource.Recipients](), reflect.TypeFor[recipientsForm]())
	alias(reflect.TypeFor[resource.Granted](), reflect.TypeFor[grantedForm]())
}

// The forms, each of which describes itself to the framework.
type (
	textForm        struct{}
	scalarForm      struct{}
	listForm        struct{}
	finalForm       struct{}
	nthForm         struct{}
	amendsForm      struct{}
	sliceForm       struct{}
	disconnectForm  struct{}
	unitsForm       struct{}
	expectsForm     struct{}
	subscribersForm struct{}
	numbersForm     struct{}
	recipientsForm  struct{}
	grantedForm     struct{}
	truthForm       struct{}
)

func textSchema() *huma.Schema   { return &huma.Schema{Type: huma.TypeString} }
func numberSchema() *huma.Schema { return &huma.Schema{Type: huma.TypeInteger} }

func listSchema(of *huma.Schema) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: of}
}

func oneOf(forms ...*huma.Schema) *huma.Schema { return &huma.Schema{OneOf: forms} }

func (textForm) Schema(huma.Registry) *huma.Schema   { return textSchema() }
func (scalarForm) Schema(huma.Registry) *huma.Schema { return oneOf(textSchema(), numberSchema()) }

func (listForm) Schema(huma.Registry) *huma.Schema {
	scalar := oneOf(textSchema(), numberSchema())
	return oneOf(textSchema(), numberSchema(), listSchema(scalar))
}

func (finalForm) Schema(huma.Registry) *huma.Schema {
	long := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"redirect": textSchema(), "restrict": listSchema(textSchema()),
			"qos": {Type: huma.TypeBoolean},
		},
	}
	return oneOf(&huma.Schema{Type: huma.TypeString, Enum: []any{"terminate"}}, long)
}

func (nthForm) Schema(huma.Registry) *huma.Schema {
	long := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"is"},
		Properties: map[string]*huma.Schema{
			"per": {Type: huma.TypeString, Enum: []any{"total", "session", "subscriber"}},
			"is":  oneOf(textSchema(), numberSchema()),
		},
	}
	return oneOf(textSchema(), numberSchema(), long)
}

func (amendsForm) Schema(r huma.Registry) *huma.Schema {
	one := r.Schema(reflect.TypeFor[scenarios.Amend](), true, "ScenarioAmend")
	return oneOf(one, listSchema(one))
}

func (sliceForm) Schema(huma.Registry) *huma.Schema {
	long := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"octets"},
		Properties: map[string]*huma.Schema{"octets": numberSchema(), "pause": textSchema()},
	}
	return oneOf(numberSchema(), long)
}

func (disconnectForm) Schema(huma.Registry) *huma.Schema {
	word := func(words ...any) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Enum: words}
	}
	long := &huma.Schema{
		Type: huma.TypeObject,
		Properties: map[string]*huma.Schema{
			"when": word("before", "after"), "how": word("close", "reset", "half"),
		},
	}
	return oneOf(word("before", "after", "close", "reset", "half"), long)
}

func (unitsForm) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:        huma.TypeString,
		Description: "absent, empty, or a range of quantities like 60s.. or 1 MiB..10 MiB",
	}
}

func (expectsForm) Schema(r huma.Registry) *huma.Schema {
	one := r.Schema(reflect.TypeFor[scenarios.Expect](), true, "ScenarioExpect")
	return oneOf(one, listSchema(one))
}

func (subscribersForm) Schema(r huma.Registry) *huma.Schema {
	identity := r.Schema(reflect.TypeFor[resource.Identity](), true, "Identity")
	return oneOf(textSchema(), identity, listSchema(oneOf(textSchema(), identity)))
}

func (numbersForm) Schema(huma.Registry) *huma.Schema {
	return oneOf(numberSchema(), listSchema(numberSchema()))
}

func (recipientsForm) Schema(huma.Registry) *huma.Schema {
	return oneOf(numberSchema(), listSchema(textSchema()))
}

func (grantedForm) Schema(r huma.Registry) *huma.Schema {
	return oneOf(textSchema(), r.Schema(reflect.TypeFor[resource.Units](), true, "Units"))
}

func (truthForm) Schema(huma.Registry) *huma.Schema {
	word := &huma.Schema{Type: huma.TypeString, Enum: []any{"true", "false"}}
	return oneOf(&huma.Schema{Type: huma.TypeBoolean}, word)
}

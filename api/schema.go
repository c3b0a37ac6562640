package api

import (
	_ "embed"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/document"
)

// description is what the framework needs to know of the API as a whole.
func (s *server) description() huma.Config {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "ocs-sim", Version: s.Version,
				Description: "The control API of ocs-sim, a Diameter Gy/Ro online charging " +
					"simulator. Bodies may be JSON or YAML, told apart by content; unknown " +
					"keys are errors. Quantities are texts: `12.50 EUR`, `10 MiB`, " +
					"`1h5m30s`, `3 events`. Every answer without success is a problem (RFC " +
					"9457) with a stable `code`.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer"},
				},
			},
			Tags: tags(),
		},
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat,
		},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{ourProblem},
	}
	if s.Version == "" {
		config.Info.Version = "unreleased"
	}
	forms(config.Components.Schemas)
	return config
}

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: "Accounts", Description: "Who has how much, and every movement of it."},
		{Name: "Plans", Description: "What it costs."},
		{Name: "Charging", Description: "The REST door to charging."},
		{Name: "Sessions", Description: "What is going on."},
		{Name: "Conferences", Description: "Sessions that belong together."},
		{Name: "Scenarios", Description: "What is answered on purpose."},
		{Name: "Dictionaries", Description: "AVPs that the standards do not tell of."},
		{Name: "Journal", Description: "What was asked and answered."},
		{Name: "Clock", Description: "The time that prices."},
		{Name: "Seed", Description: "Where everything begins."},
		{Name: "Settings", Description: "How the server behaves where the standards leave it open."},
		{Name: "Ledger", Description: "Whether the sums are right."},
		{Name: "Sandboxes", Description: "Simulators of one's own."},
		{Name: "Health", Description: "Whether it runs."},
	}
}

func (s *server) schemaOf(value any) *huma.Schema {
	kind := reflect.TypeOf(value)
	return s.api.OpenAPI().Components.Schemas.Schema(kind, true, kind.Name())
}

// finishDescription takes away what the framework registers for errors of its own form, which
// never reach anybody, and says which operations ask for the token.
func (s *server) finishDescription() {
	schemas := s.api.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, schema := range schemas {
		neverNull(schema)
	}
	for _, item := range s.api.OpenAPI().Paths {
		for _, operation := range operations(item) {
			if operation.Tags[0] != "Health" {
				operation.Security = []map[string][]string{{"token": {}}, {}}
			}
		}
	}
}

// operations are those of a path.
func operations(item *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{item.Get, item.Put, item.Post, item.Delete}
	return slices.DeleteFunc(all, func(o *huma.Operation) bool { return o == nil })
}

// neverNull says of lists that they are never null, and of their items.
func neverNull(schema *huma.Schema) {
	if schema == nil {
		return
	}
	if schema.Type == huma.TypeArray {
		schema.Nullable = false
	}
	neverNull(schema.Items)
	for _, property := range schema.Properties {
		neverNull(property)
	}
}

//go:embed descriptions.yaml
var descriptions []byte

// keyTexts are what the keys of all shapes mean, by shape and key.
func keyTexts() (map[string]map[string]string, error) {
	source, err := document.Parse("descriptions.yaml", descriptions)
	if err != nil {
		return nil, err
	}
	var texts map[string]map[string]string
	return texts, source.Invalid(source.Decode(&texts))
}

// describeKeys says what the keys of all shapes mean. That is needed only when somebody asks, so
// it takes no time from the start.
func (s *server) describeKeys() error {
	texts, err := keyTexts()
	if err != nil {
		return err
	}
	for shape, keys := range texts {
		for key, text := range keys {
			if !s.describeKey(shape, key, text) {
				return fmt.Errorf("descriptions.yaml: there is no key %s in shape %s", key, shape)
			}
		}
	}
	return nil
}

// describeKey finds a key of a shape; the shapes of lists have theirs in common.
func (s *server) describeKey(shape, key, text string) (found bool) {
	for name, schema := range s.api.OpenAPI().Components.Schemas.Map() {
		if name != shape && (shape != "List" || !strings.HasPrefix(name, shape)) {
			continue
		}
		if property := schema.Properties[key]; property != nil {
			property.Description, found = text, true
		}
	}
	return found
}

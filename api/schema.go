package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// description is what the framework needs to know of the API as a whole.
func (s *server) description() huma.Config {
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "ocs-sim", Version: s.Version,
				Description: "The control API of ocs-sim, a Diameter Gy/Ro online charging simulator. " +
					"Bodies may be JSON or YAML, told apart by content; unknown keys are errors. " +
					"Quantities are texts: `12.50 EUR`, `10 MiB`, `1h5m30s`, `3 events`. Every answer " +
					"without success is a problem (RFC 9457) with a stable `code`.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}},
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
		{Name: "Scenarios", Description: "What is answered on purpose."},
		{Name: "Journal", Description: "What was asked and answered."},
		{Name: "Clock", Description: "The time that prices."},
		{Name: "Seed", Description: "Where everything begins."},
		{Name: "Ledger", Description: "Whether the sums are right."},
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
	withoutReserved(schemas)
	for _, schema := range schemas {
		neverNull(schema)
	}
	for _, item := range s.api.OpenAPI().Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if operation != nil && operation.Tags[0] != "Health" {
				operation.Security = []map[string][]string{{"token": {}}, {}}
			}
		}
	}
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

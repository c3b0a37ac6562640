package api

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/document"
)

// SeedSchema is the JSON Schema of seed documents (draft 2020-12, which is that of OpenAPI 3.1).
func SeedSchema() ([]byte, error) {
	registry := huma.NewMapRegistry("#/$defs/", schemaName)
	forms(registry)
	seed := registry.Schema(reflect.TypeFor[document.Document](), true, "Document")
	schemas := registry.Map()
	for _, schema := range schemas {
		neverNull(schema)
	}
	if err := describeShapes(schemas); err != nil {
		return nil, err
	}
	whole := struct {
		Schema  string                  `json:"$schema"`
		Title   string                  `json:"title"`
		Ref     string                  `json:"$ref"`
		Defined map[string]*huma.Schema `json:"$defs"`
	}{
		"https://json-schema.org/draft/2020-12/schema", "A seed document of ocs-sim", seed.Ref,
		schemas,
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of seed documents: %w", err)
	}
	return text, nil
}

// describeShapes says what the keys of those shapes mean that are there.
func describeShapes(schemas map[string]*huma.Schema) error {
	texts, err := keyTexts()
	if err != nil {
		return err
	}
	for shape, keys := range texts {
		for key, text := range keys {
			if schema := schemas[shape]; schema != nil && schema.Properties[key] != nil {
				schema.Properties[key].Description = text
			}
		}
	}
	return nil
}

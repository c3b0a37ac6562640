package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const (
	dictionariesPath = "/v1/dictionaries"
	dictionaryPath   = "/v1/dictionaries/{name}"

	dictionaryAVPs = `"dictionary": [
		{"name": "Acme-Tier", "code": 1, "vendor": 99999, "type": "Enumerated", "mandatory": true,
			"values": {"SILVER": 0, "GOLD": 1}},
		{"name": "Acme-Info", "code": 2, "vendor": 99999, "type": "Grouped",
			"members": ["Acme-Tier"]}]}`
	dictionaryBody    = "{" + dictionaryAVPs
	dictionaryExample = `{"name": "acme", ` + dictionaryAVPs
)

// DictionaryPath is the path of one dictionary.
type DictionaryPath struct {
	Name string `path:"name" doc:"the dictionary's name" example:"acme"`
}

// PutDictionaryInput is the input of PUT /v1/dictionaries/{name}.
type PutDictionaryInput struct {
	DictionaryPath
	Written
}

func (s *server) dictionaryRoutes() {
	unknown := []charging.ErrorKind{diameter.KindDictionaryNotFound}
	register(s, route{
		method: "GET", path: dictionariesPath, id: "list-dictionaries", tag: "Dictionaries",
		summary:     "List dictionaries",
		description: "By name. The AVPs of the standards are always known, and not listed.",
		example:     `{"items": [` + dictionaryExample + `], "next": ""}`,
	}, s.listDictionaries)
	register(s, route{
		method: "PUT", path: dictionaryPath, id: "put-dictionary", tag: "Dictionaries",
		summary: "Create or change a dictionary",
		description: "AVPs of vendors, which plans, scenarios, trees and messages name from the " +
			"next message on. The body may also be XML, as go-diameter's or Wireshark's and " +
			"freeDiameter's dictionaries are. It survives neither a restart nor a reset.",
		created: true, body: resource.Dictionary{}, bodyExample: dictionaryBody,
		example:  dictionaryExample,
		problems: []charging.ErrorKind{charging.KindInvalidDocument},
	}, s.putDictionary)
	register(s, route{
		method: "GET", path: dictionaryPath, id: "get-dictionary", tag: "Dictionaries",
		summary: "Show a dictionary", description: "With all its AVPs.",
		example: dictionaryExample, problems: unknown,
	}, s.getDictionary)
	register(s, route{
		method: "DELETE", path: dictionaryPath, id: "delete-dictionary", tag: "Dictionaries",
		summary:     "Delete a dictionary",
		description: "Its AVPs are unknown from the next message on.",
		problems:    unknown,
	}, s.deleteDictionary)
}

func (s *server) listDictionaries(context.Context, *struct{}) (
	*Output[resource.List[resource.Dictionary]], error,
) {
	list := resource.List[resource.Dictionary]{Items: []resource.Dictionary{}}
	for _, name := range s.Dictionaries.Names() {
		if one, err := s.dictionary(name); err == nil {
			list.Items = append(list.Items, one)
		}
	}
	return answer(list, nil)
}

func (s *server) dictionary(name string) (resource.Dictionary, error) {
	definitions, err := s.Dictionaries.Named(name)
	return resource.Dictionary{
		Name: name, Dictionary: append([]diameter.Definition{}, definitions...),
	}, err
}

func (s *server) putDictionary(_ context.Context, in *PutDictionaryInput) (
	*StatusOutput[resource.Dictionary], error,
) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	written, err := document.DecodeDictionary(bodyName, data, in.Name)
	if err != nil {
		return nil, err
	}
	created, faults := s.Dictionaries.Put(in.Name, written.Definitions)
	if err := written.Invalid(faults); err != nil {
		return nil, err
	}
	now, err := s.dictionary(in.Name)
	if err != nil {
		return nil, err
	}
	return put(now, created), nil
}

func (s *server) getDictionary(_ context.Context, in *DictionaryPath) (
	*Output[resource.Dictionary], error,
) {
	return answer(s.dictionary(in.Name))
}

func (s *server) deleteDictionary(_ context.Context, in *DictionaryPath) (*struct{}, error) {
	return nil, s.Dictionaries.Delete(in.Name)
}

// addDictionary makes the AVPs of a seed known beside those of seeds before it.
func (s *server) addDictionary(definitions []diameter.Definition) error {
	faults := s.Dictionaries.Add(document.SeedDictionary, definitions)
	if len(faults) == 0 {
		return nil
	}
	for i := range faults {
		faults[i].Path = "dictionary" + faults[i].Path
	}
	return &charging.Error{
		Kind: charging.KindInvalidDocument, Message: faults[0].Message, Faults: faults,
	}
}

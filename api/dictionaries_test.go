package api_test

import (
	"strings"
	"testing"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/diameter"
)

const acmeBody = `dictionary:
  - {name: Acme-Tier, code: 1, vendor: 99999, values: {SILVER: 0, GOLD: 1}, mandatory: true}
  - {name: Acme-Info, code: 2, vendor: 99999, type: Grouped, members: [Acme-Tier]}
`

func TestDictionaries(t *testing.T) {
	t.Parallel()
	known := diameter.NewDictionaries()
	s := start(t, seedText, func(o *api.Options) { o.Dictionaries = known })
	s.want(t, 200, "GET", "/v1/dictionaries", "").expect(t, "", "next")
	made := s.want(t, 201, "PUT", "/v1/dictionaries/acme", acmeBody)
	made.expect(t, "acme", "name")
	made.expect(t, float64(1), "dictionary", 0, "values", "GOLD")
	made.expect(t, "Acme-Tier", "dictionary", 1, "members", 0)
	if err := known.Current().Knows("Acme-Info.Acme-Tier"); err != nil {
		t.Errorf("after PUT: %v", err)
	}
	plan := `{"currency": "EUR", "rules": [{"unit": "time", "price": "0.01 EUR",
		"match": {"avp": {"Acme-Info.Acme-Tier": "GOLD", "Acme-Mood": "GOOD"}}}]}`
	s.want(t, 201, "PUT", "/v1/plans/acme", plan).expect(t, "rules[0].match.avp.Acme-Mood: no AVP "+
		"is called Acme-Mood; no request will have it, unless a dictionary tells of it", "warnings", 0)
	shown := s.want(t, 200, "GET", "/v1/dictionaries/acme", "")
	s.want(t, 200, "PUT", "/v1/dictionaries/acme", shown.text)
	s.want(t, 200, "GET", "/v1/dictionaries", "").expect(t, "acme", "items", 0, "name")
	s.want(t, 201, "PUT", "/v1/dictionaries/xml", `<diameter><application id="4">
		<avp name="Acme-Load" code="9" vendor-id="99999" must="M"><data type="Float32"/></avp>
		</application></diameter>`).expect(t, "Float32", "dictionary", 0, "type")
	s.want(t, 204, "DELETE", "/v1/dictionaries/acme", "")
	s.problem(t, 404, "dictionary-not-found", "GET", "/v1/dictionaries/acme", "")
	s.problem(t, 404, "dictionary-not-found", "DELETE", "/v1/dictionaries/acme", "")
	if err := known.Current().Knows("Acme-Tier"); err == nil {
		t.Error("Acme-Tier is known after DELETE")
	}
}

func TestDictionaryFaultsComeAllAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, seedText, nil)
	s.want(t, 201, "PUT", "/v1/dictionaries/acme", acmeBody)
	wrong := s.problem(t, 422, "invalid-document", "PUT", "/v1/dictionaries/other", `dictionary:
  - {name: Acme-Tier, code: 1, vendor: 99999, type: Time}
  - {name: Session-Id, code: 7, vendor: 99999, type: Time}
`)
	wrong.expect(t, "body.dictionary[0].type", "errors", 0, "location")
	wrong.expect(t, float64(2), "errors", 0, "line")
	wrong.expect(t, "AVP 99999:1, Acme-Tier of dictionary acme, is of type Enumerated; "+
		"it cannot be of type Time too", "errors", 0, "message")
	wrong.expect(t, "body.dictionary[1].name", "errors", 1, "location")
	s.problem(t, 404, "dictionary-not-found", "GET", "/v1/dictionaries/other", "")
	for _, body := range []string{
		"", "name: acme", "name: other\n" + acmeBody, "avps: []", "<diameter/>", "<diameter>", "- {}",
		"[{name: A, code: many, vendor: 1, type: Time}]",
	} {
		s.problem(t, 422, "invalid-document", "PUT", "/v1/dictionaries/acme", body)
	}
	empty := s.want(t, 200, "PUT", "/v1/dictionaries/acme", "[]")
	if want := `{"name":"acme","dictionary":[]}`; strings.TrimSpace(empty.text) != want {
		t.Errorf("PUT of nothing = %s, want %s", empty.text, want)
	}
	s.want(t, 201, "PUT", "/v1/dictionaries/list",
		"[{name: Acme-Since, code: 3, vendor: 99999, type: Time}]")
}

func TestSeedsTellOfAVPsAndAResetForgetsThem(t *testing.T) {
	t.Parallel()
	known := diameter.NewDictionaries()
	s := start(t, seedText, func(o *api.Options) { o.Dictionaries = known })
	s.want(t, 200, "PUT", "/v1/seed", acmeBody)
	s.want(t, 200, "PUT", "/v1/seed", acmeBody)
	s.want(t, 200, "PUT", "/v1/seed", "dictionary: [{name: Acme-Since, code: 3, vendor: 99999, "+
		"type: Time}, {name: Acme-Level, code: 1, vendor: 99999, type: Unsigned32}]")
	got := s.want(t, 200, "GET", "/v1/dictionaries/seed", "")
	got.expect(t, "Acme-Info", "dictionary", 0, "name")
	got.expect(t, "Acme-Since", "dictionary", 1, "name")
	got.expect(t, "Acme-Level", "dictionary", 2, "name")
	s.problem(t, 422, "invalid-document", "PUT", "/v1/seed",
		"dictionary: [{name: Rating-Group, code: 432, type: Time}]").
		expect(t, "body.dictionary[0].type", "errors", 0, "location")
	s.want(t, 200, "POST", "/v1/reset", "")
	s.problem(t, 404, "dictionary-not-found", "GET", "/v1/dictionaries/seed", "")
}

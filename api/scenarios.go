package api

import (
	"context"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const (
	scenariosPath = "/v1/scenarios"
	scenarioPath  = "/v1/scenarios/{name}"

	scenarioBody = `{"subscriber": "15550100", "rules": [
		{"when": {"type": "update", "trigger": "participants"}, "times": 1,
			"limit": {"grant": "60s", "final": "terminate"}},
		{"when": {"type": "update"}, "answer": {"result": 4012, "level": "mscc",
		"ledger": "settle"}}]}`
)

// ScenarioPath is the path of one scenario.
type ScenarioPath struct {
	Name string `path:"name" doc:"the scenario's name" example:"last-minute-at-join"`
}

// PutScenarioInput is the input of PUT /v1/scenarios/{name}.
type PutScenarioInput struct {
	ScenarioPath
	Written
}

// Release is the body of POST /v1/scenarios/{name}/release.
type Release struct {
	Until string `json:"until,omitempty" yaml:"until" doc:"the name to release; empty: any"`
}

// Released is how many rules let their answers go.
type Released struct {
	Released int `json:"released" doc:"how many rules had answers to let go"`
}

func (s *server) releaseScenario(_ context.Context, in *PutScenarioInput) (
	*Output[Released], error,
) {
	written, err := decode[Release](&in.Written, nil)
	if err != nil {
		return nil, err
	}
	released, err := s.Scenarios.Release(in.Name, written.Until)
	return answer(Released{released}, err)
}

func (s *server) scenarioRoutes() {
	example := strings.Replace(scenarioBody, "{", `{"name": "last-minute-at-join",
		"verdict": "pending", "reason": "rules[0] never fired: no request matched",
		"counters": [{"rule": "last-minute-at-join rules[0]", "matched": 0, "fired": 0,
			"remaining": 1, "verdict": "pending", "reason": "never fired: no request matched"},
			{"rule": "last-minute-at-join rules[1]", "matched": 0, "fired": 0,
			"verdict": "pass", "reason": "never fired: no request matched"}], `, 1)
	invalid := []charging.ErrorKind{charging.KindInvalidDocument}
	unknown := []charging.ErrorKind{charging.KindScenarioNotFound}
	s.verdictRoutes(example)
	register(s, route{
		method: "PUT", path: scenarioPath, id: "put-scenario", tag: "Scenarios",
		summary: "Create or change a scenario",
		description: "What is answered on purpose. The first rule that matches and is not " +
			"used up acts; without one, charging goes as usual. Counters begin anew.",
		created: true, body: scenarios.Document{}, bodyExample: scenarioBody, example: example,
		problems: invalid,
	}, s.putScenario)
	register(s, route{
		method: "DELETE", path: scenarioPath, id: "delete-scenario", tag: "Scenarios",
		summary:     "Delete a scenario",
		description: "Charging goes as usual from the next request on.",
		problems:    unknown,
	}, s.deleteScenario)
	register(s, route{
		method: "POST", path: scenarioPath + "/rewind", id: "rewind-scenario", tag: "Scenarios",
		summary: "Begin a scenario anew", description: "Its counters go back to the start.",
		example: example, problems: unknown,
	}, s.rewindScenario)
	register(s, route{
		method: "POST", path: scenarioPath + "/release", id: "release-scenario", tag: "Scenarios",
		summary: "Let held answers go",
		description: "Answers that a rule's `fault: {hold: {until: NAME}}` keeps back go out: " +
			"those of the name in `until`, or all that the scenario holds.",
		body: Release{}, bodyExample: `{"until": "operator-is-back"}`,
		example: `{"released": 1}`, problems: []charging.ErrorKind{
			charging.KindScenarioNotFound, charging.KindInvalidDocument,
		},
	}, s.releaseScenario)
	register(s, route{
		method: "POST", path: scenariosPath + "/explain", id: "explain-scenarios", tag: "Scenarios",
		summary: "Ask which rule would act",
		description: "Takes a charge and tells, for each rule, whether it matches and if " +
			"not, what fails. Nothing is charged, used up or counted.",
		body: resource.Charge{}, bodyExample: chargeBody,
		example: `{"scenarios": [{"name": "last-minute-at-join",
			"rules": [{"rule": "last-minute-at-join rules[0]",
			"matches": false, "acts": false, "fails": "when.type", "want": "update",
			"seen": "initial",
			"why": "when.type wants update and sees initial"}]}]}`,
		problems: invalid,
	}, s.explain)
}

func (s *server) putScenario(_ context.Context, in *PutScenarioInput) (
	*StatusOutput[scenarios.Status], error,
) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	written, source, err := document.DecodeScenario(bodyName, data, in.Name, shownKeys()...)
	if err != nil {
		return nil, err
	}
	created, faults := s.Scenarios.Put(written)
	if err := source.Invalid(faults); err != nil {
		return nil, err
	}
	status, err := s.Scenarios.Get(in.Name)
	if err != nil {
		return nil, err
	}
	return put(status, created), nil
}

func (s *server) deleteScenario(_ context.Context, in *ScenarioPath) (*struct{}, error) {
	return nil, s.Scenarios.Delete(in.Name)
}

func (s *server) rewindScenario(_ context.Context, in *ScenarioPath) (
	*Output[scenarios.Status], error,
) {
	if err := s.Scenarios.Rewind(in.Name); err != nil {
		return nil, err
	}
	return answer(s.Scenarios.Get(in.Name))
}

// explain looks at session and account as charging would, and asks the scenarios.
func (s *server) explain(ctx context.Context, in *ChargeInput) (
	*Output[scenarios.Explanation], error,
) {
	request, err := s.decodeCharge(ctx, &in.Written)
	if err != nil {
		return nil, err
	}
	var explanation scenarios.Explanation
	err = s.situate(ctx, request, func(situation *charging.Situation) {
		explanation = s.Scenarios.Explain(situation)
	})
	return answer(explanation, err)
}

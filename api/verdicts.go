package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// shownKeys are those that a scenario has when it is read, beside its own.
func shownKeys() []string { return []string{"counters", "verdict", "reason"} }

// A Wait is how long to wait for verdicts, for inputs to embed.
type Wait struct {
	Wait string `query:"wait" doc:"how long to wait while the verdict is pending, as 10s; at most 55s" example:"10ms"`
}

// ScenarioInput is the input of GET /v1/scenarios/{name}.
type ScenarioInput struct {
	ScenarioPath
	Wait
}

// PickedScenarios are those that a client wants to see, for inputs to embed.
type PickedScenarios struct {
	Name []string `query:"name,explode" doc:"scenarios of these names; may be given several times"`
	Tag  string   `query:"tag" doc:"scenarios that have this tag"`
	Wait
}

func (p *PickedScenarios) picks(one *scenarios.Status) bool {
	return (len(p.Name) == 0 || slices.Contains(p.Name, one.Name)) &&
		(p.Tag == "" || slices.Contains(one.Tags, p.Tag))
}

// ScenariosInput is the input of GET /v1/scenarios.
type ScenariosInput struct {
	PickedScenarios
	Format string `query:"format" enum:"json,junit" default:"json" doc:"junit: JUnit XML, as /v1/scenarios.junit"`
}

// TextOutput is an answer that is written already.
type TextOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

const (
	junitPath    = "/v1/scenarios.junit"
	junitExample = `"<testsuites tests=\"1\" failures=\"0\" errors=\"1\"></testsuites>"`
	xmlMedia     = "application/xml"
)

func (s *server) verdictRoutes(one string) {
	unknown := []charging.ErrorKind{charging.KindScenarioNotFound}
	register(s, route{
		method: "GET", path: scenariosPath, id: "list-scenarios", tag: "Scenarios",
		summary: "List scenarios",
		description: "In the order in which they are tried, with counters and verdicts. With " +
			"`wait` the answer comes when no verdict is pending, or when that time is over.",
		example: `{"items": [` + one + `], "next": ""}`, problems: unknown,
	}, s.listScenarios)
	s.describeList(`{"items": [` + one + `], "next": ""}`)
	register(s, route{
		method: "GET", path: junitPath, id: "scenarios-junit", tag: "Scenarios",
		summary: "Show verdicts as JUnit XML",
		description: "A test suite for each scenario and a test case for each rule. A fail is a " +
			"failure, what is pending an error, a rule that need not act and did not is skipped.",
		example: junitExample, problems: unknown,
	}, s.junitScenarios)
	s.api.OpenAPI().Paths[junitPath].Get.Responses["200"].Content = map[string]*huma.MediaType{
		xmlMedia: {Schema: textSchema(), Example: example(junitExample)},
	}
	register(s, route{
		method: "GET", path: scenarioPath, id: "get-scenario", tag: "Scenarios",
		summary: "Show a scenario",
		description: "With how often each rule matched and acted, and its verdict: pass, fail or " +
			"pending, with the reason. With `wait` the answer comes when the verdict is not " +
			"pending, or when that time is over.",
		example: one, problems: unknown,
	}, s.getScenario)
	register(s, route{
		method: "DELETE", path: scenariosPath, id: "delete-scenarios", tag: "Scenarios",
		summary: "Delete scenarios by tag", description: "Those that have the tag; there may be none.",
		status: http.StatusOK, example: `{"deleted": 2}`,
	}, s.deleteScenarios)
}

// describeList says what the list is, since it is written here and not by the framework.
func (s *server) describeList(text string) {
	s.api.OpenAPI().Paths[scenariosPath].Get.Responses["200"].Content = map[string]*huma.MediaType{
		"application/json": {
			Schema: s.schemaOf(resource.List[scenarios.Status]{}), Example: example(text),
		},
		xmlMedia: {Schema: textSchema(), Example: example(junitExample)},
	}
}

// settled waits for the verdicts of those that are picked. A name that is not there is a mistake.
func (s *server) settled(ctx context.Context, p *PickedScenarios) ([]scenarios.Status, error) {
	for _, name := range p.Name {
		if _, err := s.Scenarios.Get(name); err != nil {
			return nil, err
		}
	}
	spell, err := readWait("wait", p.Wait.Wait)
	if err != nil {
		return nil, err
	}
	return s.waitSettled(ctx, spell, p.picks), nil
}

func (s *server) waitSettled(
	ctx context.Context, spell time.Duration, picks func(*scenarios.Status) bool,
) []scenarios.Status {
	ctx, cancel := context.WithTimeout(ctx, spell)
	defer cancel()
	defer whenStopping(ctx, cancel)()
	return s.Scenarios.Settled(ctx, picks)
}

func (s *server) listScenarios(ctx context.Context, in *ScenariosInput) (*TextOutput, error) {
	if in.Format == "junit" {
		return s.junitScenarios(ctx, &in.PickedScenarios)
	}
	items, err := s.settled(ctx, &in.PickedScenarios)
	if err != nil {
		return nil, err
	}
	list := resource.List[scenarios.Status]{Items: append([]scenarios.Status{}, items...)}
	body, err := json.Marshal(list)
	return &TextOutput{ContentType: "application/json", Body: append(body, '\n')}, err
}

func (s *server) junitScenarios(ctx context.Context, in *PickedScenarios) (*TextOutput, error) {
	items, err := s.settled(ctx, in)
	if err != nil {
		return nil, err
	}
	body, err := junitReport(items)
	return &TextOutput{ContentType: xmlMedia, Body: body}, err
}

func (s *server) getScenario(ctx context.Context, in *ScenarioInput) (
	*Output[scenarios.Status], error,
) {
	spell, err := readWait("wait", in.Wait.Wait)
	if err != nil {
		return nil, err
	}
	if _, err := s.Scenarios.Get(in.Name); err != nil {
		return nil, err
	}
	found := s.waitSettled(ctx, spell, func(one *scenarios.Status) bool {
		return one.Name == in.Name
	})
	if len(found) == 0 { // deleted meanwhile
		return answer(s.Scenarios.Get(in.Name))
	}
	return answer(found[0], nil)
}

func (s *server) deleteScenarios(_ context.Context, in *TagInput) (*Output[Deleted], error) {
	return answer(Deleted{s.Scenarios.DeleteTagged(in.Tag)}, nil)
}

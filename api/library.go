package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// LibraryPath is the path of one built-in scenario.
type LibraryPath struct {
	Name string `path:"name" doc:"the built-in scenario's name" example:"quota-exhausted-at-join"`
}

// libraryRoutes show what PUT /v1/scenarios/{name} takes under use.
func (s *server) libraryRoutes() {
	const example = `{"name": "last-units-at-join", "part": "Joining and leaving",
		"provokes": "As somebody joins, the last units are granted, with a final unit: they may ` +
		`be used, and then the session ends.",
		"money": "Charged as usual. No more than the last grant is reserved.",
		"broke": "ergw ignores final units and asks again; Open5GS sends no CCR-U after one.",
		"with": {"grant": {"means": "the last units", "default": "60s"},
			"times": {"means": "how often", "default": "1"},
			"rating_group": {"means": "this rating group alone; left out: all services"}},
		"rules": [{"when": {"type": "update", "trigger": "participants",
			"if": "participants >= participants_before"},
			"times": 1, "limit": {"grant": "60s", "final": "terminate"}}]}`
	register(s, route{
		method: "GET", path: "/v1/library", id: "list-library", tag: "Scenarios",
		summary: "List the built-in scenarios",
		description: "What each provokes, what happens to money, which client it broke, and its " +
			"rules. PUT /v1/scenarios/{name} takes one by name: `{\"use\": NAME, \"with\": {}}`.",
		example: `{"items": [` + example + `], "next": ""}`,
	}, listLibrary)
	register(s, route{
		method: "GET", path: "/v1/library/{name}", id: "get-library-scenario", tag: "Scenarios",
		summary:     "Show a built-in scenario",
		description: "With its parameters, and its rules as they are put where none is given.",
		example:     example, problems: []charging.ErrorKind{charging.KindScenarioNotFound},
	}, getLibraryScenario)
}

func listLibrary(context.Context, *struct{}) (
	*Output[resource.List[scenarios.LibraryScenario]], error,
) {
	all, err := document.Library()
	return answer(resource.List[scenarios.LibraryScenario]{Items: all}, err)
}

func getLibraryScenario(_ context.Context, in *LibraryPath) (
	*Output[scenarios.LibraryScenario], error,
) {
	found, err := document.LibraryScenario(in.Name)
	if err != nil {
		return nil, err
	}
	return answer(*found, nil)
}

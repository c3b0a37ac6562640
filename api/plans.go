package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

const (
	plansPath = "/v1/plans"
	planPath  = "/v1/plans/{name}"

	planBody = `{"currency": "EUR", "rules": [{"name": "conference",
		"match": {"context": "*32260@3gpp.org", "rating_group": 100}, "unit": "time", "per": "60s",
		"price": "0.05 EUR", "participants": {"mode": "per_extra", "base": 2, "amount": "0.02 EUR"},
		"quota": {"default": "300s", "min": "60s"}}]}`
)

// PlanPath is the path of one plan.
type PlanPath struct {
	Name string `path:"name" doc:"the plan's name" example:"im"`
}

// PutPlanInput is the input of PUT /v1/plans/{name}.
type PutPlanInput struct {
	PlanPath
	Written
}

// GetPlanInput is the input of GET /v1/plans/{name}.
type GetPlanInput struct {
	PlanPath
	Version int64 `query:"version" minimum:"0" doc:"which version; left out: the current one"`
}

// A Plan is a plan as written, with its name and version.
type Plan struct {
	Name    string `json:"name"`
	Version int64  `json:"version"`
	rating.Document
	Warnings []string `json:"warnings,omitempty"`
}

func (s *server) planRoutes() {
	answered := strings.Replace(planBody, "{", `{"name": "im", "version": 1, `, 1)
	register(s, route{
		method: "GET", path: plansPath, id: "list-plans", tag: "Plans", summary: "List plans",
		description: "All plans with their current version. There is no second page.",
		example: `{"items": [{"name": "im", "version": 1, "currency": "EUR", "rules": 1}],
			"next": ""}`,
	}, s.listPlans)
	register(s, route{
		method: "PUT", path: planPath, id: "put-plan", tag: "Plans",
		summary: "Create or change a plan",
		description: "A changed plan gets a new version, which prices from then on; what was " +
			"granted before is settled at the version of its grant. The same plan again " +
			"changes nothing.",
		created: true, body: rating.Document{}, bodyExample: planBody, example: answered,
		problems: []charging.ErrorKind{charging.KindInvalidDocument, charging.KindLedgerStopped},
	}, s.putPlan)
	register(s, route{
		method: "GET", path: planPath, id: "get-plan", tag: "Plans", summary: "Show a plan",
		description: "The plan as written, or an older version of it.", example: answered,
		problems: []charging.ErrorKind{charging.KindPlanNotFound},
	}, s.getPlan)
	register(s, route{
		method: "DELETE", path: planPath, id: "delete-plan", tag: "Plans", summary: "Delete a plan",
		description: "A plan that accounts have is in use.",
		problems: []charging.ErrorKind{
			charging.KindPlanNotFound, charging.KindPlanInUse, charging.KindLedgerStopped,
		},
	}, s.deletePlan)
	s.quoteRoutes()
}

func (s *server) planNames(ctx context.Context) ([]string, error) {
	plans, err := s.Ledger.Plans(ctx)
	names := make([]string, len(plans))
	for i := range plans {
		names[i] = plans[i].Name
	}
	return names, err
}

func (s *server) listPlans(ctx context.Context, _ *struct{}) (
	*Output[resource.List[resource.PlanSummary]], error,
) {
	plans, err := s.Ledger.Plans(ctx)
	if err != nil {
		return nil, err
	}
	list := resource.List[resource.PlanSummary]{Items: make([]resource.PlanSummary, len(plans))}
	for i := range plans {
		plan, err := readPlan(&plans[i])
		if err != nil {
			return nil, err
		}
		list.Items[i] = resource.PlanSummary{
			Name: plan.Name, Version: plan.Version, Currency: string(plan.Currency),
			Rules: len(plan.Rules),
		}
	}
	return answer(list, nil)
}

func readPlan(version *charging.PlanVersion) (*Plan, error) {
	plan := &Plan{Name: version.Name, Version: version.Version}
	if err := json.Unmarshal(version.Source, &plan.Document); err != nil {
		return nil, fmt.Errorf("read plan %s, version %d: %w", version.Name, version.Version, err)
	}
	return plan, nil
}

func (s *server) putPlan(ctx context.Context, in *PutPlanInput) (*StatusOutput[*Plan], error) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	written, err := document.DecodePlan(bodyName, data, in.Name)
	if err != nil {
		return nil, err
	}
	source, err := json.Marshal(written)
	if err != nil {
		return nil, fmt.Errorf("write plan %s: %w", in.Name, err)
	}
	version, changed, err := s.Ledger.PutPlan(ctx, s.Clock.Now(), in.Name, source)
	if err != nil {
		return nil, err
	}
	if changed && version > 1 {
		s.changedPlan(in.Name)
	}
	plan := &Plan{Name: in.Name, Version: version, Document: *written}
	if compiled, faults := rating.Compile(in.Name, version, written); len(faults) == 0 {
		unknown := document.UnknownAVPs(s.Dictionaries.Current(), written)
		for _, warning := range append(rating.Warnings(compiled), unknown...) {
			plan.Warnings = append(plan.Warnings, warning.Path+": "+warning.Message)
		}
	}
	return put(plan, changed && version == 1), nil
}

func (s *server) getPlan(ctx context.Context, in *GetPlanInput) (*Output[*Plan], error) {
	version, err := s.Ledger.PlanVersion(ctx, in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	return answer(readPlan(&version))
}

func (s *server) deletePlan(ctx context.Context, in *PlanPath) (*struct{}, error) {
	return nil, s.Ledger.DeletePlan(ctx, s.Clock.Now(), in.Name)
}

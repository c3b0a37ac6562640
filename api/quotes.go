package api

import (
	"context"
	"fmt"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// QuoteInput is the input of POST /v1/quotes.
type QuoteInput struct{ Written }

func (s *server) quoteRoutes() {
	register(s, route{
		method: "POST", path: "/v1/quotes", id: "quote", tag: "Plans", summary: "Ask for a price",
		description: "What units would cost under a plan, and how many of them an amount of " +
			"money pays. Nothing is reserved, and no account is needed.",
		body: resource.Quote{},
		bodyExample: `{"plan": "im", "rating_group": 100, "participants": 3, "units": "125s",
			"money": "0.10 EUR"}`,
		example: `{"plan": "im", "version": 1, "rule": "conference", "price": "0.07 EUR",
			"asked": "125s",
			"cost": "0.21 EUR", "granted": "60s", "charge": "0.07 EUR", "last": true,
			"valid_for": "3600s",
			"why": ["rule \"conference\" matches: 0.07 EUR for each 60s (3 participants)",
				"125s start 3 blocks at 0.07 EUR: 0.21 EUR",
				"0.10 EUR pays 60s for 0.07 EUR: the last grant"]}`,
		problems: []charging.ErrorKind{
			charging.KindPlanNotFound, charging.KindAccountNotFound, charging.KindInvalidDocument,
			charging.KindUnitMismatch, codeRatingFailed,
		},
	}, s.quote)
}

func (s *server) quote(ctx context.Context, in *QuoteInput) (*Output[resource.Quotation], error) {
	var request rating.QuoteRequest
	written, err := decode(&in.Written, func(q *resource.Quote) (faults []charging.Fault) {
		request, faults = q.Request()
		return faults
	})
	if err != nil {
		return nil, err
	}
	if request.Inputs.At.IsZero() {
		request.Inputs.At = s.Clock.Now()
	}
	version, err := s.quotedPlan(ctx, written)
	if err != nil {
		return nil, err
	}
	plan, err := s.Tariffs.Plan(&version)
	if err != nil {
		return nil, fmt.Errorf("compile version %d of plan %s: %w",
			version.Version, version.Name, err)
	}
	quotation, err := rating.Quote(plan, request)
	if err != nil {
		return nil, err
	}
	return answer(writeQuotation(&version, plan.Currency(), &quotation), nil)
}

// quotedPlan finds the plan that is named, or that of the account that is.
func (s *server) quotedPlan(ctx context.Context, q *resource.Quote) (charging.PlanVersion, error) {
	name := q.Plan
	if name == "" {
		account, err := s.Ledger.Account(ctx, q.Account)
		if err != nil {
			return charging.PlanVersion{}, err
		}
		name = account.Plan
	}
	return s.Ledger.PlanVersion(ctx, name, q.Version)
}

func writeQuotation(
	version *charging.PlanVersion, currency charging.Unit, q *rating.Quotation,
) resource.Quotation {
	money := func(amount int64) string {
		return charging.Quantity{Amount: amount, Unit: currency}.String()
	}
	return resource.Quotation{
		Plan: version.Name, Version: version.Version, Rule: q.Conditions.Rule,
		Price: money(q.Conditions.Price), Asked: q.Asked.String(), Cost: q.Cost.String(),
		Granted: q.Granted.String(), Charge: money(q.Charge.Money), Last: q.Last,
		ValidFor: fmt.Sprintf("%ds", int64(q.Terms.ValidFor.Seconds())),
		SwitchAt: q.SwitchAt, Why: q.Steps,
	}
}

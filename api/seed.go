package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

const (
	seedPath = "/v1/seed"

	// maxKeptIDs is how many accounts that were left alone are named.
	maxKeptIDs = 100

	seedExample = `{"plans": {"im": {"currency": "EUR", "rules": [{"name": "conference",
		"unit": "time",
		"per": "60s", "price": "0.05 EUR"}]}},
		"accounts": [{"id": "alice", "plan": "im", "subscribers": [{"e164": "15550100"}],
			"balances": [{"amount": "10.00 EUR"}]},
			{"id": "load-{n}", "count": 1000, "plan": "im", "subscribers": [{"e164": "1555{n:07}"}],
			"balances": [{"amount": "100.00 EUR"}]}],
		"scenarios": [{"name": "refused", "rules": [{"when": {"type": "update"}, "times": 1,
			"answer": {"result": 4012}}]}]}`
	reportExample = `{"plans": ["im"], "accounts": 1001, "kept": 0, "kept_ids": [],
		"scenarios": ["refused"]}`
)

// SeedInput is the input of PUT /v1/seed.
type SeedInput struct{ Written }

func (s *server) seedRoutes() {
	register(s, route{
		method: "GET", path: seedPath, id: "get-seed", tag: "Seed",
		summary:     "Show the start-up seed",
		description: "What the server was started with, and goes back to by a reset.",
		example:     seedExample,
	}, s.getSeed)
	register(s, route{
		method: "PUT", path: seedPath, id: "put-seed", tag: "Seed",
		summary: "Apply a seed document",
		description: "Creates what is not there: accounts that exist are left alone, changed " +
			"plans get a new version, scenarios are loaded, AVPs known; settings, where the " +
			"document has any, take the place of those that hold. Nothing is changed where " +
			"anything is wrong. The start-up seed, to which a reset goes back, stays what it " +
			"was.",
		body: document.Document{}, bodyExample: seedExample, example: reportExample,
		problems: []charging.ErrorKind{charging.KindInvalidDocument, charging.KindLedgerStopped},
	}, s.putSeed)
	register(s, route{
		method: "POST", path: "/v1/reset", id: "reset", tag: "Seed", summary: "Begin again",
		description: "The start-up seed again: accounts, plans, sessions, scenarios, " +
			"dictionaries, journal and clock are as after the start. Connections stay, entry " +
			"numbers go on, and Origin-State-Id is one higher.",
		example: reportExample, problems: []charging.ErrorKind{charging.KindLedgerStopped},
	}, s.reset)
	register(s, route{
		method: "GET", path: "/v1/ledger/check", id: "check-ledger", tag: "Ledger",
		summary: "Check the ledger",
		description: "Whether every invariant holds, the sums of all postings and " +
			"reservations among them. The status is 200 in any case.",
		example: `{"ok": true, "violations": []}`,
	}, s.checkLedger)
}

func (s *server) getSeed(context.Context, *struct{}) (*Output[*document.Document], error) {
	return answer(s.Seed, nil)
}

func (s *server) putSeed(ctx context.Context, in *SeedInput) (*Output[resource.SeedReport], error) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	plans, err := s.planNames(ctx)
	if err != nil {
		return nil, err
	}
	file := document.File{Name: bodyName, Data: data}
	known := s.Dictionaries.Except(document.SeedDictionary)
	written, err := document.DecodeKnowing(known, plans, file)
	if err != nil {
		return nil, err
	}
	s.turning.Lock()
	defer s.turning.Unlock()
	if err := s.addDictionary(written.Dictionary); err != nil {
		return nil, err
	}
	report, err := s.Ledger.Seed(ctx, s.Clock.Now(), written.Seed())
	if err != nil {
		return nil, err
	}
	for _, plan := range report.PlansChanged {
		s.changedPlan(plan)
	}
	if !written.SettingsDocument.Empty() {
		s.set(&written.SettingsDocument)
	}
	names, err := s.loadScenarios(written.Scenarios)
	return answer(writeReport(&report, names), err)
}

// loadScenarios puts scenarios that a document has checked.
func (s *server) loadScenarios(written []scenarios.Document) ([]string, error) {
	names := []string{}
	for _, scenario := range written {
		if _, faults := s.Scenarios.Put(scenario); len(faults) > 0 {
			return nil, charging.Errorf(charging.KindInvalidDocument,
				"scenario %s cannot be loaded: %s", scenario.Name, faults[0].Message)
		}
		names = append(names, scenario.Name)
	}
	return names, nil
}

func writeReport(report *accounts.SeedReport, loaded []string) resource.SeedReport {
	return resource.SeedReport{
		Plans:    append([]string{}, report.PlansChanged...),
		Accounts: len(report.Created), Kept: len(report.Kept),
		KeptIDs:   append([]string{}, report.Kept[:min(len(report.Kept), maxKeptIDs)]...),
		Scenarios: loaded,
	}
}

// reset goes back to the start-up seed. The clock is turned back first: the ledger's time never
// falls behind a request's, so none may enter the new life with the time of the old one.
func (s *server) reset(ctx context.Context, _ *struct{}) (*Output[resource.SeedReport], error) {
	s.turning.Lock()
	defer s.turning.Unlock()
	before, fresh := s.Clock.State(), charging.ClockState{}
	s.Clock.Reset(fresh)
	seed := s.Seed.Seed()
	if err := s.Ledger.Reset(ctx, s.Clock.Now(), seed, fresh); err != nil {
		s.Clock.Reset(before)
		return nil, err
	}
	s.Scenarios.Clear()
	s.Dictionaries.Rewind()
	names, err := s.loadScenarios(s.Seed.Scenarios)
	if err != nil {
		return nil, err
	}
	s.forgetCourses(ctx)
	s.Journal.Clear()
	s.forgetRequests()
	if s.Records != nil {
		s.Records.Forget()
	}
	s.Summons.Forget()
	s.set(s.StartSettings)
	report := resource.SeedReport{
		Plans: []string{}, Accounts: len(seed.Accounts), KeptIDs: []string{}, Scenarios: names,
	}
	for _, plan := range seed.Plans {
		report.Plans = append(report.Plans, plan.Name)
	}
	return answer(report, nil)
}

func (s *server) checkLedger(ctx context.Context, _ *struct{}) (*Output[resource.Check], error) {
	violations, err := s.Ledger.Check(ctx)
	return answer(resource.Check{
		OK: len(violations) == 0, Violations: append([]string{}, violations...),
	}, err)
}

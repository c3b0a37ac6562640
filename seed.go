package ocssim

import (
	"context"
	"fmt"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// decodeSeed reads the seed documents; accounts may have plans that the ledger keeps already.
func (s *Server) decodeSeed(plans []charging.PlanVersion) error {
	names := make([]string, 0, len(plans))
	for _, plan := range plans {
		names = append(names, plan.Name)
	}
	var known *diameter.Dictionary // nil spares the start waiting for the standards' AVPs
	if len(s.options.Dictionaries) > 0 {
		known = s.vendors.Current()
	}
	seed, err := s.options.Seed, error(nil)
	if seed == nil {
		seed, err = document.DecodeKnowing(known, names, s.options.Seeds...)
	}
	if err != nil {
		return err
	}
	s.seed, s.notices = seed, seed.Warnings()
	if faults := s.vendors.Add(document.SeedDictionary, seed.Dictionary); len(faults) > 0 {
		return fmt.Errorf("the dictionary of the seed: %s", faults[0].Message)
	}
	s.vendors.Keep()
	return s.resolveSettings()
}

// resolveSettings makes the settings of the start: the seed's, and over them those of the options.
func (s *Server) resolveSettings() error {
	s.written = &s.seed.SettingsDocument
	if !s.options.Settings.Empty() {
		s.written = s.written.Over(&s.options.Settings)
	}
	usual, clients, faults := s.written.Resolve()
	if len(faults) > 0 {
		return &OptionError{"--set", faults[0].Message}
	}
	s.settings.Set(usual, clients)
	return nil
}

// applySeed writes what the ledger does not have yet, and loads the scenarios.
func (s *Server) applySeed(ctx context.Context) error {
	report, err := s.ledger.Seed(ctx, s.clock.Now(), s.seed.Seed())
	if err != nil {
		return fmt.Errorf("apply the seed: %w", err)
	}
	if n := len(report.Kept); n > 0 {
		notice := "%d accounts of the seed are in the database already and stay as they are there: %s"
		if n == 1 {
			notice = "%d account of the seed is in the database already and stays as it is there: %s"
		}
		s.notices = append(s.notices, fmt.Sprintf(notice, n, some(report.Kept)))
	}
	for _, scenario := range s.seed.Scenarios {
		if _, faults := s.scenarios.Put(scenario); len(faults) > 0 {
			return &charging.Error{
				Kind:    charging.KindInvalidDocument,
				Message: "scenario " + scenario.Name + " cannot be used: " + faults[0].Message,
				Faults:  faults,
			}
		}
	}
	return nil
}

// some names the first few of many.
func some(ids []string) string {
	const few = 5
	if len(ids) <= few {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:few], ", ") + ", ..."
}

// Notices are what the start has to say that is no error: warnings of the seed's plans, accounts
// that were left alone.
func (s *Server) Notices() []string { return s.notices }

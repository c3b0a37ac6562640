package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func (c *control) verdict() *cobra.Command {
	var filter client.ScenarioFilter
	var wait time.Duration
	var file string
	cmd := &cobra.Command{
		Use: "verdict [NAME...]", Short: "Say whether all that scenarios expect has happened",
		Long: "verdict tells pass, fail or pending of each scenario, with the reason. It ends with 0 " +
			"if all pass, else with 1.",
		RunE: func(cmd *cobra.Command, names []string) error {
			if wait < 0 {
				return errors.New("--wait: a time to wait is not negative")
			}
			filter.Names = names
			list, err := c.settled(cmd.Context(), filter, wait)
			if err != nil {
				return no(err)
			}
			if err := c.writeJUnit(cmd.Context(), filter, file); err != nil {
				return err
			}
			if err := c.show(list, verdictRows(list)); err != nil {
				return err
			}
			return passed(list)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&wait, "wait", 0, "how long to wait while a verdict is pending")
	flags.StringVar(&file, "junit", "", "write the verdicts to a file, too, as JUnit XML")
	flags.StringVar(&filter.Tag, "tag", "", "only scenarios that have this tag")
	return cmd
}

// longestAsk is for how long a server is asked to wait at once.
const longestAsk = 20 * time.Second

// settled asks until nothing is pending or the time is over.
func (c *control) settled(
	ctx context.Context, filter client.ScenarioFilter, wait time.Duration,
) ([]scenarios.Status, error) {
	end := time.Now().Add(wait)
	for {
		filter.Wait = min(max(time.Until(end), 0), longestAsk)
		list, err := c.client().Verdicts(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("ask for the verdicts: %w", err)
		}
		pending := slices.ContainsFunc(list.Items, func(one scenarios.Status) bool {
			return one.Verdict == scenarios.Pending
		})
		if !pending || !time.Now().Before(end) {
			return list.Items, nil
		}
	}
}

func (c *control) writeJUnit(
	ctx context.Context, filter client.ScenarioFilter, file string,
) error {
	if file == "" {
		return nil
	}
	filter.Wait = 0
	text, err := c.client().JUnit(ctx, filter)
	if err != nil {
		return no(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return fmt.Errorf("write the verdicts: %w", err)
	}
	return nil
}

func verdictRows(all []scenarios.Status) [][]string {
	rows := [][]string{{"SCENARIO", "VERDICT", "REASON"}}
	for i := range all {
		rows = append(rows, []string{all[i].Name, string(all[i].Verdict), all[i].Reason})
	}
	return rows
}

// passed is a negative where not all have.
func passed(all []scenarios.Status) error {
	if len(all) == 0 {
		return no(errors.New("there is no scenario"))
	}
	bad := 0
	for i := range all {
		if all[i].Verdict != scenarios.Pass {
			bad++
		}
	}
	switch {
	case bad == 0:
		return nil
	case len(all) == 1:
		return no(errors.New("the scenario has not passed"))
	}
	return no(fmt.Errorf("%d of %d scenarios have not passed", bad, len(all)))
}

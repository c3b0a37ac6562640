package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/scenarios"
)

func newScenarios(c *console) *cobra.Command {
	k := &control{console: c}
	cmd := family("scenarios", "Tell a server what to answer on purpose",
		"scenarios asks a running server over REST. It ends with 1 where the server says no.",
		k.listScenarios(), k.showScenario(), k.putScenario(), k.deleteScenario(),
		k.rewindScenario(), k.explainScenarios(), k.library(), k.verdict())
	cmd.Example = "  ocs-sim scenarios put refused -f refused.yaml\n" +
		"  ocs-sim scenarios put late --use late-answers --with delay=2s\n" +
		"  ocs-sim scenarios list\n" +
		"  ocs-sim scenarios explain -f charge.yaml\n" +
		"  ocs-sim scenarios verdict --wait 10s --junit verdicts.xml"
	k.add(cmd)
	return cmd
}

func (c *control) listScenarios() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List scenarios in the order in which they are tried", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := c.client().Scenarios(cmd.Context())
			if err != nil {
				return no(err)
			}
			return c.show(list.Items, scenarioRows(list.Items))
		},
	}
}

// scenarioRows has a row for each rule.
func scenarioRows(all []scenarios.Status) [][]string {
	rows := [][]string{{"SCENARIO", "SUBSCRIBER", "RULE", "MATCHED", "FIRED", "REMAINING"}}
	for i := range all {
		subscriber := all[i].Subscriber
		if subscriber == "" {
			subscriber = "everybody"
		}
		row := []string{all[i].Name, subscriber}
		for j, counter := range all[i].Counters {
			remaining := "always"
			if counter.Remaining != nil {
				remaining = fmt.Sprint(*counter.Remaining)
			}
			rows = append(rows, append(row, strconv.Itoa(j), fmt.Sprint(counter.Matched),
				fmt.Sprint(counter.Fired), remaining))
			row = []string{"", ""}
		}
	}
	return rows
}

func (c *control) showScenario() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a scenario with its counters", Args: named("a scenario's name"),
		RunE: func(cmd *cobra.Command, words []string) error {
			return c.showStatus(c.client().Scenario(cmd.Context(), words[0]))
		},
	}
}

func (c *control) showStatus(status *scenarios.Status, err error) error {
	if err != nil {
		return refused(err, "")
	}
	return c.show(status, scenarioRows([]scenarios.Status{*status}))
}

func (c *control) deleteScenario() *cobra.Command {
	var tag string
	cmd := &cobra.Command{
		Use: "delete NAME | --tag TAG", Short: "Delete a scenario, or all that have a tag",
		Args: func(cmd *cobra.Command, words []string) error {
			if tag != "" {
				return noArguments(cmd, words)
			}
			return named("a scenario's name")(cmd, words)
		},
		RunE: func(cmd *cobra.Command, words []string) error {
			if tag == "" {
				return refused(c.client().DeleteScenario(cmd.Context(), words[0]), "")
			}
			_, err := c.client().DeleteScenarios(cmd.Context(), tag)
			return refused(err, "")
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "", "delete those that have this tag")
	return cmd
}

func (c *control) rewindScenario() *cobra.Command {
	return &cobra.Command{
		Use: "rewind NAME", Short: "Begin a scenario anew", Args: named("a scenario's name"),
		RunE: func(cmd *cobra.Command, words []string) error {
			return c.showStatus(c.client().RewindScenario(cmd.Context(), words[0]))
		},
	}
}

func (c *control) explainScenarios() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "explain -f FILE",
		Short: "Say which rule would act on a charge, and why the others would not",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := readDocument(file)
			if err != nil {
				return err
			}
			told, err := c.client().ExplainScenarios(cmd.Context(), text)
			if err != nil {
				return refused(err, file)
			}
			return c.show(told, explanationRows(told))
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "",
		"charge, YAML or JSON, as POST /v1/charges takes it; - is the standard input")
	return cmd
}

func explanationRows(told *scenarios.Explanation) [][]string {
	acts := told.Acts
	if acts == "" {
		acts = "none; it is charged as usual"
	}
	rows := [][]string{{"acts:", acts}}
	for _, scenario := range told.Scenarios {
		if scenario.Why != "" {
			rows = append(rows, []string{scenario.Name + ":", scenario.Why})
		}
		for _, rule := range scenario.Rules {
			rows = append(rows, []string{rule.Rule + ":", rule.Why})
		}
	}
	return rows
}

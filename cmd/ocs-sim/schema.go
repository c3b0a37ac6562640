package main

import (
	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api"
)

func newSchema(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of seed documents, for editors",
		Long: "schema prints the JSON Schema of seed documents: plans, accounts, scenarios and\n" +
			"dictionaries. Editors check and complete YAML and JSON by it. What it cannot say, as\n" +
			"which units fit a balance, check finds.",
		Example: "  ocs-sim schema > seed.schema.json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := api.SeedSchema()
			if err != nil {
				return no(err)
			}
			c.answer("%s", text)
			return nil
		},
	}
}

// nameCompletion makes the framework's command for completion one of ours in its help.
func nameCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Short = "Print a script that completes commands and flags in a shell"
		}
	}
}

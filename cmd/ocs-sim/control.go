package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
)

// controlFlags are those of commands that ask a server over REST.
type controlFlags struct {
	api, token string
	sandbox    string
	json       bool
}

func (f *controlFlags) add(cmd *cobra.Command) {
	f.addServer(cmd)
	cmd.PersistentFlags().StringVar(&f.sandbox, "sandbox", "",
		"ask this sandbox of the server in its place")
}

// addServer adds the flags of commands that ask a server itself, never one of its sandboxes.
func (f *controlFlags) addServer(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.api, "api", "http://"+defaultAPI, "base address of the server's REST API")
	flags.StringVar(&f.token, "token", "", "bearer token for the API")
	flags.BoolVar(&f.json, "json", false, "answer in JSON, as the API does")
}

func (f *controlFlags) client() *client.Client {
	return client.New(baseURL(f.api), client.Options{Token: f.token, Sandbox: f.sandbox})
}

// tell answers with JSON where that is wanted, else with the text.
func (c *console) tell(f *controlFlags, value any, text string) error {
	if !f.json {
		c.answer("%s", text)
		return nil
	}
	written, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	c.answer("%s", written)
	return nil
}

// table answers with aligned columns.
func (c *console) table(rows [][]any) {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a console that is gone needs nothing
}

// family is a command that only has commands below it.
func family(use, short, long string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: func(cmd *cobra.Command, words []string) error {
			if len(words) > 0 {
				return fmt.Errorf("no command %q; see %s --help", words[0], cmd.CommandPath())
			}
			return fmt.Errorf("%s needs a command; see %s --help", cmd.Name(), cmd.CommandPath())
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(members...)
	return cmd
}

// one wants exactly one word.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, words []string) error {
		if len(words) == 1 {
			return nil
		}
		return fmt.Errorf("%s takes one %s; see %s --help", cmd.Name(), what, cmd.CommandPath())
	}
}

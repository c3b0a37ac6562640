package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A usage is a scenario of the library as it is written on the command line.
type usage struct {
	Use        string            `json:"use"`
	With       map[string]string `json:"with,omitempty"`
	Subscriber string            `json:"subscriber,omitempty"`
	Priority   int64             `json:"priority,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
}

func (c *control) putScenario() *cobra.Command {
	var file string
	var used usage
	cmd := &cobra.Command{
		Use: "put [NAME] -f FILE|--use NAME", Short: "Create or change a scenario",
		Args: atMostOne("a scenario's name"),
		RunE: func(cmd *cobra.Command, words []string) error {
			name, text, err := used.written(words, file)
			if err != nil {
				return err
			}
			status, err := c.client().PutScenario(cmd.Context(), name, text)
			if err != nil {
				return used.refused(err, file)
			}
			return c.showStatus(status, nil)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&file, "file", "f", "", "document, YAML or JSON; - is the standard input")
	flags.StringVar(&used.Use, "use", "", "a built-in scenario; scenarios library lists them")
	flags.StringToStringVar(&used.With, "with", nil, "its parameters: grant=60s,times=2")
	flags.StringVar(&used.Subscriber, "subscriber", "", "with --use: for this subscriber alone")
	flags.Int64Var(&used.Priority, "priority", 0, "with --use: the lowest is tried first")
	flags.StringSliceVar(&used.Tags, "tags", nil, "with --use: words to find it by")
	return cmd
}

// written is the document to put: the file, or what the flags say.
func (u *usage) written(words []string, file string) (name string, text []byte, err error) {
	if u.Use == "" {
		if len(u.With) > 0 || u.Subscriber != "" || u.Priority != 0 || len(u.Tags) > 0 {
			return "", nil, errors.New("--with, --subscriber, --priority and --tags go with --use")
		}
		return written(words, file, "name")
	}
	if file != "" {
		return "", nil, errors.New("--file and --use exclude each other; a file may have a key use")
	}
	if text, err = json.Marshal(u); err != nil {
		return "", nil, fmt.Errorf("write the scenario: %w", err)
	}
	if len(words) == 0 {
		return u.Use, text, nil
	}
	return words[0], text, nil
}

// refused tells what is wrong with flags by what it is, for they have no lines.
func (u *usage) refused(err error, file string) error {
	var problem *resource.Problem
	if u.Use == "" || !errors.As(err, &problem) || problem.Code != "invalid-document" {
		return refused(err, file)
	}
	var faults []string
	for _, fault := range problem.Errors {
		faults = append(faults, fault.Message)
	}
	return errors.New(strings.Join(faults, "\n"))
}

// library needs no server: what is built in is the same in all of this version.
func (c *control) library() *cobra.Command {
	return &cobra.Command{
		Use: "library [NAME]", Short: "List the built-in scenarios, or show one",
		Long: "library shows what this ocs-sim has built in; it asks no server.",
		Args: atMostOne("a built-in scenario's name"),
		RunE: func(_ *cobra.Command, words []string) error {
			if len(words) == 0 {
				return c.listLibrary()
			}
			found, err := document.LibraryScenario(words[0])
			if err != nil {
				return no(err)
			}
			return c.showLibraryScenario(found)
		},
	}
}

func (c *control) listLibrary() error {
	all, err := document.Library()
	if err != nil {
		return err
	}
	parts := map[string][][]string{}
	for i := range all {
		parts[all[i].Part] = append(parts[all[i].Part], []string{all[i].Name, all[i].Provokes})
	}
	var rows [][]string
	for _, part := range scenarios.LibraryParts() {
		rows = append(append(rows, []string{strings.ToUpper(part)}), parts[part]...)
	}
	return c.show(all, rows)
}

func (c *control) showLibraryScenario(found *scenarios.LibraryScenario) error {
	broke := found.Broke
	if broke == "" {
		broke = "No client is known to."
	}
	rows := [][]string{
		{"name:", found.Name},
		{"provokes:", found.Provokes},
		{"money:", found.Money},
		{"broke:", broke},
	}
	for _, name := range slices.Sorted(maps.Keys(found.With)) {
		about := found.With[name].Means
		if value := found.With[name].Default; value != "" {
			about += "; default " + string(value)
		}
		rows = append(rows, []string{"with " + name + ":", about})
	}
	if err := c.show(found, rows); err != nil || c.json {
		return err
	}
	text, err := yaml.Marshal(map[string]any{"rules": found.Rules})
	if err != nil {
		return fmt.Errorf("write the rules: %w", err)
	}
	c.answer("%s", strings.TrimSuffix(string(text), "\n"))
	return nil
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

func newSandboxes(c *console) *cobra.Command {
	k := &control{console: c}
	cmd := family("sandboxes", "Give parallel test jobs a simulator each",
		"sandboxes starts and ends whole simulators in the process of a running server. Each has\n"+
			"Diameter ports, a REST API, accounts, scenarios, a journal and a clock of its own.",
		k.createSandbox(), k.listSandboxes(), k.showSandbox(), k.deleteSandbox())
	cmd.Example = "  ocs-sim sandboxes create job-7 --seed job.yaml --ready-file ready.json\n" +
		"  API=$(ocs-sim ready --ready-file ready.json)\n" +
		"  ocs-sim sandboxes delete job-7"
	k.addServer(cmd)
	return cmd
}

func (c *control) createSandbox() *cobra.Command {
	var order resource.SandboxOrder
	var ttl time.Duration
	var seed, readyFile string
	cmd := &cobra.Command{
		Use: "create [NAME]", Short: "Start a sandbox, and print its addresses",
		Args: atMostOne("NAME"),
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) > 0 {
				order.Name = words[0]
			}
			order.TTL = ttl.String()
			source, err := sandboxSeed(seed, &order)
			if err != nil {
				return err
			}
			made, err := c.client().CreateSandbox(cmd.Context(), order)
			if err != nil {
				return orderRefused(err, source)
			}
			if err := writeReady(readyFile, made); err != nil {
				// Nobody was told of it, so nobody would end it.
				return no(errors.Join(err, c.client().DeleteSandbox(cmd.Context(), made.Name)))
			}
			return c.announceSandbox(made)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&ttl, "ttl", 10*time.Minute,
		"time to live, after which it is gone; at most 24h")
	flags.StringVar(&seed, "seed", "",
		"document with plans, accounts and scenarios; without, the server's own")
	flags.StringSliceVar(&order.Tags, "tag", nil, "tag to list and delete it by; may be repeated")
	flags.StringSliceVar(&order.Diameter, "diameter", nil,
		"address for Diameter, as serve takes it; without, a free port; may be repeated")
	flags.StringVar(&order.API, "listen", "", "address for its REST API; without, a free port")
	flags.StringVar(&readyFile, "ready-file", "", "file to write with the addresses as JSON")
	return cmd
}

// sandboxSeed adds to an order the seed that is written in a file. The source knows the places in
// it.
func sandboxSeed(path string, order *resource.SandboxOrder) (*document.Source, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readNamed("read the seed", path)
	if err != nil {
		return nil, err
	}
	source, err := document.Parse(path, text)
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(text, &order.Seed); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return source, nil
}

// orderRefused says what is wrong with an order, which is misuse where it cannot be understood.
// Places in the seed are those of its file: the lines that the server counts are others.
func orderRefused(err error, seed *document.Source) error {
	var problem *resource.Problem
	if !errors.As(err, &problem) || problem.Code != "invalid-document" || len(problem.Errors) == 0 {
		return no(err)
	}
	var around []error
	var within []charging.Fault
	for _, fault := range problem.Errors {
		place := strings.TrimPrefix(fault.Location, "body.")
		path, inSeed := strings.CutPrefix(place+".", "seed.")
		if inSeed && seed != nil {
			within = append(within, charging.Fault{
				Path: strings.TrimSuffix(path, "."), Message: fault.Message,
			})
			continue
		}
		around = append(around, errors.New(place+": "+fault.Message))
	}
	if len(within) > 0 {
		around = append(around, seed.Invalid(within))
	}
	return errors.Join(around...)
}

// writeReady writes where the doors are, as serve does; without a file it does nothing.
func writeReady(path string, made *resource.Sandbox) error {
	if path == "" {
		return nil
	}
	text, err := json.Marshal(readiness{
		Diameter: made.Diameter, API: made.API, Version: version(),
	})
	if err != nil {
		return err
	}
	return writeByRename(path, append(text, '\n'))
}

// announceSandbox says where the doors are, as serve does.
func (c *control) announceSandbox(made *resource.Sandbox) error {
	rows := [][]string{{"sandbox " + made.Name}}
	for _, address := range made.Diameter {
		rows = append(rows, []string{"diameter " + address})
	}
	return c.show(made, append(rows, []string{"api " + made.API}))
}

func (c *control) listSandboxes() *cobra.Command {
	var tag string
	cmd := &cobra.Command{
		Use: "list", Short: "List the sandboxes that run", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := c.client().Sandboxes(cmd.Context(), tag)
			if err != nil {
				return no(err)
			}
			return c.show(list.Items, sandboxRows(list.Items...))
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "", "only those that have this tag")
	return cmd
}

func sandboxRows(all ...resource.Sandbox) [][]string {
	rows := [][]string{{"SANDBOX", "DIAMETER", "API", "LEFT", "TAGS"}}
	for i := range all {
		rows = append(rows, []string{
			all[i].Name, strings.Join(all[i].Diameter, " "), all[i].API, all[i].Left,
			strings.Join(all[i].Tags, " "),
		})
	}
	return rows
}

func (c *control) showSandbox() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show where a sandbox is, and how long", Args: named("NAME"),
		RunE: func(cmd *cobra.Command, words []string) error {
			found, err := c.client().Sandbox(cmd.Context(), words[0])
			if err != nil {
				return no(err)
			}
			return c.show(found, sandboxRows(*found))
		},
	}
}

func (c *control) deleteSandbox() *cobra.Command {
	var tag string
	cmd := &cobra.Command{
		Use: "delete [NAME]", Short: "End a sandbox, or all that have a tag", Args: atMostOne("NAME"),
		RunE: func(cmd *cobra.Command, words []string) error {
			if (len(words) == 1) == (tag != "") {
				return errors.New("sandboxes delete takes a NAME, or --tag TAG")
			}
			if tag == "" {
				return no(c.client().DeleteSandbox(cmd.Context(), words[0]))
			}
			count, err := c.client().DeleteSandboxes(cmd.Context(), tag)
			if err != nil {
				return no(err)
			}
			return c.tell(&c.controlFlags, map[string]int{"deleted": count}, fmt.Sprint(count)+" ended")
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "", "end all that have this tag")
	return cmd
}

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"
)

// fromFile sets flags that neither the command line nor the environment set. A key that the
// command does not know is an error, unless another command knows it: one file serves all.
func fromFile(cmd *cobra.Command, path string) error {
	text, err := readNamed("read the config file", path)
	if err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(document.Content) == 0 {
		return nil
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d:%d: write flags as name: value", path, top.Line, top.Column)
	}
	var faults []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		if err := configure(cmd, top.Content[i], top.Content[i+1]); err != nil {
			place := fmt.Sprintf("%s:%d:%d", path, top.Content[i].Line, top.Content[i].Column)
			faults = append(faults, fmt.Errorf("%s: %w", place, err))
		}
	}
	return errors.Join(faults...)
}

func configure(cmd *cobra.Command, key, value *yaml.Node) error {
	flag := cmd.Flags().Lookup(key.Value)
	if flag == nil {
		if knownElsewhere(cmd.Root(), key.Value) {
			return nil
		}
		return fmt.Errorf("no command has a flag %q; see ocs-sim help serve", key.Value)
	}
	if flag.Changed {
		return nil
	}
	values := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		values = value.Content
	}
	for _, one := range values {
		if one.Kind != yaml.ScalarNode {
			return fmt.Errorf("%s: give a plain value or a list of them", key.Value)
		}
		if err := cmd.Flags().Set(key.Value, one.Value); err != nil {
			return fmt.Errorf("%s: %w", key.Value, err)
		}
	}
	return nil
}

func knownElsewhere(root *cobra.Command, name string) bool {
	for _, command := range root.Commands() {
		own := command.Flags().Lookup(name) != nil || command.PersistentFlags().Lookup(name) != nil
		if own || knownElsewhere(command, name) {
			return true
		}
	}
	return false
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

// A control is what commands have that ask a running server over REST.
type control struct {
	*console
	controlFlags
}

// named wants as many words as there are names for them.
func named(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, words []string) error {
		if len(words) == len(names) {
			return nil
		}
		return fmt.Errorf("%s takes %s, and not %d words; see %s --help", cmd.CommandPath(),
			strings.Join(names, " and "), len(words), cmd.CommandPath())
	}
}

// refused makes a negative of what the server says, with every fault of a document. A document
// that cannot be understood is misuse.
func refused(err error, document string) error {
	var problem *resource.Problem
	if !errors.As(err, &problem) {
		return no(err)
	}
	if problem.Code != "invalid-document" || document == "" {
		return no(err)
	}
	var lines []string
	for _, fault := range problem.Errors {
		lines = append(lines,
			fmt.Sprintf("%s:%d:%d: %s", document, fault.Line, fault.Column, fault.Message))
	}
	if len(lines) == 0 {
		return err
	}
	return errors.New(strings.Join(lines, "\n"))
}

// readDocument reads a file, or the standard input where the path is a minus.
func readDocument(path string) ([]byte, error) {
	switch path {
	case "":
		return nil, errors.New("name the document with -f FILE; - is the standard input")
	case "-":
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("read the standard input: %w", err)
		}
		return text, nil
	}
	return readNamed("read the document", path)
}

// written reads the document of a put, and the name it goes under: the word, or where there is
// none what the document has under the key.
func written(words []string, file, key string) (name string, text []byte, err error) {
	if text, err = readDocument(file); err != nil {
		return "", nil, err
	}
	if len(words) > 0 {
		return words[0], text, nil
	}
	var top map[string]any
	if err := yaml.Unmarshal(text, &top); err != nil {
		return "", nil, fmt.Errorf("%s: %w", file, err)
	}
	if top[key] == nil {
		return "", nil, fmt.Errorf("%s: there is no %s; write it there or on the command line",
			file, key)
	}
	return fmt.Sprint(top[key]), text, nil
}

// atMostOne wants a name, or none.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, words []string) error {
		if len(words) < 2 {
			return nil
		}
		return named(name)(cmd, words)
	}
}

// show answers with a value, in JSON or as a table of its rows.
func (c *control) show(value any, rows [][]string) error {
	if c.json {
		return c.answerJSON(value, "  ")
	}
	table := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return table.Flush()
}

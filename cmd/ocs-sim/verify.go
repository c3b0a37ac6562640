package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/scenarios"
)

func newVerify(c *console) *cobra.Command {
	k := &control{console: c}
	var junit string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Ask a server whether what happened is what should have",
		Long: "verify sends verifications, one or a list in each file, to a running server, which\n" +
			"looks through its journal and waits as long as they say. For each that does not hold it\n" +
			"tells what came closest: which condition failed, what was wanted and what was seen.\n" +
			"A minus as FILE is the standard input. It ends with 1 where one does not hold.",
		Example: "  ocs-sim verify join.yaml --junit report.xml\n" +
			"  echo '{match: {type: termination}, count: 1, within: 2s}' | ocs-sim verify -",
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(files) == 0 {
				return errors.New("nothing to verify; name files of verifications")
			}
			return k.verify(cmd.Context(), files, junit)
		},
	}
	k.add(cmd)
	cmd.Flags().StringVar(&junit, "junit", "", "write a report for CI into this `FILE`, too")
	return cmd
}

// A verifiedFile is what became of one file.
type verifiedFile struct {
	File      string               `json:"file"`
	Satisfied bool                 `json:"satisfied"`
	Items     []scenarios.Verified `json:"items"`

	took time.Duration
}

func (c *control) verify(ctx context.Context, files []string, junit string) error {
	var all []*verifiedFile
	begin := time.Now()
	for _, path := range files {
		one, err := c.verifyFile(ctx, path)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if junit != "" {
		var suites []*junitSuite
		for _, one := range all {
			suites = append(suites, one.suite())
		}
		if err := writeJUnit(junit, suites, time.Since(begin)); err != nil {
			return err
		}
	}
	return c.tellVerified(all)
}

func (c *control) verifyFile(ctx context.Context, path string) (*verifiedFile, error) {
	text, err := readDocument(path)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	report, err := c.client().Verify(ctx, text)
	if err != nil {
		return nil, refused(err, path)
	}
	one := &verifiedFile{
		File: path, Satisfied: report.Satisfied, Items: report.Items, took: time.Since(begin),
	}
	if one.Items == nil {
		one.Items = []scenarios.Verified{report.Verified}
	}
	return one, nil
}

func (v *verifiedFile) suite() *junitSuite {
	suite := &junitSuite{Name: v.File, Time: junitTime(v.took)}
	for i := range v.Items {
		item := &v.Items[i]
		name, message := item.Name, ""
		if name == "" {
			name = fmt.Sprintf("verification %d", i+1)
		}
		if !item.Satisfied {
			message = item.Reason
		}
		suite.add(name, message, item.String())
	}
	return suite
}

// tellVerified answers with all that was verified, and says no where something does not hold.
func (c *control) tellVerified(all []*verifiedFile) error {
	items, failed := 0, 0
	for _, one := range all {
		for i := range one.Items {
			items++
			if !one.Items[i].Satisfied {
				failed++
			}
			if !c.json {
				c.answer("%s", one.Items[i].String())
			}
		}
	}
	if c.json {
		if err := c.answerJSON(all, "  "); err != nil {
			return err
		}
	}
	if failed > 0 {
		return no(fmt.Errorf("%d of %s not hold", failed,
			counted(items, "verification does", "verifications do")))
	}
	return nil
}

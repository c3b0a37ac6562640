package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/junit"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

func newVerify(c *console) *cobra.Command {
	k := &control{console: c}
	var report string
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
			return k.verify(cmd.Context(), files, report)
		},
	}
	k.add(cmd)
	cmd.Flags().StringVar(&report, "junit", "", "write a report for CI into this `FILE`, too")
	return cmd
}

// A verifiedFile is what became of one file.
type verifiedFile struct {
	File      string               `json:"file"`
	Satisfied bool                 `json:"satisfied"`
	Items     []scenarios.Verified `json:"items"`

	began time.Time
	took  time.Duration
}

func (c *control) verify(ctx context.Context, files []string, report string) error {
	var all []*verifiedFile
	for _, path := range files {
		one, err := c.verifyFile(ctx, path)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if report != "" {
		if err := writeReport(report, suites(all)); err != nil {
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
		File: path, Satisfied: report.Satisfied, Items: report.Items,
		began: begin, took: time.Since(begin),
	}
	if one.Items == nil {
		one.Items = []scenarios.Verified{report.Verified}
	}
	return one, nil
}

// suites are a suite for each file, and a case for each verification.
func suites(all []*verifiedFile) []junit.Suite {
	made := make([]junit.Suite, len(all))
	for i, one := range all {
		made[i] = one.suite()
	}
	return made
}

// writeReport writes a report for CI.
func writeReport(path string, suites []junit.Suite) error {
	text, err := junit.Write(suites)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	return nil
}

func (v *verifiedFile) suite() junit.Suite {
	suite := junit.Suite{Name: v.File, Began: v.began, Took: v.took}
	for i := range v.Items {
		item := &v.Items[i]
		one := junit.Case{Name: item.Name}
		if one.Name == "" {
			one.Name = fmt.Sprintf("verification %d", i+1)
		}
		if !item.Satisfied {
			one.Outcome, one.Message, one.Detail = junit.Failed, item.Reason, item.String()
		}
		suite.Cases = append(suite.Cases, one)
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

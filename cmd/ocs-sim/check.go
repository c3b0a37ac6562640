package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

func newCheck(c *console) *cobra.Command {
	var database string
	var dictionaries []string
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check documents, conversations, and the books of a database",
		Long: "check reads seed documents and conversations (*.conv) and tells every fault as\n" +
			"file:line:column; --dictionary files are checked too, and known to the others. With\n" +
			"--database it checks every invariant of a ledger's books; the\n" +
			"database is only read, and may be in use.",
		Example: "  ocs-sim check seed.yaml conference.conv\n" +
			"  ocs-sim check --database ledger.db",
		RunE: func(cmd *cobra.Command, files []string) error {
			if database == "" && len(files) == 0 && len(dictionaries) == 0 {
				return errors.New("nothing to check; name files, or a ledger with --database FILE")
			}
			known, err := readDictionaries(dictionaries)
			if err != nil {
				return err
			}
			for _, path := range dictionaries {
				c.answer("%s: ok", path)
			}
			return c.check(cmd.Context(), database, files, known.Current())
		},
	}
	cmd.Flags().StringVar(&database, "database", "", "the ledger's file")
	dictionaryFlag(cmd.Flags(), &dictionaries)
	return cmd
}

func (c *console) check(
	ctx context.Context, database string, files []string, known *diameter.Dictionary,
) error {
	var faults []error
	for _, path := range files {
		if err := c.checkFile(path, known); err != nil {
			faults = append(faults, err)
			continue
		}
		c.answer("%s: ok", path)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if database == "" {
		return nil
	}
	return c.checkDatabase(ctx, database)
}

func (c *console) checkFile(path string, known *diameter.Dictionary) error {
	text, err := readNamed("check", path)
	if err != nil {
		return err
	}
	if filepath.Ext(path) == ".conv" {
		talk, err := conversation.Parse(path, text)
		if err != nil {
			return err
		}
		theirs, err := withSeed(known, path, talk.Seed)
		if err != nil {
			return err
		}
		if err := wireFaults(talk, theirs); err != nil {
			return err
		}
		text = []byte(talk.Seed)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	seed, err := document.DecodeKnowing(known, nil, document.File{Name: path, Data: text})
	if err != nil {
		return err
	}
	for _, warning := range seed.Warnings() {
		c.say("warning: %s", warning)
	}
	return nil
}

func (c *console) checkDatabase(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("check: %w; name the file that serve was given as --database", err)
	}
	violations, err := accounts.CheckFile(ctx, path)
	if err != nil {
		return no(err)
	}
	for _, violation := range violations {
		c.answer("%s", violation)
	}
	if len(violations) > 0 {
		return no(fmt.Errorf("%s: the books are wrong: %s", path,
			counted(len(violations), "violation", "violations")))
	}
	c.answer("%s: ok", path)
	return nil
}

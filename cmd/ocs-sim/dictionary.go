package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

func dictionaryFlag(flags *pflag.FlagSet, paths *[]string) {
	flags.StringArrayVar(paths, "dictionary", nil,
		"`FILE` with AVPs of vendors, XML or YAML; may be repeated")
}

// readDictionaries reads vendors' dictionaries from files.
func readDictionaries(paths []string) (*diameter.Dictionaries, error) {
	files, err := readFiles("read the dictionary", paths)
	if err != nil {
		return nil, err
	}
	known := diameter.NewDictionaries()
	return known, ocssim.ReadDictionaries(known, files...)
}

// withSeed is what is known beside the AVPs that a seed document tells of itself.
func withSeed(
	known *diameter.Dictionary, name string, seed []byte,
) (*diameter.Dictionary, error) {
	told, err := document.DictionaryOf(name, seed)
	if err != nil || told == nil {
		return known, err
	}
	whole, faults := known.With(document.SeedDictionary, told.Definitions)
	return whole, told.Invalid(faults)
}

// unknownPaths finds words of the wire that name AVPs which nobody knows.
func unknownPaths(talk *conversation.Conversation, known *diameter.Dictionary) error {
	var faults []error
	for _, step := range talk.Steps {
		var words []conversation.Word
		switch {
		case step.Send != nil:
			words = step.Send.Wire
		case step.Expect != nil:
			words = step.Expect.Wire
		}
		for _, word := range words {
			if word.Path == "" {
				continue
			}
			if err := known.Knows(word.Path); err != nil {
				faults = append(faults, fmt.Errorf("%s:%d: %s:%s: %w",
					talk.Name, step.Line, word.Name, word.Path, err))
			}
		}
	}
	return errors.Join(faults...)
}

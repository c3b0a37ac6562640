package main

import (
	"cmp"
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

// wireFaults finds words of the wire that no message can have: AVPs that nobody knows, and values
// that their types cannot have.
func wireFaults(talk *conversation.Conversation, known *diameter.Dictionary) error {
	var faults []error
	for _, step := range talk.Steps {
		for _, word := range wireWords(&step) {
			if err := wireFault(word, known); err != nil {
				faults = append(faults, fmt.Errorf("%s:%d:%d: %s:%s: %w",
					talk.Name, step.Line, word.Column, word.Name, cmp.Or(word.Path, word.Value), err))
			}
		}
	}
	return errors.Join(faults...)
}

func wireWords(step *conversation.Step) []conversation.Word {
	switch {
	case step.Send != nil:
		return step.Send.Wire
	case step.Expect != nil:
		return step.Expect.Wire
	case step.Heard != nil:
		return step.Heard.Wire
	}
	return nil
}

func wireFault(word conversation.Word, known *diameter.Dictionary) error {
	if word.Name == "expect-avp" {
		return known.Knows(word.Path)
	}
	return ocssim.CheckReword(known, word)
}

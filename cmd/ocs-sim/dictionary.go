package main

import (
	"github.com/spf13/pflag"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
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
	known *diameter.Dictionaries, name string, seed []byte,
) (*diameter.Dictionary, error) {
	told, err := document.DictionaryOf(name, seed)
	if err != nil || told == nil {
		return known.Current(), err
	}
	whole, faults := known.Current().With(document.SeedDictionary, told.Definitions)
	return whole, told.Invalid(faults)
}

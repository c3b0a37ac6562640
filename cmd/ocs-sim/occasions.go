package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/api"
)

// occasionFlags say when clients are asked though nobody asks for it.
type occasionFlags struct{ reauthorize, abort []string }

func (f *occasionFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.reauthorize, "reauthorize-on", []string{"top-up"},
		"send a RAR by itself: on top-up, to sessions without units; on tariff-change; none")
	flags.StringSliceVar(&f.abort, "abort-on", []string{"none"},
		"send an ASR by itself: for sessions of accounts that are barred, or deleted; none")
}

func (f *occasionFlags) occasions() (*api.Occasions, error) {
	o := &api.Occasions{}
	err := choose("--reauthorize-on", f.reauthorize, map[string]*bool{
		"top-up": &o.TopUp, "tariff-change": &o.TariffChange,
	}, "top-up, tariff-change or none")
	if err == nil {
		err = choose("--abort-on", f.abort, map[string]*bool{
			"barred": &o.Barring, "deleted": &o.Deletion,
		}, "barred, deleted or none")
	}
	return o, err
}

// choose sets what the words name; none stands alone.
func choose(flag string, words []string, choices map[string]*bool, listed string) error {
	for _, word := range words {
		chosen := choices[strings.TrimSpace(word)]
		switch {
		case chosen != nil:
			*chosen = true
		case word != "none" || len(words) > 1:
			return fmt.Errorf("%s is %s, not %q", flag, listed, strings.Join(words, ","))
		}
	}
	return nil
}

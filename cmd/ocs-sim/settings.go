package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/api/document"
)

// settingFlags are the settings that serve can be told; they go over those of the seeds.
type settingFlags struct {
	strictness, profile string
	set                 []string
}

func (f *settingFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.strictness, "strictness", "",
		"interop serves what real stacks send, strict refuses what the RFCs refuse (default interop)")
	flags.StringVar(&f.profile, "profile", "",
		"settings for one kind of client: "+strings.Join(document.ProfileNames(), ", "))
	flags.StringArrayVar(&f.set, "set", nil,
		"one setting, as in deny_level=both; more are parted by spaces; may be repeated")
}

// settings reads the flags. All that is wrong is told at once.
func (f *settingFlags) settings() (document.Settings, error) {
	var s document.Settings
	var wrong []error
	write := func(flag, key, value string) {
		if err := s.Set(key, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", flag, err))
		}
	}
	if f.profile != "" {
		write("--profile", "profile", f.profile)
	}
	if f.strictness != "" {
		write("--strictness", "strictness", f.strictness)
	}
	for _, several := range f.set {
		for _, one := range strings.Fields(several) {
			key, value, parted := strings.Cut(one, "=")
			if !parted {
				wrong = append(wrong, fmt.Errorf("--set: write KEY=VALUE, not %q", one))
				continue
			}
			write("--set "+one, key, value)
		}
	}
	return s, errors.Join(wrong...)
}

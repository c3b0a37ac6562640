package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// addFilter adds a flag for each part of a filter, named and explained as in queries of the control
// API, but with minuses. Those that are named besides are left out.
func addFilter(flags *pflag.FlagSet, filter any, besides ...string) {
	into := reflect.ValueOf(filter).Elem()
	for i := range into.NumField() {
		tag := into.Type().Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("query"), ",")
		if slices.Contains(besides, name) {
			continue
		}
		help := tag.Get("doc")
		if words := tag.Get("enum"); words != "" {
			help += ": " + strings.ReplaceAll(words, ",", ", ")
		}
		flag := strings.ReplaceAll(name, "_", "-")
		if list, is := into.Field(i).Addr().Interface().(*[]string); is {
			flags.StringArrayVar(list, flag, nil, help)
			continue
		}
		text := into.Field(i).Addr().Convert(reflect.TypeFor[*string]())
		flags.StringVar(text.Interface().(*string), flag, "", help)
	}
}

// sparing refuses what a shell makes of a filter's flag whose variable is not set: it would pick
// all, and delete what was to be kept.
func sparing(flags *pflag.FlagSet, filter any) error {
	kind := reflect.TypeOf(filter).Elem()
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("query"), ",")
		one := flags.Lookup(strings.ReplaceAll(name, "_", "-"))
		if one != nil && one.Changed && one.Value.String() == "" {
			return fmt.Errorf("--%s is empty, and would delete all; to do that, leave it out", one.Name)
		}
	}
	return nil
}

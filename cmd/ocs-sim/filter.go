package main

import (
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

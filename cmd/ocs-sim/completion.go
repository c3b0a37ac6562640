package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// completeWords lets shells complete the values of flags that take one of some words, in every
// command that has such a flag. Nobody is asked over REST for them: a shell that waits for a server
// that is not there would be worse than none.
func completeWords(cmd *cobra.Command) {
	complete := func(flag *pflag.Flag) {
		if words := flagWords(cmd, flag.Name); words != nil {
			// An error says that the flag has its words already, from a command above.
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, completed(words))
		}
	}
	cmd.PersistentFlags().VisitAll(complete)
	cmd.Flags().VisitAll(complete)
	for _, member := range cmd.Commands() {
		completeWords(member)
	}
	if cmd.Name() == "library" {
		cmd.ValidArgsFunction = completed(scenarios.LibraryNames)
	}
}

// completed asks for words when a shell does, so that they cost no other command anything.
func completed(words func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	}
}

// flagWords are the words that a flag of a command takes; nil: it takes anything.
func flagWords(cmd *cobra.Command, flag string) func() []string {
	switch flag {
	case "finding":
		return ruleNames
	case "rule":
		if cmd.Name() == "findings" { // elsewhere it is the rule of a scenario
			return ruleNames
		}
	case "use":
		return scenarios.LibraryNames
	case "profile":
		return document.ProfileNames
	case "fail-on":
		return severities
	}
	words := fixedWords()[flag]
	for _, filter := range []any{resource.ExchangeFilter{}, resource.FindingFilter{}} {
		if enum := enumOf(filter, flag); enum != nil {
			words = enum
		}
	}
	if words == nil {
		return nil
	}
	return func() []string { return words }
}

func fixedWords() map[string][]string {
	return map[string][]string{
		"events":         {"exchange", "finding", "verdict", "peer"},
		"format":         {"pcapng", "ndjson", "svg", "mmd"},
		"sent":           {"true", "false"},
		"repeat":         {"true", "false"},
		"cause":          {"rebooting", "busy", "do_not_want_to_talk"},
		"message":        {"CCR", "ACR", "CER", "DWR", "DPR", "RAR", "ASR", "observation"},
		"findings":       {"on", "off"},
		"strictness":     {"interop", "strict"},
		"late-usage":     {"refuse", "debit"},
		"duplicate-peer": {"admit", "reject", "replace"},
		"busy-for":       {"named", "all"},
		"log-level":      {"debug", "info", "warn", "error"},
		"tls-minimum":    {"1.2", "1.3"},
		"reauthorize-on": {"top-up", "tariff-change", "none"},
		"abort-on":       {"barred", "deleted", "none"},
	}
}

func ruleNames() []string {
	rules := findings.Rules()
	names := make([]string, 0, len(rules))
	for i := range rules {
		names = append(names, rules[i].ID)
	}
	return slices.Sorted(slices.Values(names))
}

// enumOf are the words that a part of a filter takes, as its tag says them.
func enumOf(filter any, flag string) []string {
	of := reflect.TypeOf(filter)
	for i := range of.NumField() {
		tag := of.Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("query"), ",")
		if words := tag.Get("enum"); words != "" && strings.ReplaceAll(name, "_", "-") == flag {
			return strings.Split(words, ",")
		}
	}
	return nil
}

package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRoot(c *console) *cobra.Command {
	root := &cobra.Command{
		Use:   "ocs-sim",
		Short: "A Charging Enabler (Diameter Gy/Ro online charging system) to test against",
		Long: "ocs-sim answers credit control as an online charging system does, or as you tell it\n" +
			"to. Every flag can also be set as OCS_SIM_NAME in the environment or in --config FILE;\n" +
			"a flag wins over the environment, that over the file.\n" +
			"Exit status: 0 yes, 1 no, 2 the command was not understood.",
		Version:       version(),
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("ocs-sim {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.PersistentFlags().String("config", "", "read flags from a YAML or JSON file of name: value")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return settle(cmd) }
	root.AddCommand(newServe(c), newDemo(c), newPlay(c), newCheck(c), newReady(c), newVersion(c),
		newSessions(c), newPeers(c), newFindings(c), newClock(c))
	root.AddCommand(newVerify(c), newJournal(c))
	root.AddCommand(newSend(c), newAccounts(c), newScenarios(c), newSchema(c))
	root.AddCommand(newSandboxes(c))
	nameCompletion(root)
	knowTopics(root)
	completeWords(root)
	return root
}

// knownCommand is asked about words that name no command.
func knownCommand(cmd *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	advice := "see ocs-sim --help"
	if near := cmd.SuggestionsFor(words[0]); len(near) > 0 {
		advice = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("no command %q; %s", words[0], advice)
}

// knowTopics has help refuse words that name no command, which it would answer with its own help.
func knowTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			cmd.Args = func(_ *cobra.Command, words []string) error {
				found, rest, err := root.Find(words)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("no command %q; see %s --help", strings.Join(words, " "),
						found.CommandPath())
				}
				return err
			}
		}
	}
}

// noArguments refuses words that are neither flags nor their values.
func noArguments(cmd *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes flags only, not %q; see %s --help",
		cmd.Name(), words[0], cmd.CommandPath())
}

// settle fills flags that were not given from the environment, then from the config file.
func settle(cmd *cobra.Command) error {
	if err := fromEnvironment(cmd.Flags()); err != nil {
		return err
	}
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		return nil
	}
	return fromFile(cmd, path)
}

func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "OCS_SIM_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value := os.Getenv(name) // an empty one is as good as none
		if flag.Changed || value == "" || failed != nil {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			failed = fmt.Errorf("%s=%q: %w", name, value, err)
		}
	})
	return failed
}

func newVersion(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			c.answer("ocs-sim %s", version())
			return nil
		},
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "devel " + setting.Value
		}
	}
	return "devel"
}

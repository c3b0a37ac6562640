package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// playFlags are what play can be told.
type playFlags struct {
	to, api, token, destination string
	seed, reset, quiet, json    bool
	settings, dictionaries      []string
	timeout                     time.Duration
	origin                      charging.Origin
	secure                      clientFlags
}

func newPlay(c *console) *cobra.Command {
	var f playFlags
	cmd := &cobra.Command{
		Use:   "play FILE... --to ADDRESS",
		Short: "Play conversations against a Gy server and say what differs",
		Long: "play sends the requests of conversation files over Diameter to any Gy server and\n" +
			"compares the answers. Where the server is an ocs-sim, --api lets it check accounts and\n" +
			"turn the clock too; other servers are asked for the answers only, and it is said how many\n" +
			"lines were passed over. It ends with 1 if anything differs.",
		Example: "  ocs-sim play conference.conv --to 127.0.0.1:3868 --api http://127.0.0.1:8868",
		Args:    someConversations,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := checkServer("play", f.to); err != nil {
				return err
			}
			if f.reset && f.api == "" {
				return errors.New("--reset needs --api, the base address of the server's REST API")
			}
			return c.play(cmd.Context(), files, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "",
		"the server's Diameter address, [tls://|sctp://]host:port (required)")
	f.secure.add(flags)
	flags.StringVar(&f.api, "api", "", "base address of the server's REST API, if it is an ocs-sim")
	flags.StringVar(&f.token, "token", "", "bearer token for the API")
	flags.BoolVar(&f.seed, "seed", true, "with --api: put the file's seed into the server first")
	flags.BoolVar(&f.reset, "reset", false,
		"with --api: reset the server before each file, so that files do not meet each other's accounts")
	flags.StringSliceVar(&f.settings, "setting", nil,
		"a setting that the server has, for files that need one, as late-usage=debit")
	dictionaryFlag(flags, &f.dictionaries)
	flags.StringVar(&f.origin.Host, "origin-host", "im.client.example", "own Origin-Host")
	flags.StringVar(&f.origin.Realm, "origin-realm", "client.example", "own Origin-Realm")
	flags.StringVar(&f.destination, "destination-realm", "example.net", "Destination-Realm")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	flags.BoolVar(&f.json, "json", false, "answer with a line of JSON for each file")
	flags.BoolVar(&f.quiet, "quiet", false, "draw nothing, say only what differs")
	return cmd
}

func someConversations(_ *cobra.Command, files []string) error {
	if len(files) == 0 {
		return errors.New("nothing to play; name one conversation file or more")
	}
	return nil
}

func (c *console) play(ctx context.Context, files []string, f *playFlags) error {
	talks, err := readConversations(files)
	if err != nil {
		return err
	}
	known, err := readDictionaries(f.dictionaries)
	if err != nil {
		return err
	}
	dictionaries, err := theirDictionaries(talks, known)
	if err != nil {
		return err
	}
	configuration, err := f.secure.client()
	if err != nil {
		return err
	}
	gy := ocssim.NewGyDoor(f.to, diameter.ClientOptions{
		OriginHost: f.origin.Host, OriginRealm: f.origin.Realm, DestinationRealm: f.destination,
		Timeout: f.timeout, TLS: configuration,
	})
	var control *ocssim.ControlDoor
	if f.api != "" {
		control = ocssim.NewControlDoor(baseURL(f.api), f.token)
	}
	var failed []error
	for i, talk := range talks {
		gy.Use(dictionaries[i])
		failed = append(failed, c.playOne(ctx, talk, gy, control, f))
	}
	return no(errors.Join(append(failed, gy.Close())...))
}

func readConversations(files []string) ([]*conversation.Conversation, error) {
	var talks []*conversation.Conversation
	var faults []error
	for _, path := range files {
		text, err := readNamed("play", path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		talk, err := conversation.Parse(path, text)
		faults = append(faults, err)
		talks = append(talks, talk)
	}
	return talks, errors.Join(faults...)
}

// theirDictionaries is what each conversation knows: its seed may tell of AVPs.
func theirDictionaries(
	talks []*conversation.Conversation, known *diameter.Dictionaries,
) ([]*diameter.Dictionary, error) {
	var all []*diameter.Dictionary
	var faults []error
	for _, talk := range talks {
		one, err := withSeed(known.Current(), talk.Name, talk.Seed)
		if err == nil {
			err = wireFaults(talk, one)
		}
		all, faults = append(all, one), append(faults, err)
	}
	return all, errors.Join(faults...)
}

func (c *console) playOne(
	ctx context.Context, talk *conversation.Conversation,
	gy *ocssim.GyDoor, control *ocssim.ControlDoor, f *playFlags,
) (failed error) {
	if control != nil && f.reset {
		if err := control.Reset(ctx); err != nil {
			return fmt.Errorf("%s: reset the server: %w", talk.Name, err)
		}
	}
	if control != nil && f.seed && len(talk.Seed) > 0 {
		restore, err := control.KeepSettings(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", talk.Name, err)
		}
		defer func() { failed = errors.Join(failed, restore()) }()
		if err := control.ApplySeed(ctx, talk.Seed); err != nil {
			return fmt.Errorf("%s: apply the seed: %w", talk.Name, err)
		}
	}
	door := gy.Door(control)
	door.Settings = f.settings
	if f.json {
		return c.playJSON(ctx, talk, door, f)
	}
	return c.show(ctx, talk, door, f.options(), f.quiet)
}

// options are how conversations are played: an answer is awaited as long on every layer.
func (f *playFlags) options() conversation.Options {
	return conversation.Options{Origin: f.origin, Timeout: f.timeout}
}

// show plays a conversation, draws it, and returns what went another way than written.
func (c *console) show(
	ctx context.Context, talk *conversation.Conversation, door conversation.Door,
	options conversation.Options, quiet bool,
) error {
	options.Draw = door.Books != nil
	if !quiet {
		options.Observe = c.artist()
	}
	report, err := talk.Play(ctx, door, options)
	if err != nil {
		return err
	}
	if n := len(report.Skipped); n > 0 {
		c.say("%s: %s passed over; without --api there are no accounts and no clock", talk.Name,
			counted(n, "line was", "lines were"))
	}
	if err := report.Err(); err != nil {
		return err
	}
	c.answer("\n%s: as expected", talk.Name)
	return nil
}

// artist draws events, and of the accounts those only that changed since they were drawn last.
func (c *console) artist() func(*conversation.Event) {
	drawn := map[string]string{}
	return func(e *conversation.Event) {
		event := *e
		event.Accounts = slices.DeleteFunc(slices.Clone(e.Accounts),
			func(account conversation.Account) bool {
				now := fmt.Sprint(account.Balances)
				same := drawn[account.ID] == now
				drawn[account.ID] = now
				return same
			})
		fmt.Fprint(c.out, event.Draw())
	}
}

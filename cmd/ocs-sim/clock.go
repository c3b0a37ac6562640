package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

func newClock(c *console) *cobra.Command {
	var f controlFlags
	cmd := family("clock", "Show and turn the charging clock",
		"clock shows the clock that prices, expires and supervises, and turns it. It never goes back.\n"+
			"What is due by then is posted before a command ends.",
		clockCommand(c, &f, "show", "Show the clock", noArguments,
			func(ctx context.Context, api *client.Client, _ []string) (*resource.Clock, error) {
				return api.Clock(ctx)
			}),
		newClockSet(c, &f),
		clockCommand(c, &f, "advance TIME", "Move the clock on, as by 1h or 90s", one("time"),
			advanceClock),
		clockCommand(c, &f, "stop", "Stop the clock where it is", noArguments,
			func(ctx context.Context, api *client.Client, _ []string) (*resource.Clock, error) {
				return setClock(ctx, api, nil, true)
			}),
		clockCommand(c, &f, "run", "Let the clock run from where it is", noArguments,
			func(ctx context.Context, api *client.Client, _ []string) (*resource.Clock, error) {
				return setClock(ctx, api, nil, false)
			}))
	f.add(cmd)
	return cmd
}

// A turner does something to the clock and returns what it shows then.
type turner func(context.Context, *client.Client, []string) (*resource.Clock, error)

func clockCommand(
	c *console, control *controlFlags, use, short string, args cobra.PositionalArgs, turn turner,
) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, words []string) error {
			clock, err := turn(cmd.Context(), control.client(), words)
			var misuse *misused
			switch {
			case errors.As(err, &misuse):
				return misuse.err
			case err != nil:
				return no(err)
			}
			return c.tell(control, clock, clockLine(clock))
		},
	}
}

// misused tells a word that cannot be understood from a server that says no.
type misused struct{ err error }

func (m *misused) Error() string { return m.err.Error() }

func clockLine(clock *resource.Clock) string {
	state := "running"
	if clock.Stopped {
		state = "stopped"
	}
	return clock.Now.Format(time.RFC3339Nano) + " " + state
}

func newClockSet(c *console, control *controlFlags) *cobra.Command {
	var run bool
	const short = "Set the clock, as to 2026-03-01T12:00:00Z, and stop it"
	cmd := clockCommand(c, control, "set TIME", short, one("time"),
		func(ctx context.Context, api *client.Client, words []string) (
			*resource.Clock, error,
		) {
			at, err := time.Parse(time.RFC3339Nano, words[0])
			if err != nil {
				return nil, &misused{fmt.Errorf(
					"%q is no time; write one as 2026-03-01T12:00:00Z", words[0])}
			}
			return setClock(ctx, api, &at, !run)
		})
	cmd.Flags().BoolVar(&run, "run", false, "let it run from there")
	return cmd
}

func setClock(ctx context.Context, api *client.Client, at *time.Time, stopped bool) (
	*resource.Clock, error,
) {
	return api.SetClock(ctx, resource.ClockChange{Now: at, Stopped: &stopped})
}

func advanceClock(ctx context.Context, api *client.Client, words []string) (
	*resource.Clock, error,
) {
	by, err := charging.ParseQuantity(words[0])
	if err != nil || by.Unit != charging.Time {
		return nil, &misused{fmt.Errorf(
			"%q is no time of whole seconds; write one as 1h or 90s", words[0])}
	}
	if err := api.Advance(ctx, time.Duration(by.Amount)*time.Second); err != nil {
		return nil, err
	}
	return api.Clock(ctx)
}

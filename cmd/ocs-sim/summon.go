package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// summonFlags say what a client is asked, and what is waited for.
type summonFlags struct {
	sub                  uint64
	group, service, pool uint32
	patience             client.Patience
}

func newSummon(c *console, control *controlFlags, kind charging.SummonsKind) *cobra.Command {
	var f summonFlags
	verb, command, follower := "reauthorize", "a RAR", "CCR-U"
	if kind == charging.Abortion {
		verb, command, follower = "abort", "an ASR", "CCR-T"
	}
	cmd := &cobra.Command{
		Use:   verb + " SESSION",
		Short: "Send " + command + " for a session",
		Long: verb + " has the server send " + command + " to the client that opened the session,\n" +
			"waits for its answer, and with --follow for the " + follower + " that must follow. It\n" +
			"ends with 1 if that does not come, or the client refuses.",
		Example: "  ocs-sim sessions " + verb + " 'im.example.com;1;1' --follow 10s",
		Args:    one("Session-Id"),
		RunE: func(cmd *cobra.Command, words []string) error {
			s := charging.Summons{
				Kind: kind, Session: charging.SessionID{ID: words[0], Sub: f.sub},
				Scope: f.scope(cmd),
			}
			return c.summon(cmd.Context(), control, &s, f.patience)
		},
	}
	flags := cmd.Flags()
	addSubSession(flags, &f.sub)
	flags.DurationVar(&f.patience.Answer, "wait", 10*time.Second,
		"how long to wait for the answer; 0s: it is only sent")
	flags.DurationVar(&f.patience.Follow, "follow", 0,
		"how long to wait for the "+follower+" that must follow")
	if kind == charging.Reauthorization {
		flags.Uint32Var(&f.group, "rating-group", 0, "this Rating-Group only")
		flags.Uint32Var(&f.service, "service", 0, "this Service-Identifier only")
		flags.Uint32Var(&f.pool, "pool", 0, "this G-S-U-Pool-Identifier only")
	}
	return cmd
}

// scope is what was given: 0 is a number like any other.
func (f *summonFlags) scope(cmd *cobra.Command) (scope charging.Scope) {
	number := func(flag string, value uint32) charging.Number {
		if !cmd.Flags().Changed(flag) {
			return charging.Number{}
		}
		return charging.Known(int64(value))
	}
	return charging.Scope{
		Group:   number("rating-group", f.group),
		Service: number("service", f.service),
		Pool:    number("pool", f.pool),
	}
}

func (c *console) summon(
	ctx context.Context, control *controlFlags, s *charging.Summons, patience client.Patience,
) error {
	said, err := control.client().Summon(ctx, s, patience)
	if err != nil {
		return no(err)
	}
	if err := c.tell(control, said, summonsLine(said)); err != nil {
		return err
	}
	state := summons.State(said.State)
	well := state == summons.Followed || patience.Follow <= 0 &&
		(state == summons.Answered || patience.Answer <= 0)
	if well {
		return nil
	}
	return no(fmt.Errorf("the client did not come back: %s", summonsLine(said)))
}

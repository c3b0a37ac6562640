package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// followFlags say what is followed, and how long.
type followFlags struct {
	client.EventFilter
	count int
}

func (c *control) followJournal() *cobra.Command {
	var f followFlags
	cmd := &cobra.Command{
		Use:   "follow",
		Short: "Show exchanges and findings as they come",
		Long: "follow shows exchanges as soon as they are complete, and what is found in them, until\n" +
			"it is interrupted, or has shown as many as --count says. With --json each is a line.\n" +
			"What came too fast to be shown is counted.",
		Example: "  ocs-sim journal follow --subscriber 15550100\n" +
			"  ocs-sim journal follow --events finding,verdict,peer --json",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.follow(cmd.Context(), &f)
		},
	}
	flags := cmd.Flags()
	addFilter(flags, &f.ExchangeFilter)
	flags.StringSliceVar(&f.Events, "events", nil,
		"which: exchange, finding, verdict, peer; the first two if nothing is said")
	flags.StringVar(&f.Severity, "severity", "", "findings as bad as this only")
	flags.StringVar(&f.Verdict, "verdict", "", "findings: only does-not-conform, or would-not-work")
	flags.StringVar(&f.After, "after", "", "begin behind the exchange with this number; 0: with all")
	flags.IntVar(&f.count, "count", 0, "how many to show; 0: until it is interrupted")
	return cmd
}

// errEnough ends following.
var errEnough = errors.New("as many were shown as were wanted")

func (c *control) follow(ctx context.Context, f *followFlags) error {
	shown := 0
	err := c.client().Follow(ctx, f.EventFilter, func() { c.say("following") },
		func(e *client.Event) error {
			if err := c.showEvent(e); err != nil {
				return err
			}
			if e.Name != "missed" {
				shown++
			}
			if f.count > 0 && shown >= f.count {
				return errEnough
			}
			return nil
		})
	if errors.Is(err, errEnough) || ctx.Err() != nil {
		return nil
	}
	return no(err)
}

// showEvent shows an event in a line.
func (c *control) showEvent(e *client.Event) error {
	if c.json {
		line, err := json.Marshal(map[string]any{
			"event": e.Name, "id": e.ID, "data": json.RawMessage(e.Data),
		})
		if err != nil {
			return fmt.Errorf("write the event: %w", err)
		}
		c.answer("%s", line)
		return nil
	}
	switch e.Name {
	case "exchange":
		x, err := e.Exchange()
		if err != nil {
			return err
		}
		c.answer("%s", exchangeLine(x))
	case "finding":
		found, err := e.Finding()
		if err != nil {
			return err
		}
		c.answer("%s", findingLine(found))
	case "missed":
		missed, err := e.Missed()
		if err != nil {
			return err
		}
		c.say("%d exchanges and %d findings came too fast to be shown",
			missed.Exchanges, missed.Findings)
	default:
		c.answer("%s %s", e.Name, e.Data)
	}
	return nil
}

// exchangeLine is an exchange in the words of the list, but for its table.
func exchangeLine(x *scenarios.Exchange) string {
	request, result := exchangeWords(x)
	words := []string{
		fmt.Sprintf("#%d", x.Seq), x.At.UTC().Format("15:04:05.000"), x.Door, orDash(x.Peer),
		orDash(x.Session), request, result,
	}
	if x.Rule != "" {
		words = append(words, "by "+x.Rule)
	}
	return strings.Join(words, " ")
}

func findingLine(f *scenarios.Finding) string {
	return fmt.Sprintf("%s %s in #%d of %s: %s, expected %s",
		f.Severity, f.Rule, f.Exchange, orDash(f.Session), f.Seen, f.Expected)
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ocs-sim/ocs-sim/api/resource"
)

func newPeers(c *console) *cobra.Command {
	var f controlFlags
	cmd := family("peers", "List and disconnect Diameter peers",
		"peers shows the open Diameter connections of a server, and takes leave of a peer (DPR).",
		newPeersList(c, &f), newPeersDisconnect(c, &f))
	f.add(cmd)
	return cmd
}

func newPeersList(c *console, control *controlFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List open Diameter connections",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := control.client().Peers(cmd.Context())
			if err != nil {
				return no(err)
			}
			if control.json {
				return c.tell(control, list.Items, "")
			}
			c.table(peerRows(list.Items))
			return nil
		},
	}
}

func peerRows(peers []resource.Peer) [][]any {
	rows := [][]any{{"PEER", "REALM", "PRODUCT", "ADDRESS", "SINCE", ""}}
	for i := range peers {
		p := &peers[i]
		var remarks []string
		if p.Relay {
			remarks = append(remarks, "relay")
		}
		if p.Suspect {
			remarks = append(remarks, "suspect")
		}
		rows = append(rows, []any{
			p.OriginHost, p.OriginRealm, orDash(p.ProductName), p.Address,
			p.Since.Format(time.RFC3339), strings.Join(remarks, " "),
		})
	}
	return rows
}

func newPeersDisconnect(c *console, control *controlFlags) *cobra.Command {
	causes := []string{"rebooting", "busy", "do_not_want_to_talk"}
	var cause string
	cmd := &cobra.Command{
		Use:   "disconnect ORIGIN-HOST",
		Short: "Say goodbye to a peer with a DPR, and close its connections",
		Args:  one("Origin-Host"),
		RunE: func(cmd *cobra.Command, words []string) error {
			if !slices.Contains(causes, cause) {
				return errors.New("--cause is " + strings.Join(causes, ", ") +
					fmt.Sprintf(", not %q", cause))
			}
			if err := control.client().Disconnect(cmd.Context(), words[0], cause); err != nil {
				return no(err)
			}
			return c.tell(control, map[string]string{"disconnected": words[0]},
				words[0]+" is disconnected")
		},
	}
	cmd.Flags().StringVar(&cause, "cause", "do_not_want_to_talk",
		"Disconnect-Cause: "+strings.Join(causes, ", "))
	return cmd
}

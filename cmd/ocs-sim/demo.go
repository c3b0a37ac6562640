package main

import (
	"context"
	_ "embed"
	"errors"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
)

//go:embed demo.conv
var demoText []byte

func newDemo(c *console) *cobra.Command {
	var stay bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Start a server and play an IM Server's conversations with it",
		Long: "demo starts a server with a temporary database on free ports and plays, over a real\n" +
			"Diameter connection: a conference with a join and a departure, a session whose re-INVITE\n" +
			"adds audio, and an account that runs out at a join. It draws each message with units,\n" +
			"price and the account beside it, and ends with 0 only if all is as expected.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return no(c.demo(cmd.Context(), stay)) },
	}
	cmd.Flags().BoolVar(&stay, "stay", false, "leave the server up until interrupted")
	return cmd
}

func (c *console) demo(ctx context.Context, stay bool) (err error) {
	talk, err := conversation.Parse("demo.conv", demoText)
	if err != nil {
		return err
	}
	server, err := ocssim.Start(ctx, ocssim.Options{
		Seeds:   []document.File{{Name: "demo.conv", Data: talk.Seed}},
		Version: version(), Log: zerolog.New(c.err).Level(zerolog.WarnLevel),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	c.answer("Diameter %s   REST %s", server.DiameterAddresses()[0], server.APIURL())
	gy := ocssim.NewGyDoor(server.DiameterAddresses()[0], diameter.ClientOptions{
		OriginHost: "im.example.com", OriginRealm: "example.com", DestinationRealm: "example.net",
	})
	control := ocssim.NewControlDoor(server.APIURL(), "")
	options := conversation.Options{
		Origin: charging.Origin{Host: "im.example.com", Realm: "example.com"},
	}
	err = errors.Join(c.show(ctx, talk, gy.Door(control), options, false), gy.Close())
	if err != nil || !stay {
		return err
	}
	c.answer("\nthe server stays up; end it with Ctrl-C")
	<-ctx.Done()
	return nil
}

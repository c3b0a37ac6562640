package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ocs-sim/ocs-sim/api/client"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

func newSessions(c *console) *cobra.Command {
	var f controlFlags
	cmd := family("sessions", "List and show sessions, and have their clients asked (RAR, ASR)",
		"sessions shows what a server knows of credit-control sessions, and has it send a RAR or an\n"+
			"ASR to the client of one.",
		newSessionsList(c, &f), newSessionsShow(c, &f),
		newSummon(c, &f, charging.Reauthorization), newSummon(c, &f, charging.Abortion))
	f.add(cmd)
	return cmd
}

// sessionsListFlags pick sessions.
type sessionsListFlags struct {
	account      string
	closed, only bool
	wait         time.Duration
}

func newSessionsList(c *console, control *controlFlags) *cobra.Command {
	var f sessionsListFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List open sessions",
		Long: "list shows the open sessions, oldest first; with --all those also that are closed and\n" +
			"not forgotten yet. With --wait it waits until there is one, and ends with 1 if there is\n" +
			"none by then.",
		Example: "  ocs-sim sessions list --account alice --ids",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.listSessions(cmd.Context(), control, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.account, "account", "", "sessions on this account only")
	flags.BoolVar(&f.closed, "all", false, "closed sessions, too")
	flags.BoolVar(&f.only, "ids", false, "print the Session-Ids only, one a line")
	flags.DurationVar(&f.wait, "wait", 0, "how long to wait until there is one")
	return cmd
}

func (c *console) listSessions(
	ctx context.Context, control *controlFlags, f *sessionsListFlags,
) error {
	found, err := awaitSessions(ctx, control.client(), f)
	if err != nil {
		return no(err)
	}
	switch {
	case control.json:
		err = c.tell(control, found, "")
	case f.only:
		for i := range found {
			c.answer("%s", found[i].Session)
		}
	default:
		c.table(sessionRows(found))
	}
	if err == nil && f.wait > 0 && len(found) == 0 {
		return no(errors.New("no session came"))
	}
	return err
}

const sessionsPoll = 20 * time.Millisecond

// awaitSessions asks until there is a session, or the time to wait is over.
func awaitSessions(
	ctx context.Context, api *client.Client, f *sessionsListFlags,
) ([]resource.Session, error) {
	late := time.After(f.wait)
	for {
		found, err := allSessions(ctx, api, f)
		if err != nil || len(found) > 0 || f.wait <= 0 {
			return found, err
		}
		select {
		case <-time.After(sessionsPoll):
		case <-late:
			return found, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func allSessions(
	ctx context.Context, api *client.Client, f *sessionsListFlags,
) ([]resource.Session, error) {
	found := []resource.Session{}
	for page := (client.Page{Limit: 1000}); ; {
		list, err := api.Sessions(ctx, f.account, page)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			if list.Items[i].Open || f.closed {
				found = append(found, list.Items[i])
			}
		}
		if page.After = list.Next; page.After == "" {
			return found, nil
		}
	}
}

func sessionRows(sessions []resource.Session) [][]any {
	rows := [][]any{{"SESSION", "ACCOUNT", "STATE", "NUMBER", "COST", "PEER"}}
	for i := range sessions {
		s := &sessions[i]
		state := "open"
		if !s.Open {
			state = "closed (" + s.ClosedBy + ")"
		}
		rows = append(rows, []any{
			s.Session, s.Account, state, s.Number, orDash(s.Cost), orDash(s.OriginHost),
		})
	}
	return rows
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func newSessionsShow(c *console, control *controlFlags) *cobra.Command {
	var sub uint64
	cmd := &cobra.Command{
		Use:   "show SESSION",
		Short: "Show a session, and what came of each RAR and ASR for it",
		Args:  one("Session-Id"),
		RunE: func(cmd *cobra.Command, words []string) error {
			return c.showSession(cmd.Context(), control, charging.SessionID{ID: words[0], Sub: sub})
		},
	}
	addSubSession(cmd.Flags(), &sub)
	return cmd
}

func addSubSession(flags *pflag.FlagSet, sub *uint64) {
	flags.Uint64Var(sub, "sub-session", 0, "CC-Sub-Session-Id, where one is used")
}

// shownSession is a session with all that its client was asked.
type shownSession struct {
	*resource.Session
	Summonses []resource.Summons `json:"summonses"`
}

func (c *console) showSession(
	ctx context.Context, control *controlFlags, id charging.SessionID,
) error {
	api := control.client()
	session, err := api.Session(ctx, id)
	if err != nil {
		return no(err)
	}
	shown := shownSession{session, []resource.Summons{}}
	for _, kind := range []charging.SummonsKind{charging.Reauthorization, charging.Abortion} {
		list, err := api.Summonses(ctx, id, kind)
		if err != nil {
			return no(err)
		}
		shown.Summonses = append(shown.Summonses, list.Items...)
	}
	slices.SortFunc(shown.Summonses, func(a, b resource.Summons) int { return int(a.ID - b.ID) })
	if control.json {
		return c.tell(control, shown, "")
	}
	c.table(sessionRows([]resource.Session{*session}))
	for i := range session.Services {
		s := &session.Services[i]
		c.answer("  %s granted %s by %s", serviceName(s), orDash(s.Granted), orDash(s.Rule))
	}
	for i := range shown.Summonses {
		c.answer("  %s", summonsLine(&shown.Summonses[i]))
	}
	return nil
}

func serviceName(s *resource.SessionService) string {
	name := "all services"
	if s.RatingGroup != nil {
		name = fmt.Sprintf("rg=%d", *s.RatingGroup)
	}
	if len(s.Service) > 0 {
		name += fmt.Sprintf(" si=%v", s.Service)
	}
	return name
}

// summonsLine says what came of a summons, as in "reauthorization rg=100: followed by update 2
// (2001), answered 2002".
func summonsLine(s *resource.Summons) string {
	line := s.Kind
	if scope := s.Scope.Read().String(); scope != "" {
		line += " " + scope
	}
	line += ": " + s.State
	if f := s.FollowedBy; f != nil {
		line += fmt.Sprintf(" by %s %d (%d)", f.Type, f.Number, f.Result)
	}
	if s.Result != 0 && s.State != string(summons.Answered) {
		line += ", answered"
	}
	if s.Result != 0 {
		line += fmt.Sprintf(" %d %s", s.Result, s.ResultName)
	}
	if s.Cause != string(summons.ByRequest) {
		line += ", on " + s.Cause
	}
	return line
}

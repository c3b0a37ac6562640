package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// Perform does a step of a scenario's rule, as the operation of the API would that does the same.
func (s *server) Perform(ctx context.Context, t scenarios.Task) (told string, err error) {
	switch {
	case t.Credit != nil:
		return s.performTransfer(ctx, &t, t.Credit, s.Ledger.Credit)
	case t.Debit != nil:
		return s.performTransfer(ctx, &t, t.Debit, s.Ledger.Debit)
	case t.Origin.Host == "" && t.Advance.Unit == "":
		return "", charging.Errorf(charging.KindNoPeer,
			"the session was opened over REST, where no client can be reached; charges over REST "+
				"may name an origin_host, which is then")
	case t.RAR != nil:
		return s.performSummons(ctx, &t, charging.Reauthorization, t.RAR.Scope())
	case t.ASR != nil:
		return s.performSummons(ctx, &t, charging.Abortion, charging.Scope{})
	case t.DPR != nil:
		return "to " + t.Origin.Host,
			s.Peers.Disconnect(ctx, t.Origin.Host, disconnectCause(t.DPR.Cause))
	case t.Disconnect != nil:
		return t.Origin.Host, s.Peers.Cut(t.Origin.Host, t.Ending())
	}
	return s.performAdvance(ctx, &t)
}

func (s *server) performTransfer(
	ctx context.Context, t *scenarios.Task, wanted *scenarios.Transfer,
	move func(context.Context, time.Time, string, accounts.Transfer) (accounts.Account, error),
) (string, error) {
	account := cmp.Or(wanted.Account, t.Account)
	if account == "" {
		return "", charging.Errorf(charging.KindAccountNotFound,
			"the session has no account; name one in the step")
	}
	_, err := move(ctx, s.Clock.Now(), account, accounts.Transfer{
		Balance: wanted.Balance, Amount: wanted.Amount, Reference: cmp.Or(wanted.Reference, t.Rule),
	})
	if err != nil {
		return "", err
	}
	if t.Credit != nil {
		s.toppedUp(account)
		return fmt.Sprintf("of %s to %s", wanted.Amount, account), nil
	}
	return fmt.Sprintf("of %s from %s", wanted.Amount, account), nil
}

// performSummons sends a RAR or ASR to the client that asked, even if its session is over
// meanwhile: what it says then is worth a test.
func (s *server) performSummons(
	ctx context.Context, t *scenarios.Task, kind charging.SummonsKind, scope charging.Scope,
) (string, error) {
	report, err := s.Summons.Issue(ctx, charging.Summons{
		Kind: kind, Session: t.Session, Origin: t.Origin, Scope: scope,
	}, summons.ByScenario)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("to %s, as exchange %d", t.Origin.Host, report.Exchange), nil
}

// performAdvance turns the clock, unless a reset came first.
func (s *server) performAdvance(ctx context.Context, t *scenarios.Task) (string, error) {
	_, err := s.turn(ctx, func() error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_, err := s.Clock.Advance(t.Spell())
		return err
	})
	return fmt.Sprintf("of the charging clock by %s", t.Spell()), err
}

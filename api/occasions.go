package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// Occasions say when clients are summoned though nobody asks for it, where their settings do not.
type Occasions struct {
	// TopUp sends a RAR where an account gets more, for its sessions whose units are at their end
	// or refused (RFC 8506 section 5.6.4).
	TopUp bool
	// TariffChange sends a RAR where a plan gets a new version, for sessions with grants of an
	// older one.
	TariffChange bool
	// Barring sends an ASR for the open sessions of an account that is not active any more.
	Barring bool
	// Deletion sends an ASR for sessions that were closed since their account was deleted.
	Deletion bool
}

// asks reports whether the client is to be summoned on an occasion: as its settings say, else as
// the server usually does.
func (s *server) asks(client charging.Origin, occasion charging.Occasions) bool {
	const aborts = charging.OnBarring | charging.OnDeletion
	if s.Settings != nil {
		own := s.Settings.Of(client)
		switch {
		case own == nil:
		case occasion&aborts != 0 && own.AbortOn != 0:
			return own.AbortOn&occasion != 0
		case occasion&aborts == 0 && own.ReauthorizeOn != 0:
			return own.ReauthorizeOn&occasion != 0
		}
	}
	return s.Occasions.usual()&occasion != 0
}

func (o *Occasions) usual() (usual charging.Occasions) {
	if o.TopUp {
		usual |= charging.OnTopUp
	}
	if o.TariffChange {
		usual |= charging.OnTariffChange
	}
	if o.Barring {
		usual |= charging.OnBarring
	}
	if o.Deletion {
		usual |= charging.OnDeletion
	}
	return usual
}

// toppedUp asks for the account's sessions that wait for credit.
func (s *server) toppedUp(account string) {
	if !s.Ledger.HasOpenSessions(account) {
		return
	}
	s.Summons.Later(account, summons.ByTopUp,
		func(ctx context.Context, issue func(charging.Summons)) error {
			return s.eachOpen(ctx, account, charging.OnTopUp, func(session *charging.Session) {
				if scope, waits := waitsForCredit(session); waits {
					issue(charging.Summons{
						Session: session.ID, Origin: session.Origin, Scope: scope,
					})
				}
			})
		})
}

// eachOpen looks at the open sessions of an account, or at all, whose client can be asked and is to
// be on the occasion.
func (s *server) eachOpen(
	ctx context.Context, account string, occasion charging.Occasions,
	look func(*charging.Session),
) error {
	return s.Ledger.EachOpenSession(ctx, account, func(session *charging.Session) {
		if mayBeSummoned(session) == nil && s.asks(session.Origin, occasion) {
			look(session)
		}
	})
}

// waitsForCredit reports whether a service of the session has its last units, or none; a session
// that was granted nothing at all is one. The scope is that service's where others have enough.
func waitsForCredit(session *charging.Session) (scope charging.Scope, waits bool) {
	count := 0
	for i := range session.Services {
		if state := &session.Services[i]; state.Final || state.Granted == 0 {
			count++
			scope = charging.Scope{Group: state.Key.Group}
		}
	}
	if count != 1 || len(session.Services) == 1 {
		scope = charging.Scope{}
	}
	return scope, count > 0 || len(session.Services) == 0
}

// changedPlan asks for the sessions whose grants are of an older version of a plan.
func (s *server) changedPlan(name string) {
	s.Summons.Later(name, summons.ByTariffChange,
		func(ctx context.Context, issue func(charging.Summons)) error {
			version, err := s.Ledger.PlanVersion(ctx, name, 0)
			if err != nil {
				return err
			}
			return s.eachOpen(ctx, "", charging.OnTariffChange, func(session *charging.Session) {
				if hasOlderGrant(session, name, version.Version) {
					issue(charging.Summons{Session: session.ID, Origin: session.Origin})
				}
			})
		})
}

// changedPlanOf asks for the sessions with grants of an account that has another plan now.
func (s *server) changedPlanOf(account string) {
	if !s.Ledger.HasOpenSessions(account) {
		return
	}
	s.Summons.Later(account, summons.ByTariffChange,
		func(ctx context.Context, issue func(charging.Summons)) error {
			return s.eachOpen(ctx, account, charging.OnTariffChange, func(session *charging.Session) {
				for i := range session.Services {
					if session.Services[i].Granted > 0 {
						issue(charging.Summons{Session: session.ID, Origin: session.Origin})
						return
					}
				}
			})
		})
}

func hasOlderGrant(session *charging.Session, plan string, version int64) bool {
	for i := range session.Services {
		state := &session.Services[i]
		c := &state.Conditions
		if state.Granted > 0 && c.Plan == plan && c.Version < version {
			return true
		}
	}
	return false
}

// changedAccount compares an account with what it was before; nil: there was none.
func (s *server) changedAccount(before, after *accounts.Account) {
	if before == nil {
		return
	}
	if hasMore(before, after) {
		s.toppedUp(after.ID)
	}
	if before.Plan != after.Plan {
		s.changedPlanOf(after.ID)
	}
	barred := before.Status == charging.Active && after.Status != charging.Active
	if barred {
		s.Summons.Later(after.ID, summons.ByBarring,
			func(ctx context.Context, issue func(charging.Summons)) error {
				return s.eachOpen(ctx, after.ID, charging.OnBarring, func(session *charging.Session) {
					issue(charging.Summons{
						Kind: charging.Abortion, Session: session.ID, Origin: session.Origin,
					})
				})
			})
	}
}

// hasMore reports whether any balance has more available than before.
func hasMore(before, after *accounts.Account) bool {
	available := make(map[string]int64, len(before.Balances))
	for i := range before.Balances {
		available[before.Balances[i].ID] = before.Balances[i].Available
	}
	for i := range after.Balances {
		if b := &after.Balances[i]; b.Available > available[b.ID] {
			return true
		}
	}
	return false
}

// sessionsOf lists the account's open sessions before it is deleted, where their clients are to be
// told afterwards.
func (s *server) sessionsOf(ctx context.Context, account string) ([]*charging.Session, error) {
	var open []*charging.Session
	if !s.Ledger.HasOpenSessions(account) {
		return nil, nil
	}
	err := s.eachOpen(ctx, account, charging.OnDeletion,
		func(session *charging.Session) { open = append(open, session) })
	return open, err
}

// deletedAccount asks the clients to end sessions that were closed.
func (s *server) deletedAccount(account string, sessions []*charging.Session) {
	if len(sessions) == 0 {
		return
	}
	s.Summons.Later(account, summons.ByDeletion,
		func(_ context.Context, issue func(charging.Summons)) error {
			for _, session := range sessions {
				issue(charging.Summons{
					Kind: charging.Abortion, Session: session.ID, Origin: session.Origin,
				})
			}
			return nil
		})
}

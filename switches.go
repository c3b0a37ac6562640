package ocssim

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/summons"
	"github.com/ocs-sim/ocs-sim/rating"
)

// keepTariffs has clients asked by a RAR where the charging clock passes a tariff switch and the
// plan says so. It looks whenever the clock is turned, and else once a second.
func (s *Server) keepTariffs(ctx context.Context) {
	defer close(s.tariffsDone)
	var last time.Time
	for {
		now := s.clock.Now()
		if s.switched(ctx, last, now) {
			s.summons.Later("switch", summons.ByTariffChange,
				func(ctx context.Context, issue func(charging.Summons)) error {
					return s.askAtSwitch(ctx, now, issue)
				})
		}
		last = now
		select {
		case <-ctx.Done():
			return
		case <-s.turned:
		case <-time.After(longestSleep):
		}
	}
}

// clockTurned is told by the API.
func (s *Server) clockTurned() {
	select {
	case s.turned <- struct{}{}:
	default:
	}
}

// switched reports whether any plan has clients asked for a tariff that switched between two
// instants. At the start nobody knows what was missed, so that it is as if one had.
func (s *Server) switched(ctx context.Context, last, now time.Time) bool {
	plans, err := s.ledger.Plans(ctx)
	if err != nil {
		return false
	}
	for i := range plans {
		compiled, err := s.tariffs.Plan(&plans[i])
		plan, ok := compiled.(*rating.Plan)
		if err == nil && ok && plan.Reauthorizes(last, now) {
			return true
		}
	}
	return false
}

// askAtSwitch finds the sessions whose grants are of a tariff that is over by now.
func (s *Server) askAtSwitch(
	ctx context.Context, now time.Time, issue func(charging.Summons),
) error {
	return s.ledger.EachOpenSession(ctx, "", func(session *charging.Session) {
		if session.Origin.Host == "" {
			return
		}
		count, scope := 0, charging.Scope{}
		for i := range session.Services {
			if s.isOver(ctx, session, &session.Services[i], now) {
				count++
				scope.Group = session.Services[i].Key.Group
			}
		}
		if count != 1 || len(session.Services) == 1 {
			scope = charging.Scope{}
		}
		if count > 0 {
			issue(charging.Summons{Session: session.ID, Origin: session.Origin, Scope: scope})
		}
	})
}

// isOver reports whether the tariff of a grant has switched since it was given.
func (s *Server) isOver(
	ctx context.Context, session *charging.Session, state *charging.ServiceState, now time.Time,
) bool {
	if state.Granted == 0 {
		return false
	}
	c := &state.Conditions
	version, err := s.ledger.PlanVersion(ctx, c.Plan, c.Version)
	if err != nil {
		return false
	}
	plan, err := s.tariffs.Plan(&version)
	if err != nil {
		return false
	}
	terms, err := plan.Terms(c)
	if err != nil || !terms.TariffRAR {
		return false
	}
	at, switches := plan.Switch(&charging.Inputs{
		Context: session.Context, Service: state.Key, Units: []charging.Unit{c.Unit},
		Info: &session.Info, Participants: session.Info.Participants,
	}, state.LastReport)
	return switches && !at.After(now)
}

package ocssim

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/ocf"
	"github.com/ocs-sim/ocs-sim/charging/summons"
)

// newSummons returns the register of RAR and ASR. The door that sends them is made after it, since
// it tells what it sees.
func (s *Server) newSummons(function *ocf.Function) *summons.Register {
	return summons.New(summons.Options{
		Send: func(
			ctx context.Context, one *charging.Summons, sent func(int64),
		) (charging.Result, error) {
			routed := *one
			if session, err := s.ledger.Session(ctx, one.Session); err == nil {
				routed.Route = session.Route
			}
			result, err := s.gy.Summon(ctx, &routed, sent)
			s.scenarios.Summoned(one, result, err)
			return result, err
		},
		End: func(ctx context.Context, id charging.SessionID, cause string) error {
			return function.End(ctx, s.clock.Now(), id, cause)
		},
		Wait: s.options.RARWait, WaitFor: s.patience, Log: s.options.Log,
	})
}

// patience is how long a client's settings say that it is waited for; 0: as usual.
func (s *Server) patience(client charging.Origin) time.Duration {
	if settings := s.settings.Of(client); settings != nil {
		return settings.RARWait
	}
	return 0
}

// Summons are the re-authorizations and aborts that were sent, and what came of them.
func (s *Server) Summons() *summons.Register { return s.summons }

const (
	defaultRARWait = 10 * time.Second
	longestRARWait = 10 * time.Minute
)

// checkRARWait refuses a time to wait that cannot be.
func (o *Options) checkRARWait() error {
	if o.RARWait >= 0 && o.RARWait <= longestRARWait {
		return nil
	}
	return &OptionError{"--rar-wait", "a client is waited for between 0s, which is " +
		defaultRARWait.String() + ", and " + longestRARWait.String()}
}

package ocssim

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/ocf"
)

// closedByForce is the Session.ClosedBy of a session that is ended from outside.
const closedByForce = "forced"

// restarted ends the sessions of a client that has started again.
func (s *Server) restarted(ctx context.Context, client charging.Origin) {
	if err := s.endSessionsOf(ctx, client.Host); err != nil {
		s.options.Log.Error().Err(err).Str("peer", client.Host).
			Msg("sessions of a client that has started again stay open")
	}
}

// endSessionsOf ends the open sessions of a client and releases what they hold. What it used and
// did not report is not known, and not debited.
func (s *Server) endSessionsOf(ctx context.Context, host string) error {
	open, err := s.openSessionsOf(ctx, host)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	failed := make(chan error, len(open))
	for _, id := range open {
		all.Add(1)
		s.ledger.Update(ctx, s.clock.Now(),
			func(t charging.Tx) error { return ocf.EndSession(t, id, closedByForce) },
			func(err error) {
				if err != nil {
					failed <- fmt.Errorf("end session %s: %w", id.ID, err)
				}
				all.Done()
			})
	}
	all.Wait()
	close(failed)
	return <-failed
}

func (s *Server) openSessionsOf(ctx context.Context, host string) ([]charging.SessionID, error) {
	var open []charging.SessionID
	err := s.ledger.EachOpenSession(ctx, "", func(session *charging.Session) {
		if strings.EqualFold(session.Origin.Host, host) {
			open = append(open, session.ID)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list the sessions of %s: %w", host, err)
	}
	return open, nil
}

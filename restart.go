package ocssim

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ocs-sim/ocs-sim/charging"
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
		s.ledger.Update(ctx, s.clock.Now(), func(t charging.Tx) error { return endSession(t, id) },
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

// openSessionsOf lists them, page by page.
func (s *Server) openSessionsOf(ctx context.Context, host string) ([]charging.SessionID, error) {
	var open []charging.SessionID
	for after := ""; ; {
		page, next, err := s.ledger.Sessions(ctx, "", after, 0)
		if err != nil {
			return nil, fmt.Errorf("list the sessions of %s: %w", host, err)
		}
		for _, session := range page {
			if session.Open() && strings.EqualFold(session.Origin.Host, host) {
				open = append(open, session.ID)
			}
		}
		if after = next; after == "" {
			return open, nil
		}
	}
}

// endSession closes a session that is open still.
func endSession(t charging.Tx, id charging.SessionID) error {
	session, found := t.Session(id)
	if !found || !session.Open() {
		return nil
	}
	ended := *session
	ended.Services = append([]charging.ServiceState(nil), session.Services...)
	for i := range ended.Services {
		service := &ended.Services[i]
		if service.Reservation == 0 {
			continue
		}
		if err := t.Release(service.Reservation); err != nil {
			return fmt.Errorf("release reservation %d: %w", service.Reservation, err)
		}
		service.Reservation, service.Held = 0, charging.Amounts{}
	}
	ended.Closed, ended.ClosedBy = t.Now(), closedByForce
	t.PutSession(&ended)
	return nil
}

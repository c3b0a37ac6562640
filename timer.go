package ocssim

import (
	"context"
	"time"
)

// longestSleep bounds how late the timer notices that somebody turned the charging clock.
const longestSleep = time.Second

// keepTime is the one timer: it has the ledger post what falls due while nobody else asks.
func (s *Server) keepTime(ctx context.Context) {
	defer close(s.timerDone)
	for {
		wait := longestSleep
		if due, ok := s.ledger.NothingDueBefore(); ok {
			now := s.clock.Now()
			if left := due.Sub(now); left > 0 {
				wait = min(wait, left)
			} else if err := s.ledger.Tick(ctx, now); err == nil {
				continue
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.ledger.DueChanged():
		case <-time.After(wait):
		}
	}
}

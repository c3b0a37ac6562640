package api

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	clockPath    = "/v1/clock"
	clockExample = `{"now": "2026-03-01T12:00:00Z", "stopped": true}`

	// lastYear is the last that RFC 3339 can write.
	lastYear = 9999
	// longestAdvance keeps a duration within 64 bits.
	longestAdvance = 100 * 366 * 24 * time.Hour
)

// ClockInput is the input of PUT /v1/clock and of POST /v1/clock/advances.
type ClockInput struct{ Written }

func (s *server) clockRoutes() {
	backwards := []charging.ErrorKind{
		charging.KindClockBackwards, charging.KindInvalidDocument, charging.KindLedgerStopped,
	}
	register(s, route{
		method: "GET", path: clockPath, id: "get-clock", tag: "Clock",
		summary:     "Show the charging clock",
		description: "The wall clock, unless it was turned. It prices, expires and supervises.",
		example:     clockExample,
	}, s.getClock)
	register(s, route{
		method: "PUT", path: clockPath, id: "put-clock", tag: "Clock",
		summary: "Turn the charging clock",
		description: "Sets the time, and stops the clock or lets it run. All that is due by " +
			"then is posted before the answer. A time in whole seconds means any moment of " +
			"that second.",
		body: resource.ClockChange{}, bodyExample: clockExample, example: clockExample,
		problems: backwards,
	}, s.putClock)
	register(s, route{
		method: "POST", path: clockPath + "/advances", id: "advance-clock", tag: "Clock",
		summary: "Move the charging clock on",
		description: "Stopped or running, it shows that much more. All that is due by then " +
			"is posted before the answer.",
		body: resource.Advance{}, bodyExample: `{"by": "1h"}`, example: clockExample,
		problems: backwards,
	}, s.advanceClock)
}

func (s *server) getClock(context.Context, *struct{}) (*Output[resource.Clock], error) {
	return answer(s.clock(), nil)
}

func (s *server) clock() resource.Clock {
	return resource.Clock{Now: s.Clock.Now(), Stopped: s.Clock.State().Stopped}
}

func (s *server) putClock(ctx context.Context, in *ClockInput) (*Output[resource.Clock], error) {
	change, err := decode(&in.Written, checkClock)
	if err != nil {
		return nil, err
	}
	return s.turn(ctx, func() error { return s.setClock(change) })
}

func checkClock(change *resource.ClockChange) []charging.Fault {
	if change.Now == nil && change.Stopped == nil {
		return []charging.Fault{{Message: "a clock has a time now, or stopped, or both"}}
	}
	return nil
}

// setClock turns the clock. A running one has moved on since its time was read, so a time that
// means "now" is tried anew until it is not behind.
func (s *server) setClock(change *resource.ClockChange) error {
	stopped := s.Clock.State().Stopped
	if change.Stopped != nil {
		stopped = *change.Stopped
	}
	for {
		shown := s.Clock.Now()
		to := shown
		if change.Now != nil && !sameSecond(*change.Now, shown) {
			to = *change.Now
		}
		err := s.Clock.Set(to, stopped)
		if err == nil || !to.Equal(shown) {
			return err
		}
		if ahead := shown.Add(time.Millisecond); s.Clock.Set(ahead, stopped) == nil {
			return nil
		}
	}
}

// sameSecond reports whether a time written in whole seconds is the second that is shown.
func sameSecond(written, shown time.Time) bool {
	return written.Nanosecond() == 0 && written.Equal(shown.Truncate(time.Second))
}

func (s *server) advanceClock(ctx context.Context, in *ClockInput) (
	*Output[resource.Clock], error,
) {
	var by time.Duration
	_, err := decode(&in.Written, func(a *resource.Advance) (faults []charging.Fault) {
		by, faults = s.advance(a)
		return faults
	})
	if err != nil {
		return nil, err
	}
	return s.turn(ctx, func() error {
		_, err := s.Clock.Advance(by)
		return err
	})
}

func (s *server) advance(a *resource.Advance) (time.Duration, []charging.Fault) {
	quantity, err := charging.ParseQuantity(a.By)
	wrong := func(message string) (time.Duration, []charging.Fault) {
		return 0, []charging.Fault{{Path: "by", Message: message}}
	}
	if err != nil || quantity.Unit != charging.Time {
		return wrong(`by is a time of whole seconds, as in "by": "1h" or "420s"`)
	}
	if quantity.Amount > int64(longestAdvance/time.Second) {
		return wrong("the clock moves on by at most 100 years at once")
	}
	if s.Clock.Now().Add(time.Duration(quantity.Amount)*time.Second).Year() > lastYear {
		return wrong("the clock cannot show a year after 9999")
	}
	return time.Duration(quantity.Amount) * time.Second, nil
}

// turn changes the clock, keeps its state, and posts what is due by then.
func (s *server) turn(ctx context.Context, change func() error) (*Output[resource.Clock], error) {
	s.turning.Lock()
	defer s.turning.Unlock()
	if err := s.Ledger.Stopped(); err != nil {
		return nil, err
	}
	if err := change(); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if err := s.Ledger.SetClock(ctx, now, s.Clock.State()); err != nil {
		return nil, err
	}
	if err := s.Ledger.Tick(ctx, now); err != nil {
		return nil, err
	}
	s.Scenarios.ClockTurned()
	if s.ClockTurned != nil {
		s.ClockTurned()
	}
	return answer(s.clock(), nil)
}

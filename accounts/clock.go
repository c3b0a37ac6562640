package accounts

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Clock is the state of the charging clock, as it was kept last.
func (l *Ledger) Clock() charging.ClockState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock
}

// SetClock keeps a state of the charging clock, which shows the time at.
func (l *Ledger) SetClock(ctx context.Context, at time.Time, s charging.ClockState) error {
	return l.change(ctx, at, "clock", func(t *tx) error {
		t.keepClock(s)
		return nil
	})
}

func (t *tx) keepClock(s charging.ClockState) {
	t.keep("clock")
	var stopped, seconds, nanoseconds int64
	if s.Stopped {
		stopped, seconds, nanoseconds = 1, s.At.Unix(), int64(s.At.Nanosecond())
		s.At = s.At.UTC()
	}
	t.also(putSetting, settingClockStopped, stopped)
	t.also(putSetting, settingClockSeconds, seconds)
	t.also(putSetting, settingClockNanoseconds, nanoseconds)
	t.also(putSetting, settingClockOffset, int64(s.Offset))
	t.afterwards = append(t.afterwards, func() { t.clock = s })
}

// OriginStateID grows whenever sessions are forgotten by a reset (RFC 6733 section 8.16).
func (l *Ledger) OriginStateID() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.originStateID
}

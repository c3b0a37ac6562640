package charging

import (
	"sync"
	"time"
)

// A Clock is the charging clock: the wall clock with an offset, or a stopped one that moves only
// when told. Below the doors time is data; this is the one place that reads the wall clock for it.
type Clock struct {
	mu    sync.Mutex
	state ClockState
	wall  func() time.Time
}

// ClockState is what a clock needs to go on after a restart.
type ClockState struct {
	Stopped bool
	At      time.Time     // where it stands, if stopped
	Offset  time.Duration // ahead of the wall clock, if it runs
}

// NewClock returns a clock in the given state.
func NewClock(state ClockState) *Clock { return &Clock{state: state, wall: time.Now} }

// Now is the charging time, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.state.Stopped {
		return c.state.At
	}
	return c.wall().Add(c.state.Offset).UTC()
}

// State returns what NewClock takes.
func (c *Clock) State() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Set turns the clock to a time and stops it or lets it run. It fails with KindClockBackwards
// where that is before now.
func (c *Clock) Set(to time.Time, stopped bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(to, stopped)
}

// Advance moves the clock on by a duration, stopped or not, and returns the time it shows then.
func (c *Clock) Advance(by time.Duration) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := c.now().Add(by)
	return to, c.set(to, c.state.Stopped)
}

func (c *Clock) set(to time.Time, stopped bool) error {
	if now := c.now(); to.Before(now) {
		return &Error{
			Kind: KindClockBackwards,
			Message: "the charging clock shows " + now.Format(time.RFC3339Nano) +
				" and never goes back",
			Hint: "give a later time, or POST /v1/reset to start again",
		}
	}
	c.state = ClockState{Stopped: stopped, At: to.UTC(), Offset: to.Sub(c.wall())}
	return nil
}

// Reset puts the clock into a state, backwards too.
func (c *Clock) Reset(state ClockState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
}

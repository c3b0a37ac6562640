package diameter

import (
	"math/rand/v2"
	"time"
)

// A watchdog watches over one connection (RFC 3539 section 3.4): it asks a peer that is silent,
// suspects one that does not answer, and ends the connection after as long again. All octets
// that arrive are a sign of life. The connection's lock guards it.
type watchdog struct {
	timer    *time.Timer
	interval time.Duration // until the timer, jitter included
	since    time.Time     // of the last question, or of the last sign of life before it
	silent   int           // intervals without a sign of life
	stopped  bool
}

// await closes the connection where no capabilities are exchanged in time (RFC 6733 section 5.6.1).
func (w *watchdog) await(c *connection) {
	w.timer = time.AfterFunc(c.server.options.CapabilitiesTimeout, func() {
		if !c.opened() {
			c.log.Info().Msg("no capabilities were exchanged in time")
			_ = c.Close()
		}
	})
}

// begin starts watching.
func (w *watchdog) begin(c *connection) {
	if w.timer != nil {
		w.timer.Stop()
	}
	if c.server.options.Watchdog > 0 && !w.stopped {
		w.since = time.Now()
		w.interval = jittered(c.server.options.Watchdog)
		w.timer = time.AfterFunc(w.interval, c.watchOver)
	}
}

func (w *watchdog) stop() {
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// jittered is Tw: up to two seconds more or less, so that peers do not fall into step (RFC 3539
// section 3.4.1), and less of it where the interval is shorter than that RFC allows.
func jittered(interval time.Duration) time.Duration {
	span := min(2*time.Second, interval/3)
	return interval + time.Duration(rand.Int64N(int64(2*span)+1)) - span
}

// trust takes the suspicion back: whatever arrives shows that the peer is there.
func (c *connection) trust() {
	c.suspect.Store(false)
	c.log.Info().Msg("the peer is no longer suspect")
}

// watchOver is called when the timer runs out.
func (c *connection) watchOver() {
	ask, end := c.step(time.Now(), time.Unix(0, c.active.Load()))
	switch {
	case ask:
		c.log.Debug().Msg("the peer is silent; a watchdog request goes out")
		c.sendWatchdog()
	case end:
		c.log.Warn().Msg("the peer does not answer; the connection is closed")
		_ = c.Close()
	}
}

// step says what is to be done at an instant, given the last sign of life, and sets the timer.
func (c *connection) step(now, alive time.Time) (ask, end bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &c.watch
	if w.stopped {
		return false, false
	}
	if alive.After(w.since) {
		w.silent, w.since = 0, alive
		c.suspect.Store(false)
		if rest := w.interval - now.Sub(alive); rest > 0 {
			w.timer.Reset(rest)
			return false, false
		}
	}
	w.silent++
	w.interval = jittered(c.server.options.Watchdog)
	switch w.silent {
	case 1:
		w.since = now
		ask = true
	case 2:
		c.log.Warn().Msg("the peer is suspect")
		c.suspect.Store(true)
	default:
		return false, true
	}
	w.timer.Reset(w.interval)
	return ask, false
}

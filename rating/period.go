package rating

import (
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

const (
	// windowLimit is how many rules of a plan may have windows: one bit each.
	windowLimit = 64

	// nearby is how far back the start of a period is looked for at first: windows recur weekly.
	nearby = weekSeconds + daySeconds

	// horizon is how far a change is looked for at all: whatever recurs yearly, as the turning of
	// clocks does, lies within.
	horizon = 400 * daySeconds

	// periodSlots is how many periods a plan remembers.
	periodSlots = 32
)

// candidates are the rules that fit the same inputs but for the time: those with windows, one bit
// for each ordinal, and the first without, which ends the search; -1 where none does.
type candidates struct {
	timed    uint64
	fallback int
}

// A period is a stretch of time in which one rule wins among its candidates.
type period struct {
	of          candidates
	from, until int64 // Unix seconds; the instants in which it was looked at and in which it ends
	start       int64 // when it began, 0 where that is not within the horizon
	winner      int   // index of the rule; -1: none
	ends        bool  // false: nothing changes within the horizon
}

// periods remember the periods that were asked for last, without a lock: a miss computes again.
type periods [periodSlots]atomic.Pointer[period]

func (c candidates) slot() uint64 {
	return bits.RotateLeft64((c.timed^uint64(c.fallback+1)<<48)*0x9E3779B97F4A7C15, 5) % periodSlots
}

// period finds the period of the candidates at an instant.
func (p *Plan) period(of candidates, at int64) *period {
	slot := &p.periods[of.slot()]
	if known := slot.Load(); known != nil && known.of == of && known.from <= at && at < known.until {
		return known
	}
	fresh := p.findPeriod(of, at)
	slot.Store(fresh)
	return fresh
}

// findPeriod walks over the edges of the windows around an instant.
func (p *Plan) findPeriod(of candidates, at int64) *period {
	found := &period{of: of, from: at, winner: p.winner(of, at)}
	start, changed := p.lastChange(of, at-nearby, at)
	if !changed {
		start, changed = p.lastChange(of, at-horizon, at)
	}
	if changed {
		found.start, found.from = start, start
	}
	found.until = at
	for found.until <= at+horizon && !found.ends {
		next := p.nextEdge(of, found.until)
		if next > at+horizon {
			found.until = at + horizon
			break
		}
		found.until = next
		found.ends = p.winner(of, next) != found.winner
	}
	return found
}

// lastChange finds the last instant after since, up to at, at which another rule began to win.
func (p *Plan) lastChange(of candidates, since, at int64) (last int64, changed bool) {
	winner := p.winner(of, since)
	for edge := p.nextEdge(of, since); edge <= at; edge = p.nextEdge(of, edge) {
		if now := p.winner(of, edge); now != winner {
			winner, last, changed = now, edge, true
		}
	}
	return last, changed
}

// winner is the index of the first candidate that is open; -1 where none is.
func (p *Plan) winner(of candidates, at int64) int {
	for left := of.timed; left != 0; left &= left - 1 {
		index := p.timed[bits.TrailingZeros64(left)]
		if p.rules[index].match.open(at) {
			return index
		}
	}
	return of.fallback
}

// nextEdge is the next instant at which any candidate's window may open or close.
func (p *Plan) nextEdge(of candidates, at int64) int64 {
	next := int64(never)
	for left := of.timed; left != 0; left &= left - 1 {
		m := &p.rules[p.timed[bits.TrailingZeros64(left)]].match
		for i := range m.windows {
			next = min(next, m.windows[i].next(at))
		}
	}
	return next
}

// Reauthorizes reports whether a window of the plan opens or closes after an instant, up to
// another, and a rule has clients asked by a RAR then. After the zero instant any may have.
func (p *Plan) Reauthorizes(after, until time.Time) bool {
	asks := false
	for i := range p.rules {
		asks = asks || p.rules[i].terms.TariffRAR
	}
	if !asks || len(p.timed) == 0 || after.IsZero() {
		return asks
	}
	all := candidates{timed: ^uint64(0) >> (64 - len(p.timed))}
	return p.nextEdge(all, after.Unix()) <= until.Unix()
}

// Switch implements charging.Plan. It is the first instant after from at which a window opens or
// closes so that another rule matches the same inputs; clocks that are turned are heeded.
func (p *Plan) Switch(in *charging.Inputs, from time.Time) (time.Time, bool) {
	of := p.candidates(in, information(in))
	if of.timed == 0 {
		return time.Time{}, false
	}
	now := p.period(of, from.Unix())
	if !now.ends {
		return time.Time{}, false
	}
	return time.Unix(now.until, 0).UTC(), true
}

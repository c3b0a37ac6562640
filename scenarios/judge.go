package scenarios

import (
	"context"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// JudgeOptions say what a Judge knows of the world. All functions may be nil: then what they tell
// is not judged.
type JudgeOptions struct {
	// Inspect judges one message of a peer by itself.
	Inspect func(charging.Message) []charging.Finding
	// Frame reads the header of a message.
	Frame func(raw []byte) (findings.Frame, bool)
	// Parse reads an answer that was sent otherwise than charged.
	Parse func(raw []byte) (*charging.Answer, error)
	// Connected reports whether a peer has an open connection; one that has none is not judged for
	// what it does not send.
	Connected func(peer string) bool
	// Clock is the charging clock; one that was turned excuses what is late.
	Clock *charging.Clock
	// Patience is how long the answer to a RAR or ASR is awaited, and then the CCR that must follow;
	// 0: 10 s.
	Patience time.Duration
	// WaitFor is the Patience for one client; 0: as for all.
	WaitFor func(charging.Origin) time.Duration
	// Queue is how much may wait to be judged; 0: 16,384 events. Sessions is how many are judged at
	// a time; 0: 20,000.
	Queue, Sessions int
	// Pace is how many events are judged in a second for any length of time, so that judging never
	// takes what charging needs; 0: 10,000. A request has three. As many as may wait are judged
	// faster than that.
	Pace int
}

// A Judge judges clients: what each request looks like, and the course of sessions. It stands
// between doors and the recorder that keeps findings. What it is told it hands to a goroutine of
// its own through a bounded queue, so that nobody who is charged waits for a judgement; where the
// queue is full it drops, says so, and begins anew, as a course with holes cannot be judged.
type Judge struct {
	next  charging.Recorder
	court *court
	limit int
	pace  pace
	wake  chan struct{}
	done  chan struct{}
	ended chan struct{}

	mu       sync.Mutex
	queue    []event
	spare    []event
	dropped  int64
	requests map[string]int64 // judged, by Origin-Host
	lost     bool             // something was dropped since the court last looked
	closed   bool
}

// An event is one thing that the judge was told.
type event struct {
	kind     eventKind
	exchange int64
	message  charging.Message
	request  *charging.Request
	answer   *charging.Answer
	settled  chan struct{}
}

type eventKind uint8

const (
	eventReceived eventKind = iota
	eventAnswered
	eventSent
	eventSettle
	eventForget
)

// NewJudge returns a judge whose findings the next recorder keeps, which is also told everything
// else. Close ends it.
func NewJudge(next charging.Recorder, o JudgeOptions) *Judge {
	j := &Judge{
		next: next, limit: o.Queue, court: newCourt(o, next.Found), requests: map[string]int64{},
		wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	if j.limit <= 0 {
		j.limit = 16_384
	}
	j.pace = newPace(o.Pace, j.limit)
	go j.run()
	return j
}

// Received begins an exchange.
func (j *Judge) Received(m charging.Message) int64 {
	number := j.next.Received(m)
	j.tell(event{kind: eventReceived, exchange: number, message: m}, m.Ours)
	return number
}

// Answered is told what was answered.
func (j *Judge) Answered(r *charging.Request, a *charging.Answer) {
	j.next.Answered(r, a)
	if a != nil {
		dropped := a.Delivery != nil && (a.Delivery.Drop || a.Delivery.Early)
		j.tell(event{kind: eventAnswered, exchange: r.Exchange, request: r, answer: a}, dropped)
	}
}

// Sent is told what went out.
func (j *Judge) Sent(exchange int64, m charging.Message) {
	j.next.Sent(exchange, m)
	j.tell(event{kind: eventSent, exchange: exchange, message: m}, true)
}

// Found passes on what others found.
func (j *Judge) Found(f charging.Finding) { j.next.Found(f) }

// Settle waits until all that the judge was told before is judged, and what should have come by
// now.
func (j *Judge) Settle(ctx context.Context) error {
	settled := make(chan struct{})
	j.tell(event{kind: eventSettle, settled: settled}, true)
	select {
	case <-settled:
		return nil
	case <-j.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Forget begins anew: no session is known any more.
func (j *Judge) Forget() { j.tell(event{kind: eventForget}, true) }

// Dropped is how many events were not judged, since more came than could be.
func (j *Judge) Dropped() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dropped
}

// Close ends judging; what waits is left unjudged.
func (j *Judge) Close() {
	j.mu.Lock()
	closed := j.closed
	j.closed = true
	j.mu.Unlock()
	if !closed {
		close(j.done)
	}
	<-j.ended
}

// tell hands an event over. Only what completes an exchange wakes the judge, so that a request
// costs one wake-up at most, and none while it is at work.
func (j *Judge) tell(e event, urgent bool) {
	j.mu.Lock()
	switch {
	case j.closed:
	case len(j.queue) >= j.limit && e.kind < eventSettle:
		j.dropped++
		j.lost = true
	default:
		j.queue = append(j.queue, e)
	}
	j.mu.Unlock()
	if urgent {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
}

// take returns all that waits, and whether something was dropped.
func (j *Judge) take() (batch []event, lost bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	batch, lost = j.queue, j.lost
	j.queue, j.spare, j.lost = j.spare[:0], batch, false
	return batch, lost
}

// run is the goroutine that judges.
func (j *Judge) run() {
	defer close(j.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-j.done:
			return
		case <-j.wake:
		case <-timer.C:
		}
		for batch, lost := j.take(); len(batch) > 0 || lost; batch, lost = j.take() {
			j.judge(batch, lost)
			if !j.rest(j.pace.after(len(batch), time.Now())) {
				return
			}
		}
		timer.Reset(j.court.pass(time.Now()))
	}
}

// rest waits, unless the judge is closed meanwhile.
func (j *Judge) rest(spell time.Duration) bool {
	if spell <= 0 {
		return true
	}
	timer := time.NewTimer(spell)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-j.done:
		return false
	}
}

// A pace says when to rest. What is not used is saved, up to a limit.
type pace struct {
	each  time.Duration // for one event
	saved time.Duration
	most  time.Duration
	last  time.Time
}

func newPace(perSecond, burst int) pace {
	if perSecond <= 0 {
		perSecond = 10_000
	}
	each := time.Second / time.Duration(perSecond)
	return pace{each: each, saved: each * time.Duration(burst), most: each * time.Duration(burst)}
}

// after is how long to rest after so many events.
func (p *pace) after(events int, now time.Time) time.Duration {
	if !p.last.IsZero() {
		p.saved = min(p.saved+now.Sub(p.last), p.most)
	}
	p.last = now
	p.saved -= p.each * time.Duration(events)
	return -p.saved
}

// judge works through a batch. Time passes between two events as the doors saw it.
func (j *Judge) judge(batch []event, lost bool) {
	for i := range batch {
		e := &batch[i]
		switch e.kind {
		case eventSettle:
			j.court.pass(time.Now()) // what did not come by now is found as well
			j.tally(j.court.judged)
			close(e.settled)
		case eventForget:
			j.court.forget()
		default:
			if !e.message.At.IsZero() {
				j.court.pass(e.message.At)
			}
			j.court.hear(e)
		}
	}
	j.tally(j.court.judged)
	clear(batch) // so that nothing is kept alive for the next batch
	if lost {
		j.court.forget()
	}
}

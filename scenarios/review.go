package scenarios

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Review judges clients as a Judge does, but of what is past: at once, in the goroutine of its
// caller, and by the times of what it is told. What had to come by a time is judged when something
// later is told, so that nobody is blamed for what the record ends before. It is for one goroutine.
type Review struct {
	court *court
	last  int64
}

// NewReview returns a review that tells what it finds. Of the options it needs neither Queue nor
// Pace; without a Clock, no clock was turned.
func NewReview(o JudgeOptions, found func(charging.Finding)) *Review {
	r := &Review{court: newCourt(o, found)}
	r.court.mostPast = mostPastOfRecord
	return r
}

// Received begins an exchange, and returns its number. The first is 1.
func (r *Review) Received(m charging.Message) int64 {
	r.last++
	r.tell(&event{kind: eventReceived, exchange: r.last, message: m})
	return r.last
}

// Answered is told the credit-control request of an exchange, which is named in it, with its
// answer. A Delivery in the answer says what Judge.Answered takes from it: one that was dropped,
// or was not as it should be.
func (r *Review) Answered(q *charging.Request, a *charging.Answer) {
	r.tell(&event{kind: eventAnswered, exchange: q.Exchange, request: q, answer: a})
}

// Sent ends an exchange with what went the other way.
func (r *Review) Sent(exchange int64, m charging.Message) {
	r.tell(&event{kind: eventSent, exchange: exchange, message: m})
}

// Pass tells that it was so late, though nothing happened.
func (r *Review) Pass(at time.Time) { r.court.pass(at) }

func (r *Review) tell(e *event) {
	if !e.message.At.IsZero() {
		r.court.pass(e.message.At)
	}
	r.court.hear(e)
}

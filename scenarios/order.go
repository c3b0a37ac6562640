package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A moment is a place in the order of all that the journal saw: something came and got a number, or
// an answer went out behind a number.
type moment struct {
	number int64
	answer bool
	at     time.Time // among answers that went out behind the same number
	seq    int64
}

// place0 is before everything.
var place0 = moment{}

func (m moment) compare(o moment) int {
	phase := func(answer bool) int {
		if answer {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(m.number, o.number), cmp.Compare(phase(m.answer), phase(o.answer)),
		m.at.Compare(o.at), cmp.Compare(m.seq, o.seq))
}

// An occurrence is what a match takes: a moment of an exchange or observation.
type occurrence struct {
	moment
	seq  int64
	what string
}

// newOccurrence is the moment that the match names: where it says something of the answer, the one
// at which that went out, else the one at which the question came.
func newOccurrence(f *fact, m *matcher) occurrence {
	r := f.record
	e := occurrence{seq: r.number, moment: moment{number: r.number, seq: r.number}, what: f.what()}
	if m.ofAnswer && f.sent() {
		e.moment = moment{number: r.behind, answer: true, at: r.sentAt, seq: r.number}
		e.what = "the answer to " + e.what
	}
	return e
}

// judgeOrder finds each step behind the one before. It returns the step that is lacking, and the
// moment of the one before.
func (c *verifier) judgeOrder(got *Verified) (lacking int, behind moment) {
	last := "the beginning"
	for i := range c.matchers {
		next, found := c.following(i, behind)
		if !found {
			got.Reason = c.whyLacking(i, behind, last)
			return i, behind
		}
		if stray, strays := c.stray(behind, next.moment); strays {
			got.Reason = fmt.Sprintf("%s, #%d, stands between %s and step %d",
				stray.what, stray.seq, last, i+1)
			return i, behind
		}
		got.Found = append(got.Found, next.seq)
		behind, last = next.moment, fmt.Sprintf("step %d (#%d)", i+1, next.seq)
	}
	if stray, strays := c.stray(behind, moment{number: 1<<63 - 1}); strays {
		got.Reason = fmt.Sprintf("%s, #%d, comes behind the last step", stray.what, stray.seq)
		return len(c.matchers) - 1, behind
	}
	got.Satisfied = true
	got.Reason = fmt.Sprintf("all %d steps are in order", len(c.matchers))
	return 0, place0
}

// following is the first occurrence of a step behind a moment.
func (c *verifier) following(step int, behind moment) (first occurrence, found bool) {
	for _, e := range c.events[step] {
		if e.compare(behind) > 0 && (!found || e.compare(first.moment) < 0) {
			first, found = e, true
		}
	}
	return first, found
}

// stray is the first occurrence of any step between two moments, which an exact order forbids.
func (c *verifier) stray(from, to moment) (first occurrence, found bool) {
	if !c.Exact {
		return occurrence{}, false
	}
	for step := range c.matchers {
		e, there := c.following(step, from)
		if there && e.compare(to) < 0 && (!found || e.compare(first.moment) < 0) {
			first, found = e, true
		}
	}
	return first, found
}

// whyLacking says what is wrong with a step: it is not there, or stands before the step before.
func (c *verifier) whyLacking(step int, behind moment, last string) string {
	text := fmt.Sprintf("step %d, %s, does not come behind %s", step+1,
		c.matchers[step].written, last)
	early := slices.Clone(c.events[step])
	if len(early) == 0 {
		return text + ": it is not there at all"
	}
	slices.SortFunc(early, func(a, b occurrence) int { return a.compare(b.moment) })
	e := early[len(early)-1]
	return text + fmt.Sprintf(": %s, #%d, came before that", e.what, e.seq)
}

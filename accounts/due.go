package accounts

import (
	"container/heap"
	"time"
)

// due is the place of a session or a balance among what will expire. Exactly one of both is set.
type due struct {
	at      time.Time // no later than the real instant, see schedule
	index   int       // place in the heap plus one; 0: not in it
	session *session
	balance *balance
}

// dueHeap has the earliest instant first; at one instant sessions come before balances, so that
// what they release lapses with the balance.
type dueHeap []*due

// Len is part of heap.Interface.
func (h dueHeap) Len() int { return len(h) }

// Less is part of heap.Interface.
func (h dueHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	if (a.session != nil) != (b.session != nil) {
		return a.session != nil
	}
	if a.session != nil {
		return a.session.number < b.session.number
	}
	if a.balance.account != b.balance.account {
		return a.balance.account.number < b.balance.account.number
	}
	return a.balance.serial < b.balance.serial
}

// Swap is part of heap.Interface.
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

// Push is part of heap.Interface.
func (h *dueHeap) Push(x any) {
	d := x.(*due)
	*h = append(*h, d)
	d.index = len(*h)
}

// Pop is part of heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	d := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	d.index = 0
	return d
}

// end is when the balance's end must be posted; zero: it has none, or it was.
func (b *balance) end() time.Time {
	if b.expired {
		return time.Time{}
	}
	return b.until
}

// schedule says when something is due; the zero time: never. A later instant leaves its place in
// the heap as it is, since every update of a session sets one: it is moved when it comes up.
func (b *books) schedule(d *due, at time.Time) {
	switch {
	case at.IsZero():
		if d.index > 0 {
			heap.Remove(&b.due, d.index-1)
		}
	case d.index == 0:
		d.at = at
		heap.Push(&b.due, d)
	case at.Before(d.at):
		d.at = at
		heap.Fix(&b.due, d.index-1)
	}
}

// nextDue is what expires first. It may have many places in the heap to put right, see dueBy.
func (b *books) nextDue() (*due, bool) {
	for len(b.due) > 0 {
		if first := b.due[0]; b.inPlace(first) {
			return first, true
		}
	}
	return nil, false
}

// dueBy is what expires first, unless that is later than now. What stands in the heap for a later
// instant is not looked at: under load every session's deadline moves on long before it comes up.
func (b *books) dueBy(now time.Time) (*due, bool) {
	for len(b.due) > 0 && !b.due[0].at.After(now) {
		if first := b.due[0]; b.inPlace(first) {
			return first, true
		}
	}
	return nil, false
}

// inPlace reports whether the first in the heap stands there rightly; if not, it is moved.
func (b *books) inPlace(first *due) bool {
	at := first.real()
	switch {
	case at.Equal(first.at):
		return true
	case at.IsZero():
		heap.Remove(&b.due, 0)
	default:
		first.at = at
		heap.Fix(&b.due, 0)
	}
	return false
}

func (d *due) real() time.Time {
	if d.session != nil {
		return d.session.deadline()
	}
	return d.balance.end()
}

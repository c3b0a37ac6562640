package scenarios

import "context"

// tell wakes those who wait for news; the lock is held. While nobody does, it costs a comparison.
func (j *Journal) tell() {
	if j.news != nil {
		close(j.news)
		j.news = nil
	}
}

// Changed is closed when something is recorded next. Ask for it before looking at what there is, so
// that nothing is missed.
func (j *Journal) Changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.news == nil {
		j.news = make(chan struct{})
	}
	return j.news
}

// Wait waits until at least count exchanges that are complete pass the filter, and returns them; if
// the context ends first, those there are. An exchange is complete when its answer went out, or was
// dropped on purpose.
func (j *Journal) Wait(ctx context.Context, f Filter, count int) []Exchange {
	f.Complete, f.Limit = true, max(count, 1)
	for {
		changed := j.Changed()
		found, _ := j.Exchanges(f)
		if len(found) >= count {
			return found
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found
		}
	}
}

// A Follower reads the journal as it grows, each exchange once it is complete. It reads from the
// ring at its own pace: one that is slow misses exchanges and is told how many; nobody waits.
type Follower struct {
	journal *Journal
	filter  Filter
	next    int64
	waiting map[int64]bool // numbers passed over since they were not complete
}

// Follow returns a follower that begins behind a number; below zero: with what comes from now on.
func (j *Journal) Follow(after int64, f Filter) *Follower {
	j.mu.Lock()
	defer j.mu.Unlock()
	next := after + 1
	if after < 0 {
		next = j.next
	}
	f.Complete = true
	return &Follower{journal: j, filter: f, next: next, waiting: make(map[int64]bool)}
}

// longestWaiting bounds the exchanges that a follower looks at again: an answer may never come.
const longestWaiting = 1000

// Next waits for exchanges and returns those that are complete now, with how many were missed since
// the last call. The error is the context's.
func (f *Follower) Next(ctx context.Context) (found []Exchange, missed int64, err error) {
	for {
		changed := f.journal.Changed()
		found, missed = f.look()
		if len(found) > 0 || missed > 0 {
			return found, missed, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
}

// look takes what is new, and what was not complete before.
func (f *Follower) look() (found []Exchange, missed int64) {
	j := f.journal
	chunk := make([]record, 0, pageSize)
	j.mu.Lock()
	missed = max(j.first-f.next, 0)
	f.next = max(f.next, j.first)
	for number := range f.waiting {
		if r := j.kept(number); r == nil || r.complete() {
			delete(f.waiting, number)
			if r != nil {
				chunk = append(chunk, *r)
			}
		}
	}
	for ; f.next < j.next && len(chunk) < cap(chunk); f.next++ {
		if r := j.slot(f.next); r.complete() {
			chunk = append(chunk, *r)
		} else if len(f.waiting) < longestWaiting {
			f.waiting[f.next] = true
		}
	}
	j.mu.Unlock()
	for i := range chunk {
		if j.picks(&f.filter, &chunk[i]) {
			found = append(found, j.view(&chunk[i], f.filter.Trees, f.filter.Raw))
		}
	}
	return found, missed
}

// complete reports whether the exchange is over: what was answered went out, or never will.
func (r *record) complete() bool {
	if !r.sentAt.IsZero() || r.sent != nil || r.door == DoorObservation {
		return true
	}
	return r.charged && r.answer.Delivery != nil &&
		(r.answer.Delivery.Drop || r.answer.Delivery.Unheard || r.answer.Delivery.Early)
}

package scenarios

import (
	"context"
	"time"
)

// The pace of whoever waits for a verification: it looks again when something was recorded, though
// not at once, so that a busy journal is not held up, and now and then for what nobody tells.
const (
	verifyPause = 10 * time.Millisecond
	verifyTick  = 100 * time.Millisecond
	verifyShare = 4 // as many times longer it rests than it looked, so that it takes little
)

// Verify judges a verification that Check finds nothing wrong with. It waits as long as the
// verification says, from a beginning on, or until the context ends.
func (j *Journal) Verify(ctx context.Context, v *Verification, begin time.Time) Verified {
	ctx, cancel := context.WithDeadline(ctx, begin.Add(time.Duration(v.Within)))
	defer cancel()
	for {
		changed, looked := j.Changed(), time.Now()
		got := j.check(v)
		took := time.Since(looked)
		if got.settled(v) || ctx.Err() != nil {
			return got
		}
		select {
		case <-changed:
			pause(ctx, max(verifyPause, verifyShare*took))
		case <-time.After(verifyTick):
		case <-ctx.Done():
		}
	}
}

func pause(ctx context.Context, spell time.Duration) {
	select {
	case <-time.After(spell):
	case <-ctx.Done():
	}
}

// settled reports whether no more needs to be waited for: it holds and more can not break it, or it
// can not hold any more.
func (v *Verified) settled(wanted *Verification) bool {
	if v.Satisfied {
		return !wanted.bounded()
	}
	most := wanted.count().To
	return wanted.Match != nil && most.Known && int64(len(v.Found)) > most.Value
}

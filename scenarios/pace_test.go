package scenarios

import (
	"testing"
	"time"
)

// The pace is tested inside the package: from outside it shows only in how much is dropped under a
// load that no test can count on.
func TestPace(t *testing.T) {
	t.Parallel()
	p, now := newPace(1000, 100), time.Unix(0, 0)
	for _, test := range []struct {
		passed time.Duration
		events int
		want   time.Duration
	}{
		{0, 100, 0},
		{0, 50, 50 * time.Millisecond},
		{50 * time.Millisecond, 0, 0},
		{10 * time.Millisecond, 30, 20 * time.Millisecond},
		{time.Hour, 100, 0},
		{time.Hour, 150, 50 * time.Millisecond},
	} {
		now = now.Add(test.passed)
		if got := max(p.after(test.events, now), 0); got != test.want {
			t.Errorf("%v later, after %d events: rest %v, want %v",
				test.passed, test.events, got, test.want)
		}
	}
}

package charging_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

func TestABookFindsTheSettingsOfAClient(t *testing.T) {
	t.Parallel()
	var book charging.SettingsBook
	if got := book.Of(charging.Origin{Host: "any"}); got != nil {
		t.Errorf("an empty book has %v, want nil", got)
	}
	usual := &charging.Settings{DenyLevel: charging.DenyBoth}
	book.Set(usual, []charging.ClientSettings{
		{OriginHost: "SMF?.example.net", Settings: charging.Settings{Partial: "first"}},
		{OriginHost: "smf*", Settings: charging.Settings{Partial: "second"}},
	})
	for host, want := range map[string]charging.Partial{
		"smf1.example.net": "first", "smf1.EXAMPLE.net": "first", "smf12.example.net": "second",
		"im.example.net": "",
	} {
		for range 2 { // the second time it is remembered
			if got := book.Of(charging.Origin{Host: host}).Partial; got != want {
				t.Errorf("settings of %s = %q, want %q", host, got, want)
			}
		}
	}
	if got := book.Of(charging.Origin{Host: "im.example.net"}); got != usual {
		t.Errorf("settings of a client without its own = %v, want the usual ones", got)
	}
	book.Set(nil, nil)
	if got := book.Of(charging.Origin{Host: "smf1.example.net"}); got != nil {
		t.Errorf("a book that was emptied has %v, want nil", got)
	}
}

func TestABookMayBeReadWhileItChanges(t *testing.T) {
	t.Parallel()
	var book charging.SettingsBook
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 200 {
				if i == 0 {
					book.Set(nil, []charging.ClientSettings{{OriginHost: fmt.Sprintf("h%d*", j)}})
				}
				book.Of(charging.Origin{Host: fmt.Sprintf("h%d", j)})
			}
		})
	}
	all.Wait()
	if got := book.Of(charging.Origin{Host: "h199.example"}); got == nil {
		t.Error("the last settings are not found")
	}
}

func TestTimersAreScaled(t *testing.T) {
	t.Parallel()
	const whole = 1_000_000
	for _, test := range []struct {
		scale      int64
		timer, out time.Duration
	}{
		{0, time.Hour, time.Hour},
		{whole / 100, time.Hour, 36 * time.Second},
		{whole / 100, time.Second, time.Second},
		{whole / 100, 0, 0},
		{1, 300 * time.Second, time.Second},
		{10 * whole, time.Hour, 10 * time.Hour},
		{whole, 4_000_000_000 * time.Second, 4_000_000_000 * time.Second},
		{whole * whole, time.Hour, 3_600_000_000 * time.Second},
		{whole * whole, 2 * time.Hour, (1<<32 - 1) * time.Second},
	} {
		s := charging.Settings{TimerScale: test.scale}
		if got := s.Scaled(test.timer); got != test.out {
			t.Errorf("%v scaled by %d millionths = %v, want %v", test.timer, test.scale, got, test.out)
		}
	}
}

package rating_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/rating"
)

// windowed is a plan in which the first rule has the window.
func windowed(t testing.TB, window string) *rating.Plan {
	t.Helper()
	return compile(t, fmt.Sprintf(`
currency: EUR
rules:
  - {name: inside, match: {window: %q}, unit: time, price: 0.05 EUR}
  - {name: outside, unit: time, price: 0.03 EUR}
`, window))
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWindowIsOpen(t *testing.T) {
	t.Parallel()
	// 23 November 2026 is a Monday; Paris is an hour ahead of UTC then.
	for _, test := range []struct{ window, inside, outside string }{
		{"mon-fri 06:00-10:30 Europe/Paris", "2026-11-23T05:00:00Z", "2026-11-23T04:59:59Z"},
		{"mon-fri 06:00-10:30 Europe/Paris", "2026-11-27T09:29:59Z", "2026-11-27T09:30:00Z"},
		{"mon-fri 06:00-10:30 Europe/Paris", "2026-11-24T06:00:00Z", "2026-11-28T06:00:00Z"},
		{"06:00-10:30", "2026-11-28T06:00:00Z", "2026-11-28T10:30:00Z"},
		{"6:00-10:30 UTC", "2026-11-29T10:29:59Z", "2026-11-29T05:59:59Z"},
		{"22:00-06:00", "2026-11-23T23:00:00Z", "2026-11-23T06:00:00Z"},
		{"22:00-06:00", "2026-11-24T05:59:59Z", "2026-11-24T12:00:00Z"},
		{"fri 22:00-06:00", "2026-11-28T05:00:00Z", "2026-11-27T05:00:00Z"},
		{"sun 22:00-06:00", "2026-11-23T05:00:00Z", "2026-11-22T05:00:00Z"},
		{"sat-sun", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"},
		{"sat,sun America/New_York", "2026-11-23T04:00:00Z", "2026-11-21T04:00:00Z"},
		{"fri-mon 00:00-24:00", "2026-11-23T23:59:59Z", "2026-11-24T00:00:00Z"},
		{"Mon, wed-Fri 09:00 - 17:00", "2026-11-25T09:00:00Z", "2026-11-24T09:00:00Z"},
		{"monday 18:00-24:00", "2026-11-23T18:00:00Z", "2026-11-24T00:00:00Z"},
		{"mon 22:00-00:00", "2026-11-23T22:00:00Z", "2026-11-24T00:00:00Z"},
	} {
		plan := windowed(t, test.window)
		for at, want := range map[string]string{test.inside: "inside", test.outside: "outside"} {
			if got := rate(t, plan, charging.Inputs{At: instant(t, at)}); got.Rule != want {
				t.Errorf("%s at %s: %s, want %s", test.window, at, got.Rule, want)
			}
		}
	}
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ window, from, want string }{
		{"06:00-10:30", "2026-11-23T06:00:00Z", "2026-11-23T10:30:00Z"},
		{"06:00-10:30", "2026-11-23T05:59:59.5Z", "2026-11-23T06:00:00Z"},
		{"06:00-10:30", "2026-11-23T10:30:00Z", "2026-11-24T06:00:00Z"},
		{"mon-fri 06:00-10:30 Europe/Paris", "2026-11-27T10:00:00Z", "2026-11-30T05:00:00Z"},
		{"fri 22:00-06:00", "2026-11-23T00:00:00Z", "2026-11-27T22:00:00Z"},
		{"fri 22:00-06:00", "2026-11-27T23:00:00Z", "2026-11-28T06:00:00Z"},
		{"00:00-24:00 Europe/Paris", "2026-11-27T23:00:00Z", ""},
		{"mon-sun", "2026-11-27T23:00:00Z", ""},
		// In Paris on 29 March 2026, 02:00 turns into 03:00 at 01:00 UTC.
		{"06:00-10:30 Europe/Paris", "2026-03-28T10:00:00Z", "2026-03-29T04:00:00Z"},
		{"02:30-05:00 Europe/Paris", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"01:00-02:30 Europe/Paris", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		{"sun 02:10-02:50 Europe/Paris", "2026-03-23T00:00:00Z", "2026-04-05T00:10:00Z"},
		// On 25 October 2026, 03:00 turns back into 02:00 at 01:00 UTC.
		{"06:00-10:30 Europe/Paris", "2026-10-24T10:00:00Z", "2026-10-25T05:00:00Z"},
		{"01:00-02:30 Europe/Paris", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"},
		{"01:00-02:30 Europe/Paris", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"},
		{"01:00-02:30 Europe/Paris", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"},
	} {
		got, ok := windowed(t, test.window).Switch(&charging.Inputs{}, instant(t, test.from))
		if (test.want != "") != ok || ok && !got.Equal(instant(t, test.want)) {
			t.Errorf("Switch(%s) after %s = %s, %t, want %s",
				test.window, test.from, got.Format(time.RFC3339), ok, test.want)
		}
	}
}

func TestSwitchHeedsOnlyRulesThatCouldMatch(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules:
  - {name: first, match: {rating_group: 1}, unit: time}
  - {name: morning, match: {rating_group: 1..2, window: "06:00-12:00"}, unit: time}
  - {name: noon, match: {rating_group: 2, window: "10:00-14:00"}, unit: time}
  - {name: rest, match: {rating_group: 1..2}, unit: time}
`)
	day := instant(t, "2026-11-23T00:00:00Z")
	in := charging.Inputs{Service: charging.ServiceKey{Group: charging.Known(1)}, At: day}
	if got, ok := plan.Switch(&in, day); ok {
		t.Errorf("Switch of group 1 = %s, want none: its first rule has no window", got)
	}
	if c := rate(t, plan, in); c.Rule != "first" || c.Period != 0 {
		t.Errorf("Rate of group 1 = %s, period %d, want first, 0", c.Rule, c.Period)
	}
	in.Service.Group = charging.Known(2)
	for _, want := range []struct {
		rule  string
		hours time.Duration
	}{{"rest", 0}, {"morning", 6}, {"noon", 12}, {"rest", 14}} {
		at := day.Add(want.hours * time.Hour)
		if want.hours > 0 {
			got, ok := plan.Switch(&in, in.At)
			if !ok || !got.Equal(at) {
				t.Errorf("Switch after %s = %s, want %s", in.At, got, at)
			}
		}
		in.At = at
		start := at
		if want.hours == 0 {
			start = day.Add(-10 * time.Hour)
		}
		if c := rate(t, plan, in); c.Rule != want.rule || c.Period != start.Unix() {
			t.Errorf("Rate at %s = %s since %s, want %s since %s",
				at, c.Rule, time.Unix(c.Period, 0).UTC(), want.rule, start)
		}
	}
}

func TestWindowsOfOneRuleAreOne(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules:
  - {name: inside, unit: time, match: {window: ["06:00-10:00", "10:00-12:00", "09:00-11:00 UTC"]}}
  - {name: never, unit: time, match: {window: ["00:00-12:00", "12:00-24:00"]}}
  - {name: outside, unit: time}
`)
	in := charging.Inputs{At: instant(t, "2026-11-23T06:00:00Z")}
	if got, ok := plan.Switch(&in, in.At); !ok || got.Hour() != 12 {
		t.Errorf("Switch = %s, %t, want 12:00", got, ok)
	}
	if got := rating.Warnings(plan); len(got) != 1 || got[0].Path != "rules[2]" {
		t.Errorf("Warnings = %v, want one of rules[2]", got)
	}
}

func TestNoRuleMatchesOutsideTheOnlyWindow(t *testing.T) {
	t.Parallel()
	plan := compile(t, `
currency: EUR
rules: [{match: {window: "06:00-12:00"}, unit: time}]`)
	in := charging.Inputs{At: instant(t, "2026-11-23T12:00:00Z")}
	if _, err := plan.Rate(&in); err == nil {
		t.Error("Rate at 12:00: no error, want that no rule matches")
	}
	if got, ok := plan.Switch(&in, in.At); !ok || got.Hour() != 6 {
		t.Errorf("Switch = %s, %t, want 06:00", got, ok)
	}
}

func TestBadWindows(t *testing.T) {
	t.Parallel()
	for window, want := range map[string]string{
		"":                         "neither days nor hours",
		"Europe/Paris":             "neither days nor hours",
		"mon-fry 06:00-10:30":      `unknown day "fry"`,
		"mon- 06:00-10:30":         `unknown day ""`,
		"06:00":                    "have no end",
		"06:00-25:00":              `"25:00" is not a time of day`,
		"06:60-07:00":              `"06:60" is not a time of day`,
		"06:0-07:00":               `"06:0" is not a time of day`,
		"06:00-06:00":              "are empty",
		"24:00-06:00":              "are empty",
		"06:00-07:00 Europe/Pari":  `unknown time zone "Europe/Pari"`,
		"06:00-07:00 Local":        "no local zone",
		"06:00-07:00 UTC mon":      "too much behind the zone",
		"mon-fri 06:00-07:00-8:00": "is not a time of day",
	} {
		doc := read(t, fmt.Sprintf(
			"currency: EUR\nrules: [{unit: time, match: {window: [%q, mon]}}]", window))
		_, faults := rating.Compile("im", 1, doc)
		if len(faults) != 1 || !strings.Contains(faults[0].Message, want) ||
			faults[0].Path != "rules[0].match.window[0]" {
			t.Errorf("window %q: %+v, want %q", window, faults, want)
		}
	}
}

// A wallWindow is a window told by somebody who looks at a clock on the wall.
type wallWindow struct {
	days        string // sat-sun and the like; empty: every day
	from, until int    // quarters of an hour
	zone        *time.Location
}

func (w wallWindow) String() string {
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d %s",
		w.days, w.from/4, w.from%4*15, w.until/4, w.until%4*15, w.zone)
}

func (w wallWindow) open(at time.Time) bool {
	local := at.In(w.zone)
	now := local.Hour()*4 + local.Minute()/15
	today, yesterday := w.has(local.Weekday()), w.has((local.Weekday()+6)%7)
	if w.from < w.until {
		return today && w.from <= now && now < w.until
	}
	return today && now >= w.from || yesterday && now < w.until
}

func (w wallWindow) has(day time.Weekday) bool {
	switch w.days {
	case "sat-sun":
		return day == time.Saturday || day == time.Sunday
	case "mon,sun":
		return day == time.Monday || day == time.Sunday
	}
	return true
}

func drawWindow(t *rapid.T) wallWindow {
	zones := []string{"Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"}
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	from := rapid.IntRange(0, 95).Draw(t, "from")
	length := rapid.IntRange(1, 95).Draw(t, "length")
	days := rapid.SampledFrom([]string{"", "sat-sun", "mon,sun"}).Draw(t, "days")
	return wallWindow{days, from, (from + length) % 96, zone}
}

// Around the turns of clocks, whatever the windows: at every minute the rule that wins is the one
// that a look at the wall says, and it changes exactly at the switches that were foretold.
func TestRateAndSwitchFollowTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	days := []string{
		"2026-03-28", "2026-10-24", "2026-10-31", "2026-03-07", "2026-04-04", "2026-07-01",
	}
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SliceOfN(rapid.Custom(drawWindow), 1, 3).Draw(t, "windows")
		text := "currency: EUR\nrules:\n"
		for i, w := range windows {
			text += fmt.Sprintf("  - {name: r%d, unit: time, match: {window: %q}}\n", i, w)
		}
		plan, faults := rating.Compile("im", 1, read(t, text))
		if len(faults) > 0 {
			t.Fatalf("Compile: %v", faults)
		}
		day, err := time.Parse(time.DateOnly, rapid.SampledFrom(days).Draw(t, "day"))
		if err != nil {
			t.Fatal(err)
		}
		followTheWall(t, plan, windows, day)
	})
}

// winner is the rule of the first window that is open.
func winner(windows []wallWindow, at time.Time) string {
	for i, w := range windows {
		if w.open(at) {
			return fmt.Sprintf("r%d", i)
		}
	}
	return ""
}

func followTheWall(t *rapid.T, plan *rating.Plan, windows []wallWindow, day time.Time) {
	in := charging.Inputs{At: day}
	last := winner(windows, day)
	turn, ok := plan.Switch(&in, day)
	var period int64
	for minute := range 3 * 24 * 60 {
		in.At = day.Add(time.Duration(minute) * time.Minute)
		now, _ := plan.Rate(&in)
		want := winner(windows, in.At)
		if now.Rule != want {
			t.Fatalf("Rate at %s = %q, want %q", in.At, now.Rule, want)
		}
		if switched := want != last; switched != (ok && turn.Equal(in.At)) {
			t.Fatalf("at %s: rule %q after %q, but the switch is foretold for %s",
				in.At, want, last, turn)
		}
		if want != last {
			last, period = want, in.At.Unix()
			turn, ok = plan.Switch(&in, in.At)
		}
		if period != 0 && want != "" && now.Period != period {
			t.Fatalf("at %s: period %d, want %d", in.At, now.Period, period)
		}
	}
}

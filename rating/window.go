package rating

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Zones must not depend on what the machine has installed.
)

const (
	daySeconds  = 24 * 60 * 60
	weekSeconds = 7 * daySeconds

	// mondayOffset moves the Unix epoch, a Thursday, to where weeks begin.
	mondayOffset = 3 * daySeconds

	// never stands for an instant that does not come.
	never = math.MaxInt64
)

// A window is a set of spans of the week on the wall clock of one zone. Where the clock is turned,
// it goes by what the clock shows: a span that lies in a skipped hour does not occur, one in a
// repeated hour occurs twice.
type window struct {
	zone  *time.Location
	spans []weekSpan // in order, apart from each other
}

// A weekSpan is part of a week in seconds from Monday midnight, the end excluded.
type weekSpan struct{ from, until int64 }

// parseWindow reads "mon-fri 06:00-10:30 Europe/Paris": days, hours and zone, in this order. No
// days are every day, no hours the whole day, no zone is UTC. Hours that run backwards go over
// midnight and belong to the day they start on.
func parseWindow(text string) (window, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, " - ", "-"), ", ", ",")
	rest := strings.Fields(text)
	days, rest, err := takeDays(rest)
	if err != nil {
		return window{}, fmt.Errorf("window %q: %w", text, err)
	}
	hours, rest, err := takeHours(rest)
	if err != nil {
		return window{}, fmt.Errorf("window %q: %w", text, err)
	}
	if days == nil && hours == nil {
		return window{}, fmt.Errorf(
			"window %q has neither days nor hours; write it like mon-fri 06:00-10:30 Europe/Paris", text)
	}
	zone, err := takeZone(rest)
	if err != nil {
		return window{}, fmt.Errorf("window %q: %w", text, err)
	}
	return window{zone, weekSpans(days, hours)}, nil
}

// takeDays reads the days, Monday being 0, if the first word begins with the name of one.
func takeDays(words []string) (days []int64, rest []string, err error) {
	if len(words) == 0 || !startsWithDay(words[0]) {
		return nil, words, nil
	}
	for part := range strings.SplitSeq(words[0], ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := parseDay(first)
		until := from
		if isRange && err == nil {
			until, err = parseDay(last)
		}
		if err != nil {
			return nil, nil, err
		}
		for day := from; ; day = (day + 1) % 7 {
			days = append(days, day)
			if day == until {
				break
			}
		}
	}
	return days, words[1:], nil
}

// startsWithDay tells days from a zone: both are letters, but only zones have slashes or stand in
// capitals.
func startsWithDay(word string) bool {
	head := strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == ',' })
	if len(head) == 0 || strings.Contains(word, "/") || strings.Contains(word, ":") {
		return false
	}
	_, err := parseDay(head[0])
	return err == nil || len(head) > 1
}

func parseDay(name string) (int64, error) {
	names := []string{
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	}
	name = strings.ToLower(name)
	for number, full := range names {
		if len(name) >= 3 && strings.HasPrefix(full, name) {
			return int64(number), nil
		}
	}
	return 0, fmt.Errorf("unknown day %q; use mon, tue, wed, thu, fri, sat, sun", name)
}

// takeHours reads hours as in 06:00-10:30, if the first word has a colon.
func takeHours(words []string) (hours *weekSpan, rest []string, err error) {
	if len(words) == 0 || !strings.Contains(words[0], ":") {
		return nil, words, nil
	}
	first, last, ok := strings.Cut(words[0], "-")
	if !ok {
		return nil, nil, fmt.Errorf("hours %q have no end; write them like 06:00-10:30", words[0])
	}
	from, err := parseClock(first)
	if err != nil {
		return nil, nil, err
	}
	until, err := parseClock(last)
	if err != nil {
		return nil, nil, err
	}
	if from == until || from == daySeconds {
		return nil, nil, fmt.Errorf("hours %q are empty; the whole day is 00:00-24:00", words[0])
	}
	if until < from {
		until += daySeconds
	}
	return &weekSpan{from, until}, words[1:], nil
}

// parseClock reads hh:mm, from 00:00 to 24:00, as seconds.
func parseClock(text string) (int64, error) {
	hour, minute, _ := strings.Cut(text, ":")
	h, err := strconv.ParseUint(hour, 10, 8)
	m, failed := strconv.ParseUint(minute, 10, 8)
	if err != nil || failed != nil || len(minute) != 2 || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("%q is not a time of day; write it like 06:00", text)
	}
	return int64(h*60+m) * 60, nil
}

func takeZone(words []string) (*time.Location, error) {
	switch {
	case len(words) == 0:
		return time.UTC, nil
	case len(words) > 1:
		return nil, fmt.Errorf("%q is too much behind the zone %s",
			strings.Join(words[1:], " "), words[0])
	case words[0] == "Local":
		return nil, fmt.Errorf("a plan has no local zone; name one like Europe/Paris")
	}
	zone, err := time.LoadLocation(words[0])
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q; name one like Europe/Paris or UTC", words[0])
	}
	return zone, nil
}

// weekSpans lays the hours on the days and joins what touches.
func weekSpans(days []int64, hours *weekSpan) []weekSpan {
	if days == nil {
		days = []int64{0, 1, 2, 3, 4, 5, 6}
	}
	if hours == nil {
		hours = &weekSpan{0, daySeconds}
	}
	var spans []weekSpan
	for _, day := range days {
		from, until := day*daySeconds+hours.from, day*daySeconds+hours.until
		if until > weekSeconds {
			spans = append(spans, weekSpan{0, until - weekSeconds})
			until = weekSeconds
		}
		spans = append(spans, weekSpan{from, until})
	}
	return joinSpans(spans)
}

func joinSpans(spans []weekSpan) []weekSpan {
	slices.SortFunc(spans, func(a, b weekSpan) int { return int(a.from - b.from) })
	joined := spans[:1]
	for _, s := range spans[1:] {
		if last := &joined[len(joined)-1]; s.from <= last.until {
			last.until = max(last.until, s.until)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// joinWindows makes one window of those in one zone; none are left where one is always open.
func joinWindows(windows []window) []window {
	var joined []window
	for _, w := range windows {
		at := slices.IndexFunc(joined, func(j window) bool { return j.zone.String() == w.zone.String() })
		if at < 0 {
			joined = append(joined, w)
			at = len(joined) - 1
		} else {
			joined[at].spans = joinSpans(append(joined[at].spans, w.spans...))
		}
		if joined[at].always() {
			return nil
		}
	}
	return joined
}

// open reports whether the window is open at an instant in Unix seconds.
func (w *window) open(at int64) bool {
	_, offset := time.Unix(at, 0).In(w.zone).Zone()
	now := weekSecond(at + int64(offset))
	for _, s := range w.spans {
		if s.from <= now && now < s.until {
			return true
		}
	}
	return false
}

// next is an instant after at, before which the window neither opens nor closes: its next edge,
// or the next turn of the zone's clock, up to which the clock runs straight.
func (w *window) next(at int64) int64 {
	local := time.Unix(at, 0).In(w.zone)
	_, offset := local.Zone()
	next := int64(never)
	if !w.always() {
		next = at + w.edgeAfter(weekSecond(at+int64(offset)))
	}
	if _, turn := local.ZoneBounds(); !turn.IsZero() && turn.Unix() > at {
		next = min(next, turn.Unix())
	}
	return next
}

// edgeAfter is how many seconds after a second of the week the next span begins or ends.
func (w *window) edgeAfter(now int64) int64 {
	for _, s := range w.spans {
		if s.from > now {
			return s.from - now
		}
		if s.until > now {
			return s.until - now
		}
	}
	return w.spans[0].from + weekSeconds - now
}

func (w *window) always() bool {
	return w.spans[0] == weekSpan{0, weekSeconds}
}

// covers reports whether w is surely open whenever other is.
func (w *window) covers(other *window) bool {
	if w.always() {
		return true
	}
	if w.zone.String() != other.zone.String() {
		return false
	}
	for _, s := range other.spans {
		if !slices.ContainsFunc(w.spans, func(own weekSpan) bool {
			return own.from <= s.from && s.until <= own.until
		}) {
			return false
		}
	}
	return true
}

func weekSecond(local int64) int64 {
	second := (local + mondayOffset) % weekSeconds
	if second < 0 {
		second += weekSeconds
	}
	return second
}

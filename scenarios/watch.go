package scenarios

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

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
// the context ends first, those there are. An exchange is complete when its answer went out, or
// never will.
func (j *Journal) Wait(ctx context.Context, f Filter, count int) []Exchange {
	f.Complete, f.Limit = true, max(count, 1)
	if f.Finding != "" {
		return j.waitFound(ctx, f, count)
	}
	follower := j.Follow(Since{Exchange: f.After}, Events{Exchanges: true, Filter: f})
	var found []Exchange
	for len(found) < count {
		news, _, err := follower.Next(ctx)
		if err != nil {
			break
		}
		for i := range news {
			found = append(found, *news[i].Exchange)
		}
	}
	slices.SortFunc(found, func(a, b Exchange) int { return cmp.Compare(a.Seq, b.Seq) })
	return found[:min(len(found), f.Limit)]
}

// waitFound waits for exchanges with findings, which are found at any time after they are complete.
func (j *Journal) waitFound(ctx context.Context, f Filter, count int) []Exchange {
	for {
		changed := j.Changed()
		found, _ := j.Exchanges(f)
		if len(found) >= count {
			return found
		}
		select {
		case <-changed:
			pause(ctx, followPause)
		case <-ctx.Done():
			return found
		}
	}
}

// Events are what a Follower wants to be told.
type Events struct {
	Exchanges bool // that are complete
	Findings  bool // those in exchanges that the filter picks
	Filter    Filter
	Found     FindingFilter // which findings
}

// An Event is an exchange that is complete, or a finding.
type Event struct {
	// ID takes the course of events up again behind this one: an exchange's number, or that of a
	// finding with an f before it.
	ID       string
	Exchange *Exchange
	Finding  *Finding
}

// Missed is how much made room for others before a follower came to it.
type Missed struct {
	Exchanges int64 `json:"count"`
	Findings  int64 `json:"findings,omitempty"`
}

// Any reports whether anything was missed.
func (m Missed) Any() bool { return m.Exchanges > 0 || m.Findings > 0 }

// Since is where a Follower begins; the zero value: with all there is.
type Since struct {
	Now      bool   // with what comes from now on
	Exchange int64  // with exchanges above this number
	Event    string // behind the event that has this ID; empty: see above
}

// IsEvent reports whether a text is the ID of an event.
func IsEvent(id string) bool {
	_, err := strconv.ParseUint(strings.TrimPrefix(id, "f"), 10, 63)
	return err == nil
}

// A Follower reads the journal as it grows: exchanges in the order in which they are over, and
// findings between them. It reads at its own pace: one that is slow misses what made room for
// others, and is told how much; nobody waits for it.
type Follower struct {
	journal *Journal
	events  Events
	picker  *picker
	ended   int64 // how many exchanges that were over it has passed
	found   int64 // how many findings
	missed  Missed
	counted int64         // numbers up to this one are missed already, or not wanted
	rest    time.Duration // after the last look
}

// Follow returns a follower of what is wanted.
func (j *Journal) Follow(since Since, wanted Events) *Follower {
	wanted.Filter.Complete = true
	f := &Follower{journal: j, events: wanted}
	j.mu.Lock()
	f.begin(since)
	j.mu.Unlock()
	f.picker = j.picker(f.events.Filter)
	f.events.Found.Subscriber = normal(wanted.Found.Subscriber)
	return f
}

// begin finds the place to begin at; the journal's lock is held.
func (f *Follower) begin(since Since) {
	j := f.journal
	f.ended, f.found = j.ended, j.found
	if since.Now && since.Event == "" {
		return
	}
	behind, known := j.eventOf(since.Event)
	if known {
		f.ended, f.found = j.passed(behind)
		return
	}
	after := since.Exchange
	if since.Event != "" {
		after, _ = strconv.ParseInt(since.Event, 10, 64) // that of a finding long gone is zero
	}
	// A number above all comes from an earlier life of the server: everything is new to its client.
	if after >= j.next {
		after = 0
	}
	f.events.Filter.After = max(f.events.Filter.After, after)
	f.missed.Exchanges = max(j.first-1-max(after, j.cleared), 0)
	f.counted = max(j.first-1, after)
	f.ended, f.found = j.passed(0)
}

// eventOf is the place of an event among all, by its ID.
func (j *Journal) eventOf(id string) (event int64, known bool) {
	if number, finding := strings.CutPrefix(id, "f"); finding {
		for i := range j.findings.len() {
			if one := j.findings.at(i); strconv.FormatInt(one.seq, 10) == number {
				return one.event, true
			}
		}
		return 0, false
	}
	for i := range j.overs.len() {
		if one := j.overs.at(i); strconv.FormatInt(one.exchange, 10) == id {
			return one.event, true
		}
	}
	return 0, false
}

// passed is how many exchanges and findings there ever were up to an event.
func (j *Journal) passed(event int64) (ended, found int64) {
	ended, found = j.ended-int64(j.overs.len()), j.foundGone
	for i := 0; i < j.overs.len() && j.overs.at(i).event <= event; i++ {
		ended++
	}
	for i := 0; i < j.findings.len() && j.findings.at(i).event <= event; i++ {
		found = j.findings.at(i).seq
	}
	return ended, found
}

// The pace of a follower: it rests as long as it looked, so that one never takes more than half of
// a processor, and at least this long, so that what comes in quick succession is told at once.
const followPause = 5 * time.Millisecond

// Next waits for events, and returns those that came, with how much was missed since the last call.
// The error is the context's.
func (f *Follower) Next(ctx context.Context) (news []Event, missed Missed, err error) {
	for {
		pause(ctx, f.rest)
		changed := f.journal.Changed()
		began := time.Now()
		news, missed = f.look()
		f.rest = max(time.Since(began), followPause)
		if len(news) > 0 || missed.Any() {
			return news, missed, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, Missed{}, ctx.Err()
		}
	}
}

// An occasion is one event as it was copied under the lock.
type occasion struct {
	record  *record // the exchange, also that of a finding, as far as it is kept
	finding *keptFinding
}

// look takes what is new, up to a chunk.
func (f *Follower) look() (news []Event, missed Missed) {
	for len(news) == 0 {
		taken := f.take()
		if len(taken) == 0 {
			break
		}
		for i := range taken {
			if event, wanted := f.event(&taken[i]); wanted {
				news = append(news, event)
			}
		}
	}
	missed, f.missed = f.missed, Missed{}
	return news, missed
}

// take copies what comes next, in the order of events.
func (f *Follower) take() (taken []occasion) {
	j := f.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	f.skip()
	over := int(f.ended - (j.ended - int64(j.overs.len())))
	found := f.firstFinding()
	for range pageSize {
		ends, finds := over < j.overs.len(), found < j.findings.len()
		switch {
		case !ends && !finds:
			return taken
		case ends && (!finds || j.overs.at(over).event < j.findings.at(found).event):
			number := j.overs.at(over).exchange
			if r := j.kept(number); r != nil {
				copied := *r
				taken = append(taken, occasion{record: &copied})
			} else if number < j.first && number > f.counted { // else it was deleted
				f.missed.Exchanges++
			}
			over++
			f.ended++
		default:
			one := *j.findings.at(found)
			next := occasion{finding: &one}
			if r := j.kept(one.Exchange); r != nil {
				copied := *r
				next.record = &copied
			}
			taken = append(taken, next)
			found++
			f.found = one.seq
		}
	}
	return taken
}

// skip passes what made room for others, and what was deleted, which is not missed; the journal's
// lock is held.
func (f *Follower) skip() {
	j := f.journal
	f.missed.Exchanges += max(j.endedGone-f.ended, 0)
	f.ended = max(f.ended, j.ended-int64(j.overs.len()))
	if f.events.Findings {
		f.missed.Findings += max(j.foundGone-f.found, 0)
	}
	f.found = max(f.found, j.foundGone)
}

// firstFinding is the place of the first finding that was not told.
func (f *Follower) firstFinding() int {
	findings := &f.journal.findings
	return sort.Search(findings.len(), func(i int) bool { return findings.at(i).seq > f.found })
}

// event renders what is wanted.
func (f *Follower) event(l *occasion) (event Event, wanted bool) {
	if l.finding != nil {
		if !f.events.Findings || !f.picksFinding(l) {
			return Event{}, false
		}
		found := finding(l.finding)
		return Event{ID: "f" + strconv.FormatInt(found.Seq, 10), Finding: &found}, true
	}
	r, filter := l.record, &f.picker.Filter
	f.picker.meet(r)
	if !f.events.Exchanges || r.number <= filter.After ||
		filter.Before > 0 && r.number >= filter.Before || !f.picker.picks(r) {
		return Event{}, false
	}
	x := f.journal.view(r, filter.Trees, filter.Raw)
	return Event{ID: strconv.FormatInt(x.Seq, 10), Exchange: &x}, true
}

// picksFinding asks for the finding itself, and for the exchange that it was found in. Of one that
// belongs to none that is kept, only what it tells by itself is known.
func (f *Follower) picksFinding(l *occasion) bool {
	if !f.events.Found.picks(&l.finding.Finding) {
		return false
	}
	p := *f.picker
	if l.record == nil {
		return p.picksLoose(&l.finding.Finding)
	}
	p.Complete, p.found, p.Finding = false, nil, ""
	return p.picks(l.record)
}

// picksLoose asks for what a finding tells by itself.
func (p *picker) picksLoose(found *charging.Finding) bool {
	return (p.Session == "" || isSession(p.Session, found.Session)) &&
		(p.Subscriber == "" || p.Subscriber == normal(found.Subscriber)) &&
		(p.Peer == "" || matchesGlob(p.Peer, found.Peer)) &&
		(p.OriginHost == "" || matchesGlob(p.OriginHost, found.Peer)) &&
		p.Account == "" && p.Conference == "" && p.Message == "" && p.Text == "" &&
		p.Result.IsZero() && p.Sent == nil && len(p.AVP) == 0 && len(p.AnswerAVP) == 0 &&
		!p.wantsCharged()
}

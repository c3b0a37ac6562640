package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// nearMisses are the best of what a match does not take: those that miss the fewest conditions, of
// equals the latest. What is another message than the match is about is none, unless there is
// nothing else.
func (j *Journal) nearMisses(m *matcher, after int64) (best []NearMiss) {
	var others []NearMiss
	if m.nth != nil {
		m.nth.tally = tally{}
	}
	j.facts(func(f *fact) bool {
		if !m.about(f) {
			return true
		}
		near := m.misses(f)
		if f.record.number <= after || len(near.Misses) == 0 {
			return true
		}
		list := &best
		if near.Misses[0].Key == "message" {
			list = &others
		}
		*list = append(*list, near)
		slices.SortStableFunc(*list, func(a, b NearMiss) int {
			return cmp.Or(cmp.Compare(len(a.Misses), len(b.Misses)), cmp.Compare(b.Seq, a.Seq))
		})
		*list = (*list)[:min(len(*list), MaxNearMisses)]
		return true
	})
	if len(best) == 0 {
		return others
	}
	return best
}

// misses tells all conditions that a fact misses; none: it is taken.
func (m *matcher) misses(f *fact) NearMiss {
	near := NearMiss{Seq: f.record.number, What: f.what()}
	for i := range m.conditions {
		if c := &m.conditions[i]; !c.holds(f) {
			near.miss(c.key, c.want, c.seen(f))
		}
	}
	if m.nth == nil {
		return near
	}
	place := m.nth.seen(&f.situation)
	switch {
	case f.situation.Repeat:
		near.miss("nth", m.nth.Is.String(), "a repeat")
	case !m.nth.take(&f.situation, len(near.Misses) == 0) && len(near.Misses) == 0:
		near.miss("nth", m.nth.Is.String(), place)
	}
	return near
}

func (n *NearMiss) miss(key, want, seen string) {
	if seen == "" {
		seen = noAVP
	}
	n.Misses = append(n.Misses, Miss{Key: key, AVP: avpOf(key), Want: want, Seen: seen})
}

// avpOf is the path of the AVP that a key of a match is about; empty: it is about none alone.
func avpOf(key string) string {
	for _, prefix := range []string{"avp.", "answer_avp."} {
		if path, found := strings.CutPrefix(key, prefix); found {
			return path
		}
	}
	const services, im = "Multiple-Services-Credit-Control.", "Service-Information.IM-Information."
	switch key {
	case "session":
		return "Session-Id"
	case "type":
		return "CC-Request-Type"
	case "number":
		return "CC-Request-Number"
	case "subscriber":
		return "Subscription-Id.Subscription-Id-Data"
	case "origin_host":
		return "Origin-Host"
	case "context":
		return "Service-Context-Id"
	case "rating_group":
		return services + "Rating-Group"
	case "service":
		return services + "Service-Identifier"
	case "requested":
		return services + "Requested-Service-Unit"
	case "used":
		return services + "Used-Service-Unit"
	case "participants":
		return im + "Number-Of-Participants"
	case "trigger":
		return services + "Trigger.Trigger-Type"
	case "result":
		return "Result-Code"
	case "service_result":
		return services + "Result-Code"
	case "granted":
		return services + "Granted-Service-Unit"
	case "final":
		return services + "Final-Unit-Indication.Final-Unit-Action"
	}
	return ""
}

// what names a fact for people: CCR update 1 of im;1;1.
func (f *fact) what() string {
	r := f.record
	if r.door == DoorObservation {
		return fmt.Sprintf("observation %s%s", strconv.Quote(string(r.asked)), ofSession(f.session()))
	}
	words := []string{f.message()}
	if words[0] == "" {
		words[0] = "message"
	}
	if request := f.situation.Request; request.Type != 0 || request.Record != charging.NoRecord {
		words = append(words, request.Kind(), strconv.FormatUint(uint64(request.Key.Number), 10))
	}
	return strings.Join(words, " ") + ofSession(f.session())
}

func ofSession(session string) string {
	if session == "" {
		return ""
	}
	return " of " + session
}

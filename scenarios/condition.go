package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A condition is one line of a `when`, compiled. Decide asks holds; seen is asked only by people.
type condition struct {
	key   string // type, rating_group
	want  string
	holds func(*charging.Situation) bool
	seen  func(*charging.Situation) string
}

// conditions compiles a `when`, cheap and telling ones first; nth stands apart.
func conditions(w *When) []condition {
	var list []condition
	for _, part := range [][]condition{
		w.requestConditions(), w.originConditions(), w.conferenceConditions(),
		serviceConditions(w.serviceTests()), w.avpConditions(), w.lastConditions(),
	} {
		list = append(list, part...)
	}
	return list
}

func (w *When) requestConditions() (list []condition) {
	list = append(list, messageCondition(w.Message))
	if w.Type != "" {
		list = append(list, condition{
			key: "type", want: w.Type,
			holds: func(s *charging.Situation) bool { return s.Request.Kind() == w.Type },
			seen:  func(s *charging.Situation) string { return s.Request.Kind() },
		})
	}
	if !w.Number.IsZero() {
		number := func(s *charging.Situation) int64 { return int64(s.Request.Key.Number) }
		list = append(list, condition{
			key: "number", want: w.Number.String(),
			holds: func(s *charging.Situation) bool { return w.Number.Contains(number(s)) },
			seen:  func(s *charging.Situation) string { return strconv.FormatInt(number(s), 10) },
		})
	}
	return list
}

// lastConditions are the dear ones.
func (w *When) lastConditions() (list []condition) {
	if !w.Available.IsZero() {
		want, unit := w.Available, w.Available.unit()
		list = append(list, condition{
			key: "available", want: want.String(),
			holds: func(s *charging.Situation) bool {
				held := s.Holds(unit)
				return held.Known && want.Contains([]charging.Quantity{unit.Of(held.Value)})
			},
			seen: func(s *charging.Situation) string {
				if held := s.Holds(unit); held.Known {
					return unit.Of(held.Value).String()
				}
				return "no account"
			},
		})
	}
	if !w.If.IsZero() {
		list = append(list, condition{key: "if", want: w.If.Text, holds: w.If.holds, seen: w.If.seen})
	}
	return list
}

// messageCondition tells accounting from credit control, which rules are about unless they say so.
func messageCondition(want string) condition {
	if want == "" {
		want = messageCCR
	}
	return condition{
		key: "message", want: want,
		holds: func(s *charging.Situation) bool { return messageIn(s) == want },
		seen:  messageIn,
	}
}

// The messages that rules may be about.
const (
	messageCCR = "CCR"
	messageACR = "ACR"
)

// betweenPeers are the messages that peers exchange about themselves.
func betweenPeers() []string { return []string{"CER", "DWR", "DPR"} }

func messageIn(s *charging.Situation) string {
	if s.Between != "" {
		return s.Between
	}
	return messageOf(s.Request)
}

func messageOf(r *charging.Request) string {
	if r.Record != charging.NoRecord {
		return messageACR
	}
	return messageCCR
}

func (w *When) originConditions() (list []condition) {
	if w.OriginHost != "" {
		host := func(s *charging.Situation) string { return s.Request.Origin.Host }
		list = append(list, globCondition("origin_host", w.OriginHost, host))
	}
	if w.Context != "" {
		context := func(s *charging.Situation) string { return s.Request.Context }
		list = append(list, globCondition("context", w.Context, context))
	}
	return list
}

func globCondition(key, glob string, text func(*charging.Situation) string) condition {
	return condition{
		key: key, want: glob, seen: text,
		holds: func(s *charging.Situation) bool { return matchesGlob(glob, text(s)) },
	}
}

func (w *When) conferenceConditions() (list []condition) {
	if !w.Participants.IsZero() {
		list = append(list, participantsCondition(w.Participants))
	}
	if len(w.Media) > 0 {
		list = append(list, mediaCondition(w.Media))
	}
	if w.Conference != "" {
		list = append(list, globCondition("conference", w.Conference, conferenceOf))
	}
	switch w.Trigger {
	case "participants":
		list = append(list, triggerCondition(w.Trigger, charging.TriggerParticipants,
			func(s *charging.Situation) bool { return s.ParticipantsChanged }))
	case "media":
		list = append(list, triggerCondition(w.Trigger, charging.TriggerMedia,
			func(s *charging.Situation) bool { return s.MediaChanged }))
	}
	return list
}

// conferenceOf is the conference that the request names, else its session.
func conferenceOf(s *charging.Situation) string {
	if s.Request.Information.Conference == "" && s.Session != nil {
		return s.Session.Info.Conference
	}
	return s.Request.Information.Conference
}

func participantsCondition(want Range) condition {
	return condition{
		key: "participants", want: want.String(),
		holds: func(s *charging.Situation) bool {
			return s.Participants.Known && want.Contains(s.Participants.Value)
		},
		seen: func(s *charging.Situation) string { return numberText(s.Participants) },
	}
}

func numberText(n charging.Number) string {
	if !n.Known {
		return "none"
	}
	return strconv.FormatInt(n.Value, 10)
}

func mediaCondition(want Names) condition {
	names := make([]string, len(want))
	for i, name := range want {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	return condition{
		key: "media", want: strings.Join(names, ", "),
		holds: func(s *charging.Situation) bool {
			for _, name := range names {
				if !slices.Contains(s.Media, name) {
					return false
				}
			}
			return true
		},
		seen: func(s *charging.Situation) string { return listText(s.Media) },
	}
}

func listText(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// triggerCondition holds where the client names the change by Trigger, or the session shows it.
func triggerCondition(
	word string, number uint32, changed func(*charging.Situation) bool,
) condition {
	return condition{
		key: "trigger", want: word,
		holds: func(s *charging.Situation) bool { return changed(s) || s.Request.Triggered(number) },
		seen:  func(*charging.Situation) string { return "no change, and no Trigger of it" },
	}
}

// A serviceTest is a condition on one service of the request.
type serviceTest struct {
	key, want string
	holds     func(*charging.Service) bool
	seen      func(*charging.Service) string
}

func (w *When) serviceTests() (tests []serviceTest) {
	if w.RatingGroup != nil {
		group := charging.Known(int64(*w.RatingGroup))
		tests = append(tests, serviceTest{
			key: "rating_group", want: numberText(group),
			holds: func(s *charging.Service) bool { return s.Key.Group == group },
			seen:  func(s *charging.Service) string { return numberText(s.Key.Group) },
		})
	}
	if w.Service != nil {
		id := *w.Service
		tests = append(tests, serviceTest{
			key: "service", want: idsText([]uint32{id}),
			holds: func(s *charging.Service) bool { return slices.Contains(s.Key.IDs, id) },
			seen:  func(s *charging.Service) string { return idsText(s.Key.IDs) },
		})
	}
	return append(tests, w.unitsTests()...)
}

func idsText(ids []uint32) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = strconv.FormatUint(uint64(id), 10)
	}
	return listText(names)
}

func (w *When) unitsTests() (tests []serviceTest) {
	if !w.Requested.IsZero() {
		tests = append(tests, unitsTest("requested", w.Requested, requestedUnits))
	}
	if !w.Used.IsZero() {
		tests = append(tests, unitsTest("used", w.Used, usedUnits))
	}
	return tests
}

func requestedUnits(s *charging.Service) (units []charging.Quantity, there bool) {
	return s.Requested, s.Asked || len(s.Requested) > 0
}

func usedUnits(s *charging.Service) (units []charging.Quantity, there bool) {
	if len(s.Used) == 1 {
		return s.Used[0].Units, true
	}
	for i := range s.Used {
		units = append(units, inTotal(s.Used[i].Units)...)
	}
	return units, len(s.Used) > 0
}

// inTotal adds the octets of a report that tells only directions, so that reports can be summed.
func inTotal(units []charging.Quantity) []charging.Quantity {
	total := amountOf(units, charging.Total)
	told := slices.ContainsFunc(units, func(q charging.Quantity) bool {
		return q.Unit == charging.Total
	})
	if told || !total.Known {
		return units
	}
	sum := charging.Quantity{Amount: total.Value, Unit: charging.Total}
	return append(slices.Clone(units), sum)
}

func unitsTest(
	key string, want UnitsRange, units func(*charging.Service) ([]charging.Quantity, bool),
) serviceTest {
	return serviceTest{
		key: key, want: want.String(),
		holds: func(s *charging.Service) bool {
			quantities, there := units(s)
			switch want.Word {
			case "absent":
				return !there
			case "empty":
				return there && len(quantities) == 0
			}
			return there && want.Contains(quantities)
		},
		seen: func(s *charging.Service) string { return unitsText(units(s)) },
	}
}

func unitsText(quantities []charging.Quantity, there bool) string {
	switch {
	case !there:
		return "absent"
	case len(quantities) == 0:
		return "empty"
	}
	var names []string
	for _, q := range quantities {
		names = append(names, q.String())
	}
	return strings.Join(names, ", ")
}

// serviceConditions chains the tests, so that the last condition holds where one service passes all
// of them, and the first that does not hold is the one to show.
func serviceConditions(tests []serviceTest) []condition {
	var list []condition
	for i := range tests {
		upTo := tests[:i+1]
		list = append(list, condition{
			key: tests[i].key, want: tests[i].want,
			holds: func(s *charging.Situation) bool { return anyService(s.Request, upTo) },
			seen:  func(s *charging.Situation) string { return servicesSeen(s.Request, upTo) },
		})
	}
	return list
}

// anyService reports whether a service passes; a request without any is one that asks for nothing.
func anyService(r *charging.Request, tests []serviceTest) bool {
	if len(r.Services) == 0 {
		return passes(&charging.Service{}, tests)
	}
	for i := range r.Services {
		if passes(&r.Services[i], tests) {
			return true
		}
	}
	return false
}

func passes(s *charging.Service, tests []serviceTest) bool {
	for i := range tests {
		if !tests[i].holds(s) {
			return false
		}
	}
	return true
}

// servicesSeen shows what the services have that pass all tests but the last.
func servicesSeen(r *charging.Request, tests []serviceTest) string {
	last := len(tests) - 1
	var seen []string
	for i := range r.Services {
		if s := &r.Services[i]; passes(s, tests[:last]) {
			seen = append(seen, tests[last].seen(s))
		}
	}
	if len(r.Services) == 0 {
		return fmt.Sprintf("%s, as the request has no MSCC", tests[last].seen(&charging.Service{}))
	}
	return strings.Join(seen, " and ")
}

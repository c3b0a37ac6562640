package scenarios

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// noAnswer is shown where nothing went out.
const noAnswer = "no answer"

func (c *matcher) answerTests(m *Match) {
	if m.Answered != nil {
		c.add("answered", strconv.FormatBool(*m.Answered), func(f *fact) string {
			return strconv.FormatBool(f.sent())
		}, strings.EqualFold)
	}
	if !m.Result.IsZero() {
		c.result(Range(m.Result))
	}
	c.serviceAnswers(m)
	if !m.Took.IsZero() {
		c.conditions = append(c.conditions, test{
			key: "took", want: m.Took.String(),
			holds: func(f *fact) bool { return f.sent() && m.Took.Contains(f.took()) },
			seen: func(f *fact) string {
				if !f.sent() {
					return noAnswer
				}
				return f.took().Round(time.Millisecond).String()
			},
		})
	}
	for _, path := range slices.Sorted(maps.Keys(m.AnswerAVP)) {
		c.answerAVP(path, m.AnswerAVP[path])
	}
}

// result asks for the result at command level. What stands in a service is shown beside it, as it
// is what people mix up.
func (c *matcher) result(want Range) {
	c.conditions = append(c.conditions, test{
		key: "result", want: want.String(),
		holds: func(f *fact) bool { return f.sent() && want.Contains(int64(f.result())) },
		seen: func(f *fact) string {
			if !f.sent() {
				return noAnswer
			}
			text := resultText(f.result())
			if a := f.answer(); a != nil {
				for i := range a.Services {
					if result := a.Services[i].Result; result != f.result() && result != 0 {
						text += ", and " + resultText(result) + " in a service"
					}
				}
			}
			return text
		},
	})
}

func resultText(r charging.Result) string {
	if r == 0 {
		return "none"
	}
	return strconv.FormatUint(uint64(r), 10)
}

// A serviceAnswerTest is a condition on one service of the answer.
type serviceAnswerTest struct {
	key, want string
	holds     func(*charging.ServiceAnswer) bool
	seen      func(*charging.ServiceAnswer) string
}

// serviceAnswers chains the conditions, so that the last of them holds where one service of the
// answer passes all.
func (c *matcher) serviceAnswers(m *Match) {
	tests := m.serviceAnswerTests()
	only := matching(m.RatingGroup, m.Service)
	for i := range tests {
		upTo := tests[:i+1]
		c.conditions = append(c.conditions, test{
			key: tests[i].key, want: tests[i].want,
			holds: func(f *fact) bool { return len(f.answers(only, upTo)) > 0 },
			seen: func(f *fact) string {
				if !f.sent() {
					return noAnswer
				}
				var seen []string
				for _, s := range f.answers(only, upTo[:i]) {
					seen = append(seen, upTo[i].seen(s))
				}
				if len(seen) == 0 {
					return "no such service in the answer"
				}
				return strings.Join(seen, " and ")
			},
		})
	}
}

func (m *AnswerMatch) serviceAnswerTests() (tests []serviceAnswerTest) {
	if !m.ServiceResult.IsZero() {
		want := Range(m.ServiceResult)
		tests = append(tests, serviceAnswerTest{
			key: "service_result", want: want.String(),
			holds: func(s *charging.ServiceAnswer) bool { return want.Contains(int64(s.Result)) },
			seen:  func(s *charging.ServiceAnswer) string { return resultText(s.Result) },
		})
	}
	if want := m.Granted; !want.IsZero() {
		tests = append(tests, serviceAnswerTest{
			key: "granted", want: want.String(),
			holds: func(s *charging.ServiceAnswer) bool {
				if want.Word == "absent" {
					return len(s.Granted) == 0
				}
				return want.Contains(s.Granted)
			},
			seen: func(s *charging.ServiceAnswer) string {
				return unitsText(s.Granted, len(s.Granted) > 0)
			},
		})
	}
	if want := m.Final; want != "" {
		tests = append(tests, serviceAnswerTest{
			key: "final", want: want,
			holds: func(s *charging.ServiceAnswer) bool {
				return finalWord(s.Final) == want || want == "any" && s.Final != nil
			},
			seen: func(s *charging.ServiceAnswer) string { return finalWord(s.Final) },
		})
	}
	return tests
}

// The words for Final-Unit-Action, as matches have them.
func finalWords() []string { return []string{"terminate", "redirect", "restrict", "none", "any"} }

func finalWord(f *charging.FinalUnit) string {
	switch {
	case f == nil:
		return "none"
	case f.Action == charging.Redirect:
		return "redirect"
	case f.Action == charging.RestrictAccess:
		return "restrict"
	}
	return "terminate"
}

func (c *matcher) answerAVP(path string, wanted Names) {
	c.conditions = append(c.conditions, test{
		key: "answer_avp." + path, want: strings.Join(wanted, " or "),
		holds: func(f *fact) bool { return f.sent() && fitsAVP(wanted, f.answerAVP(path)) },
		seen: func(f *fact) string {
			values := f.answerAVP(path)
			switch {
			case !f.sent():
				return noAnswer
			case len(values) == 0:
				return noAVP
			}
			return strings.Join(values, ", ")
		},
	})
}

package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Match picks exchanges or observations of the journal for a verification: by all that a rule's
// `when` knows of a request, by what was answered, and by the door. All that is written must hold.
// Message is CCR unless it says otherwise.
type Match struct {
	When `yaml:",inline"`

	Session    string `yaml:"session,omitempty" json:"session,omitempty"`       // a glob
	Subscriber string `yaml:"subscriber,omitempty" json:"subscriber,omitempty"` // or the account
	Door       string `yaml:"door,omitempty" json:"door,omitempty"`
	Peer       string `yaml:"peer,omitempty" json:"peer,omitempty"` // a glob
	Rule       string `yaml:"rule,omitempty" json:"rule,omitempty"` // a glob on the rule that acted
	// Repeat asks for repeats, or for what is none; nil: both.
	Repeat *bool `yaml:"repeat,omitempty" json:"repeat,omitempty"`

	AnswerMatch `yaml:",inline"`

	// Observation is a glob on the text of an observation. Only Session goes with it.
	Observation string `yaml:"observation,omitempty" json:"observation,omitempty"`
}

// An AnswerMatch says what was answered, by the octets that really went out. ServiceResult, Granted
// and Final must hold for one and the same Multiple-Services-Credit-Control, which has the
// RatingGroup and Service of the match.
type AnswerMatch struct {
	Answered      *bool      `yaml:"answered,omitempty" json:"answered,omitempty"`
	Result        Results    `yaml:"result,omitempty" json:"result,omitzero"` // at command level
	ServiceResult Results    `yaml:"service_result,omitempty" json:"service_result,omitzero"`
	Granted       UnitsRange `yaml:"granted,omitempty" json:"granted,omitzero"`
	Final         string     `yaml:"final,omitempty" json:"final,omitempty"`
	Took          Lapse      `yaml:"took,omitempty" json:"took,omitzero"` // from question to answer
	// AnswerAVP are globs on the values of AVPs of the answer by path, as AVP of the request.
	AnswerAVP map[string]Names `yaml:"answer_avp,omitempty" json:"answer_avp,omitempty"`
}

// asks reports whether anything is said of the answer.
func (m *AnswerMatch) asks() bool {
	return m.Answered != nil && *m.Answered || !m.Result.IsZero() || !m.ServiceResult.IsZero() ||
		!m.Granted.IsZero() || m.Final != "" || !m.Took.IsZero() || len(m.AnswerAVP) > 0
}

// Results are the Result-Codes that an answer may have: 4012, a name, 4xxx, or 4010..4012.
type Results Range

// UnmarshalText reads any of the forms.
func (r *Results) UnmarshalText(text []byte) error {
	word := string(text)
	var one Result
	if one.UnmarshalText(text) == nil {
		code := charging.Known(int64(one))
		*r = Results{code, code}
		return nil
	}
	if class, found := strings.CutSuffix(strings.ToLower(word), "xxx"); found && len(class) == 1 {
		word = class + "000.." + class + "999"
	}
	both, err := ParseRange(word)
	if err != nil {
		return fmt.Errorf("%q is no result; write 4012, DIAMETER_CREDIT_LIMIT_REACHED, 4xxx or "+
			"4010..4012", text)
	}
	*r = Results(both)
	return nil
}

// UnmarshalJSON reads a number or a text.
func (r *Results) UnmarshalJSON(data []byte) error { return scalarJSON(data, r) }

// MarshalText writes a number or a range.
func (r Results) MarshalText() ([]byte, error) { return []byte(Range(r).String()), nil }

// IsZero reports whether any result will do.
func (r Results) IsZero() bool { return Range(r).IsZero() }

// A Lapse is how long something took: 800ms.., ..50ms, 800ms..2s. Below zero an end is open.
type Lapse struct{ From, To time.Duration }

// UnmarshalText reads two times with dots between them, one of which may be left out.
func (l *Lapse) UnmarshalText(text []byte) error {
	from, to, ranged := strings.Cut(string(text), "..")
	low, errLow := lapseEnd(from)
	high, errHigh := lapseEnd(to)
	if !ranged || errLow != nil || errHigh != nil || low < 0 && high < 0 {
		return fmt.Errorf("%q is no range of times; write it like 800ms.., ..50ms or 800ms..2s", text)
	}
	if high >= 0 && low > high {
		return fmt.Errorf("range %q ends before it begins", text)
	}
	*l = Lapse{low, high}
	return nil
}

func lapseEnd(text string) (time.Duration, error) {
	if text = strings.TrimSpace(text); text == "" {
		return -1, nil
	}
	return time.ParseDuration(text)
}

// MarshalText writes the range.
func (l Lapse) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// String writes the range as it is read.
func (l Lapse) String() string {
	end := func(d time.Duration) string {
		if d < 0 {
			return ""
		}
		return d.String()
	}
	return end(l.From) + ".." + end(l.To)
}

// IsZero reports whether nothing is said.
func (l Lapse) IsZero() bool { return l == Lapse{} }

// Contains reports whether a time lies in the range.
func (l Lapse) Contains(d time.Duration) bool { return d >= l.From && (l.To < 0 || d <= l.To) }

// A matcher is a Match, compiled.
type matcher struct {
	message    string // what it is about; any is *
	conditions []test
	nth        *place // nil: any
	ofAnswer   bool   // the moment that it names is the answer's
	written    string // for people
}

// A test is one condition of it.
type test struct {
	key, want string
	holds     func(*fact) bool
	seen      func(*fact) string
}

// newMatcher compiles a match that Check finds nothing wrong with.
func newMatcher(m *Match) *matcher {
	if m.Observation != "" {
		return newObservationMatcher(m)
	}
	c := &matcher{message: strings.ToUpper(m.Message), ofAnswer: m.asks()}
	if c.message == "" {
		c.message = messageCCR
	}
	if c.message != anyMessage {
		c.add("message", c.message, func(f *fact) string { return f.message() }, strings.EqualFold)
	}
	c.doorTests(m)
	for _, condition := range conditions(&m.When) {
		if condition.key == "message" {
			continue
		}
		c.conditions = append(c.conditions, test{
			key: condition.key, want: condition.want,
			holds: func(f *fact) bool { return condition.holds(&f.situation) },
			seen:  func(f *fact) string { return condition.seen(&f.situation) },
		})
	}
	c.answerTests(m)
	if !m.Nth.IsZero() {
		c.nth = &place{Nth: m.Nth, initial: m.Type == charging.Initial.String()}
	}
	c.written = c.describe()
	return c
}

func newObservationMatcher(m *Match) *matcher {
	c := &matcher{message: DoorObservation}
	c.glob("session", m.Session, func(f *fact) string { return f.session() })
	c.glob("observation", m.Observation, func(f *fact) string { return string(f.record.asked) })
	c.written = c.describe()
	return c
}

// add adds a condition on a text.
func (c *matcher) add(
	key, want string, seen func(*fact) string, fits func(want, seen string) bool,
) {
	c.conditions = append(c.conditions, test{
		key: key, want: want, seen: seen,
		holds: func(f *fact) bool { return fits(want, seen(f)) },
	})
}

// glob adds a condition on a text, where there is one.
func (c *matcher) glob(key, want string, seen func(*fact) string) {
	if want != "" {
		c.add(key, want, seen, matchesGlob)
	}
}

func (c *matcher) doorTests(m *Match) {
	c.glob("door", m.Door, func(f *fact) string { return f.record.door })
	c.glob("peer", m.Peer, func(f *fact) string { return f.record.peer })
	c.glob("session", m.Session, func(f *fact) string { return f.session() })
	c.glob("rule", m.Rule, func(f *fact) string {
		if f.record.answer == nil {
			return ""
		}
		return ruleOf(f.record.answer)
	})
	if m.Subscriber != "" {
		c.subscriber(m.Subscriber)
	}
	if m.Repeat != nil {
		c.add("repeat", strconv.FormatBool(*m.Repeat), func(f *fact) string {
			return strconv.FormatBool(f.situation.Repeat)
		}, strings.EqualFold)
	}
}

func (c *matcher) subscriber(want string) {
	wanted := normal(want)
	names := func(f *fact) (all []string) {
		identities(&f.situation, func(name string) bool {
			all = append(all, name)
			return true
		})
		return all
	}
	c.conditions = append(c.conditions, test{
		key: "subscriber", want: want,
		holds: func(f *fact) (found bool) {
			identities(&f.situation, func(name string) bool {
				found = name == wanted
				return !found
			})
			return found
		},
		seen: func(f *fact) string { return listText(names(f)) },
	})
}

// describe writes the match for people: CCR type=update number=1.
func (c *matcher) describe() string {
	var words []string
	for i := range c.conditions {
		t := &c.conditions[i]
		if t.key == "message" {
			words = append(words, t.want)
			continue
		}
		value := t.want
		if strings.ContainsAny(value, " ") {
			value = strconv.Quote(value)
		}
		words = append(words, t.key+"="+value)
	}
	if c.nth != nil {
		words = append(words, "nth="+c.nth.Is.String())
	}
	return strings.Join(words, " ")
}

// takes reports whether a fact is what the match wants, and counts it for nth. Every fact is to be
// shown, in order.
func (c *matcher) takes(f *fact) bool {
	if !c.about(f) {
		return false
	}
	matches := true
	for i := 0; matches && i < len(c.conditions); i++ {
		matches = c.conditions[i].holds(f)
	}
	if c.nth == nil {
		return matches
	}
	return !f.situation.Repeat && c.nth.take(&f.situation, matches)
}

// about reports whether the match speaks of such things at all.
func (c *matcher) about(f *fact) bool {
	observed := f.record.door == DoorObservation
	return observed == (c.message == DoorObservation)
}

// anyMessage stands for all messages.
const anyMessage = "ANY"

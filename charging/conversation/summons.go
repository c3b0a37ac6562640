package conversation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Call has the server ask the client of a session, "* reauthorize s1 rg=100". The summons'
// session holds the name that the file gives it.
type Call struct{ Summons charging.Summons }

// A Heard is a request of the server that must come, "< rar s1 rg=100 answer=2002".
type Heard struct {
	Summons charging.Summons
	Result  charging.Result // that it is answered with; 0: it is left unanswered
	Wire    []Word          // expect-avp
}

// A Told is what the server must report of its last request about a session,
// "* told s1 followed result=2002 number=1".
type Told struct {
	Session charging.SessionID
	State   string // empty: any
	Result  charging.Number
	Number  charging.Number
}

// listens reports whether the file answers requests of the server itself.
func (c *Conversation) listens() bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Heard != nil })
}

// asked reports whether the line "<" is about a request of the server.
func asked(words []token) bool {
	return len(words) > 0 && (words[0].text == "rar" || words[0].text == "asr")
}

// star reads a line "*".
func (p *parser) star(words []token, step *Step) {
	verb := ""
	if len(words) > 1 {
		verb = words[0].text
	}
	switch verb {
	case "reauthorize":
		step.Call = &Call{p.summons(charging.Reauthorization, words, nil)}
	case "abort":
		step.Call = &Call{p.summons(charging.Abortion, words, nil)}
	case "told":
		step.Told = p.told(words)
	default:
		p.fault(1, "* takes reauthorize, abort or told with a session, like "+
			"* reauthorize s1 rg=100")
	}
}

// heard reads: rar|asr session scope [answer=] [expect-avp:].
func (p *parser) heard(words []token) *Heard {
	kind, result := charging.Reauthorization, charging.LimitedSuccess
	if words[0].text == "asr" {
		kind, result = charging.Abortion, charging.Success
	}
	if len(words) < 2 {
		p.fault(1, "< %s takes a session, like < rar s1 rg=100 answer=2002", words[0].text)
		return nil
	}
	heard := &Heard{Result: result}
	heard.Summons = p.summons(kind, words, func(word token) bool {
		key, value, given := word.split()
		if wire, ok, err := parseWire(word); ok {
			if err != nil || wire.Name != expectAVP {
				p.fault(word.column, "a request of the server takes expect-avp:")
			}
			heard.Wire = append(heard.Wire, wire)
			return true
		}
		if key != "answer" || !given {
			return false
		}
		if heard.Result = 0; value == "none" {
			return true
		}
		number, err := parseNumber(value, 31)
		if err != nil || number == 0 {
			p.fault(word.column, "%s: answer takes a result, like 2002, or none", word.text)
		}
		heard.Result = charging.Result(number)
		return true
	})
	return heard
}

// known finds fault with a session that was not begun before.
func (p *parser) known(word token) string {
	if p.last[word.text] == nil {
		p.fault(word.column, "no request of session %q comes before", word.text)
	}
	return word.text
}

// draw renders the question as an arrow to the left and its answer as one to the right.
func (h *Heard) draw(b *strings.Builder) {
	question, answer := "RAR", "RAA"
	if h.Summons.Kind == charging.Abortion {
		question, answer = "ASR", "ASA"
	}
	arrow(b, question+" "+h.Summons.Session.ID, h.Summons.Scope.String(), false)
	if h.Result != 0 {
		arrow(b, answer, strconv.FormatUint(uint64(h.Result), 10), true)
	}
}

// summons reads a session and a scope. more reads other words; nil: there are none.
func (p *parser) summons(
	kind charging.SummonsKind, words []token, more func(token) bool,
) charging.Summons {
	s := charging.Summons{Kind: kind, Session: charging.SessionID{ID: p.known(words[1])}}
	for _, word := range words[2:] {
		if more != nil && more(word) {
			continue
		}
		if !p.scopeWord(&s, word) {
			p.fault(word.column, "unknown word %q; a session is followed by sub=, and for a "+
				"re-authorization rg=, si= or pool=", word.text)
		}
	}
	return s
}

func (p *parser) scopeWord(s *charging.Summons, word token) bool {
	key, value, _ := word.split()
	number, err := parseNumber(value, 32)
	switch {
	case key == "sub":
		s.Session.Sub = uint64(number)
	case s.Kind == charging.Abortion:
		return false
	case key == "rg":
		s.Scope.Group = charging.Known(number)
	case key == "si":
		s.Scope.Service = charging.Known(number)
	case key == "pool":
		s.Scope.Pool = charging.Known(number)
	default:
		return false
	}
	if err != nil {
		p.fault(word.column, "%s: %v", word.text, err)
	}
	return true
}

// told reads: told session [state] [result=] [number=] [sub=].
func (p *parser) told(words []token) *Told {
	told := &Told{Session: charging.SessionID{ID: p.known(words[1])}}
	for _, word := range words[2:] {
		key, value, given := word.split()
		if !given {
			told.State = key
			continue
		}
		number, err := parseNumber(value, 31)
		switch key {
		case "result":
			told.Result = charging.Known(number)
		case "number":
			told.Number = charging.Known(number)
		case "sub":
			told.Session.Sub = uint64(number)
		default:
			p.fault(word.column, "unknown word %q; * told takes a state, result= and number=",
				word.text)
		}
		if err != nil {
			p.fault(word.column, "%s: %v", word.text, err)
		}
	}
	return told
}

// call has the server ask.
func (p *player) call(ctx context.Context, call *Call) error {
	summons := call.Summons
	summons.Session.ID = p.sessionID(summons.Session.ID)
	return p.door.Caller.Summon(ctx, &summons)
}

// told compares what the server reports.
func (p *player) told(ctx context.Context, want *Told, event *Event) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	got, err := p.door.Caller.Told(ctx, charging.SessionID{
		ID: p.sessionID(want.Session.ID), Sub: want.Session.Sub,
	})
	if err != nil {
		return err
	}
	event.Misses = want.misses(&got)
	return nil
}

func (t *Told) misses(got *Outcome) []string {
	misses := unless(t.State == "" || t.State == got.State, "told %s, want %s", got.State, t.State)
	result := int64(got.Result)
	misses = append(misses, unless(result == t.Result.Or(result),
		"told result=%d, want %d", result, t.Result.Value)...)
	return append(misses, unless(!t.Number.Known || t.Number == got.Number,
		"told number=%s, want %d", numberOrNone(got.Number), t.Number.Value)...)
}

func numberOrNone(n charging.Number) string {
	if !n.Known {
		return "none"
	}
	return strconv.FormatInt(n.Value, 10)
}

// hear waits for the next request of the server and answers it. Answers under way are left alone:
// a RAR may cross a CCR.
func (p *player) hear(ctx context.Context, step *Step) error {
	if p.door.Hearer == nil {
		p.report.Skipped = append(p.report.Skipped, step.Line)
		return nil
	}
	want := step.Heard
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	question, err := p.door.Hearer.Hear(ctx)
	if err != nil {
		return fmt.Errorf("wait for what the server asks: %w", err)
	}
	event := Event{Step: step, Misses: p.heardMisses(want, &question.Summons)}
	event.Misses = append(event.Misses, wireMisses(want.Wire, question.Attributes)...)
	p.add(event)
	if want.Result == 0 {
		return nil
	}
	return question.Answer(want.Result)
}

func (p *player) heardMisses(want *Heard, got *charging.Summons) []string {
	misses := unless(got.Kind == want.Summons.Kind, "the server asks for a %s, want a %s",
		got.Kind, want.Summons.Kind)
	session := charging.SessionID{
		ID: p.sessionID(want.Summons.Session.ID), Sub: want.Summons.Session.Sub,
	}
	misses = append(misses, unless(got.Session == session, "the server asks about session %s, "+
		"want %s", got.Session.ID, session.ID)...)
	return append(misses, unless(got.Scope == want.Summons.Scope, "the server asks about %q, "+
		"want %q", got.Scope, want.Summons.Scope)...)
}

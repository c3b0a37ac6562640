package conversation

import (
	"fmt"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// MaxBytes is the longest conversation that Parse reads.
const MaxBytes = 16 << 20

// maxFaults bounds the list of faults of one file.
const maxFaults = 100

// Parse reads a conversation. The name is used in messages only. It fails with a *charging.Error of
// KindInvalidDocument that holds all faults, with line and column, and names them as
// file:line:column in its message. The seed is not looked into.
func Parse(name string, text []byte) (*Conversation, error) {
	if len(text) > MaxBytes {
		return nil, charging.Errorf(
			charging.KindInvalidDocument,
			"%s: has %d bytes, more than the %d that a conversation may have",
			name,
			len(text),
			MaxBytes,
		)
	}
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r \t")
	}
	p := newParser(name)
	first := p.seed(lines)
	for i := first; i < len(lines) && len(p.faults) < maxFaults; i++ {
		p.line, p.text = i+1, lines[i]
		p.step()
	}
	return p.conversation, p.err()
}

func newParser(name string) parser {
	return parser{
		conversation: &Conversation{Name: name}, sessions: map[sessionKey]*sessionState{},
		last: map[string]*sessionState{},
	}
}

// seed takes what stands before the last "---" and returns the index of the line after it.
func (p *parser) seed(lines []string) int {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i] == "---" {
			p.conversation.Seed = []byte(strings.Join(lines[:i], "\n") + "\n")
			return i + 1
		}
	}
	return 0
}

// A parser is what is known while reading a file from top to bottom.
type parser struct {
	conversation *Conversation
	line         int
	text         string
	sessions     map[sessionKey]*sessionState
	last         map[string]*sessionState // by name, whatever the sub-session
	sent         uint32                   // requests so far, repeats aside
	waiting      int                      // requests whose answer no line has claimed
	faults       []charging.Fault
	writing      bool // lines are read as they are written
}

func (p *parser) fault(column int, format string, args ...any) {
	p.faults = append(p.faults, charging.Fault{
		Line: p.line, Column: column, Message: fmt.Sprintf(format, args...),
	})
}

func (p *parser) err() error {
	if len(p.faults) == 0 {
		return nil
	}
	messages := make([]string, len(p.faults))
	for i, f := range p.faults {
		messages[i] = fmt.Sprintf("%s:%d:%d: %s", p.conversation.Name, f.Line, f.Column, f.Message)
	}
	return &charging.Error{
		Kind: charging.KindInvalidDocument, Message: strings.Join(messages, "\n"), Faults: p.faults,
	}
}

// step reads one line.
func (p *parser) step() {
	body := strings.TrimLeft(p.text, " \t")
	if body == "" || body[0] == '#' {
		return
	}
	column := len(p.text) - len(body) + 1
	step := Step{Line: p.line, Text: body}
	words := tokens(body[1:], column+1)
	before := len(p.faults)
	switch {
	case body[0] == '*':
		p.waiting = 0
		p.star(words, &step)
	case body[0] == '<' && asked(words):
		step.Heard = p.heard(words)
	default:
		if p.common(body[0], column, words, &step) {
			return
		}
	}
	if len(p.faults) == before {
		p.conversation.Steps = append(p.conversation.Steps, step)
	}
}

// common reads a line that every server understands. It reports whether it is no step.
func (p *parser) common(first byte, column int, words []token, step *Step) (done bool) {
	switch first {
	case '>':
		step.Send = p.send(words)
		p.waiting++
	case '<':
		step.Expect = p.expect(words)
	case '=':
		p.waiting = 0
		step.Check = p.check(words)
	case '+':
		p.waiting = 0
		step.Advance = p.advance(words)
	case '!':
		p.waiting = 0
		return p.order(words, step)
	default:
		p.fault(column, "a line begins with >, <, =, +, !, * or #, and the seed ends at a line ---")
	}
	return false
}

func (p *parser) advance(words []token) *Advance {
	if len(words) != 1 {
		p.fault(1, "+ takes one time, like + 120s")
		return nil
	}
	seconds, err := parseSeconds(words[0].text)
	if err != nil {
		p.fault(words[0].column, "%v", err)
	}
	return &Advance{By: time.Duration(seconds) * time.Second}
}

// check reads: account[/balance] amount [reserved amount] [available amount], again per unit.
func (p *parser) check(words []token) *Check {
	if len(words) < 2 {
		p.fault(
			1,
			"= takes an account and amounts, like = alice 10.00 EUR reserved 0.35 available 9.65",
		)
		return nil
	}
	check := &Check{}
	check.Account, check.Balance, _ = strings.Cut(words[0].text, "/")
	for i := 1; i < len(words); i++ {
		word := words[i]
		if word.text != "reserved" && word.text != "available" {
			amount, err := parseQuantity(word.text)
			if err != nil {
				p.fault(word.column, "%v", err)
			}
			check.Holdings = append(check.Holdings, Holding{Amount: amount})
			continue
		}
		i++
		if i == len(words) || len(check.Holdings) == 0 {
			p.fault(word.column, "%s stands between the balance's amount and its own", word.text)
			return nil
		}
		p.holding(&check.Holdings[len(check.Holdings)-1], word.text, words[i])
	}
	return check
}

// holding reads an amount in the unit of the balance, which need not be repeated.
func (p *parser) holding(h *Holding, which string, word token) {
	amount, err := withUnit(word.text)
	if err != nil {
		amount, err = withUnit(word.text + " " + unitWord(h.Amount.Unit))
	}
	switch {
	case err != nil:
		p.fault(word.column, "%v", err)
	case amount.Unit != h.Amount.Unit:
		p.fault(word.column, "%s is not in %s, the balance's unit", word.text, h.Amount.Unit)
	case which == "reserved":
		h.Reserved = charging.Known(amount.Amount)
	default:
		h.Available = charging.Known(amount.Amount)
	}
}

// unitWord is what stands behind an amount of the unit.
func unitWord(unit charging.Unit) string {
	switch {
	case unit == charging.Time:
		return "s"
	case unit.Octets():
		return "B"
	}
	return string(unit)
}

// order reads a line "!". It reports whether that was all: what the file needs is no step.
func (p *parser) order(words []token, step *Step) (done bool) {
	verb := ""
	if len(words) > 0 {
		verb = words[0].text
	}
	switch {
	case verb == "credit" || verb == "debit":
		step.Transfer = p.transfer(words)
	case verb == "clock" && len(words) == 2:
		at, err := time.Parse(time.RFC3339, words[1].text)
		if err != nil {
			p.fault(words[1].column, "%q is not a time like 2035-03-05T09:00:00Z", words[1].text)
		}
		step.Turn = &Turn{At: at}
	case verb == "needs" && len(words) == 2:
		p.conversation.Needs = append(p.conversation.Needs, words[1].text)
		return true
	default:
		p.fault(1, "! takes credit or debit with an account and an amount, clock with a time, "+
			"or needs with a setting, like ! credit alice 5.00 EUR")
	}
	return false
}

// transfer reads: credit|debit account[/balance] amount.
func (p *parser) transfer(words []token) *Transfer {
	if len(words) != 3 {
		p.fault(
			1,
			"! %s takes an account and an amount, like ! credit alice 5.00 EUR",
			words[0].text,
		)
		return nil
	}
	amount, err := parseQuantity(words[2].text)
	if err != nil || amount.Amount <= 0 {
		p.fault(words[2].column, "%q is not an amount above zero, like 5.00 EUR", words[2].text)
		return nil
	}
	if words[0].text == "debit" {
		amount.Amount = -amount.Amount
	}
	transfer := &Transfer{Amount: amount}
	transfer.Account, transfer.Balance, _ = strings.Cut(words[1].text, "/")
	return transfer
}

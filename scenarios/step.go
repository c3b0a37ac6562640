package scenarios

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Step is done when its rule acts: one thing, now or after a time of the wall clock. The time of
// each begins when the step before is done, that of the first when the answer went out.
type Step struct {
	After      Delay             `yaml:"after,omitempty" json:"after,omitzero"`
	Credit     *Transfer         `yaml:"credit,omitempty" json:"credit,omitempty"`
	Debit      *Transfer         `yaml:"debit,omitempty" json:"debit,omitempty"`
	RAR        *Reauthorization  `yaml:"rar,omitempty" json:"rar,omitempty"`
	ASR        *Abortion         `yaml:"asr,omitempty" json:"asr,omitempty"`
	DPR        *Goodbye          `yaml:"dpr,omitempty" json:"dpr,omitempty"`
	Disconnect *Disconnect       `yaml:"disconnect,omitempty" json:"disconnect,omitempty"`
	Advance    charging.Quantity `yaml:"advance,omitempty" json:"advance,omitzero"` // the clock
}

// A Transfer is a credit or debit of an account, by default that of the session.
type Transfer struct {
	Account   string            `yaml:"account,omitempty" json:"account,omitempty"`
	Balance   string            `yaml:"balance,omitempty" json:"balance,omitempty"`
	Amount    charging.Quantity `yaml:"amount" json:"amount"`
	Reference string            `yaml:"reference,omitempty" json:"reference,omitempty"`
}

// A Reauthorization is a RAR for the session, or for a part of it.
type Reauthorization struct {
	RatingGroup *uint32 `yaml:"rating_group,omitempty" json:"rating_group,omitempty"`
	Service     *uint32 `yaml:"service,omitempty" json:"service,omitempty"`
	Pool        *uint32 `yaml:"pool,omitempty" json:"pool,omitempty"`
}

// An Abortion is an ASR for the session; there is nothing more to say of it.
type Abortion struct{}

// A Goodbye is a DPR to the client: rebooting, busy or do_not_want_to_talk, the default.
type Goodbye struct {
	Cause string `yaml:"cause,omitempty" json:"cause,omitempty"`
}

// MaxRuleSteps is how many steps a rule may have.
const MaxRuleSteps = 100

// A Task is a step for one request that its rule acted on.
type Task struct {
	Step
	Rule    string
	Session charging.SessionID
	Origin  charging.Origin // of the client
	Account string          // the session's; empty: it has none
}

// A Performer does what rules want done beside their answers. Perform returns what was done, as in
// "5.00 EUR to alice"; for a RAR or ASR once it was sent.
type Performer interface {
	Perform(ctx context.Context, t Task) (told string, err error)
}

// Scope is the part of the session that is to be authorised anew.
func (r *Reauthorization) Scope() (scope charging.Scope) {
	for _, part := range []struct {
		number *uint32
		into   *charging.Number
	}{{r.RatingGroup, &scope.Group}, {r.Service, &scope.Service}, {r.Pool, &scope.Pool}} {
		if part.number != nil {
			*part.into = charging.Known(int64(*part.number))
		}
	}
	return scope
}

// Ending is how the connection is to end.
func (s *Step) Ending() charging.Ending {
	return (&Fault{Disconnect: s.Disconnect}).delivery().Ending
}

// Spell is how far the clock is to move on.
func (s *Step) Spell() time.Duration { return time.Duration(s.Advance.Amount) * time.Second }

// verb is what the step does, in a word.
func (s *Step) verb() string { return strings.Join(s.verbs(), ", ") }

func (s *Step) verbs() (verbs []string) {
	for _, one := range []struct {
		there bool
		verb  string
	}{
		{s.Credit != nil, "credit"},
		{s.Debit != nil, "debit"},
		{s.RAR != nil, "rar"},
		{s.ASR != nil, "asr"},
		{s.DPR != nil, "dpr"},
		{s.Disconnect != nil, "disconnect"},
		{s.Advance.Unit != "", "advance"},
	} {
		if one.there {
			verbs = append(verbs, one.verb)
		}
	}
	return verbs
}

// steps checks what a rule does beside its answer.
func (c *checker) steps(path string, steps []Step) {
	if len(steps) > MaxRuleSteps {
		c.fault(path, "%d steps are too many; at most %d", len(steps), MaxRuleSteps)
	}
	for i := range steps {
		c.step(fmt.Sprintf("%s[%d]", path, i), &steps[i])
	}
}

func (c *checker) step(path string, s *Step) {
	if verbs := s.verbs(); len(verbs) != 1 {
		c.fault(path, "a step does one of credit, debit, rar, asr, dpr, disconnect and advance, "+
			"and here are %d of them", len(verbs))
	}
	c.spell(path+".after", time.Duration(s.After))
	c.transfer(path+".credit", s.Credit)
	c.transfer(path+".debit", s.Debit)
	if s.DPR != nil {
		c.word(path+".dpr.cause", s.DPR.Cause, "rebooting", "busy", "do_not_want_to_talk")
	}
	if s.Disconnect != nil {
		c.word(path+".disconnect.how", s.Disconnect.How, "close", "reset", "half")
		if s.Disconnect.When != "" {
			c.fault(path+".disconnect", "a step ends the connection when its time has come; "+
				"before and after belong to a fault")
		}
	}
	if a := s.Advance; a.Unit != "" && (a.Unit != charging.Time || a.Amount <= 0 ||
		a.Amount > mostAdvance) {
		c.fault(path+".advance", "the clock moves on by whole seconds, like 1h, for 100 years at most")
	}
}

// mostAdvance are the seconds of 100 years.
const mostAdvance = 100 * 366 * 24 * 3600

func (c *checker) transfer(path string, t *Transfer) {
	if t != nil && (t.Amount.Unit == "" || t.Amount.Amount <= 0) {
		c.fault(path+".amount", "an amount above zero is needed, as in amount: 5.00 EUR")
	}
}

package scenarios

import (
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Reader reads Diameter messages for whoever looks back. Each function may be nil; nothing is
// known then.
type Reader struct {
	// Attributes lets the AVPs of a message be looked up.
	Attributes func(raw []byte) charging.Attributes
	// Request reads a CCR or ACR that charging never saw, as far as it can be read; nil: it is none.
	Request func(raw []byte) *charging.Request
	// Answer reads a CCA or ACA; nil: it is none, or is malformed.
	Answer func(raw []byte) *charging.Answer
	// Knows says why a path cannot be looked up; nil: it can.
	Knows func(path string) error
	// Settings are those of a client; nil are the default ones.
	Settings func(charging.Origin) *charging.Settings
}

// A fact is one record of the journal with what charging knew when it came.
type fact struct {
	journal   *Journal
	record    *record
	situation charging.Situation
	read      *charging.Answer // what went out, once it was read
	hasRead   bool
}

func (f *fact) message() string { return f.journal.message(f.record) }

func (f *fact) session() string {
	if f.record.charged {
		return f.record.request.Key.Session.ID
	}
	return f.journal.session(f.record)
}

// sent reports whether an answer went out.
func (f *fact) sent() bool { return f.record.isSent() }

// took is how long the answer took.
func (f *fact) took() time.Duration { return f.record.sentAt.Sub(f.record.at) }

// answer is what really went out, as far as it can be read; nil: nothing did, or nothing can. What
// went out at a door without a wire is what was decided.
func (f *fact) answer() *charging.Answer {
	switch {
	case !f.sent():
		return nil
	case f.hasRead:
		return f.read
	}
	f.hasRead = true
	switch read := f.journal.reader.Answer; {
	case f.record.door == doorREST || read == nil:
		f.read = f.record.answer
	default:
		f.read = read(f.record.sent)
	}
	return f.read
}

// result is the Result-Code at command level of any answer.
func (f *fact) result() charging.Result {
	if a := f.answer(); a != nil {
		return a.Result
	}
	return f.journal.resultSent(f.record)
}

// resultSent is the result at command level of what went out, as it stands there.
func (j *Journal) resultSent(r *record) charging.Result {
	for _, path := range []string{"Result-Code", "Experimental-Result.Experimental-Result-Code"} {
		for _, value := range j.attributes(r, r.sent, path) {
			if code, err := strconv.ParseUint(value, 10, 32); err == nil {
				return charging.Result(code)
			}
		}
	}
	return 0
}

// answers are the services of the answer that pass all tests.
func (f *fact) answers(
	only charging.ServiceMatch, tests []serviceAnswerTest,
) (passed []*charging.ServiceAnswer) {
	a := f.answer()
	if a == nil {
		return nil
	}
services:
	for i := range a.Services {
		s := &a.Services[i]
		if !only.Matches(s.Key) {
			continue
		}
		for j := range tests {
			if !tests[j].holds(s) {
				continue services
			}
		}
		passed = append(passed, s)
	}
	return passed
}

func (f *fact) answerAVP(path string) []string {
	return f.journal.attributes(f.record, f.record.sent, path)
}

// facts shows all that is recorded, oldest first, until see returns false. What charging knew of
// sessions is told anew from the records of their requests, so what began before the oldest of
// them is not known.
func (j *Journal) facts(see func(*fact) bool) {
	open := make(history)
	j.each(0, func(r *record) bool {
		f := fact{journal: j, record: r}
		j.situate(&f, open)
		return see(&f)
	})
}

// situate finds out what charging knew.
func (j *Journal) situate(f *fact, open history) {
	r := f.record
	f.situation = charging.Situation{Request: new(charging.Request), Now: r.at}
	switch {
	case r.door == DoorObservation:
		return
	case r.charged:
		f.situation.Request = &r.request
	case r.door != doorREST && j.reader.Request != nil && isCharged(f.message()):
		if request := j.reader.Request(r.asked); request != nil {
			f.situation.Request = request
		}
	}
	request := f.situation.Request
	if r.door != doorREST && j.reader.Attributes != nil {
		request.Attributes = j.reader.Attributes(r.asked)
	}
	if !r.charged {
		return
	}
	open.meet(f, j.reader.Settings)
}

func isCharged(message string) bool { return message == messageCCR || message == messageACR }

// A history is the sessions that are open, as far as records tell.
type history map[charging.SessionID]*charging.Session

// meet tells what was known when a request came, and what it and its answer make of its session.
func (c history) meet(f *fact, settings func(charging.Origin) *charging.Settings) {
	r, a := &f.record.request, f.record.answer
	var own *charging.Settings
	if settings != nil {
		own = settings(r.Origin)
	}
	prior := c.prior(r, a)
	told, attached := charging.Told(prior, r, own)
	f.situation = *charging.Situate(prior, r, &told)
	f.situation.Repeat, f.situation.Now = a.Repeat, r.At
	if a.Account != "" {
		f.situation.Account = &charging.Account{ID: a.Account}
		f.situation.Holdings = means(a.Before)
	}
	unheard := a.Delivery != nil && a.Delivery.Unheard
	switch {
	case a.Repeat || unheard || r.Record != charging.NoRecord || !a.Result.Success():
	case r.Type == charging.Termination:
		delete(c, r.Key.Session)
	case r.Type == charging.Initial, r.Type == charging.Update && prior != nil:
		c.follow(prior, r, a, told, attached)
	}
}

// prior is the session as it was before a request. What ended it need not be on record, as its
// expiry is not, nor what a refusal did to it; so its answer is asked, too.
func (c history) prior(r *charging.Request, a *charging.Answer) *charging.Session {
	begins := r.Type == charging.Initial && a.Result.Success() && !a.Repeat
	if begins || a.Result == charging.UnknownSessionID {
		return nil
	}
	return c[r.Key.Session]
}

// follow notes the session as it is after a request. One with a lower number than another before
// sets nothing.
func (c history) follow(
	prior *charging.Session, r *charging.Request, a *charging.Answer,
	told charging.Information, attached int64,
) {
	if prior != nil && r.Type == charging.Update && r.Key.Number < prior.Highest {
		return
	}
	c[r.Key.Session] = &charging.Session{
		ID: r.Key.Session, Account: a.Account, Origin: r.Origin, Context: r.Context,
		Info: told, Attached: attached, Highest: r.Key.Number,
	}
}

// means are what an account had before a request, as its record tells: its money.
type means charging.Funds

// Holds is what was available of a unit.
func (m means) Holds(unit charging.Unit) int64 {
	if unit != m.Money.Unit {
		return 0
	}
	return m.Usable
}

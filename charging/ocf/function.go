package ocf

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Function is the online charging function: it answers requests from a ledger, tariffs and a
// script. It is a Charger, safe for use by any number of goroutines.
type Function struct {
	ledger  charging.Ledger
	tariffs charging.Tariffs
	script  charging.Script
	options Options
	usual   charging.Settings // of clients that have no others
}

// Options are the settings of a Function; the zero value is the default.
type Options struct {
	// Supervision is how long a session without grants is kept open; 0: one hour. A session with
	// grants is supervised for twice its validity (Tcc, RFC 8506 section 13).
	Supervision time.Duration
	// Settings are those of a client, which are not changed any more; nil, or a nil result: the
	// default ones. It is asked for every request, so it had better be quick.
	Settings func(charging.Origin) *charging.Settings
}

// usualReasons is how many reasons most answers have: used, released, granted.
const usualReasons = 3

const defaultSupervision = time.Hour

// New returns a charging function. A nil script decides nothing.
func New(l charging.Ledger, t charging.Tariffs, s charging.Script, o Options) *Function {
	if o.Supervision == 0 {
		o.Supervision = defaultSupervision
	}
	return &Function{ledger: l, tariffs: t, script: s, options: o}
}

// Charge answers one request; see Charger. An answer with Result zero says that the outcome is
// unknown, so that none may be sent: the disk failed while it was being kept.
func (f *Function) Charge(ctx context.Context, r *charging.Request, reply func(*charging.Answer)) {
	c := &charge{
		function: f, request: r, fingerprint: fingerprint(r), settings: f.settingsOf(r.Origin),
	}
	f.ledger.Update(ctx, r.At, c.work, func(err error) { reply(c.outcome(err)) })
}

// A charge is one request's unit of work. The ledger may run it again, so work begins afresh
// each time; only the script's decision is kept, since scripts count what they are asked.
type charge struct {
	function    *Function
	request     *charging.Request
	fingerprint uint64
	settings    *charging.Settings // of the client
	decided     *charging.Decision
	chargeState
}

// chargeState is what one run of the work builds up.
type chargeState struct {
	tx       charging.Tx
	answer   *charging.Answer
	account  *charging.Account
	plan     charging.Plan     // the account's current one
	found    foundPlan         // the one looked up last
	prior    *charging.Session // the session as it was; nil: none is open
	session  *charging.Session // as it becomes
	late     *charging.Session // a closed session that usage comes too late for
	validity time.Duration
	stale    bool             // a lower number after a higher one
	spent    bool             // the key has an answer already, to other content
	again    bool             // answered before, and charged again by a setting
	exceeded bool             // the service at hand used more than granted, or than there was
	checked  map[credit]int64 // what a balance check has asked for so far
	unpaid   *unpaid          // a service was refused since nobody pays for it
	// ahead are the services that were settled before any of them is granted anew.
	ahead  map[*charging.Service]settled
	second *charging.ServiceAnswer // the other quota of the service at hand
	first  int                     // how many AVPs the first service has failed for
}

func (c *charge) work(tx charging.Tx) error {
	r := c.request
	c.chargeState = chargeState{
		tx: tx,
		answer: &charging.Answer{
			Key: r.Key, Type: r.Type, Result: charging.Success, RFC: c.rfc(),
			Why: make([]charging.Reason, 0, usualReasons),
		},
	}
	if answered, err := c.repeated(); answered || err != nil {
		return err
	}
	c.open()
	if r.Refused != nil {
		return c.refuse()
	}
	c.identify()
	decision := c.decide(false)
	if decision.Rule != "" {
		c.whyScripted(&decision, told(&decision))
	}
	if err := c.run(decision); err != nil {
		return err
	}
	c.finish(decision)
	return nil
}

// repeated finds the answer that the key got before. The same key with other content is answered
// 5012; nothing moves in either case.
func (c *charge) repeated() (bool, error) {
	r := c.request
	prior, found := c.tx.Answered(r.Key)
	if !found {
		return false, nil
	}
	if c.beginsAnew(prior) {
		c.tx.Forget(r.Key.Session)
		return false, nil
	}
	if c.settings.Duplicates == charging.DuplicatesFlagged && !r.Retransmitted {
		c.again = true
		c.because(charging.ServiceKey{}, "dup t_only: answered before, but the T flag is not set")
		return false, nil
	}
	if prior.Fingerprint != c.fingerprint && r.Refused == nil {
		c.answer.Result = charging.UnableToComply
		c.answer.Message = "CC-Request-Number was used before in this session with other content"
		c.why(charging.Reason{
			Code: charging.BecauseRepeat, Detail: "same key, other content: nothing moves",
		})
		return true, nil
	}
	if prior.Fingerprint != c.fingerprint {
		c.spent = true // The request is wrong in itself too, and that is told first.
		return false, nil
	}
	if err := c.answer.UnmarshalBinary(prior.Answer); err != nil {
		return true, errorfIn("read the answer given before", err)
	}
	c.answer.Entry, c.answer.Repeat = prior.Entry, true
	if s, found := c.tx.Session(r.Key.Session); found {
		c.answer.Account = s.Account
		if r.Route != nil {
			c.tx.Reroute(r.Key.Session, r.Route)
		}
	}
	c.why(charging.Reason{Code: charging.BecauseRepeat, Detail: "answered before: nothing moves"})
	c.repeatedAs()
	return true, nil
}

// beginsAnew reports whether an initial request starts another life of a Session-Id: its session
// is not open any more, it is not flagged T, and its End-to-End-Id is new.
func (c *charge) beginsAnew(prior charging.Prior) bool {
	r := c.request
	if r.Type != charging.Initial || r.Retransmitted || r.EndToEnd == prior.EndToEnd {
		return false
	}
	s, found := c.tx.Session(r.Key.Session)
	return !found || !s.Open()
}

// open finds the session that the request belongs to.
func (c *charge) open() {
	s, found := c.tx.Session(c.request.Key.Session)
	if !found {
		return
	}
	if !s.Open() {
		c.late = s
		return
	}
	c.prior = s
	c.session = copied(s)
}

// copied is a session that may be changed: those of the ledger are replaced instead.
func copied(s *charging.Session) *charging.Session {
	next := *s
	next.Services = slices.Clone(s.Services)
	return &next
}

// identify finds the account: the session's own, or that of the first identity that has one.
func (c *charge) identify() {
	if c.session == nil {
		c.chargeTo(c.request.Subscriber(c.tx))
		return
	}
	account, _ := c.tx.Account(c.session.Account)
	c.chargeTo(account)
}

// chargeTo makes the account the one that pays, by its plan of today; nil is nobody.
func (c *charge) chargeTo(account *charging.Account) {
	c.account = account
	if account == nil {
		return
	}
	c.answer.Account = account.ID
	if plan, err := c.planNamed(account.Plan, 0); err == nil {
		c.plan = plan
		c.answer.Before = c.tx.Funds(account.ID, plan.Currency())
	}
}

// decide asks the script once, with the session as it was.
func (c *charge) decide(repeat bool) charging.Decision {
	now := c.situate()
	now.Repeat = repeat
	if c.function.script == nil {
		return charging.Decision{}
	}
	if c.decided == nil {
		decision := c.function.script.Decide(now)
		c.decided = &decision
	}
	return *c.decided
}

// run charges as usual, or answers as the script says. A request that the script drops is as if it
// had never come: it moves nothing and is not remembered, and nobody sees the answer.
func (c *charge) run(d charging.Decision) error {
	if d.Delivery != nil && d.Delivery.Unheard {
		c.session = nil
		c.deny(charging.UnableToDeliver, "a script dropped the request")
		return nil
	}
	if d.Instead != nil {
		if err := c.scripted(d); err != nil {
			return err
		}
		return c.lower()
	}
	if err := c.usual(d); err != nil {
		return err
	}
	if err := c.raise(); err != nil {
		return err
	}
	return c.lower()
}

func (c *charge) usual(d charging.Decision) error {
	if c.lacksServices() {
		return c.denyLacking()
	}
	switch c.request.Type {
	case charging.Initial:
		return c.initial(d)
	case charging.Update:
		return c.update(d)
	case charging.Termination:
		return c.terminate(d)
	case charging.Event:
		return c.event(d)
	}
	c.deny(charging.InvalidAVPValue, "CC-Request-Type is not 1 to 4")
	return nil
}

// finish remembers the answer and the session. Protocol errors are not remembered: they move
// nothing, and the client may well ask again. Nor is the answer to a key that has one already.
func (c *charge) finish(d charging.Decision) {
	c.answer.Edits, c.answer.Delivery = d.Edits, d.Delivery
	c.answer.Quirks = c.settings.Quirks
	c.tellTimers(d)
	c.fit()
	if c.session != nil && c.session != c.prior {
		if c.request.Key.Number > c.session.Highest {
			c.session.Highest = c.request.Key.Number
		}
		if c.request.Route != nil {
			c.session.Route = c.request.Route
		}
		c.tx.PutSession(c.session)
	}
	if c.answer.Account != "" && c.plan != nil {
		c.answer.After = c.tx.Funds(c.account.ID, c.plan.Currency())
		c.tellFunds()
	}
	if c.answer.Result.ProtocolError() || c.again {
		return
	}
	c.answer.Entry = c.tx.Remember(c.answer, c.fingerprint, c.request.EndToEnd)
}

// outcome is the answer to give once the disk has spoken.
func (c *charge) outcome(err error) *charging.Answer {
	var unknown *charging.OutcomeUnknown
	switch {
	case err == nil:
		return c.answer
	case errors.As(err, &unknown):
		return &charging.Answer{Key: c.request.Key, Type: c.request.Type, Message: err.Error()}
	}
	return &charging.Answer{
		Key: c.request.Key, Type: c.request.Type, Result: charging.UnableToComply, Message: err.Error(),
	}
}

func (c *charge) why(r charging.Reason) { c.answer.Why = append(c.answer.Why, r) }

// deny refuses at command level.
func (c *charge) deny(result charging.Result, detail string, failed ...charging.FailedAVP) {
	c.answer.Result, c.answer.Failed, c.answer.Message = result, failed, detail
	c.denied(charging.ServiceKey{}, result, detail)
}

// denied explains a refusal of a service; without a key, of the whole request.
func (c *charge) denied(key charging.ServiceKey, result charging.Result, detail string) {
	c.why(charging.Reason{
		Code: charging.BecauseDenied, Service: key, Detail: result.Name() + ": " + detail,
	})
}

// add answers one service more.
func (c *charge) add(service charging.ServiceAnswer) {
	if len(c.answer.Services) == 0 {
		c.first = len(c.answer.Failed)
	}
	c.answer.Services = append(c.answer.Services, service)
}

// addResult answers one service more, by a result alone.
func (c *charge) addResult(key charging.ServiceKey, result charging.Result) {
	c.add(charging.ServiceAnswer{Key: key, Result: result})
}

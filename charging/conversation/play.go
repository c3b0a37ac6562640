package conversation

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Options say how a conversation is played. The zero value plays as a client named
// im.client.example and waits ten seconds for an answer.
type Options struct {
	// Suffix makes Session-Ids differ from run to run; "" takes the time.
	Suffix string
	// Origin is who the client says it is, where the file does not say so.
	Origin charging.Origin
	// Timeout is how long to wait for one answer, by the wall clock; 0 is ten seconds.
	Timeout time.Duration
	// Silence is how long no answer must come where the file expects none, by the wall clock; 0 is
	// one second.
	Silence time.Duration
	// Observe is called after every line that was played, if it is not nil.
	Observe func(*Event)
	// Draw fetches the accounts that the file checks after every answer, and puts those that changed
	// into Event.Accounts.
	Draw bool
}

func (o Options) complete() Options {
	if o.Suffix == "" {
		o.Suffix = strconv.FormatInt(time.Now().UnixNano()&(1<<48-1), 10)
	}
	if o.Origin.Host == "" {
		o.Origin.Host = "im.client.example"
	}
	if o.Origin.Realm == "" {
		o.Origin.Realm = "client.example"
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Silence == 0 {
		o.Silence = time.Second
	}
	return o
}

// A Report is what happened.
type Report struct {
	Name, Door string
	Events     []Event
	Skipped    []int // lines that this door cannot play
}

// An Event is one line played.
type Event struct {
	Step     *Step
	Request  *charging.Request // of a line ">", as it was sent; of a line "<", what it answers
	Answer   *charging.Answer  // of a line "<", and of ">" where no line claims the answer
	Why      []charging.Reason
	Accounts []Account // what the checked accounts hold then
	Misses   []string  // what is not as expected; empty if all is well
}

// Err returns nil if everything was as expected, else an error that lists every miss as
// file:line: sentence.
func (r *Report) Err() error {
	misses := r.Misses()
	if len(misses) == 0 {
		return nil
	}
	return &Missed{Name: r.Name, Door: r.Door, Misses: misses}
}

// Misses lists everything that was not as expected, with file and line.
func (r *Report) Misses() []string {
	var all []string
	for _, event := range r.Events {
		for _, miss := range event.Misses {
			all = append(all, fmt.Sprintf("%s:%d: %s", r.Name, event.Step.Line, miss))
		}
	}
	return all
}

// Missed is the error of a conversation that went another way than written.
type Missed struct {
	Name, Door string
	Misses     []string
}

// Error lists every miss, one a line.
func (m *Missed) Error() string {
	text := m.Name + ": not as expected"
	if m.Door != "" {
		text += " at door " + m.Door
	}
	for _, miss := range m.Misses {
		text += "\n" + miss
	}
	return text
}

// Play plays the conversation. The error says why it could not be played to its end: the context,
// a door that fails, an answer that does not come, ErrWireOnly or ErrNeeds. What went another way
// than written is no such error; it stands in the report, which holds what was played in any case.
func (c *Conversation) Play(ctx context.Context, door Door, o Options) (*Report, error) {
	report := &Report{Name: c.Name, Door: door.Name}
	if c.WireOnly() && door.Wire == nil {
		return report, fmt.Errorf("%s: %w", c.Name, ErrWireOnly)
	}
	for _, need := range c.Needs {
		if !slices.Contains(door.Settings, need) {
			return report, fmt.Errorf("%s: %w: %s", c.Name, ErrNeeds, need)
		}
	}
	p := player{
		Options: o.complete(), conversation: c, door: door, report: report,
		first: map[charging.Key]*charging.Answer{}, refund: map[charging.SessionID][]byte{},
		sessions: map[string]int{}, drawn: map[string]string{},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.listens() && door.Hearer != nil {
		door.Hearer.Listen(true)
		defer door.Hearer.Listen(false)
	}
	for i := range c.Steps {
		if err := p.play(ctx, &c.Steps[i]); err != nil {
			return report, fmt.Errorf("%s:%d: %w", c.Name, c.Steps[i].Line, err)
		}
	}
	if err := p.settle(ctx); err != nil {
		return report, fmt.Errorf("%s: %w", c.Name, err)
	}
	return report, nil
}

// A player plays one conversation at one door.
type player struct {
	Options
	conversation *Conversation
	door         Door
	report       *Report
	waiting      []*exchange
	sessions     map[string]int    // names in the order of their first request
	drawn        map[string]string // what was shown last of each account
	first        map[charging.Key]*charging.Answer
	refund       map[charging.SessionID][]byte
	refundLast   []byte // of whatever session
}

// An exchange is a request under way.
type exchange struct {
	event   int // of the report
	request *charging.Request
	answers chan arrival
}

type arrival struct {
	answer     *charging.Answer
	attributes charging.Attributes
}

func (p *player) play(ctx context.Context, step *Step) error {
	if step.Send != nil {
		return p.send(ctx, step)
	}
	if step.Expect != nil {
		return p.expect(ctx, step)
	}
	if step.Heard != nil {
		return p.hear(ctx, step)
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	event := Event{Step: step}
	var err error
	switch {
	case step.Check != nil && p.door.Books != nil:
		err = p.check(ctx, step.Check, &event)
	case step.Advance != nil && p.door.Turner != nil:
		err = p.door.Turner.Advance(ctx, step.Advance.By)
	case step.Turn != nil && p.door.Turner != nil:
		err = p.door.Turner.Set(ctx, step.Turn.At)
	case step.Transfer != nil && p.door.Books != nil:
		t := step.Transfer
		err = p.door.Books.Credit(ctx, t.Account, t.Balance, t.Amount)
	case step.Call != nil && p.door.Caller != nil:
		err = p.call(ctx, step.Call)
	case step.Told != nil && p.door.Caller != nil:
		err = p.told(ctx, step.Told, &event)
	default:
		p.report.Skipped = append(p.report.Skipped, step.Line)
	}
	p.add(event)
	return err
}

func (p *player) add(event Event) {
	p.report.Events = append(p.report.Events, event)
	if p.Observe != nil {
		p.Observe(&p.report.Events[len(p.report.Events)-1])
	}
}

// send starts a request and does not wait: the next line may be another.
func (p *player) send(ctx context.Context, step *Step) error {
	request := p.request(step.Send)
	under := &exchange{
		event: len(p.report.Events), request: request, answers: make(chan arrival, 1),
	}
	p.waiting = append(p.waiting, under)
	p.add(Event{Step: step, Request: request})
	send := step.Send
	if p.door.Wire != nil && p.conversation.WireOnly() {
		reply := func(a *charging.Answer, avps charging.Attributes) {
			under.answers <- arrival{a, avps}
		}
		return p.door.Wire.ChargeWire(ctx, send.Connection, request, send.Wire, reply)
	}
	p.door.Charger.Charge(ctx, request, func(a *charging.Answer) {
		under.answers <- arrival{answer: a}
	})
	return nil
}

// request fills in what differs from run to run.
func (p *player) request(send *Send) *charging.Request {
	request := send.Request
	name := request.Key.Session.ID
	if _, known := p.sessions[name]; !known {
		p.sessions[name] = len(p.sessions) + 1
	}
	if request.Origin.Host == "" {
		request.Origin.Host = p.Origin.Host
	}
	if request.Origin.Realm == "" {
		request.Origin.Realm = p.Origin.Realm
	}
	request.Key.Session.ID = p.sessionID(name)
	hash := fnv.New32a()
	fmt.Fprint(hash, p.conversation.Name, p.Suffix)
	request.EndToEnd += hash.Sum32()
	if send.RefundLast {
		request.Refund = p.refund[request.Key.Session]
		if request.Refund == nil {
			request.Refund = p.refundLast
		}
	}
	return &request
}

// sessionID is the Session-Id of a name. RFC 6733 section 8.8: DiameterIdentity, two numbers, and
// what the maker likes.
func (p *player) sessionID(name string) string {
	return fmt.Sprintf("%s;%s;%d;%s", p.Origin.Host, p.Suffix, p.sessions[name], name)
}

// expect waits for the answer to the oldest request that no line has claimed.
func (p *player) expect(ctx context.Context, step *Step) error {
	if len(p.waiting) == 0 {
		return errors.New("no request is under way")
	}
	under := p.waiting[0]
	p.waiting = p.waiting[1:]
	if step.Expect.None {
		return p.silence(ctx, step, under)
	}
	got, err := p.wait(ctx, under)
	if err != nil {
		return err
	}
	if len(step.Expect.Wire) > 0 && got.attributes == nil {
		return fmt.Errorf("this door does not show the AVPs of an answer: %w", ErrWireOnly)
	}
	event := Event{Step: step, Request: under.request, Answer: got.answer}
	event.Misses = step.Expect.Misses(got.answer, p.first[under.request.Key])
	event.Misses = append(event.Misses, step.Expect.WireMisses(got.attributes)...)
	p.remember(under.request, got.answer)
	if err := p.draw(ctx, &event); err != nil {
		return err
	}
	p.add(event)
	return nil
}

// silence waits for an answer that must not come. A connection that closes brings none either.
func (p *player) silence(ctx context.Context, step *Step, under *exchange) error {
	timer := time.NewTimer(p.Silence)
	defer timer.Stop()
	event := Event{Step: step, Request: under.request}
	select {
	case got := <-under.answers:
		if got.answer != nil && got.answer.Result != 0 {
			event.Answer = got.answer
			event.Misses = []string{"answered " + Words(got.answer) + ", want no answer"}
		}
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.add(event)
	return nil
}

func (p *player) wait(ctx context.Context, under *exchange) (arrival, error) {
	timer := time.NewTimer(p.Timeout)
	defer timer.Stop()
	select {
	case got := <-under.answers:
		switch {
		case got.answer == nil:
			return got, errors.New("the connection closed without an answer")
		case got.answer.Result == 0 && got.answer.Message != "":
			// A door that got no answer says so in this way.
			return got, fmt.Errorf("no answer: %s", got.answer.Message)
		}
		return got, nil
	case <-ctx.Done():
		return arrival{}, ctx.Err()
	case <-timer.C:
		return arrival{}, fmt.Errorf("no answer within %s", p.Timeout)
	}
}

func (p *player) remember(r *charging.Request, a *charging.Answer) {
	if p.first[r.Key] == nil || r.Type == charging.Initial && !r.Retransmitted {
		p.first[r.Key] = a
	}
	if len(a.Refund) > 0 {
		p.refund[r.Key.Session], p.refundLast = a.Refund, a.Refund
	}
}

// settle waits for the answers that no line has claimed, so that accounts and clock are looked at
// or moved afterwards.
func (p *player) settle(ctx context.Context) error {
	for _, under := range p.waiting {
		got, err := p.wait(ctx, under)
		if err != nil {
			return err
		}
		p.report.Events[under.event].Answer = got.answer
		p.remember(under.request, got.answer)
	}
	p.waiting = nil
	return nil
}

// draw adds what a transcript shows besides the answer.
func (p *player) draw(ctx context.Context, event *Event) error {
	event.Why = event.Answer.Why
	if event.Why == nil && p.door.Explain != nil {
		event.Why = p.door.Explain(ctx, event.Request.Key)
	}
	if !p.Draw || p.door.Books == nil {
		return nil
	}
	for _, id := range p.conversation.Accounts() {
		account, err := p.door.Books.Account(ctx, id)
		if err != nil {
			return err
		}
		if p.changed(account) {
			event.Accounts = append(event.Accounts, account)
		}
	}
	return nil
}

// changed reports whether the account holds other sums than when it was last drawn.
func (p *player) changed(account Account) bool {
	now := fmt.Sprint(account.Balances)
	if p.drawn[account.ID] == now {
		return false
	}
	p.drawn[account.ID] = now
	return true
}

// wireMisses compares AVPs of the answer with lines like expect-avp:Validity-Time=60; the value
// none means that there must be no such AVP, and no value that any will do.
func wireMisses(words []Word, attributes charging.Attributes) []string {
	var misses []string
	for _, word := range words {
		var said []string
		if attributes != nil {
			said = attributes.Lookup(word.Path)
		}
		misses = append(misses, word.misses(said)...)
	}
	return misses
}

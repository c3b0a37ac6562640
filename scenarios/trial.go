package scenarios

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A trial is what a court knows of one session.
type trial struct {
	id          charging.SessionID
	peer        string          // the neighbour
	origin      charging.Origin // who opened the session
	gy          bool
	openedBy    charging.RequestType
	tainted     bool // an answer was made wrong on purpose
	midway      bool // its beginning was not heard
	unanswered  bool // an answer came late or never, so that the client may have gone on without
	vendor      bool // the client sent AVPs of vendor 10415
	highest     uint32
	past        []past
	oldest      int // of past
	context     string
	subscribers []charging.Identity
	told        bool // Service-Information was there
	role        charging.Number
	conditions  lastTold
	agreed      lastTold // those of the last request that was not refused
	holdings    []*holding
	subscriber  string
	last        int64 // the last exchange
	lastAt      time.Time
	refused     charging.Result // at command level, which ends the session
	free        bool            // 4011 at command level
	ended       bool
	lost        bool // the server does not know the session
	excused     bool // since the charging clock was turned
	summons     summoning
	offset      time.Duration // of the charging clock from the wall clock, at the last request
	watches     []watch
	next        time.Time // the earliest of watches
	place       int       // in the agenda; -1: none
}

// lastTold are the conditions that price the units, as the client told them last.
type lastTold struct {
	participants charging.Number
	attached     bool // told by an update, so that they are attached, not invited
	media        []string
	mediaKnown   bool
	offered      bool   // the media were told with a Trigger, and the answer may be less
	who          string // who takes part, where requests name them
}

// A holding is what a session has for one service.
type holding struct {
	key       charging.ServiceKey
	granted   []charging.Quantity
	used      []int64 // of each
	number    uint32
	askedAt   time.Time // the request's arrival
	at        time.Time // the answer went out
	eventTime time.Time
	chargedAt time.Time // the charging clock then
	validFor  time.Duration
	final     *charging.FinalUnit
	threshold bool
	pool      *charging.Pool
	armed     []uint32
	scripted  bool // a scenario decided, so that being late proves nothing
	denied    charging.Result
	deniedAt  time.Time
	reported  bool // nothing is asked for any more: what was granted is given back
	overdue   bool // it was told that nothing came in time
	last      reply
}

// A reply is the last answer that told of a service, whether it granted something or not.
type reply struct {
	number      uint32
	asked, sent time.Time
	scripted    bool
}

// mostHoldings bounds the services of one session.
const mostHoldings = 64

// find is the holding of a service. On Ro a quota is the rating group's, and usage may be told by
// Service-Identifier.
func (s *trial) find(key charging.ServiceKey) *holding {
	var near *holding
	for _, h := range s.holdings {
		if sameKey(h.key, key) {
			return h
		}
		if h.key.Group == key.Group && (len(h.key.IDs) == 0 || len(key.IDs) == 0) {
			near = h
		}
	}
	return near
}

// charged judges a credit-control request with its answer.
func (c *court) charged(x *exchange) {
	r := x.request
	content := c.contentOf(r)
	c.identifier(x)
	s := c.sessions[r.Key.Session]
	if s != nil && r.Type == charging.Initial && (s.ended || s.refused != 0) && !x.answer.Repeat &&
		!r.Retransmitted {
		s = nil // a new life of the Session-Id
	}
	if s != nil {
		if p := s.before(r.Key.Number); p != nil {
			c.repeated(x, p, content)
			if !p.delivered && !x.sentAt.IsZero() && p.content == content {
				p.delivered = true
				s.learn(c, x)
			}
			return
		}
	}
	if x.answer.Repeat {
		return // it was judged before the judge began anew
	}
	if x.answer.Result == charging.UnableToComply && because(x.answer, charging.BecauseRepeat) {
		c.find(x, "content-changed-under-number",
			"CC-Request-Number %d with other content than long ago", r.Key.Number)
		return
	}
	c.tellAll(x)
	switch {
	case r.Type == charging.Event:
		c.event(x, s, content)
	case s == nil && r.Type != charging.Initial:
		c.midway(x, content)
	default:
		c.inSession(x, s, content)
	}
}

// midway meets a session that is open, and whose beginning was not heard: the judge began anew, or
// the answer to the first request is held back. It is judged from here on.
func (c *court) midway(x *exchange, content uint64) {
	r := x.request
	switch {
	case x.answer.Result == charging.UnknownSessionID:
		if !c.before[r.Key.Session] {
			c.find(x, "session-unknown", "a request of type %s for a session that is not open", r.Type)
		}
	case r.Type == charging.Update && x.answer.Result.Success():
		s := c.open(x)
		s.midway, s.unanswered = true, true
		c.clocked(x)
		c.settle(x, s, content)
	}
}

// event judges a CCR-E. What it asks for is over with its answer; only repeats are told by it.
func (c *court) event(x *exchange, s *trial, content uint64) {
	if x.request.Key.Number != 0 && s == nil {
		c.find(x, "first-number-not-zero", "CC-Request-Number %d in an EVENT_REQUEST",
			x.request.Key.Number)
	}
	c.clocked(x)
	c.named(x)
	if s == nil {
		s = c.open(x)
	}
	s.remember(x, content, c.mostPast)
	if s.highest = max(s.highest, x.request.Key.Number); s.openedBy != charging.Event {
		return // the Session-Id is an open session's, which goes on
	}
	s.ended = true
	s.watches = []watch{{kind: watchForget, at: x.at.Add(forgetAfter)}}
	c.plan(s)
}

// inSession judges a request of a session.
func (c *court) inSession(x *exchange, s *trial, content uint64) {
	r := x.request
	late := s != nil && x.number < s.last // it came before what was judged already
	if s != nil && r.Type == charging.Initial && !s.tainted && !late {
		c.find(x, "session-opened-twice",
			"an INITIAL_REQUEST with CC-Request-Number %d, the session is open", r.Key.Number)
	}
	if s == nil {
		s = c.open(x)
		if r.Key.Number != 0 {
			c.find(x, "first-number-not-zero", "CC-Request-Number %d in an INITIAL_REQUEST",
				r.Key.Number)
		}
		c.named(x)
	} else if !s.tainted && !late {
		c.continued(x, s)
	}
	c.clocked(x)
	c.settle(x, s, content)
}

// settle keeps what a request and its answer told.
func (c *court) settle(x *exchange, s *trial, content uint64) {
	s.learnRequest(x)
	s.remember(x, content, c.mostPast)
	if !x.sentAt.IsZero() {
		s.learn(c, x)
	}
	if d := x.answer.Delivery; d != nil && d.Unheard && x.request.Type == charging.Initial {
		s.tainted = true // a scenario kept the session from the server
	}
	s.unanswered = s.unanswered || x.overtakes() || x.sentAt.IsZero() ||
		x.sentAt.Sub(x.at) > longestAnswer
	if x.request.Type == charging.Termination {
		s.ended = true
	}
	c.watch(s, x)
}

// continued judges what follows the first request of a session.
func (c *court) continued(x *exchange, s *trial) {
	r := x.request
	if c.afterEnd(x, s) {
		return
	}
	if x.answer.Result == charging.UnknownSessionID && r.Refused == nil && !scripted(x.answer) {
		if !c.turned(s, x.offset()) { // the clock, with which supervision ended the session
			c.find(x, "session-unknown",
				"a request of type %s for a session that is not open any more", r.Type)
		}
		s.lost, s.excused = true, c.turned(s, x.offset())
		return
	}
	c.inOrder(x, s)
	c.sameSession(x, s)
	if r.Type == charging.Update && r.Key.Number > s.highest {
		c.changed(x, s)
	}
	for i := range r.Services {
		if r.Type != charging.Initial {
			c.service(x, s, &r.Services[i])
		}
	}
	c.pools(x, s)
	if r.Type == charging.Termination {
		c.unreported(x, s)
	}
	c.followed(x, s)
}

// afterEnd judges a request that comes when the session is over.
func (c *court) afterEnd(x *exchange, s *trial) bool {
	kind := x.request.Type
	switch {
	case s.ended:
		end := "CCR-T"
		if s.openedBy == charging.Event {
			end = "CCR-E"
		}
		c.find(x, "request-after-termination", "a request of type %s after the %s", kind, end)
	case s.refused != 0 && kind == charging.Termination:
		c.find(x, "termination-after-refusal", "a CCR-T after Result-Code %s", s.refused.Name())
	case s.refused != 0:
		c.find(x, "update-after-refusal", "a CCR-U after Result-Code %s", s.refused.Name())
	case s.free:
		c.find(x, "credit-control-after-not-applicable", "a request of type %s after %s", kind,
			charging.CreditNotApplicable.Name())
	case s.lost && kind == charging.Update && !s.excused:
		c.find(x, "update-after-refusal", "a CCR-U after Result-Code %s",
			charging.UnknownSessionID.Name())
	default:
		return s.lost
	}
	return true
}

// open begins to follow a session; the oldest makes room.
func (c *court) open(x *exchange) *trial {
	r := x.request
	s := &trial{
		id: r.Key.Session, peer: x.message.Peer, origin: r.Origin,
		gy: x.message.Door == "gy", context: r.Context, place: -1,
		subscribers: slices.Clone(r.Subscribers), highest: r.Key.Number, openedBy: r.Type,
	}
	if old := c.sessions[s.id]; old != nil {
		c.drop(old)
	}
	c.sessions[s.id] = s
	delete(c.before, s.id)
	c.opened.add(s)
	for c.opened.len() > c.Sessions {
		c.drop(c.opened.take())
	}
	return s
}

// drop forgets a session.
func (c *court) drop(s *trial) {
	s.watches = nil
	c.plan(s)
	if c.sessions[s.id] == s {
		delete(c.sessions, s.id)
	}
}

// learnRequest keeps what the client told.
func (s *trial) learnRequest(x *exchange) {
	r := x.request
	s.vendor = s.vendor || r.Carries3GPP()
	late := r.Key.Number < s.highest
	s.highest = max(s.highest, r.Key.Number)
	if x.number > s.last {
		s.last, s.lastAt = x.number, x.at
	}
	s.peer, s.offset = x.message.Peer, x.offset()
	if len(r.Subscribers) > 0 {
		s.subscriber = r.Subscribers[0].Data
	}
	if r.Type == charging.Initial {
		s.told = informs(&r.Information)
	}
	if r.Information.Role.Known && !s.role.Known {
		s.role = r.Information.Role
	}
	if late {
		return // conditions are those of the newest request
	}
	if i := &r.Information; i.Participants.Known {
		s.conditions.participants, s.conditions.who = i.Participants, takingPart(r)
		s.conditions.attached = r.Type != charging.Initial
	}
	if i := &r.Information; i.MediaKnown {
		// A copy, as the request holds its whole message.
		s.conditions.media = append(s.conditions.media[:0], i.Media...)
		s.conditions.mediaKnown = true
		s.conditions.offered = r.Type == charging.Initial || r.Triggered(charging.TriggerMedia)
	}
}

// learn keeps what the client was answered.
func (s *trial) learn(c *court, x *exchange) {
	a, sound := c.understood(x)
	if !sound {
		s.tainted = true
		return
	}
	switch result := a.Result; {
	case result == charging.CreditNotApplicable:
		s.free = true
	case result == charging.UnknownSessionID:
		s.lost = true
	case result >= 4000 && result < 6000:
		s.refused = result
	}
	refused := s.refused != 0
	for i := range a.Services {
		s.hold(x, a, &a.Services[i])
		refused = refused || refuses(a.Services[i].Result)
	}
	if !refused {
		s.agreed = s.conditions
		s.agreed.media = slices.Clone(s.conditions.media)
	}
}

// hold keeps what was answered for one service.
func (s *trial) hold(x *exchange, a *charging.Answer, said *charging.ServiceAnswer) {
	h := s.find(said.Key)
	if h == nil || !sameKey(h.key, said.Key) && len(said.Granted) > 0 {
		if len(s.holdings) == mostHoldings {
			return
		}
		h = &holding{key: said.Key}
		h.key.IDs = slices.Clone(h.key.IDs)
		s.holdings = append(s.holdings, h)
	}
	if h.number > x.request.Key.Number {
		return // a later request was answered before
	}
	h.last = reply{x.request.Key.Number, x.at, x.sentAt, scripted(a)}
	h.arm(said.Triggers)
	asked, used := askedFor(x.request, said.Key)
	if !asked && len(said.Granted) == 0 && said.Final == nil && said.Result.Success() {
		again, _ := askedFor(x.request, h.key)
		h.reported = h.reported || used && !again || h.final != nil
		return // what it had is all there was
	}
	if said.Tariff.Known && h.at.Equal(x.sentAt) && len(h.granted) > 0 {
		h.add(said.Granted) // the other side of a tariff change
		return
	}
	*h = holding{
		key: h.key, granted: h.granted[:0], used: h.used[:0], armed: h.armed, last: h.last,
		number: x.request.Key.Number, askedAt: x.at, at: x.sentAt,
		eventTime: x.request.EventTime, chargedAt: x.request.At,
		validFor: said.ValidFor, final: said.Final,
		threshold: said.Threshold.Unit != "", scripted: h.last.scripted,
	}
	if said.Quota != nil {
		h.pool = said.Quota.Pool
	}
	if refuses(said.Result) {
		h.denied, h.deniedAt = said.Result, x.sentAt
		return
	}
	h.add(said.Granted)
}

// refuses reports whether a service is denied by its result; it may have none.
func refuses(result charging.Result) bool {
	return result != 0 && !result.Success() && result != charging.CreditNotApplicable
}

// add grants more: two sides of a tariff change are two quotas of one service.
func (h *holding) add(granted []charging.Quantity) {
	for _, q := range granted {
		same := func(other charging.Quantity) bool { return other.Unit == q.Unit }
		if i := slices.IndexFunc(h.granted, same); i >= 0 {
			h.granted[i].Amount = plus(h.granted[i].Amount, q.Amount)
			continue
		}
		h.granted, h.used = append(h.granted, q), append(h.used, 0)
	}
}

// arm keeps which changes must be told: a list stands until another one comes (TS 32.299 section
// 6.5.1.2).
func (h *holding) arm(triggers []uint32) {
	switch {
	case slices.Contains(triggers, charging.TriggersDisarmed):
		h.armed = nil
	case len(triggers) > 0:
		h.armed = triggers
	}
}

// askedFor reports whether units were asked for, and whether usage was told.
func askedFor(r *charging.Request, key charging.ServiceKey) (asked, used bool) {
	for i := range r.Services {
		if s := &r.Services[i]; sameKey(s.Key, key) {
			asked, used = asked || s.Asked, used || len(s.Used) > 0
		}
	}
	return asked, used
}

// scripted reports whether a scenario decided the answer.
func scripted(a *charging.Answer) bool {
	return a.Delivery != nil || len(a.Edits) > 0 || because(a, charging.BecauseScript)
}

// because reports whether an answer says this of itself.
func because(a *charging.Answer, code string) bool {
	return slices.ContainsFunc(a.Why, func(r charging.Reason) bool { return r.Code == code })
}

package scenarios

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A trial is what a court knows of one session.
type trial struct {
	id          charging.SessionID
	peer, host  string // the neighbour, and who opened the session
	gy          bool
	tainted     bool // an answer was made wrong on purpose
	vendor      bool // the client sent AVPs of vendor 10415
	highest     uint32
	past        []past
	oldest      int // of past
	context     string
	subscribers []charging.Identity
	told        bool // Service-Information was there
	role        charging.Number
	conditions  lastTold
	holdings    []*holding
	subscriber  string
	last        int64 // the last exchange
	lastAt      time.Time
	refused     charging.Result // at command level, which ends the session
	free        bool            // 4011 at command level
	ended       bool
	lost        bool // the server does not know the session
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
	offered      bool // the media were told with a Trigger, and the answer may be less
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
	validFor  time.Duration
	final     *charging.FinalUnit
	threshold bool
	pooled    bool
	armed     []uint32
	scripted  bool // a scenario decided, so that being late proves nothing
	denied    charging.Result
	deniedAt  time.Time
	reported  bool // after the final units
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
	c.tellAll(x)
	switch {
	case r.Type == charging.Event:
		c.event(x, s, content)
	case s == nil && r.Type != charging.Initial:
		if x.answer.Result == charging.UnknownSessionID {
			c.find(x, "session-unknown", "a request of type %s for a session that is not open", r.Type)
		}
	default:
		c.inSession(x, s, content)
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
	s.ended = true
	s.watches = []watch{{kind: watchForget, at: x.at.Add(forgetAfter)}}
	c.plan(s)
}

// inSession judges a request of a session.
func (c *court) inSession(x *exchange, s *trial, content uint64) {
	r := x.request
	if s != nil && r.Type == charging.Initial && !s.tainted {
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
	} else if !s.tainted {
		c.continued(x, s)
	}
	c.clocked(x)
	s.learnRequest(x)
	s.remember(x, content, c.mostPast)
	if !x.sentAt.IsZero() {
		s.learn(c, x)
	}
	if r.Type == charging.Termination {
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
		c.find(x, "session-unknown", "a request of type %s for a session that is not open any more",
			r.Type)
		s.lost = true
		return
	}
	c.inOrder(x, s)
	c.sameSession(x, s)
	if r.Type == charging.Update {
		c.changed(x, s)
	}
	for i := range r.Services {
		c.service(x, s, &r.Services[i])
	}
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
		c.find(x, "request-after-termination", "a request of type %s after the CCR-T", kind)
	case s.refused != 0 && kind == charging.Termination:
		c.find(x, "termination-after-refusal", "a CCR-T after Result-Code %s", s.refused.Name())
	case s.refused != 0:
		c.find(x, "update-after-refusal", "a CCR-U after Result-Code %s", s.refused.Name())
	case s.free:
		c.find(x, "credit-control-after-not-applicable", "a request of type %s after %s", kind,
			charging.CreditNotApplicable.Name())
	default:
		return s.lost
	}
	return true
}

// open begins to follow a session; the oldest makes room.
func (c *court) open(x *exchange) *trial {
	r := x.request
	s := &trial{
		id: r.Key.Session, peer: x.message.Peer, host: r.Origin.Host,
		gy: x.message.Door == "gy", context: r.Context, place: -1,
		subscribers: slices.Clone(r.Subscribers), highest: r.Key.Number,
	}
	if old := c.sessions[s.id]; old != nil {
		c.drop(old)
	}
	c.sessions[s.id] = s
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
	s.highest = max(s.highest, r.Key.Number)
	s.last, s.lastAt = x.number, x.at
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
	if i := &r.Information; i.Participants.Known {
		s.conditions.participants = i.Participants
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
	for i := range a.Services {
		s.hold(x, a, &a.Services[i])
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
	if asked := askedFor(x.request, said.Key); !asked && len(said.Granted) == 0 &&
		said.Final == nil && said.Result.Success() {
		h.reported = h.reported || h.final != nil
		return // what it had stays
	}
	*h = holding{
		key: h.key, granted: h.granted[:0], used: h.used[:0],
		number: x.request.Key.Number, askedAt: x.at, at: x.sentAt,
		eventTime: x.request.EventTime, validFor: said.ValidFor, final: said.Final,
		threshold: said.Threshold.Unit != "", armed: said.Triggers,
		pooled: said.Quota != nil && said.Quota.Pool != nil, scripted: scripted(a),
	}
	if said.Result != 0 && !said.Result.Success() && said.Result != charging.CreditNotApplicable {
		h.denied, h.deniedAt = said.Result, x.sentAt
		return
	}
	h.granted = append(h.granted, said.Granted...)
	for range h.granted {
		h.used = append(h.used, 0)
	}
}

// askedFor reports whether units were asked for.
func askedFor(r *charging.Request, key charging.ServiceKey) bool {
	for i := range r.Services {
		if sameKey(r.Services[i].Key, key) {
			return r.Services[i].Asked
		}
	}
	return false
}

// scripted reports whether a scenario decided the answer.
func scripted(a *charging.Answer) bool {
	if a.Delivery != nil || len(a.Edits) > 0 {
		return true
	}
	for i := range a.Why {
		if a.Why[i].Code == charging.BecauseScript {
			return true
		}
	}
	return false
}

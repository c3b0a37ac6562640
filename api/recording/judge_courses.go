package recording

import (
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// courses follow what servers make of sessions.
type courses struct {
	*judging
	sessions map[charging.SessionID]*course
	parts    map[string][]*course // sub-sessions, by Session-Id
	states   map[string]uint32    // Origin-State-Id by Origin-Host
	seed     maphash.Seed
}

// A course is a session as the server's answers tell of it.
type course struct {
	opened   bool // its CCR-I was answered with success
	ended    int  // packet of the CCA-T; 0: none
	refused  int  // packet of the refusal at command level that ended it; 0: none
	aborted  bool // it may be over: the server asked for that, or the client did not know it
	last     time.Time
	validFor time.Duration // of the shortest grant; 0: none was told
	state    uint32        // Origin-State-Id of the server when it was heard last
	cost     charging.Quantity
	number   uint32
	told     []told
}

// told is an answer to a number, to know repeats by.
type told struct {
	number   uint32
	endToEnd uint32
	packet   int
	content  uint64
	said     *charging.Answer
}

// mostTold is how many answers of a session are known again.
const mostTold = 1024

func newCourses(j *judging) *courses {
	return &courses{
		judging: j, sessions: map[charging.SessionID]*course{}, states: map[string]uint32{},
		parts: map[string][]*course{},
		seed:  maphash.MakeSeed(),
	}
}

// asked hears a request of a server.
func (c *courses) asked(m *message) {
	c.stateOf(m)
	if other := m.reuses; other != nil && m.frame.At.Sub(other.frame.At) < c.Tx {
		c.blame(m, "hop-by-hop-reused", fmt.Sprintf(
			"Hop-by-Hop Identifier %#08x, which packet %d has, too", m.HopByHop, other.frame.Packet))
	}
	if m.before != nil {
		return
	}
	s := c.sessions[charging.SessionID{ID: m.Session, Sub: m.Sub}]
	if s == nil {
		return
	}
	over := max(s.ended, s.refused)
	switch {
	case m.Command == commandReAuth && over > 0:
		c.blame(m, "reauthorization-of-closed-session",
			fmt.Sprintf("a RAR for a session that ended with packet %d", over))
	case m.Command == commandAbortSession && over > 0:
		c.blame(m, "abort-of-closed-session",
			fmt.Sprintf("an ASR for a session that ended with packet %d", over))
	}
	s.aborted = s.aborted || m.Command == commandAbortSession
}

// heard hears an answer of a client. One that does not know the session has the server end it.
func (c *courses) heard(m *message) {
	s := c.sessions[charging.SessionID{ID: m.Session, Sub: m.Sub}]
	if s != nil && resultIn(m) == uint32(charging.UnknownSessionID) {
		s.aborted = true
	}
}

// stateOf judges Origin-State-Id.
func (c *courses) stateOf(m *message) {
	if m.State == 0 || m.Host == "" {
		return
	}
	if last := c.states[m.Host]; m.State < last {
		c.blame(m, "origin-state-went-back", fmt.Sprintf("Origin-State-Id %d after %d", m.State, last))
	}
	c.states[m.Host] = m.State
}

// late reports whether an answer is to a number below one that was answered before.
func (c *courses) late(m *message) bool {
	if m.request == nil {
		return false
	}
	s := c.sessions[charging.SessionID{ID: m.request.Session, Sub: m.request.Sub}]
	return s != nil && m.request.Number < s.number
}

// answered hears an answer of a server.
func (c *courses) answered(m *message) {
	c.stateOf(m)
	asked := m.request
	if asked == nil || asked.answer != m || asked.next != nil || asked.foreign || m.Request ||
		asked.Command != commandCreditControl {
		return
	}
	request := c.Dictionary.ParseRequest(asked.frame.Octets)
	said, err := c.Dictionary.ParseAnswer(m.frame.Octets)
	if request == nil || request.Type == 0 || err != nil || said.Result == 0 ||
		said.Key != request.Key && !m.Error {
		return // what is wrong there is judged in the answer itself
	}
	s := c.of(request)
	if s.repeated(c, m, request, said) || m.Error {
		return
	}
	s.judge(c, m, request, said)
	s.learn(c, m, request, said)
}

// of finds the session; a CCR-I on one that is over begins a new life of it.
func (c *courses) of(r *charging.Request) *course {
	s := c.sessions[r.Key.Session]
	again := s != nil && r.Type == charging.Initial && (s.ended > 0 || s.refused > 0) &&
		!r.Retransmitted && !slices.ContainsFunc(s.told, func(t told) bool {
		return t.number == r.Key.Number && t.endToEnd == r.EndToEnd
	})
	if s == nil || again {
		s = &course{}
		c.sessions[r.Key.Session] = s
		if id := r.Key.Session; id.Sub != 0 {
			c.parts[id.ID] = append(c.parts[id.ID], s)
		}
	}
	return s
}

// repeated judges the answer to a number that was answered before, and reports whether it was.
func (s *course) repeated(
	c *courses, m *message, r *charging.Request, said *charging.Answer,
) bool {
	content := c.contentOf(r)
	now := told{r.Key.Number, r.EndToEnd, m.frame.Packet, content, said}
	at := slices.IndexFunc(s.told, func(t told) bool { return t.number == r.Key.Number })
	if at < 0 {
		if len(s.told) == mostTold {
			s.told = slices.Delete(s.told, 0, 1)
		}
		s.told = append(s.told, now)
		return false
	}
	before := &s.told[at]
	if passing(before.said.Result) {
		*before = now
		return false
	}
	if before.content == content && !passing(said.Result) {
		if difference := differs(before.said, said); difference != "" {
			c.blame(m, "repeat-answered-otherwise", fmt.Sprintf("%s to CC-Request-Number %d, "+
				"which packet %d answers otherwise", difference, r.Key.Number, before.packet))
		}
	}
	return true
}

// passing reports whether a result says that the request was not looked at: sending it again may go
// another way. 5012 is what servers answer that could not write down what they did.
func passing(result charging.Result) bool {
	return result/1000 == 3 || result == charging.UnableToComply
}

// differs says what is another in two answers: results and what is granted. How long that is good,
// and what is told beside it, may have changed since.
func differs(before, after *charging.Answer) string {
	if before.Result != after.Result {
		return fmt.Sprintf("Result-Code %d, not %d,", after.Result, before.Result)
	}
	if len(before.Services) != len(after.Services) {
		return fmt.Sprintf("%d services, not %d,", len(after.Services), len(before.Services))
	}
	for i := range after.Services {
		was, is := &before.Services[i], &after.Services[i]
		switch {
		case !was.Key.Same(is.Key):
			return "another service"
		case was.Result != is.Result:
			return fmt.Sprintf("Result-Code %d, not %d, of a service", is.Result, was.Result)
		case !slices.Equal(was.Granted, is.Granted):
			return "another grant"
		case (was.Final == nil) != (is.Final == nil):
			return "another Final-Unit-Indication"
		}
	}
	return ""
}

// judge judges a new answer by what the server said before.
func (s *course) judge(
	c *courses, m *message, r *charging.Request, said *charging.Answer,
) {
	if r.Type == charging.Update && said.Result.Success() && s.ended > 0 {
		c.blame(m, "closed-session-served", fmt.Sprintf(
			"%d to a CCR-U of a session that ended with packet %d", said.Result, s.ended))
	}
	restarted := c.states[m.Host] != s.state && s.state != 0
	known := s.opened && s.ended == 0 && s.refused == 0 && !s.aborted && !restarted
	if said.Result == charging.UnknownSessionID && known && r.Type != charging.Event &&
		s.validFor > 0 && m.request.frame.At.Sub(s.last) < s.validFor {
		c.blame(m, "open-session-unknown", fmt.Sprintf(
			"%d for a session that packet %d opened or went on with", said.Result,
			s.told[len(s.told)-1].packet))
	}
	inTurn := (r.Type == charging.Update || r.Type == charging.Termination) &&
		r.Key.Number > s.number && s.ended == 0
	if inTurn && said.Cost.Unit != "" && said.Cost.Unit == s.cost.Unit &&
		said.Cost.Amount < s.cost.Amount {
		c.blame(m, "cost-went-down", fmt.Sprintf("Cost-Information of %s after %s", said.Cost, s.cost))
	}
}

// learn keeps what the server said.
func (s *course) learn(c *courses, m *message, r *charging.Request, said *charging.Answer) {
	s.last, s.number = m.frame.At, max(s.number, r.Key.Number)
	s.state = c.states[m.Host]
	class := said.Result / 1000
	switch {
	case r.Type == charging.Termination && said.Result.Success():
		s.ended = m.frame.Packet
		if r.Key.Session.Sub == 0 {
			for _, part := range c.parts[r.Key.Session.ID] {
				part.aborted = true // with the session they belong to
			}
		}
	case r.Type == charging.Event:
	case class == 4 || class == 5:
		if said.Result != charging.CreditNotApplicable {
			s.refused = m.frame.Packet
		}
	case r.Type == charging.Initial && said.Result.Success():
		s.opened = true
	case r.Type == charging.Update && said.Result.Success():
		s.refused = 0 // this server goes on
	}
	if said.Cost.Unit != "" {
		s.cost = said.Cost
	}
	for i := range said.Services {
		valid := said.Services[i].ValidFor
		if valid > 0 && (s.validFor == 0 || valid < s.validFor) {
			s.validFor = valid
		}
	}
}

// contentOf sums up what makes two requests the same: type, action and units.
func (c *courses) contentOf(r *charging.Request) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = fmt.Fprint(&h, r.Type, r.Action)
	for i := range r.Services {
		s := &r.Services[i]
		_, _ = fmt.Fprint(&h, s.Key, s.Asked, s.Requested)
		for _, used := range s.Used {
			_, _ = fmt.Fprint(&h, used.Units)
		}
	}
	return h.Sum64()
}

package recording

import (
	"net/netip"
	"slices"
	"time"
)

// A hop tells the requests under way apart that one end of a connection sent (RFC 6733 section 3).
type hop struct {
	link *link
	from netip.AddrPort
	id   uint32
}

// Identifiers are what a request and its answer have in common, and what a client that sends a
// request again on the same connection may leave as they were (RFC 6733 section 3).
type identifiers struct {
	hop
	endToEnd uint32
}

// waiting are requests by what their answers are known by.
type waiting struct {
	byHop    map[hop][]*message  // without an answer, oldest first
	coming   map[identifiers]int // answers that are still to be seen
	answered map[hop]*message
	open     map[*link][]*message // without an answer, oldest first
	strays   map[stray]*message   // the latest request, on any connection
}

// A stray names a request on whatever connection.
type stray struct {
	session  string
	command  uint32
	endToEnd uint32
}

func strayOf(m *message) stray { return stray{m.Session, m.Command, m.EndToEnd} }

// pair finds the request of each answer.
func (t *traffic) pair() {
	w := &waiting{
		byHop: map[hop][]*message{}, coming: map[identifiers]int{}, answered: map[hop]*message{},
		open: map[*link][]*message{}, strays: map[stray]*message{},
	}
	for _, m := range t.messages {
		if !m.Request {
			w.coming[m.repeated()]++
		}
	}
	for _, m := range t.messages {
		if m.Request && !w.turned(m) {
			w.ask(m)
			continue
		}
		w.answer(m)
		if !m.Request {
			w.coming[m.repeated()]--
		}
	}
}

// own are the identifiers of a request, repeated those of the request that an answer names.
func (m *message) own() identifiers {
	return identifiers{hop{m.link, m.frame.From, m.HopByHop}, m.EndToEnd}
}

func (m *message) repeated() identifiers {
	return identifiers{hop{m.link, m.frame.To, m.HopByHop}, m.EndToEnd}
}

// expects reports whether an answer with both identifiers of a request is still to be seen, so that
// no other one is taken for its answer.
func (w *waiting) expects(asked *message) bool { return w.coming[asked.own()] > 0 }

// longestWait is how long a request is known by more than its Hop-by-Hop Identifier.
const longestWait = time.Minute

// turned reports whether a request is an answer by all but its R bit: it has the identifiers of a
// request that goes the other way.
func (w *waiting) turned(m *message) bool {
	asked := last(w.byHop[m.repeated().hop])
	return asked != nil && asked.EndToEnd == m.EndToEnd && asked.Command == m.Command &&
		asked.Session == m.Session && m.fromServer
}

func last(list []*message) *message {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

func (w *waiting) ask(m *message) {
	at := m.own().hop
	if other := last(w.byHop[at]); other != nil && other.EndToEnd != m.EndToEnd {
		m.reuses = other
	}
	w.byHop[at] = append(w.byHop[at], m)
	delete(w.answered, at)
	open := append(w.open[m.link], m)
	for open[0].frame.At.Before(m.frame.At.Add(-longestWait)) {
		open = open[1:]
	}
	w.open[m.link] = open
	if m.Session != "" {
		w.strays[strayOf(m)] = m
	}
}

func (w *waiting) answer(m *message) {
	at := m.repeated().hop
	if asked := w.underWay(m.repeated()); asked != nil {
		w.settle(asked, m)
		return
	}
	for _, asked := range w.open[m.link] {
		if asked.frame.From == m.frame.To && asked.answeredBy(m) && !w.expects(asked) {
			m.misled = asked.HopByHop != m.HopByHop
			w.settle(asked, m)
			return
		}
	}
	if asked := w.answered[at]; asked != nil && asked.EndToEnd == m.EndToEnd {
		m.request = asked
		asked.more = append(asked.more, m)
		return
	}
	asked := w.strays[strayOf(m)]
	if asked != nil && asked.answer == nil && asked.link != m.link && m.Session != "" &&
		!w.expects(asked) {
		m.strayed = true
		w.settle(asked, m)
	}
}

// underWay is the request under a Hop-by-Hop Identifier: where several are, the one with the same
// End-to-End Identifier, and else the last, if no answer with both is to come. One that came again
// under both is answered in its order; where there are fewer answers than requests, the first were
// not answered.
func (w *waiting) underWay(n identifiers) *message {
	list := w.byHop[n.hop]
	var same []*message
	for _, asked := range list {
		if asked.EndToEnd == n.endToEnd {
			same = append(same, asked)
		}
	}
	switch other := last(list); {
	case len(same) == 0 && other != nil && !w.expects(other):
		return other
	case len(same) == 0:
		return nil
	}
	return same[max(len(same)-max(w.coming[n], 1), 0)]
}

// answeredBy reports whether an answer under another Hop-by-Hop Identifier belongs to a request.
func (m *message) answeredBy(a *message) bool {
	if m.Command != a.Command {
		return false
	}
	sameRequest := m.Session != "" && m.Session == a.Session && a.Numbered && m.Number == a.Number
	return m.EndToEnd == a.EndToEnd || sameRequest
}

func (w *waiting) settle(asked, m *message) {
	at := asked.own().hop
	m.request, asked.answer = asked, m
	w.answered[at] = asked
	w.byHop[at] = without(w.byHop[at], asked)
	w.open[asked.link] = without(w.open[asked.link], asked)
}

func without(list []*message, one *message) []*message {
	if at := slices.Index(list, one); at >= 0 {
		return slices.Delete(list, at, at+1)
	}
	return list
}

// A journey names a request on all its hops.
type journey struct {
	host, session string
	command       uint32
	endToEnd      uint32
	fromServer    bool
}

// longestHop is how long an agent keeps a request before it passes it on.
const longestHop = 30 * time.Second

// follow finds the requests that agents passed on: each next hop begins where the one before ended,
// or has one Route-Record more. An agent may pass a request on more than once, and what counts then
// is where it went last.
func (t *traffic) follow() {
	latest := map[journey]*message{}
	for _, m := range t.messages {
		if !m.Request || m.request != nil || m.IsBase() {
			continue
		}
		key := journey{m.Host, m.Session, m.Command, m.EndToEnd, m.fromServer}
		before := latest[key]
		for before != nil && !before.leadsTo(m) {
			before = before.before
		}
		if before != nil {
			m.before, before.next = before, m
		}
		latest[key] = m
	}
}

func (m *message) leadsTo(next *message) bool {
	passedOn := m.frame.To.Addr() == next.frame.From.Addr() &&
		m.frame.From.Addr() != next.frame.From.Addr()
	return m.link != next.link && next.frame.At.Sub(m.frame.At) <= longestHop &&
		(passedOn || next.Routes > m.Routes)
}

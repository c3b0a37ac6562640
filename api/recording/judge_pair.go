package recording

import (
	"net/netip"
	"time"
)

// A hop tells the requests under way apart that one end of a connection sent (RFC 6733 section 3).
type hop struct {
	link *link
	from netip.AddrPort
	id   uint32
}

// waiting are requests by what their answers are known by.
type waiting struct {
	byHop    map[hop]*message
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
		byHop: map[hop]*message{}, answered: map[hop]*message{},
		open: map[*link][]*message{}, strays: map[stray]*message{},
	}
	for _, m := range t.messages {
		if m.Request && !w.turned(m) {
			w.ask(m)
			continue
		}
		w.answer(m)
	}
}

// longestWait is how long a request is known by more than its Hop-by-Hop Identifier.
const longestWait = time.Minute

// turned reports whether a request is an answer by all but its R bit: it has the identifiers of a
// request that goes the other way.
func (w *waiting) turned(m *message) bool {
	asked := w.byHop[hop{m.link, m.frame.To, m.HopByHop}]
	return asked != nil && asked.EndToEnd == m.EndToEnd && asked.Command == m.Command &&
		asked.Session == m.Session && m.fromServer
}

func (w *waiting) ask(m *message) {
	at := hop{m.link, m.frame.From, m.HopByHop}
	if other := w.byHop[at]; other != nil && other.EndToEnd != m.EndToEnd {
		m.reuses = other
	}
	w.byHop[at] = m
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
	at := hop{m.link, m.frame.To, m.HopByHop}
	if asked := w.underWay(at, m.EndToEnd); asked != nil {
		w.settle(at, asked, m)
		return
	}
	for _, asked := range w.open[m.link] {
		if asked.frame.From == m.frame.To && asked.answeredBy(m) {
			m.misled = asked.HopByHop != m.HopByHop
			w.settle(hop{m.link, m.frame.To, asked.HopByHop}, asked, m)
			return
		}
	}
	if asked := w.answered[at]; asked != nil && asked.EndToEnd == m.EndToEnd {
		m.request = asked
		asked.more = append(asked.more, m)
		return
	}
	asked := w.strays[strayOf(m)]
	if asked != nil && asked.answer == nil && asked.link != m.link && m.Session != "" {
		m.strayed = true
		w.settle(hop{asked.link, asked.frame.From, asked.HopByHop}, asked, m)
	}
}

// underWay is the request under a Hop-by-Hop Identifier: where several are, that with the same
// End-to-End Identifier, and else the last.
func (w *waiting) underWay(at hop, endToEnd uint32) *message {
	last := w.byHop[at]
	if last == nil || last.EndToEnd == endToEnd {
		return last
	}
	for _, asked := range w.open[at.link] {
		if asked.frame.From == at.from && asked.HopByHop == at.id && asked.EndToEnd == endToEnd {
			return asked
		}
	}
	return last
}

// answeredBy reports whether an answer under another Hop-by-Hop Identifier belongs to a request.
func (m *message) answeredBy(a *message) bool {
	if m.Command != a.Command {
		return false
	}
	sameRequest := m.Session != "" && m.Session == a.Session && a.Numbered && m.Number == a.Number
	return m.EndToEnd == a.EndToEnd || sameRequest
}

func (w *waiting) settle(at hop, asked, m *message) {
	m.request, asked.answer = asked, m
	if w.byHop[at] == asked {
		delete(w.byHop, at)
	}
	w.answered[at] = asked
	list := w.open[asked.link]
	for i := range list {
		if list[i] == asked {
			w.open[asked.link] = append(list[:i:i], list[i+1:]...)
			break
		}
	}
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
// or has one Route-Record more.
func (t *traffic) follow() {
	latest := map[journey]*message{}
	for _, m := range t.messages {
		if !m.Request || m.request != nil || m.IsBase() {
			continue
		}
		key := journey{m.Host, m.Session, m.Command, m.EndToEnd, m.fromServer}
		if before := latest[key]; before != nil && before.leadsTo(m) {
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

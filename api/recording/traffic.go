package recording

import (
	"net/netip"
	"time"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A message is one frame of a capture with what it belongs to.
type message struct {
	diameter.Glance
	frame *capture.Frame
	link  *link

	fromServer bool
	foreign    bool // of another application

	// Of requests.
	answer *message   // the first one
	more   []*message // answers after it
	before *message   // the same request one hop earlier, which an agent passed on
	next   *message   // the same request one hop on
	reuses *message   // a request under way with its Hop-by-Hop Identifier

	// Of answers.
	request *message // nil: none is known
	strayed bool     // it came by another connection than its request
	misled  bool     // its Hop-by-Hop Identifier is not the request's
}

// sender is who sent a message, by name where that is known.
func (m *message) sender() string {
	if m.Host != "" {
		return m.Host
	}
	return m.link.nameOf(m.frame.From)
}

// A link is a connection, by its ends.
type link struct {
	id     string
	client netip.AddrPort // the end that charging is done for
	names  map[netip.AddrPort]string
	opened time.Time // a CER was seen then; zero: the capture begins within the connection
	first  time.Time
	last   time.Time
	bye    time.Time // a DPR was seen then; zero: none was
	credit bool      // it carries credit control, or nothing but messages of neighbours
}

// nameOf is the name that an end gave of itself, else its address.
func (l *link) nameOf(end netip.AddrPort) string {
	if name := l.names[end]; name != "" {
		return name
	}
	return end.String()
}

// alive reports whether the connection was there still at some time.
func (l *link) alive(at time.Time) bool {
	return !l.last.Before(at) && (l.bye.IsZero() || l.bye.After(at))
}

// traffic is a capture, taken apart.
type traffic struct {
	messages []*message
	links    map[[2]netip.AddrPort]*link
	inOrder  []*link
	first    time.Time
	last     time.Time
}

// ends name a connection, whoever sends.
func ends(f *capture.Frame) [2]netip.AddrPort {
	if f.From.Compare(f.To) < 0 {
		return [2]netip.AddrPort{f.From, f.To}
	}
	return [2]netip.AddrPort{f.To, f.From}
}

// readTraffic sorts messages by connections, and finds out who is whose server.
func readTraffic(frames []capture.Frame) *traffic {
	t := &traffic{links: map[[2]netip.AddrPort]*link{}}
	for i := range frames {
		f := &frames[i]
		glance, ok := diameter.GlanceAt(f.Octets)
		if !ok {
			continue
		}
		m := &message{Glance: glance, frame: f, link: t.linkOf(f)}
		m.link.note(m)
		t.messages = append(t.messages, m)
	}
	if len(t.messages) > 0 {
		t.first = t.messages[0].frame.At
		t.last = t.messages[len(t.messages)-1].frame.At
	}
	t.findClients()
	for _, m := range t.messages {
		m.fromServer = m.frame.From != m.link.client
		m.foreign = !m.link.credit || !m.IsBase() && !m.IsCredit()
	}
	return t
}

func (t *traffic) linkOf(f *capture.Frame) *link {
	l := t.links[ends(f)]
	if l == nil {
		l = &link{
			id: f.From.String() + "-" + f.To.String(), first: f.At,
			names: map[netip.AddrPort]string{},
		}
		t.links[ends(f)] = l
		t.inOrder = append(t.inOrder, l)
	}
	return l
}

// The commands that tell who is who (RFC 6733 section 3.1, RFC 8506 section 3).
const (
	commandCapabilitiesExchange = 257
	commandReAuth               = 258
	commandAccounting           = 271
	commandCreditControl        = 272
	commandAbortSession         = 274
	commandDeviceWatchdog       = 280
	commandDisconnectPeer       = 282
)

// note keeps what a message tells of its connection.
func (l *link) note(m *message) {
	l.last = m.frame.At
	switch m.Command {
	case commandCapabilitiesExchange:
		if m.Request && l.opened.IsZero() {
			l.opened = m.frame.At
		}
		l.name(m)
	case commandDeviceWatchdog:
		l.name(m)
	case commandDisconnectPeer:
		if m.Request && l.bye.IsZero() {
			l.bye = m.frame.At
		}
		l.name(m)
	}
}

// name learns the name of a neighbour, which only messages between neighbours tell.
func (l *link) name(m *message) {
	if l.names[m.frame.From] == "" && m.Host != "" {
		l.names[m.frame.From] = m.Host
	}
}

// findClients finds the end of each connection that is charged: who sends CCRs; else who is asked
// by RAR and ASR; else who connects, and last the one with the higher port.
func (t *traffic) findClients() {
	seen := map[*link]evidence{}
	for _, m := range t.messages {
		e := seen[m.link]
		e.weigh(m)
		seen[m.link] = e
	}
	for _, l := range t.inOrder {
		e := seen[l]
		l.client = e.client
		l.credit = e.credit || !e.other
	}
}

// evidence is what tells which end of a connection is the client.
type evidence struct {
	client netip.AddrPort
	weight int
	credit bool
	other  bool // messages of other applications are there
}

func (e *evidence) weigh(m *message) {
	client, weight := m.frame.From, 1
	if m.frame.From.Port() < m.frame.To.Port() {
		client = m.frame.To
	}
	sentByClient := m.Request
	switch m.Command {
	case commandCapabilitiesExchange:
		weight = 2
	case commandReAuth, commandAbortSession:
		weight, sentByClient = 3, !m.Request
	case commandCreditControl, commandAccounting:
		weight = 4
	default:
		sentByClient = client == m.frame.From
	}
	credit := m.IsCredit() && !m.IsBase()
	e.credit = e.credit || credit
	e.other = e.other || !credit && !m.IsBase()
	if weight <= e.weight {
		return
	}
	e.weight, e.client = weight, m.frame.To
	if sentByClient {
		e.client = m.frame.From
	}
}

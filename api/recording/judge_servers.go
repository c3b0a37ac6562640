package recording

import (
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// judgeServers judges what servers sent, and what they did not.
func (j *judging) judgeServers() {
	inspector := diameter.NewServerInspector(func() *diameter.Dictionary { return j.Dictionary })
	c := newCourses(j)
	for _, m := range j.traffic.messages {
		switch {
		case m.foreign && (m.request == nil || m.request.foreign):
		case m.fromServer && (!m.Request || m.request != nil):
			j.answered(inspector, m, c.late(m))
			c.answered(m)
		case m.fromServer:
			j.asked(inspector, m)
			c.asked(m)
		case m.Request:
			j.unanswered(m)
		default:
			c.heard(m)
		}
	}
}

// answered judges an answer of a server, to a request that may have come behind a later one.
func (j *judging) answered(inspector *diameter.ServerInspector, m *message, late bool) {
	if m.request != nil && m.request.answer == m && m.passedOn() {
		return
	}
	var request []byte
	switch {
	case m.request != nil:
		request = m.request.frame.Octets
		j.matched(m)
	case !j.mayBeOlder(m):
		j.blame(m, "answer-without-request", fmt.Sprintf(
			"a %s with Hop-by-Hop Identifier %#08x, which no request has", m.Name, m.HopByHop))
	}
	for _, f := range inspector.Answer(request, m.frame.Octets, m.frame.At) {
		if late && f.Rule == "grant-missing" {
			continue // a later request has the grant
		}
		j.find(findings.OfServers, m, f, m.frame.At)
	}
}

// passedOn reports whether an answer is that of the next hop, which is judged there.
func (m *message) passedOn() bool {
	next := m.request.next
	return next != nil && next.answer != nil && next.answer.Host == m.Host &&
		resultIn(next.answer) == resultIn(m)
}

// source is the answer as it was sent first, of one that agents passed on.
func (m *message) source() *message {
	for m.request != nil && m.request.answer == m && m.passedOn() {
		m = m.request.next.answer
	}
	return m
}

func resultIn(m *message) uint32 { return uint32(diameter.BriefOf(m.frame.Octets).Result) }

// mayBeOlder reports whether the request of an answer may have come before the capture began.
func (j *judging) mayBeOlder(m *message) bool {
	return m.link.opened.IsZero() && m.frame.At.Sub(m.link.first) <= longestHop
}

// matched judges how an answer belongs to its request.
func (j *judging) matched(m *message) {
	asked := m.request
	switch {
	case asked.answer != m:
		j.blame(m, "answer-twice", fmt.Sprintf(
			"a second %s to packet %d, which packet %d answers", m.Name, asked.frame.Packet,
			asked.answer.frame.Packet))
	case m.strayed:
		j.blame(m, "answer-on-other-connection", fmt.Sprintf(
			"a %s to packet %d, which came by another connection", m.Name, asked.frame.Packet))
	case m.misled:
		j.blame(m, "answer-hop-by-hop-wrong", fmt.Sprintf(
			"Hop-by-Hop Identifier %#08x, packet %d has %#08x", m.HopByHop, asked.frame.Packet,
			asked.HopByHop))
	}
	if took := m.frame.At.Sub(asked.frame.At); took > j.Tx && asked.answer == m {
		j.blame(m, "answer-late", fmt.Sprintf("a %s %s after packet %d", m.Name,
			took.Round(time.Millisecond), asked.frame.Packet))
	}
}

// unanswered judges a request of a client that never got an answer. An agent that passed it on is
// not blamed for the server's silence.
func (j *judging) unanswered(m *message) {
	due := m.frame.At.Add(j.Tx)
	if m.answer != nil || m.next != nil || j.traffic.last.Before(due) {
		return
	}
	rule := ""
	switch m.Command {
	case commandCreditControl, commandAccounting:
		rule = "answer-missing"
	case commandCapabilitiesExchange:
		rule = "capabilities-unanswered"
	case commandDeviceWatchdog:
		rule = "watchdog-unanswered"
	case commandDisconnectPeer:
		rule = "disconnect-unanswered"
	}
	saidGoodbye := !m.link.bye.IsZero() && m.link.bye.Before(due)
	switch {
	case rule == "", m.Command != commandDisconnectPeer && saidGoodbye,
		m.Command == commandDisconnectPeer && m.link.last.Before(due):
		return
	}
	f := findings.New(rule, fmt.Sprintf("no answer to a %s in %s", m.Name, j.Tx))
	f.Peer = m.link.nameOf(m.frame.To)
	j.find(findings.OfServers, m, f, due)
}

// asked judges a request of a server, which agents may have passed on.
func (j *judging) asked(inspector *diameter.ServerInspector, m *message) {
	if m.before != nil {
		return
	}
	for _, f := range inspector.Request(m.frame.Octets) {
		j.find(findings.OfServers, m, f, m.frame.At)
	}
}

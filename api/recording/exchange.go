package recording

import (
	"fmt"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// An exchange is a request of credit control, of a client or of the server, and its answer.
type exchange struct {
	diameter.Glance // at the request
	asked           capture.Frame
	answered        *capture.Frame // nil: none was captured
	byServer        bool           // a RAR or ASR
}

// A moment is when a request or an answer was captured.
type moment struct {
	*exchange
	answer bool
}

// Dialogues are the exchanges of a recording, in their order.
type dialogues struct {
	moments   []moment
	exchanges []*exchange
	left      map[string]int  // messages that are no credit control, by name
	again     int             // messages seen at one more hop
	strays    []capture.Frame // answers whose request was not captured
}

// dialoguesOf finds the exchanges. Traffic that was captured at several hops is taken where it was
// sent first.
func dialoguesOf(frames []capture.Frame) *dialogues {
	t := readTraffic(frames)
	t.pair()
	t.follow()
	d := &dialogues{left: map[string]int{}}
	if unreadable := len(frames) - len(t.messages); unreadable > 0 {
		d.left[""] = unreadable
	}
	began := map[*message]*exchange{}
	for _, m := range t.messages {
		switch {
		case !m.converses():
			d.left[leftOut(m)]++
		case !m.Request || m.request != nil:
			d.answer(m, began)
		case m.before != nil:
			d.again++
		default:
			began[m] = d.ask(m)
		}
	}
	return d
}

// creditApplication is the Application-Id of credit control (RFC 8506 section 3).
const creditApplication = 4

// converses reports whether the message can stand in a conversation.
func (m *message) converses() bool {
	return m.hasWords() && m.Application == creditApplication
}

// hasWords reports whether a conversation has words for the command.
func (m *message) hasWords() bool {
	switch m.Command {
	case commandCreditControl, commandReAuth, commandAbortSession:
		return true
	}
	return false
}

// leftOut is what a message that is left out is called.
func leftOut(m *message) string {
	name := diameter.MessageOf(m.frame.Octets)
	if m.hasWords() {
		return fmt.Sprintf("%s of application %d", name, m.Application)
	}
	return name
}

func (d *dialogues) ask(m *message) *exchange {
	x := &exchange{Glance: m.Glance, asked: *m.frame, byServer: m.Command != commandCreditControl}
	d.exchanges = append(d.exchanges, x)
	d.moments = append(d.moments, moment{x, false})
	return x
}

// answer hears an answer as a client would, which drops what has other identifiers than a request
// of its own on that connection (RFC 6733 section 6.2.1).
func (d *dialogues) answer(m *message, began map[*message]*exchange) {
	asked := m.request
	switch {
	case asked == nil || asked.answer != m || m.strayed || m.misled ||
		asked.EndToEnd != m.EndToEnd || asked.Command != m.Command:
		d.strays = append(d.strays, *m.frame)
	case asked.before != nil:
		d.again++
	case began[asked] == nil:
		d.strays = append(d.strays, *m.frame)
	default:
		x := began[asked]
		x.answered = m.frame
		d.moments = append(d.moments, moment{x, true})
	}
}

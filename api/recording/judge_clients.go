package recording

import (
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A hearing tells a review of clients what a capture has, as the door of a running server would.
type hearing struct {
	*judging
	review    *scenarios.Review
	count     int64              // of exchanges
	exchanges map[*message]int64 // by request
	messages  map[int64]*message
	requests  map[*message]*charging.Request
	waiting   map[charging.Key][]*message // requests whose answer comes later
	begun     map[charging.SessionID]bool // CCR-I was seen
	unsound   map[*message]bool           // answers that no client can rely on
	within    []*message                  // the first requests of sessions that began before
	now       time.Time
}

// judgeClients judges what clients sent.
func (j *judging) judgeClients() {
	h := &hearing{
		judging: j, exchanges: map[*message]int64{}, messages: map[int64]*message{},
		requests: map[*message]*charging.Request{}, waiting: map[charging.Key][]*message{},
		begun: map[charging.SessionID]bool{}, unsound: map[*message]bool{},
	}
	h.note()
	current := func() *diameter.Dictionary { return j.Dictionary }
	h.review = scenarios.NewReview(scenarios.JudgeOptions{
		Inspect: diameter.NewInspector(nil, current).Inspect, Frame: diameter.FrameOf,
		Parse: j.Dictionary.ParseAnswer, Connected: h.connected, Patience: j.Patience,
		Sessions: max(1, len(j.traffic.messages)),
	}, h.found)
	for _, m := range j.traffic.messages {
		h.now = m.frame.At
		h.hear(m)
	}
	h.toldWithin()
}

// note keeps which answers are so wrong that clients cannot be held to them.
func (h *hearing) note() {
	wrong := []string{
		"header-version", "avp-length-wrong", "avp-mandatory-unknown", "session-id-missing",
		"origin-missing", "two-results", "experimental-result-alone", "answer-without-result",
		"answer-request-bit", "answer-command-wrong", "answer-application-wrong",
		"answer-end-to-end-wrong", "answer-hop-by-hop-wrong", "answer-on-other-connection",
		"answer-session-id-wrong", "answer-request-type-wrong", "answer-request-number-wrong",
		"answer-error-bit-missing", "answer-error-bit-misplaced", "answer-avp-too-often",
		"answer-auth-application-wrong", "session-id-not-first",
	}
	for _, m := range h.traffic.messages {
		if m.fromServer && m.request != nil {
			h.unsound[m] = slices.ContainsFunc(h.broken[m.source()], func(rule string) bool {
				return slices.Contains(wrong, rule)
			})
		}
	}
}

// connected reports whether a client is there still.
func (h *hearing) connected(peer string) bool {
	return slices.ContainsFunc(h.traffic.inOrder, func(l *link) bool {
		return l.nameOf(l.client) == peer && l.alive(h.now)
	})
}

// hear tells the review of one message.
func (h *hearing) hear(m *message) {
	switch {
	case m.foreign && (m.request == nil || m.request.foreign):
		h.review.Pass(m.frame.At)
	case m.fromServer && m.Request && m.request == nil:
		h.serverAsks(m)
	case m.fromServer:
		h.serverAnswers(m)
	case m.Request:
		h.clientAsks(m)
	default:
		h.clientAnswers(m)
	}
}

// told is a message as the door of a running server would tell of it.
func (h *hearing) told(m *message, at time.Time) charging.Message {
	return charging.Message{
		Door: "gy", Peer: m.link.nameOf(m.link.client), Link: m.link.id, Raw: m.frame.Octets, At: at,
		Ours: m.fromServer,
	}
}

func (h *hearing) begin(m *message) {
	// What is found at once has the number already.
	h.count++
	h.exchanges[m], h.messages[h.count] = h.count, m
	h.review.Received(h.told(m, m.frame.At))
}

// clientAsks hears a request of a client, on its first hop.
func (h *hearing) clientAsks(m *message) {
	if m.before != nil {
		h.review.Pass(m.frame.At)
		return
	}
	h.begin(m)
	h.reuses(m)
	r := h.Dictionary.ParseRequest(m.frame.Octets)
	if r == nil {
		return
	}
	r.Exchange, r.At = h.exchanges[m], m.frame.At
	h.requests[m] = r
	if r.Type == 0 {
		return
	}
	h.begins(m, r)
	if m.answer == nil {
		h.review.Answered(r, &charging.Answer{
			Key: r.Key, Type: r.Type, Delivery: &charging.Delivery{Drop: true},
		})
		return
	}
	h.waiting[r.Key] = append(h.waiting[r.Key], m)
}

// reuses judges a Hop-by-Hop Identifier that a request has whose answer never came. The review
// knows those only whose answer did.
func (h *hearing) reuses(m *message) {
	if other := m.reuses; other != nil && other.answer == nil &&
		m.frame.At.Sub(other.frame.At) < h.Tx {
		f := findings.New("hop-by-hop-reused", fmt.Sprintf(
			"Hop-by-Hop Identifier %#08x, which packet %d has, too", m.HopByHop,
			other.frame.Packet))
		h.find(findings.OfClients, m, f, m.frame.At)
	}
}

// begins notes the sessions that the capture begins within.
func (h *hearing) begins(m *message, r *charging.Request) {
	id := r.Key.Session
	if h.begun[id] {
		return
	}
	h.begun[id] = true
	if r.Type == charging.Update || r.Type == charging.Termination {
		if m.link.opened.IsZero() {
			h.within = append(h.within, m)
		}
	}
}

// serverAnswers hears what a client got.
func (h *hearing) serverAnswers(m *message) {
	asked := m.request
	if asked == nil || asked.answer != m || asked.before != nil || asked.fromServer {
		h.review.Pass(m.frame.At)
		return
	}
	r := h.requests[asked]
	if r == nil || r.Type == 0 {
		h.review.Sent(h.exchanges[asked], h.told(m, m.frame.At))
		return
	}
	// Answers may come in another order than requests. What a client sent again is known by what
	// it sent first, so that is told first.
	list := h.waiting[r.Key]
	for len(list) > 0 {
		first := list[0]
		list = list[1:]
		h.complete(first)
		if first == asked {
			break
		}
	}
	h.waiting[r.Key] = list
}

func (h *hearing) complete(asked *message) {
	r := h.requests[asked]
	h.review.Answered(r, h.understood(r, asked.answer))
	h.review.Sent(r.Exchange, h.told(asked.answer, h.now))
}

// understood is the answer as a client understands it. One that it cannot rely on counts as made
// wrong on purpose: nobody is judged by it.
func (h *hearing) understood(r *charging.Request, m *message) *charging.Answer {
	said, err := h.Dictionary.ParseAnswer(m.frame.Octets)
	if err == nil && !h.unsound[m] {
		if m.Error {
			said.Key, said.Type = r.Key, r.Type
		}
		if said.Key == r.Key && said.Result != 0 {
			return said
		}
	}
	return &charging.Answer{
		Key: r.Key, Type: r.Type, Result: charging.Success,
		Delivery: &charging.Delivery{Preset: "captured"},
	}
}

// serverAsks hears a request of a server, as it came to the client: on its last hop.
func (h *hearing) serverAsks(m *message) {
	if m.next != nil {
		h.review.Pass(m.frame.At)
		return
	}
	h.begin(m)
}

// clientAnswers hears what a client answers, on the first hop.
func (h *hearing) clientAnswers(m *message) {
	asked := m.request
	number, known := h.exchanges[asked]
	switch {
	case asked != nil && asked.next != nil:
		h.review.Pass(m.frame.At)
	case asked == nil && h.mayBeOlder(m):
		h.review.Pass(m.frame.At)
	case known && asked.answer == m:
		h.messages[number] = m
		h.review.Sent(number, h.told(m, m.frame.At))
	default:
		h.begin(m)
	}
}

// found takes a finding of the review.
func (h *hearing) found(f charging.Finding) {
	m := h.messages[f.Exchange]
	if m == nil {
		return
	}
	if f.Rule == "session-unknown" && h.beganBefore(f.Session) {
		return
	}
	f.Seen = inPackets(f.Seen, func(exchange int64) int {
		if other := h.messages[exchange]; other != nil {
			return other.frame.Packet
		}
		return 0
	})
	if isAddressed(m, f.Peer) {
		f.Peer = m.sender()
	}
	h.find(findings.OfClients, m, f, f.At)
}

// isAddressed reports whether a finding is about the neighbour, not about who sent the message.
func isAddressed(m *message, peer string) bool {
	return peer == "" || !m.fromServer && m.Host != "" && peer == m.link.nameOf(m.link.client)
}

func (h *hearing) beganBefore(session string) bool {
	return slices.ContainsFunc(h.within, func(m *message) bool { return m.Session == session })
}

// toldWithin notes once that the capture begins within sessions.
func (h *hearing) toldWithin() {
	if len(h.within) == 0 {
		return
	}
	seen := "a session began before the capture"
	if len(h.within) > 1 {
		seen = fmt.Sprintf("%d sessions began before the capture", len(h.within))
	}
	m := h.within[0]
	h.find(findings.OfClients, m, findings.New("capture-begins-within-session", seen), m.frame.At)
}

package recording

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
)

// A composer writes the lines of a conversation from what was captured, in its order.
type composer struct {
	*draft
	out     *conversation.Writer
	queue   []*take // asked, and no line says yet what is answered
	calls   []*take // of the server, which wait until nothing is under way
	before  map[string]*take
	refunds map[string][]byte // by session; "": the last of all
	began   time.Time
	now     time.Time
	passed  time.Duration
	skipped time.Duration // what passed in the capture and does not in the conversation
	ends    map[string]time.Duration
}

// compose writes the conversation without its seed.
func (d *draft) compose() []string {
	c := &composer{
		draft: d, out: conversation.NewWriter(), before: map[string]*take{},
		refunds: map[string][]byte{}, ends: map[string]time.Duration{},
	}
	for _, m := range d.moments {
		t := d.takes[m.exchange]
		switch {
		case m.answer:
		case m.byServer:
			c.calls = append(c.calls, t)
		default:
			c.ask(t)
		}
		c.settle(m.exchange, m.answer)
	}
	c.flush(true)
	for _, packet := range slices.Sorted(maps.Keys(c.notes)) {
		for _, text := range c.notes[packet] {
			c.out.Remark(fmt.Sprintf("packet %d: %s", packet, text))
		}
	}
	return c.out.Lines()
}

// leave gives up a request that no line can say: one odd message costs none of the others.
func (c *composer) leave(t *take) {
	c.out.Remark(fmt.Sprintf("packet %d is not played: %s", t.asked.Packet, t.stuck))
	t.line, t.answerLine = len(c.out.Lines()), 0
}

// note writes what was found about a packet.
func (c *composer) note(packet int) {
	for _, text := range c.notes[packet] {
		c.out.Remark(text)
	}
	delete(c.notes, packet)
}

// ask writes a request.
func (c *composer) ask(t *take) {
	c.flush(false)
	if len(c.queue) == 0 {
		c.pass(t)
	}
	c.note(t.asked.Packet)
	if t.unsaid {
		c.leave(t)
		return
	}
	send, err := c.send(t)
	if err != nil {
		t.stuck, t.unsaid = err.Error(), true
		c.leave(t)
		return
	}
	if !c.again(t) {
		c.out.Wire(c.wire(send, &t.asked)...)
	}
	c.out.Tail(fmt.Sprintf("packet %d", t.asked.Packet))
	t.line = len(c.out.Lines())
	c.before[t.session] = t
	c.queue = append(c.queue, t)
}

// send writes the words of a request.
func (c *composer) send(t *take) (*conversation.Send, error) {
	if c.again(t) {
		return c.out.Again(t.session, t.Retransmitted, t.connection)
	}
	request := *t.request
	last := c.refunds[t.session]
	if last == nil {
		last = c.refunds[""]
	}
	if len(request.Refund) == 0 || string(last) != string(request.Refund) {
		return c.out.Send(&request, t.connection)
	}
	send, err := c.out.SendRefundingLast(&request, t.connection)
	if err == nil {
		send.Request.Refund = request.Refund
	}
	return send, err
}

// again reports whether the request is the last of its session once more, word for word.
func (c *composer) again(t *take) bool {
	last := c.before[t.session]
	if last == nil || last.key != t.key || t.EndToEnd != last.EndToEnd {
		return false
	}
	like := requestLikeness(false)
	return c.dictionary.Alike(last.asked.Octets, t.asked.Octets, like)
}

// settle notes an answer, and writes all that can be written by now.
func (c *composer) settle(x *exchange, answer bool) {
	if answer && !x.byServer {
		t := c.takes[x]
		if t.answer != nil && len(t.answer.Refund) > 0 {
			c.refunds[t.session], c.refunds[""] = t.answer.Refund, t.answer.Refund
		}
		t.heard = true
	}
	c.flush(false)
}

// flush writes the answers that are known, oldest first, and then what the server asked meanwhile.
func (c *composer) flush(all bool) {
	for len(c.queue) > 0 {
		t := c.queue[0]
		if !all && !t.heard && (t.answered != nil || t.unended) {
			return
		}
		c.expect(t)
		c.queue = c.queue[1:]
	}
	for _, t := range c.calls {
		c.call(t)
	}
	c.calls = nil
}

// expect writes what a request was answered.
func (c *composer) expect(t *take) {
	if t.answered != nil {
		c.note(t.answered.Packet)
	}
	var err error
	switch {
	case t.unended:
		err = c.out.Line("< any")
		c.out.Tail("the capture ends before the answer")
	case t.silent() && t.stuck == "":
		err = c.out.Line("< none")
	case t.stuck != "":
		c.remark(t)
		err = c.out.Line("< any")
	default:
		if t.loose != "" {
			c.out.Remark("played with " + t.loose)
		}
		if err = c.out.Answer(t.answer); err == nil {
			c.out.Wire(t.owner().script.checks...)
		}
	}
	if err != nil {
		c.anything(t, err)
	}
	if t.answered != nil && t.late >= lateness && !t.silent() && !t.repeat {
		c.skipped += t.late // the simulator is late by itself
	}
	if t.answered != nil {
		c.out.Tail(fmt.Sprintf("packet %d", t.answered.Packet))
	}
	t.answerLine = len(c.out.Lines())
	c.supervise(t)
}

// anything is expected where no line can say what came.
func (c *composer) anything(t *take, err error) {
	t.stuck = err.Error()
	c.out.Remark("not played: " + t.stuck)
	if err := c.out.Line("< any"); err != nil {
		c.out.Remark("not played: " + err.Error())
	}
}

// remark keeps as a comment what cannot be had.
func (c *composer) remark(t *take) {
	c.out.Remark("not played: " + t.stuck)
	switch {
	case t.answer != nil:
		c.out.Remark("captured: < " + conversation.Words(t.answer))
	case t.silent():
		c.out.Remark("captured: < none")
	}
}

// call writes what the server asked, and what its client said.
func (c *composer) call(t *take) {
	c.note(t.asked.Packet)
	verb, question, result := "reauthorize", "rar", "none"
	if t.Command == commandAbortSession {
		verb, question = "abort", "asr"
	}
	if t.answered != nil {
		result = c.resultOf(t.answered.Octets)
	}
	avps := c.dictionary.Attributes(t.asked.Octets)
	scope := ""
	for _, part := range []struct{ word, path string }{
		{"sub", "CC-Sub-Session-Id"},
		{"pool", "G-S-U-Pool-Identifier"},
		{"si", "Service-Identifier"},
		{"rg", "Rating-Group"},
	} {
		if value := only(avps, part.path); value != "" {
			scope += " " + part.word + "=" + value
		}
	}
	lines := []string{
		"* " + verb + " " + t.session + scope,
		"< " + question + " " + t.session + scope + " answer=" + result,
	}
	switch {
	case c.before[t.session] == nil:
		t.stuck = "the session is not in the capture before"
	case !answerable(result):
		t.stuck = "no client can be told to answer so"
	}
	for _, line := range lines {
		if t.stuck != "" {
			c.out.Remark("not played: " + t.stuck + ": " + line)
			continue
		}
		if err := c.out.Line(line); err != nil {
			t.stuck = err.Error()
			c.out.Remark("not played: " + t.stuck)
			continue
		}
		c.out.Tail(fmt.Sprintf("packet %d", t.asked.Packet))
	}
	t.line = len(c.out.Lines())
}

// answerable reports whether a conversation has a word for what a client answers.
func answerable(result string) bool {
	number, err := strconv.ParseUint(result, 10, 31)
	return result == "none" || err == nil && number > 0
}

func (c *composer) resultOf(octets []byte) string {
	avps := c.dictionary.Attributes(octets)
	result := only(avps, "Result-Code")
	return cmp.Or(result, only(avps, "Experimental-Result.Experimental-Result-Code"), "none")
}

// pass lets the time pass that passed before a request, in whole seconds. Sessions that went on in
// the capture do not end by supervision meanwhile.
func (c *composer) pass(t *take) {
	c.now = clock(&t.asked, c.now)
	if c.began.IsZero() {
		c.began = c.now
	}
	by := (c.now.Sub(c.began) - c.skipped - c.passed).Round(time.Second)
	for session, end := range c.ends {
		left := max(end-c.passed-time.Second, 0)
		if by > left && c.goesOn(session, t) {
			c.skipped += by - left
			by = left
		}
	}
	if by < time.Second {
		return
	}
	if err := c.out.Pass(by); err != nil {
		c.skipped += by
		c.out.Remark("not played: " + err.Error())
		return
	}
	c.passed += by
}

// goesOn reports whether a session is served from some request on.
func (c *composer) goesOn(session string, from *take) bool {
	all := c.sessions[session]
	at, _ := slices.BinarySearchFunc(all, from, func(a, b *take) int {
		return a.position - b.position
	})
	return at < len(all) && all[at].answer != nil && all[at].answer.Result.Success()
}

// The validity that a server is taken to have that tells none, and that of sessions without grants
// (see supervision in the reference).
const untold = 30 * time.Minute

// supervise notes when the simulator would end a session: two validity times after its answer.
func (c *composer) supervise(t *take) {
	if t.request.Type == charging.Event || t.request.Type == charging.Termination {
		delete(c.ends, t.session)
		return
	}
	valid := time.Duration(0)
	if t.answer != nil {
		for i := range t.answer.Services {
			valid = max(valid, t.answer.Services[i].ValidFor)
		}
	}
	c.ends[t.session] = c.passed + 2*cmp.Or(valid, untold)
}

// title says where the conversation comes from.
func (d *draft) title() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# From a capture: %s.\n#\n", cmp.Or(d.Name, "unnamed"))
	b.WriteString("# Requests are sent as they were captured, but for Session-Id, identifiers of " +
		"the header and\n# Event-Timestamp. The seed has ocs-sim answer as the captured server did. " +
		"Comments name packets.\n")
	return b.String()
}

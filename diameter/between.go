package diameter

import (
	"github.com/ocs-sim/ocs-sim/charging"
)

// script asks how the message at hand, which is one between peers, is to be answered.
func (g *guard) script(h header, origin charging.Origin) charging.Decision {
	s := g.server
	if s.options.Between == nil {
		return charging.Decision{}
	}
	return s.options.Between(h.name(), &charging.Request{
		Origin: origin, EndToEnd: h.endToEnd, At: s.options.Clock.Now(), Exchange: g.number,
		Attributes: frameAttributes{s.dictionary(), g.frame},
	})
}

// unheard reports whether the message is to count as one that never came, and ends the connection
// where that goes with it.
func (g *guard) unheard(d *charging.Decision) bool {
	if d.Delivery == nil || !d.Delivery.Unheard {
		return false
	}
	g.recordSilence(&outgoing{number: g.number})
	g.misbehave(d.Delivery)
	g.part(d.Delivery)
	return true
}

// replyAs queues the answer to a message between peers, as a script wants it.
func (g *guard) replyAs(message []byte, d *charging.Decision) {
	if d.Rule == "" {
		g.reply(message)
		return
	}
	message, left := g.server.dictionary().amend(message, d.Edits)
	for _, why := range left {
		if g.server.options.Note != nil {
			g.server.options.Note(g.number, "amend: "+why+"; the answer is left as it is")
		}
	}
	o := &outgoing{message: message, number: g.number, slot: true}
	if d.Delivery != nil {
		o.answer = &charging.Answer{Delivery: d.Delivery}
		o.message = malformed(message, d.Delivery.Preset)
	}
	if !g.acquire() {
		return
	}
	if o.answer == nil {
		g.enqueue(*o)
		return
	}
	g.dispatch(o)
}

// scriptedResult is the result that a script wants in place of success; 0: none.
func scriptedResult(d *charging.Decision) charging.Result {
	if d.Instead == nil {
		return 0
	}
	return d.Instead.Result
}

// scriptedFault is the refusal that a script wants; nil: it wants none.
func scriptedFault(d *charging.Decision) *refusal {
	if result := scriptedResult(d); result != 0 && !result.Success() {
		return &refusal{result: result, message: "a scenario refuses"}
	}
	return nil
}

// answerBetween answers a DWR or DPR by its grammar: with success, or as a script wants it.
func (g *guard) answerBetween(h header, d *charging.Decision, more func([]byte) []byte) {
	if fault := scriptedFault(d); fault != nil {
		g.replyAs(g.faultMessage(g.frame, h, fault), d)
		return
	}
	result := charging.Success
	if scripted := scriptedResult(d); scripted != 0 {
		result = scripted
	}
	answer := g.self.appendResult(appendMessage(nil, h.answer()), result)
	g.replyAs(endMessage(more(answer), 0), d)
}

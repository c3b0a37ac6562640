package ocssim_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	flagError     = 0x20
	flagsReserved = 0x0f

	avpFlagVendor    = 0x80
	avpFlagMandatory = 0x40
	avpFlagsReserved = 0x3f // with the P bit, which RFC 6733 section 4.1 retired
)

// A verdict gathers what is wrong with one message.
type verdict struct {
	grammar *grammar
	result  uint32
	wrong   []string
}

func (v *verdict) say(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

// judge says what is wrong with a message of the server.
func (g *grammar) judge(frame []byte) []string {
	v := &verdict{grammar: g, result: result(frame)}
	if frame[4]&flagsReserved != 0 {
		v.say("reserved flags are set in the header: %#x", frame[4])
	}
	if !isRequest(frame) && frame[4]&flagRetransmitted != 0 {
		v.say("an answer has the T flag")
	}
	p := v.production(frame)
	if p == nil {
		v.say("command %d is in no dictionary", command(frame))
		return v.wrong
	}
	v.flags(frame, p)
	v.members(p, frame[20:])
	return v.wrong
}

// production finds the grammar of a message: errors of the protocol have one in common.
func (v *verdict) production(frame []byte) *production {
	if frame[4]&flagError != 0 && !isRequest(frame) {
		return v.grammar.failed
	}
	return v.grammar.messages[messageKind{command(frame), isRequest(frame)}]
}

// flags wants the E bit for protocol errors (RFC 6733 section 7.1.3) and nowhere in sound answers.
func (v *verdict) flags(frame []byte, p *production) {
	if isRequest(frame) {
		if proxiable := frame[4]&flagProxiable != 0; proxiable != p.proxiable {
			v.say("P flag of %s is %t", p.word, proxiable)
		}
		return
	}
	code := result(frame)
	switch failed := frame[4]&flagError != 0; {
	case code/1000 == 3 && !failed:
		v.say("%d comes without the E flag", code)
	case code/1000 == 2 && failed:
		v.say("%d comes with the E flag", code)
	}
}

// members judges a run of AVPs by a production, and groups by theirs.
func (v *verdict) members(p *production, b []byte) {
	seen := map[string]int{}
	for place := 0; len(b) > 0; place++ {
		raw, rest, ok := cutAVP(b)
		if !ok {
			v.say("%s: an AVP does not fit: % x", p.word, b)
			return
		}
		b = rest
		rule := v.attribute(p, raw)
		if rule == nil {
			continue
		}
		seen[rule.word]++
		v.place(p, rule, place)
	}
	for _, m := range p.members {
		switch n := seen[m.word]; {
		case n < m.least:
			v.say("%s lacks %s", p.word, m.word)
		case m.most > 0 && n > m.most:
			v.say("%s holds %s %d times", p.word, m.word, n)
		}
	}
}

func (v *verdict) place(p *production, rule *avpRule, place int) {
	m := p.member(rule.word)
	switch {
	case m == nil && !p.open:
		v.say("%s holds %s, which its grammar does not name", p.word, rule.word)
	case m != nil && m.first && place > 0:
		v.say("%s holds %s at place %d", p.word, rule.word, place)
	}
}

// attribute judges one AVP by itself.
func (v *verdict) attribute(p *production, raw []byte) *avpRule {
	id, data := nameOf(raw)
	rule := v.grammar.avps[id]
	if rule == nil {
		if !p.open {
			v.say("%s holds AVP %d of vendor %d, which no dictionary has", p.word, id.code, id.vendor)
		}
		return nil
	}
	if p.word == "Failed-AVP" {
		v.failed(rule, data)
		return rule
	}
	if raw[4]&avpFlagsReserved != 0 {
		v.say("%s has the flags %#x", rule.word, raw[4])
	}
	v.mandatory(rule, raw[4]&avpFlagMandatory != 0)
	v.format(rule, data)
	return rule
}

// failed judges what a Failed-AVP holds. That is what was wrong, as it was, but for an example of
// what is missing: only groups are empty there.
func (v *verdict) failed(rule *avpRule, data []byte) {
	const missing = 5005
	if v.result == missing && rule.format != "Grouped" && len(data) == 0 {
		v.say("Failed-AVP shows %s without data", rule.word)
	}
}

// mandatory judges the M flag. RFC 8506 section 8 leaves it open for the AVPs it adds.
func (v *verdict) mandatory(rule *avpRule, set bool) {
	const firstNew, lastNew = 653, 669
	if rule.vendor == 0 && rule.code >= firstNew && rule.code <= lastNew {
		return
	}
	if set != rule.mandatory {
		v.say("M flag of %s is %t", rule.word, set)
	}
}

// format judges data by its format (RFC 6733 sections 4.2 and 4.3).
func (v *verdict) format(rule *avpRule, data []byte) {
	fits := true
	switch rule.format {
	case "Unsigned32", "Integer32", "Time":
		fits = len(data) == 4
	case "Enumerated":
		fits = len(data) == 4
		if value := rule.values; fits && value != nil && !value[binary.BigEndian.Uint32(data)] {
			v.say("%s has the value %d, which nobody defined", rule.word, binary.BigEndian.Uint32(data))
		}
	case "Unsigned64", "Integer64":
		fits = len(data) == 8
	case "Address":
		fits = bytes.HasPrefix(data, []byte{0, 1}) && len(data) == 6 ||
			bytes.HasPrefix(data, []byte{0, 2}) && len(data) == 18
	case "UTF8String", "IPFilterRule":
		fits = utf8.Valid(data) && len(data) > 0
	case "OctetString":
		fits = len(data) > 0
	case "DiameterIdentity", "DiameterURI":
		fits = len(data) > 0 && !strings.ContainsFunc(string(data), func(r rune) bool {
			return r <= ' ' || r > '~'
		})
	case "Grouped":
		if p := v.grammar.groups[rule.word]; p != nil {
			v.members(p, data)
		}
	}
	if !fits {
		v.say("%s of format %s has the data % x", rule.word, rule.format, data)
	}
}

// cutAVP takes one AVP with its padding, which must be zero.
func cutAVP(b []byte) (raw, rest []byte, ok bool) {
	if len(b) < 8 {
		return nil, nil, false
	}
	length, header := int(binary.BigEndian.Uint32(b[4:])&0xffffff), 8
	if b[4]&avpFlagVendor != 0 {
		header = 12
	}
	padded := (length + 3) &^ 3
	if length < header || padded > len(b) {
		return nil, nil, false
	}
	for _, octet := range b[length:padded] {
		if octet != 0 {
			return nil, nil, false
		}
	}
	return b[:length], b[padded:], true
}

func nameOf(raw []byte) (name, []byte) {
	id := name{0, binary.BigEndian.Uint32(raw)}
	if raw[4]&avpFlagVendor == 0 {
		return id, raw[8:]
	}
	id.vendor = binary.BigEndian.Uint32(raw[8:])
	return id, raw[12:]
}

// judgePair says what is wrong with an answer beside its request: what RFC 6733 section 6.2 has
// copied, and what no answer carries.
func judgePair(request, answer []byte) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if command(request) != command(answer) || endToEnd(request) != endToEnd(answer) ||
		!bytes.Equal(request[8:12], answer[8:12]) {
		say("command, application or End-to-End-Id is not the request's")
	}
	if request[4]&flagProxiable != answer[4]&flagProxiable {
		say("P flag of the answer is not the request's")
	}
	asked, hasSession := find(request, sessionID)
	if said, ok := find(answer, sessionID); ok && hasSession && !bytes.Equal(said.data, asked.data) {
		say("Session-Id is %q, want %q", said.data, asked.data)
	}
	if got, want := allOf(answer, proxyInfo), allOf(request, proxyInfo); !bytes.Equal(got, want) {
		say("Proxy-Info is % x, want % x", got, want)
	}
	for _, never := range []name{destinationHost, destinationRealm, {0, 282}, serviceContextID} {
		if _, ok := find(answer, never); ok {
			say("the answer carries AVP %d, which is for requests", never.code)
		}
	}
	if command(answer) == creditControl && answer[4]&flagError == 0 {
		wrong = append(wrong, judgeEchoes(request, answer)...)
	}
	return wrong
}

// judgeEchoes wants CC-Request-Type, CC-Request-Number and CC-Sub-Session-Id back.
func judgeEchoes(request, answer []byte) (wrong []string) {
	for _, echoed := range []name{ccRequestType, ccRequestNumber, {0, 419}} {
		asked, _ := find(request, echoed)
		if said, _ := find(answer, echoed); !bytes.Equal(said.data, asked.data) {
			wrong = append(wrong,
				fmt.Sprintf("AVP %d is % x, want % x", echoed.code, said.data, asked.data))
		}
	}
	return wrong
}

// allOf joins the data of all AVPs of a name at command level.
func allOf(frame []byte, id name) (all []byte) {
	for _, a := range attributes(frame[20:]) {
		if a.name == id {
			all = append(all, a.data...)
		}
	}
	return all
}

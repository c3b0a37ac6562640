package diameter

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A ServerInspector judges what servers send, message by message: an answer beside its request, and
// the requests of their own. It keeps nothing between two of them, and is for one goroutine.
type ServerInspector struct{ form Inspector }

// NewServerInspector returns an inspector that knows the AVPs that the dictionary of the moment
// has.
func NewServerInspector(current func() *Dictionary) *ServerInspector {
	return &ServerInspector{Inspector{current: current}}
}

// A serverInspection is the judgement of one message of a server.
type serverInspection struct {
	inspection
	said members
	question
	result uint32 // at command level; 0: there is none
	at     time.Time
	inside func(group []byte) members
}

// A question is the request that an answer belongs to.
type question struct {
	known   bool
	request header
	asked   members
	kind    charging.RequestType
	action  charging.Action
}

// begin reads a message; nil: it has no header that could be judged further.
func (i *ServerInspector) begin(raw []byte, at time.Time) (n *serverInspection, judged bool) {
	if d := i.form.current(); i.form.index == nil || i.form.index.dictionary != d {
		i.form.index = newDefinitionIndex(d)
	}
	n = &serverInspection{at: at, inside: i.form.index.membersOf}
	n.inspection = inspection{Inspector: &i.form, ofServer: true}
	if len(raw) < headerLength {
		return n, false
	}
	n.header = parseHeader(raw)
	if raw[0] != 1 {
		n.find("header-version", "version %d", raw[0])
		return n, false
	}
	n.said = n.inside(raw[headerLength:])
	n.length(raw)
	n.members(raw[headerLength:], 0)
	if h := n.header; h.flags&reservedFlags != 0 {
		n.find("header-reserved-bits", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	return n, true
}

// Answer judges what a server answered, and when. The request is the one that it belongs to; nil:
// none is known, and the answer is judged by itself.
func (i *ServerInspector) Answer(request, answer []byte, at time.Time) []charging.Finding {
	n, judged := i.begin(answer, at)
	if !judged {
		return n.found
	}
	n.ask(request)
	n.flags()
	n.results()
	n.origin()
	n.echoes()
	switch n.header.command {
	case commandCreditControl:
		n.creditControl()
	case commandCapabilitiesExchange:
		n.capabilities(answer)
	}
	return n.found
}

// Request judges what a server asks: RAR, ASR, CER, DWR and DPR.
func (i *ServerInspector) Request(raw []byte) []charging.Finding {
	n, judged := i.begin(raw, time.Time{})
	if !judged {
		return n.found
	}
	h := n.header
	if h.flags&flagError != 0 {
		n.find("error-bit-in-request", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	n.origin()
	switch h.command {
	case commandReAuth, commandAbortSession:
		n.summons()
	case commandDisconnectPeer:
		if !n.said.has(avpDisconnectCause) {
			n.find("disconnect-cause-missing", "a DPR without Disconnect-Cause")
		}
	}
	if h.base() && h.flags&flagProxiable != 0 {
		n.find("base-request-proxiable", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	return n.found
}

// ask reads the request.
func (n *serverInspection) ask(request []byte) {
	if len(request) < headerLength {
		return
	}
	n.question = question{
		known: true, request: parseHeader(request), asked: n.inside(request[headerLength:]),
	}
	if kind, ok := n.asked.number(avpCCRequestType); ok {
		n.kind = charging.RequestType(min(kind, 0xff))
	}
	if action, ok := n.asked.number(avpRequestedAction); ok && action <= 3 {
		n.action = charging.Action(action + 1)
	}
}

// length judges Message Length.
func (n *serverInspection) length(raw []byte) {
	said := int(raw[1])<<16 | int(raw[2])<<8 | int(raw[3])
	if said%4 != 0 || said != len(raw) {
		n.find("header-length-wrong", "Message Length %d of a message of %d octets", said, len(raw))
	}
}

// origin judges whether a server says who it is.
func (n *serverInspection) origin() {
	for _, id := range []uint64{avpOriginHost, avpOriginRealm} {
		if !n.said.has(id) {
			n.find("origin-missing", "a %s without %s", n.header.name(),
				n.name(&avp{code: uint32(id)}))
		}
	}
}

// summons judges a RAR or an ASR (RFC 8506 section 5.5, RFC 6733 section 8.5.1).
func (n *serverInspection) summons() {
	h := n.header
	n.sessionFirst()
	if h.flags&flagProxiable == 0 {
		n.find("request-not-proxiable", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	for _, id := range []uint64{avpDestinationHost, avpDestinationRealm} {
		if !n.said.has(id) {
			n.find("server-request-misrouted", "a %s without %s", h.name(),
				n.name(&avp{code: uint32(id)}))
		}
	}
	if h.application != creditControlApplication {
		n.find("server-request-application-wrong", "a %s with Application-Id %d", h.name(),
			h.application)
	} else if said, ok := n.said.number(avpAuthApplicationID); !ok {
		n.find("server-request-application-wrong", "a %s without Auth-Application-Id", h.name())
	} else if said != creditControlApplication {
		n.find("server-request-application-wrong", "a %s with Auth-Application-Id %d", h.name(), said)
	}
	if h.command != commandReAuth {
		return
	}
	switch kind, ok := n.said.number(avpReAuthRequestType); {
	case !ok:
		n.find("reauthorization-type-wrong", "a RAR without Re-Auth-Request-Type")
	case kind != authorizeOnly:
		n.find("reauthorization-type-wrong", "Re-Auth-Request-Type %d", kind)
	}
}

// sessionFirst judges the place of Session-Id.
func (n *serverInspection) sessionFirst() {
	switch {
	case !n.said.has(avpSessionID):
		n.find("session-id-missing", "a %s without Session-Id", n.header.name())
	case n.said[0].id() != avpSessionID:
		n.find("session-id-not-first", "Session-Id behind another AVP")
	}
}

// capabilities judges a CEA.
func (n *serverInspection) capabilities(raw []byte) {
	said := readCapabilities(raw)
	for _, id := range requiredCapabilities {
		if id != avpOriginHost && id != avpOriginRealm && !n.said.has(id) {
			n.find("capabilities-answer-incomplete", "a CEA without %s",
				n.name(&avp{code: uint32(id)}))
		}
	}
	if n.result/1000 != 2 {
		return
	}
	if !said.common {
		n.find("capabilities-answer-without-credit-control",
			"a CEA that offers the applications %v", said.peer.Applications)
	}
	if n.pairs(n.asked) && !n.pairs(n.said) && said.common && !said.peer.Relay {
		n.find("capabilities-vendor-application-missing", "a CEA without "+
			"Vendor-Specific-Application-Id of vendor 10415 with 4, which the CER has")
	}
}

// pairs reports whether capabilities have credit control as an application of 3GPP's.
func (n *serverInspection) pairs(all members) bool {
	for _, group := range all.all(avpVendorSpecificApplicationID) {
		inner := n.inside(group.data)
		vendor, _ := inner.number(avpVendorID)
		application, ok := inner.number(avpAuthApplicationID)
		if ok && vendor == vendor3GPP && application == creditControlApplication {
			return true
		}
	}
	return false
}

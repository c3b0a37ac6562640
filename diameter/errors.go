package diameter

import (
	"encoding/binary"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Results that are given before charging hears of a request (RFC 6733 section 7.1).
const (
	resultCommandUnsupported     charging.Result = 3001
	resultApplicationUnsupported charging.Result = 3007
	resultInvalidHeaderBits      charging.Result = 3008
	resultUnknownPeer            charging.Result = 3010
	resultNoCommonApplication    charging.Result = 5010
	resultUnsupportedVersion     charging.Result = 5011
	resultNoCommonSecurity       charging.Result = 5017
)

// appendMessage begins a message; endMessage writes its length.
func appendMessage(dst []byte, h header) []byte {
	dst = append(dst, 1, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.flags)<<24|h.command)
	dst = binary.BigEndian.AppendUint32(dst, h.application)
	dst = binary.BigEndian.AppendUint32(dst, h.hopByHop)
	return binary.BigEndian.AppendUint32(dst, h.endToEnd)
}

// answer is the header of the answer to a request: only the P bit is repeated (RFC 6733 section
// 6.2), and the identifiers.
func (h header) answer() header {
	h.flags &= flagProxiable
	return h
}

// appendFault appends Failed-AVP around an AVP, header and data.
func appendFault(dst, raw []byte) []byte {
	start := len(dst)
	return endAVP(appendRaw(beginGroup(dst, avpFailedAVP), raw), start)
}

// answerFault answers a request that is refused here.
func (g *guard) answerFault(frame []byte, h header, fault *refusal) {
	g.tellFault(h, fault)
	g.reply(g.faultMessage(frame, h, fault))
}

func (g *guard) tellFault(h header, fault *refusal) {
	g.log.Info().Uint32("command", h.command).Uint32("result", uint32(fault.result)).
		Msg(fault.message)
}

// faultMessage is the answer to a request that is refused here.
func (g *guard) faultMessage(frame []byte, h header, fault *refusal) []byte {
	if h.command == commandCapabilitiesExchange && !fault.result.ProtocolError() {
		return g.server.appendCapabilitiesAnswer(nil, g.connection, h, fault)
	}
	return appendError(nil, frame, h, fault, g.self)
}

// appendError appends an error answer. It takes what it repeats from as much of the frame as can
// be read. Where the command's own grammar cannot be met, it has the E bit and the general grammar
// of RFC 6733 section 7.2, which protocol errors have anyway.
func appendError(dst, frame []byte, h header, fault *refusal, self identity) []byte {
	seen := lookOver(frame)
	head := h.answer()
	if fault.result.ProtocolError() || !seen.meets(h) {
		head.flags |= flagError
	}
	start := len(dst)
	dst = appendMessage(dst, head)
	dst = appendRaw(dst, seen.session)
	dst = appendUint32(dst, 0, avpResultCode, uint32(fault.result))
	dst = appendString(dst, 0, avpOriginHost, self.host)
	dst = appendString(dst, 0, avpOriginRealm, self.realm)
	if head.flags&flagError == 0 && h.command == commandCreditControl {
		dst = appendUint32(dst, 0, avpAuthApplicationID, creditControlApplication)
		dst = appendRaw(dst, seen.requestType)
		dst = appendRaw(dst, seen.requestNumber)
	}
	dst = appendErrorMessage(dst, fault.message)
	if fault.failed != nil {
		dst = appendFault(dst, fault.failed)
	}
	for _, proxy := range seen.proxies {
		dst = appendRaw(dst, proxy)
	}
	return endMessage(dst, start)
}

// overview is what an error answer repeats of a request: whole AVPs without padding.
type overview struct {
	session, requestType, requestNumber []byte
	proxies                             [][]byte
}

// meets reports whether the answer can have the grammar of the command's own answers.
func (o *overview) meets(h header) bool {
	switch h.command {
	case commandDeviceWatchdog, commandDisconnectPeer:
		return true
	case commandCreditControl:
		return o.session != nil && o.requestType != nil && o.requestNumber != nil
	}
	return false
}

// lookOver reads a frame as far as it can be read.
func lookOver(frame []byte) (o overview) {
	if len(frame) < headerLength {
		return o
	}
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		switch {
		case a.id() == avpSessionID && o.session == nil:
			o.session = a.raw
		case a.id() == avpCCRequestType && len(a.data) == 4:
			o.requestType = a.raw
		case a.id() == avpCCRequestNumber && len(a.data) == 4:
			o.requestNumber = a.raw
		case a.id() == avpProxyInfo:
			o.proxies = append(o.proxies, a.raw)
		}
		rest = next
	}
	return o
}

// KindPeerNotFound says that no connection leads to a host.
const KindPeerNotFound = charging.KindPeerNotFound

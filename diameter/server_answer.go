package diameter

import (
	"bytes"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// flags judges the header of an answer by that of its request.
func (n *serverInspection) flags() {
	h := n.header
	if h.request() {
		n.find("answer-request-bit", "Command Flags %#02x in an answer", h.flags)
	}
	if h.flags&flagRetransmitted != 0 {
		n.find("answer-retransmission-bit", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	if !n.known {
		return
	}
	asked := n.request
	if h.command != asked.command {
		n.find("answer-command-wrong", "command %d answers %d", h.command, asked.command)
	}
	if h.application != asked.application {
		n.find("answer-application-wrong", "Application-Id %d answers %d", h.application,
			asked.application)
	}
	if h.endToEnd != asked.endToEnd {
		n.find("answer-end-to-end-wrong", "End-to-End Identifier %#08x, the request has %#08x",
			h.endToEnd, asked.endToEnd)
	}
	if (h.flags^asked.flags)&flagProxiable != 0 {
		n.find("answer-proxiable-bit-changed", "Command Flags %#02x answer %#02x", h.flags,
			asked.flags)
	}
}

// Results of RFC 6733 section 7.1 and RFC 8506 section 9, by class.
const (
	lastProtocolError = 3010
	resultRedirect    = 3006
)

// results judges the result at command level.
func (n *serverInspection) results() {
	code, plain := n.said.number(avpResultCode)
	group := n.said.first(avpExperimentalResult)
	switch {
	case plain && group != nil:
		n.find("two-results", "Result-Code %d beside Experimental-Result", code)
	case group != nil:
		code, _ = n.inside(group.data).number(avpExperimentalResultCode)
		if n.header.command == commandCreditControl {
			n.find("experimental-result-alone", "Experimental-Result %d, and no Result-Code", code)
		}
	case !plain:
		n.find("answer-without-result", "a %s without Result-Code", n.header.name())
		return
	}
	n.result = code
	n.errorBit()
	switch class := code / 1000; {
	case class < 2 || class > 5:
		n.find("result-class-unknown", "Result-Code %d", code)
	case plain && !isResult(code):
		n.find("result-of-other-application", "Result-Code %d", code)
	}
	if quotesAVP(code) && !n.said.has(avpFailedAVP) {
		n.find("failed-avp-missing", "%s without Failed-AVP", charging.Result(code).Name())
	}
	if code == resultRedirect && !n.said.has(avpRedirectHost) {
		n.find("redirect-host-missing", "3006 without Redirect-Host")
	}
}

// errorBit judges the E bit. RFC 6733 section 7.2 leaves it open for permanent failures, which may
// be answered in the common form of errors, too.
func (n *serverInspection) errorBit() {
	failed := n.header.flags&flagError != 0
	switch class := n.result / 1000; {
	case class == 3 && !failed:
		n.find("answer-error-bit-missing", "Result-Code %d with Command Flags %#02x", n.result,
			n.header.flags)
	case (class == 1 || class == 2 || class == 4) && failed:
		n.find("answer-error-bit-misplaced", "Result-Code %d with Command Flags %#02x", n.result,
			n.header.flags)
	}
}

// isResult knows the results of the base protocol and of credit control.
func isResult(code uint32) bool {
	switch {
	case code == 2001, code == 2002,
		code >= 3001 && code <= lastProtocolError,
		code >= 4001 && code <= 4003, code >= 4010 && code <= 4012,
		code >= 5001 && code <= 5017, code == 5030, code == 5031:
		return true
	}
	return false
}

// quotesAVP knows the results beside which Failed-AVP must show what is wrong (RFC 6733 section
// 7.1.5).
func quotesAVP(code uint32) bool {
	switch code {
	case 5001, 5004, 5005, 5007, 5008, 5009, 5014:
		return true
	}
	return false
}

// echoes judges what an answer has to give back.
func (n *serverInspection) echoes() {
	if !n.known {
		return
	}
	asked, said := n.asked.first(avpSessionID), n.said.first(avpSessionID)
	switch {
	case asked == nil:
	case said == nil:
		n.find("session-id-missing", "a %s without Session-Id", n.header.name())
	case !bytes.Equal(asked.data, said.data):
		n.find("answer-session-id-wrong", "Session-Id %s, the request has %s", said.data, asked.data)
	}
	if said != nil && n.said[0].id() != avpSessionID {
		n.find("session-id-not-first", "Session-Id behind another AVP")
	}
	n.proxies()
}

// proxies judges Proxy-Info.
func (n *serverInspection) proxies() {
	asked, said := n.asked.all(avpProxyInfo), n.said.all(avpProxyInfo)
	ordered := len(asked) == len(said)
	for i := range asked {
		if !said.holds(&asked[i]) {
			n.find("answer-proxy-info-missing", "Proxy-Info %d of %d is not in the answer as it was",
				i+1, len(asked))
			return
		}
		ordered = ordered && bytes.Equal(asked[i].data, said[i].data)
	}
	if !ordered {
		n.find("answer-proxy-info-order", "%d Proxy-Info in the request, %d in the answer, "+
			"in another order", len(asked), len(said))
	}
}

// holds reports whether a member has the same data as an AVP.
func (m members) holds(a *avp) bool {
	for i := range m {
		if bytes.Equal(m[i].data, a.data) {
			return true
		}
	}
	return false
}

// creditControl judges a CCA.
func (n *serverInspection) creditControl() {
	n.places()
	if n.header.flags&flagError != 0 || n.header.request() {
		return // the common form of errors has nothing of a CCA (RFC 6733 section 7.2)
	}
	switch said, ok := n.said.number(avpAuthApplicationID); {
	case !ok:
		n.find("answer-auth-application-wrong", "a CCA without Auth-Application-Id")
	case said != creditControlApplication:
		n.find("answer-auth-application-wrong", "Auth-Application-Id %d", said)
	}
	if !n.known || n.request.command != commandCreditControl {
		return
	}
	n.echo(avpCCRequestType, "answer-request-type-wrong")
	n.echo(avpCCRequestNumber, "answer-request-number-wrong")
	n.echo(avpCCSubSessionID, "answer-sub-session-wrong")
	n.services()
	n.event()
	n.cost()
}

// echo judges one AVP that the answer repeats.
func (n *serverInspection) echo(id uint64, rule string) {
	asked, said := n.asked.first(id), n.said.first(id)
	switch {
	case asked == nil:
	case said == nil:
		n.find(rule, "a CCA without %s", n.name(asked))
	case !bytes.Equal(asked.data, said.data):
		n.find(rule, "%s %s, the request has %s", n.name(asked), n.value(said), n.value(asked))
	}
}

// places judges what stands at command level of a CCA, and how often (RFC 8506 sections 3.2 and
// 10.1).
func (n *serverInspection) places() {
	seen := map[uint64]bool{}
	for i := range n.said {
		a := &n.said[i]
		switch {
		case isOfRequests(a.id()):
			n.find("answer-avp-of-requests", "%s in a CCA", n.name(a))
		case seen[a.id()] && onceInAnswer(a.id()):
			n.find("answer-avp-too-often", "%s more than once", n.name(a))
		}
		seen[a.id()] = true
	}
}

func isOfRequests(id uint64) bool {
	switch id {
	case avpDestinationHost, avpDestinationRealm, avpServiceContextID, avpSubscriptionID,
		avpRequestedAction, avpRequestedServiceUnit, avpUsedServiceUnit,
		avpMultipleServicesIndicator, avpTerminationCause:
		return true
	}
	return false
}

func onceInAnswer(id uint64) bool {
	switch id {
	case avpSessionID, avpResultCode, avpExperimentalResult, avpOriginHost, avpOriginRealm,
		avpAuthApplicationID, avpCCRequestType, avpCCRequestNumber, avpCCSubSessionID,
		avpUserName, avpCCSessionFailover, avpOriginStateID, avpEventTimestamp,
		avpGrantedServiceUnit, avpCostInformation, avpFinalUnitIndication,
		avpQoSFinalUnitIndication, avpCheckBalanceResult, avpCreditControlFailureHandling,
		avpDirectDebitingFailureHandling, avpValidityTime, avpRemainingBalance,
		avpLowBalanceIndication, avpErrorMessage:
		return true
	}
	return false
}

// event judges what is said of one event, and not in sessions.
func (n *serverInspection) event() {
	events := n.kind == charging.Event
	if events && n.said.has(avpCreditControlFailureHandling) {
		n.find("failure-handling-in-event",
			"Credit-Control-Failure-Handling in the answer to an EVENT_REQUEST")
	}
	refused := func(s *serverService) bool { return s.refused() }
	if !events || n.result/1000 != 2 || slices.ContainsFunc(n.servicesOf(n.said), refused) {
		return
	}
	switch n.action {
	case charging.PriceEnquiry:
		if !n.said.has(avpCostInformation) {
			n.find("price-missing", "2001 to PRICE_ENQUIRY without Cost-Information")
		}
	case charging.CheckBalance:
		if !n.said.has(avpCheckBalanceResult) {
			n.find("balance-result-missing", "2001 to CHECK_BALANCE without Check-Balance-Result")
		}
	}
}

// names are those of these AVPs that are there.
func (n *serverInspection) names(ids ...uint64) (names []string) {
	for _, id := range ids {
		if a := n.said.first(id); a != nil {
			names = append(names, n.name(a))
		}
	}
	return names
}

// cost judges Cost-Information.
func (n *serverInspection) cost() {
	group := n.said.first(avpCostInformation)
	if group == nil {
		return
	}
	inner := n.inside(group.data)
	for _, id := range []uint64{avpUnitValue, avpCurrencyCode} {
		if !inner.has(id) {
			n.find("cost-incomplete", "Cost-Information without %s", n.name(&avp{code: uint32(id)}))
		}
	}
}

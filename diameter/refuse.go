package diameter

import (
	"bytes"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Results that only the door gives (RFC 6733 section 7.1).
const (
	resultLoopDetected         charging.Result = 3005
	resultInvalidAVPBits       charging.Result = 3009
	resultAVPUnsupported       charging.Result = 5001
	resultAVPNotAllowed        charging.Result = 5008
	resultAVPOccursTooOften    charging.Result = 5009
	resultInvalidAVPLength     charging.Result = 5014
	resultInvalidMessageLength charging.Result = 5015
	resultInvalidAVPFlags      charging.Result = 5016
)

// reservedBits are the bits of an AVP's flags that nobody has defined.
const reservedBits = 0x1f

// namesNoVendor reports whether the AVP says that it has a vendor, and none: RFC 6733 section 4.1.1
// keeps zero for the AVPs without one, which have no such field.
func (a *avp) namesNoVendor() bool { return a.vendor == 0 && a.flags&flagVendor != 0 }

// refuse notes a fault, if it is the first. raw is the AVP at fault; Failed-AVP shows it within
// the groups it stands in.
func (w *walk) refuse(result charging.Result, raw []byte, message string) {
	if w.request.Refused != nil {
		return
	}
	refusal := &charging.Refusal{Result: result, Message: message}
	if raw != nil {
		refusal.Failed = []charging.FailedAVP{{Raw: w.nested(raw)}}
	}
	w.request.Refused = refusal
}

// refuseMissing notes an AVP that is not there (RFC 6733 section 7.1.5).
func (w *walk) refuseMissing(path string) {
	if w.request.Refused != nil {
		return
	}
	w.request.Refused = &charging.Refusal{
		Result:  charging.MissingAVP,
		Failed:  []charging.FailedAVP{{Path: path}},
		Message: path + " is missing",
	}
}

// nested wraps the AVP into the groups around it, each reduced to that one member.
func (w *walk) nested(raw []byte) []byte {
	inner := bytes.Clone(raw)
	for i := w.depth - 1; i >= 0; i-- {
		group := w.path[i]
		header := 8
		if group[4]&flagVendor != 0 {
			header = 12
		}
		outer := append(make([]byte, 0, header+len(inner)+4), group[:header]...)
		for len(inner)%4 != 0 {
			inner = append(inner, 0)
		}
		inner = endAVP(append(outer, inner...), 0)
	}
	return inner
}

// refuseLength notes an AVP whose length cannot be followed, or does not fit its type. bad is what
// there is of it. An example is shown in its place (RFC 6733 section 7.1.5): what came would make
// the answer as unreadable as the request.
func (w *walk) refuseLength(bad []byte, message string) {
	if w.request.Refused == nil {
		w.refuse(resultInvalidAVPLength, w.shapes.dictionary.example(bad), message)
	}
}

// quotable is what Failed-AVP shows of an AVP that nobody has looked into: all of it, or its header
// with an example where what stands in it cannot be read.
func (d *Dictionary) quotable(a *avp) []byte {
	if definition, known := d.find(a.vendor, a.code); known && definition.kind == grouped &&
		!d.membersFit(a.data, maxGroups) {
		return d.example(a.raw)
	}
	return a.raw
}

// membersFit reports whether these are AVPs, in groups too, as far as lengths tell.
func (d *Dictionary) membersFit(members []byte, depth int) bool {
	for len(members) > 0 {
		a, rest, ok := nextAVP(members)
		if !ok {
			return false
		}
		members = rest
		definition, known := d.find(a.vendor, a.code)
		if known && definition.kind == grouped && (depth == 0 || !d.membersFit(a.data, depth-1)) {
			return false
		}
	}
	return true
}

// presence says which AVPs of a CCR were there.
type presence uint32

const (
	sawSessionID presence = 1 << iota
	sawOriginHost
	sawOriginRealm
	sawDestinationRealm
	sawDestinationHost
	sawAuthApplication
	sawContext
	sawRequestType
	sawRequestNumber
	sawSubSession
	sawAction
	sawEventTime
	sawCause
	sawMultiple
	sawUserName
	sawRequested
	sawIdentifier
	sawGroup
	sawCorrelation
	sawOriginState
	sawRefund

	// tolerated may come again: Kamailio sends its origin twice, once from its transport and once
	// from its module's parameters.
	tolerated = sawOriginHost | sawOriginRealm
	// forbidden AVPs have no place in a CCR.
	forbidden presence = 1 << 31
)

func (p presence) has(all presence) bool { return p&all == all }

// placeInRequest is the table of RFC 8506 section 10.1 for CCR: zero for AVPs that may stand there
// any number of times, forbidden for those that may not, and else a bit: once.
func placeInRequest(id uint64) presence {
	switch id {
	case avpSessionID:
		return sawSessionID
	case avpOriginHost:
		return sawOriginHost
	case avpOriginRealm:
		return sawOriginRealm
	case avpDestinationRealm:
		return sawDestinationRealm
	case avpDestinationHost:
		return sawDestinationHost
	case avpAuthApplicationID:
		return sawAuthApplication
	case avpServiceContextID:
		return sawContext
	case avpCCRequestType:
		return sawRequestType
	case avpCCRequestNumber:
		return sawRequestNumber
	case avpCCSubSessionID:
		return sawSubSession
	case avpRequestedAction:
		return sawAction
	case avpEventTimestamp:
		return sawEventTime
	case avpTerminationCause:
		return sawCause
	case avpMultipleServicesIndicator:
		return sawMultiple
	case avpUserName:
		return sawUserName
	case avpRequestedServiceUnit:
		return sawRequested
	case avpServiceIdentifier:
		return sawIdentifier
	case avpRatingGroup:
		return sawGroup
	case avpCCCorrelationID:
		return sawCorrelation
	case avpOriginStateID:
		return sawOriginState
	case avpRefundInformation:
		return sawRefund
	case avpResultCode, avpFailedAVP, avpGrantedServiceUnit, avpCostInformation,
		avpCheckBalanceResult, avpValidityTime, avpFinalUnitIndication,
		avpQoSFinalUnitIndication, avpCCSessionFailover, avpCreditControlFailureHandling,
		avpDirectDebitingFailureHandling, avpRedirectHost, avpRedirectHostUsage,
		avpRedirectMaxCacheTime:
		return forbidden
	}
	return 0
}

// occurs checks whether the AVP may stand here, at command level, and not too often.
func (w *walk) occurs(a *avp) bool { return w.mayStand(placeInRequest(a.id()), a) }

// mayStand checks an AVP by its place in the grammar of its message.
func (w *walk) mayStand(place presence, a *avp) bool {
	switch {
	case place == 0:
		return true
	case place == forbidden:
		w.refuse(resultAVPNotAllowed, a.raw, "an AVP stands in the request that must not")
		return false
	case w.saw&place == 0:
		w.saw |= place
		return true
	case place&tolerated == 0:
		w.refuseExcess(a)
	}
	return false
}

// once is occurs for the members of a group; seen is the group's own.
func (w *walk) once(seen *presence, place presence, a *avp) bool {
	if *seen&place != 0 {
		w.refuseExcess(a)
		return false
	}
	*seen |= place
	return true
}

func (w *walk) refuseExcess(a *avp) {
	w.refuse(resultAVPOccursTooOften, a.raw, "an AVP occurs more often than it may")
}

// routed checks for a loop (RFC 6733 section 6.1.3).
func (w *walk) routed(a *avp) {
	if bytes.EqualFold(a.data, []byte(w.self.host)) {
		w.refuse(resultLoopDetected, nil, "Route-Record names this server")
	}
}

// refuseFeatures refuses features that the client insists on: none are had here, and then the AVP
// counts as unknown (TS 32.299 section 6.5.10.3).
func (w *walk) refuseFeatures(a *avp) {
	if a.flags&flagMandatory != 0 {
		w.refuse(resultAVPUnsupported, a.raw, "Supported-Features is not supported")
	}
}

// missing looks for the AVPs that every CCR must have. Auth-Application-Id is not among them:
// Kamailio sends Vendor-Specific-Application-Id in its place.
func (w *walk) missing() {
	switch {
	case w.missingRoute():
	case !w.saw.has(sawContext):
		w.refuseMissing("Service-Context-Id")
	case !w.saw.has(sawRequestType):
		w.refuseMissing("CC-Request-Type")
	case !w.saw.has(sawRequestNumber):
		w.refuseMissing("CC-Request-Number")
	case w.request.Type == charging.Event && !w.saw.has(sawAction):
		w.refuseMissing("Requested-Action")
	}
}

// missingRoute looks for the AVPs that every request between hosts must have, and reports whether
// one lacks.
func (w *walk) missingRoute() bool {
	switch {
	case !w.saw.has(sawSessionID):
		w.refuseMissing("Session-Id")
	case !w.saw.has(sawOriginHost):
		w.refuseMissing("Origin-Host")
	case !w.saw.has(sawOriginRealm):
		w.refuseMissing("Origin-Realm")
	case !w.saw.has(sawDestinationRealm) && w.saw.has(sawDestinationHost):
		// RFC 6733 section 6.1.4: a Destination-Host without a realm cannot be routed.
		w.refuse(charging.UnableToDeliver, nil, "Destination-Host without Destination-Realm")
	case !w.saw.has(sawDestinationRealm):
		w.refuseMissing("Destination-Realm")
	default:
		return false
	}
	return true
}

package diameter

import "github.com/ocs-sim/ocs-sim/charging"

// withQuirks gives the answer that begins at start the peculiarities of another server's. Error
// answers of the general grammar stay as they are. The client is whom Destination AVPs name.
func withQuirks(
	dst []byte, start int, quirks charging.AnswerQuirks, client charging.Origin,
) []byte {
	whole := append([]byte(nil), dst[start:]...)
	if parseHeader(whole).flags&flagError != 0 {
		return dst
	}
	q := quirked{quirks: quirks, client: client}
	dst = append(dst[:start], whole[:headerLength]...)
	for rest := whole[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		dst = q.command(dst, &a)
		rest = next
	}
	return endMessage(dst, start)
}

// quirked is an answer that is being made peculiar.
type quirked struct {
	quirks   charging.AnswerQuirks
	client   charging.Origin
	services int // MSCCs so far
}

// command appends an AVP at command level, or what stands in its place.
func (q *quirked) command(dst []byte, a *avp) []byte {
	has := q.quirks.Has
	switch id := a.id(); {
	case id == avpAuthApplicationID && has(charging.QuirkNoApplication),
		id == avpCCRequestType && has(charging.QuirkNoRequestType),
		id == avpCCRequestNumber && has(charging.QuirkNoRequestNumber):
		return dst
	case id == avpResultCode && has(charging.QuirkExperimental):
		return appendExperimental(dst, a.uint32())
	case id == avpOriginRealm && has(charging.QuirkDestination):
		dst = appendRaw(dst, a.raw)
		dst = appendText(dst, avpDestinationHost, q.client.Host)
		return appendText(dst, avpDestinationRealm, q.client.Realm)
	case id == avpMultipleServices:
		q.services++
		if q.services > 1 && has(charging.QuirkOneService) {
			return dst
		}
		return q.service(dst, a)
	}
	return appendRaw(dst, a.raw)
}

// service appends an MSCC without what the peculiarities leave out.
func (q *quirked) service(dst []byte, group *avp) []byte {
	has := q.quirks.Has
	start := len(dst)
	dst = beginGroup(dst, avpMultipleServices)
	for rest := group.data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		rest = next
		id := a.id()
		out := id == avpRatingGroup && has(charging.QuirkNoRatingGroup) ||
			id == avpServiceIdentifier && has(charging.QuirkNoServiceIDs) ||
			id == avpResultCode && has(charging.QuirkNoServiceResult)
		if !out {
			dst = appendRaw(dst, a.raw)
		}
	}
	return endAVP(dst, start)
}

// appendExperimental appends Experimental-Result in place of a Result-Code.
func appendExperimental(dst []byte, code uint32) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpExperimentalResult)
	dst = appendNumber(dst, avpVendorID, vendor3GPP)
	dst = appendNumber(dst, avpExperimentalResultCode, code)
	return endAVP(dst, start)
}

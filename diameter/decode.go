package diameter

import (
	"bytes"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// maxGroups is how deep groups of AVPs may stand in one another. Nothing that is charged here
// needs more than five; deeper ones are refused rather than followed.
const maxGroups = 16

// A decoder turns CCR frames into requests. It holds nothing that changes and serves all
// connections at once.
type decoder struct {
	self       identity
	dictionary *Dictionary
	currencies map[uint32]charging.Unit
}

func newDecoder(d *Dictionary, self identity) *decoder {
	return &decoder{self: self, dictionary: d, currencies: numericCurrencies()}
}

// as is the decoder for another identity of the server.
func (d *decoder) as(self identity) *decoder {
	other := *d
	other.self = self
	return &other
}

// decode reads a CCR. It never fails: what is wrong stands in Refused, the first fault only (RFC
// 6733 section 7.5), and all that can be read is read, since an update that is refused still
// settles what it reports. The request has no Type where its session, type or number could not be
// read: such a request belongs to nothing and can only be answered.
//
// proxyInfo are the Proxy-Info AVPs as they came; they point into the frame, nothing else does.
func (d *decoder) decode(frame []byte, at time.Time) (r *charging.Request, proxyInfo [][]byte) {
	return d.decodeWith(d.dictionary, frame, at)
}

// decodeWith is decode by another dictionary.
func (d *decoder) decodeWith(
	dictionary *Dictionary, frame []byte, at time.Time,
) (r *charging.Request, proxyInfo [][]byte) {
	room := new(room)
	w := walk{decoder: d, shapes: dictionary.shapes, request: &room.request, room: room}
	w.begin(at)
	if len(frame) < headerLength {
		w.refuse(resultInvalidMessageLength, nil, "the message is shorter than its header")
		return w.request, nil
	}
	h := parseHeader(frame)
	w.request.EndToEnd = h.endToEnd
	w.request.Retransmitted = h.flags&flagRetransmitted != 0
	var a avp
	for rest := frame[headerLength:]; w.next(&rest, &a); {
		w.command(&a)
	}
	w.finish()
	return w.request, w.proxies
}

// A walk is one passage through a frame.
type walk struct {
	*decoder
	shapes  *shapes
	request *charging.Request
	room    *room
	path    [maxGroups][]byte // the groups around the AVP at hand, outermost first
	depth   int
	shape   shape // of the AVP that next found
	saw     presence
	proxies [][]byte
	lenient bool // pass over what is not known, whatever its flags

	single    charging.Service // units at command level, as RFC 8506 has them without MSCC
	hasSingle bool
	userName  []byte // in the frame, as caller is
	caller    []byte
	info      gathering
}

// A room is one allocation for what nearly every request has.
type room struct {
	request     charging.Request
	subscribers [2]charging.Identity
	services    [2]charging.Service
	used        [2]charging.Usage
	units       [6]charging.Quantity
	ids         [2]uint32
	media       [2]string
	triggers    [1]uint32
	// How many of each are taken.
	unitsTaken, reports, idsTaken int
	triggered                     bool
}

func (w *walk) begin(at time.Time) {
	w.request.At = at
	w.request.Subscribers = w.room.subscribers[:0]
	w.request.Services = w.room.services[:0]
	w.info.offered = w.room.media[:0]
}

// next cuts the next AVP that is known and has a sound length, and notes its shape. Others are
// refused, or passed over where they carry no M bit. It is false at the end, and where the rest
// cannot be followed.
func (w *walk) next(rest *[]byte, a *avp) bool {
	for whole := *rest; len(whole) > 0; whole = *rest {
		var ok bool
		if *rest, ok = a.cut(whole); !ok {
			w.refuseLength(whole, "the length of an AVP leaves the space around it")
			return false
		}
		if a.vendor == vendor3GPP {
			w.request.Vendor3GPP = true
		}
		w.shape = w.shapes.of(a.vendor, a.code)
		if w.sound(a) {
			return true
		}
	}
	return false
}

// sound reports whether the AVP is worth reading.
func (w *walk) sound(a *avp) bool {
	s := w.shape
	switch {
	case a.flags&reservedBits != 0:
		// RFC 6733 section 4.1: an unrecognized bit is an error.
		shown := w.shapes.dictionary.quotable(a)
		w.refuse(resultInvalidAVPBits, shown, "an AVP has a flag bit that is not defined")
	case a.namesNoVendor():
		shown := w.shapes.dictionary.quotable(a)
		w.refuse(resultInvalidAVPFlags, shown, "an AVP has the V bit and no vendor")
	case s == unknownShape && a.flags&flagMandatory != 0 && !w.lenient:
		w.refuse(resultAVPUnsupported, a.raw, "an AVP with the M bit is not known here")
	case s == unknownShape:
	case !s.fits(a.data):
		w.refuseLength(a.raw, "the length of an AVP does not fit its type")
	case s == valueShape && !w.shapes.dictionary.allows(a) && !w.lenient:
		w.refuse(charging.InvalidAVPValue, a.raw, "the enumeration has no such value")
	default:
		return true
	}
	return false
}

// enter goes into a group; leave must follow if it reports true.
func (w *walk) enter(group *avp) bool {
	if w.depth == maxGroups {
		w.refuse(
			charging.InvalidAVPValue,
			group.raw,
			"groups of AVPs stand too deep in one another",
		)
		return false
	}
	w.path[w.depth] = group.raw
	w.depth++
	return true
}

func (w *walk) leave() { w.depth-- }

// command reads an AVP at command level of a CCR.
func (w *walk) command(a *avp) {
	if !w.occurs(a) {
		return
	}
	r := w.request
	switch a.id() {
	case avpCCSubSessionID:
		r.Key.Session.Sub = a.uint64()
	case avpCCRequestNumber:
		r.Key.Number = a.uint32()
	case avpCCRequestType:
		w.requestType(a)
	case avpRequestedAction:
		if w.within(a, 3) {
			r.Action = charging.Action(a.uint32() + 1)
		}
	case avpMultipleServicesIndicator:
		if w.within(a, 1) {
			r.Multiple = charging.Known(int64(a.uint32()))
		}
	case avpAuthApplicationID:
		if a.uint32() != creditControlApplication {
			w.refuse(
				charging.InvalidAVPValue,
				a.raw,
				"Auth-Application-Id is not 4, credit control",
			)
		}
	default:
		w.common(a)
	}
}

// common reads an AVP at command level that CCR and ACR share.
func (w *walk) common(a *avp) {
	r := w.request
	switch a.id() {
	case avpSessionID:
		w.session(a)
	case avpOriginHost:
		r.Origin.Host = string(a.data)
	case avpOriginRealm:
		r.Origin.Realm = string(a.data)
	case avpServiceContextID:
		r.Context = string(a.data)
	case avpEventTimestamp:
		r.EventTime = a.time()
	case avpTerminationCause:
		r.Cause = a.uint32()
	case avpUserName:
		w.userName = a.data
	case avpProxyInfo:
		w.proxies = append(w.proxies, a.raw)
	case avpRouteRecord:
		w.routed(a)
	case avpMultipleServices:
		r.Services = append(r.Services, w.service(a))
	case avpTrigger:
		r.Triggers = w.triggers(r.Triggers, a)
	default:
		w.lessUsual(a)
	}
}

// session reads Session-Id, which names nothing where it is empty (RFC 6733 section 8.8).
func (w *walk) session(a *avp) {
	w.request.Key.Session.ID = string(a.data)
	if len(a.data) == 0 {
		w.refuse(charging.InvalidAVPValue, a.raw, "Session-Id is empty")
	}
}

// lessUsual reads what stands at command level in few requests: units without an MSCC (RFC 8506
// section 5.1), Subscription-Id-Extension, and the information on the service, whose groups some
// clients send without Service-Information around them.
func (w *walk) lessUsual(a *avp) {
	switch a.id() {
	case avpSubscriptionID, avpSubscriptionIDExtension:
		w.subscriber(a)
	case avpRequestedServiceUnit, avpUsedServiceUnit, avpServiceIdentifier, avpRatingGroup,
		avpReportingReason:
		w.hasSingle = true
		w.ofService(&w.single, a)
	case avpSupportedFeatures:
		w.refuseFeatures(a)
	case avpRefundInformation:
		w.request.Refund = bytes.Clone(a.data)
	default:
		w.inform(0, a)
	}
}

func (w *walk) requestType(a *avp) {
	value := a.uint32()
	if value < 1 || value > 4 {
		w.refuse(charging.InvalidAVPValue, a.raw, "CC-Request-Type is none of 1 to 4")
	}
	if value <= 0xff {
		// The answer repeats the type, a wrong one too.
		w.request.Type = charging.RequestType(value)
	}
}

// within checks an enumeration that starts at zero (RFC 6733 section 7.1.5).
func (w *walk) within(a *avp, highest uint32) bool {
	if a.uint32() <= highest {
		return true
	}
	w.refuse(charging.InvalidAVPValue, a.raw, "the value of an enumeration is out of range")
	return false
}

// finish draws what follows from the whole message.
func (w *walk) finish() {
	r := w.request
	w.missing()
	if r.Type != charging.Event {
		// Open5GS sends Requested-Action in every CCR; it means nothing in a session.
		r.Action = charging.NoAction
	}
	if w.hasSingle && len(r.Services) == 0 {
		w.single.Single = true
		r.Services = append(r.Services, w.single)
	}
	w.fallBack()
	w.settleInformation()
	if !w.saw.has(sawSessionID | sawRequestNumber) {
		r.Type = 0
	}
}

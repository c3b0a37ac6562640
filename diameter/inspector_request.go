package diameter

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/ocs-sim/ocs-sim/charging"
)

func isUTF8(data []byte) bool { return utf8.Valid(data) }

// A reading is what an inspection gathers of a CCR before it judges the whole.
type reading struct {
	seen       presence
	kind       uint32 // CC-Request-Type
	host       []byte
	session    []byte
	many       charging.Number // Multiple-Services-Indicator
	services   []namedService
	grouped    bool // there is an MSCC
	single     bool // units stand at command level
	requested  bool
	used       bool
	side       uint32 // of a tariff change, plus one, in the MSCC at hand
	changed    bool   // Reporting-Reason RATING_CONDITION_CHANGE in the MSCC at hand
	conditions bool   // Reporting-Reason RATING_CONDITION_CHANGE without Trigger beside it
	triggered  bool   // Trigger at command level
	routed     bool
}

// A namedService is the key of an MSCC, as octets.
type namedService struct {
	keyed bool
	group uint32
	ids   string
	side  uint32 // of a tariff change, plus one: each may stand in a group of its own
}

// creditControl judges what a CCR holds.
func (n *inspection) creditControl(raw []byte) {
	var r reading
	var a avp
	for rest, first := raw[headerLength:], true; len(rest) > 0; first = false {
		next, ok := a.cut(rest)
		if !ok {
			break
		}
		if a.id() == avpSessionID && !first && r.session == nil {
			n.find("session-id-not-first", "Session-Id behind another AVP")
		}
		if n.fits(&a) {
			n.place(&r, &a)
			n.command(&r, &a)
		}
		rest = next
	}
	n.whole(&r)
	n.presence(&r)
}

// fits reports whether an AVP can be read: its length is that of its type.
func (n *inspection) fits(a *avp) bool {
	definition := n.index.find(a.vendor, a.code)
	return definition == nil || definition.kind.fits(a.data)
}

// place judges whether an AVP may stand in a CCR, and how often.
func (n *inspection) place(r *reading, a *avp) {
	switch at := placeInRequest(a.id()); {
	case at == forbidden:
		n.find("avp-of-answers", "%s in a CCR", n.name(a))
	case r.seen&at != 0:
		n.find("avp-too-often", "%s more than once", n.name(a))
	default:
		r.seen |= at
	}
}

// command judges an AVP at command level.
func (n *inspection) command(r *reading, a *avp) {
	switch a.id() {
	case avpSessionID:
		r.session = a.data
	case avpOriginHost:
		if r.host == nil {
			r.host = a.data
		}
		if !isHostName(a.data) {
			n.find("origin-host-form", "Origin-Host %q", a.data)
		}
	case avpDestinationHost:
		if !n.isOurs(a.data) {
			n.find("destination-foreign", "Destination-Host %s", a.data)
		}
	case avpAuthApplicationID:
		if a.uint32() != creditControlApplication {
			n.find("auth-application-wrong", "Auth-Application-Id %d", a.uint32())
		}
	case avpServiceContextID:
		if name, domain, _ := bytes.Cut(a.data, []byte("@")); len(name) == 0 || len(domain) == 0 {
			n.find("context-form", "Service-Context-Id %q", a.data)
		}
	case avpCCRequestType:
		r.kind = a.uint32()
		n.within(a, 1, 4)
	case avpRequestedAction:
		n.within(a, 0, 3)
	case avpMultipleServicesIndicator:
		r.many = charging.Known(int64(a.uint32()))
		n.within(a, 0, 1)
	case avpAccountingRecordType, avpAccountingRecordNumber:
		if a.flags&flagMandatory != 0 {
			n.find("accounting-avps", "%s with the M bit", n.name(a))
		}
	case avpRouteRecord:
		r.routed = true
	case avpTrigger:
		r.triggered = r.triggered || contains(a.data, avpTriggerType)
	case avpReportingReason:
		n.find("reporting-reason-misplaced", "Reporting-Reason at command level")
	case avpRequestedServiceUnit, avpUsedServiceUnit:
		r.single = true
		n.units(r, a)
	case avpMultipleServices:
		r.grouped = true
		n.service(r, a)
	case avpSubscriptionID:
		n.subscriber(a)
	}
}

// within judges an enumeration.
func (n *inspection) within(a *avp, lowest, highest uint32) {
	if value := a.uint32(); value < lowest || value > highest {
		n.find("enumeration-out-of-range", "%s %d", n.name(a), value)
	}
}

// isHostName reports whether a DiameterIdentity can be one.
func isHostName(name []byte) bool {
	for _, c := range name {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return len(name) > 0
}

// units judges a Requested- or Used-Service-Unit.
func (n *inspection) units(r *reading, group *avp) {
	if group.id() == avpRequestedServiceUnit {
		r.requested = true
		return
	}
	r.used = true
	var octets [3]uint64 // in all, in and out
	told := 0
	members := 0
	var a avp
	for rest := group.data; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok || !n.fits(&a) {
			return
		}
		switch a.id() {
		case avpCCTotalOctets:
			octets[0], told = a.uint64(), told+1
		case avpCCInputOctets:
			octets[1], told = a.uint64(), told+1
		case avpCCOutputOctets:
			octets[2], told = a.uint64(), told+1
		case avpTariffChangeUsage:
			n.within(&a, 0, 2)
			r.side = a.uint32() + 1
			members--
		case avpReportingReason:
			n.reason(r, &a, false)
			members--
		}
		members++
		rest = next
	}
	if members <= 0 {
		n.find("used-units-empty", "Used-Service-Unit without a unit")
	}
	if told == len(octets) && octets[0] != octets[1]+octets[2] {
		n.find("octets-do-not-add-up", "CC-Total-Octets %d, CC-Input-Octets %d, CC-Output-Octets %d",
			octets[0], octets[1], octets[2])
	}
}

// service judges an MSCC.
func (n *inspection) service(r *reading, group *avp) {
	var key namedService
	var room [2]avp
	reasons, used, triggered := room[:0], false, false
	r.changed, r.side = false, 0
	var a avp
	for rest := group.data; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok {
			return
		}
		rest = next
		if !n.fits(&a) {
			continue
		}
		switch a.id() {
		case avpRatingGroup:
			key.keyed, key.group = true, a.uint32()
		case avpServiceIdentifier:
			key.keyed = true
			key.ids += string(a.data)
		case avpRequestedServiceUnit, avpUsedServiceUnit:
			used = used || a.id() == avpUsedServiceUnit
			n.units(r, &a)
		case avpTrigger:
			triggered = triggered || contains(a.data, avpTriggerType)
		case avpReportingReason:
			reasons = append(reasons, a)
		}
	}
	for i := range reasons {
		n.reason(r, &reasons[i], true)
	}
	r.conditions = r.conditions || r.changed && !triggered
	if len(reasons) > 0 && !used {
		n.find("reason-without-usage", "Reporting-Reason %s without Used-Service-Unit",
			n.value(&reasons[0]))
	}
	key.side = r.side
	n.key(r, key)
}

func (n *inspection) key(r *reading, key namedService) {
	if !key.keyed {
		n.find("rating-group-missing",
			"Multiple-Services-Credit-Control without Rating-Group and Service-Identifier")
	}
	for _, other := range r.services {
		if other == key {
			n.find("service-named-twice", "two Multiple-Services-Credit-Control for Rating-Group %d",
				key.group)
		}
	}
	r.services = append(r.services, key)
}

// The Reporting-Reasons that stand beside one unit (TS 32.299 section 7.2.175); POOL_EXHAUSTED may
// stand in either place.
const (
	reasonThreshold      = 0
	reasonQuotaExhausted = 3
	reasonOtherQuotaType = 5
	reasonPoolExhausted  = 8
	reasonUnusedTimer    = 9
)

// reason judges the place of a Reporting-Reason.
func (n *inspection) reason(r *reading, a *avp, inService bool) {
	value := a.uint32()
	ofUnit := false
	n.within(a, 0, reasonUnusedTimer)
	switch value {
	case reasonRatingCondition:
		r.changed = true
	case reasonPoolExhausted:
		return
	case reasonThreshold, reasonQuotaExhausted, reasonOtherQuotaType:
		ofUnit = true
	}
	place := "Used-Service-Unit"
	if inService {
		place = "Multiple-Services-Credit-Control"
	}
	if ofUnit == inService {
		n.find("reporting-reason-misplaced", "Reporting-Reason %s in %s", n.value(a), place)
	}
}

// value is what people call the value of an AVP.
func (n *inspection) value(a *avp) string {
	if definition := n.index.find(a.vendor, a.code); definition != nil {
		return definition.format(*a)
	}
	return hexadecimal(a.data)
}

// subscriber judges the form of a Subscription-Id.
func (n *inspection) subscriber(group *avp) {
	kind, data := uint32(charging.Private), ""
	var a avp
	for rest := group.data; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok || !n.fits(&a) {
			return
		}
		switch a.id() {
		case avpSubscriptionIDType:
			kind = a.uint32()
			n.within(&a, 0, uint32(charging.Private))
		case avpSubscriptionIDData:
			data = string(a.data)
		}
		rest = next
	}
	digits := data != "" && strings.Trim(data, "0123456789") == ""
	switch {
	case kind == uint32(charging.E164) && !digits:
		n.find("subscriber-e164-form", "END_USER_E164 with Subscription-Id-Data %q", data)
	case kind == uint32(charging.IMSI) && (!digits || len(data) < 6 || len(data) > 15):
		n.find("subscriber-imsi-form", "END_USER_IMSI with Subscription-Id-Data %q", data)
	}
}

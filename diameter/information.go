package diameter

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A gathering is what Service-Information told so far, before it is weighed.
type gathering struct {
	offered, answered   []string // media in use by each, unsorted
	hasOffer, hasAnswer bool
	called, requested   int64           // parties
	body                charging.Number // octets
	icid                []byte          // in the frame, as the next is
	requestedParty      []byte          // the first
}

// inform reads an AVP of the service information, inside the group parent. Most are taken at any
// depth: standards and clients differ in where they put them.
func (w *walk) inform(parent uint64, a *avp) {
	switch {
	case a.id() == avpSDPMediaComponent:
		if parent != avpEarlyMediaDescription {
			w.mediaComponent(a)
		}
	case a.id() == avpSubscriptionID, a.id() == avpSubscriptionIDExtension:
		w.subscriber(a)
	case w.shape == groupShape:
		w.informGroup(a)
	default:
		w.tell(parent, a)
	}
}

func (w *walk) informGroup(group *avp) {
	if group.id() == avpParticipantGroup {
		w.request.Information.Members = oneMore(w.request.Information.Members)
	}
	if !w.enter(group) {
		return
	}
	defer w.leave()
	parent := group.id()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		w.inform(parent, &a)
	}
}

func oneMore(n charging.Number) charging.Number { return charging.Known(n.Value + 1) }

// tell reads a single value. The first of its name counts.
func (w *walk) tell(parent uint64, a *avp) {
	i := &w.request.Information
	switch a.id() {
	case avpNumberOfParticipants:
		first(&i.Participants, a)
	case avpApplicationServiceType:
		if !i.ServiceType.Known {
			i.ServiceType = serviceType(a.data)
		}
	case avpSIPMethod:
		if i.Method == "" {
			i.Method = method(a.data)
		}
	case avpRoleOfNode:
		first(&i.Role, a)
	case avpCallingPartyAddress:
		if w.caller == nil {
			w.caller = a.data
		}
	case avpCalledPartyAddress:
		w.called(parent, a)
	case avpRequestedPartyAddress:
		if w.info.requested++; w.info.requestedParty == nil {
			w.info.requestedParty = a.data
		}
	case avpContentLength:
		if parent == avpMessageBody {
			first(&w.info.body, a)
		}
	case avpMessageSize:
		first(&i.Size, a)
	case avpServiceID:
		if i.Conference == "" {
			i.Conference = string(a.data)
		}
	case avpIMSChargingIdentifier:
		if w.info.icid == nil {
			w.info.icid = a.data
		}
	case avpMessagesDelivered:
		first(&i.Counters.Delivered, a)
	case avpMessagesExplodedDelivered:
		first(&i.Counters.DeliveredExploded, a)
	case avpTotalMessagesSent:
		first(&i.Counters.Sent, a)
	case avpTotalMessagesExploded:
		first(&i.Counters.Exploded, a)
	}
}

func first(n *charging.Number, a *avp) {
	if !n.Known {
		*n = charging.Known(int64(a.uint32()))
	}
}

// called counts recipients; a participant's own address is none.
func (w *walk) called(parent uint64, a *avp) {
	if parent == avpParticipantGroup {
		return
	}
	w.info.called++
	if w.request.Information.Destination == "" {
		w.request.Information.Destination = string(a.data)
	}
}

// settleInformation weighs what was gathered.
func (w *walk) settleInformation() {
	i := &w.request.Information
	if i.Conference == "" {
		i.Conference = string(w.info.icid)
	}
	if i.Destination == "" {
		i.Destination = string(w.info.requestedParty)
	}
	if w.request.Type != charging.Update && w.request.Type != charging.Termination {
		// Who calls matters only for who pays, which is settled when a session begins.
		i.Calling = string(w.caller)
	}
	if w.info.body.Known {
		i.Size = w.info.body
	}
	switch {
	case w.info.called > 0:
		i.Recipients = charging.Known(w.info.called)
	case w.info.requested > 0:
		i.Recipients = charging.Known(w.info.requested)
	default:
		i.Recipients = i.Members
	}
	// RFC 3264: the answer says what of the offer is used.
	switch {
	case w.info.hasAnswer:
		i.MediaKnown, i.Media = true, w.info.answered
	case w.info.hasOffer:
		i.MediaKnown, i.Media = true, w.info.offered
	}
	slices.Sort(i.Media)
	i.Media = slices.Compact(i.Media)
}

// mediaComponent reads one SDP-Media-Component, that is one m-line.
func (w *walk) mediaComponent(group *avp) {
	if !w.enter(group) {
		return
	}
	defer w.leave()
	var name string
	var named, used, answer bool
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch {
		case a.id() == avpSDPMediaName && !named:
			name, used = mediaLine(a.data)
			named = name != ""
		case a.id() == avpSDPType:
			answer = a.uint32() == sdpAnswer
		case w.shape == groupShape:
			w.informGroup(&a)
		}
	}
	switch {
	case named && answer:
		w.info.hasAnswer = true
		w.info.answered = appendMedium(w.info.answered, name, used)
	case named:
		w.info.hasOffer = true
		w.info.offered = appendMedium(w.info.offered, name, used)
	}
}

// sdpAnswer is the value of SDP-Type for an answer.
const sdpAnswer = 1

func appendMedium(media []string, name string, used bool) []string {
	if !used {
		return media
	}
	return append(media, name)
}

// mediaLine takes the medium from an m-line, with or without its "m=", or from its bare name.
// Port 0 says that the medium is not used (RFC 3264 section 6); hold says nothing here.
func mediaLine(line []byte) (name string, used bool) {
	line = bytes.TrimPrefix(bytes.TrimSpace(line), []byte("m="))
	medium, rest, _ := bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))
	port, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	port, _, _ = bytes.Cut(port, []byte("/"))
	return mediumName(bytes.TrimSpace(medium)), string(port) != "0"
}

// mediumName is the name in lower case; the usual ones cost no allocation.
func mediumName(medium []byte) string {
	switch string(medium) {
	case "audio":
		return "audio"
	case "message":
		return "message"
	case "video":
		return "video"
	}
	return string(bytes.ToLower(medium))
}

// method is the SIP method; the usual ones cost no allocation.
func method(name []byte) string {
	switch string(name) {
	case "INVITE":
		return "INVITE"
	case "MESSAGE":
		return "MESSAGE"
	case "BYE":
		return "BYE"
	}
	return string(name)
}

// serviceType reads Application-Service-Type, an enumeration that older dictionaries have as
// text: the number in digits, or its name.
func serviceType(data []byte) charging.Number {
	if number, err := strconv.ParseUint(string(data), 10, 31); err == nil {
		return charging.Known(int64(number))
	}
	switch string(bytes.ToUpper(data)) {
	case "SENDING":
		return charging.Known(100)
	case "RECEIVING":
		return charging.Known(101)
	case "RETRIEVAL":
		return charging.Known(102)
	case "INVITING":
		return charging.Known(103)
	case "LEAVING":
		return charging.Known(104)
	case "JOINING":
		return charging.Known(105)
	}
	if a := (avp{data: data}); len(data) == 4 {
		return charging.Known(int64(a.uint32()))
	}
	return charging.Number{}
}

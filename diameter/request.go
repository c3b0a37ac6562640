package diameter

import (
	"github.com/ocs-sim/ocs-sim/charging"
)

// AppendRequest appends the CCR for a request, or the ACR for one that has a Record, as an IM
// server that follows 3GPP TS 32.299 would send it. Origin, destination and the defaults come from
// the options; the request's own origin goes before theirs. Both identifiers of the header are the
// request's EndToEnd.
//
// What a CCR has no place for is not sent: At, Exchange, Refused, and Recipients below one. Fields
// of a kind, such as Media, are sent so that decoding gives the same again.
func AppendRequest(dst []byte, r *charging.Request, o ClientOptions) []byte {
	return appendRequest(dst, r, o, r.EndToEnd, r.EndToEnd)
}

func appendRequest(
	dst []byte, r *charging.Request, o ClientOptions, hopByHop, endToEnd uint32,
) []byte {
	start := len(dst)
	h := header{
		flags:   byte(flagRequest | flagProxiable),
		command: commandCreditControl, application: creditControlApplication,
		hopByHop: hopByHop, endToEnd: endToEnd,
	}
	if r.Retransmitted {
		h.flags |= flagRetransmitted
	}
	if r.Record != charging.NoRecord {
		return appendAccountingRequest(dst, r, o, h)
	}
	dst = appendRouting(appendMessage(dst, h), r, o)
	dst = appendNumber(dst, avpAuthApplicationID, creditControlApplication)
	dst = appendText(dst, avpServiceContextID, r.Context)
	dst = appendNumber(dst, avpCCRequestType, uint32(r.Type))
	dst = appendNumber(dst, avpCCRequestNumber, r.Key.Number)
	if r.Key.Session.Sub != 0 {
		dst = appendLong(dst, avpCCSubSessionID, r.Key.Session.Sub)
	}
	if !r.EventTime.IsZero() {
		dst = appendInstant(dst, avpEventTimestamp, r.EventTime)
	}
	for _, identity := range r.Subscribers {
		dst = appendSubscriber(dst, identity)
	}
	dst = appendPurpose(dst, r)
	dst = appendServices(dst, r)
	dst = appendServiceInformation(dst, r)
	return endMessage(dst, start)
}

func appendRouting(dst []byte, r *charging.Request, o ClientOptions) []byte {
	origin := r.Origin
	if origin.Host == "" {
		origin = charging.Origin{Host: o.OriginHost, Realm: o.OriginRealm}
	}
	dst = appendText(dst, avpSessionID, r.Key.Session.ID)
	dst = appendText(dst, avpOriginHost, origin.Host)
	dst = appendText(dst, avpOriginRealm, origin.Realm)
	dst = appendText(dst, avpDestinationRealm, o.DestinationRealm)
	if o.DestinationHost != "" {
		dst = appendText(dst, avpDestinationHost, o.DestinationHost)
	}
	return dst
}

func appendSubscriber(dst []byte, identity charging.Identity) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpSubscriptionID)
	dst = appendNumber(dst, avpSubscriptionIDType, uint32(identity.Type))
	dst = appendText(dst, avpSubscriptionIDData, identity.Data)
	return endAVP(dst, start)
}

// appendPurpose appends what the type of request brings with it.
func appendPurpose(dst []byte, r *charging.Request) []byte {
	switch r.Type {
	case charging.Termination:
		cause := r.Cause
		if cause == 0 {
			cause = causeLogout
		}
		dst = appendNumber(dst, avpTerminationCause, cause)
	case charging.Event:
		if r.Action != charging.NoAction {
			dst = appendNumber(dst, avpRequestedAction, uint32(r.Action-1))
		}
	}
	return dst
}

// causeLogout is the Termination-Cause of an ordinary end (RFC 6733 section 8.15).
const causeLogout = 1

func appendServices(dst []byte, r *charging.Request) []byte {
	switch {
	case r.Multiple.Known:
		dst = appendKnown(dst, avpMultipleServicesIndicator, r.Multiple)
	case len(r.Services) > 0 && !r.Services[0].Single:
		dst = appendNumber(dst, avpMultipleServicesIndicator, 1)
	}
	for i := range r.Services {
		if r.Services[i].Single {
			dst = appendServiceUnits(dst, &r.Services[i])
			dst = appendRefund(dst, r.Refund)
			continue
		}
		refund := r.Refund
		if i > 0 {
			refund = nil
		}
		dst = appendService(dst, &r.Services[i], refund)
	}
	if len(r.Services) == 0 {
		dst = appendRefund(dst, r.Refund)
	}
	return appendTriggers(dst, r.Triggers)
}

func appendService(dst []byte, s *charging.Service, refund []byte) []byte {
	start := len(dst)
	dst = appendServiceUnits(beginGroup(dst, avpMultipleServices), s)
	dst = appendTriggers(dst, s.Triggers)
	dst = appendRefund(dst, refund)
	return endAVP(dst, start)
}

// appendServiceUnits appends what may stand in an MSCC, and for a single service without one.
func appendServiceUnits(dst []byte, s *charging.Service) []byte {
	if s.Asked {
		requested := len(dst)
		dst = appendUnits(beginGroup(dst, avpRequestedServiceUnit), s.Requested)
		dst = endAVP(dst, requested)
	}
	for i := range s.Used {
		dst = appendUsage(dst, &s.Used[i])
	}
	dst = appendServiceKey(dst, s.Key)
	return appendKnown(dst, avpReportingReason, s.Reason)
}

func appendUsage(dst []byte, u *charging.Usage) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpUsedServiceUnit)
	dst = appendKnown(dst, avpReportingReason, u.Reason)
	dst = appendKnown(dst, avpTariffChangeUsage, u.Tariff)
	dst = appendUnits(dst, u.Units)
	return endAVP(dst, start)
}

// appendServiceInformation appends what the request knows of the service, or nothing.
func appendServiceInformation(dst []byte, r *charging.Request) []byte {
	i := &r.Information
	start := len(dst)
	dst = beginGroup(dst, avpServiceInformation)
	empty := len(dst)
	if r.Record != charging.NoRecord {
		// TS 32.299 section 6.2.2 has no other place for it in an ACR.
		for _, identity := range r.Subscribers {
			dst = appendSubscriber(dst, identity)
		}
	}
	dst = appendIMSInformation(dst, i, r.Vendor3GPP)
	dst = appendKnown(dst, avpNumberOfParticipants, i.Participants)
	for range i.Members.Value {
		member := len(dst)
		dst = endAVP(beginGroup(dst, avpParticipantGroup), member)
	}
	if i.ServiceType.Known {
		generic := len(dst)
		dst = beginGroup(dst, avpServiceGenericInformation)
		dst = appendKnown(dst, avpApplicationServiceType, i.ServiceType)
		dst = endAVP(dst, generic)
	}
	dst = appendCounters(dst, &i.Counters)
	if len(dst) == empty {
		return dst[:start]
	}
	return endAVP(dst, start)
}

// nodeApplicationServer is the Node-Functionality of an IM server.
const nodeApplicationServer = 6

// appendIMSInformation appends IMS-Information if there is anything to say, or always, since its
// presence alone shows a client of 3GPP's kind.
func appendIMSInformation(dst []byte, i *charging.Information, always bool) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpIMSInformation)
	empty := len(dst)
	if i.Method != "" {
		event := len(dst)
		dst = appendText(beginGroup(dst, avpEventType), avpSIPMethod, i.Method)
		dst = endAVP(dst, event)
	}
	dst = appendKnown(dst, avpRoleOfNode, i.Role)
	dst = appendParties(dst, i)
	dst = appendMedia(dst, i)
	if i.Conference != "" {
		dst = appendText(dst, avpServiceID, i.Conference)
	}
	if i.Size.Known {
		body := len(dst)
		dst = appendText(beginGroup(dst, avpMessageBody), avpContentType, "text/plain")
		dst = appendKnown(dst, avpContentLength, i.Size)
		dst = endAVP(dst, body)
	}
	if len(dst) == empty && !always {
		return dst[:start]
	}
	dst = appendNumber(dst, avpNodeFunctionality, nodeApplicationServer)
	return endAVP(dst, start)
}

// maxRecipients bounds how many are written out one by one.
const maxRecipients = 1000

// appendParties writes as many recipients as there are: called parties where the first is known,
// else requested parties without names.
func appendParties(dst []byte, i *charging.Information) []byte {
	if i.Calling != "" {
		dst = appendText(dst, avpCallingPartyAddress, i.Calling)
	}
	count := min(i.Recipients.Value, maxRecipients)
	if i.Destination != "" {
		for range max(count, 1) {
			dst = appendText(dst, avpCalledPartyAddress, i.Destination)
		}
		return dst
	}
	if i.Recipients == i.Members {
		return dst // told by the Participant-Groups
	}
	for range count {
		dst = appendText(dst, avpRequestedPartyAddress, "")
	}
	return dst
}

func appendMedia(dst []byte, i *charging.Information) []byte {
	if i.MediaKnown && len(i.Media) == 0 {
		return appendMediaComponent(dst, "message 0 TCP/MSRP *")
	}
	for _, medium := range i.Media {
		dst = appendMediaComponent(dst, mediaDescription(medium))
	}
	return dst
}

func appendMediaComponent(dst []byte, line string) []byte {
	start := len(dst)
	dst = appendText(beginGroup(dst, avpSDPMediaComponent), avpSDPMediaName, line)
	return endAVP(dst, start)
}

// mediaDescription is an m-line as SDP would have it.
func mediaDescription(medium string) string {
	switch medium {
	case "message":
		return "message 2855 TCP/MSRP *"
	case "audio":
		return "audio 49170 RTP/AVP 0"
	case "video":
		return "video 49180 RTP/AVP 31"
	}
	return medium + " 49190 RTP/AVP 96"
}

func appendCounters(dst []byte, c *charging.Counters) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpIMInformation)
	empty := len(dst)
	dst = appendKnown(dst, avpTotalMessagesSent, c.Sent)
	dst = appendKnown(dst, avpTotalMessagesExploded, c.Exploded)
	dst = appendKnown(dst, avpMessagesDelivered, c.Delivered)
	dst = appendKnown(dst, avpMessagesExplodedDelivered, c.DeliveredExploded)
	if len(dst) == empty {
		return dst[:start]
	}
	return endAVP(dst, start)
}

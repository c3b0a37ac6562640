package diameter

import (
	"bytes"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Results of RFC 6733 section 7.1 that are given by settings only.
const (
	resultRealmNotServed     charging.Result = 3003
	resultInvalidBitInHeader charging.Result = 5013 // by a strict server
)

// reservedFlags are the bits of a header's flags that nobody has defined.
const reservedFlags = 0x0f

// settingsOf finds the settings of a client; nil are the default ones.
func (s *Server) settingsOf(origin charging.Origin) *charging.Settings {
	if s.options.Settings == nil {
		return nil
	}
	return s.options.Settings(origin)
}

// heed does what a client's settings say before its request is charged.
func (g *guard) heed(own *charging.Settings, frame []byte, h header, r *charging.Request) {
	if own.OriginState == charging.OriginStateClean {
		g.server.noteStateIn(frame, r.Origin)
	}
	if own.IsStrict() {
		r.Refused = strictly(frame, h, r, g.self, g.server.options.Realms, g.server.dictionary())
	}
}

// A strictness looks through a request once more for what is tolerated otherwise, since real stacks
// send it. It costs a second walk, which only clients pay that are wanted strict.
type strictness struct {
	self       identity
	realms     []string // served beside the own
	dictionary *Dictionary
	request    *charging.Request
	seen       presence
	host       []byte // Destination-Host
	realm      []byte
	many       charging.Number // Multiple-Services-Indicator
	units      []byte          // the first MSCC
	trigger    bool            // at command level
	fault      *charging.Refusal
}

// strictly finds what RFC 6733 and RFC 8506 refuse and this server tolerates by default. What the
// decoder refused already stays as it is, unless it is the header that is wrong.
func strictly(
	frame []byte, h header, r *charging.Request, self identity, realms []string, d *Dictionary,
) *charging.Refusal {
	switch {
	case h.flags&reservedFlags != 0:
		return &charging.Refusal{
			Result: resultInvalidBitInHeader, Message: "a reserved bit of the header is set",
		}
	case h.flags&flagProxiable == 0:
		// RFC 8506 section 3.1: a CCR is proxiable.
		return &charging.Refusal{
			Result: resultInvalidHeaderBits, Message: "the P bit is not set in a CCR",
		}
	case r.Refused != nil:
		return r.Refused
	}
	s := strictness{self: self, realms: realms, dictionary: d, request: r}
	for rest := frame[headerLength:]; len(rest) > 0 && s.fault == nil; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		s.command(&a)
		rest = next
	}
	if s.fault == nil {
		s.whole()
	}
	return s.fault
}

func (s *strictness) refuse(result charging.Result, raw []byte, message string) {
	if s.fault != nil {
		return
	}
	s.fault = &charging.Refusal{Result: result, Message: message}
	if raw != nil {
		s.fault.Failed = []charging.FailedAVP{{Raw: bytes.Clone(raw)}}
	}
}

func (s *strictness) missing(path string) {
	if s.fault == nil {
		s.fault = &charging.Refusal{
			Result: charging.MissingAVP, Message: path + " is missing",
			Failed: []charging.FailedAVP{{Path: path}},
		}
	}
}

// marked refuses an AVP of the IETF's without the M bit that RFC 6733 section 4.5 and RFC 8506
// section 8 demand. Those of vendors are theirs to mark.
func (s *strictness) marked(a *avp) {
	if a.vendor != 0 || a.flags&flagMandatory != 0 {
		return
	}
	if definition, known := s.dictionary.find(0, a.code); known && definition.mandatory {
		s.refuse(resultInvalidAVPBits, a.raw, "the M bit of an AVP is not set that must be")
	}
}

// command looks at an AVP at command level.
func (s *strictness) command(a *avp) {
	s.marked(a)
	switch a.id() {
	case avpOriginHost, avpOriginRealm:
		if place := placeInRequest(a.id()); s.seen&place != 0 {
			s.refuse(resultAVPOccursTooOften, a.raw, "an AVP occurs more often than it may")
		}
	case avpAccountingRecordType, avpAccountingRecordNumber:
		if a.flags&flagMandatory != 0 {
			s.refuse(resultAVPUnsupported, a.raw, "accounting AVPs are no part of credit control")
		}
	case avpRequestedAction:
		if s.request.Type != charging.Event {
			s.refuse(charging.ContradictingAVPs, a.raw, "Requested-Action is for events only")
		}
	case avpDestinationHost:
		s.host = a.data
	case avpDestinationRealm:
		s.realm = a.data
	case avpMultipleServicesIndicator:
		s.many = charging.Known(int64(a.uint32()))
	case avpTrigger:
		s.trigger = true
	case avpMultipleServices:
		if s.units == nil {
			s.units = a.raw
		}
		s.service(a)
	}
	s.seen |= placeInRequest(a.id())
}

// whole looks at the message as a whole.
func (s *strictness) whole() {
	switch {
	case s.host != nil && !bytes.EqualFold(s.host, []byte(s.self.host)):
		// RFC 6733 section 6.1.4: only an agent could take it further.
		s.refuse(charging.UnableToDeliver, nil, "Destination-Host is not this server")
	case s.realm != nil && !bytes.EqualFold(s.realm, []byte(s.self.realm)) &&
		!matchesAny(s.realms, string(s.realm)):
		s.refuse(resultRealmNotServed, nil, "Destination-Realm is not served here")
	case !s.seen.has(sawAuthApplication):
		s.missing("Auth-Application-Id")
	case s.units == nil || s.request.Type != charging.Initial:
	case !s.many.Known:
		// RFC 8506 section 5.1.2: the first request says that several services may come.
		s.missing("Multiple-Services-Indicator")
	case s.many.Value == 0:
		s.refuse(charging.ContradictingAVPs, s.units,
			"Multiple-Services-Indicator says that there is no Multiple-Services-Credit-Control")
	}
}

// reasonRatingCondition is the Reporting-Reason of changed conditions.
const reasonRatingCondition = 6

// service looks at an MSCC.
func (s *strictness) service(group *avp) {
	var reason []byte
	var value uint32
	var keyed, used, triggered bool
	for rest := group.data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return
		}
		s.marked(&a)
		switch a.id() {
		case avpRatingGroup, avpServiceIdentifier:
			keyed = true
		case avpUsedServiceUnit:
			used = true
		case avpTrigger:
			triggered = true
		case avpReportingReason:
			reason, value = a.raw, a.uint32()
		}
		rest = next
	}
	switch {
	case !keyed:
		s.missing("Multiple-Services-Credit-Control.Rating-Group")
	case reason == nil:
	case !used:
		s.refuse(charging.UnableToComply, reason, "Reporting-Reason without Used-Service-Unit")
	case value == reasonRatingCondition && !triggered && !s.trigger:
		// TS 32.299 section 6.5.1.3: the Trigger says which condition changed.
		s.refuse(charging.UnableToComply, reason, "Reporting-Reason 6 without Trigger")
	}
}

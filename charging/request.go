package charging

import (
	"slices"
	"time"
)

// A SessionID names a credit-control session: Session-Id, and CC-Sub-Session-Id where one is used.
type SessionID struct {
	ID  string
	Sub uint64
}

// A Key names a request for ever: a repeat has the same one (RFC 8506 section 8.2).
type Key struct {
	Session SessionID
	Number  uint32
}

// RequestType is CC-Request-Type (RFC 8506 section 8.3).
type RequestType uint8

// The request types, with their numbers on the wire.
const (
	Initial     RequestType = 1
	Update      RequestType = 2
	Termination RequestType = 3
	Event       RequestType = 4
)

// String returns the type's plain word.
func (t RequestType) String() string {
	switch t {
	case Initial:
		return "initial"
	case Update:
		return "update"
	case Termination:
		return "termination"
	case Event:
		return "event"
	}
	return "unknown"
}

// Action is Requested-Action plus one (RFC 8506 section 8.41); zero means that none was given.
type Action uint8

// The actions a CCR-E can ask for.
const (
	NoAction Action = iota
	DirectDebiting
	RefundAccount
	CheckBalance
	PriceEnquiry
)

// String returns the action's plain word, or nothing for NoAction.
func (a Action) String() string {
	switch a {
	case DirectDebiting:
		return "debit"
	case RefundAccount:
		return "refund"
	case CheckBalance:
		return "balance"
	case PriceEnquiry:
		return "price"
	}
	return ""
}

// Origin is who sent a request: Origin-Host and Origin-Realm.
type Origin struct{ Host, Realm string }

// IdentityType is Subscription-Id-Type (RFC 8506 section 8.47).
type IdentityType uint8

// The identity types, with their numbers on the wire.
const (
	E164    IdentityType = 0
	IMSI    IdentityType = 1
	SIP     IdentityType = 2
	NAI     IdentityType = 3
	Private IdentityType = 4
)

// String returns the key of the type, as documents and the control API write it.
func (t IdentityType) String() string {
	switch t {
	case E164:
		return "e164"
	case IMSI:
		return "imsi"
	case SIP:
		return "sip"
	case NAI:
		return "nai"
	}
	return "private"
}

// An Identity names a subscriber.
type Identity struct {
	Type IdentityType
	Data string
}

// A Request is one credit-control request, free of any wire.
type Request struct {
	Key           Key
	Type          RequestType
	Action        Action
	Record        RecordType // of accounting; the request is one of credit control where it has none
	Origin        Origin
	EndToEnd      uint32
	Retransmitted bool
	Context       string     // Service-Context-Id
	Subscribers   []Identity // Subscription-Id in order; then User-Name and calling party as fallbacks
	Services      []Service  // one for each MSCC, in order
	Information   Information
	Triggers      []uint32  // Trigger-Type at command level
	EventTime     time.Time // Event-Timestamp, recorded and judged, never priced
	Cause         uint32    // Termination-Cause
	Refund        []byte    // Refund-Information
	Vendor3GPP    bool      // an AVP of vendor 10415 was there
	Multiple      Number    // Multiple-Services-Indicator
	// Refused is what the door found wrong. The function still hears of it, since an update or
	// termination that fails closes the session it belongs to (RFC 8506 table 6).
	Refused *Refusal

	Route      *Route    // the connection that it came by; nil at doors without any
	At         time.Time // charging clock on arrival
	Exchange   int64     // number given by the Recorder; 0 where nobody records
	Attributes Attributes
}

// A Route is one connection of a neighbour, by which requests come: the same pointer is the same
// connection. It tells whom to ask where that connection is gone.
type Route struct {
	Peer string // Origin-Host of the neighbour: the client, or a relay before it
}

// A Refusal is an error answer that a door demands, with the AVP at fault.
type Refusal struct {
	Result  Result
	Failed  []FailedAVP
	Message string
}

// A FailedAVP says what Failed-AVP must show: raw bytes copied from the request where it has
// them, else the AVP's path, of which the door makes an example (RFC 6733 section 7.5).
type FailedAVP struct {
	Path  string
	Value string // what it held, as text; empty: an example of minimum length, zero-filled
	Raw   []byte
}

// A Service is one Multiple-Services-Credit-Control of a request.
type Service struct {
	Key       ServiceKey
	Asked     bool       // Requested-Service-Unit was there
	Requested []Quantity // its units; empty: the server decides
	Used      []Usage
	Reason    Number // Reporting-Reason at MSCC level
	Triggers  []uint32
	Single    bool // stood at command level, without an MSCC (RFC 8506 section 3.1)
}

// A ServiceKey tells the services of a session apart: Rating-Group and the set of
// Service-Identifiers.
type ServiceKey struct {
	Group Number
	IDs   []uint32 // sorted, no number twice
}

// Same reports whether both are the same service.
func (k ServiceKey) Same(other ServiceKey) bool {
	return k.Group == other.Group && slices.Equal(k.IDs, other.IDs)
}

// Usage is one Used-Service-Unit.
type Usage struct {
	Units  []Quantity
	Reason Number // Reporting-Reason
	Tariff Number // Tariff-Change-Usage: 0 before, 1 after, 2 straddling
}

// Information is what a request tells about the service; all that is unknown stays as it was.
type Information struct {
	Participants Number // Number-Of-Participants: invited in an initial request, else attached
	Members      Number // how many Participant-Groups
	ServiceType  Number // Application-Service-Type, 100 SENDING to 105 JOINING
	MediaKnown   bool
	Media        []string // audio, message, video: sorted, no name twice
	Method       string   // SIP-Method
	Role         Number   // Role-Of-Node
	Destination  string   // first called party, as a URI
	Calling      string   // calling party, as a URI; only what begins a session need tell
	Recipients   Number
	Size         Number // octets of one message
	Counters     Counters
	Conference   string // Service-Id, else IMS-Charging-Identifier
}

// Counters are the counters of IM-Information (OMA DDS 8.5.6).
type Counters struct {
	Delivered         Number // Number-Of-Messages-Successfully-Sent
	DeliveredExploded Number // Number-Of-Messages-Successfully-Exploded
	Sent              Number // Total-Number-Of-Messages-Sent
	Exploded          Number // Total-Number-Of-Messages-Exploded
}

// Attributes lets a rule read any AVP without this package knowing one; nil at doors without a
// wire. A path is AVP names joined by dots, as in
// "Service-Information.IMS-Information.Role-Of-Node".
type Attributes interface{ Lookup(path string) []string }

// Carries3GPP reports whether the client speaks 3GPP Ro: it sent an AVP of vendor 10415, or what
// it says could only come in one. Other clients are not surprised with such AVPs.
func (r *Request) Carries3GPP() bool {
	if r.Vendor3GPP || len(r.Triggers) > 0 || len(r.Refund) > 0 || r.Information.told() {
		return true
	}
	for i := range r.Services {
		if s := &r.Services[i]; len(s.Triggers) > 0 || s.Reason.Known || s.reasoned() {
			return true
		}
	}
	return false
}

// reasoned reports whether any usage has a Reporting-Reason of its own.
func (s *Service) reasoned() bool {
	for i := range s.Used {
		if s.Used[i].Reason.Known {
			return true
		}
	}
	return false
}

// told reports whether anything is known.
func (i *Information) told() bool {
	return i.Participants.Known || i.Members.Known || i.ServiceType.Known || i.MediaKnown ||
		i.Method != "" || i.Role.Known || i.Destination != "" || i.Calling != "" ||
		i.Recipients.Known || i.Size.Known || i.Counters != (Counters{}) || i.Conference != ""
}

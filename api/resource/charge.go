package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// DefaultContext is the Service-Context-Id of a charge that names none (TS 32.260).
const DefaultContext = "32260@3gpp.org"

// A Charge is a charging request. What is left out was not told: the server knows no more than a
// Gy request without the AVP would tell it.
type Charge struct {
	Session    string `json:"session" doc:"Session-Id; the same for all requests of a session" example:"im.example.com;1;1"`
	SubSession uint64 `json:"sub_session,omitempty" doc:"CC-Sub-Session-Id"`
	Number     uint32 `json:"number,omitempty" doc:"CC-Request-Number. The same session and number again is a repeat: it gets the first answer and moves nothing" default:"0"`
	Type       string `json:"type" enum:"initial,update,termination,event" doc:"CC-Request-Type"`
	Action     string `json:"action,omitempty" enum:"debit,refund,balance,price" doc:"Requested-Action of an event" default:"debit"`

	Subscriber Subscribers `json:"subscriber,omitempty" doc:"who pays: a text (digits are an E.164 number, sip:... a SIP URI), an identity like {\"imsi\": \"...\"}, or a list of those"`
	Context    string      `json:"context,omitempty" doc:"Service-Context-Id" default:"32260@3gpp.org"`

	OriginHost  string `json:"origin_host,omitempty" doc:"Origin-Host, for scenarios and the session's record"`
	OriginRealm string `json:"origin_realm,omitempty" doc:"Origin-Realm"`

	Participants *int64      `json:"participants,omitempty" doc:"Number-Of-Participants: invited in an initial request, else attached"`
	Members      *int64      `json:"members,omitempty" doc:"how many Participant-Groups"`
	Media        *[]string   `json:"media,omitempty" doc:"media of the session: message, audio, video; [] is none"`
	Conference   string      `json:"conference,omitempty" doc:"Service-Id of the conference"`
	Method       string      `json:"method,omitempty" doc:"SIP method"`
	Role         string      `json:"role,omitempty" doc:"Role-Of-Node: originating, terminating, forwarding or its number"`
	ServiceType  string      `json:"service_type,omitempty" doc:"Application-Service-Type: SENDING, RECEIVING, RETRIEVAL, INVITING, LEAVING, JOINING or its number"`
	Destination  string      `json:"destination,omitempty" doc:"called party, as a URI"`
	Recipients   *Recipients `json:"recipients,omitempty" doc:"how many recipients, or a list of them"`
	Size         string      `json:"size,omitempty" doc:"size of the message" example:"1300 B"`
	Counters     *Counters   `json:"counters,omitempty" doc:"counters of IM-Information"`

	Triggers         []string  `json:"triggers,omitempty" doc:"Trigger-Types at command level: participants, media or numbers"`
	Cause            string    `json:"cause,omitempty" doc:"Termination-Cause: logout, ... or its number"`
	Refund           string    `json:"refund,omitempty" doc:"Refund-Information of the charge to refund, in hexadecimal as its answer gave it"`
	MultipleServices *int64    `json:"multiple_services,omitempty" doc:"Multiple-Services-Indicator; 1 is the default of an initial request with services"`
	Retransmitted    bool      `json:"retransmitted,omitempty" doc:"the T flag of a repeat"`
	EndToEnd         *uint32   `json:"end_to_end,omitempty" doc:"End-to-End-Id; the default is another one each time"`
	EventTime        time.Time `json:"event_time,omitzero" doc:"Event-Timestamp: recorded, never priced"`

	Services []ChargeService `json:"services,omitempty" doc:"one for each Multiple-Services-Credit-Control, in order"`
}

// A ChargeService is one Multiple-Services-Credit-Control of a request.
type ChargeService struct {
	RatingGroup *int64     `json:"rating_group,omitempty" minimum:"0" doc:"Rating-Group" example:"100"`
	Service     ServiceIDs `json:"service,omitempty" doc:"Service-Identifier, or a list of them"`
	Requested   *Units     `json:"requested,omitempty" doc:"units asked for; {}: the server decides how much; left out: none"`
	Used        []Used     `json:"used,omitempty" doc:"units used since the last report"`
	Reason      string     `json:"reason,omitempty" doc:"Reporting-Reason at this level: final, validity_time, ... or its number"`
	Triggers    []string   `json:"triggers,omitempty" doc:"Trigger-Types: participants, media or numbers"`
}

// Units are quantities by what they count. A plain number is seconds, octets or events.
type Units struct {
	Time   string `json:"time,omitempty" doc:"CC-Time" example:"300s"`
	Total  string `json:"total,omitempty" doc:"CC-Total-Octets" example:"10 MiB"`
	Input  string `json:"input,omitempty" doc:"CC-Input-Octets"`
	Output string `json:"output,omitempty" doc:"CC-Output-Octets"`
	Events string `json:"events,omitempty" doc:"CC-Service-Specific-Units" example:"3 events"`
	Octets string `json:"octets,omitempty" doc:"another word for total"`
	SSU    string `json:"ssu,omitempty" doc:"another word for events"`
	Money  string `json:"money,omitempty" doc:"CC-Money" example:"1.00 EUR"`
}

// Used is one Used-Service-Unit.
type Used struct {
	Units
	Reason string `json:"reason,omitempty" doc:"Reporting-Reason of these units: quota_exhausted, threshold, ... or its number"`
	Tariff string `json:"tariff,omitempty" doc:"Tariff-Change-Usage: before, after, straddling or its number"`
}

// Counters are the counters of IM-Information (OMA DDS 8.5.6).
type Counters struct {
	Delivered         *int64 `json:"delivered,omitempty" doc:"Number-Of-Messages-Successfully-Sent"`
	DeliveredExploded *int64 `json:"delivered_exploded,omitempty" doc:"Number-Of-Messages-Successfully-Exploded"`
	Sent              *int64 `json:"sent,omitempty" doc:"Total-Number-Of-Messages-Sent"`
	Exploded          *int64 `json:"exploded,omitempty" doc:"Total-Number-Of-Messages-Exploded"`
}

// ServiceIDs are a set of Service-Identifiers, written as a number where there is one.
type ServiceIDs []uint32

// UnmarshalJSON reads a number or a list of numbers.
func (s *ServiceIDs) UnmarshalJSON(data []byte) error {
	var list []uint32
	if data = bytes.TrimSpace(data); data[0] != '[' {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return errors.New("a service is a number like 7, or a list of numbers")
	}
	slices.Sort(list)
	*s = slices.Compact(list)
	return nil
}

// MarshalJSON writes one number as a number.
func (s ServiceIDs) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return json.Marshal(s[0])
	}
	return json.Marshal([]uint32(s))
}

// Recipients is how many recipients a message has.
type Recipients int64

// UnmarshalJSON reads a number, or a list of recipients, and counts them.
func (r *Recipients) UnmarshalJSON(data []byte) error {
	var list []string
	var number int64
	if json.Unmarshal(data, &list) == nil {
		*r = Recipients(len(list))
		return nil
	}
	if err := json.Unmarshal(data, &number); err != nil || number < 0 {
		return errors.New("recipients are a number, or a list of them")
	}
	*r = Recipients(number)
	return nil
}

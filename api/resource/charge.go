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
	Session    string `json:"session" example:"im.example.com;1;1"`
	SubSession uint64 `json:"sub_session,omitempty"`
	Number     uint32 `json:"number,omitempty" default:"0"`
	Type       string `json:"type" enum:"initial,update,termination,event"`
	Action     string `json:"action,omitempty" enum:"debit,refund,balance,price,none" default:"debit"`

	Subscriber Subscribers `json:"subscriber,omitempty"`
	Context    string      `json:"context,omitempty" default:"32260@3gpp.org"`

	OriginHost  string `json:"origin_host,omitempty"`
	OriginRealm string `json:"origin_realm,omitempty"`

	Participants *int64      `json:"participants,omitempty"`
	Members      *int64      `json:"members,omitempty"`
	Media        *[]string   `json:"media,omitempty"`
	Conference   string      `json:"conference,omitempty"`
	Method       string      `json:"method,omitempty"`
	Role         string      `json:"role,omitempty"`
	ServiceType  string      `json:"service_type,omitempty"`
	Destination  string      `json:"destination,omitempty"`
	Calling      string      `json:"calling,omitempty"`
	Recipients   *Recipients `json:"recipients,omitempty"`
	Size         string      `json:"size,omitempty" example:"1300 B"`
	Counters     *Counters   `json:"counters,omitempty"`

	Triggers         []string  `json:"triggers,omitempty"`
	Cause            string    `json:"cause,omitempty"`
	Refund           string    `json:"refund,omitempty"`
	MultipleServices *int64    `json:"multiple_services,omitempty"`
	Retransmitted    bool      `json:"retransmitted,omitempty"`
	EndToEnd         *uint32   `json:"end_to_end,omitempty"`
	EventTime        time.Time `json:"event_time,omitzero"`

	Services []ChargeService `json:"services,omitempty"`
}

// A ChargeService is one Multiple-Services-Credit-Control of a request.
type ChargeService struct {
	RatingGroup *int64     `json:"rating_group,omitempty" minimum:"0" example:"100"`
	Service     ServiceIDs `json:"service,omitempty"`
	Requested   *Units     `json:"requested,omitempty"`
	Used        []Used     `json:"used,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Triggers    []string   `json:"triggers,omitempty"`
	Single      bool       `json:"single,omitempty"`
}

// Units are quantities by what they count. A plain number is seconds, octets or events.
type Units struct {
	Time   string `json:"time,omitempty" example:"300s"`
	Total  string `json:"total,omitempty" example:"10 MiB"`
	Input  string `json:"input,omitempty"`
	Output string `json:"output,omitempty"`
	Events string `json:"events,omitempty" example:"3 events"`
	Octets string `json:"octets,omitempty"`
	SSU    string `json:"ssu,omitempty"`
	Money  string `json:"money,omitempty" example:"1.00 EUR"`
}

// Used is one Used-Service-Unit.
type Used struct {
	Units
	Reason string `json:"reason,omitempty"`
	Tariff string `json:"tariff,omitempty"`
}

// Counters are the counters of IM-Information (OMA DDS 8.5.6).
type Counters struct {
	Delivered         *int64 `json:"delivered,omitempty"`
	DeliveredExploded *int64 `json:"delivered_exploded,omitempty"`
	Sent              *int64 `json:"sent,omitempty"`
	Exploded          *int64 `json:"exploded,omitempty"`
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

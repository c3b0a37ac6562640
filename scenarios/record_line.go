package scenarios

import (
	"encoding/json"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A recordLine is a charging data record as its line has it. What was not told is left out.
type recordLine struct {
	At time.Time `json:"at"`
	recordName
	Retransmitted bool                `json:"retransmitted,omitempty"`
	OutOfOrder    string              `json:"out_of_order,omitempty"`
	EventTime     *time.Time          `json:"event_time,omitempty"`
	Context       string              `json:"context,omitempty"`
	Subscribers   []map[string]string `json:"subscribers,omitempty"`
	UserName      string              `json:"user_name,omitempty"`
	AcctSession   string              `json:"acct_session,omitempty"`
	MultiSession  string              `json:"acct_multi_session,omitempty"`
	Calling       []string            `json:"calling,omitempty"`
	Called        []string            `json:"called,omitempty"`
	Requested     []string            `json:"requested,omitempty"`
	Conference    string              `json:"conference,omitempty"`
	Participants  *int64              `json:"participants,omitempty"`
	Members       *int64              `json:"members,omitempty"`
	Media         []string            `json:"media,omitempty"`
	Method        string              `json:"method,omitempty"`
	Role          any                 `json:"role,omitempty"`
	ServiceType   any                 `json:"service_type,omitempty"`
	Size          *int64              `json:"size,omitempty"`
	Recipients    *int64              `json:"recipients,omitempty"`
	Counters      *recordCounters     `json:"counters,omitempty"`
	Services      []recordService     `json:"services,omitempty"`
	Cause         uint32              `json:"termination_cause,omitempty"`
	CauseCode     string              `json:"cause_code,omitempty"`
	Information   map[string]any      `json:"service_information,omitempty"`
}

// A recordName is what tells a record from others.
type recordName struct {
	Type        string `json:"type"`
	Session     string `json:"session"`
	SubSession  uint64 `json:"sub_session,omitempty"`
	Number      uint32 `json:"number"`
	OriginHost  string `json:"origin_host"`
	OriginRealm string `json:"origin_realm"`
}

type recordCounters struct {
	Sent              *int64 `json:"sent,omitempty"`
	Exploded          *int64 `json:"exploded,omitempty"`
	Delivered         *int64 `json:"delivered,omitempty"`
	DeliveredExploded *int64 `json:"delivered_exploded,omitempty"`
}

type recordService struct {
	RatingGroup *int64              `json:"rating_group,omitempty"`
	Service     []uint32            `json:"service,omitempty"`
	Used        []charging.Quantity `json:"used,omitempty"`
}

// Where records find what a Request does not hold.
const (
	imsInformation = "Service-Information.IMS-Information."
	pathCauseCode  = imsInformation + "Cause-Code"
	pathCalling    = imsInformation + "Calling-Party-Address"
	pathCalled     = imsInformation + "Called-Party-Address"
	pathRequested  = imsInformation + "Requested-Party-Address"
)

// appendLine appends the record of a request as a line.
func (r *Records) appendLine(dst []byte, request *charging.Request, odd string) []byte {
	line := newRecordLine(request)
	line.OutOfOrder = odd
	if r.options.ServiceInformation != nil {
		line.Information = r.options.ServiceInformation(request.Attributes)
	}
	// Every value has a form in JSON, so that this cannot fail.
	text, _ := json.Marshal(line)
	return append(append(dst, text...), '\n')
}

func newRecordLine(r *charging.Request) *recordLine {
	i := &r.Information
	look := func(path string) []string {
		if r.Attributes == nil {
			return nil
		}
		return r.Attributes.Lookup(path)
	}
	line := &recordLine{
		At: r.At.UTC(), recordName: recordName{
			Type: r.Record.String(), Session: r.Key.Session.ID,
			SubSession: r.Key.Session.Sub, Number: r.Key.Number,
			OriginHost: r.Origin.Host, OriginRealm: r.Origin.Realm,
		},
		Retransmitted: r.Retransmitted, Context: r.Context, UserName: firstOf(look("User-Name")),
		AcctSession:  firstOf(look("Acct-Session-Id")),
		MultiSession: firstOf(look("Acct-Multi-Session-Id")),
		Calling:      look(pathCalling), Called: look(pathCalled), Requested: look(pathRequested),
		Conference: i.Conference, Media: i.Media, Method: i.Method,
		Participants: knownValue(i.Participants), Members: knownValue(i.Members),
		Size: knownValue(i.Size), Recipients: knownValue(i.Recipients),
		Role:        wordOf(i.Role, charging.Roles()),
		ServiceType: wordOf(i.ServiceType, charging.ServiceTypes()),
		Cause:       r.Cause, CauseCode: firstOf(look(pathCauseCode)),
	}
	if !r.EventTime.IsZero() {
		line.EventTime = &r.EventTime
	}
	for _, identity := range r.Subscribers {
		line.Subscribers = append(line.Subscribers,
			map[string]string{identity.Type.String(): identity.Data})
	}
	line.tellUnits(r)
	return line
}

// tellUnits adds the units that credit control's AVPs report, and the counters of IM-Information.
func (l *recordLine) tellUnits(r *charging.Request) {
	if c := r.Information.Counters; c != (charging.Counters{}) {
		l.Counters = &recordCounters{
			Sent: knownValue(c.Sent), Exploded: knownValue(c.Exploded),
			Delivered: knownValue(c.Delivered), DeliveredExploded: knownValue(c.DeliveredExploded),
		}
	}
	for i := range r.Services {
		s := &r.Services[i]
		service := recordService{RatingGroup: knownValue(s.Key.Group), Service: s.Key.IDs}
		for j := range s.Used {
			service.Used = append(service.Used, s.Used[j].Units...)
		}
		l.Services = append(l.Services, service)
	}
}

func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func knownValue(n charging.Number) *int64 {
	if !n.Known {
		return nil
	}
	return &n.Value
}

// wordOf is the word for a number, or the number itself where it has none.
func wordOf(n charging.Number, words []charging.Word) any {
	if !n.Known {
		return nil
	}
	for _, word := range words {
		if word.Number == n.Value {
			return word.Text
		}
	}
	return n.Value
}

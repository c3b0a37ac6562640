package recording

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// The places where a client of ours puts what the words of a conversation say.
const (
	serviceInformation = "Service-Information"
	imsInformation     = serviceInformation + ".IMS-Information"
	genericInformation = serviceInformation + ".Service-Generic-Information"
)

// playedRealm is the Destination-Realm of a conversation that is played.
const playedRealm = "example.net"

const eventTimestamp = "Event-Timestamp"

// logout is the Termination-Cause that a client of ours sends if none is said.
const logout = 1

// A reader turns captured messages into words.
type reader struct{ dictionary *diameter.Dictionary }

// request is what of a captured request the words of a conversation say as a client of ours would
// send it. What the request has elsewhere is left to words of the wire.
func (r *reader) request(frame []byte) *charging.Request {
	request := r.dictionary.ParseRequest(frame)
	if request == nil {
		request = &charging.Request{}
	}
	avps := r.dictionary.Attributes(frame)
	if request.Type < charging.Initial || request.Type > charging.Event {
		request.Type = typeOf(avps)
	}
	if number := only(avps, "CC-Request-Number"); number != "" {
		parsed, _ := strconv.ParseUint(number, 10, 32)
		request.Key.Number = uint32(parsed)
	}
	request.Subscribers = subscribersOf(avps)
	request.EventTime, request.Refused, request.EndToEnd = time.Time{}, nil, 0
	request.At, request.Attributes, request.Vendor3GPP = time.Time{}, nil, false
	if request.Context == "" {
		request.Context = conversation.DefaultContext
	}
	if request.Type != charging.Termination || request.Cause == logout {
		request.Cause = 0
	}
	if request.Multiple.Value == 1 {
		request.Multiple = charging.Number{} // services say so by themselves
	}
	if request.Key.Session.Sub > math.MaxInt64 {
		request.Key.Session.Sub = 0
	}
	place(&request.Information, avps)
	return request
}

// only is the value at a path, where there is one.
func only(avps charging.Attributes, path string) string {
	if found := avps.Lookup(path); len(found) > 0 {
		return found[0]
	}
	return ""
}

// typeOf reads the type of a request that says it wrongly, or is otherwise unreadable.
func typeOf(avps charging.Attributes) charging.RequestType {
	number, _ := strconv.ParseUint(only(avps, "CC-Request-Type"), 10, 8)
	if kind := charging.RequestType(number); kind >= charging.Initial && kind <= charging.Event {
		return kind
	}
	return charging.Update
}

// subscribersOf are the Subscription-Ids at command level.
func subscribersOf(avps charging.Attributes) (all []charging.Identity) {
	for i := 0; ; i++ {
		path := "Subscription-Id[" + strconv.Itoa(i) + "]"
		if len(avps.Lookup(path)) == 0 {
			return all
		}
		kind, err := strconv.ParseUint(only(avps, path+".Subscription-Id-Type"), 10, 8)
		data := only(avps, path+".Subscription-Id-Data")
		if err == nil && data != "" {
			all = append(all, charging.Identity{Type: charging.IdentityType(kind), Data: data})
		}
	}
}

// place keeps the information that stands where a client of ours puts it.
func place(i *charging.Information, avps charging.Attributes) {
	number := func(n *charging.Number, path string) {
		if n.Known && only(avps, path) != strconv.FormatInt(n.Value, 10) {
			*n = charging.Number{}
		}
	}
	text := func(said *string, path string) {
		if only(avps, path) != *said {
			*said = ""
		}
	}
	number(&i.Participants, serviceInformation+".Number-Of-Participants")
	number(&i.Role, imsInformation+".Role-Of-Node")
	number(&i.Size, imsInformation+".Message-Body.Content-Length")
	text(&i.Method, imsInformation+".Event-Type.SIP-Method")
	text(&i.Calling, imsInformation+".Calling-Party-Address")
	text(&i.Destination, imsInformation+".Called-Party-Address")
	text(&i.Conference, imsInformation+".Service-Id")
	if only(avps, genericInformation+".Application-Service-Type") == "" {
		i.ServiceType = charging.Number{}
	}
	members := len(avps.Lookup(serviceInformation + ".Participant-Group"))
	if i.Members.Known && i.Members.Value != int64(members) {
		i.Members = charging.Number{}
	}
	if len(avps.Lookup(serviceInformation+".IM-Information")) == 0 {
		i.Counters = charging.Counters{}
	}
	placeMedia(i, avps)
	placeParties(i, avps)
}

func placeMedia(i *charging.Information, avps charging.Attributes) {
	lines := len(avps.Lookup(imsInformation + ".SDP-Media-Component"))
	if i.MediaKnown && lines != max(len(i.Media), 1) {
		i.MediaKnown, i.Media = false, nil
	}
}

// placeParties keeps the number of recipients where all are the same one.
func placeParties(i *charging.Information, avps charging.Attributes) {
	called := avps.Lookup(imsInformation + ".Called-Party-Address")
	different := slices.ContainsFunc(called, func(one string) bool { return one != i.Destination })
	if i.Destination == "" || different || i.Recipients.Value != int64(len(called)) ||
		len(called) == 1 {
		i.Recipients = charging.Number{}
	}
}

// wire are the words of the wire that make the request that words send the one that was captured.
func (r *reader) wire(send *conversation.Send, captured *capture.Frame) []conversation.Word {
	frame := captured.Octets
	request := send.Request
	request.Key.Session.ID = diameter.SessionOf(frame)
	made := diameter.AppendRequest(nil, &request, diameter.ClientOptions{
		OriginHost: "client", OriginRealm: "realm", DestinationRealm: playedRealm,
	})
	var words []conversation.Word
	if change := flagChange(made[4], frame[4]); change != "" {
		words = append(words, conversation.Word{Name: "flags", Value: change})
	}
	when := r.eventTime(captured)
	for _, e := range r.dictionary.Edits(made, frame, requestLikeness(when != "")) {
		words = append(words, wordOf(e))
	}
	if when != "" {
		words = append(words, conversation.Word{Name: "avp", Path: eventTimestamp, Value: when})
	}
	return words
}

// requestLikeness is what makes a request that is sent the one that was captured. Its time differs
// from run to run, where it is one.
func requestLikeness(timed bool) diameter.Likeness {
	like := diameter.Likeness{Flags: true, Raw: true}
	if timed {
		like.Except = []string{eventTimestamp}
	}
	return like
}

func wordOf(e charging.Edit) conversation.Word {
	word := conversation.Word{Name: "avp", Path: e.Path, Value: e.Value}
	switch e.Op {
	case diameter.EditAdd:
		word.Name = "add"
	case diameter.EditRaw:
		word.Name = "raw"
	case diameter.EditRemove:
		word.Value = "none"
	}
	return word
}

// flagChange says how a header's flags become others: of R, P, E and T.
func flagChange(from, to byte) (change string) {
	for i, letter := range "RPET" {
		bit := byte(0x80) >> i
		switch {
		case (from^to)&bit == 0:
		case to&bit != 0:
			change += string(letter)
		default:
			change += "-" + string(letter)
		}
	}
	return change
}

// eventTime writes Event-Timestamp as it stood to the time when it was captured.
func (r *reader) eventTime(captured *capture.Frame) string {
	said, err := time.Parse(time.RFC3339,
		only(r.dictionary.Attributes(captured.Octets), eventTimestamp))
	if err != nil {
		return ""
	}
	off := said.Sub(captured.At).Round(time.Second)
	switch {
	case off.Abs() <= 2*time.Second:
		return "now"
	case off > 0:
		return "now+" + seconds(off)
	}
	return "now" + seconds(off)
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + "s" }

package conversation

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// DefaultContext is the Service-Context-Id of requests that name none (TS 32.260).
const DefaultContext = "32260@3gpp.org"

// A sessionState is what later requests of a session need not say again.
type sessionState struct {
	subscribers []charging.Identity
	says3GPP    bool // it sent AVPs of 3GPP
	context     string
	origin      charging.Origin
	used        bool // a request was sent
	highest     uint32
	ended       bool // the last request was a termination
	last        *Send
	endToEnd    map[uint32]uint32 // by number
}

type sessionKey struct {
	name string
	sub  uint64
}

// send reads: type session [subscriber...] words.
func (p *parser) send(words []token) *Send {
	if len(words) < 2 {
		p.fault(1, "> takes a type and a session, like > initial s1 15550100 rg=100 want")
		return nil
	}
	kind, again := requestType(words[0].text)
	if kind == 0 && again == "" {
		p.fault(words[0].column, "unknown request %q; use initial, update, termination, event, "+
			"retransmit or repeat", words[0].text)
		return nil
	}
	r := requestParser{parser: p, name: words[1].text, retransmit: again == "retransmit"}
	if again != "" {
		return r.again(words)
	}
	r.request().Type = kind
	before := len(p.faults)
	for _, word := range words[2:] {
		r.word(word)
	}
	if p.writing && len(p.faults) > before {
		return nil // the line is not written, so that no later one goes on from it
	}
	return r.finish()
}

func requestType(word string) (kind charging.RequestType, again string) {
	switch strings.ToLower(word) {
	case "initial", "i":
		return charging.Initial, ""
	case "update", "u":
		return charging.Update, ""
	case "termination", "terminate", "t":
		return charging.Termination, ""
	case "event", "e":
		return charging.Event, ""
	case "retransmit", "repeat":
		return 0, strings.ToLower(word)
	}
	return 0, ""
}

// A requestParser reads one request.
type requestParser struct {
	*parser
	name       string
	out        Send
	service    *charging.Service // the one that words belong to; nil: none has begun
	number     charging.Number
	retransmit bool
	nobody     bool
}

func (r *requestParser) request() *charging.Request { return &r.out.Request }

// again sends the last request of the session once more, word for word.
func (r *requestParser) again(words []token) *Send {
	state := r.last[r.name]
	if state == nil || state.last == nil {
		r.fault(words[1].column, "session %s has sent nothing that could be repeated", r.name)
		return nil
	}
	copied := *state.last
	copied.Connection, copied.Request.Retransmitted = "", r.retransmit
	for _, word := range words[2:] {
		key, value, _ := word.split()
		if key != "conn" {
			r.fault(word.column, "a request that is sent again takes conn= and nothing else")
		}
		copied.Connection = value
	}
	return &copied
}

// word reads one word: of the request where it is one, else of the current service.
func (r *requestParser) word(t token) {
	key, value, given := t.split()
	if wire, ok, err := parseWire(t); ok {
		r.report(t, err)
		r.out.Wire = append(r.out.Wire, wire)
		return
	}
	if identity, ok := parseIdentity(t.text); ok {
		r.request().Subscribers = append(r.request().Subscribers, identity)
		return
	}
	for _, read := range []func(string, string, bool) (bool, error){
		r.plainWord, r.requestWord, r.informationWord, r.counterWord, r.serviceWord,
	} {
		if known, err := read(key, value, given); known {
			r.report(t, err)
			return
		}
	}
	r.fault(
		t.column,
		"unknown word %q in a request; a service begins with rg=, si= or mscc",
		t.text,
	)
}

func (r *requestParser) report(t token, err error) {
	if err != nil {
		r.fault(t.column, "%s: %v", t.text, err)
	}
}

// parseIdentity reads a subscriber: bare digits are an E.164 number.
func parseIdentity(text string) (charging.Identity, bool) {
	digits := strings.TrimPrefix(text, "+")
	if digits != "" && strings.Trim(digits, "0123456789") == "" {
		return charging.Identity{Type: charging.E164, Data: text}, true
	}
	scheme, rest, found := strings.Cut(text, ":")
	if !found || rest == "" {
		return charging.Identity{}, false
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
		return charging.Identity{Type: charging.SIP, Data: text}, true
	case "e164":
		return charging.Identity{Type: charging.E164, Data: rest}, true
	case "tel":
		return charging.Identity{Type: charging.E164, Data: text}, true
	case "imsi":
		return charging.Identity{Type: charging.IMSI, Data: rest}, true
	case "nai":
		return charging.Identity{Type: charging.NAI, Data: rest}, true
	case "private":
		return charging.Identity{Type: charging.Private, Data: rest}, true
	}
	return charging.Identity{}, false
}

// plainWord reads words without a value.
func (r *requestParser) plainWord(key, _ string, given bool) (bool, error) {
	if given {
		return false, nil
	}
	switch key {
	case "retransmit":
		r.retransmit = true
	case "nobody":
		r.nobody = true
	case "mscc":
		r.begin()
	case "single":
		r.begin()
		r.service.Single = true
	case "want":
		r.current().Asked = true
	default:
		return false, nil
	}
	return true, nil
}

// requestWord reads what belongs to the message as a whole.
func (r *requestParser) requestWord(key, value string, _ bool) (known bool, err error) {
	request := r.request()
	var number int64
	switch key {
	case "number":
		number, err = parseNumber(value, 32)
		r.number = charging.Known(number)
	case "sub":
		number, err = parseNumber(value, 63)
		request.Key.Session.Sub = uint64(number)
	case "action":
		request.Action, err = parseAction(value)
	case "context":
		request.Context = value
	case "host":
		request.Origin.Host = value
	case "realm":
		request.Origin.Realm = value
	case "cause":
		number, err = parseNamed(value, causes())
		request.Cause = uint32(number)
	case "multiple":
		number, err = parseNumber(value, 1)
		request.Multiple = charging.Known(number)
	case "refund":
		err = r.refund(value)
	case "conn":
		r.out.Connection = value
	default:
		return false, nil
	}
	return true, err
}

func (r *requestParser) refund(value string) (err error) {
	if value == "last" {
		r.out.RefundLast = true
		return nil
	}
	r.request().Refund, err = hex.DecodeString(strings.TrimPrefix(value, "0x"))
	return err
}

func parseAction(word string) (charging.Action, error) {
	for a := charging.DirectDebiting; a <= charging.PriceEnquiry; a++ {
		if word == a.String() {
			return a, nil
		}
	}
	return 0, fmt.Errorf("use debit, refund, balance or price")
}

// informationWord reads what prices besides units.
func (r *requestParser) informationWord(key, value string, _ bool) (known bool, err error) {
	info := &r.request().Information
	switch key {
	case "n", "participants":
		info.Participants, err = parseKnown(value)
	case "members":
		info.Members, err = parseKnown(value)
	case "recipients":
		info.Recipients, err = parseKnown(value)
	case "role":
		info.Role, err = parseKnownName(value, charging.Roles())
	case "ast":
		info.ServiceType, err = parseKnownName(value, charging.ServiceTypes())
	case "size":
		info.Size, err = parseSize(value)
	case "media":
		info.MediaKnown, info.Media = true, parseMedia(value)
	case "method":
		info.Method = value
	case "to":
		info.Destination = value
	case "from":
		info.Calling = value
	case "conference":
		info.Conference = value
	default:
		return false, nil
	}
	return true, err
}

// parseMedia reads media into a sorted set; none is the empty one.
func parseMedia(value string) []string {
	if value == "" || value == "none" {
		return nil
	}
	media := strings.Split(value, ",")
	slices.Sort(media)
	return slices.Compact(media)
}

func parseSize(value string) (charging.Number, error) {
	if n, err := parseKnown(value); err == nil {
		return n, nil
	}
	q, err := withUnit(value)
	if err == nil && !q.Unit.Octets() {
		err = fmt.Errorf("a size is in octets, like 900 or 900B")
	}
	return charging.Known(q.Amount), err
}

// parseKnown reads a number of an AVP that has 32 bits; a larger one would go out as another.
func parseKnown(value string) (charging.Number, error) {
	number, err := parseNumber(value, 32)
	return charging.Known(number), err
}

func parseKnownName(value string, names []charging.Word) (charging.Number, error) {
	number, err := parseNamed(value, names)
	return charging.Known(number), err
}

// counterWord reads the counters of IM-Information (OMA DDS 8.5.6).
func (r *requestParser) counterWord(key, value string, _ bool) (known bool, err error) {
	counters := &r.request().Information.Counters
	switch key {
	case "delivered":
		counters.Delivered, err = parseKnown(value)
	case "delivered-exploded":
		counters.DeliveredExploded, err = parseKnown(value)
	case "sent":
		counters.Sent, err = parseKnown(value)
	case "exploded":
		counters.Exploded, err = parseKnown(value)
	default:
		return false, nil
	}
	return true, err
}

// begin starts a service.
func (r *requestParser) begin() {
	request := r.request()
	request.Services = append(request.Services, charging.Service{})
	r.service = &request.Services[len(request.Services)-1]
}

// current is the service that words belong to; the first word of one without a key begins it.
func (r *requestParser) current() *charging.Service {
	if r.service == nil {
		r.begin()
	}
	return r.service
}

// serviceWord reads what belongs to one Multiple-Services-Credit-Control.
func (r *requestParser) serviceWord(key, value string, _ bool) (known bool, err error) {
	switch key {
	case "rg":
		if r.service == nil || !r.service.Single || r.service.Key.Group.Known {
			r.begin()
		}
		r.service.Key.Group, err = parseKnown(value)
	case "si":
		if r.service == nil || r.service.Key.IDs != nil {
			r.begin()
		}
		r.service.Key.IDs, err = parseSet(value)
	case "want":
		service := r.current()
		service.Asked = true
		service.Requested, err = parseAmounts(value, nil)
	case "used":
		err = r.used(value)
	case "reason":
		r.current().Reason, err = parseKnownName(value, reportingReasons())
	case "trigger":
		err = r.trigger(value)
	default:
		return false, nil
	}
	return true, err
}

// used reads one Used-Service-Unit: quantities, and /before, /after, /straddling for the side of a
// tariff change or /reason for a Reporting-Reason of its own.
func (r *requestParser) used(value string) error {
	var usage charging.Usage
	units, err := parseAmounts(value, func(word string) (err error) {
		switch word {
		case "before", "after", "straddling":
			usage.Tariff, err = parseKnownName(word, charging.TariffSides())
		default:
			usage.Reason, err = parseKnownName(word, reportingReasons())
		}
		return err
	})
	usage.Units = units
	service := r.current()
	service.Used = append(service.Used, usage)
	return err
}

// trigger stands in the service where one has begun, else at command level.
func (r *requestParser) trigger(value string) error {
	triggers, err := parseTriggers(value)
	if r.service == nil {
		r.request().Triggers = append(r.request().Triggers, triggers...)
		return err
	}
	r.service.Triggers = append(r.service.Triggers, triggers...)
	return err
}

// finish fills in what need not be said.
func (r *requestParser) finish() *Send {
	request := r.request()
	request.Key.Session.ID = r.name
	state := r.state()
	r.inherit(state)
	request.Key.Number = r.count(state)
	request.Retransmitted = r.retransmit
	request.EndToEnd = r.endToEnd(state, request.Key.Number)
	if request.Type == charging.Initial && len(request.Services) > 0 &&
		!request.Services[0].Single && !request.Multiple.Known {
		request.Multiple = charging.Known(1)
	}
	state.ended = request.Type == charging.Termination
	state.last = &r.out
	return &r.out
}

func (r *requestParser) state() *sessionState {
	key := sessionKey{r.name, r.request().Key.Session.Sub}
	state := r.sessions[key]
	if state == nil {
		state = &sessionState{context: DefaultContext, endToEnd: map[uint32]uint32{}}
		r.sessions[key] = state
	}
	r.last[r.name] = state
	return state
}

// inherit takes subscriber, context and origin from earlier requests of the session.
func (r *requestParser) inherit(state *sessionState) {
	request := r.request()
	if request.Subscribers != nil {
		state.subscribers = request.Subscribers
	}
	if !r.nobody {
		request.Subscribers = state.subscribers
	}
	if request.Context != "" {
		state.context = request.Context
	}
	request.Context = state.context
	if request.Origin != (charging.Origin{}) {
		state.origin = request.Origin
	}
	request.Origin = state.origin
	state.says3GPP = explain(request, state.says3GPP)
}

// count numbers the request: a session counts from 0, and so does its next life after a
// termination; a request sent again has the number of the last one.
func (r *requestParser) count(state *sessionState) uint32 {
	fresh := !state.used || state.ended && r.request().Type == charging.Initial
	var number uint32
	switch {
	case r.number.Known:
		number = uint32(r.number.Value)
	case r.retransmit && state.last != nil:
		number = state.last.Request.Key.Number
	case !fresh:
		number = state.highest + 1
	}
	if fresh || number > state.highest {
		state.highest = number
	}
	state.used = true
	return number
}

// endToEnd is new for every request but a retransmission (RFC 6733 section 5.5.4).
func (r *requestParser) endToEnd(state *sessionState, number uint32) uint32 {
	if id, known := state.endToEnd[number]; known && r.retransmit {
		return id
	}
	r.sent++
	state.endToEnd[number] = r.sent
	return r.sent
}

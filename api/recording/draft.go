package recording

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// A take is an exchange as it is played.
type take struct {
	*exchange
	session    string            // the name that the conversation gives it
	connection string            // of the client; "" is the first
	request    *charging.Request // as words say it
	parsed     *charging.Request // as charging reads it
	unread     error             // why the answer cannot be read
	answer     *charging.Answer  // captured; nil: none was, or it cannot be read
	subscriber *subscriber
	key        charging.Key // in the conversation
	repeat     bool         // a request with its key came before
	first      *take        // with its key; the take itself where it is no repeat
	heard      bool         // while the conversation is written: its answer came by now
	unended    bool         // the capture ends before its answer can be missed
	late       time.Duration
	position   int // among all
	place      int // among the subscriber's of its type and number, from 1

	line, answerLine int    // in the conversation
	script           script // what the simulator is told to answer
	stuck            string // why the answer cannot be had
	unsaid           bool   // no line can say the request, for the same reason
	loose            string // how it differs in what no line says
}

// A subscriber is who the capture knows by one identity or more.
type subscriber struct {
	id         string
	identities []charging.Identity
	takes      []*take
}

// A draft is a conversation and its seed in the making.
type draft struct {
	*dialogues
	reader
	Options
	definitions []diameter.Definition
	takes       map[*exchange]*take
	order       []*take // as they were asked
	sessions    map[string][]*take
	names       map[string]string
	people      []*subscriber
	known       map[charging.Identity]*subscriber // by canonical identity
	flaggedOnly bool                              // repeats have the T flag
	nobody      *subscriber                       // for requests without a subscriber
	connections map[string]string
	notes       map[int][]string // on packets
	text        string
}

// lateness is from when on an answer is late, and missing where it is later still: no client waits
// so long (RFC 8506 section 13, Tx).
const (
	lateness = time.Second
	missing  = 9 * time.Second
)

func newDraft(frames []capture.Frame, o Options) *draft {
	d := &draft{
		dialogues: dialoguesOf(frames), Options: o, takes: map[*exchange]*take{},
		sessions: map[string][]*take{}, known: map[charging.Identity]*subscriber{},
		names: map[string]string{}, nobody: &subscriber{}, connections: map[string]string{},
	}
	d.learn(diameter.SharedDictionary())
	seen := map[charging.Key]*take{}
	for _, x := range d.exchanges {
		d.take(x, seen)
	}
	if len(frames) > 0 {
		d.findUnended(frames[len(frames)-1].At)
	}
	d.findPlaces()
	return d
}

// take reads an exchange.
func (d *draft) take(x *exchange, seen map[charging.Key]*take) {
	t := &take{exchange: x, session: d.name(x.Session)}
	d.takes[x] = t
	if x.answered != nil {
		t.late = x.answered.At.Sub(x.asked.At)
	}
	if x.byServer {
		return
	}
	t.position = len(d.order)
	d.order = append(d.order, t)
	d.sessions[t.session] = append(d.sessions[t.session], t)
	t.request, t.parsed = d.request(x.asked.Octets), d.dictionary.ParseRequest(x.asked.Octets)
	t.request.Key.Session.ID = t.session
	t.request.Retransmitted = x.Retransmitted
	t.connection = d.connection(x)
	t.subscriber = d.subscriberOf(t)
	t.subscriber.takes = append(t.subscriber.takes, t)
	if x.answered != nil {
		t.answer, t.unread = d.dictionary.ParseAnswer(x.answered.Octets)
		if t.unread != nil {
			t.answer = nil
		}
	}
	t.key = t.request.Key
	before := seen[t.key]
	t.repeat = before != nil && before.remembered() && !d.reborn(before, t)
	if t.repeat && !t.Retransmitted && d.answeredAnew(before, t) {
		d.flaggedOnly, t.repeat = true, false
	}
	if t.first = before; !t.repeat {
		seen[t.key], t.first = t, t
	}
}

// owner is the take whose rule decides what is answered: the first of its key, where that got no
// answer in time, so that a repeat gets the first one.
func (t *take) owner() *take {
	if t.repeat && t.first.silent() {
		return t.first
	}
	return t
}

// remembered reports whether a repeat gets the answer again: protocol errors are not kept.
func (t *take) remembered() bool {
	return t.answer == nil || t.answer.Result/1000 != 3
}

// answeredAnew reports whether the captured server took a request that came again without the T
// flag for a new one.
func (d *draft) answeredAnew(before, t *take) bool {
	return before.answer != nil && t.answer != nil && t.answer.Result.Success() &&
		conversation.Words(before.answer) != conversation.Words(t.answer)
}

// reborn reports whether a request with a key that was used before begins a new life of its
// session: it begins it as something new.
func (d *draft) reborn(before, t *take) bool {
	return t.request.Type == charging.Initial && !t.request.Retransmitted &&
		t.EndToEnd != before.EndToEnd && before != d.last(t)
}

// last is the request of the session before t, which came last.
func (d *draft) last(t *take) *take {
	if all := d.sessions[t.session]; len(all) > 1 {
		return all[len(all)-2]
	}
	return nil
}

// name is what the conversation calls a session.
func (d *draft) name(session string) string {
	name, known := d.names[session]
	if !known {
		name = "s" + strconv.Itoa(len(d.names)+1)
		d.names[session] = name
	}
	return name
}

// connection names the connections of clients, but for the first.
func (d *draft) connection(x *exchange) string {
	ends := x.asked.From.String() + " " + x.asked.To.String()
	name, known := d.connections[ends]
	if !known {
		if len(d.connections) > 0 {
			name = "c" + strconv.Itoa(len(d.connections)+1)
		}
		d.connections[ends] = name
	}
	return name
}

// subscriberOf finds whose request it is: of its session, else by its identities, and User-Name and
// calling party as fallbacks.
func (d *draft) subscriberOf(t *take) *subscriber {
	var identities []charging.Identity
	if t.parsed != nil {
		identities = t.parsed.Subscribers
	}
	for _, identity := range identities {
		if s := d.known[canonical(identity)]; s != nil {
			d.add(s, identities)
			return s
		}
	}
	if before := d.last(t); before != nil && len(identities) == 0 {
		return before.subscriber
	}
	if len(identities) == 0 {
		return d.nobody
	}
	s := &subscriber{id: accountName(identities[0].Data, len(d.people)+1)}
	d.add(s, identities)
	d.people = append(d.people, s)
	return s
}

// add gives a subscriber identities that nobody has yet.
func (d *draft) add(s *subscriber, identities []charging.Identity) {
	for _, identity := range identities {
		if as := canonical(identity); d.known[as] == nil && identity.Data != "" {
			d.known[as] = s
			s.identities = append(s.identities, identity)
		}
	}
}

// canonical is what two spellings of an identity have in common.
func canonical(identity charging.Identity) charging.Identity {
	data := strings.TrimSpace(identity.Data)
	scheme, rest, found := strings.Cut(data, ":")
	scheme = strings.ToLower(scheme)
	if found && (scheme == "tel" || scheme == "sip" || scheme == "sips") {
		data = rest
	}
	if scheme == "tel" {
		identity.Type = charging.E164
	}
	at := strings.LastIndexByte(data, '@') + 1
	tail, _, _ := strings.Cut(data[at:], ";")
	data = data[:at] + strings.ToLower(tail)
	return charging.Identity{Type: identity.Type, Data: strings.TrimPrefix(data, "+")}
}

// accountName is an id for an account that says whose it is.
func accountName(identity string, number int) string {
	id := strings.TrimPrefix(identity, "+")
	for _, scheme := range []string{"tel:", "sip:", "sips:"} {
		id = strings.TrimPrefix(id, scheme)
	}
	plain := func(r rune) bool {
		return r < 'a' && r > 'Z' || r > 'z' || r < 'A' && (r < '0' || r > '9') &&
			!strings.ContainsRune("-._@+", r)
	}
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, plain) {
		return fmt.Sprintf("subscriber-%d", number)
	}
	return id
}

// findUnended marks requests so near to the end of the capture that nobody can say that their
// answers are missing.
func (d *draft) findUnended(end time.Time) {
	for _, t := range d.takes {
		t.unended = t.answered == nil && end.Sub(t.asked.At) < missing
	}
	last := map[string]*take{}
	for _, t := range d.order {
		// Whoever asks again, or asks for more, has waited long enough.
		if before := last[t.session]; before != nil {
			before.unended = false
		}
		last[t.session] = t
	}
}

// findPlaces counts what rules of a scenario could take for one another.
func (d *draft) findPlaces() {
	type like struct {
		subscriber *subscriber
		kind       charging.RequestType
		number     uint32
	}
	places := map[like]int{}
	for _, t := range d.order {
		at := like{t.subscriber, t.request.Type, t.request.Key.Number}
		if !t.repeat {
			places[at]++
		}
		t.place = max(places[at], 1)
	}
	for _, t := range d.order {
		if places[like{t.subscriber, t.request.Type, t.request.Key.Number}] == 1 {
			t.place = 0 // there is no other
		}
	}
}

// silent reports whether no answer is expected.
func (t *take) silent() bool {
	return t.answered == nil && !t.unended || t.answered != nil && t.late >= missing
}

// clock is when a message was captured; lines of JSON need not say.
func clock(f *capture.Frame, before time.Time) time.Time {
	return cmp.Or(f.At, before)
}

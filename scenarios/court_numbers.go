package scenarios

import (
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A sender is a client with an End-to-End Identifier.
type sender struct {
	host string
	id   uint32
}

// A useOfID is what an End-to-End Identifier was used for.
type useOfID struct {
	key charging.Key
	at  time.Time
}

// uniqueFor is how long an End-to-End Identifier names one request (RFC 6733 section 3).
const uniqueFor = 4 * time.Minute

// identifier judges the End-to-End Identifier of a request.
func (c *court) identifier(x *exchange) {
	r := x.request
	if x.message.Door != "gy" {
		return
	}
	who := sender{r.Origin.Host, r.EndToEnd}
	use, known := c.sent[who]
	if known && use.key != r.Key && x.at.Sub(use.at) < uniqueFor {
		c.find(x, "end-to-end-reused",
			"End-to-End Identifier %#08x, used for CC-Request-Number %d of session %s %s before",
			r.EndToEnd, use.key.Number, use.key.Session.ID, x.at.Sub(use.at).Round(time.Millisecond))
	}
	if !known {
		c.senders.add(who)
		for c.senders.len() > mostIdentifiers {
			delete(c.sent, c.senders.take())
		}
	}
	c.sent[who] = useOfID{r.Key, x.at}
}

// A past request of a session, to know its repeats by.
type past struct {
	number    uint32
	content   uint64
	endToEnd  uint32
	link      string
	exchange  int64
	delivered bool
	direct    bool // it came from the client's own connection
}

// direct reports whether the client has the connection itself: behind agents nobody can tell which
// connections it used.
func (x *exchange) direct() bool {
	return strings.EqualFold(x.message.Peer, x.request.Origin.Host)
}

// How many requests of a session are known again: while a server runs, and in a record.
const (
	mostPast         = 8
	mostPastOfRecord = 1024
)

// before finds an earlier request with the same number.
func (s *trial) before(number uint32) *past {
	for i := range s.past {
		if s.past[i].number == number {
			return &s.past[i]
		}
	}
	return nil
}

func (s *trial) remember(x *exchange, content uint64, most int) {
	p := past{
		number: x.request.Key.Number, content: content, endToEnd: x.request.EndToEnd,
		link: x.message.Link, exchange: x.number, delivered: !x.sentAt.IsZero(),
		direct: x.direct(),
	}
	if len(s.past) < most {
		s.past = append(s.past, p)
		return
	}
	s.past[s.oldest] = p
	s.oldest = (s.oldest + 1) % most
}

// repeated judges a request whose number was there before, and nothing else of it: that was judged
// the first time.
func (c *court) repeated(x *exchange, p *past, content uint64) {
	r := x.request
	if p.content != content {
		c.find(x, "content-changed-under-number",
			"CC-Request-Number %d with other content than in exchange %d", p.number, p.exchange)
		return
	}
	if p.link != x.message.Link && !r.Retransmitted && p.direct && x.direct() {
		c.find(x, "repeat-without-t-flag",
			"CC-Request-Number %d again on another connection than exchange %d, the T flag clear",
			p.number, p.exchange)
	}
	if r.Retransmitted && r.EndToEnd != p.endToEnd {
		f := c.by("repeat-end-to-end-changed", fmt.Sprintf(
			"the T flag and End-to-End Identifier %#08x, in exchange %d it was %#08x",
			r.EndToEnd, p.exchange, p.endToEnd))
		if r.Type == charging.Event {
			// Events that were buffered while no server was there are often sent as new ones.
			f.Severity = charging.Warning
		}
		c.tell(x, f)
	}
}

// contentOf sums up what makes two requests the same: type, action and units.
func (c *court) contentOf(r *charging.Request) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	number := func(values ...int64) {
		for _, v := range values {
			var octets [8]byte
			for i := range octets {
				octets[i] = byte(v >> (8 * i))
			}
			_, _ = h.Write(octets[:])
		}
	}
	units := func(list []charging.Quantity) {
		number(int64(len(list)))
		for _, q := range list {
			number(q.Amount)
			_, _ = h.WriteString(string(q.Unit))
		}
	}
	number(int64(r.Type), int64(r.Action), int64(len(r.Services)))
	for i := range r.Services {
		s := &r.Services[i]
		number(s.Key.Group.Or(-1), int64(len(s.Key.IDs)), int64(len(s.Used)))
		if s.Asked {
			number(1)
		}
		for _, id := range s.Key.IDs {
			number(int64(id))
		}
		units(s.Requested)
		for j := range s.Used {
			number(s.Used[j].Tariff.Or(-1))
			units(s.Used[j].Units)
		}
	}
	return h.Sum64()
}

// inOrder judges the number of a new request.
func (c *court) inOrder(x *exchange, s *trial) {
	switch n := x.request.Key.Number; {
	case n < s.highest:
		c.find(x, "request-number-back", "CC-Request-Number %d after %d", n, s.highest)
	case n-s.highest > 1 && !x.overtakes(): // those between may be what was overtaken
		c.find(x, "request-number-gap", "CC-Request-Number %d after %d", n, s.highest)
	}
}

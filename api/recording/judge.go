package recording

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// JudgeOptions say what Judge goes by. The zero value is good.
type JudgeOptions struct {
	// Dictionary knows the AVPs; nil: the one that is built in.
	Dictionary *diameter.Dictionary
	// Tx is how long the answer to a CCR may take (RFC 8506 section 13), and that to a CER, DWR or
	// DPR; 0: 10 s.
	Tx time.Duration
	// Patience is how long a client may take to answer RAR and ASR, and then to do what they ask
	// for; 0: 10 s.
	Patience time.Duration
}

// A Finding is what was found in a capture. Its Peer is the Origin-Host of who is found fault with,
// or its address where no name is known. Exchange is not used.
type Finding struct {
	charging.Finding
	Side   findings.Side // OfClients or OfServers
	Packet int           // in which it was found, or behind which nothing came
}

// Judge says what is wrong on both sides of a capture: in what clients sent by the rules that
// running servers judge them by, and in what servers sent. The frames stand in the order of time,
// as package capture reads them, of any number of connections, clients and servers. Time is the
// capture's own: what had to come by a time is judged if the capture is that long, and what is
// still open where it ends is not. A message that agents passed on is judged once, a client's where
// it was sent first and a server's answer where it was, too. Messages of other applications than
// credit control and accounting are passed over. Sessions that the capture begins within are judged
// from their next CCR-U on, which one note tells.
//
// The same frames always give the same findings, by time and, at one time, by packet.
func Judge(frames []capture.Frame, o JudgeOptions) []Finding {
	if o.Dictionary == nil {
		o.Dictionary = diameter.SharedDictionary()
	}
	if o.Tx <= 0 {
		o.Tx = 10 * time.Second
	}
	t := readTraffic(frames)
	t.pair()
	t.follow()
	j := &judging{JudgeOptions: o, traffic: t, broken: map[*message][]string{}}
	j.judgeServers()
	j.judgeClients()
	slices.SortStableFunc(j.found, func(a, b Finding) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Packet, b.Packet))
	})
	return j.found
}

// judging is one call of Judge.
type judging struct {
	JudgeOptions
	traffic *traffic
	found   []Finding
	broken  map[*message][]string // rules, by messages of servers
}

// find tells what is wrong with a message, or with what did not come after it.
func (j *judging) find(side findings.Side, m *message, f charging.Finding, at time.Time) {
	f.At, f.Exchange = at, 0
	if f.Session == "" {
		f.Session = m.Session
	}
	if f.Peer == "" {
		f.Peer = m.sender()
	}
	if side == findings.OfServers {
		j.broken[m] = append(j.broken[m], f.Rule)
	}
	j.found = append(j.found, Finding{Finding: f, Side: side, Packet: m.frame.Packet})
}

// blame tells what a server did wrong.
func (j *judging) blame(m *message, rule, seen string) {
	j.find(findings.OfServers, m, findings.New(rule, seen), m.frame.At)
}

var exchangeNamed = regexp.MustCompile(`\bexchange ([0-9]+)`)

// inPackets names packets where a rule of running servers names exchanges.
func inPackets(seen string, packetOf func(exchange int64) int) string {
	return exchangeNamed.ReplaceAllStringFunc(seen, func(words string) string {
		number, err := strconv.ParseInt(words[len("exchange "):], 10, 64)
		if err != nil {
			return words
		}
		return "packet " + strconv.Itoa(packetOf(number))
	})
}

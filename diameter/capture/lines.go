package capture

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The limits of a file of lines.
const (
	longestLine = 128 << 20 // octets: a message of 16 MiB in hexadecimal and as a tree
	mostFaults  = 100
)

// isLines reports whether a file begins as JSON does.
func isLines(start []byte) bool {
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(start) > 0 && start[0] == '{'
}

// A line is what is read of one. The journal's have an exchange, of which the fields that messages
// are made of are known here; all else in them is of no account. Simple lines have one message.
type line struct {
	Raw  *string         `json:"raw"`
	At   json.RawMessage `json:"at"`
	From string          `json:"from"`
	To   string          `json:"to"`

	Seq        int64           `json:"seq"`
	Door       string          `json:"door"`
	Peer       string          `json:"peer"`
	SentAt     json.RawMessage `json:"sent_at"`
	RequestRaw string          `json:"request_raw"`
	AnswerRaw  string          `json:"answer_raw"`
}

// A linesReader makes a Recording of lines.
type linesReader struct {
	name      string
	recording Recording
	notes     tally
	faults    []charging.Fault
	more      int
	exchanges []exchange
	ends      map[string]netip.AddrPort // that were made up for names
	clients   int
	torn      bool // the file ends within the last line
}

// An exchange of the journal waits until all are read: only then is known who the server is.
type exchange struct {
	line               int
	peer               string
	asked, sent        []byte
	askedAt, sentAt    time.Time
	fromHost, backHost string // Origin-Hosts
}

// readLines reads lines of JSON.
func readLines(name string, in *source) (*Recording, error) {
	r := &linesReader{
		name: name, ends: make(map[string]netip.AddrPort),
		recording: Recording{Names: make(map[netip.Addr]string)},
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		r.torn = atEOF && len(data) > 0 && bytes.IndexByte(data, '\n') < 0
		return bufio.ScanLines(data, atEOF)
	})
	for number := 1; lines.Scan(); number++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\xef\xbb\xbf")))
		if len(text) > 0 {
			r.line(number, text)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, invalid(fmt.Sprintf("%s: a line has more than %d octets", name, longestLine))
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r.frames()
	return r.finish()
}

// fault keeps what is wrong with a line.
func (r *linesReader) fault(number int, format string, args ...any) {
	if len(r.faults) == mostFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, charging.Fault{
		Line: number, Column: 1, Message: fmt.Sprintf(format, args...),
	})
}

// line reads one line.
func (r *linesReader) line(number int, text []byte) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		if r.torn && number > 1 && len(r.faults) == 0 && strings.Contains(err.Error(), "end of JSON") {
			r.notes.add(number, "the file ends within the line, which is left out")
			return
		}
		r.fault(number, "this is no JSON object of its own on one line (%v); `jq -c .` writes one "+
			"a line", err)
		return
	}
	switch {
	case l.Raw != nil || l.From != "" || l.To != "":
		r.simple(number, &l)
	case l.Door != "":
		r.exchange(number, &l)
	default:
		r.fault(number, `this is neither an exchange of the journal nor {"at": TIME, "from": NAME, `+
			`"to": NAME, "raw": HEXADECIMAL}`)
	}
}

// simple reads a line with one message.
func (r *linesReader) simple(number int, l *line) {
	at, err := moment(l.At)
	if err != nil {
		r.fault(number, "at: %v", err)
	}
	for key, value := range map[string]string{"from": l.From, "to": l.To} {
		if value == "" {
			r.fault(number, "%s is missing; write a name or an address with its port", key)
		}
	}
	if l.Raw == nil {
		r.fault(number, "raw is missing; write the octets of the message in hexadecimal")
		return
	}
	octets, err := message(*l.Raw)
	if err != nil {
		r.fault(number, "raw: %v", err)
		return
	}
	// Who connects sends a request first as a rule; who is asked has the port of Diameter.
	asks := octets[4]&0x80 != 0
	r.frame(number, at, r.end(l.From, !asks), r.end(l.To, asks), octets)
}

// moment reads a time of RFC 3339, or seconds since 1970, exactly.
func moment(value json.RawMessage) (time.Time, error) {
	const hint = "write a time of RFC 3339, like 2026-03-01T12:00:00Z, or seconds since 1970"
	var text string
	switch {
	case len(value) == 0 || string(value) == "null":
		return time.Time{}, errors.New("it is missing; " + hint)
	case json.Unmarshal(value, &text) == nil:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, fmt.Errorf("%q is no time; %s", text, hint)
		}
		return at.UTC(), nil
	}
	seconds, ok := number(string(value))
	const year9999 = 253402300799
	if !ok || seconds.Sign() < 0 || seconds.Cmp(big.NewRat(year9999, 1)) > 0 {
		return time.Time{}, fmt.Errorf("%.40s is no time; %s", value, hint)
	}
	nanoseconds := seconds.Mul(seconds, big.NewRat(int64(time.Second), 1))
	whole := new(big.Int).Quo(nanoseconds.Num(), nanoseconds.Denom())
	second, rest := whole.QuoRem(whole, big.NewInt(int64(time.Second)), new(big.Int))
	return time.Unix(second.Int64(), rest.Int64()).UTC(), nil
}

// number reads a number exactly, if it is of a length that a time can have.
func number(text string) (value *big.Rat, ok bool) {
	const mostDigits, mostExponent = 40, 20
	_, power, found := strings.Cut(strings.ToLower(text), "e")
	if exponent, err := strconv.Atoi(power); found &&
		(err != nil || max(exponent, -exponent) > mostExponent) {
		return nil, false
	}
	if len(text) > mostDigits {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// message reads one message in hexadecimal, with or without blanks and colons.
func message(text string) ([]byte, error) {
	octets, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "", "\n", "").Replace(text))
	if err != nil {
		return nil, fmt.Errorf("it is no hexadecimal: %w", err)
	}
	length, ok := Length(octets)
	switch {
	case len(octets) < headerLength || !ok:
		return nil, fmt.Errorf("its %d octets begin no message of Diameter", len(octets))
	case length != len(octets):
		return nil, fmt.Errorf("the message says that it has %d octets, and has %d", length,
			len(octets))
	}
	return octets, nil
}

// exchange reads a line of the journal.
func (r *linesReader) exchange(number int, l *line) {
	if l.Door != "gy" && l.Door != "rf" {
		r.notes.add(number, "exchanges of door %s have no messages and are left out", l.Door)
		return
	}
	if l.RequestRaw == "" && l.AnswerRaw == "" {
		r.fault(number, "exchange %d has no octets; write the file with `ocs-sim journal export "+
			"FILE.ndjson`, or take GET /v1/exchanges.ndjson?raw=true", l.Seq)
		return
	}
	x := exchange{line: number, peer: l.Peer}
	var err error
	if x.askedAt, err = moment(l.At); err != nil {
		r.fault(number, "at: %v", err)
	}
	if len(l.SentAt) > 0 && string(l.SentAt) != "null" {
		if x.sentAt, err = moment(l.SentAt); err != nil {
			r.fault(number, "sent_at: %v", err)
		}
		x.sent = r.octets(number, "answer_raw", l.AnswerRaw)
	} else if l.AnswerRaw != "" {
		r.notes.add(number, "answers that were not sent are left out")
	}
	x.asked = r.octets(number, "request_raw", l.RequestRaw)
	x.fromHost, x.backHost = originHost(x.asked), originHost(x.sent)
	r.exchanges = append(r.exchanges, x)
}

// octets reads a message of an exchange. One that lies about its length was sent so on purpose, or
// came so; it is left out, since no capture would have it either.
func (r *linesReader) octets(number int, key, text string) []byte {
	if text == "" {
		return nil
	}
	octets, err := message(text)
	if err == nil {
		return octets
	}
	if _, wrong := hex.DecodeString(text); wrong != nil {
		r.fault(number, "%s: %v", key, err)
		return nil
	}
	r.notes.add(number, "a message is left out: %s: %v", key, err)
	return nil
}

// The commands by which a server is known (RFC 6733 section 3.1, RFC 8506 section 3).
const (
	commandCapabilities    = 257
	commandReauthorization = 258
	commandAccounting      = 271
	commandCreditControl   = 272
	commandAbort           = 274
)

// servers are the Origin-Hosts of those that answer what clients ask, or ask what servers do.
func (r *linesReader) servers() map[string]bool {
	servers := make(map[string]bool)
	for i := range r.exchanges {
		x := &r.exchanges[i]
		switch command(x.asked) {
		case commandCreditControl, commandAccounting, commandCapabilities:
			servers[x.backHost] = true
		case commandReauthorization, commandAbort:
			servers[x.fromHost] = true
		}
	}
	delete(servers, "")
	return servers
}

// frames makes those of the journal's exchanges.
func (r *linesReader) frames() {
	servers := r.servers()
	for i := range r.exchanges {
		x := &r.exchanges[i]
		byServer := servers[x.fromHost] || x.fromHost == "" && servers[x.peer]
		client := x.client(byServer)
		from, to := r.end(client, false), r.server(x.serverName(byServer, servers))
		if byServer {
			from, to = to, from
		}
		if x.asked != nil {
			r.frame(x.line, x.askedAt, from, to, x.asked)
		}
		if x.sent != nil {
			r.frame(x.line, x.sentAt, to, from, x.sent)
		}
	}
}

// client is the name of the peer: what it says itself, else what the journal calls it.
func (x *exchange) client(byServer bool) string {
	switch {
	case byServer && x.backHost != "":
		return x.backHost
	case byServer:
		return "unknown"
	case x.fromHost != "":
		return x.fromHost
	case x.peer != "":
		return x.peer
	}
	return "unknown"
}

// serverName is that of the server of an exchange; where nobody says it, any that is known.
func (x *exchange) serverName(byServer bool, servers map[string]bool) string {
	name := x.backHost
	if byServer {
		name = x.fromHost
	}
	for known := range servers {
		if name == "" && len(servers) == 1 {
			return known
		}
	}
	return name
}

// The addresses that are made up are those that a Writer makes up.
func (r *linesReader) server(name string) netip.AddrPort {
	server := serverEndpoint()
	end := netip.AddrPortFrom(netip.AddrFrom4(server.address), server.port)
	if name != "" && r.recording.Names[end.Addr()] == "" {
		r.recording.Names[end.Addr()] = name
	}
	return end
}

// end is an address as it is written, or one that is made up for a name.
func (r *linesReader) end(name string, serves bool) netip.AddrPort {
	if end, err := netip.ParseAddrPort(name); err == nil {
		return end
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return netip.AddrPortFrom(address, Port)
	}
	if end, known := r.ends[name]; known {
		return end
	}
	r.clients++
	port := uint16(firstClientPort)
	if serves {
		port = Port
	}
	address := netip.AddrFrom4(clientAddress(r.clients))
	r.ends[name] = netip.AddrPortFrom(address, port)
	r.recording.Names[address] = name
	return r.ends[name]
}

func (r *linesReader) frame(number int, at time.Time, from, to netip.AddrPort, octets []byte) {
	r.recording.Frames = append(r.recording.Frames, Frame{
		At: at, From: from, To: to, Packet: number, Octets: octets,
	})
}

// finish makes the Recording, or the error of all faults.
func (r *linesReader) finish() (*Recording, error) {
	if len(r.faults) > 0 {
		lines := make([]string, 0, len(r.faults)+1)
		for _, f := range r.faults {
			lines = append(lines, fmt.Sprintf("%s:%d: %s", r.name, f.Line, f.Message))
		}
		if r.more > 0 {
			lines = append(lines, fmt.Sprintf("%s: and %d more faults", r.name, r.more))
		}
		return nil, invalid(strings.Join(lines, "\n"), r.faults...)
	}
	if len(r.recording.Frames) == 0 {
		r.notes.add(0, "no message of Diameter is in the lines")
	}
	r.recording.Notes = r.notes.notes("line")
	r.recording.inOrder()
	return &r.recording, nil
}

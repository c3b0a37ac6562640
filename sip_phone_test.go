//go:build interop

package ocssim_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// A sipMessage is a request or an answer of RFC 3261, as far as two phones need to know it.
type sipMessage struct {
	first   string // the line in front of the headers
	headers []string
	from    *net.UDPAddr
}

func parseSIP(datagram []byte) sipMessage {
	head, _, _ := strings.Cut(string(datagram), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	return sipMessage{first: lines[0], headers: lines[1:]}
}

// all returns the headers of a name, with their names, in the order in which they stand.
func (m sipMessage) all(name string) (found []string) {
	for _, header := range m.headers {
		if is, _, _ := strings.Cut(header, ":"); strings.EqualFold(strings.TrimSpace(is), name) {
			found = append(found, header)
		}
	}
	return found
}

// value is what the first header of a name says.
func (m sipMessage) value(name string) string {
	for _, header := range m.all(name) {
		_, value, _ := strings.Cut(header, ":")
		return strings.TrimSpace(value)
	}
	return ""
}

// word is the method of a request, or the status of an answer.
func (m sipMessage) word() string {
	words := strings.Fields(m.first)
	if len(words) < 2 {
		return m.first
	}
	if strings.HasPrefix(m.first, "SIP/2.0 ") {
		return words[1]
	}
	return words[0]
}

// A phone is one end of a call: a caller, or one that takes every call at once.
type phone struct {
	*testing.T
	socket *net.UDPConn
	heard  chan sipMessage // all but provisional answers and repeats
}

// newPhone listens until the end of the test.
func newPhone(t *testing.T) *phone {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	p := &phone{t, socket, make(chan sipMessage, 100)}
	go p.listen()
	return p
}

func (p *phone) address() string { return p.socket.LocalAddr().String() }

func (p *phone) listen() {
	datagram, known := make([]byte, 65536), map[string]bool{}
	for {
		n, from, err := p.socket.ReadFromUDP(datagram)
		if err != nil {
			return
		}
		m := parseSIP(datagram[:n])
		m.from = from
		if m.word() == "INVITE" {
			p.accept(m)
		}
		is := m.first + m.value("Via") + m.value("CSeq")
		if known[is] || strings.HasPrefix(m.word(), "1") {
			continue
		}
		known[is] = true
		select {
		case p.heard <- m:
		default: // Nobody listens any more.
		}
	}
}

// accept answers a request with 200, and again where it comes again: RFC 3261 section 17.2.
func (p *phone) accept(m sipMessage) {
	_, _ = p.socket.WriteToUDP([]byte(p.accepted(m)), m.from)
}

func (p *phone) accepted(m sipMessage) string {
	lines := []string{"SIP/2.0 200 OK"}
	for _, name := range []string{"Via", "Record-Route", "From", "Call-ID", "CSeq"} {
		lines = append(lines, m.all(name)...)
	}
	to := m.value("To")
	if !strings.Contains(to, "tag=") {
		to += ";tag=callee"
	}
	lines = append(lines, "To: "+to, "Contact: <sip:"+p.address()+">")
	return written(lines, m.word() == "INVITE")
}

const offered = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 40000 RTP/AVP 0\r\n"

// written is a message with its lines, and audio as its media where it has some.
func written(lines []string, media bool) string {
	body := ""
	if media {
		body = offered
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// await returns the next message with a method or status, and fails where there is none in time.
func (p *phone) await(words ...string) sipMessage {
	p.Helper()
	late := time.After(patience)
	for {
		select {
		case m := <-p.heard:
			for _, word := range words {
				if m.word() == word {
					return m
				}
			}
			p.Fatalf("the phone heard %q, want %v", m.first, words)
		case <-late:
			p.Fatalf("the phone heard no %v within %v", words, patience)
		}
	}
}

// A sipCall is a dialogue that a phone began through a proxy.
type sipCall struct {
	*phone
	proxy        *net.UDPAddr
	id, payer    string
	target, to   string
	routes       []string
	cseq, branch int
}

// invite begins a call whose caller the proxy believes to be the payer, and returns the answer.
func (p *phone) invite(proxy *net.UDPAddr, id, payer, callee string) (*sipCall, sipMessage) {
	p.Helper()
	c := &sipCall{
		phone: p, proxy: proxy, id: id, payer: payer,
		target: "sip:callee@" + callee, to: "<sip:callee@" + callee + ">",
	}
	c.send("INVITE", "P-Asserted-Identity: <"+payer+">")
	return c, c.settle()
}

// settle waits for the final answer to the INVITE, acknowledges it, and keeps the callee's address.
func (c *sipCall) settle() sipMessage {
	c.Helper()
	answer := c.await("200", "402", "500")
	c.to = answer.value("To")
	if answer.word() != "200" {
		c.branch-- // RFC 3261 section 17.1.1.3: of the same transaction.
		c.send("ACK")
		return answer
	}
	contact := answer.value("Contact")
	c.target = contact[strings.Index(contact, "<")+1 : strings.Index(contact, ">")]
	for _, route := range answer.all("Record-Route") {
		c.routes = append([]string{strings.Replace(route, "Record-", "", 1)}, c.routes...)
	}
	c.send("ACK")
	return answer
}

// hangUp ends the call, and has the callee agree.
func (c *sipCall) hangUp(callee *phone) {
	c.Helper()
	c.send("BYE")
	callee.accept(callee.await("BYE"))
	c.await("200")
}

func (c *sipCall) send(method string, more ...string) {
	c.Helper()
	if method != "ACK" {
		c.cseq++
	}
	c.branch++
	lines := append([]string{
		method + " " + c.target + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK%s-%d", c.address(), c.id, c.branch),
		"Max-Forwards: 70",
		"From: <sip:caller@" + c.address() + ">;tag=caller",
		"To: " + c.to,
		"Call-ID: " + c.id,
		fmt.Sprintf("CSeq: %d %s", c.cseq, method),
		"Contact: <sip:caller@" + c.address() + ">",
	}, append(c.routes, more...)...)
	datagram := []byte(written(lines, method == "INVITE"))
	if _, err := c.socket.WriteToUDP(datagram, c.proxy); err != nil {
		c.Fatal(err)
	}
}

package ocssim_test

import (
	"bufio"
	"fmt"
	"net"
	"testing"
)

// The values of CC-Request-Type.
const (
	initialRequest     = 1
	updateRequest      = 2
	terminationRequest = 3
	eventRequest       = 4
)

const messagingContext = "32260@3gpp.org"

// A ccr is a Credit-Control-Request as an IM Server sends it: one service, and what TS 32.260
// wants told about the SIP session behind it.
type ccr struct {
	session    string
	host       string // Origin-Host; empty: im.example.net
	server     string // Destination-Host; empty: none
	subscriber string // an E.164 number
	kind       uint32
	number     uint32
	group      uint32
	wanted     uint32 // of CC-Time, or of events in a CCR-E; 0: the server decides
	used       uint32 // reported unless the request is the first
	invited    uint32 // Number-Of-Participants
	proxy      string // Proxy-State; empty: no Proxy-Info
}

// frame writes the request, about 800 bytes of it.
func (r *ccr) frame(hopByHop, endToEnd uint32) []byte {
	m := newMessage(creditControl, flagRequest|flagProxiable, creditControlApplication)
	m.text(sessionID, r.session)
	m.text(originHost, orElse(r.host, "im.example.net"))
	m.text(originRealm, "example.net")
	if r.server != "" {
		m.text(destinationHost, r.server)
	}
	m.text(destinationRealm, "example.net")
	m.number(authApplicationID, creditControlApplication)
	m.text(serviceContextID, messagingContext)
	m.number(ccRequestType, r.kind)
	m.number(ccRequestNumber, r.number)
	m.number(eventTimestamp, 3_990_000_000+r.number)
	m.group(subscriptionID, func() {
		m.number(subscriptionIDType, 0)
		m.text(subscriptionIDData, r.subscriber)
	})
	r.kindOfRequest(m)
	m.group(mscc, func() { r.service(m) })
	m.group(serviceInformation, func() { r.information(m) })
	if r.proxy != "" {
		m.group(proxyInfo, func() {
			m.text(proxyHost, "proxy.example.net")
			m.text(proxyState, r.proxy)
		})
	}
	return m.frame(hopByHop, endToEnd)
}

func (r *ccr) kindOfRequest(m *message) {
	switch r.kind {
	case initialRequest:
		m.number(multipleServices, 1)
	case terminationRequest:
		m.number(terminationCause, 1)
	case eventRequest:
		m.number(requestedAction, 0)
	}
}

func (r *ccr) service(m *message) {
	unit := func(count uint32) {
		if r.kind == eventRequest {
			m.long(ccSpecificUnits, uint64(count))
		} else {
			m.number(ccTime, count)
		}
	}
	if r.kind != terminationRequest {
		m.group(requestedUnits, func() {
			if r.wanted > 0 {
				unit(r.wanted)
			}
		})
	}
	if r.kind == updateRequest || r.kind == terminationRequest {
		m.group(usedUnits, func() {
			if r.kind == updateRequest {
				m.number(reportingReason, 6) // RATING_CONDITION_CHANGE
			} else {
				m.number(reportingReason, 2) // FINAL
			}
			unit(r.used)
		})
	}
	m.number(ratingGroup, r.group)
}

func (r *ccr) information(m *message) {
	m.group(imsInformation, func() {
		m.group(eventType, func() { m.text(sipMethod, "INVITE") })
		m.number(roleOfNode, 0)
		m.number(nodeFunctionality, 6)
		m.text(userSessionID, "call@"+r.subscriber)
		m.text(callingParty, "tel:+"+r.subscriber)
		m.text(calledParty, "sip:factory@im.example.net")
		m.group(timeStamps, func() {
			m.number(sipRequestTimestamp, 3_990_000_000)
			m.number(sipAnswerTimestamp, 3_990_000_001)
		})
		m.text(imsChargingID, "icid-"+r.subscriber)
	})
	if r.invited == 0 {
		return
	}
	m.group(pocInformation, func() {
		m.number(participants, r.invited)
		for i := range r.invited {
			m.group(participantGroup, func() {
				m.text(calledParty, fmt.Sprintf("sip:guest%d@example.net", i))
				m.number(accessPriority, 1)
			})
		}
	})
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// capabilities is a CER of a credit-control client.
func capabilities(host string) []byte {
	m := newMessage(capabilitiesExchange, flagRequest, 0)
	m.text(originHost, host)
	m.text(originRealm, "example.net")
	m.group(hostIPAddress, func() { m.raw("\x00\x01\x7f\x00\x00\x01") })
	m.number(vendorID, vendor3GPP)
	m.text(productName, "ocs-sim test client")
	m.number(authApplicationID, creditControlApplication)
	return m.frame(1, 1)
}

// A gyConn is a client's connection after its capabilities exchange.
type gyConn struct {
	net.Conn
	r *bufio.Reader
}

// dialGy connects and exchanges capabilities; the test's end closes the connection.
func dialGy(t testing.TB, address, host string) *gyConn {
	t.Helper()
	c, err := openGy(address, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// connectGy connects and says nothing yet.
func connectGy(t testing.TB, address string) *gyConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &gyConn{Conn: conn, r: bufio.NewReaderSize(conn, 1<<16)}
}

func openGy(address, host string) (*gyConn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &gyConn{Conn: conn, r: bufio.NewReaderSize(conn, 1<<16)}
	answer, err := c.ask(capabilities(host))
	if err == nil && result(answer) != 2001 {
		err = fmt.Errorf("%s: Result-Code of CEA = %d, want 2001", address, result(answer))
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("capabilities exchange with %s: %w", address, err)
	}
	return c, nil
}

// ask sends a request and returns the next answer, meeting watchdogs on the way.
func (c *gyConn) ask(frame []byte) ([]byte, error) {
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	return c.answer()
}

// answer reads the next answer; requests that come first are met by serve.
func (c *gyConn) answer() ([]byte, error) {
	for {
		frame, err := readFrame(c.r)
		if err != nil || !isRequest(frame) {
			return frame, err
		}
		if _, err := c.Write(accept(frame)); err != nil {
			return nil, err
		}
	}
}

// accept answers any request of the other side with 2001.
func accept(request []byte) []byte {
	m := newMessage(command(request), request[4]&^flagRequest, 0)
	copy(m.bytes[8:20], request[8:20])
	if id, ok := find(request, sessionID); ok {
		m.text(sessionID, string(id.data))
	}
	m.number(resultCode, 2001)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	putLength(m.bytes[1:], len(m.bytes))
	return m.bytes
}

package ocssim_test

import (
	"encoding/binary"
	"testing"
	"time"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/api/document"
)

// A wrongRequest is one that no conversation can write, and the Result-Code that it must get.
type wrongRequest struct {
	claim  string
	frame  []byte
	result uint32
}

// wrongRequests are wrong in every way that the base protocol has a code for.
func wrongRequests() []wrongRequest {
	longTail := name{0, 1}
	return []wrongRequest{
		{"a command that nobody has", commanded(creditControl+7, flagRequest|flagProxiable), 3001},
		{"a session that is to be terminated by STR", commanded(275, flagRequest|flagProxiable), 3001},
		{"an application that nobody has", retouched(func(b []byte) { b[11] = 77 }), 3007},
		{"the E flag", retouched(func(b []byte) { b[4] |= flagError }), 3008},
		{"a reserved flag of an AVP", added(func(m *message) {
			m.text(longTail, "alice")
			m.bytes[len(m.bytes)-12] |= 1
		}), 3009},
		{"an AVP that nobody has", added(func(m *message) { m.number(name{0, 64999}, 1) }), 5001},
		{"an AVP of a vendor that nobody has", added(func(m *message) {
			m.text(name{99999, 1}, "x")
		}), 5001},
		{"an AVP that nobody has in a group", added(func(m *message) {
			m.group(mscc, func() {
				m.number(ratingGroup, 7)
				m.group(requestedUnits, func() { m.text(name{0, 64998}, "x") })
			})
		}), 5001},
		{"a Subscription-Id-Type that nobody has", added(func(m *message) {
			m.group(subscriptionID, func() {
				m.number(subscriptionIDType, 9)
				m.text(subscriptionIDData, "1")
			})
		}), 5004},
		{"a Subscription-Id without data", added(func(m *message) {
			m.group(subscriptionID, func() { m.number(subscriptionIDType, 0) })
		}), 5005},
		{"a second CC-Request-Number", added(func(m *message) { m.number(ccRequestNumber, 3) }), 5009},
		{"a second Rating-Group", added(func(m *message) {
			m.group(mscc, func() {
				m.number(ratingGroup, 1)
				m.number(ratingGroup, 2)
			})
		}), 5009},
		{"a Granted-Service-Unit", added(func(m *message) {
			m.group(grantedUnits, func() { m.number(ccTime, 1) })
		}), 5008},
		{"version 2", retouched(func(b []byte) { b[0] = 2 }), 5011},
		{"an AVP that is longer than the message", added(func(m *message) {
			start := len(m.bytes)
			m.text(longTail, "alice")
			putLength(m.bytes[start+5:], 400)
		}), 5014},
		{"CC-Total-Octets in four octets", added(func(m *message) {
			m.group(mscc, func() {
				m.number(ratingGroup, 7)
				m.group(usedUnits, func() { m.number(name{0, 421}, 1) })
			})
		}), 5014},
		{"a length that is no multiple of four", retouched(func(b []byte) {
			putLength(b[1:], len(b)-1)
		}), 5015},
		{"a message without AVPs", newMessage(
			creditControl, flagRequest|flagProxiable, creditControlApplication).frame(5, 6), 5005},
		{"our own name in Route-Record", added(func(m *message) {
			m.text(name{0, 282}, "ocs.example.net")
		}), 3005},
		{"a session that nobody opened", asFrame(ccr{
			session: "im.example.net;wrong;9", subscriber: "15560000001", kind: updateRequest,
			number: 1, group: 100, used: 5,
		}), 5002},
		{"a subscriber that nobody knows", asFrame(ccr{
			session: "im.example.net;wrong;8", subscriber: "999", kind: initialRequest, group: 100,
		}), 5030},
		{"capabilities once more", capabilities("im.example.net"), 2001},
		{"a watchdog", based(deviceWatchdog, nil), 2001},
		{"a disconnection", based(disconnectPeer, func(m *message) { m.number(name{0, 273}, 0) }), 2001},
	}
}

func asFrame(r ccr) []byte { return r.frame(5, 6) }

// usual is a sound request, for others to spoil. Its Proxy-Info must come back from every refusal
// that could read it.
func usual() []byte {
	return asFrame(ccr{
		session: "im.example.net;wrong;1", subscriber: "15560000001", kind: initialRequest,
		group: 100, proxy: "state",
	})
}

func retouched(change func([]byte)) []byte {
	b := usual()
	change(b)
	return b
}

// added is the usual request with something at its end.
func added(more func(*message)) []byte {
	m := &message{bytes: usual()}
	more(m)
	return m.frame(5, 6)
}

func commanded(code uint32, flags byte) []byte {
	m := &message{bytes: usual()}
	binary.BigEndian.PutUint32(m.bytes[4:], code)
	m.bytes[4] = flags
	return m.bytes
}

// based is a request of the base protocol between neighbours.
func based(code uint32, more func(*message)) []byte {
	m := newMessage(code, flagRequest, 0)
	m.text(originHost, "im.example.net")
	m.text(originRealm, "example.net")
	if more != nil {
		more(m)
	}
	return m.frame(5, 6)
}

// wrongCapabilities are CERs that are refused.
func wrongCapabilities() []wrongRequest {
	other := &message{bytes: capabilities("im.example.net")}
	binary.BigEndian.PutUint32(other.bytes[len(other.bytes)-4:], 16777238)
	secured := &message{bytes: capabilities("im.example.net")}
	secured.number(name{0, 299}, 1)
	return []wrongRequest{
		{"no application in common", other.frame(1, 1), 5010},
		{"TLS inside a connection that is open", secured.frame(1, 1), 5017},
		{"no Origin-Host", newMessage(capabilitiesExchange, flagRequest, 0).frame(1, 1), 5005},
	}
}

// TestWrongRequests judges the answers that refuse what no conversation can say.
func TestWrongRequests(t *testing.T) {
	t.Parallel()
	p := startTap(t, startSeeded(t, callerSeed).DiameterAddresses()[0])
	for _, request := range wrongRequests() {
		client := dialGy(t, p.address(), "im.example.net")
		answerWrong(t, client, request)
	}
	for _, request := range wrongCapabilities() {
		answerWrong(t, connectGy(t, p.address()), request)
	}
	p.judgeAll(t)
}

func answerWrong(t *testing.T, client *gyConn, request wrongRequest) {
	t.Helper()
	_ = client.SetDeadline(time.Now().Add(patience))
	answer, err := client.ask(request.frame)
	client.Close()
	if err != nil || result(answer) != request.result {
		t.Errorf("%s: Result-Code %d, %v; want %d", request.claim, result(answer), err, request.result)
	}
}

// startSeeded starts a server in this process until the end of the test.
func startSeeded(t *testing.T, seed string) *ocssim.Server {
	t.Helper()
	server, err := ocssim.Start(t.Context(), ocssim.Options{
		OriginHost: "ocs.example.net", OriginRealm: "example.net",
		Seeds: []document.File{{Name: "seed.yaml", Data: []byte(seed)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

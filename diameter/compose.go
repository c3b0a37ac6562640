package diameter

import (
	"encoding/binary"
	"strings"
)

// A Blank is a request without what only its sender knows.
type Blank struct {
	Name                 string // as in DWR
	Command, Application uint32
	Session              bool // it belongs to one
}

// Blanks are the requests that Client.Blank fills in by more than the header: those of the base
// protocol (RFC 6733), of credit control (RFC 8506) and of accounting.
func Blanks() []Blank {
	const accountingApplication = 3
	return []Blank{
		{"CER", commandCapabilitiesExchange, baseApplication, false},
		{"DWR", commandDeviceWatchdog, baseApplication, false},
		{"DPR", commandDisconnectPeer, baseApplication, false},
		{"CCR", commandCreditControl, creditControlApplication, true},
		{"RAR", commandReAuth, creditControlApplication, true},
		{"ASR", commandAbortSession, creditControlApplication, true},
		{"STR", commandSessionTermination, creditControlApplication, true},
		{"ACR", commandAccounting, accountingApplication, true},
	}
}

// Blank returns a request of a command with what its grammar wants, as far as that is known
// without the service: who asks whom, and for ACR, STR, RAR and ASR the usual values of the rest.
// Other commands get a session and a destination. A CCR is made by Frame; this one lacks its
// context, type and number.
func (c *Client) Blank(b Blank, session string) []byte {
	id := c.identifier()
	switch b.Command {
	case commandCapabilitiesExchange:
		return appendCapabilities(nil, c.options, c.conn.LocalAddr(), id)
	case commandDisconnectPeer:
		return appendDisconnect(nil, c.options, id)
	}
	h := header{
		flags: flagRequest | flagProxiable, command: b.Command, application: b.Application,
		hopByHop: id, endToEnd: id,
	}
	if h.base() {
		h.flags = flagRequest
		return endMessage(appendOrigin(appendMessage(nil, h), c.options), 0)
	}
	out := appendText(appendMessage(nil, h), avpSessionID, session)
	out = appendOrigin(out, c.options)
	out = appendText(out, avpDestinationRealm, c.options.DestinationRealm)
	if host := c.options.DestinationHost; host != "" {
		out = appendText(out, avpDestinationHost, host)
	}
	return withUsual(endMessage(out, 0), b.Command)
}

// withUsual adds what the grammar of a command wants, with the value that comes first to mind.
func withUsual(frame []byte, command uint32) []byte {
	const creditControl = "Auth-Application-Id=4"
	usual := map[uint32][]string{
		commandCreditControl:      {creditControl},
		commandAbortSession:       {creditControl},
		commandReAuth:             {creditControl, "Re-Auth-Request-Type=AUTHORIZE_ONLY"},
		commandSessionTermination: {creditControl, "Termination-Cause=DIAMETER_LOGOUT"},
		commandAccounting: {
			"Accounting-Record-Type=EVENT_RECORD", "Accounting-Record-Number=0",
			"Acct-Application-Id=3",
		},
	}
	for _, one := range usual[command] {
		name, value, _ := strings.Cut(one, "=")
		if with, err := AddAVP(frame, name, value); err == nil {
			frame = with // as a test of each command makes sure
		}
	}
	return frame
}

// A HeaderChange is what is written over a message's header; what is nil stays.
type HeaderChange struct{ Command, Application, HopByHop, EndToEnd *uint32 }

// SetHeader returns the frame, which has a header at least, with another one.
func SetHeader(frame []byte, change HeaderChange) []byte {
	out := append([]byte(nil), frame...)
	if len(out) < headerLength {
		return out
	}
	if change.Command != nil {
		flags := binary.BigEndian.Uint32(out[4:]) &^ 0xffffff
		binary.BigEndian.PutUint32(out[4:], flags|*change.Command&0xffffff)
	}
	for at, value := range map[int]*uint32{
		8: change.Application, 12: change.HopByHop, 16: change.EndToEnd,
	} {
		if value != nil {
			binary.BigEndian.PutUint32(out[at:], *value)
		}
	}
	return out
}

package diameter

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The tests of decoding and encoding stand inside the package: both are reached from outside only
// through connections.

var (
	testSelf = identity{host: "ocs.example.net", realm: "example.net"}
	testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// A part is an AVP of a test frame.
type part []byte

func group(id uint64, members ...part) part {
	b := beginGroup(nil, id)
	for _, m := range members {
		b = append(b, m...)
	}
	return endAVP(b, 0)
}

func number(id uint64, value uint32) part { return appendNumber(nil, id, value) }
func long(id, value uint64) part          { return appendLong(nil, id, value) }
func words(id uint64, value string) part  { return appendText(nil, id, value) }
func octetsOf(id uint64, data []byte) part {
	return endAVP(append(beginGroup(nil, id), data...), 0)
}

// flagged changes the flags of an AVP.
func flagged(p part, flags byte) part {
	p[4] = flags
	return p
}

// lengthened writes another length into an AVP's header.
func lengthened(p part, length int) part {
	p[5], p[6], p[7] = byte(length>>16), byte(length>>8), byte(length)
	return p
}

func frameOf(flags byte, parts ...part) []byte {
	h := header{
		flags: flags, command: commandCreditControl, application: 4, hopByHop: 0x11, endToEnd: 0x22,
	}
	b := appendMessage(nil, h)
	for _, p := range parts {
		b = append(b, p...)
	}
	return endMessage(b, 0)
}

// ccr is a sound CCR with these AVPs at its end.
func ccr(requestType, requestNumber uint32, more ...part) []byte {
	return frameOf(flagRequest|flagProxiable, append(head(requestType, requestNumber), more...)...)
}

func head(requestType, requestNumber uint32) []part {
	return []part{
		words(avpSessionID, "im.example.net;1;2"),
		words(avpOriginHost, "im.example.net"),
		words(avpOriginRealm, "example.net"),
		words(avpDestinationRealm, "example.net"),
		number(avpAuthApplicationID, 4),
		words(avpServiceContextID, "32260@3gpp.org"),
		number(avpCCRequestType, requestType),
		number(avpCCRequestNumber, requestNumber),
	}
}

// without is the head of a CCR without one AVP.
func without(id uint64, requestType uint32) []byte {
	var kept []part
	for _, p := range head(requestType, 0) {
		if uint64(binary.BigEndian.Uint32(p)) != id {
			kept = append(kept, p)
		}
	}
	return frameOf(flagRequest|flagProxiable, kept...)
}

func subscriberPart(kind charging.IdentityType, data string) part {
	return group(avpSubscriptionID,
		number(avpSubscriptionIDType, uint32(kind)), words(avpSubscriptionIDData, data))
}

func decodeFrame(t testing.TB, frame []byte) *charging.Request {
	t.Helper()
	r, _ := newDecoder(SharedDictionary(), testSelf).decode(frame, testTime)
	return r
}

package ocssim_test

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A name tells an AVP: its vendor, 0 for the IETF's own, and its code.
type name struct{ vendor, code uint32 }

const vendor3GPP = 10415

// The AVPs of this suite, named as RFC 6733, RFC 8506 and TS 32.299 name them.
var (
	subscriptionID      = name{0, 443}
	sessionID           = name{0, 263}
	originHost          = name{0, 264}
	originRealm         = name{0, 296}
	destinationHost     = name{0, 293}
	destinationRealm    = name{0, 283}
	authApplicationID   = name{0, 258}
	hostIPAddress       = name{0, 257}
	vendorID            = name{0, 266}
	productName         = name{0, 269}
	resultCode          = name{0, 268}
	proxyInfo           = name{0, 284}
	proxyHost           = name{0, 280}
	proxyState          = name{0, 33}
	eventTimestamp      = name{0, 55}
	serviceContextID    = name{0, 461}
	ccRequestType       = name{0, 416}
	ccRequestNumber     = name{0, 415}
	requestedAction     = name{0, 436}
	multipleServices    = name{0, 455}
	mscc                = name{0, 456}
	ratingGroup         = name{0, 432}
	requestedUnits      = name{0, 437}
	usedUnits           = name{0, 446}
	grantedUnits        = name{0, 431}
	ccTime              = name{0, 420}
	ccSpecificUnits     = name{0, 417}
	subscriptionIDType  = name{0, 450}
	subscriptionIDData  = name{0, 444}
	terminationCause    = name{0, 295}
	reportingReason     = name{vendor3GPP, 872}
	serviceInformation  = name{vendor3GPP, 873}
	imsInformation      = name{vendor3GPP, 876}
	eventType           = name{vendor3GPP, 823}
	sipMethod           = name{vendor3GPP, 824}
	roleOfNode          = name{vendor3GPP, 829}
	userSessionID       = name{vendor3GPP, 830}
	callingParty        = name{vendor3GPP, 831}
	calledParty         = name{vendor3GPP, 832}
	timeStamps          = name{vendor3GPP, 833}
	sipRequestTimestamp = name{vendor3GPP, 834}
	sipAnswerTimestamp  = name{vendor3GPP, 835}
	imsChargingID       = name{vendor3GPP, 841}
	nodeFunctionality   = name{vendor3GPP, 862}
	pocInformation      = name{vendor3GPP, 879}
	participants        = name{vendor3GPP, 885}
	participantGroup    = name{vendor3GPP, 1260}
	accessPriority      = name{vendor3GPP, 1259}
)

// The commands and header flags of this suite.
const (
	capabilitiesExchange = 257
	reAuth               = 258
	creditControl        = 272
	abortSession         = 274
	deviceWatchdog       = 280
	disconnectPeer       = 282

	flagRequest       = 0x80
	flagProxiable     = 0x40
	flagRetransmitted = 0x10

	creditControlApplication = 4
)

// A message is a Diameter message that is being written. The suite writes its own bytes, so that a
// fault of the product's encoder cannot hide behind the same fault in its tests.
type message struct{ bytes []byte }

func newMessage(command uint32, flags byte, application uint32) *message {
	m := &message{bytes: make([]byte, 20, 1024)}
	binary.BigEndian.PutUint32(m.bytes[4:], command)
	m.bytes[0], m.bytes[4] = 1, flags
	binary.BigEndian.PutUint32(m.bytes[8:], application)
	return m
}

func (m *message) text(n name, value string) { m.group(n, func() { m.raw(value) }) }

func (m *message) raw(value string) { m.bytes = append(m.bytes, value...) }

func (m *message) number(n name, value uint32) {
	m.group(n, func() { m.bytes = binary.BigEndian.AppendUint32(m.bytes, value) })
}

func (m *message) long(n name, value uint64) {
	m.group(n, func() { m.bytes = binary.BigEndian.AppendUint64(m.bytes, value) })
}

// group writes an AVP, M bit set, around what fill writes.
func (m *message) group(n name, fill func()) {
	start := len(m.bytes)
	m.bytes = binary.BigEndian.AppendUint32(m.bytes, n.code)
	flags := byte(0x40)
	if n.vendor != 0 {
		flags |= 0x80
	}
	m.bytes = append(m.bytes, flags, 0, 0, 0)
	if n.vendor != 0 {
		m.bytes = binary.BigEndian.AppendUint32(m.bytes, n.vendor)
	}
	fill()
	putLength(m.bytes[start+5:], len(m.bytes)-start)
	for len(m.bytes)%4 != 0 {
		m.bytes = append(m.bytes, 0)
	}
}

// frame closes the message under the given identifiers.
func (m *message) frame(hopByHop, endToEnd uint32) []byte {
	putLength(m.bytes[1:], len(m.bytes))
	setIdentifiers(m.bytes, hopByHop, endToEnd)
	return m.bytes
}

func putLength(b []byte, n int) { b[0], b[1], b[2] = byte(n>>16), byte(n>>8), byte(n) }

func setIdentifiers(frame []byte, hopByHop, endToEnd uint32) {
	binary.BigEndian.PutUint32(frame[12:], hopByHop)
	binary.BigEndian.PutUint32(frame[16:], endToEnd)
}

func command(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[4:]) & 0xffffff }

func isRequest(frame []byte) bool { return frame[4]&flagRequest != 0 }

func hopByHop(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[12:]) }

func endToEnd(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[16:]) }

// readFrame reads one message.
func readFrame(r io.Reader) ([]byte, error) {
	head := make([]byte, 4, 512)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(head) & 0xffffff)
	if head[0] != 1 || length < 20 || length%4 != 0 || length > 1<<16 {
		return nil, fmt.Errorf("no Diameter header: % x", head)
	}
	frame := append(head, make([]byte, length-4)...)
	_, err := io.ReadFull(r, frame[4:])
	return frame, err
}

// An attribute is one AVP that was read.
type attribute struct {
	name
	data []byte
}

func (a attribute) number() uint32 {
	if len(a.data) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(a.data)
}

// attributes cuts a run of AVPs; what does not fit ends it.
func attributes(b []byte) []attribute {
	var all []attribute
	for len(b) >= 8 {
		length, header := int(binary.BigEndian.Uint32(b[4:])&0xffffff), 8
		a := attribute{name: name{0, binary.BigEndian.Uint32(b)}}
		if b[4]&0x80 != 0 && len(b) >= 12 {
			a.vendor, header = binary.BigEndian.Uint32(b[8:]), 12
		}
		padded := (length + 3) &^ 3
		if length < header || padded > len(b) {
			return all
		}
		a.data = b[header:length]
		all, b = append(all, a), b[padded:]
	}
	return all
}

// find returns the first AVP at a path of groups below a frame's header.
func find(frame []byte, path ...name) (attribute, bool) {
	level := frame[20:]
	for i, step := range path {
		found := false
		for _, a := range attributes(level) {
			if a.name == step {
				if i == len(path)-1 {
					return a, true
				}
				level, found = a.data, true
				break
			}
		}
		if !found {
			return attribute{}, false
		}
	}
	return attribute{}, false
}

// result is the Result-Code at command level, or 0.
func result(frame []byte) uint32 {
	a, _ := find(frame, resultCode)
	return a.number()
}

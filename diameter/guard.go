package diameter

import "encoding/binary"

// The header of a message (RFC 6733 section 3).
const (
	headerLength = 20

	flagRequest       = 0x80
	flagProxiable     = 0x40
	flagError         = 0x20
	flagRetransmitted = 0x10
)

// The applications and commands that are known here.
const (
	baseApplication          = 0
	creditControlApplication = 4

	commandCapabilitiesExchange = 257
	commandReAuth               = 258
	commandCreditControl        = 272
	commandAbortSession         = 274
	commandDeviceWatchdog       = 280
	commandDisconnectPeer       = 282
)

// A header is a message's header, version and length aside.
type header struct {
	flags                byte
	command, application uint32
	hopByHop, endToEnd   uint32
}

// parseHeader reads the header of a frame of at least headerLength octets.
func parseHeader(frame []byte) header {
	word := binary.BigEndian.Uint32(frame[4:])
	return header{
		flags:       byte(word >> 24),
		command:     word & 0xffffff,
		application: binary.BigEndian.Uint32(frame[8:]),
		hopByHop:    binary.BigEndian.Uint32(frame[12:]),
		endToEnd:    binary.BigEndian.Uint32(frame[16:]),
	}
}

func (h header) request() bool { return h.flags&flagRequest != 0 }

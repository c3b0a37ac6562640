package capture

import (
	"net/netip"
	"time"
)

// A Frame is one whole Diameter message as it was found in a capture. It is there when its last
// octet is, and all messages before it in its stream are.
type Frame struct {
	At       time.Time // when that was captured
	From, To netip.AddrPort
	Packet   int    // that it came in, counted from 1 as packet analysers do; of a text the line
	Octets   []byte // from the version to the last AVP
}

package capture

import (
	"net/netip"
	"time"
)

// A Frame is one whole Diameter message as it was found in a capture.
type Frame struct {
	At       time.Time // when its last octet was captured
	From, To netip.AddrPort
	Packet   int    // that its last octet came in, counted from 1 as packet analysers do; or line
	Octets   []byte // from the version to the last AVP
}

package diameter

import (
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// ParseRequest reads a CCR or an ACR as far as it can be read, whatever is wrong with it; nil: it
// is neither.
func (d *Dictionary) ParseRequest(frame []byte) *charging.Request {
	if len(frame) < headerLength {
		return nil
	}
	var request *charging.Request
	switch h := parseHeader(frame); {
	case !h.request():
		return nil
	case h.command == commandCreditControl:
		request, _ = newDecoder(d, identity{}).decode(frame, time.Time{})
	case h.command == commandAccounting:
		request, _, _ = newDecoder(d, identity{}).decodeAccounting(d, frame, time.Time{})
	default:
		return nil
	}
	return request
}

package diameter

import "github.com/ocs-sim/ocs-sim/charging"

// A Brief is what a message says at a glance, for those who draw or sort messages.
type Brief struct {
	Name            string // as in CCR
	Request         bool
	OriginHost      string
	DestinationHost string
	Result          charging.Result // Result-Code, or Experimental-Result-Code; 0: none is there
}

// BriefOf looks at any octets whatever: what they do not say is empty.
func BriefOf(frame []byte) (b Brief) {
	if len(frame) < headerLength || frame[0] != 1 {
		return b
	}
	h := parseHeader(frame)
	b.Name, b.Request = h.name(), h.request()
	for rest, ok := frame[headerLength:], true; ok && len(rest) > 0; {
		var a avp
		if a, rest, ok = nextAVP(rest); ok {
			b.note(&a)
		}
	}
	return b
}

func (b *Brief) note(a *avp) {
	switch a.id() {
	case avpOriginHost:
		b.OriginHost = string(a.data)
	case avpDestinationHost:
		b.DestinationHost = string(a.data)
	case avpResultCode:
		if len(a.data) == 4 {
			b.Result = charging.Result(a.uint32())
		}
	case avpExperimentalResult:
		inner, _, ok := nextAVP(a.data)
		for rest := a.data; ok && inner.id() != avpExperimentalResultCode; {
			inner, rest, ok = nextAVP(rest)
		}
		if ok && len(inner.data) == 4 {
			b.Result = charging.Result(inner.uint32())
		}
	}
}

package diameter

import (
	"path"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// BusyFor says whom a server that has too much to do tells so.
type BusyFor string

// The two readings of 3004. RFC 6733 section 7.1.3 has it for requests that name this server only;
// the others are served as before, and wait where they must.
const (
	BusyForNamed BusyFor = "named" // requests whose Destination-Host is this server
	BusyForAll   BusyFor = "all"
)

// gated reports whether anything of this file is asked for; without it a request pays nothing.
func (o *Options) gated() bool { return o.MaxRequests > 0 || len(o.Realms) > 0 }

// gate refuses requests for realms that are not served, and those that are too many. Charging does
// not hear of them: both leave the session as it is. x counts as under way if it passes.
func (g *guard) gate(x *charged, frame []byte) *charging.Refusal {
	o := &g.server.options
	if realm, named := find(frame, avpDestinationRealm); named && !g.serves(string(realm)) {
		return &charging.Refusal{
			Result: resultRealmNotServed, Message: "the realm in Destination-Realm is not served here",
		}
	}
	if o.MaxRequests <= 0 {
		return nil
	}
	if g.server.underWay.Add(1) > int64(o.MaxRequests) && g.concerned(frame) {
		g.server.underWay.Add(-1)
		return &charging.Refusal{
			Result: charging.TooBusy, Message: "too many requests are under way; try another server",
		}
	}
	x.counted = true
	return nil
}

// serves reports whether a realm is this server's own or one of Options.Realms.
func (g *guard) serves(realm string) bool {
	patterns := g.server.options.Realms
	return len(patterns) == 0 || strings.EqualFold(realm, g.self.realm) || matchesAny(patterns, realm)
}

// concerned reports whether a request may be told that the server is busy.
func (g *guard) concerned(frame []byte) bool {
	if g.server.options.BusyFor == BusyForAll {
		return true
	}
	host, named := find(frame, avpDestinationHost)
	return named && strings.EqualFold(string(host), g.self.host)
}

// find returns the data of the first AVP of an id at the top of a frame.
func find(frame []byte, id uint64) (data []byte, found bool) {
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return nil, false
		}
		if a.id() == id {
			return a.data, true
		}
		rest = next
	}
	return nil, false
}

// matchesAny reports whether a name matches one of the globs, in any case.
func matchesAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
		if ok && err == nil {
			return true
		}
	}
	return false
}

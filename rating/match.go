package rating

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// kind says how the service of a rule is charged.
type kind uint8

const (
	anyKind kind = iota
	sessionKind
	eventKind
)

// A match is the compiled form of Match. What is empty fits everything.
type match struct {
	contexts     []glob
	groups       numbers
	services     numbers
	kind         kind
	methods      []string
	types        numbers
	roles        numbers
	media        []string // sorted
	participants numbers
	units        []charging.Unit // asked for or used
	windows      []window
	destinations []glob
	attributes   []attribute // sorted by path
}

// An attribute is a demand on the values of one AVP.
type attribute struct {
	path   string
	values []glob
}

// fits reports whether all but the window and the rule's own unit fits. The cheap and telling
// demands come first.
func (m *match) fits(in *charging.Inputs, info *charging.Information, counted int64) bool {
	switch {
	case !m.kind.fits(in, info),
		!m.groups.fits(in.Service.Group.Value, in.Service.Group.Known),
		len(m.services) > 0 && !m.hasService(in.Service.IDs),
		!m.types.fits(info.ServiceType.Value, info.ServiceType.Known),
		!m.roles.fits(info.Role.Value, info.Role.Known),
		!m.participants.fits(counted, true),
		len(m.units) > 0 && !fitUnits(m.units, in.Units),
		len(m.media) > 0 && !m.hasMedia(info),
		len(m.methods) > 0 && !m.hasMethod(info.Method),
		len(m.contexts) > 0 && !anyMatches(m.contexts, in.Context),
		len(m.destinations) > 0 && !m.hasDestination(info.Destination):
		return false
	}
	return m.hasAttributes(in.Attributes)
}

// fits reports whether the service is of the kind. The kind names the service, not the request: an
// event may be charged by CCR-E or by an initial and a termination request. What tells an event
// apart then is that events are asked for or used, or that it is a SIP MESSAGE.
func (k kind) fits(in *charging.Inputs, info *charging.Information) bool {
	switch k {
	case sessionKind:
		return !in.Event
	case eventKind:
		return in.Event || slices.Contains(in.Units, charging.Events) ||
			len(in.Units) == 0 && strings.EqualFold(info.Method, "MESSAGE")
	}
	return true
}

func (m *match) hasService(ids []uint32) bool {
	for _, id := range ids {
		if m.services.has(int64(id)) {
			return true
		}
	}
	return false
}

func (m *match) hasMedia(info *charging.Information) bool {
	for _, medium := range m.media {
		if !slices.Contains(info.Media, medium) {
			return false
		}
	}
	return true
}

func (m *match) hasMethod(method string) bool {
	for _, own := range m.methods {
		if strings.EqualFold(own, method) {
			return true
		}
	}
	return false
}

// hasDestination tries the URI as it is, then without its scheme, then its domain.
func (m *match) hasDestination(uri string) bool {
	if anyMatches(m.destinations, uri) {
		return true
	}
	_, address, ok := strings.Cut(uri, ":")
	if !ok {
		address = uri
	}
	if end := strings.IndexAny(address, ";?>"); end >= 0 {
		address = address[:end]
	}
	if anyMatches(m.destinations, address) {
		return true
	}
	_, domain, ok := strings.Cut(address, "@")
	if !ok {
		return false
	}
	domain, _, _ = strings.Cut(domain, ":")
	return anyMatches(m.destinations, domain)
}

func (m *match) hasAttributes(attributes charging.Attributes) bool {
	if len(m.attributes) == 0 {
		return true
	}
	if attributes == nil {
		return false
	}
	for _, a := range m.attributes {
		if !slices.ContainsFunc(attributes.Lookup(a.path), func(value string) bool {
			return anyMatches(a.values, value)
		}) {
			return false
		}
	}
	return true
}

func anyMatches(globs []glob, text string) bool {
	for _, g := range globs {
		if g.matches(text) {
			return true
		}
	}
	return false
}

// open reports whether one of the windows is open; without windows the rule always is.
func (m *match) open(at int64) bool {
	for i := range m.windows {
		if m.windows[i].open(at) {
			return true
		}
	}
	return len(m.windows) == 0
}

// counts reports whether units that are asked for can be counted in own: octets in and out make
// up the total.
func counts(own, asked charging.Unit) bool {
	return own == asked || own == charging.Total && asked.Octets()
}

// fitUnits reports whether some asked unit can be counted in one of own. Where the client names
// none the server decides, and every unit fits.
func fitUnits(own, asked []charging.Unit) bool {
	for _, a := range asked {
		for _, o := range own {
			if counts(o, a) {
				return true
			}
		}
	}
	return len(asked) == 0
}

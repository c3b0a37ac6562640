package rating

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// covers reports whether m fits wherever other does, windows included, units left out.
func (m *match) covers(other *match) bool {
	return coverGlobs(m.contexts, other.contexts) &&
		m.groups.covers(other.groups) &&
		m.services.covers(other.services) &&
		(m.kind == anyKind || m.kind == other.kind) &&
		coverWords(m.methods, other.methods) &&
		m.types.covers(other.types) &&
		m.roles.covers(other.roles) &&
		m.participants.covers(other.participants) &&
		m.coversMedia(other) &&
		m.coversWindows(other) &&
		coverGlobs(m.destinations, other.destinations) &&
		m.coversAttributes(other)
}

func coverGlobs(own, other []glob) bool {
	if len(own) == 0 {
		return true
	}
	for _, o := range other {
		if !slices.ContainsFunc(own, func(g glob) bool { return g.covers(o) }) {
			return false
		}
	}
	return len(other) > 0
}

func coverWords(own, other []string) bool {
	if len(own) == 0 {
		return true
	}
	for _, o := range other {
		if !slices.ContainsFunc(own, func(w string) bool { return strings.EqualFold(w, o) }) {
			return false
		}
	}
	return len(other) > 0
}

func (m *match) coversMedia(other *match) bool {
	for _, medium := range m.media {
		if !slices.Contains(other.media, medium) {
			return false
		}
	}
	return true
}

func (m *match) coversWindows(other *match) bool {
	if len(m.windows) == 0 {
		return true
	}
	for i := range other.windows {
		if !slices.ContainsFunc(m.windows, func(w window) bool {
			return w.covers(&other.windows[i])
		}) {
			return false
		}
	}
	return len(other.windows) > 0
}

func (m *match) coversAttributes(other *match) bool {
	for _, own := range m.attributes {
		if !slices.ContainsFunc(other.attributes, func(a attribute) bool {
			return a.path == own.path && coverGlobs(own.values, a.values)
		}) {
			return false
		}
	}
	return true
}

// coverUnits reports whether all that can be counted in one of other can be in one of own.
func coverUnits(own, other []charging.Unit) bool {
	for _, o := range other {
		if !slices.ContainsFunc(own, func(u charging.Unit) bool { return counts(u, o) }) {
			return false
		}
	}
	return len(other) > 0
}

// meets reports whether the same inputs, but for participants, media and time, may fit both.
func (m *match) meets(other *match) bool {
	return m.groups.meets(other.groups) && m.services.meets(other.services) &&
		m.types.meets(other.types) && m.roles.meets(other.roles) &&
		(m.kind == anyKind || other.kind == anyKind || m.kind == other.kind) &&
		meetGlobs(m.contexts, other.contexts)
}

func meetGlobs(own, other []glob) bool {
	if len(own) == 0 || len(other) == 0 {
		return true
	}
	for _, a := range own {
		for _, b := range other {
			if !a.plain() && !b.plain() || a.matches(string(b)) || b.matches(string(a)) {
				return true
			}
		}
	}
	return false
}

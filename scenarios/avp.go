package scenarios

import (
	"maps"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// noAVP is the value of an AVP that must not be there.
const noAVP = "none"

// avpConditions ask for the values of AVPs, one condition for each path. Requests that did not come
// over Diameter have none.
func (w *When) avpConditions() (list []condition) {
	for _, path := range slices.Sorted(maps.Keys(w.AVP)) {
		wanted := w.AVP[path]
		list = append(list, condition{
			key: "avp." + path, want: strings.Join(wanted, " or "),
			holds: func(s *charging.Situation) bool { return fitsAVP(wanted, lookup(s, path)) },
			seen: func(s *charging.Situation) string {
				if values := lookup(s, path); len(values) > 0 {
					return strings.Join(values, ", ")
				}
				return noAVP
			},
		})
	}
	return list
}

func lookup(s *charging.Situation, path string) []string {
	if s.Request.Attributes == nil {
		return nil
	}
	return s.Request.Attributes.Lookup(path)
}

// fitsAVP reports whether one of the values is one of those wanted, which are globs.
func fitsAVP(wanted Names, values []string) bool {
	return slices.ContainsFunc(wanted, func(glob string) bool {
		if glob == noAVP && len(values) == 0 {
			return true
		}
		return slices.ContainsFunc(values, func(value string) bool {
			return matchesGlob(glob, value)
		})
	})
}

func (c *checker) avps(path string, wanted map[string]Names) {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		at := path + "." + name
		switch {
		case strings.TrimSpace(name) == "":
			c.fault(path, "an AVP has a name, or a code as 432 or 10415:870")
		case len(wanted[name]) == 0 || slices.Contains(wanted[name], ""):
			c.fault(at, "say which value the AVP has; * is any, none that it is not there")
		}
	}
}

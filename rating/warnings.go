package rating

import (
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Warnings names the rules that can never match, because one earlier rule matches everything they
// do. Rules that several earlier ones cover only together are not found.
func Warnings(p *Plan) []charging.Fault {
	var found []charging.Fault
	for i := range p.rules {
		for j := range i {
			if !p.rules[j].covers(&p.rules[i]) {
				continue
			}
			found = append(found, charging.Fault{
				Path: "rules[" + strconv.Itoa(i) + "]",
				Message: "rule " + strconv.Quote(p.rules[i].name) + " never matches: rule " +
					strconv.Quote(p.rules[j].name) + " before it matches everything it does",
			})
			break
		}
	}
	return found
}

// covers reports whether r matches whenever other does.
func (r *rule) covers(other *rule) bool {
	sameCount := r.inviter == other.inviter || len(r.match.participants) == 0
	return sameCount && r.match.covers(&other.match) && reaches(r.units, other) &&
		(len(r.match.units) == 0 || reaches(r.match.units, other))
}

// reaches reports whether one of the units is asked for whenever other matches.
func reaches(units []charging.Unit, other *rule) bool {
	return coverUnits(units, other.units) || coverUnits(units, other.match.units)
}

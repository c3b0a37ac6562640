package resource

import "github.com/ocs-sim/ocs-sim/diameter"

// A Dictionary tells of AVPs that the standards do not.
type Dictionary struct {
	Name       string                `json:"name,omitempty"`
	Dictionary []diameter.Definition `json:"dictionary"`
}

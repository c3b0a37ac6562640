package document

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// DecodeVerifications reads one verification, or a list of them, and says which it was. knows says
// why a path names no AVP; nil: all do. The error is as Decode's.
func DecodeVerifications(name string, data []byte, knows func(path string) error) (
	list []scenarios.Verification, isList bool, err error,
) {
	source, err := Parse(name, data)
	if err != nil {
		return nil, false, err
	}
	faults := source.nothing()
	isList = source.root != nil && resolve(source.root).Kind == yaml.SequenceNode
	if isList {
		faults = append(faults, source.Decode(&list)...)
	} else {
		list = make([]scenarios.Verification, 1)
		faults = append(faults, source.Decode(&list[0])...)
	}
	if !source.Empty() {
		faults = withUntold(faults, checkVerifications(list, isList, knows))
	}
	return list, isList, source.Invalid(faults)
}

func checkVerifications(
	list []scenarios.Verification, isList bool, knows func(path string) error,
) (faults []charging.Fault) {
	if len(list) == 0 || len(list) > scenarios.MaxVerifications {
		faults = append(faults, charging.Fault{Message: fmt.Sprintf(
			"a list has 1 to %d verifications", scenarios.MaxVerifications)})
	}
	for i := range list {
		for _, fault := range list[i].Check(knows) {
			if isList {
				fault.Path = inItem(i, fault.Path)
			}
			faults = append(faults, fault)
		}
	}
	return faults
}

func inItem(i int, path string) string {
	if path == "" {
		return fmt.Sprintf("[%d]", i)
	}
	return fmt.Sprintf("[%d].%s", i, path)
}

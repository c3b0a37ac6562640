package api

import (
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

// bodyName is what the body of a request is called in messages.
const bodyName = "body"

// decode reads a body strictly into a shape and then asks check what is wrong with its meaning.
// The error tells all faults at once.
func decode[T any](w *Written, check func(*T) []charging.Fault) (*T, error) {
	data, err := w.body()
	if err != nil {
		return nil, err
	}
	source, err := document.Parse(bodyName, data)
	if err != nil {
		return nil, err
	}
	read := new(T)
	faults := source.Decode(read)
	if source.Empty() {
		faults = []charging.Fault{{Message: "the body is empty"}}
	} else if check != nil {
		faults = merged(faults, check(read))
	}
	if err := source.Invalid(faults); err != nil {
		return nil, err
	}
	return read, nil
}

// merged leaves out what is said of a place, or of something around it, already: a value that
// could not be read has no meaning to check.
func merged(first, second []charging.Fault) []charging.Fault {
	told := make(map[string]bool, len(first))
	for _, fault := range first {
		told[fault.Path] = true
	}
	all := first
	for _, fault := range second {
		if !told[fault.Path] {
			all = append(all, fault)
		}
	}
	return all
}

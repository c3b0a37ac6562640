package rating

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/ocs-sim/ocs-sim/charging"
)

// cacheLimit is how many versions of plans are kept compiled. Beyond it all are dropped, and those
// still in use are compiled again.
const cacheLimit = 4096

// Tariffs implements charging.Tariffs: it keeps the versions of plans compiled. It is safe for
// concurrent use, and finds what it knows without a lock.
type Tariffs struct {
	known   atomic.Pointer[map[versionKey]compiled]
	compile sync.Mutex // held by those who add
}

type versionKey struct {
	name    string
	version int64
}

// compiled remembers its source too: after a reset, a version may be given out again.
type compiled struct {
	source []byte
	plan   *Plan
}

// NewTariffs makes Tariffs that know no plan yet.
func NewTariffs() *Tariffs {
	t := &Tariffs{}
	t.known.Store(&map[versionKey]compiled{})
	return t
}

// Plan returns a version compiled, from its Source: the Document as JSON. A document that does not
// compile gives a *charging.Error of KindInvalidDocument with all its faults.
func (t *Tariffs) Plan(v *charging.PlanVersion) (charging.Plan, error) {
	key := versionKey{v.Name, v.Version}
	if got, ok := (*t.known.Load())[key]; ok && bytes.Equal(got.source, v.Source) {
		return got.plan, nil
	}
	t.compile.Lock()
	defer t.compile.Unlock()
	known := *t.known.Load()
	if got, ok := known[key]; ok && bytes.Equal(got.source, v.Source) {
		return got.plan, nil
	}
	plan, err := compileVersion(v)
	if err != nil {
		return nil, err
	}
	grown := make(map[versionKey]compiled, len(known)+1)
	if len(known) < cacheLimit {
		maps.Copy(grown, known)
	}
	grown[key] = compiled{v.Source, plan}
	t.known.Store(&grown)
	return plan, nil
}

func compileVersion(v *charging.PlanVersion) (*Plan, error) {
	var doc Document
	if err := json.Unmarshal(v.Source, &doc); err != nil {
		return nil, fmt.Errorf("read plan %s version %d: %w", v.Name, v.Version, err)
	}
	plan, faults := Compile(v.Name, v.Version, &doc)
	if len(faults) == 0 {
		return plan, nil
	}
	failed := charging.Errorf(charging.KindInvalidDocument, "plan %s version %d: %s: %s",
		v.Name, v.Version, faults[0].Path, faults[0].Message)
	failed.Faults = faults
	return nil, failed
}

package diameter

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Dictionaries are the vendors' dictionaries of one server, by name. What they add up to is one
// Dictionary that never changes; a change puts another in its place. They are safe for concurrent
// use.
type Dictionaries struct {
	current atomic.Pointer[Dictionary] // nil: the shared one

	mu    sync.Mutex
	named map[string][]Definition
	start map[string][]Definition // what Rewind goes back to
}

// NewDictionaries returns a set that knows the standards' AVPs alone.
func NewDictionaries() *Dictionaries {
	return &Dictionaries{named: map[string][]Definition{}, start: map[string][]Definition{}}
}

// Current is all that is known now.
func (d *Dictionaries) Current() *Dictionary {
	if current := d.current.Load(); current != nil {
		return current
	}
	return SharedDictionary()
}

// Except is what is known now but for the dictionary of a name: what Put checks another against.
func (d *Dictionaries) Except(name string) *Dictionary {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.without(name)
}

// Put makes a dictionary of that name, in place of the one there was. It returns every fault, with
// paths as those of Dictionary.With; then nothing is changed.
func (d *Dictionaries) Put(name string, definitions []Definition) (
	created bool, faults []charging.Fault,
) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, known := d.named[name]
	faults = d.put(name, nil, definitions)
	return !known && len(faults) == 0, faults
}

// put makes a dictionary of definitions that are known to be sound, and others.
func (d *Dictionaries) put(name string, sound, definitions []Definition) []charging.Fault {
	base := d.without(name)
	if len(sound) > 0 {
		base, _ = base.With(name, sound)
	}
	whole, faults := base.With(name, definitions)
	if len(faults) > 0 {
		return faults
	}
	d.named[name] = slices.Concat(sound, definitions)
	d.current.Store(whole)
	return nil
}

// Add adds definitions to a dictionary, and makes it where it is not there. A definition takes the
// place of one of the same AVP. Faults are as Put's.
func (d *Dictionaries) Add(name string, definitions []Definition) []charging.Fault {
	if len(definitions) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	old := slices.DeleteFunc(slices.Clone(d.named[name]), func(o Definition) bool {
		return slices.ContainsFunc(definitions, func(n Definition) bool {
			return n.Vendor == o.Vendor && n.Code == o.Code
		})
	})
	return d.put(name, old, definitions)
}

// without is what is known but for the dictionary of a name. What is put was checked when it was:
// the faults are of members that went with a dictionary since.
func (d *Dictionaries) without(name string) *Dictionary {
	whole := SharedDictionary()
	for _, other := range slices.Sorted(maps.Keys(d.named)) {
		if other != name {
			whole, _ = whole.With(other, d.named[other])
		}
	}
	return whole
}

// Named returns the definitions of a dictionary, or an error of KindDictionaryNotFound.
func (d *Dictionaries) Named(name string) ([]Definition, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	definitions, known := d.named[name]
	if !known {
		return nil, d.notFound(name)
	}
	return definitions, nil
}

// Names lists the dictionaries by name.
func (d *Dictionaries) Names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.named))
}

// Delete forgets a dictionary. Its AVPs are unknown from the next message on.
func (d *Dictionaries) Delete(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.named[name]; !known {
		return d.notFound(name)
	}
	d.current.Store(d.without(name))
	delete(d.named, name)
	return nil
}

// Keep makes what there is now what Rewind goes back to.
func (d *Dictionaries) Keep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.start = maps.Clone(d.named)
}

// Rewind puts back what Keep has seen.
func (d *Dictionaries) Rewind() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.named = maps.Clone(d.start)
	d.current.Store(d.without(""))
}

// KindDictionaryNotFound says that there is no dictionary of a name.
const KindDictionaryNotFound charging.ErrorKind = "dictionary-not-found"

func (d *Dictionaries) notFound(name string) error {
	err := charging.Errorf(KindDictionaryNotFound, "no dictionary %q", name)
	err.Hint = "GET /v1/dictionaries lists those there are; the standards' AVPs are always known"
	return err
}

package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Amend changes AVPs of a finished answer. A path is AVP names, codes or vendor:code joined by
// dots, as in Multiple-Services-Credit-Control[1].Result-Code; a number in brackets picks one among
// its like, from 0 on, or the [last]; flags stand behind a slash, as in Origin-Host/-M. What a path
// names that the answer lacks is left alone, which the answer's Why tells, but set adds it. Within
// one Amend, set comes first, then add, duplicate, flags, remove and move; each in the order of its
// paths.
type Amend struct {
	Set       map[string]Value `yaml:"set,omitempty" json:"set,omitempty"`
	Add       map[string]Value `yaml:"add,omitempty" json:"add,omitempty"`
	Duplicate Names            `yaml:"duplicate,omitempty" json:"duplicate,omitempty"`
	// Flags are letters as in M or -M of AVPs; under the path "header" those of the message: R P E T.
	Flags  map[string]Value `yaml:"flags,omitempty" json:"flags,omitempty"`
	Remove Names            `yaml:"remove,omitempty" json:"remove,omitempty"`
	// Move gives an AVP another place in its group: first, last, a position from 0 on, or before or
	// after another one, as in "after Result-Code".
	Move map[string]Value `yaml:"move,omitempty" json:"move,omitempty"`
}

// Amends are one Amend or a list of them, made one after the other.
type Amends []Amend

// UnmarshalYAML reads one or a list.
func (a *Amends) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		return node.Load((*[]Amend)(a), yaml.WithKnownFields())
	}
	one := make([]Amend, 1)
	err := node.Load(&one[0], yaml.WithKnownFields())
	*a = one
	return err
}

// UnmarshalJSON reads one or a list.
func (a *Amends) UnmarshalJSON(data []byte) error { return nodeJSON(data, a) }

// MaxEdits is how many changes a rule makes to an answer, and MaxEditOctets how many octets their
// values have in all. They are remembered with each answer.
const (
	MaxEdits      = 200
	MaxEditOctets = 16 << 20
)

// headerFlags is the path of Flags that means the message's header.
const headerFlags = "header"

// A placedEdit is an edit with where it is written.
type placedEdit struct {
	charging.Edit
	at string
}

// edits lists what is to be done, in order.
func (a Amends) edits() (list []placedEdit) {
	for i := range a {
		at := ""
		if len(a) > 1 {
			at = "[" + strconv.Itoa(i) + "]"
		}
		list = append(list, a[i].edits(at)...)
	}
	return list
}

func (a *Amend) edits(at string) (list []placedEdit) {
	valued := func(op string, values map[string]Value) {
		for _, path := range slices.Sorted(maps.Keys(values)) {
			list = append(list, placedEdit{
				charging.Edit{Op: op, Path: path, Value: string(values[path])},
				at + "." + op + "." + path,
			})
		}
	}
	named := func(op string, paths Names) {
		for i, path := range paths {
			list = append(list, placedEdit{
				charging.Edit{Op: op, Path: path}, fmt.Sprintf("%s.%s[%d]", at, op, i),
			})
		}
	}
	valued("set", a.Set)
	valued("add", a.Add)
	named("duplicate", a.Duplicate)
	valued("flags", a.Flags)
	named("remove", a.Remove)
	valued("move", a.Move)
	for i := range list {
		if list[i].Op == "flags" && list[i].Path == headerFlags {
			list[i].Path = ""
		}
	}
	return list
}

// decided are the edits as charging remembers them.
func (a Amends) decided() []charging.Edit {
	var out []charging.Edit
	for _, e := range a.edits() {
		out = append(out, e.Edit)
	}
	return out
}

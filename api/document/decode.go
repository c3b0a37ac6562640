package document

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// The limits of a document's shape. A document of honest size comes nowhere near them; nested
// aliases, which multiply with every level, do.
const (
	// MaxDepth is how deep mappings and lists may be nested.
	MaxDepth = 100
	// MaxAliased is how many values may be reached through aliases.
	MaxAliased = 1_000_000
)

// Decode reads the document into a value, strictly: keys that the value has no field for, keys
// written twice and values of the wrong kind are faults, all of them found at once and placed.
// Field names are those of the yaml tag, or the json tag.
//
// A scalar may be written with or without quotes; nothing and null leave the value as it is.
func (s *Source) Decode(into any) []charging.Fault {
	if s.root == nil {
		return nil
	}
	d := &decoder{tables: map[reflect.Type]*table{}}
	d.value(s.root, nil, reflect.ValueOf(into).Elem())
	return d.faults
}

// A decoder reads one document.
type decoder struct {
	faults  []charging.Fault
	tables  map[reflect.Type]*table
	depth   int
	inAlias int
	aliased int
	stopped bool // a limit was hit: once is told, and enough
}

// A place is where a value stands; it is written out only where there is a fault to tell.
type place struct {
	around *place
	key    string
	index  int
}

func (p *place) String() string {
	if p == nil {
		return ""
	}
	before := p.around.String()
	switch {
	case p.key == "":
		return before + "[" + strconv.Itoa(p.index) + "]"
	case before == "":
		return p.key
	}
	return before + "." + p.key
}

func (d *decoder) fault(node *yaml.Node, at *place, format string, args ...any) {
	if d.stopped {
		return
	}
	d.faults = append(d.faults, charging.Fault{
		Path: at.String(), Line: node.Line, Column: node.Column,
		Message: fmt.Sprintf(format, args...),
	})
}

// stop tells of a limit and ends the reading.
func (d *decoder) stop(node *yaml.Node, at *place, message string) {
	d.fault(node, at, "%s", message)
	d.stopped = true
}

// enter counts a value against the limits; leave is its other half.
func (d *decoder) enter(node *yaml.Node, at *place) (entered bool) {
	if node.Kind == yaml.AliasNode {
		d.inAlias++
	}
	d.depth++
	if d.inAlias > 0 {
		d.aliased++
	}
	switch {
	case d.stopped:
	case d.depth > MaxDepth:
		d.stop(node, at, "nested more than "+strconv.Itoa(MaxDepth)+" deep")
	case d.aliased > MaxAliased:
		d.stop(node, at, "aliases stand for more than "+strconv.Itoa(MaxAliased)+" values")
	}
	return !d.stopped
}

func (d *decoder) leave(node *yaml.Node) {
	if node.Kind == yaml.AliasNode {
		d.inAlias--
	}
	d.depth--
}

// value reads a node into a settable value.
func (d *decoder) value(node *yaml.Node, at *place, into reflect.Value) {
	defer d.leave(node)
	if !d.enter(node, at) {
		return
	}
	node = resolve(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if d.byItself(node, at, into) {
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.structure(node, at, into)
	case reflect.Map:
		d.mapping(node, at, into)
	case reflect.Slice:
		d.list(node, at, into)
	case reflect.Interface:
		if read := d.plain(node, at); read != nil {
			into.Set(reflect.ValueOf(read))
		}
	default:
		d.scalar(node, at, into)
	}
}

// byItself lets types read themselves that know how.
func (d *decoder) byItself(node *yaml.Node, at *place, into reflect.Value) bool {
	if into.Type() == reflect.TypeFor[time.Time]() {
		d.time(node, at, into)
		return true
	}
	var err error
	reader := into.Addr().Interface()
	ofNode, isNode := reader.(yaml.Unmarshaler)
	ofText, isText := reader.(encoding.TextUnmarshaler)
	ofJSON, isJSON := reader.(json.Unmarshaler)
	switch {
	case isNode:
		err = ofNode.UnmarshalYAML(node)
	case isText && node.Kind == yaml.ScalarNode:
		err = ofText.UnmarshalText([]byte(node.Value))
	case isJSON:
		var text []byte
		if text, err = json.Marshal(d.plain(node, at)); err == nil {
			err = ofJSON.UnmarshalJSON(text)
		}
	case isText:
		err = errors.New("expected text, found " + described(node))
	default:
		return false
	}
	if err != nil {
		d.foreign(node, at, err)
	}
	return true
}

// foreign tells what a type that reads itself found wrong. Where that is the library's list of
// errors, each has its own place.
func (d *decoder) foreign(node *yaml.Node, at *place, err error) {
	var several *yaml.LoadErrors
	if !errors.As(err, &several) {
		d.fault(node, at, "%s", err.Error())
		return
	}
	for _, one := range several.Errors {
		where := *node
		if one.Mark.Line > 0 {
			where.Line, where.Column = one.Mark.Line, max(one.Mark.Column, 1)
		}
		d.fault(&where, at, "%s", reworded(one.Message))
	}
}

// reworded says an unknown key in our words: the library's name a type of Go.
func reworded(message string) string {
	key, found := strings.CutPrefix(message, "field ")
	key, _, ofType := strings.Cut(key, " not found in type ")
	if !found || !ofType {
		return message
	}
	return unknownKey(key, nil)
}

func (d *decoder) structure(node *yaml.Node, at *place, into reflect.Value) {
	if node.Kind != yaml.MappingNode {
		d.fault(node, at, "expected a mapping, found %s", described(node))
		return
	}
	table := d.table(into.Type())
	seen := map[string]int{}
	for _, pair := range pairs(node) {
		if !d.once(pair.key, at, seen) {
			continue
		}
		field, known := table.fields[pair.key.Value]
		if !known {
			inside := &place{around: at, key: pair.key.Value}
			d.fault(pair.key, inside, "%s", unknownKey(pair.key.Value, table.names))
			continue
		}
		inside := &place{around: at, key: pair.key.Value}
		d.value(pair.value, inside, into.FieldByIndex(field))
	}
}

// once reports whether the key is a word that was not there before.
func (d *decoder) once(key *yaml.Node, at *place, seen map[string]int) bool {
	if key.Kind != yaml.ScalarNode {
		d.fault(key, at, "expected a word as key, found %s", described(key))
		return false
	}
	if line, twice := seen[key.Value]; twice {
		inside := &place{around: at, key: key.Value}
		d.fault(key, inside, "key %q stands in line %d already", shortened(key.Value), line)
		return false
	}
	seen[key.Value] = key.Line
	return true
}

func (d *decoder) mapping(node *yaml.Node, at *place, into reflect.Value) {
	if node.Kind != yaml.MappingNode {
		d.fault(node, at, "expected a mapping, found %s", described(node))
		return
	}
	kind := into.Type()
	read := reflect.MakeMap(kind)
	seen := map[string]int{}
	for _, pair := range pairs(node) {
		if !d.once(pair.key, at, seen) {
			continue
		}
		inside := &place{around: at, key: pair.key.Value}
		key := reflect.New(kind.Key()).Elem()
		d.scalar(pair.key, inside, key)
		value := reflect.New(kind.Elem()).Elem()
		d.value(pair.value, inside, value)
		read.SetMapIndex(key, value)
	}
	into.Set(read)
}

func (d *decoder) list(node *yaml.Node, at *place, into reflect.Value) {
	if node.Kind != yaml.SequenceNode {
		d.fault(node, at, "expected a list, found %s", described(node))
		return
	}
	read := reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		d.value(item, &place{around: at, index: i}, read.Index(i))
	}
	into.Set(read)
}

// plain reads a node into maps, lists and scalars, as package json would. Numbers stay as they
// are written.
func (d *decoder) plain(node *yaml.Node, at *place) any {
	defer d.leave(node)
	if !d.enter(node, at) {
		return nil
	}
	node = resolve(node)
	switch node.Kind {
	case yaml.MappingNode:
		read := map[string]any{}
		seen := map[string]int{}
		for _, pair := range pairs(node) {
			if d.once(pair.key, at, seen) {
				inside := &place{around: at, key: pair.key.Value}
				read[pair.key.Value] = d.plain(pair.value, inside)
			}
		}
		return read
	case yaml.SequenceNode:
		read := make([]any, len(node.Content))
		for i, item := range node.Content {
			read[i] = d.plain(item, &place{around: at, index: i})
		}
		return read
	}
	return plainScalar(node)
}

func plainScalar(node *yaml.Node) any {
	switch node.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return node.Value == "true"
	case "!!int", "!!float":
		if number := []byte(node.Value); json.Valid(bytes.TrimSpace(number)) {
			return json.Number(node.Value)
		}
	}
	return node.Value
}

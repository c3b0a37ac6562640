package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// MaxFaults is how many faults one document is told of; more are counted.
const MaxFaults = 100

// A Source is one written document with the place of everything in it.
type Source struct {
	name string
	root *yaml.Node // nil: nothing is written
}

// Parse reads YAML or JSON, told apart by content. The name is what faults are reported under, a
// file's name or "body". Where the text is neither, the error is a *charging.Error of
// KindInvalidDocument that says where reading had to stop.
func Parse(name string, data []byte) (*Source, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	fault := notText(data)
	var root *yaml.Node
	if fault == nil {
		root, fault = parse(data)
	}
	source := &Source{name: name, root: root}
	if fault != nil {
		return nil, source.Invalid([]charging.Fault{*fault})
	}
	return source, nil
}

// notText finds the first octet that is no UTF-8: readers of JSON would put another character in
// its place.
func notText(data []byte) *charging.Fault {
	if utf8.Valid(data) {
		return nil
	}
	line, column := 1, 1
	for len(data) > 0 {
		char, size := utf8.DecodeRune(data)
		if char == utf8.RuneError && size == 1 {
			break
		}
		column++
		if char == '\n' {
			line, column = line+1, 1
		}
		data = data[size:]
	}
	return &charging.Fault{
		Line: line, Column: column,
		Message: fmt.Sprintf("octet 0x%02x is no UTF-8; write the document in UTF-8", data[0]),
	}
}

// parse tries JSON where the text begins like it. A YAML flow mapping begins the same way, so what
// is no JSON gets a second chance.
func parse(data []byte) (*yaml.Node, *charging.Fault) {
	if !beginsLikeJSON(data) {
		return parseYAML(data)
	}
	root, jsonFault := parseJSON(data)
	if jsonFault == nil {
		return root, nil
	}
	root, fault := parseYAML(data)
	if fault != nil && meantAsJSON(data) {
		return nil, jsonFault
	}
	return root, fault
}

func beginsLikeJSON(data []byte) bool {
	text := bytes.TrimLeft(data, " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// meantAsJSON looks behind the opening brackets: JSON goes on with a quoted key or value.
func meantAsJSON(data []byte) bool {
	text := bytes.TrimLeft(data, " \t\r\n{[")
	return len(text) > 0 && text[0] == '"'
}

func parseYAML(data []byte) (*yaml.Node, *charging.Fault) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	var top yaml.Node
	err := yaml.Load(data, &top)
	if err == nil && len(top.Content) == 1 {
		return top.Content[0], nil
	}
	if err == nil {
		return nil, nil
	}
	return nil, yamlFault(err)
}

// yamlFault keeps the position of the library's error and says it in our words where the
// library's are about Go. A text of comments alone is no fault: it writes nothing.
func yamlFault(err error) *charging.Fault {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return &charging.Fault{Line: 1, Column: 1, Message: err.Error()}
	}
	fault := &charging.Fault{
		Line:    max(load.Mark.Line, 1),
		Column:  max(load.Mark.Column, 1),
		Message: load.Message,
	}
	switch {
	case strings.Contains(load.Message, "no documents in stream"):
		return nil
	case strings.Contains(load.Message, "found multiple"):
		fault.Message = "more than one document; remove the line --- and what follows"
	case load.ContextMsg != "":
		fault.Message = load.ContextMsg + ": " + load.Message
	}
	return fault
}

// Part is what stands under a key, as a document of its own whose faults have their place in this
// one. Where the key is not written, nothing is.
func (s *Source) Part(key string) *Source {
	part := &Source{name: s.name}
	if s.root == nil {
		return part
	}
	if root := resolve(s.root); root.Kind == yaml.MappingNode {
		for _, pair := range pairs(root) {
			if pair.key.Value == key {
				part.root = pair.value
			}
		}
	}
	return part
}

// Empty reports whether nothing is written, or null.
func (s *Source) Empty() bool { return s.root == nil || resolve(s.root).Tag == "!!null" }

// Place gives every fault the line and column at which its path stands, or, where that is not
// written, at which the next thing around it stands. Faults that have a place keep it.
func (s *Source) Place(faults []charging.Fault) []charging.Fault {
	placed := slices.Clone(faults)
	for i := range placed {
		if placed[i].Line == 0 {
			placed[i].Line, placed[i].Column = s.find(placed[i].Path)
		}
	}
	return placed
}

// find follows a path as far as it is written.
func (s *Source) find(path string) (line, column int) {
	if s.root == nil {
		return 1, 1
	}
	at := s.root
	for path != "" {
		next, rest := step(resolve(at), path)
		if next == nil {
			break
		}
		at, path = next, strings.TrimPrefix(rest, ".")
	}
	return at.Line, at.Column
}

// step goes one key or position into a node. Keys may contain dots themselves, so the longest key
// that the path begins with is the one meant.
func step(node *yaml.Node, path string) (next *yaml.Node, rest string) {
	if node.Kind == yaml.SequenceNode {
		return stepInto(node, path)
	}
	if node.Kind != yaml.MappingNode {
		return nil, path
	}
	longest := -1
	for _, pair := range pairs(node) {
		key := pair.key.Value
		if tail, ok := strings.CutPrefix(path, key); ok && len(key) > longest &&
			(tail == "" || tail[0] == '.' || tail[0] == '[') {
			longest, next, rest = len(key), pair.value, tail
		}
	}
	return next, rest
}

func stepInto(list *yaml.Node, path string) (*yaml.Node, string) {
	var index int
	if _, err := fmt.Sscanf(path, "[%d]", &index); err != nil {
		return nil, path
	}
	_, rest, _ := strings.Cut(path, "]")
	if index < 0 || index >= len(list.Content) {
		return nil, path
	}
	return list.Content[index], rest
}

// Invalid makes one error of all faults, or nil of none: a *charging.Error of
// KindInvalidDocument whose text has a line `name:line:column: message` for each.
func (s *Source) Invalid(faults []charging.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	placed := s.Place(faults)
	slices.SortStableFunc(placed, func(a, b charging.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	more := max(len(placed)-MaxFaults, 0)
	placed = placed[:len(placed)-more]
	lines := make([]string, 0, len(placed)+1)
	for _, fault := range placed {
		lines = append(lines,
			fmt.Sprintf("%s:%d:%d: %s", s.name, fault.Line, fault.Column, fault.Message))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more faults", s.name, more))
	}
	return &charging.Error{
		Kind:    charging.KindInvalidDocument,
		Message: strings.Join(lines, "\n"),
		Faults:  placed,
	}
}

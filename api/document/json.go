package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// parseJSON makes the same tree of JSON that the YAML library makes of YAML. The library's own
// reader would do for most JSON, but knows neither surrogate pairs nor tabs everywhere.
func parseJSON(data []byte) (*yaml.Node, *charging.Fault) {
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, jsonFault(data, err)
	}
	reader := &jsonReader{data: data, tokens: json.NewDecoder(bytes.NewReader(data))}
	reader.tokens.UseNumber()
	reader.line, reader.column = 1, 1
	return reader.value(), nil
}

func jsonFault(data []byte, err error) *charging.Fault {
	at := &jsonReader{data: data, line: 1, column: 1}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at.moveTo(min(max(int(syntax.Offset)-1, 0), len(data)))
	}
	return &charging.Fault{Line: at.line, Column: at.column, Message: err.Error()}
}

// A jsonReader walks the tokens of valid JSON and knows the line and column of each.
type jsonReader struct {
	data         []byte
	tokens       *json.Decoder
	offset       int
	line, column int
}

// moveTo goes forward to an offset. Columns count characters, as those of YAML do.
func (r *jsonReader) moveTo(offset int) {
	for r.offset < offset {
		_, size := utf8.DecodeRune(r.data[r.offset:])
		r.column++
		if r.data[r.offset] == '\n' {
			r.line, r.column = r.line+1, 1
		}
		r.offset += size
	}
}

// next returns the next token, and a node at its first character.
func (r *jsonReader) next() (json.Token, *yaml.Node) {
	start := int(r.tokens.InputOffset())
	start += len(r.data[start:]) - len(bytes.TrimLeft(r.data[start:], " \t\r\n,:"))
	r.moveTo(start)
	token, err := r.tokens.Token()
	if err != nil {
		return nil, &yaml.Node{} // not reached: the text is valid JSON
	}
	return token, &yaml.Node{Line: r.line, Column: r.column}
}

// value reads one value with all that is in it. Valid JSON nests at most 10,000 deep: the check
// before says so.
func (r *jsonReader) value() *yaml.Node {
	token, node := r.next()
	switch token := token.(type) {
	case json.Delim:
		node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
		if token == '{' {
			node.Kind, node.Tag = yaml.MappingNode, "!!map"
		}
		for r.tokens.More() {
			node.Content = append(node.Content, r.value())
		}
		r.next()
		return node
	case string:
		node.Value, node.Tag, node.Style = token, "!!str", yaml.DoubleQuotedStyle
	case json.Number:
		node.Value, node.Tag = token.String(), "!!int"
		if strings.ContainsAny(node.Value, ".eE") {
			node.Tag = "!!float"
		}
	case bool:
		node.Value, node.Tag = "false", "!!bool"
		if token {
			node.Value = "true"
		}
	case nil:
		node.Value, node.Tag = "null", "!!null"
	}
	node.Kind = yaml.ScalarNode
	return node
}

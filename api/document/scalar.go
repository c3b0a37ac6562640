package document

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

func (d *decoder) scalar(node *yaml.Node, at *place, into reflect.Value) {
	if node.Kind != yaml.ScalarNode {
		d.fault(node, at, "expected %s, found %s", wanted(into.Type()), described(node))
		return
	}
	if !setScalar(node, into) {
		d.fault(node, at, "expected %s, found %s", wanted(into.Type()), described(node))
	}
}

// setScalar takes numbers as they are written: text without quotes that happens to look like a
// number, such as the digits of a telephone, keeps its leading zeros.
func setScalar(node *yaml.Node, into reflect.Value) bool {
	kind := into.Kind()
	switch {
	case kind == reflect.String:
		into.SetString(node.Value)
	case kind == reflect.Bool:
		into.SetBool(node.Value == "true")
		return node.Value == "true" || node.Value == "false"
	case into.CanInt():
		number, err := strconv.ParseInt(node.Value, 10, into.Type().Bits())
		into.SetInt(number)
		return err == nil
	case into.CanUint():
		number, err := strconv.ParseUint(node.Value, 10, into.Type().Bits())
		into.SetUint(number)
		return err == nil
	default:
		return false
	}
	return true
}

func wanted(kind reflect.Type) string {
	switch kind.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, not negative"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	}
	return "a value"
}

func (d *decoder) time(node *yaml.Node, at *place, into reflect.Value) {
	read, ok := parseTime(node.Value)
	if node.Kind != yaml.ScalarNode || !ok {
		d.fault(node, at, "expected a time like 2026-01-31T12:00:00Z, found %s", described(node))
		return
	}
	into.Set(reflect.ValueOf(read))
}

// parseTime reads RFC 3339, or a date, which stands for its first second in UTC.
func parseTime(text string) (time.Time, bool) {
	if read, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return read.UTC(), true
	}
	read, err := time.Parse(time.DateOnly, text)
	return read, err == nil
}

// A table says which keys a type of structure has.
type table struct {
	fields map[string][]int
	names  []string
}

func (d *decoder) table(kind reflect.Type) *table {
	if known, ok := d.tables[kind]; ok {
		return known
	}
	made := &table{fields: map[string][]int{}}
	d.tables[kind] = made
	for _, field := range reflect.VisibleFields(kind) {
		name, named := fieldName(field)
		if !field.IsExported() || name == "-" || field.Anonymous && !named {
			continue
		}
		made.fields[name] = field.Index
		made.names = append(made.names, name)
	}
	return made
}

func fieldName(field reflect.StructField) (name string, named bool) {
	for _, tag := range []string{"yaml", "json"} {
		name, _, _ := strings.Cut(field.Tag.Get(tag), ",")
		if name != "" {
			return name, true
		}
	}
	return strings.ToLower(field.Name), false
}

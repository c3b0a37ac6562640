package scenarios

import (
	"encoding"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// scalarJSON reads a JSON string or number by a form's UnmarshalText; null changes nothing.
func scalarJSON(data []byte, form encoding.TextUnmarshaler) error {
	switch {
	case string(data) == "null":
		return nil
	case data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		return form.UnmarshalText([]byte(text))
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		return form.UnmarshalText(data)
	}
	return fmt.Errorf("%s is neither a text nor a number", data)
}

// nodeJSON reads JSON by a form's UnmarshalYAML: JSON is YAML, so that each form has one reader.
func nodeJSON(data []byte, form yaml.Unmarshaler) error {
	if string(data) == "null" {
		return nil
	}
	var node yaml.Node
	if err := yaml.Load(data, &node); err != nil {
		return err
	}
	return form.UnmarshalYAML(node.Content[0])
}

// A Result is a Result-Code as people write it: its number, or its name with or without DIAMETER_.
type Result charging.Result

// UnmarshalText reads a number above zero or a name that the standards know.
func (r *Result) UnmarshalText(text []byte) error {
	word := string(text)
	if code, err := strconv.ParseUint(word, 10, 32); err == nil && code > 0 {
		*r = Result(code)
		return nil
	}
	name := "DIAMETER_" + strings.TrimPrefix(word, "DIAMETER_")
	for code := charging.Result(1000); code < 6000; code++ {
		if code.Name() == name {
			*r = Result(code)
			return nil
		}
	}
	return fmt.Errorf("%q is no result; write a code like 4012, "+
		"or a name like DIAMETER_CREDIT_LIMIT_REACHED", word)
}

// UnmarshalJSON reads a number or a name.
func (r *Result) UnmarshalJSON(data []byte) error { return scalarJSON(data, r) }

// A Grant is a quantity, or `none`: no Granted-Service-Unit is sent.
type Grant struct {
	None     bool
	Quantity charging.Quantity
}

// UnmarshalText reads `none` or a quantity.
func (g *Grant) UnmarshalText(text []byte) (err error) {
	if string(text) == "none" {
		*g = Grant{None: true}
		return nil
	}
	g.None = false
	g.Quantity, err = charging.ParseQuantity(string(text))
	return err
}

// MarshalText writes `none` or the quantity.
func (g Grant) MarshalText() ([]byte, error) {
	if g.None {
		return []byte("none"), nil
	}
	return g.Quantity.MarshalText()
}

// IsZero reports whether nothing is said about the grant.
func (g Grant) IsZero() bool { return g == Grant{} }

// A Validity is a Validity-Time: whole seconds, written 10m or as a bare number of seconds.
type Validity struct{ Seconds charging.Number }

// UnmarshalText reads a time of whole seconds.
func (v *Validity) UnmarshalText(text []byte) error {
	word := string(text)
	if strings.Trim(word, "0123456789") == "" {
		word += "s"
	}
	quantity, err := charging.ParseQuantity(word)
	if err != nil || quantity.Unit != charging.Time {
		return fmt.Errorf("validity %q is not a time; write whole seconds, like 600s or 10m", text)
	}
	v.Seconds = charging.Known(quantity.Amount)
	return nil
}

// UnmarshalJSON reads a text, or a number of seconds.
func (v *Validity) UnmarshalJSON(data []byte) error { return scalarJSON(data, v) }

// MarshalText writes seconds.
func (v Validity) MarshalText() ([]byte, error) {
	return append(strconv.AppendInt(nil, v.Seconds.Value, 10), 's'), nil
}

// IsZero reports whether nothing is said about validity.
func (v Validity) IsZero() bool { return !v.Seconds.Known }

// A Delay is a time of the wall clock, written 2s or 250ms.
type Delay time.Duration

// UnmarshalText reads a duration.
func (d *Delay) UnmarshalText(text []byte) error {
	spell, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("delay %q is not a time; write it like 2s or 250ms", text)
	}
	*d = Delay(spell)
	return nil
}

// MarshalText writes the duration.
func (d Delay) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// IsZero reports whether there is no delay.
func (d Delay) IsZero() bool { return d == 0 }

// A Share is a part of a whole in parts per million, written 25% or 0.5%.
type Share int64

// whole is the share that is all.
const whole Share = 1_000_000

// UnmarshalText reads a percentage of at most four decimals.
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	before, after, _ := strings.Cut(number, ".")
	parts, err := strconv.ParseUint((before + after + "0000")[:len(before)+4], 10, 32)
	if !percent || err != nil || len(after) > 4 || parts == 0 || Share(parts) > whole {
		return fmt.Errorf("probability %q is no share; write it like 25%% or 0.5%%", text)
	}
	*s = Share(parts)
	return nil
}

// MarshalText writes a percentage.
func (s Share) MarshalText() ([]byte, error) {
	text := fmt.Sprintf("%d.%04d", s/10_000, s%10_000)
	return []byte(strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"), nil
}

// IsZero reports whether nothing is left to chance.
func (s Share) IsZero() bool { return s == 0 }

// Names are words, written alone or as a list.
type Names []string

// UnmarshalYAML reads a word or a list of words.
func (n *Names) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Load((*[]string)(n), yaml.WithKnownFields())
	}
	*n = Names{node.Value}
	return nil
}

// UnmarshalJSON reads a word or a list of words.
func (n *Names) UnmarshalJSON(data []byte) error { return nodeJSON(data, n) }

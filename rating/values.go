package rating

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// A Text is one scalar of a document as it stands there, number or string. Reading never fails:
// Compile understands it and knows its place.
type Text string

// UnmarshalText keeps the text without the space around it.
func (t *Text) UnmarshalText(text []byte) error {
	*t = Text(strings.TrimSpace(string(text)))
	return nil
}

// MarshalText writes the text.
func (t Text) MarshalText() ([]byte, error) { return []byte(t), nil }

// UnmarshalJSON takes a string, a number or a truth value; null leaves the text as it was.
func (t *Text) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	switch data[0] {
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("read text: %w", err)
		}
		return t.UnmarshalText([]byte(text))
	case '{', '[':
		return fmt.Errorf("%.20s: want a plain value here", data)
	}
	return t.UnmarshalText(data)
}

// A List is one value or several; a single one may stand without brackets.
type List []Text

// UnmarshalYAML reads a scalar or a sequence of scalars.
func (l *List) UnmarshalYAML(construct func(any) error) error {
	var one Text
	if construct(&one) == nil {
		*l = List{one}
		return nil
	}
	many := []Text{}
	if err := construct(&many); err != nil {
		return err
	}
	*l = many
	return nil
}

// MarshalYAML writes a single value without brackets.
func (l List) MarshalYAML() (any, error) { return l.plain(), nil }

// UnmarshalJSON reads a scalar or an array of scalars.
func (l *List) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '[' {
		many := []Text{}
		if err := json.Unmarshal(data, &many); err != nil {
			return fmt.Errorf("read list: %w", err)
		}
		*l = many
		return nil
	}
	if string(data) == "null" {
		return nil
	}
	var one Text
	if err := one.UnmarshalJSON(data); err != nil {
		return err
	}
	*l = List{one}
	return nil
}

// MarshalJSON writes a single value without brackets.
func (l List) MarshalJSON() ([]byte, error) { return json.Marshal(l.plain()) }

// IsZero reports whether nothing was written; an empty list is something.
func (l List) IsZero() bool { return l == nil }

func (l List) plain() any {
	if len(l) == 1 {
		return l[0]
	}
	return []Text(l)
}

// A Final is what happens when the last units are used up: the word terminate, or an address to
// redirect to, or what access is restricted to: filter rules ("permit out ip from ...") or names
// of filters. Both may be said: a redirection that lets through what is listed.
type Final struct {
	Word     Text
	Redirect Text
	Restrict List
	QoS      bool // as QoS-Final-Unit-Indication
}

// finalForm is the written form of a Final that is not a plain word.
type finalForm struct {
	Redirect Text `yaml:"redirect,omitempty" json:"redirect,omitzero"`
	Restrict List `yaml:"restrict,omitempty" json:"restrict,omitzero"`
	QoS      bool `yaml:"qos,omitempty" json:"qos,omitzero"`
}

// UnmarshalYAML reads a word, {redirect: URI} or {restrict: [...]}.
func (f *Final) UnmarshalYAML(construct func(any) error) error {
	var word Text
	if construct(&word) == nil {
		*f = Final{Word: word}
		return nil
	}
	var form finalForm
	if err := construct(&form); err != nil {
		return err
	}
	*f = Final{Redirect: form.Redirect, Restrict: form.Restrict, QoS: form.QoS}
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (f Final) MarshalYAML() (any, error) { return f.plain(), nil }

// UnmarshalJSON reads a word, {"redirect": URI} or {"restrict": [...]}.
func (f *Final) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		*f = Final{}
		return f.Word.UnmarshalJSON(data)
	}
	var form finalForm
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return fmt.Errorf("read final: %w", err)
	}
	*f = Final{Redirect: form.Redirect, Restrict: form.Restrict, QoS: form.QoS}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (f Final) MarshalJSON() ([]byte, error) { return json.Marshal(f.plain()) }

func (f Final) plain() any {
	if f.Redirect == "" && f.Restrict == nil && !f.QoS {
		return f.Word
	}
	return finalForm{f.Redirect, f.Restrict, f.QoS}
}

// IsZero reports whether nothing was written.
func (f Final) IsZero() bool {
	return f.Word == "" && f.Redirect == "" && f.Restrict == nil && !f.QoS
}

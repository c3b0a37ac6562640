package scenarios

import (
	"encoding/json"
	"errors"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Final is a Final-Unit-Indication: `terminate`, `{redirect: URI}` or `{restrict: [...]}`, or
// both, and `qos: true` beside them for a QoS-Final-Unit-Indication to clients of RFC 8506. What
// stands in restrict is a Restriction-Filter-Rule where it begins with permit or deny, and the
// name of a filter (Filter-Id) otherwise.
type Final charging.FinalUnit

var errFinal = errors.New(
	"final is written terminate, {redirect: URI} or {restrict: [permit in ip from any to any]}")

// finalActions is the form of a final unit that needs more than a word.
type finalActions struct {
	Redirect *string   `yaml:"redirect,omitempty" json:"redirect,omitempty"`
	Restrict *[]string `yaml:"restrict,omitempty" json:"restrict,omitempty"`
	QoS      bool      `yaml:"qos,omitempty" json:"qos,omitempty"`
}

// UnmarshalYAML reads any of the forms.
func (f *Final) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		if node.Value != "terminate" {
			return errFinal
		}
		*f = Final{Action: charging.Terminate}
		return nil
	}
	var form finalActions
	if err := node.Load(&form, yaml.WithKnownFields()); err != nil {
		return err
	}
	if form.Redirect == nil && form.Restrict == nil {
		return errFinal
	}
	*f = form.final()
	return nil
}

func (a finalActions) final() Final {
	f := Final{Action: charging.RestrictAccess, QoS: a.QoS}
	if a.Redirect != nil {
		f.Action, f.Redirect = charging.Redirect, *a.Redirect
	}
	if a.Restrict == nil {
		return f
	}
	for _, item := range *a.Restrict {
		(*charging.FinalUnit)(&f).Restrict(item)
	}
	return f
}

// UnmarshalJSON reads any of the forms.
func (f *Final) UnmarshalJSON(data []byte) error { return nodeJSON(data, f) }

// plain is the form that people write.
func (f Final) plain() any {
	form := finalActions{QoS: f.QoS}
	items := (*charging.FinalUnit)(&f).Restrictions()
	if f.Action == charging.RestrictAccess || len(items) > 0 {
		form.Restrict = &items
	}
	switch f.Action {
	case charging.Redirect:
		form.Redirect = &f.Redirect
	case charging.RestrictAccess:
	default:
		return "terminate"
	}
	return form
}

// MarshalJSON writes the form that people write.
func (f Final) MarshalJSON() ([]byte, error) { return json.Marshal(f.plain()) }

// MarshalYAML writes the form that people write.
func (f Final) MarshalYAML() (any, error) { return f.plain(), nil }

// unit is the words of charging for it; nil stays nil.
func (f *Final) unit() *charging.FinalUnit { return (*charging.FinalUnit)(f) }

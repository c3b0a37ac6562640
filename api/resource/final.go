package resource

import (
	"encoding/json"
	"errors"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Final is a final unit as people write it.
type Final charging.FinalUnit

type finalForm struct {
	Redirect *string   `json:"redirect,omitempty"`
	Restrict *[]string `json:"restrict,omitempty"`
	QoS      bool      `json:"qos,omitempty"`
}

// MarshalJSON writes "terminate", {"redirect": URI} or {"restrict": [...]}, or both.
func (f Final) MarshalJSON() ([]byte, error) {
	form := finalForm{QoS: f.QoS}
	items := (*charging.FinalUnit)(&f).Restrictions()
	if f.Action == charging.RestrictAccess || len(items) > 0 {
		form.Restrict = &items
	}
	switch f.Action {
	case charging.Redirect:
		form.Redirect = &f.Redirect
	case charging.RestrictAccess:
	default:
		return json.Marshal("terminate")
	}
	return json.Marshal(form)
}

// UnmarshalJSON reads any of the forms. What is restricted begins with permit or deny where it is a
// rule, and is the name of a filter otherwise.
func (f *Final) UnmarshalJSON(data []byte) error {
	if string(data) == `"terminate"` {
		*f = Final{Action: charging.Terminate}
		return nil
	}
	var form finalForm
	if err := json.Unmarshal(data, &form); err != nil {
		return errors.New(`final is "terminate", {"redirect": URI} or {"restrict": [...]}`)
	}
	*f = Final{Action: charging.RestrictAccess, QoS: form.QoS}
	if form.Redirect != nil {
		f.Action, f.Redirect = charging.Redirect, *form.Redirect
	}
	if form.Restrict == nil {
		return nil
	}
	for _, item := range *form.Restrict {
		(*charging.FinalUnit)(f).Restrict(item)
	}
	return nil
}

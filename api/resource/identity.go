package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Identity names a subscriber, as a key and its value: {"e164": "15550100"}. The same digits
// under e164 and under imsi are two identities.
type Identity struct {
	E164    string `json:"e164,omitempty" yaml:"e164" example:"15550100"`
	IMSI    string `json:"imsi,omitempty" yaml:"imsi"`
	SIP     string `json:"sip,omitempty" yaml:"sip"`
	NAI     string `json:"nai,omitempty" yaml:"nai"`
	Private string `json:"private,omitempty" yaml:"private"`
}

// IdentityKeys are the keys of an identity, in the order of their numbers on the wire.
func IdentityKeys() []string { return []string{"e164", "imsi", "sip", "nai", "private"} }

// WriteIdentity returns an identity's written form.
func WriteIdentity(identity charging.Identity) Identity {
	var written Identity
	*written.fields()[int(identity.Type)%len(written.fields())] = identity.Data
	return written
}

// Identities are the identities written, in the order of their types.
func (w *Identity) Identities() []charging.Identity {
	var list []charging.Identity
	for kind, field := range w.fields() {
		if *field != "" {
			list = append(list, charging.Identity{
				Type: charging.IdentityType(kind), Data: *field,
			})
		}
	}
	return list
}

// fields are in the order of the identity types' numbers.
func (w *Identity) fields() [5]*string {
	return [...]*string{&w.E164, &w.IMSI, &w.SIP, &w.NAI, &w.Private}
}

// Subscribers are who a request is charged to: a text, an identity, or a list of either. The first
// that an account has is charged.
type Subscribers []charging.Identity

var errSubscriber = errors.New(`a subscriber is a text like "15550100" or an identity like ` +
	`{"imsi": "001010000000001"}, or a list of those`)

// ReadSubscriber tells what identity a text means: a URI by its scheme, digits are an E.164
// number, what has an @ is a NAI, and anything else a private identity.
func ReadSubscriber(text string) charging.Identity {
	scheme, _, _ := strings.Cut(strings.ToLower(text), ":")
	digits := strings.TrimPrefix(text, "+")
	kind := charging.Private
	switch {
	case scheme == "sip" || scheme == "sips":
		kind = charging.SIP
	case scheme == "tel", digits != "" && strings.Trim(digits, "0123456789") == "":
		kind = charging.E164
	case strings.Contains(text, "@"):
		kind = charging.NAI
	}
	return charging.Identity{Type: kind, Data: text}
}

// UnmarshalJSON reads any of the forms.
func (s *Subscribers) UnmarshalJSON(data []byte) error {
	switch data = bytes.TrimSpace(data); data[0] {
	case '[':
		var items []json.RawMessage
		if err := json.Unmarshal(data, &items); err != nil {
			return err
		}
		for _, item := range items {
			if err := s.UnmarshalJSON(item); err != nil {
				return err
			}
		}
		return nil
	case '{':
		return s.readIdentity(data)
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil || text == "" {
			return errSubscriber
		}
		*s = append(*s, ReadSubscriber(text))
		return nil
	}
	if digits := string(data); strings.Trim(digits, "0123456789") == "" {
		*s = append(*s, ReadSubscriber(digits))
		return nil
	}
	return errSubscriber
}

func (s *Subscribers) readIdentity(data []byte) error {
	var written Identity
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&written); err != nil {
		return errSubscriber
	}
	identities := written.Identities()
	if len(identities) == 0 {
		return errSubscriber
	}
	*s = append(*s, identities...)
	return nil
}

// MarshalJSON writes identities with their keys.
func (s Subscribers) MarshalJSON() ([]byte, error) {
	written := make([]Identity, len(s))
	for i, identity := range s {
		written[i] = WriteIdentity(identity)
	}
	if len(written) == 1 {
		return json.Marshal(written[0])
	}
	return json.Marshal(written)
}

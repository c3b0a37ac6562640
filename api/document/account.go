package document

import (
	"encoding/json"
	"strings"

	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// MaxAccounts is how many accounts one document may write, ranges counted out.
const MaxAccounts = 10_000_000

// An Account is an account as written, or, with Count, a range of accounts numbered from 0: {n} in
// any of its texts stands for the number, {n:07} for the number with seven digits.
type Account struct {
	ID          string              `json:"id" yaml:"id"`
	Count       int                 `json:"count,omitempty" yaml:"count"`
	Status      string              `json:"status,omitempty" yaml:"status"`
	Plan        string              `json:"plan,omitempty" yaml:"plan"`
	Subscribers []resource.Identity `json:"subscribers,omitempty" yaml:"subscribers"`
	Balances    []Balance           `json:"balances,omitempty" yaml:"balances"`
	Tags        []string            `json:"tags,omitempty" yaml:"tags"`
}

// A Balance is a balance as written. Amount is a quantity, of which the unit is the balance's;
// CreditLimit is one of the same unit. Times are RFC 3339. Reserved and Available are what answers
// of the control API show; they are read and not used, so that an answer can be sent back.
type Balance struct {
	ID           string   `json:"id,omitempty" yaml:"id"`
	Amount       string   `json:"amount" yaml:"amount"`
	Reserved     string   `json:"-" yaml:"reserved"`
	Available    string   `json:"-" yaml:"available"`
	CreditLimit  string   `json:"credit_limit,omitempty" yaml:"credit_limit"`
	Priority     int      `json:"priority,omitempty" yaml:"priority"`
	ValidFrom    string   `json:"valid_from,omitempty" yaml:"valid_from"`
	ValidUntil   string   `json:"valid_until,omitempty" yaml:"valid_until"`
	RatingGroups []uint32 `json:"rating_groups,omitempty" yaml:"rating_groups"`
}

// MarshalJSON leaves out a count of one: it says nothing.
func (a Account) MarshalJSON() ([]byte, error) {
	type plain Account
	if a.Count == 1 && !strings.Contains(a.ID, "{n") {
		a.Count = 0
	}
	return json.Marshal(plain(a))
}

// canonical is the form in which two identities are compared: a telephone number without tel:, a
// leading + and parameters, a SIP URI without scheme and parameters and with its host in lower
// case; a tel URI is a telephone number, whichever key it has.
func canonical(identity charging.Identity) charging.Identity {
	data := strings.TrimSpace(identity.Data)
	scheme, rest, found := strings.Cut(data, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case identity.Type == charging.SIP && found && scheme == "tel":
		return canonical(charging.Identity{Type: charging.E164, Data: rest})
	case identity.Type == charging.SIP:
		if found && (scheme == "sip" || scheme == "sips") {
			data = rest
		}
		data = lowerHost(data)
	case identity.Type == charging.NAI:
		data = lowerHost(data)
	case identity.Type == charging.E164:
		if found && scheme == "tel" {
			data = rest
		}
		data, _, _ = strings.Cut(data, ";")
		data = strings.TrimPrefix(data, "+")
	}
	return charging.Identity{Type: identity.Type, Data: data}
}

// lowerHost cuts parameters off and writes what follows the last @ in lower case.
func lowerHost(data string) string {
	host := strings.LastIndexByte(data, '@') + 1
	tail, _, _ := strings.Cut(data[host:], ";")
	return data[:host] + strings.ToLower(tail)
}

// wrongIdentity says what is wrong with an identity's form, or nothing.
func wrongIdentity(identity charging.Identity) string {
	as := canonical(identity)
	digits := as.Data != "" && strings.Trim(as.Data, "0123456789") == ""
	switch {
	case as.Type == charging.E164 && !digits:
		return "an E.164 number has digits only, as in \"15550100\""
	case as.Type == charging.IMSI && !digits:
		return "an IMSI has digits only, as in \"001010000000001\""
	case as.Type == charging.SIP && !strings.ContainsAny(identity.Data, ":@"):
		return "a SIP URI is written like \"sip:alice@example.com\""
	}
	return ""
}

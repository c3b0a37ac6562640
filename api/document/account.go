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

// canonical is the form in which two identities are compared: without tel: and a leading +, SIP
// URIs without parameters and with their host in lower case.
func canonical(identity charging.Identity) charging.Identity {
	data := identity.Data
	switch identity.Type {
	case charging.SIP:
		data, _, _ = strings.Cut(data, ";")
		if user, host, found := strings.Cut(data, "@"); found {
			data = user + "@" + strings.ToLower(host)
		}
	case charging.E164:
		data = strings.TrimPrefix(strings.TrimPrefix(data, "tel:"), "+")
	}
	return charging.Identity{Type: identity.Type, Data: data}
}

// wrongIdentity says what is wrong with an identity's form, or nothing.
func wrongIdentity(identity charging.Identity) string {
	data := canonical(identity).Data
	digits := data != "" && strings.Trim(data, "0123456789") == ""
	switch {
	case identity.Type == charging.E164 && !digits:
		return "an E.164 number has digits only, as in \"15550100\""
	case identity.Type == charging.IMSI && !digits:
		return "an IMSI has digits only, as in \"001010000000001\""
	case identity.Type == charging.SIP && !hasScheme(data):
		return "a SIP URI begins with sip:, sips: or tel:, as in \"sip:alice@example.com\""
	}
	return ""
}

func hasScheme(uri string) bool {
	scheme, rest, found := strings.Cut(strings.ToLower(uri), ":")
	return found && rest != "" && (scheme == "sip" || scheme == "sips" || scheme == "tel")
}

package charging

import (
	"strconv"
	"strings"
)

// A Summons is what the server asks of a client by itself: to come back with a CCR, so that credit
// is authorised anew (RFC 8506 section 5.5) or the session ends (RFC 6733 section 8.5).
type Summons struct {
	Kind    SummonsKind
	Session SessionID
	Origin  Origin // the client that opened the session
	Route   *Route // by which the session's last request came; nil: by none that is known
	Scope   Scope  // of a re-authorization
}

// SummonsKind is what a client is asked for.
type SummonsKind uint8

// The kinds of summons.
const (
	Reauthorization SummonsKind = iota // RAR, which a CCR-U must follow
	Abortion                           // ASR, which a CCR-T must follow
)

// String returns the kind's plain word.
func (k SummonsKind) String() string {
	if k == Abortion {
		return "abort"
	}
	return "reauthorization"
}

// A Scope says which part of a session is to be authorised anew (TS 32.299 section 6.4.4). Numbers
// that are not known restrict nothing.
type Scope struct {
	Group   Number // Rating-Group
	Service Number // Service-Identifier
	Pool    Number // G-S-U-Pool-Identifier
}

// String writes the scope as conversations do, as in "rg=100"; the whole session is "".
func (s Scope) String() string {
	var parts []string
	for _, part := range []struct {
		name   string
		number Number
	}{{"rg", s.Group}, {"si", s.Service}, {"pool", s.Pool}} {
		if part.number.Known {
			parts = append(parts, part.name+"="+strconv.FormatInt(part.number.Value, 10))
		}
	}
	return strings.Join(parts, " ")
}

// Covers reports whether a request speaks of what the scope names. Of pools only the answer tells,
// with each grant; a service without one may be of any.
func (s Scope) Covers(r *Request, a *Answer) bool {
	if s == (Scope{}) {
		return true
	}
	match := ServiceMatch{Group: s.Group, ID: s.Service}
	for i := range r.Services {
		if key := r.Services[i].Key; match.Matches(key) && s.mayPool(key, a) {
			return true
		}
	}
	return false
}

// mayPool reports whether a service may be of the scope's pool, for all that its answer says.
func (s Scope) mayPool(key ServiceKey, a *Answer) bool {
	if !s.Pool.Known {
		return true
	}
	for i := range a.Services {
		answered := &a.Services[i]
		if !answered.Key.Same(key) || len(answered.Granted) == 0 {
			continue
		}
		quota := answered.Quota
		return quota != nil && quota.Pool != nil && int64(quota.Pool.ID) == s.Pool.Value
	}
	return true
}

// Occasions are when a client is summoned though nobody asks for it; zero: as the server usually
// does.
type Occasions uint8

// The occasions.
const (
	OnTopUp        Occasions = 1 << iota // RAR: the account gets more
	OnTariffChange                       // RAR: its plan gets a new version, or it another plan
	OnBarring                            // ASR: the account is not active any more
	OnDeletion                           // ASR: the account is deleted
	OnNothing                            // none of the others
)

package charging

import "strconv"

// A Summons is what the server asks of a client by itself: to come back with a CCR, so that credit
// is authorised anew (RFC 8506 section 5.5) or the session ends (RFC 6733 section 8.5).
type Summons struct {
	Kind    SummonsKind
	Session SessionID
	Origin  Origin // the client that opened the session
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
	text := ""
	for _, part := range []struct {
		name   string
		number Number
	}{{"rg", s.Group}, {"si", s.Service}, {"pool", s.Pool}} {
		if part.number.Known {
			text += " " + part.name + "=" + strconv.FormatInt(part.number.Value, 10)
		}
	}
	if text == "" {
		return ""
	}
	return text[1:]
}

// Covers reports whether a request speaks of what the scope names. Pools are not told by requests,
// so that any service may be of the pool.
func (s Scope) Covers(r *Request) bool {
	if s == (Scope{}) {
		return true
	}
	match := ServiceMatch{Group: s.Group, ID: s.Service}
	for i := range r.Services {
		if match.Matches(r.Services[i].Key) {
			return true
		}
	}
	return false
}

package scenarios

import (
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// normal writes an identity so that two spellings of it compare equal: no leading +, no tel:, SIP
// URIs without parameters and headers, their scheme and host in lower case.
func normal(identity string) string {
	scheme, rest, found := strings.Cut(identity, ":")
	switch {
	case !found:
		return strings.TrimPrefix(identity, "+")
	case strings.EqualFold(scheme, "tel"):
		return strings.TrimPrefix(cutAny(rest, ";"), "+")
	case !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips"):
		return identity
	}
	// RFC 3261 section 19.1.1: the user part may itself hold ; and ?, so the host begins at the @.
	at := strings.LastIndexByte(rest, '@') + 1
	host := strings.ToLower(cutAny(rest[at:], ";?"))
	return strings.ToLower(scheme) + ":" + rest[:at] + host
}

func cutAny(text, ends string) string {
	if cut := strings.IndexAny(text, ends); cut >= 0 {
		return text[:cut]
	}
	return text
}

// identities calls look with every name of the request's subscriber: the identities of the request,
// those of its account, and the account's id. It stops when look returns false.
func identities(s *charging.Situation, look func(name string) bool) {
	for i := range s.Request.Subscribers {
		if !look(normal(s.Request.Subscribers[i].Data)) {
			return
		}
	}
	if s.Account == nil || !look(normal(s.Account.ID)) {
		return
	}
	for i := range s.Account.Identities {
		if !look(normal(s.Account.Identities[i].Data)) {
			return
		}
	}
}

// MatchesGlob is how globs match everywhere in documents and queries; see matchesGlob.
func MatchesGlob(glob, text string) bool { return matchesGlob(glob, text) }

// matchesGlob reports whether the text is what the glob says: * stands for any text, ? for one
// octet. Case does not count, as in names of hosts.
func matchesGlob(glob, text string) bool {
	glob, text = strings.ToLower(glob), strings.ToLower(text)
	at, from := 0, 0      // where both are read
	star, retry := -1, -1 // the last *, and what it has not taken yet
	for from < len(text) {
		switch {
		case at < len(glob) && glob[at] == '*':
			star, retry = at, from
			at++
		case at < len(glob) && (glob[at] == '?' || glob[at] == text[from]):
			at, from = at+1, from+1
		case star >= 0:
			retry++
			at, from = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(glob[at:], "*") == ""
}

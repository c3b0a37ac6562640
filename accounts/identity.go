package accounts

import (
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// canonical is the form in which identities are compared. A telephone number has no leading plus,
// no tel: and no parameters; a SIP URI has no scheme, no parameters and no headers, and its host
// is in small letters; a SIP identity that is a tel URI is a telephone number (TS 32.299 allows
// both in END_USER_SIP_URI). The realm of an NAI is in small letters. The type stays part of the
// identity: the same digits as E.164 and as IMSI are two subscribers.
func canonical(identity charging.Identity) charging.Identity {
	data := strings.TrimSpace(identity.Data)
	switch identity.Type {
	case charging.E164:
		data = canonicalNumber(data)
	case charging.SIP:
		if _, isTel := cutScheme(data, "tel:"); isTel {
			return charging.Identity{Type: charging.E164, Data: canonicalNumber(data)}
		}
		data = canonicalSIP(data)
	case charging.NAI:
		if strings.Contains(data, "@") {
			data = lowerHost(data)
		}
	}
	return charging.Identity{Type: identity.Type, Data: data}
}

func canonicalNumber(data string) string {
	data, _ = cutScheme(data, "tel:")
	data, _, _ = strings.Cut(data, ";")
	return strings.TrimPrefix(data, "+")
}

func canonicalSIP(data string) string {
	if open := strings.IndexByte(data, '<'); open >= 0 {
		data, _, _ = strings.Cut(data[open+1:], ">")
	}
	rest, isSIP := cutScheme(data, "sip:")
	if !isSIP {
		rest, _ = cutScheme(data, "sips:")
	}
	// Parameters follow the host; a user part may hold semicolons of its own.
	host := strings.LastIndexByte(rest, '@') + 1
	if cut := strings.IndexAny(rest[host:], ";?"); cut >= 0 {
		rest = rest[:host+cut]
	}
	return lowerHost(rest)
}

// cutScheme removes a URI's scheme, in whatever case it is written.
func cutScheme(data, scheme string) (string, bool) {
	if len(data) < len(scheme) || !strings.EqualFold(data[:len(scheme)], scheme) {
		return data, false
	}
	return data[len(scheme):], true
}

// lowerHost writes what follows the last @ in small letters, or all of it where there is none.
func lowerHost(data string) string {
	host := strings.LastIndexByte(data, '@') + 1
	lower := strings.ToLower(data[host:])
	if lower == data[host:] {
		return data
	}
	return data[:host] + lower
}

package recording

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// Anonymize returns the messages with made-up subscribers, hosts, realms and Session-Ids in place
// of those that they name, the same everywhere: wherever one of them stands in an AVP, as text, in
// capitals, or as digits of telephony (TBCD) and packed ones. Telephone numbers and IMSIs keep
// their length. IP addresses and all else stay as they are.
func Anonymize(frames []capture.Frame, definitions []diameter.Definition) []capture.Frame {
	dictionary, _ := diameter.SharedDictionary().With("capture", definitions)
	m := masks{made: map[string]string{}, sessions: map[string]string{}}
	for i := range frames {
		dictionary.Rewrite(frames[i].Octets, func(name string, data []byte) []byte {
			m.note(name, string(data))
			return data
		})
	}
	m.prepare()
	out := slices.Clone(frames)
	for i := range out {
		out[i].Octets = dictionary.Rewrite(out[i].Octets, func(name string, data []byte) []byte {
			return []byte(m.mask(name, string(data)))
		})
	}
	return out
}

// masks are what is made up, for what there was.
type masks struct {
	made         map[string]string
	sessions     map[string]string
	users, hosts int
	anywhere     *strings.Replacer
	torn         *strings.Replacer // keeps the number of octets
}

// subjectIn reports whether an AVP names a subscriber or what they have.
func subjectIn(name string) bool {
	for _, end := range []string{"-Party-Address", "-Identity", "-Station-Id", "IMSI", "MSISDN"} {
		if strings.HasSuffix(name, end) {
			return name != "Called-Station-Id" // an access point
		}
	}
	return slices.Contains([]string{
		"Subscription-Id-Data", "User-Name", "Called-Asserted-Identity", "Associated-URI",
		"User-Equipment-Info-Value", "3GPP-IMEISV", "Address-Data", "From-Address",
		"External-Identifier", "LCS-Requestor-Id-String", "LCS-Client-Dialed-By-MS",
	}, name)
}

// hostIn reports whether an AVP names a host or a realm.
func hostIn(name string) bool {
	return slices.Contains([]string{
		"Origin-Host", "Origin-Realm", "Destination-Host", "Destination-Realm", "Route-Record",
		"Originating-IOI", "Terminating-IOI", "Proxy-Host", "Error-Reporting-Host", "Redirect-Host",
		"IMS-Visited-Network-Identifier", "SGSN-Name", "PDN-GW-Name",
	}, name)
}

// addressIn reports whether an AVP has an address that may have a host in it.
func addressIn(name string) bool {
	return slices.Contains([]string{
		"Redirect-Server-Address", "Application-Server", "Redirect-Address-URL", "Node-Id",
	}, name)
}

func (m *masks) note(name, text string) {
	switch {
	case hostIn(name) && !strings.Contains(text, "://"):
		m.host(text)
	case name == "Session-Id":
		host, _, _ := strings.Cut(text, ";")
		m.host(host)
		m.session(text, host)
	case addressIn(name) || strings.Contains(text, "://") && legible(text):
		m.address(text)
	case subjectIn(name):
		m.subject(text)
	}
}

func (m *masks) host(text string) {
	if _, known := m.made[text]; known || !legible(text) {
		return
	}
	m.hosts++
	m.made[text] = fmt.Sprintf("host-%d.example", m.hosts)
	first, _, more := strings.Cut(text, ".")
	if _, known := m.made[first]; more && !known && strings.ContainsAny(first, "-0123456789") &&
		strings.Trim(first, "0123456789") != "" {
		m.made[first] = fmt.Sprintf("host-%d", m.hosts)
	}
}

// session makes up a Session-Id with as many parts (RFC 6733 section 8.8).
func (m *masks) session(text, host string) {
	if _, known := m.sessions[text]; known {
		return
	}
	parts := strings.Count(text, ";")
	made := m.made[host]
	if parts == 0 {
		made = "session"
	}
	m.sessions[text] = made + strings.Repeat(";1", max(parts-1, 0)) +
		fmt.Sprintf(";%d", len(m.sessions)+1)
	if parts == 0 {
		m.sessions[text] = fmt.Sprintf("session-%d", len(m.sessions)+1)
	}
}

// address notes the host of a URL.
func (m *masks) address(text string) {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		m.subject(text)
		return
	}
	host := rest[:len(rest)-len(strings.TrimLeft(rest, hostLetters))]
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ".") {
		m.host(host)
	}
}

const hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// subject takes a URI apart: who, and where.
func (m *masks) subject(text string) {
	if digits := dialled(text); digits != "" {
		text = digits
	}
	if !legible(text) {
		m.octets(text)
		return
	}
	scheme, rest, found := strings.Cut(text, ":")
	if found && slices.Contains([]string{"sip", "sips", "tel"}, strings.ToLower(scheme)) {
		text = rest
	}
	who, where, addressed := strings.Cut(text, "@")
	where, _, _ = strings.Cut(where, ";")
	if _, err := netip.ParseAddr(where); err != nil && strings.Contains(where, ".") {
		m.host(where)
	}
	who = strings.TrimPrefix(who, "+")
	bare, _, parameters := strings.Cut(who, ";")
	if !addressed {
		who = bare
	}
	m.user(who)
	if parameters && addressed {
		m.user(bare)
	}
}

// user makes up a name or a number.
func (m *masks) user(who string) {
	if _, known := m.made[who]; known || who == "" {
		return
	}
	m.users++
	if strings.Trim(who, "0123456789") != "" {
		m.made[who] = fmt.Sprintf("user-%d", m.users)
		return
	}
	m.made[who] = digits(m.users, len(who))
}

// octets makes up a subscriber who is no text, and stays none.
func (m *masks) octets(text string) {
	if _, known := m.made[text]; known || text == "" {
		return
	}
	m.users++
	m.made[text] = fmt.Sprintf("user-%d\xff", m.users)
}

// dialled reads the digits of telephony, five or more; empty: there are none.
func dialled(text string) string {
	var digits []byte
	for i := range len(text) {
		low, high := text[i]&15, text[i]>>4
		last := i == len(text)-1
		if low > 9 || high > 9 && (!last || high != 15) {
			return ""
		}
		digits = append(digits, '0'+low)
		if high <= 9 {
			digits = append(digits, '0'+high)
		}
	}
	if len(digits) < 5 || legible(text) {
		return ""
	}
	return string(digits)
}

// digits is a made-up number of so many digits, more where there are too many numbers.
func digits(number, length int) string {
	text := fmt.Sprintf("%0*d", length, number)
	if length >= 9 {
		text = "1555" + text[4:]
	}
	return text
}

// legible reports whether it is text without controls.
func legible(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// prepare lists what is replaced anywhere: the longest first, so that no part of one is taken for
// another.
func (m *masks) prepare() {
	made := maps.Clone(m.made)
	maps.Copy(made, m.sessions)
	var was []string
	for text := range made {
		if len(text) >= shortest {
			was = append(was, text)
		}
	}
	slices.SortFunc(was, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	var pairs []string
	for _, text := range was {
		pairs = append(pairs, text, made[text])
		pairs = append(pairs, strings.ToUpper(text), made[text])
		pairs = append(pairs, strings.ToLower(text), made[text])
	}
	for _, text := range was {
		if strings.Trim(text, "0123456789") == "" && len(made[text]) == len(text) {
			pairs = append(pairs, telephony(text), telephony(made[text]))
			pairs = append(pairs, packed(text), packed(made[text]))
		}
	}
	m.anywhere = strings.NewReplacer(pairs...)
	for i := 1; i < len(pairs); i += 2 {
		if was := len(pairs[i-1]); was != len(pairs[i]) {
			pairs[i] = strings.Repeat("x", was)
		}
	}
	m.torn = strings.NewReplacer(pairs...)
}

// shortest is how long a name must be that is replaced within other text, too.
const shortest = 5

// telephony writes digits as telephone networks do, two to an octet and the second one on top.
func telephony(digits string) string {
	var out []byte
	for i := 0; i < len(digits); i += 2 {
		high := byte(0xf)
		if i+1 < len(digits) {
			high = digits[i+1] - '0'
		}
		out = append(out, high<<4|(digits[i]-'0'))
	}
	return string(out)
}

// packed writes digits two to an octet, the first one on top.
func packed(digits string) string {
	swapped := telephony(digits)
	out := []byte(swapped)
	for i := range out {
		out[i] = out[i]<<4 | out[i]>>4
	}
	return string(out)
}

// mask writes what was made up in an AVP. Short names are replaced only where they stand alone.
func (m *masks) mask(name, text string) string {
	switch {
	case name == diameter.Torn:
		return m.torn.Replace(text)
	case name == "Session-Id":
		return m.sessions[text]
	case subjectIn(name) || hostIn(name) || addressIn(name):
		if made, known := m.alone(text); known {
			return made
		}
	}
	return m.anywhere.Replace(text)
}

// alone masks a text that is a name and nothing else but what URIs have around it.
func (m *masks) alone(text string) (made string, known bool) {
	for _, prefix := range []string{"", "+", "sip:", "sips:", "tel:", "tel:+"} {
		rest, ok := strings.CutPrefix(text, prefix)
		who, where, addressed := strings.Cut(rest, "@")
		made, known := m.made[who]
		if !ok || !known {
			continue
		}
		if addressed {
			host, tail, more := strings.Cut(where, ";")
			if short, known := m.made[host]; known {
				host = short
			}
			made += "@" + m.anywhere.Replace(host)
			if more {
				made += ";" + m.anywhere.Replace(tail)
			}
		}
		return prefix + made, true
	}
	return "", false
}

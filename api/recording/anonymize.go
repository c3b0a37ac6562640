package recording

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/diameter/capture"
)

// Anonymize returns the messages with made-up subscribers, hosts and realms in place of those that
// they name, the same everywhere: wherever one of them stands in an AVP, as text or in the swapped
// digits of telephony (TBCD). Telephone numbers and IMSIs keep their length. IP addresses and all
// else stay as they are.
func Anonymize(frames []capture.Frame, definitions []diameter.Definition) []capture.Frame {
	dictionary, _ := diameter.SharedDictionary().With("capture", definitions)
	m := masks{made: map[string]string{}}
	for i := range frames {
		dictionary.Rewrite(frames[i].Octets, func(name string, data []byte) []byte {
			m.note(name, string(data))
			return data
		})
	}
	replacer := m.replacer()
	out := slices.Clone(frames)
	for i := range out {
		out[i].Octets = dictionary.Rewrite(out[i].Octets, func(name string, data []byte) []byte {
			return []byte(m.mask(name, string(data), replacer))
		})
	}
	return out
}

// masks are what is made up, for what there was.
type masks struct {
	made         map[string]string
	users, hosts int
}

// subjects are the AVPs that name subscribers, hostNames those that name hosts.
func subjects() []string {
	return []string{
		"Subscription-Id-Data", "User-Name", "Calling-Party-Address", "Called-Party-Address",
		"Requested-Party-Address", "Called-Asserted-Identity", "Associated-URI", "Public-Identity",
		"Associated-Party-Address", "Alternate-Charged-Party-Address", "User-Equipment-Info-Value",
		"3GPP-IMSI", "3GPP-IMEISV", "MSISDN", "Private-Identity", "Address-Data",
	}
}

func hostNames() []string {
	return []string{
		"Origin-Host", "Origin-Realm", "Destination-Host", "Destination-Realm", "Route-Record",
		"Originating-IOI", "Terminating-IOI", "Proxy-Host", "Error-Reporting-Host",
	}
}

func (m *masks) note(name, text string) {
	switch {
	case slices.Contains(hostNames(), name):
		m.host(text)
	case name == "Session-Id":
		host, _, _ := strings.Cut(text, ";")
		m.host(host)
	case slices.Contains(subjects(), name):
		m.subject(text)
	}
}

func (m *masks) host(text string) {
	if _, known := m.made[text]; known || !printable(text) {
		return
	}
	m.hosts++
	m.made[text] = fmt.Sprintf("host-%d.example", m.hosts)
}

// subject takes a URI apart: who, and where.
func (m *masks) subject(text string) {
	if !printable(text) {
		return
	}
	scheme, rest, found := strings.Cut(text, ":")
	if found && slices.Contains([]string{"sip", "sips", "tel"}, strings.ToLower(scheme)) {
		text = rest
	}
	who, where, _ := strings.Cut(text, "@")
	where, _, _ = strings.Cut(where, ";")
	if strings.Contains(where, ".") {
		m.host(where)
	}
	who, _, _ = strings.Cut(strings.TrimPrefix(who, "+"), ";")
	if _, known := m.made[who]; known || who == "" {
		return
	}
	m.users++
	if len(who) < 5 || strings.Trim(who, "0123456789") != "" {
		m.made[who] = fmt.Sprintf("user-%d", m.users)
		return
	}
	m.made[who] = digits(m.users, len(who))
}

// digits is a made-up number of so many digits.
func digits(number, length int) string {
	text := fmt.Sprintf("%0*d", length, number)
	if length >= 9 {
		text = "1555" + text[4:]
	}
	return text[:length]
}

func printable(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// replacer replaces the longest first, so that no part of one is taken for another.
func (m *masks) replacer() *strings.Replacer {
	var was []string
	for text := range m.made {
		if len(text) >= 5 {
			was = append(was, text)
		}
	}
	slices.SortFunc(was, func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	var pairs []string
	for _, text := range was {
		pairs = append(pairs, text, m.made[text])
	}
	for _, text := range was {
		if strings.Trim(text, "0123456789") == "" {
			pairs = append(pairs, telephony(text), telephony(m.made[text]))
		}
	}
	return strings.NewReplacer(pairs...)
}

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

// mask writes what was made up in an AVP. Short names are replaced only where they stand alone.
func (m *masks) mask(name, text string, replacer *strings.Replacer) string {
	if slices.Contains(subjects(), name) || slices.Contains(hostNames(), name) {
		for _, prefix := range []string{"", "+", "sip:", "sips:", "tel:", "tel:+"} {
			rest, ok := strings.CutPrefix(text, prefix)
			who, where, addressed := strings.Cut(rest, "@")
			made, known := m.made[who]
			if !ok || !known || len(who) >= 5 {
				continue
			}
			if addressed {
				made += "@" + replacer.Replace(where)
			}
			return prefix + made
		}
	}
	return replacer.Replace(text)
}

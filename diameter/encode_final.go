package diameter

import (
	"net/netip"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// appendFinal appends what happens when the last units are used up; where it is wanted and the
// answer is of RFC 8506, which alone knows it, as QoS-Final-Unit-Indication too.
// Final-Unit-Indication stands beside it for clients that know RFC 4006 only; others ignore it
// (sections 5.6.3 and 8.68).
func appendFinal(dst []byte, f *charging.FinalUnit, rfc bool) []byte {
	dst = appendFinalUnit(dst, f)
	if f.QoS && rfc && f.Action != charging.Terminate {
		return appendQoSFinal(dst, f)
	}
	return dst
}

// appendFinalUnit appends Final-Unit-Indication. RFC 8506 section 8.34: TERMINATE holds the action
// alone, and a redirection its server.
func appendFinalUnit(dst []byte, f *charging.FinalUnit) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpFinalUnitIndication)
	dst = appendNumber(dst, avpFinalUnitAction, uint32(f.Action))
	if f.Action == charging.Terminate {
		return endAVP(dst, start)
	}
	for _, rule := range f.Filters {
		dst = appendText(dst, avpRestrictionFilterRule, rule)
	}
	for _, name := range f.Names {
		dst = appendText(dst, avpFilterID, name)
	}
	if f.Redirect != "" {
		server := len(dst)
		dst = beginGroup(dst, avpRedirectServer)
		dst = appendNumber(dst, avpRedirectAddressType, redirectAddressType(f.Redirect))
		dst = appendText(dst, avpRedirectServerAddress, f.Redirect)
		dst = endAVP(dst, server)
	}
	return endAVP(dst, start)
}

// The types of Redirect-Address-Type (RFC 8506 section 8.38).
const (
	redirectIPv4 = iota
	redirectIPv6
	redirectURL
	redirectSIP
)

// redirectAddressType tells the type of a redirect server's address.
func redirectAddressType(address string) uint32 {
	if ip, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
		if ip.Is4() {
			return redirectIPv4
		}
		return redirectIPv6
	}
	scheme, _, _ := strings.Cut(address, ":")
	if strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips") {
		return redirectSIP
	}
	return redirectURL
}

// appendQoSFinal appends QoS-Final-Unit-Indication (RFC 8506 section 8.68), whose redirect server
// is a Redirect-Server-Extension and whose filters are those of RFC 5777.
func appendQoSFinal(dst []byte, f *charging.FinalUnit) []byte {
	start := len(dst)
	dst = beginPlainGroup(dst, avpQoSFinalUnitIndication)
	dst = appendNumber(dst, avpFinalUnitAction, uint32(f.Action))
	for _, rule := range f.Filters {
		dst = appendFilterRule(dst, rule)
	}
	for _, name := range f.Names {
		dst = appendText(dst, avpFilterID, name)
	}
	if f.Redirect != "" {
		dst = appendRedirectExtension(dst, f.Redirect)
	}
	return endAVP(dst, start)
}

// appendRedirectExtension appends Redirect-Server-Extension: the AVP inside tells the type.
func appendRedirectExtension(dst []byte, address string) []byte {
	start := len(dst)
	dst = beginPlainGroup(dst, avpRedirectServerExtension)
	switch redirectAddressType(address) {
	case redirectURL:
		dst = appendPlainText(dst, avpRedirectAddressURL, address)
	case redirectSIP:
		dst = appendPlainText(dst, avpRedirectAddressSIPURI, address)
	default:
		ip, _ := netip.ParseAddr(strings.Trim(address, "[]"))
		dst = appendAddress(dst, avpRedirectAddressIPAddress, ip, 0)
	}
	return endAVP(dst, start)
}

// appendAddress appends an Address (RFC 6733 section 4.3.1).
func appendAddress(dst []byte, id uint64, ip netip.Addr, flags byte) []byte {
	start, family := len(dst), byte(familyIPv4)
	if !ip.Is4() {
		family = familyIPv6
	}
	dst = append(appendHeader(dst, uint32(id>>32), uint32(id), flags), 0, family)
	return endAVP(append(dst, ip.AsSlice()...), start)
}

// beginPlainGroup is beginGroup for groups that must not have the M bit.
func beginPlainGroup(dst []byte, id uint64) []byte {
	return appendHeader(dst, uint32(id>>32), uint32(id), 0)
}

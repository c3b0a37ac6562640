package diameter

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// tariffSlack is how far clocks may differ.
const tariffSlack = time.Minute

const timeFormat = time.RFC3339

// The Final-Unit-Actions (RFC 8506 section 8.35).
const (
	actionTerminate = 0
	actionRedirect  = 1
	actionRestrict  = 2
)

// finalUnits judges what is to happen when the last units are used up.
func (n *serverInspection) finalUnits(said *serverService) {
	for _, group := range append(
		said.all(avpFinalUnitIndication), said.all(avpQoSFinalUnitIndication)...,
	) {
		n.finalUnit(said, &group)
	}
}

func (n *serverInspection) finalUnit(said *serverService, group *avp) {
	inner := n.inside(group.data)
	action, there := inner.number(avpFinalUnitAction)
	if !there {
		n.find("final-unit-action-missing", "%s without Final-Unit-Action %s", n.name(group),
			said.named())
		return
	}
	switch action {
	case actionTerminate:
		if more := inner.first(avpFinalUnitAction); len(inner) > 1 {
			for i := range inner {
				if inner[i].id() != avpFinalUnitAction {
					more = &inner[i]
				}
			}
			n.find("final-unit-terminate-with-more", "%s beside TERMINATE %s", n.name(more),
				said.named())
		}
	case actionRedirect:
		n.redirect(said, inner)
	case actionRestrict:
		if !inner.has(avpRestrictionFilterRule, avpFilterID, avpFilterRule) {
			n.find("final-unit-without-filter", "RESTRICT_ACCESS without a filter %s", said.named())
		}
	}
}

// redirect judges where users are sent.
func (n *serverInspection) redirect(said *serverService, inner members) {
	group := inner.first(avpRedirectServer)
	if group == nil {
		if !inner.has(avpRedirectServerExtension) {
			n.find("final-unit-without-redirect", "REDIRECT without Redirect-Server %s",
				said.named())
		}
		return
	}
	server := n.inside(group.data)
	address := server.text(avpRedirectServerAddress)
	switch kind, there := server.number(avpRedirectAddressType); {
	case !there:
		n.find("redirect-address-wrong", "no Redirect-Address-Type %s", said.named())
	case !isAddressOf(kind, address):
		n.find("redirect-address-wrong", "Redirect-Address-Type %d, Redirect-Server-Address %q %s",
			kind, address, said.named())
	}
}

// isAddressOf reports whether an address is of a Redirect-Address-Type (RFC 8506 section 8.38).
func isAddressOf(kind uint32, address string) bool {
	ip, err := netip.ParseAddr(address)
	switch kind {
	case 0:
		return err == nil && ip.Is4()
	case 1:
		return err == nil && ip.Is6()
	case 2:
		u, err := url.Parse(address)
		return err == nil && u.Scheme != "" && !isSIP(address)
	case 3:
		return isSIP(address)
	}
	return false
}

func isSIP(address string) bool {
	lower := strings.ToLower(address)
	return strings.HasPrefix(lower, "sip:") || strings.HasPrefix(lower, "sips:")
}

package diameter

import (
	"bytes"
	"net"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// presence judges what every CCR must have.
func (n *inspection) presence(r *reading) {
	for _, must := range []struct {
		saw  presence
		rule string
		name string
	}{
		{sawSessionID, "session-id-missing", "Session-Id"},
		{sawOriginHost, "origin-missing", "Origin-Host"},
		{sawOriginRealm, "origin-missing", "Origin-Realm"},
		{sawDestinationRealm, "destination-realm-missing", "Destination-Realm"},
		{sawAuthApplication, "auth-application-missing", "Auth-Application-Id"},
		{sawContext, "context-missing", "Service-Context-Id"},
		{sawRequestType, "request-type-missing", "CC-Request-Type"},
		{sawRequestNumber, "request-number-missing", "CC-Request-Number"},
	} {
		if !r.seen.has(must.saw) {
			n.find(must.rule, "a CCR without %s", must.name)
		}
	}
}

// whole judges what follows from several AVPs.
func (n *inspection) whole(r *reading) {
	kind := charging.RequestType(r.kind)
	n.identity(r)
	switch {
	case kind == charging.Event && !r.seen.has(sawAction):
		n.find("requested-action-missing", "an EVENT_REQUEST without Requested-Action")
	case kind != charging.Event && r.seen.has(sawAction):
		n.find("requested-action-in-session", "Requested-Action in an %s request", kind)
	}
	if r.seen.has(sawCause) && kind != charging.Termination {
		n.find("termination-cause-misplaced", "Termination-Cause in an %s request", kind)
	}
	if r.requested && kind == charging.Termination {
		n.find("units-requested-at-end", "Requested-Service-Unit in a TERMINATION_REQUEST")
	}
	if r.used && kind == charging.Initial {
		n.find("units-used-at-start", "Used-Service-Unit in an INITIAL_REQUEST")
	}
	if r.single && r.grouped {
		n.find("units-at-both-levels",
			"units at command level beside Multiple-Services-Credit-Control")
	}
	if r.conditions && !r.triggered {
		n.find("rating-condition-without-trigger",
			"Reporting-Reason RATING_CONDITION_CHANGE without Trigger")
	}
	n.indicator(r, kind)
}

// indicator judges Multiple-Services-Indicator, which the first request of a session decides by.
func (n *inspection) indicator(r *reading, kind charging.RequestType) {
	switch {
	case !r.grouped:
	case r.many.Known && r.many.Value == 0:
		n.find("multiple-services-indicator-zero", "Multiple-Services-Indicator "+
			"MULTIPLE_SERVICES_NOT_SUPPORTED beside Multiple-Services-Credit-Control")
	case !r.many.Known && kind == charging.Initial:
		n.find("multiple-services-indicator-missing",
			"Multiple-Services-Credit-Control without Multiple-Services-Indicator")
	}
}

// identity judges who says that they sent the request.
func (n *inspection) identity(r *reading) {
	if r.session != nil && !wellFormed(r.session) {
		n.find("session-id-form", "Session-Id %q", r.session)
	}
	known := n.peer != "" && !isAddress(n.peer)
	if known && r.host != nil && !r.routed && !strings.EqualFold(n.peer, string(r.host)) {
		n.find("route-record-missing", "Origin-Host %s on the connection of %s without Route-Record",
			r.host, n.peer)
	}
}

// wellFormed reports whether a Session-Id begins with a host's name and has two more parts.
func wellFormed(session []byte) bool {
	parts := bytes.SplitN(session, []byte(";"), 4)
	return len(parts) >= 3 && isHostName(parts[0])
}

// isAddress reports whether a peer is known by its address only.
func isAddress(peer string) bool {
	_, _, err := net.SplitHostPort(peer)
	return err == nil
}

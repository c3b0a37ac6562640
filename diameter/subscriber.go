package diameter

import (
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// subscriber reads Subscription-Id, or Subscription-Id-Extension, at command level or inside
// Service-Information, where Kamailio sends it once more.
func (w *walk) subscriber(group *avp) {
	if !w.enter(group) {
		return
	}
	defer w.leave()
	if group.code == avpSubscriptionIDExtension {
		w.subscriberExtension(group)
		return
	}
	var identity charging.Identity
	var seen presence
	const sawType, sawData presence = 1, 2
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpSubscriptionIDType:
			if w.once(&seen, sawType, &a) && w.within(&a, uint32(charging.Private)) {
				identity.Type = charging.IdentityType(a.uint32())
			}
		case avpSubscriptionIDData:
			if w.once(&seen, sawData, &a) {
				identity.Data = string(a.data)
			}
		default:
			w.lookInto(&a)
		}
	}
	switch {
	case !seen.has(sawType):
		w.refuseMissing("Subscription-Id.Subscription-Id-Type")
	case !seen.has(sawData):
		w.refuseMissing("Subscription-Id.Subscription-Id-Data")
	default:
		w.addSubscriber(identity)
	}
}

// subscriberExtension reads the form that RFC 8506 section 8.58 added: the type is the AVP's code.
func (w *walk) subscriberExtension(group *avp) {
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		if id := a.id(); id >= avpSubscriptionIDE164 && id <= avpSubscriptionIDPrivate {
			w.addSubscriber(charging.Identity{
				Type: charging.IdentityType(id - avpSubscriptionIDE164), Data: string(a.data),
			})
			continue
		}
		w.lookInto(&a)
	}
}

func (w *walk) addSubscriber(identity charging.Identity) {
	if !slices.Contains(w.request.Subscribers, identity) {
		w.request.Subscribers = append(w.request.Subscribers, identity)
	}
}

// fallBack names the subscriber where no Subscription-Id does: by User-Name, then by the calling
// party of the IMS. An identity that is there and unknown is not papered over.
func (w *walk) fallBack() {
	if len(w.request.Subscribers) > 0 {
		return
	}
	for _, name := range [...]string{string(w.userName), string(w.caller)} {
		if name != "" {
			w.addSubscriber(charging.Identity{Type: identityTypeOf(name), Data: name})
		}
	}
}

// identityTypeOf guesses the type of an identity by its form. Fifteen digits without a plus are an
// IMSI, which User-Name carries in mobile networks; fewer are a telephone number.
func identityTypeOf(name string) charging.IdentityType {
	scheme, _, _ := strings.Cut(name, ":")
	switch strings.ToLower(scheme) {
	case "sip", "sips":
		return charging.SIP
	case "tel":
		return charging.E164
	}
	switch digits := strings.TrimPrefix(name, "+"); {
	case strings.Trim(digits, "0123456789") != "":
		return charging.NAI
	case len(name) == 15 && digits == name:
		return charging.IMSI
	}
	return charging.E164
}

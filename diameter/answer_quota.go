package diameter

import (
	"net/netip"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// singleAnswer reads an AVP of a service whose answer stands at command level (RFC 8506 section
// 3.2). It reports whether it was one.
func (w *walk) singleAnswer(answer *charging.Answer, a *avp) bool {
	switch a.id() {
	case avpGrantedServiceUnit:
		w.granted(w.singleOf(answer), a)
	case avpValidityTime:
		w.singleOf(answer).ValidFor = time.Duration(a.uint32()) * time.Second
	case avpFinalUnitIndication:
		s := w.singleOf(answer)
		s.Final = overQoS(s.Final, w.finalUnit(a))
	case avpQoSFinalUnitIndication:
		w.singleOf(answer).Final, answer.RFC = w.qosFinal(a), true
	default:
		return false
	}
	return true
}

// singleOf is the service at command level, which stands before those in MSCCs.
func (w *walk) singleOf(answer *charging.Answer) *charging.ServiceAnswer {
	if len(answer.Services) == 0 || !answer.Services[0].Single {
		answer.RFC = true
		answer.Services = append([]charging.ServiceAnswer{{Single: true}}, answer.Services...)
	}
	return &answer.Services[0]
}

// lessUsualAnswer reads what a client is to do without answers, and what else few answers have.
func (w *walk) lessUsualAnswer(answer *charging.Answer, a *avp) {
	switch a.id() {
	case avpCCSessionFailover:
		failureOf(answer).Failover = charging.Known(int64(a.uint32()))
	case avpCreditControlFailureHandling:
		failureOf(answer).Session = charging.Known(int64(a.uint32()))
	case avpDirectDebitingFailureHandling:
		failureOf(answer).Debit = charging.Known(int64(a.uint32()))
	case avpAccountExpiration:
		answer.Expires = a.time()
	default:
		w.singleAnswer(answer, a)
	}
}

func failureOf(answer *charging.Answer) *charging.FailureHandling {
	if answer.Failure == nil {
		answer.Failure = new(charging.FailureHandling)
	}
	return answer.Failure
}

// cost reads Cost-Information with its unit.
func (w *walk) cost(answer *charging.Answer, group *avp) {
	answer.Cost, _ = w.money(group)
	for rest := group.data; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return
		}
		if a.id() == avpCostUnit {
			answer.Unit = string(a.data)
		}
		rest = next
	}
}

// quotaOf is what is said of a grant beside its size.
func quotaOf(s *charging.ServiceAnswer) *charging.Quota {
	if s.Quota == nil {
		s.Quota = new(charging.Quota)
	}
	return s.Quota
}

// lessUsualQuota reads what few MSCCs have.
func (w *walk) lessUsualQuota(s *charging.ServiceAnswer, a *avp) {
	switch a.id() {
	case avpTariffChangeUsage:
		s.Tariff = charging.Known(int64(a.uint32()))
	case avpPoolReference:
		quotaOf(s).Pool = w.pool(a)
	case avpQuotaConsumptionTime:
		quotaOf(s).ConsumptionTime = charging.Known(int64(a.uint32()))
	case avpUnusedQuotaTimer:
		quotaOf(s).UnusedTimer = charging.Known(int64(a.uint32()))
	case avpTimeQuotaMechanism:
		quotaOf(s).Mechanism = w.mechanism(a)
	case avpQoSFinalUnitIndication:
		s.Final = w.qosFinal(a)
	case avpAnnouncementInformation:
		s.Announcements = append(s.Announcements, w.announcement(a))
	}
}

func (w *walk) pool(group *avp) *charging.Pool {
	pool := new(charging.Pool)
	w.each(group, func(a *avp) {
		switch a.id() {
		case avpPoolIdentifier:
			pool.ID = a.uint32()
		case avpCCUnitType:
			if units := poolUnits(); a.uint32() < uint32(len(units)) {
				pool.Unit = units[a.uint32()]
			}
		case avpUnitValue:
			pool.Multiplier.Digits, pool.Multiplier.Exponent = w.unitValue(a)
		}
	})
	return pool
}

// each walks through a group.
func (w *walk) each(group *avp, do func(*avp)) {
	if !w.enter(group) {
		return
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		do(&a)
	}
}

func (w *walk) mechanism(group *avp) *charging.TimeMechanism {
	mechanism := new(charging.TimeMechanism)
	w.each(group, func(a *avp) {
		switch a.id() {
		case avpTimeQuotaType:
			mechanism.Type = a.uint32()
		case avpBaseTimeInterval:
			mechanism.Interval = a.uint32()
		}
	})
	return mechanism
}

func (w *walk) announcement(group *avp) (got charging.Announcement) {
	w.each(group, func(a *avp) {
		switch a.id() {
		case avpAnnouncementIdentifier:
			got.ID = a.uint32()
		case avpVariablePart:
			got.Parts = append(got.Parts, w.variablePart(a))
		case avpTimeIndicator:
			got.At = charging.Known(int64(a.uint32()))
		case avpQuotaIndicator:
			got.Quota = charging.Known(int64(a.uint32()))
		case avpAnnouncementOrder:
			got.Order = charging.Known(int64(a.uint32()))
		case avpPlayAlternative:
			got.Play = charging.Known(int64(a.uint32()))
		case avpPrivacyIndicator:
			got.Private = charging.Known(int64(a.uint32()))
		case avpLanguage:
			got.Language = string(a.data)
		}
	})
	return got
}

func (w *walk) variablePart(group *avp) (got charging.AnnouncementPart) {
	w.each(group, func(a *avp) {
		switch a.id() {
		case avpVariablePartOrder:
			got.Order = charging.Known(int64(a.uint32()))
		case avpVariablePartType:
			got.Type = a.uint32()
		case avpVariablePartValue:
			got.Value = string(a.data)
		}
	})
	return got
}

// overQoS is the final unit to follow: QoS-Final-Unit-Indication where there is one (RFC 8506
// section 5.6.3).
func overQoS(before, plain *charging.FinalUnit) *charging.FinalUnit {
	if before != nil && before.QoS {
		return before
	}
	return plain
}

// qosFinal reads QoS-Final-Unit-Indication. A filter is known by the identifier of its classifier.
func (w *walk) qosFinal(group *avp) *charging.FinalUnit {
	final := &charging.FinalUnit{QoS: true}
	w.each(group, func(a *avp) {
		switch a.id() {
		case avpFinalUnitAction:
			final.Action = charging.FinalAction(min(a.uint32(), 0xff))
		case avpFilterID:
			final.Names = append(final.Names, string(a.data))
		case avpFilterRule:
			w.each(a, func(a *avp) { w.filterRule(final, a) })
		case avpRedirectServerExtension:
			w.each(a, func(a *avp) { final.Redirect = redirectExtension(a) })
		}
	})
	return final
}

func (w *walk) filterRule(final *charging.FinalUnit, a *avp) {
	if a.id() != avpClassifier {
		return
	}
	w.each(a, func(a *avp) {
		if a.id() == avpClassifierID {
			final.Filters = append(final.Filters, string(a.data))
		}
	})
}

func redirectExtension(a *avp) string {
	if a.id() != avpRedirectAddressIPAddress {
		return string(a.data)
	}
	ip, _ := netip.AddrFromSlice(a.data[2:])
	return ip.String()
}

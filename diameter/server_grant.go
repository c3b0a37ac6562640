package diameter

import (
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A grantedUnit is a unit of a group.
type grantedUnit struct {
	id     uint64
	amount uint64
}

// units are those of a Granted- or Requested-Service-Unit. What CC-Money amounts to is not judged:
// it counts as one.
func (n *serverInspection) units(group *avp) (list []grantedUnit) {
	if group == nil {
		return nil
	}
	for _, a := range n.inside(group.data) {
		switch a.id() {
		case avpCCTime:
			list = append(list, grantedUnit{avpCCTime, uint64(a.uint32())})
		case avpCCTotalOctets, avpCCInputOctets, avpCCOutputOctets, avpCCServiceSpecificUnits:
			list = append(list, grantedUnit{a.id(), a.uint64()})
		case avpCCMoney:
			list = append(list, grantedUnit{avpCCMoney, 1})
		}
	}
	return list
}

// amountOf is how much there is of a unit.
func amountOf(list []grantedUnit, id uint64) (amount uint64, there bool) {
	for _, u := range list {
		if u.id == id {
			return u.amount, true
		}
	}
	return 0, false
}

// service judges one service by what was asked for it.
func (n *serverInspection) service(asked, said *serverService) {
	group := said.first(avpGrantedServiceUnit)
	final := said.has(avpFinalUnitIndication, avpQoSFinalUnitIndication)
	if said.refused() {
		if group != nil {
			n.find("grant-beside-refusal", "Granted-Service-Unit beside %d %s", said.result,
				said.named())
		}
		if final {
			n.find("final-unit-beside-refusal", "Final-Unit-Indication beside %d %s", said.result,
				said.named())
		}
	}
	n.misplaced(said, group != nil, final)
	n.finalUnits(said)
	switch {
	case group != nil:
		n.granted(asked, said, group, final)
	case !said.refused():
		n.ungranted(asked, said, final)
	}
}

// misplaced judges quota where none can be.
func (n *serverInspection) misplaced(said *serverService, granted, final bool) {
	switch {
	case n.kind == charging.Termination && granted:
		n.find("grant-at-end", "Granted-Service-Unit %s in the answer to a TERMINATION_REQUEST",
			said.named())
	case n.enquiry() && granted:
		n.find("grant-for-enquiry", "Granted-Service-Unit %s in the answer to an enquiry",
			said.named())
	}
	switch {
	case n.kind == charging.Termination && final:
		n.find("final-unit-at-end",
			"Final-Unit-Indication %s in the answer to a TERMINATION_REQUEST", said.named())
	case n.kind == charging.Event && final:
		n.find("final-unit-in-event", "Final-Unit-Indication %s in the answer to an EVENT_REQUEST",
			said.named())
	}
}

// ungranted judges a service that succeeds without units.
func (n *serverInspection) ungranted(asked, said *serverService, final bool) {
	open := n.kind == charging.Initial || n.kind == charging.Update
	served := n.result/1000 == 2 && (said.result == 0 || said.result/1000 == 2)
	if open && served && !final && asked.has(avpRequestedServiceUnit) {
		n.find("grant-missing", "success, and no Granted-Service-Unit %s", said.named())
	}
	n.thresholds(said, nil)
}

// granted judges a grant.
func (n *serverInspection) granted(asked, said *serverService, group *avp, final bool) {
	units := n.units(group)
	var sum uint64
	for _, u := range units {
		sum |= u.amount
	}
	switch {
	case final:
	case len(units) == 0:
		n.find("grant-empty", "Granted-Service-Unit without a unit %s", said.named())
	case sum == 0:
		n.find("grant-of-zero", "%s 0 %s, and no Final-Unit-Indication",
			n.name(&avp{code: uint32(units[0].id)}), said.named())
	}
	open := n.kind == charging.Initial || n.kind == charging.Update
	if open && !asked.has(avpRequestedServiceUnit) && asked.has(avpUsedServiceUnit) {
		n.find("grant-not-requested", "Granted-Service-Unit %s, which only reports", said.named())
	}
	n.otherUnits(asked, said, units)
	if open && sum != 0 {
		n.validity(said, units)
	}
	n.thresholds(said, units)
	n.tariff(said, group)
	n.pools(said, units)
}

// otherUnits judges whether units are granted that were not asked for. Octets are one kind, in all
// or by direction.
func (n *serverInspection) otherUnits(asked, said *serverService, units []grantedUnit) {
	requested := n.units(asked.first(avpRequestedServiceUnit))
	if len(requested) == 0 {
		return
	}
	for _, u := range units {
		found := false
		for _, r := range requested {
			found = found || r.id == u.id || isOctets(r.id) && isOctets(u.id)
		}
		if !found {
			n.find("grant-in-other-units", "%s granted %s, %s requested",
				n.name(&avp{code: uint32(u.id)}), said.named(), n.unitNames(requested))
		}
	}
}

func isOctets(id uint64) bool {
	return id == avpCCTotalOctets || id == avpCCInputOctets || id == avpCCOutputOctets
}

func (n *serverInspection) unitNames(list []grantedUnit) string {
	var names []string
	for _, u := range list {
		names = append(names, n.name(&avp{code: uint32(u.id)}))
	}
	return strings.Join(names, ", ")
}

// validity judges how long a grant is good.
func (n *serverInspection) validity(said *serverService, units []grantedUnit) {
	seconds, there := said.number(avpValidityTime)
	granted, timed := amountOf(units, avpCCTime)
	holding, held := said.number(avpQuotaHoldingTime)
	switch {
	case !there:
		n.find("validity-missing", "a grant %s without Validity-Time", said.named())
	case seconds == 0:
		n.find("validity-zero", "Validity-Time 0 %s", said.named())
	case timed && uint64(seconds) < granted:
		n.find("validity-below-grant", "Validity-Time %d, CC-Time %d %s", seconds, granted,
			said.named())
	case held && holding > seconds:
		n.find("holding-time-above-validity", "Quota-Holding-Time %d, Validity-Time %d %s", holding,
			seconds, said.named())
	}
}

// thresholds judges what goes with a unit, by its grant.
func (n *serverInspection) thresholds(said *serverService, units []grantedUnit) {
	for _, t := range []struct{ threshold, unit uint64 }{
		{avpTimeQuotaThreshold, avpCCTime},
		{avpVolumeQuotaThreshold, avpCCTotalOctets},
		{avpUnitQuotaThreshold, avpCCServiceSpecificUnits},
	} {
		value, there := said.number(t.threshold)
		if !there {
			continue
		}
		granted, known := amountOf(units, t.unit)
		for _, u := range units {
			if isOctets(t.unit) && isOctets(u.id) && u.id != t.unit {
				granted, known = granted+u.amount, true
			}
		}
		name := n.name(&avp{code: uint32(t.threshold & 0xffffffff), vendor: vendor3GPP})
		switch {
		case !known:
			n.find("threshold-without-grant", "%s %d %s, and no %s granted", name, value,
				said.named(), n.name(&avp{code: uint32(t.unit)}))
		case granted > 0 && uint64(value) >= granted:
			n.find("threshold-not-below-grant", "%s %d of %d granted %s", name, value, granted,
				said.named())
		}
	}
	if _, timed := amountOf(units, avpCCTime); !timed {
		for _, id := range []uint64{avpQuotaConsumptionTime, avpTimeQuotaMechanism} {
			if a := said.first(id); a != nil {
				n.find("time-control-without-time", "%s %s, and no CC-Time granted", n.name(a),
					said.named())
			}
		}
	}
}

// tariff judges a change of tariff.
func (n *serverInspection) tariff(said *serverService, group *avp) {
	change := n.inside(group.data).first(avpTariffTimeChange)
	if change == nil {
		if said.has(avpTariffChangeUsage) {
			n.find("tariff-usage-without-change", "Tariff-Change-Usage %s, and no "+
				"Tariff-Time-Change", said.named())
		}
		return
	}
	at := change.time()
	past := !n.at.IsZero() && at.Before(n.at.Add(-tariffSlack))
	if told := n.asked.first(avpEventTimestamp); told != nil {
		past = past && at.Before(told.time().Add(-tariffSlack))
	}
	if past {
		n.find("tariff-change-past", "Tariff-Time-Change %s %s, answered at %s",
			at.Format(timeFormat), said.named(), n.at.UTC().Format(timeFormat))
	}
}

// pools judges references to credit pools.
func (n *serverInspection) pools(said *serverService, units []grantedUnit) {
	for _, reference := range said.all(avpPoolReference) {
		inner := n.inside(reference.data)
		if value := inner.first(avpUnitValue); value != nil {
			digits := n.inside(value.data).first(avpValueDigits)
			if digits != nil && int64(digits.uint64()) <= 0 {
				n.find("pool-multiplier-not-positive", "Value-Digits %d %s",
					int64(digits.uint64()), said.named())
			}
		}
		kind, there := inner.number(avpCCUnitType)
		ids := unitTypes()
		if !there || kind >= uint32(len(ids)) {
			continue
		}
		if _, granted := amountOf(units, ids[kind]); !granted {
			n.find("pool-unit-not-granted", "a pool of CC-Unit-Type %d %s, and no %s granted", kind,
				said.named(), n.name(&avp{code: uint32(ids[kind])}))
		}
	}
}

// unitTypes are the units by CC-Unit-Type (RFC 8506 section 8.32).
func unitTypes() [6]uint64 {
	return [...]uint64{
		avpCCTime, avpCCMoney, avpCCTotalOctets, avpCCInputOctets, avpCCOutputOctets,
		avpCCServiceSpecificUnits,
	}
}

package diameter

import (
	"github.com/ocs-sim/ocs-sim/charging"
)

// appendSingle appends what an answer of RFC 8506 says of the one service of a request without
// MSCC: Granted-Service-Unit, Final-Unit-Indication and Validity-Time at command level (section
// 3.2). Its result is that of the command, its key is not repeated, and what 3GPP adds has no
// place.
func appendSingle(dst []byte, s *charging.ServiceAnswer, rfc bool) []byte {
	if len(s.Granted) > 0 {
		dst = appendGranted(dst, s)
	}
	if s.Final != nil {
		dst = appendFinal(dst, s.Final, rfc)
	}
	if s.ValidFor > 0 {
		dst = appendNumber(dst, avpValidityTime, wholeSeconds(s.ValidFor))
	}
	return dst
}

// appendCost appends Cost-Information, with its Cost-Unit.
func appendCost(dst []byte, a *charging.Answer) []byte {
	if a.Unit == "" {
		return appendMoney(dst, avpCostInformation, a.Cost)
	}
	start := len(dst)
	dst = appendMoney(dst, avpCostInformation, a.Cost)
	if len(dst) == start {
		return dst
	}
	return endAVP(appendText(dst, avpCostUnit, a.Unit), start)
}

func appendFailureHandling(dst []byte, f *charging.FailureHandling) []byte {
	if f == nil {
		return dst
	}
	dst = appendKnown(dst, avpCCSessionFailover, f.Failover)
	dst = appendKnown(dst, avpCreditControlFailureHandling, f.Session)
	return appendKnown(dst, avpDirectDebitingFailureHandling, f.Debit)
}

// appendPool appends G-S-U-Pool-Reference (RFC 8506 section 8.30).
func appendPool(dst []byte, p *charging.Pool) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpPoolReference)
	dst = appendNumber(dst, avpPoolIdentifier, p.ID)
	dst = appendNumber(dst, avpCCUnitType, unitType(p.Unit))
	dst = appendDecimal(dst, p.Multiplier)
	return endAVP(dst, start)
}

// poolUnits are the values of CC-Unit-Type, in order; 1 is money.
func poolUnits() [6]charging.Unit {
	return [...]charging.Unit{
		charging.Time, charging.NoCurrency,
		charging.Total, charging.Input, charging.Output, charging.Events,
	}
}

const unitTypeMoney = 1

// unitType is the number of a unit in CC-Unit-Type (RFC 8506 section 8.32).
func unitType(unit charging.Unit) uint32 {
	for number, known := range poolUnits() {
		if known == unit {
			return uint32(number)
		}
	}
	return unitTypeMoney
}

// appendDecimal appends Unit-Value.
func appendDecimal(dst []byte, d charging.Decimal) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpUnitValue)
	dst = appendLong(dst, avpValueDigits, uint64(d.Digits))
	if d.Exponent != 0 {
		dst = appendNumber(dst, avpExponent, uint32(d.Exponent))
	}
	return endAVP(dst, start)
}

// appendQuota appends what 3GPP adds to a grant (TS 32.299 section 7.1.9).
func appendQuota(dst []byte, q *charging.Quota) []byte {
	dst = appendKnown(dst, avpQuotaConsumptionTime, q.ConsumptionTime)
	if m := q.Mechanism; m != nil {
		start := len(dst)
		dst = beginGroup(dst, avpTimeQuotaMechanism)
		dst = appendNumber(dst, avpTimeQuotaType, m.Type)
		dst = appendNumber(dst, avpBaseTimeInterval, m.Interval)
		dst = endAVP(dst, start)
	}
	return appendKnown(dst, avpUnusedQuotaTimer, q.UnusedTimer)
}

// appendAnnouncement appends Announcement-Information (TS 32.299 section 7.2.253).
func appendAnnouncement(dst []byte, a *charging.Announcement) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpAnnouncementInformation)
	dst = appendNumber(dst, avpAnnouncementIdentifier, a.ID)
	for i := range a.Parts {
		part := len(dst)
		dst = beginGroup(dst, avpVariablePart)
		dst = appendKnown(dst, avpVariablePartOrder, a.Parts[i].Order)
		dst = appendNumber(dst, avpVariablePartType, a.Parts[i].Type)
		dst = appendText(dst, avpVariablePartValue, a.Parts[i].Value)
		dst = endAVP(dst, part)
	}
	dst = appendKnown(dst, avpTimeIndicator, a.At)
	dst = appendKnown(dst, avpQuotaIndicator, a.Quota)
	dst = appendKnown(dst, avpAnnouncementOrder, a.Order)
	dst = appendKnown(dst, avpPlayAlternative, a.Play)
	dst = appendKnown(dst, avpPrivacyIndicator, a.Private)
	if a.Language != "" {
		dst = appendText(dst, avpLanguage, a.Language)
	}
	return endAVP(dst, start)
}

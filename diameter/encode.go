package diameter

import (
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// appendAnswer appends the CCA for an answer. It depends on nothing but what it is given, so that
// a repeat gets the same AVPs in the same order: h is the header of the request at hand, and
// proxyInfo its Proxy-Info AVPs. Units stand in MSCCs, also where the request had them at command
// level, since TS 32.299 section 6.4.3 knows no other place; unless the answer says that the
// service is a single one, as RFC 8506 has it.
func appendAnswer(
	dst []byte, a *charging.Answer, h header, proxyInfo [][]byte, self identity,
) []byte {
	start := len(dst)
	head := h.answer()
	bare := a.Result.ProtocolError() || a.Type == 0 || a.Key.Session.ID == ""
	if bare {
		head.flags |= flagError
	}
	dst = appendMessage(dst, head)
	if bare {
		dst = appendBareAnswer(dst, a, self)
	} else {
		dst = appendCreditControlAnswer(dst, a, self)
	}
	dst = appendFailures(dst, a)
	if a.Message != "" {
		dst = appendPlainText(dst, avpErrorMessage, a.Message)
	}
	for _, raw := range proxyInfo {
		dst = appendRaw(dst, raw)
	}
	return endMessage(dst, start)
}

// appendBareAnswer appends the grammar that RFC 6733 section 7.2 has for protocol errors, and for
// errors whose answer cannot be composed because the request did not say what to repeat.
func appendBareAnswer(dst []byte, a *charging.Answer, self identity) []byte {
	if a.Key.Session.ID != "" {
		dst = appendText(dst, avpSessionID, a.Key.Session.ID)
	}
	dst = appendNumber(dst, avpResultCode, uint32(a.Result))
	dst = appendText(dst, avpOriginHost, self.host)
	return appendText(dst, avpOriginRealm, self.realm)
}

func appendCreditControlAnswer(dst []byte, a *charging.Answer, self identity) []byte {
	dst = appendText(dst, avpSessionID, a.Key.Session.ID)
	dst = appendNumber(dst, avpResultCode, uint32(a.Result))
	dst = appendText(dst, avpOriginHost, self.host)
	dst = appendText(dst, avpOriginRealm, self.realm)
	dst = appendNumber(dst, avpAuthApplicationID, creditControlApplication)
	dst = appendNumber(dst, avpCCRequestType, uint32(a.Type))
	dst = appendNumber(dst, avpCCRequestNumber, a.Key.Number)
	if a.Key.Session.Sub != 0 {
		dst = appendLong(dst, avpCCSubSessionID, a.Key.Session.Sub)
	}
	refund := a.Refund
	for i := range a.Services {
		if a.Services[i].Single {
			dst = appendSingle(dst, &a.Services[i], a.RFC)
			continue
		}
		dst = appendServiceAnswer(dst, &a.Services[i], refund, a.RFC)
		refund = nil
	}
	dst = appendCost(dst, a)
	dst = appendFailureHandling(dst, a.Failure)
	dst = appendMoney(dst, avpRemainingBalance, a.Balance)
	dst = appendKnown(dst, avpLowBalanceIndication, a.LowOnes)
	dst = appendKnown(dst, avpCheckBalanceResult, a.Enough)
	if !a.Expires.IsZero() {
		dst = appendInstant(dst, avpAccountExpiration, a.Expires)
	}
	return appendRefund(dst, a.Refund)
}

// appendServiceAnswer appends one MSCC. Rating-Group and Service-Identifier are those of the
// request: some clients drop a service that is not named, or fail on it. Refund-Information
// belongs here by TS 32.299 section 7.1.9; it stands at command level too, where clients without
// MSCC look for it.
func appendServiceAnswer(
	dst []byte, s *charging.ServiceAnswer, refund []byte, rfc bool,
) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpMultipleServices)
	if len(s.Granted) > 0 {
		dst = appendGranted(dst, s)
	}
	dst = appendKnown(dst, avpTariffChangeUsage, s.Tariff)
	dst = appendServiceKey(dst, s.Key)
	if s.Quota != nil && s.Quota.Pool != nil && len(s.Granted) > 0 {
		dst = appendPool(dst, s.Quota.Pool)
	}
	if s.ValidFor > 0 {
		dst = appendNumber(dst, avpValidityTime, wholeSeconds(s.ValidFor))
	}
	if s.Result != 0 {
		dst = appendNumber(dst, avpResultCode, uint32(s.Result))
	}
	if s.Final != nil {
		dst = appendFinal(dst, s.Final, rfc)
	}
	dst = appendThreshold(dst, s.Threshold)
	dst = appendKnown(dst, avpQuotaHoldingTime, s.HoldingTime)
	if s.Quota != nil {
		dst = appendQuota(dst, s.Quota)
	}
	dst = appendTriggers(dst, s.Triggers)
	for i := range s.Announcements {
		dst = appendAnnouncement(dst, &s.Announcements[i])
	}
	dst = appendRefund(dst, refund)
	return endAVP(dst, start)
}

func appendGranted(dst []byte, s *charging.ServiceAnswer) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpGrantedServiceUnit)
	if !s.TariffChange.IsZero() {
		dst = appendInstant(dst, avpTariffTimeChange, s.TariffChange)
	}
	dst = appendUnits(dst, s.Granted)
	return endAVP(dst, start)
}

func appendServiceKey(dst []byte, key charging.ServiceKey) []byte {
	for _, id := range key.IDs {
		dst = appendNumber(dst, avpServiceIdentifier, id)
	}
	return appendKnown(dst, avpRatingGroup, key.Group)
}

func appendThreshold(dst []byte, q charging.Quantity) []byte {
	amount := charging.Known(q.Amount)
	switch {
	case q.Unit == charging.Time:
		return appendKnown(dst, avpTimeQuotaThreshold, amount)
	case q.Unit.Octets():
		return appendKnown(dst, avpVolumeQuotaThreshold, amount)
	case q.Unit == charging.Events:
		return appendKnown(dst, avpUnitQuotaThreshold, amount)
	}
	return dst
}

func appendTriggers(dst []byte, types []uint32) []byte {
	if len(types) == 0 {
		return dst
	}
	start := len(dst)
	dst = beginGroup(dst, avpTrigger)
	for _, t := range types {
		if t != charging.TriggersDisarmed {
			dst = appendNumber(dst, avpTriggerType, t)
		}
	}
	return endAVP(dst, start)
}

func appendRefund(dst, refund []byte) []byte {
	if refund == nil {
		return dst
	}
	start := len(dst)
	return endAVP(append(beginGroup(dst, avpRefundInformation), refund...), start)
}

// appendFailures appends one Failed-AVP for all: TS 32.299 allows no more than one. RFC 8506
// section 3.2 has one for each.
func appendFailures(dst []byte, a *charging.Answer) []byte {
	if !a.RFC {
		return appendFailed(dst, a.Failed)
	}
	for i := range a.Failed {
		dst = appendFailed(dst, a.Failed[i:i+1])
	}
	return dst
}

func appendFailed(dst []byte, failed []charging.FailedAVP) []byte {
	start := len(dst)
	dst = beginGroup(dst, avpFailedAVP)
	empty := len(dst)
	for _, f := range failed {
		if f.Raw != nil {
			dst = appendRaw(dst, f.Raw)
		} else {
			dst = appendExample(dst, f.Path, f.Value)
		}
	}
	if len(dst) == empty {
		return dst[:start]
	}
	return endAVP(dst, start)
}

// appendExample appends the AVP of a path, names joined by dots, with a value, or of the least
// length its type allows and filled with zeros (RFC 6733 section 7.5). A path that is not known is
// left out.
func appendExample(dst []byte, path, value string) []byte {
	name, members, deeper := strings.Cut(path, ".")
	definition, ok := SharedDictionary().named(name)
	if !ok {
		return dst
	}
	start := len(dst)
	dst = definition.appendHeader(dst)
	if deeper {
		dst = appendExample(dst, members, value)
	} else {
		dst = definition.appendExample(dst, value)
	}
	return endAVP(dst, start)
}

func (d *definition) appendExample(dst []byte, value string) []byte {
	if value != "" {
		if filled, err := d.appendData(dst, value); err == nil {
			return filled
		}
	}
	return d.appendEmpty(dst)
}

// endMessage writes the length of the message that began at start.
func endMessage(dst []byte, start int) []byte {
	length := len(dst) - start
	dst[start+1], dst[start+2], dst[start+3] = byte(length>>16), byte(length>>8), byte(length)
	return dst
}

// appendRaw appends an AVP as it is, with padding.
func appendRaw(dst, raw []byte) []byte {
	dst = append(dst, raw...)
	for n := len(raw); n%4 != 0; n++ {
		dst = append(dst, 0)
	}
	return dst
}

func beginGroup(dst []byte, id uint64) []byte {
	return appendHeader(dst, uint32(id>>32), uint32(id), flagMandatory)
}

func appendNumber(dst []byte, id uint64, value uint32) []byte {
	return appendUint32(dst, uint32(id>>32), uint32(id), value)
}

func appendLong(dst []byte, id, value uint64) []byte {
	return appendUint64(dst, uint32(id>>32), uint32(id), value)
}

func appendText(dst []byte, id uint64, value string) []byte {
	return appendString(dst, uint32(id>>32), uint32(id), value)
}

func appendInstant(dst []byte, id uint64, value time.Time) []byte {
	return appendTime(dst, uint32(id>>32), uint32(id), value)
}

// appendPlainText is appendText for the few AVPs that must not have the M bit.
func appendPlainText(dst []byte, id uint64, value string) []byte {
	start := len(dst)
	return endAVP(append(appendHeader(dst, uint32(id>>32), uint32(id), 0), value...), start)
}

// appendKnown appends a number of 32 bits, if it is known.
func appendKnown(dst []byte, id uint64, n charging.Number) []byte {
	if !n.Known {
		return dst
	}
	return appendNumber(dst, id, word(n.Value))
}

// wholeSeconds rounds up, so that nothing ends before it should.
func wholeSeconds(d time.Duration) uint32 {
	return word(int64((d + time.Second - 1) / time.Second))
}

package diameter

import (
	"testing"
	"time"
)

func TestServerInspectorJudgesServices(t *testing.T) {
	t.Parallel()
	valid := number(avpValidityTime, 3600)
	other := group(avpMultipleServices, number(avpResultCode, 2001), time300(), valid,
		number(avpRatingGroup, 200))
	keyless := group(avpMultipleServices, number(avpResultCode, 2001), time300(), valid)
	report := ccr(2, 1, mscc(used(number(avpCCTime, 60))))
	enquiry := func(action uint32) []byte { return asking(4, number(avpRequestedAction, action)) }
	cost := func(members ...part) part { return group(avpCostInformation, members...) }
	price := func() part { return cost(unitValue(5, -2), number(avpCurrencyCode, 978)) }
	answeredWith := func(kind uint32, more ...part) []byte {
		return frameOf(flagProxiable, append(answerHead(kind, 2001), more...)...)
	}
	testAnswered(t, []answeredCase{
		{raises: "service-not-asked", bad: ccaTo(2, 2001, other)},
		{raises: "service-unanswered", bad: answeredWith(2)},
		{raises: "service-key-missing", bad: answeredWith(2, keyless)},
		{
			raises: "service-answered-twice",
			bad:    ccaTo(2, 2001, serving(time300(), valid)),
		},
		{raises: "service-result-missing", bad: answeredWith(2, mscc(time300(), valid))},
		{
			raises: "grant-missing", bad: ccaServing(),
			fine: ccaServing(group(avpFinalUnitIndication, number(avpFinalUnitAction, 0))),
		},
		{raises: "grant-empty", bad: ccaServing(gsu(), valid)},
		{raises: "grant-of-zero", bad: ccaServing(gsu(number(avpCCTime, 0)), valid)},
		{
			raises: "grant-beside-refusal",
			bad:    answeredWith(2, mscc(number(avpResultCode, 4012), time300(), valid)),
			fine:   answeredWith(2, mscc(number(avpResultCode, 4012))),
		},
		{
			raises: "grant-not-requested", asked: report, bad: ccaTo(2, 2001),
			fine: ccaServing(),
		},
		{
			raises: "grant-in-other-units",
			asked: ccr(2, 1, mscc(group(avpRequestedServiceUnit,
				long(avpCCTotalOctets, 1000)))),
			bad:  ccaTo(2, 2001),
			fine: ccaServing(gsu(long(avpCCInputOctets, 500)), valid),
		},
		{
			raises: "grant-at-end", asked: ccr(3, 1, mscc(used(number(avpCCTime, 1)))),
			bad: ccaTo(3, 2001, serving(time300())), fine: ccaTo(3, 2001),
		},
		{
			raises: "grant-for-enquiry", asked: enquiry(2),
			bad: answeredWith(4, serving(time300()), number(avpCheckBalanceResult, 0)), fine: answeredWith(4,
				number(avpCheckBalanceResult, 0)),
		},
		{
			raises: "quota-outside-service", bad: ccaTo(2, 2001, number(avpValidityTime, 60)),
		},
		{
			raises: "price-missing", asked: enquiry(3), bad: answeredWith(4),
			fine: answeredWith(4, price()),
		},
		{
			raises: "balance-result-missing", asked: enquiry(2), bad: answeredWith(4),
			fine: answeredWith(4, number(avpCheckBalanceResult, 1)),
		},
		{
			raises: "cost-incomplete", bad: ccaTo(2, 2001, cost(unitValue(5, -2))),
			fine: ccaTo(2, 2001, price()),
		},
		{
			raises: "failure-handling-in-event", asked: asking(4, number(avpRequestedAction, 0)),
			bad:  ccaTo(4, 2001, number(avpCreditControlFailureHandling, 1)),
			fine: ccaTo(4, 2001, number(avpDirectDebitingFailureHandling, 1)),
		},
	})
}

func TestServerInspectorJudgesQuota(t *testing.T) {
	t.Parallel()
	valid := number(avpValidityTime, 3600)
	final := func(members ...part) part { return group(avpFinalUnitIndication, members...) }
	action := func(value uint32) part { return number(avpFinalUnitAction, value) }
	server := func(kind uint32, address string) part {
		return group(avpRedirectServer, number(avpRedirectAddressType, kind),
			words(avpRedirectServerAddress, address))
	}
	last := func(members ...part) []byte { return ccaServing(time300(), valid, final(members...)) }
	with := func(members ...part) []byte {
		return ccaServing(append([]part{time300(), valid}, members...)...)
	}
	change := func(seconds int64) part {
		at := answeredAt().Add(time.Duration(seconds) * time.Second)
		return gsu(number(avpCCTime, 300),
			number(avpTariffTimeChange, uint32(at.Unix()+secondsTo1970)))
	}
	pool := func(kind uint32, digits int64) part {
		return group(avpPoolReference, number(avpPoolIdentifier, 1), number(avpCCUnitType, kind),
			unitValue(digits, 0))
	}
	testAnswered(t, []answeredCase{
		{raises: "validity-missing", bad: ccaServing(time300())},
		{raises: "validity-zero", bad: ccaServing(time300(), number(avpValidityTime, 0))},
		{
			raises: "validity-below-grant", bad: ccaServing(time300(), number(avpValidityTime, 299)),
			fine: ccaServing(time300(), number(avpValidityTime, 300)),
		},
		{raises: "final-unit-action-missing", bad: last(), fine: last(action(0))},
		{
			raises: "final-unit-without-redirect", bad: last(action(1)),
			fine: last(action(1), server(2, "http://pay.example.net")),
		},
		{
			raises: "redirect-address-wrong", bad: last(action(1), server(2, "192.0.2.1")),
			fine: last(action(1), server(0, "192.0.2.1")),
		},
		{
			raises: "final-unit-without-filter", bad: last(action(2)),
			fine: last(action(2), words(avpFilterID, "top-up")),
		},
		{
			raises: "final-unit-terminate-with-more", bad: last(action(0), words(avpFilterID, "top-up")),
			fine: last(action(0)),
		},
		{
			raises: "final-unit-beside-refusal",
			bad: frameOf(flagProxiable, append(answerHead(2, 2001),
				mscc(number(avpResultCode, 4012), final(action(0))))...),
			fine: last(action(0)),
		},
		{
			raises: "final-unit-in-event", asked: asking(4, number(avpRequestedAction, 0)),
			bad: frameOf(flagProxiable,
				append(answerHead(4, 2001), serving(time300(), final(action(0))))...),
			fine: frameOf(flagProxiable, append(answerHead(4, 2001), serving(time300()))...),
		},
		{
			raises: "final-unit-at-end", asked: ccr(3, 1, mscc(used(number(avpCCTime, 1)))),
			bad: ccaTo(3, 2001, serving(final(action(0)))), fine: ccaTo(3, 2001),
		},
		{
			raises: "threshold-not-below-grant", bad: with(number(avpTimeQuotaThreshold, 300)),
			fine: with(number(avpTimeQuotaThreshold, 299)),
		},
		{
			raises: "threshold-without-grant", bad: with(number(avpVolumeQuotaThreshold, 10)),
			fine: with(number(avpTimeQuotaThreshold, 10)),
		},
		{
			raises: "holding-time-above-validity", bad: with(number(avpQuotaHoldingTime, 3601)),
			fine: with(number(avpQuotaHoldingTime, 60)),
		},
		{
			raises: "time-control-without-time",
			bad: ccaServing(gsu(long(avpCCTotalOctets, 9)), valid,
				number(avpQuotaConsumptionTime, 5)),
			fine: with(number(avpQuotaConsumptionTime, 5)),
		},
		{
			raises: "tariff-change-past", bad: ccaServing(change(-61), valid),
			fine: ccaServing(change(-59), valid),
		},
		{
			raises: "tariff-usage-without-change", bad: with(number(avpTariffChangeUsage, 0)),
			fine: ccaServing(change(60), valid, number(avpTariffChangeUsage, 0)),
		},
		{raises: "pool-multiplier-not-positive", bad: with(pool(0, 0)), fine: with(pool(0, 1))},
		{raises: "pool-unit-not-granted", bad: with(pool(2, 1)), fine: with(pool(0, 1))},
	})
}

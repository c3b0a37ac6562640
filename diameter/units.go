package diameter

import (
	"math"
	"strconv"
	"sync"

	"github.com/bojanz/currency"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A unitList collects the units of one group; there are six kinds, and each may stand there once.
type unitList struct {
	quantities [6]charging.Quantity
	count      int
	seen       presence
}

const (
	sawTime presence = 1 << iota
	sawTotal
	sawInput
	sawOutput
	sawEvents
	sawMoney
	sawTariffChange
)

// unit adds what the AVP counts to the list; it ignores AVPs that count nothing.
func (w *walk) unit(l *unitList, a *avp) {
	switch a.id() {
	case avpCCTime:
		w.count(l, a, sawTime, charging.Time, uint64(a.uint32()))
	case avpCCTotalOctets:
		w.count(l, a, sawTotal, charging.Total, a.uint64())
	case avpCCInputOctets:
		w.count(l, a, sawInput, charging.Input, a.uint64())
	case avpCCOutputOctets:
		w.count(l, a, sawOutput, charging.Output, a.uint64())
	case avpCCServiceSpecificUnits:
		w.count(l, a, sawEvents, charging.Events, a.uint64())
	case avpCCMoney:
		w.countMoney(l, a)
	default:
		w.lookInto(a)
	}
}

func (w *walk) count(l *unitList, a *avp, place presence, unit charging.Unit, value uint64) {
	if !w.once(&l.seen, place, a) {
		return
	}
	if value > math.MaxInt64 {
		w.refuse(charging.InvalidAVPValue, a.raw, "the number of units is too large")
		return
	}
	l.quantities[l.count] = charging.Quantity{Amount: int64(value), Unit: unit}
	l.count++
}

func (w *walk) countMoney(l *unitList, a *avp) {
	if !w.once(&l.seen, sawMoney, a) {
		return
	}
	money, ok := w.money(a)
	if !ok {
		return
	}
	if money.Amount < 0 {
		w.refuse(charging.InvalidAVPValue, a.raw, "a sum of money is below zero")
		return
	}
	l.quantities[l.count] = money
	l.count++
}

// money reads CC-Money, Cost-Information or Remaining-Balance. An amount that does not come to
// whole millionths, or leaves 64 bits, is refused and never rounded.
func (w *walk) money(group *avp) (q charging.Quantity, ok bool) {
	if !w.enter(group) {
		return q, false
	}
	defer w.leave()
	q.Unit = charging.NoCurrency
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpUnitValue:
			if q.Amount, ok = millionths(w.unitValue(&a)); !ok {
				w.refuse(
					charging.InvalidAVPValue,
					a.raw,
					"a sum of money is not of whole millionths",
				)
				return q, false
			}
		case avpCurrencyCode:
			if q.Unit, ok = w.currencies[a.uint32()]; !ok {
				w.refuse(charging.InvalidAVPValue, a.raw, "Currency-Code is not in ISO 4217")
				return q, false
			}
		default:
			w.lookInto(&a)
		}
	}
	return q, true
}

// unitValue reads Unit-Value: digits times ten to the exponent (RFC 8506 section 8.8).
func (w *walk) unitValue(group *avp) (digits int64, exponent int32) {
	if !w.enter(group) {
		return 0, 0
	}
	defer w.leave()
	var a avp
	for rest := group.data; w.next(&rest, &a); {
		switch a.id() {
		case avpValueDigits:
			digits = int64(a.uint64())
		case avpExponent:
			exponent = int32(a.uint32())
		default:
			w.lookInto(&a)
		}
	}
	return digits, exponent
}

// moneyExponent is that of the amounts kept: MoneyScale is ten to its opposite.
const moneyExponent = -6

// millionths brings digits * 10^exponent to the scale of amounts, exactly or not at all.
func millionths(digits int64, exponent int32) (int64, bool) {
	if digits == 0 {
		return 0, true
	}
	for power := int64(exponent) - moneyExponent; power > 0; power-- {
		if digits > math.MaxInt64/10 || digits < math.MinInt64/10 {
			return 0, false
		}
		digits *= 10
	}
	for power := int64(exponent) - moneyExponent; power < 0; power++ {
		if digits%10 != 0 {
			return 0, false
		}
		digits /= 10
	}
	return digits, true
}

// smallest is the opposite of millionths: as few digits as the amount has, and no exponent above
// zero.
func smallest(amount int64) (digits int64, exponent int32) {
	if amount == 0 {
		return 0, 0
	}
	for exponent = moneyExponent; exponent < 0 && amount%10 == 0; exponent++ {
		amount /= 10
	}
	return amount, exponent
}

// numericCurrencies turns ISO 4217's table round, from numbers to letters, at the first call.
// Nobody changes it.
var numericCurrencies = sync.OnceValue(func() map[uint32]charging.Unit {
	codes := currency.GetCurrencyCodes()
	units := make(map[uint32]charging.Unit, len(codes))
	for _, code := range codes {
		if number, ok := currencyNumber(charging.Unit(code)); ok {
			units[number] = charging.Unit(code)
		}
	}
	return units
})

// currencyNumber is a currency's number in ISO 4217; false for units that are none.
func currencyNumber(unit charging.Unit) (uint32, bool) {
	text, ok := currency.GetNumericCode(string(unit))
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 32)
	return uint32(number), err == nil && number != 0
}

// keep copies the list's units to where they outlive it.
func (l *unitList) keep(r *room) []charging.Quantity {
	if l.count == 0 {
		return nil
	}
	units := l.quantities[:l.count]
	if r.unitsTaken+l.count > len(r.units) {
		return append([]charging.Quantity(nil), units...)
	}
	end := r.unitsTaken + l.count
	kept := r.units[r.unitsTaken:end:end]
	r.unitsTaken = end
	copy(kept, units)
	return kept
}

// appendUnits appends amounts of units, as they stand in Granted-, Requested- and
// Used-Service-Unit.
func appendUnits(dst []byte, units []charging.Quantity) []byte {
	for _, q := range units {
		switch q.Unit {
		case charging.Time:
			dst = appendNumber(dst, avpCCTime, word(q.Amount))
		case charging.Total:
			dst = appendLong(dst, avpCCTotalOctets, uint64(max(q.Amount, 0)))
		case charging.Input:
			dst = appendLong(dst, avpCCInputOctets, uint64(max(q.Amount, 0)))
		case charging.Output:
			dst = appendLong(dst, avpCCOutputOctets, uint64(max(q.Amount, 0)))
		case charging.Events:
			dst = appendLong(dst, avpCCServiceSpecificUnits, uint64(max(q.Amount, 0)))
		default:
			dst = appendMoney(dst, avpCCMoney, q)
		}
	}
	return dst
}

// word is the nearest number that 32 bits can hold.
func word(value int64) uint32 {
	return uint32(min(max(value, 0), math.MaxUint32))
}

// appendMoney appends a group of Unit-Value and Currency-Code: CC-Money, Cost-Information or
// Remaining-Balance. It appends nothing where the unit is no money, and no Currency-Code for
// money of no currency.
func appendMoney(dst []byte, id uint64, q charging.Quantity) []byte {
	if !q.Unit.Money() {
		return dst
	}
	start := len(dst)
	dst = beginGroup(dst, id)
	dst = appendUnitValue(dst, q.Amount)
	if number, ok := currencyNumber(q.Unit); ok {
		dst = appendNumber(dst, avpCurrencyCode, number)
	}
	return endAVP(dst, start)
}

func appendUnitValue(dst []byte, amount int64) []byte {
	digits, exponent := smallest(amount)
	start := len(dst)
	dst = beginGroup(dst, avpUnitValue)
	dst = appendLong(dst, avpValueDigits, uint64(digits))
	if exponent != 0 {
		dst = appendNumber(dst, avpExponent, uint32(exponent))
	}
	return endAVP(dst, start)
}

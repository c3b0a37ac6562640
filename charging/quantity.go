package charging

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/bojanz/currency"
)

// A Unit says what an amount counts: one of the constants below, or an ISO 4217 currency code.
type Unit string

// The units of RFC 8506 section 8.21 to 8.26 that are charged here.
const (
	Time   Unit = "time"   // seconds, CC-Time
	Total  Unit = "total"  // octets, CC-Total-Octets
	Input  Unit = "input"  // octets, CC-Input-Octets
	Output Unit = "output" // octets, CC-Output-Octets
	Events Unit = "events" // service specific units, CC-Service-Specific-Units
)

// NoCurrency stands for money without a currency: in ISO 4217, "no currency".
const NoCurrency Unit = "XXX"

// MoneyScale is how many parts a currency's unit has: amounts of money are whole numbers at 10^-6.
const MoneyScale = 1_000_000

// Money reports whether the unit is a currency.
func (u Unit) Money() bool {
	return len(u) == 3 && u[0] >= 'A' && u[0] <= 'Z'
}

// Octets reports whether the unit counts octets, in whatever direction.
func (u Unit) Octets() bool { return u == Total || u == Input || u == Output }

// ParseUnit reads a unit's name; octets, ssu and money's codes are understood too.
func ParseUnit(name string) (Unit, error) {
	switch name {
	case "time", "seconds":
		return Time, nil
	case "total", "octets":
		return Total, nil
	case "input":
		return Input, nil
	case "output":
		return Output, nil
	case "events", "event", "ssu":
		return Events, nil
	}
	if currency.IsValid(name) {
		return Unit(name), nil
	}
	return "", fmt.Errorf(
		"unknown unit %q; use time, total, input, output, events or an ISO 4217 currency code",
		name,
	)
}

// A Quantity is a whole number of a unit: seconds, octets, events, or millionths of a currency.
type Quantity struct {
	Amount int64
	Unit   Unit
}

// Of returns the quantity of that many units.
func (u Unit) Of(amount int64) Quantity { return Quantity{Amount: amount, Unit: u} }

// ErrOverflow is returned where a sum or product leaves the 64 bits of an amount.
var ErrOverflow = errors.New("amount is too large: it leaves 64 bits")

// Add returns a+b, or ErrOverflow.
func Add(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Saturate returns a+b, or the end of the 64 bits that the sum would pass: for what is compared
// or shown, never for what is posted.
func Saturate(a, b int64) int64 {
	sum, err := Add(a, b)
	switch {
	case err == nil:
		return sum
	case b > 0:
		return math.MaxInt64
	}
	return math.MinInt64
}

// Multiply returns a*b for two amounts that are not negative, or ErrOverflow.
func Multiply(a, b int64) (int64, error) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if a < 0 || b < 0 || high != 0 || low > math.MaxInt64 {
		return 0, ErrOverflow
	}
	return int64(low), nil
}

const quantityForms = "write it like 12.50 EUR, 10 MiB, 1h5m30s or 3 events"

var octetSizes = map[string]int64{
	"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
}

// ParseQuantity reads a quantity as people write it: "12.50 EUR", "10 MiB", "1h5m30s", "3 events".
// Money has at most six decimals, octets and events none after scaling, times are whole seconds.
func ParseQuantity(text string) (Quantity, error) {
	text = strings.TrimSpace(text)
	number, unit := splitQuantity(text)
	if size, ok := octetSizes[unit]; ok {
		amount, err := parseDecimal(number, size)
		return Quantity{amount, Total}, quantityError(text, err)
	}
	switch {
	case unit == "":
		return Quantity{}, fmt.Errorf("%q has no unit; %s", text, quantityForms)
	case unit == "event" || unit == "events":
		amount, err := parseDecimal(number, 1)
		return Quantity{amount, Events}, quantityError(text, err)
	case currency.IsValid(unit):
		amount, err := parseDecimal(number, MoneyScale)
		return Quantity{amount, Unit(unit)}, quantityError(text, err)
	}
	if spell, err := time.ParseDuration(strings.ReplaceAll(text, " ", "")); err == nil {
		if spell%time.Second != 0 {
			return Quantity{}, fmt.Errorf("quantity %q: times are whole seconds", text)
		}
		return Quantity{int64(spell / time.Second), Time}, nil
	}
	return Quantity{}, fmt.Errorf("%q is not a quantity; %s", text, quantityForms)
}

// ParseTold reads what ParseQuantity reads, and money without a currency, as "0.50 XXX": messages
// may tell of that (RFC 8506 section 8.11), while no account holds it and no plan asks for it.
func ParseTold(text string) (Quantity, error) {
	number, found := strings.CutSuffix(strings.TrimSpace(text), string(NoCurrency))
	if !found {
		return ParseQuantity(text)
	}
	amount, err := parseDecimal(strings.TrimSpace(number), MoneyScale)
	return Quantity{amount, NoCurrency}, quantityError(text, err)
}

func quantityError(text string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("quantity %q: %w", text, err)
}

// splitQuantity cuts text behind its last digit or point.
func splitQuantity(text string) (number, unit string) {
	cut := strings.LastIndexAny(text, "0123456789.") + 1
	return strings.TrimSpace(text[:cut]), strings.TrimSpace(text[cut:])
}

// parseDecimal reads a decimal number and multiplies it by scale, exactly or not at all.
func parseDecimal(number string, scale int64) (int64, error) {
	negative := strings.HasPrefix(number, "-")
	whole, fraction, point := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a decimal number", number)
	}
	units, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	if units, err = Multiply(units, scale); err != nil {
		return 0, err
	}
	parts, err := parseFraction(fraction, scale)
	if err != nil {
		return 0, err
	}
	if units, err = Add(units, parts); err != nil {
		return 0, err
	}
	if negative {
		units = -units
	}
	return units, nil
}

func parseFraction(digits string, scale int64) (int64, error) {
	digits = strings.TrimRight(digits, "0")
	var sum int64
	for _, digit := range digits {
		if scale%10 != 0 {
			return 0, fmt.Errorf("too many decimals: .%s", digits)
		}
		scale /= 10
		sum += int64(digit-'0') * scale
	}
	return sum, nil
}

// String writes the quantity as ParseQuantity reads it; money with its currency's usual decimals.
func (q Quantity) String() string { return string(q.AppendText(nil)) }

// AppendText appends what String returns.
func (q Quantity) AppendText(dst []byte) []byte {
	switch {
	case q.Unit == Time:
		return append(strconv.AppendInt(dst, q.Amount, 10), 's')
	case q.Unit.Octets():
		return append(strconv.AppendInt(dst, q.Amount, 10), " B"...)
	case q.Unit == Events && q.Amount == 1:
		return append(dst, "1 event"...)
	case q.Unit == Events:
		return append(strconv.AppendInt(dst, q.Amount, 10), " events"...)
	case q.Unit.Money():
		return append(append(appendMoney(dst, q.Amount, q.Unit), ' '), q.Unit...)
	}
	return append(append(strconv.AppendInt(dst, q.Amount, 10), ' '), q.Unit...)
}

func appendMoney(dst []byte, amount int64, unit Unit) []byte {
	value := uint64(amount)
	if amount < 0 {
		dst = append(dst, '-')
		value = -value
	}
	dst = strconv.AppendUint(dst, value/MoneyScale, 10)
	decimals := strconv.AppendUint(make([]byte, 0, 8), MoneyScale+value%MoneyScale, 10)[1:]
	shown := len(decimals)
	for shown > int(moneyDigits(unit)) && decimals[shown-1] == '0' {
		shown--
	}
	if shown == 0 {
		return dst
	}
	return append(append(dst, '.'), decimals[:shown]...)
}

func moneyDigits(unit Unit) uint8 {
	digits, ok := currency.GetDigits(string(unit))
	if !ok {
		return 2
	}
	return digits
}

// MarshalText writes the quantity for documents and REST.
func (q Quantity) MarshalText() ([]byte, error) { return q.AppendText(nil), nil }

// UnmarshalText reads what ParseQuantity reads.
func (q *Quantity) UnmarshalText(text []byte) error {
	parsed, err := ParseQuantity(string(text))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

// A Number is a whole number that may be unknown.
type Number struct {
	Value int64
	Known bool
}

// Known returns a known number.
func Known(value int64) Number { return Number{value, true} }

// Or returns the number, or other if it is unknown.
func (n Number) Or(other int64) int64 {
	if n.Known {
		return n.Value
	}
	return other
}

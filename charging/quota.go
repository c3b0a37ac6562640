package charging

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Quota is what a plan says of its grants beside their size; it is the same for each of them, so
// that answers share the plan's own. It is not to be changed.
type Quota struct {
	ConsumptionTime Number         // Quota-Consumption-Time, seconds
	UnusedTimer     Number         // Unused-Quota-Timer, seconds
	Mechanism       *TimeMechanism // Time-Quota-Mechanism
	Pool            *Pool          // G-S-U-Pool-Reference
}

// A TimeMechanism is Time-Quota-Mechanism: how time that passes consumes a grant of time (TS 32.299
// section 7.2.225).
type TimeMechanism struct {
	Type     uint32 // Time-Quota-Type: 0 discrete, 1 continuous
	Interval uint32 // Base-Time-Interval, seconds
}

// TimeMechanisms are the words for Time-Quota-Type.
func TimeMechanisms() []Word { return Words(0, "discrete", "continuous") }

// A Pool is a G-S-U-Pool-Reference (RFC 8506 section 8.30): a unit of the grant counts as so many
// abstract units of the pool, so that services may use up what others were granted.
type Pool struct {
	ID         uint32
	Unit       Unit // CC-Unit-Type: one that is granted
	Multiplier Decimal
}

// A Decimal is a decimal number, exactly: digits times ten to the exponent, as Unit-Value has it
// (RFC 8506 section 8.8). It is written with as few digits as it has.
type Decimal struct {
	Digits   int64
	Exponent int32
}

// maxDecimals bounds the places behind the point, and so the exponent.
const maxDecimals = 18

var errDecimal = errors.New("write it like 2, 0.5 or 12.25")

// ParseDecimal reads a decimal number of at most 18 digits, not negative.
func ParseDecimal(text string) (Decimal, error) {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || len(fraction) > maxDecimals ||
		strings.Trim(whole+fraction, "0123456789") != "" {
		return Decimal{}, fmt.Errorf("%q is not a decimal number; %w", text, errDecimal)
	}
	digits, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("%q has too many digits; %w", text, errDecimal)
	}
	return Decimal{digits, -int32(len(fraction))}.shortest(), nil
}

// shortest takes away zeros at the end behind the point.
func (d Decimal) shortest() Decimal {
	if d.Digits == 0 {
		return Decimal{}
	}
	for d.Exponent < 0 && d.Digits%10 == 0 {
		d.Digits /= 10
		d.Exponent++
	}
	return d
}

// String writes the number as ParseDecimal reads it. An exponent that no number written here has is
// written as one.
func (d Decimal) String() string {
	if d.Digits < 0 || d.Exponent > maxDecimals || d.Exponent < -maxDecimals {
		return fmt.Sprintf("%de%d", d.Digits, d.Exponent)
	}
	d = d.shortest()
	digits := strconv.FormatInt(d.Digits, 10)
	if d.Exponent >= 0 {
		if d.Digits == 0 {
			return "0"
		}
		return digits + strings.Repeat("0", int(d.Exponent))
	}
	places := int(-d.Exponent)
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - places
	return digits[:point] + "." + digits[point:]
}

// An Announcement is an Announcement-Information (TS 32.299 section 7.2.253): something that the
// client plays to a party.
type Announcement struct {
	ID       uint32
	Parts    []AnnouncementPart // Variable-Part
	At       Number             // Time-Indicator: seconds of quota left
	Quota    Number             // Quota-Indicator: 1 the quota is used while it plays
	Order    Number             // Announcement-Order
	Play     Number             // Play-Alternative: 0 served party, 1 remote party
	Private  Number             // Privacy-Indicator: 1 private
	Language string
}

// An AnnouncementPart is a Variable-Part of an announcement.
type AnnouncementPart struct {
	Order Number
	Type  uint32
	Value string
}

// PlayAlternatives are the words for Play-Alternative.
func PlayAlternatives() []Word { return Words(0, "served", "remote") }

// PartTypes are the words for Variable-Part-Type.
func PartTypes() []Word { return Words(0, "integer", "number", "time", "date", "currency") }

// Announcements are what a plan has played, by occasion.
type Announcements struct {
	Granted    []Announcement // with every grant
	Final      []Announcement // with a final unit
	Refused    []Announcement // for want of credit
	LowBalance []Announcement // at a low balance
}

// A FailureHandling is what a client does when it gets no answer (RFC 8506 section 5.7 and 6.5).
type FailureHandling struct {
	Session  Number // Credit-Control-Failure-Handling
	Debit    Number // Direct-Debiting-Failure-Handling
	Failover Number // CC-Session-Failover: 1 supported
}

// SessionFailures are the words for Credit-Control-Failure-Handling.
func SessionFailures() []Word { return Words(0, "terminate", "continue", "retry_and_terminate") }

// DebitFailures are the words for Direct-Debiting-Failure-Handling.
func DebitFailures() []Word { return Words(0, "terminate_or_buffer", "continue") }

// Failovers are the words for CC-Session-Failover.
func Failovers() []Word { return Words(0, "not_supported", "supported") }

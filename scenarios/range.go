package scenarios

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Range is what a number may be, both ends included: written 2, 1..3, 2.. or ..5. The zero
// Range says nothing.
type Range struct{ From, To charging.Number }

// ParseRange reads a range of whole numbers that are not negative.
func ParseRange(text string) (Range, error) {
	from, to, open := strings.Cut(strings.TrimSpace(text), "..")
	if !open {
		to = from
	}
	low, errLow := parseEnd(from)
	high, errHigh := parseEnd(to)
	if errLow != nil || errHigh != nil || !low.Known && !high.Known {
		return Range{}, fmt.Errorf("%q is not a range; write it like 2, 1..3, 2.. or ..5", text)
	}
	if low.Known && high.Known && low.Value > high.Value {
		return Range{}, fmt.Errorf("range %q ends before it begins", text)
	}
	return Range{low, high}, nil
}

func parseEnd(text string) (charging.Number, error) {
	if text = strings.TrimSpace(text); text == "" {
		return charging.Number{}, nil
	}
	value, err := strconv.ParseUint(text, 10, 63)
	return charging.Known(int64(value)), err
}

// Contains reports whether the range has the number.
func (r Range) Contains(value int64) bool {
	return (!r.From.Known || value >= r.From.Value) && (!r.To.Known || value <= r.To.Value)
}

// IsZero reports whether the range says nothing.
func (r Range) IsZero() bool { return !r.From.Known && !r.To.Known }

// String writes the range as ParseRange reads it.
func (r Range) String() string {
	if r.From.Known && r.From == r.To {
		return strconv.FormatInt(r.From.Value, 10)
	}
	return endText(r.From) + ".." + endText(r.To)
}

func endText(end charging.Number) string {
	if !end.Known {
		return ""
	}
	return strconv.FormatInt(end.Value, 10)
}

// plain is a number where the range is one, so that documents show it as people write it.
func (r Range) plain() any {
	if r.From.Known && r.From == r.To {
		return r.From.Value
	}
	return r.String()
}

// UnmarshalText reads what ParseRange reads.
func (r *Range) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRange(string(text))
	return err
}

// UnmarshalJSON reads a number, or the text of a range.
func (r *Range) UnmarshalJSON(data []byte) error { return scalarJSON(data, r) }

// MarshalJSON writes a number, or the text of a range.
func (r Range) MarshalJSON() ([]byte, error) { return json.Marshal(r.plain()) }

// MarshalYAML writes a number, or the text of a range.
func (r Range) MarshalYAML() (any, error) { return r.plain(), nil }

// A UnitsRange is what was asked for or reported: `absent` (no unit AVP was there), `empty` (one
// was, without a number) or a range of quantities: 60s, 1s..60s, 10 MiB.., ..5 events.
type UnitsRange struct {
	Word     string // absent or empty; the ends are unset then
	From, To charging.Quantity
}

// ParseUnitsRange reads a units range. Both ends of a range have one unit.
func ParseUnitsRange(text string) (UnitsRange, error) {
	text = strings.TrimSpace(text)
	if text == "absent" || text == "empty" {
		return UnitsRange{Word: text}, nil
	}
	from, to, open := strings.Cut(text, "..")
	if !open {
		to = from
	}
	r := UnitsRange{}
	var err error
	if r.To, err = parseUnitsEnd(to, ""); err != nil {
		return UnitsRange{}, err
	}
	if r.From, err = parseUnitsEnd(from, to); err != nil {
		return UnitsRange{}, err
	}
	return r, r.check(text)
}

// parseUnitsEnd reads one end; a bare number takes the unit that the other end is written in.
func parseUnitsEnd(text, other string) (charging.Quantity, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return charging.Quantity{}, nil
	}
	if strings.Trim(text, "0123456789.") == "" {
		text += " " + strings.TrimLeft(strings.TrimSpace(other), "0123456789. ")
	}
	return charging.ParseQuantity(text)
}

func (r UnitsRange) check(text string) error {
	switch {
	case r.From.Unit == "" && r.To.Unit == "":
		return fmt.Errorf("%q is not a range; write absent, empty, 10 MiB.., 1s..60s or 60s", text)
	case r.From.Unit != "" && r.To.Unit != "" && r.From.Unit != r.To.Unit:
		return fmt.Errorf("range %q has two units", text)
	case r.From.Amount < 0 || r.To.Amount < 0:
		return fmt.Errorf("range %q is negative", text)
	case r.To.Unit != "" && r.From.Amount > r.To.Amount:
		return fmt.Errorf("range %q ends before it begins", text)
	}
	return nil
}

// unit is the unit of a range of quantities.
func (r UnitsRange) unit() charging.Unit {
	if r.From.Unit != "" {
		return r.From.Unit
	}
	return r.To.Unit
}

// Contains reports whether one of the quantities has the range's unit and lies in it. Octets of a
// total are those of both directions where no total was told.
func (r UnitsRange) Contains(quantities []charging.Quantity) bool {
	amount := amountOf(quantities, r.unit())
	return amount.Known && (r.From.Unit == "" || amount.Value >= r.From.Amount) &&
		(r.To.Unit == "" || amount.Value <= r.To.Amount)
}

// amountOf adds up the quantities of a unit.
func amountOf(quantities []charging.Quantity, unit charging.Unit) charging.Number {
	var sum, directions charging.Number
	for _, q := range quantities {
		switch {
		case q.Unit == unit:
			sum = charging.Known(sum.Value + q.Amount)
		case unit == charging.Total && q.Unit.Octets():
			directions = charging.Known(directions.Value + q.Amount)
		}
	}
	if sum.Known {
		return sum
	}
	return directions
}

// IsZero reports whether the range says nothing.
func (r UnitsRange) IsZero() bool { return r == UnitsRange{} }

// String writes the range as ParseUnitsRange reads it.
func (r UnitsRange) String() string {
	switch {
	case r.Word != "":
		return r.Word
	case r.From == r.To:
		return r.From.String()
	}
	return quantityText(r.From) + ".." + quantityText(r.To)
}

func quantityText(q charging.Quantity) string {
	if q.Unit == "" {
		return ""
	}
	return q.String()
}

// MarshalText writes what String returns.
func (r UnitsRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseUnitsRange reads.
func (r *UnitsRange) UnmarshalText(text []byte) (err error) {
	*r, err = ParseUnitsRange(string(text))
	return err
}

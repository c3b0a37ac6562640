package charging_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/ocs-sim/ocs-sim/charging"
)

func TestParseQuantity(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]charging.Quantity{
		"12.50 EUR":     charging.Unit("EUR").Of(12_500_000),
		"0.000001 EUR":  charging.Unit("EUR").Of(1),
		"-0.14 EUR":     charging.Unit("EUR").Of(-140_000),
		"500 JPY":       charging.Unit("JPY").Of(500_000_000),
		"10 MiB":        charging.Total.Of(10 << 20),
		"1.5 kB":        charging.Total.Of(1500),
		"1h5m30s":       charging.Time.Of(3930),
		"90s":           charging.Time.Of(90),
		"3 events":      charging.Events.Of(3),
		"1 event":       charging.Events.Of(1),
		" 2 GB ":        charging.Total.Of(2_000_000_000),
		"9223372036s":   charging.Time.Of(9223372036),
		"0.05EUR":       charging.Unit("EUR").Of(50_000),
		"8388607 TiB x": {},
	} {
		got, err := charging.ParseQuantity(text)
		if want == (charging.Quantity{}) {
			if err == nil {
				t.Errorf("ParseQuantity(%q) = %v, want an error", text, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("ParseQuantity(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseQuantityRefusesWhatIsNotExact(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "10", "0", "1.", "1. EUR", ".5 EUR", "1.0000001 EUR", "1.5 events", "0.5 B", "1.5s",
		"1e3 EUR", "10 XYZ", "ten EUR", "1,50 EUR", "99999999999999 EUR", "--1 EUR", "1 2 EUR",
	} {
		if got, err := charging.ParseQuantity(text); err == nil {
			t.Errorf("ParseQuantity(%q) = %v, want an error", text, got)
		}
	}
}

// Messages may have money without a currency, which nobody can own.
func TestParseTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]charging.Quantity{
		"0.00 XXX": charging.NoCurrency.Of(0), "-1.5 XXX": charging.NoCurrency.Of(-1_500_000),
		"2.00 EUR": charging.Unit("EUR").Of(2_000_000), "5s": charging.Time.Of(5),
	} {
		if got, err := charging.ParseTold(text); err != nil || got != want {
			t.Errorf("ParseTold(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"XXX", "1.0000001 XXX", "1 XYZ", "one XXX"} {
		if got, err := charging.ParseTold(text); err == nil {
			t.Errorf("ParseTold(%q) = %v, want an error", text, got)
		}
	}
	if got, err := charging.ParseQuantity("1 XXX"); err == nil {
		t.Errorf("ParseQuantity(1 XXX) = %v, want an error: nobody can have that", got)
	}
}

func TestQuantitiesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	units := []charging.Unit{charging.Time, charging.Total, charging.Events, "EUR", "JPY", "KWD"}
	rapid.Check(t, func(t *rapid.T) {
		want := charging.Quantity{
			Amount: rapid.Int64Range(0, math.MaxInt32).Draw(t, "amount"),
			Unit:   rapid.SampledFrom(units).Draw(t, "unit"),
		}
		got, err := charging.ParseQuantity(want.String())
		if err != nil || got != want {
			t.Fatalf("ParseQuantity(%q) = %v, %v, want %v", want.String(), got, err, want)
		}
	})
}

func TestSumsThatLeave64BitsAreErrors(t *testing.T) {
	t.Parallel()
	if got, err := charging.Add(math.MaxInt64, 1); !errors.Is(err, charging.ErrOverflow) {
		t.Errorf("Add = %d, %v, want ErrOverflow", got, err)
	}
	if got, err := charging.Add(math.MinInt64, -1); !errors.Is(err, charging.ErrOverflow) {
		t.Errorf("Add = %d, %v, want ErrOverflow", got, err)
	}
	if got, err := charging.Multiply(math.MaxInt64, 2); !errors.Is(err, charging.ErrOverflow) {
		t.Errorf("Multiply = %d, %v, want ErrOverflow", got, err)
	}
	if got, err := charging.Multiply(3, 4); got != 12 || err != nil {
		t.Errorf("Multiply(3, 4) = %d, %v, want 12", got, err)
	}
}

package diameter

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

func (d *definition) appendHeader(dst []byte) []byte {
	flags := byte(0)
	if d.mandatory {
		flags = flagMandatory
	}
	return appendHeader(dst, d.vendor, d.code, flags)
}

// appendData appends data that people wrote. It appends nothing where it fails.
func (d *definition) appendData(dst []byte, value string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(value, "hex:"); ok {
		return appendDigits(dst, value, digits)
	}
	switch d.kind {
	case grouped:
		return appendHexadecimal(dst, value)
	case unsigned32, integer32, enumerated:
		number, err := d.parseNumber(value, 32)
		if err != nil {
			return dst, err
		}
		return binary.BigEndian.AppendUint32(dst, uint32(number)), nil
	case unsigned64, integer64:
		number, err := d.parseNumber(value, 64)
		if err != nil {
			return dst, err
		}
		return binary.BigEndian.AppendUint64(dst, number), nil
	case timestamp:
		return appendTimestamp(dst, value)
	case address, plainIPv4, plainIPv6:
		return d.appendAddress(dst, value)
	case float32Kind, float64Kind:
		return d.appendFloat(dst, value)
	}
	if digits, ok := strings.CutPrefix(value, "0x"); ok && d.kind == octets {
		return appendDigits(dst, value, digits)
	}
	return append(dst, value...), nil
}

// appendDigits appends the octets of hexadecimal digits.
func appendDigits(dst []byte, value, digits string) ([]byte, error) {
	data, err := hex.DecodeString(digits)
	if err != nil {
		return dst, fmt.Errorf("%s is not made of hexadecimal digits, two to an octet: %w",
			brief(value), err)
	}
	return append(dst, data...), nil
}

// brief quotes a value, of a long one the beginning.
func brief(value string) string {
	const most = 60
	if len(value) > most {
		return strconv.Quote(strings.ToValidUTF8(value[:most], "")) + " and so on"
	}
	return strconv.Quote(value)
}

// appendTimestamp appends a Time: seconds of 32 bits, which begin again in 2036, so that times from
// 1968 to 2104 can be told (RFC 6733 section 4.3.1).
func appendTimestamp(dst []byte, value string) ([]byte, error) {
	at, err := parseInstant(value)
	if err != nil {
		return dst, fmt.Errorf("%s is no time like 2026-03-01T12:00:00Z or now-90s", brief(value))
	}
	seconds := at.Unix() + secondsTo1970
	switch {
	case seconds < 1<<31 || seconds >= 1<<31+1<<32:
		return dst, fmt.Errorf("%s is beyond what a Time can tell: the years from 1968 to 2104",
			brief(value))
	case at.Nanosecond() != 0:
		return dst, fmt.Errorf("%s is no whole second, which is all that a Time tells", brief(value))
	}
	return binary.BigEndian.AppendUint32(dst, uint32(seconds)), nil
}

// parseInstant reads a time, also one that is told by how far it is from now by the clock of the
// machine: now, now-90s, now+1h.
func parseInstant(value string) (time.Time, error) {
	shift, relative := strings.CutPrefix(value, "now")
	if !relative {
		return time.Parse(time.RFC3339, value)
	}
	now := time.Now().Truncate(time.Second)
	if shift == "" {
		return now, nil
	}
	by, err := time.ParseDuration(shift)
	return now.Add(by), err
}

// appendHexadecimal appends the members of a group, which people write only as octets.
func appendHexadecimal(dst []byte, value string) ([]byte, error) {
	digits, ok := strings.CutPrefix(value, "0x")
	if !ok && value != "" {
		return dst, fmt.Errorf("%s is no value of a group; set its members by their paths",
			brief(value))
	}
	return appendDigits(dst, value, digits)
}

// appendFloat appends the number that is nearest to a value.
func (d *definition) appendFloat(dst []byte, value string) ([]byte, error) {
	size := d.kind.length() * 8
	number, err := strconv.ParseFloat(value, size)
	if err != nil {
		return dst, fmt.Errorf("%s is no value of %s", brief(value), d.name)
	}
	if size == 32 {
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(number))), nil
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(number)), nil
}

// appendAddress appends an IP address, or "family 8 15550100" as addresses of other families are
// shown.
func (d *definition) appendAddress(dst []byte, value string) ([]byte, error) {
	if words, ok := strings.CutPrefix(value, "family "); ok && d.kind == address {
		number, rest, _ := strings.Cut(words, " ")
		family, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return dst, fmt.Errorf("%q names no address family", value)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(family))
		if digits, ok := strings.CutPrefix(rest, "0x"); ok {
			return appendDigits(dst, value, digits)
		}
		return append(dst, rest...), nil
	}
	ip, err := netip.ParseAddr(value)
	switch {
	case err != nil || ip.Zone() != "":
		return dst, fmt.Errorf("%s is no IP address", brief(value))
	case d.kind == address:
		return appendIP(dst, ip), nil
	case len(ip.AsSlice()) != d.kind.length():
		return dst, fmt.Errorf("%q is no %s address", value, d.kind)
	}
	return append(dst, ip.AsSlice()...), nil
}

// parseNumber reads a number that the type can have, or the name of an enumeration's value.
func (d *definition) parseNumber(value string, size int) (uint64, error) {
	if number, ok := d.numberOf(value); ok {
		return number, nil
	}
	var number uint64
	var err error
	if signed := d.kind != unsigned32 && d.kind != unsigned64; signed {
		var either int64
		either, err = strconv.ParseInt(value, 10, size)
		number = uint64(either)
	} else {
		number, err = strconv.ParseUint(value, 10, size)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%s is no value of %s: %s has %d bits", brief(value), d.name, d.kind, size)
	case err != nil && len(d.numbers) > 0:
		return 0, fmt.Errorf("%s is no value of %s; there are %s",
			brief(value), d.name, d.someValues())
	case err != nil:
		return 0, fmt.Errorf("%s is no value of %s, which is %s", brief(value), d.name, d.kind)
	}
	return number, nil
}

// numberOf finds a value by its name. Results have names too, with or without DIAMETER_.
func (d *definition) numberOf(name string) (number uint64, ok bool) {
	if value, known := d.numbers[name]; known {
		return uint64(value), true
	}
	if d.result() && name != "" && (name[0] < '0' || name[0] > '9') {
		name = "DIAMETER_" + strings.TrimPrefix(name, "DIAMETER_")
		for code := charging.Result(1000); code < 6000; code++ {
			if code.Name() == name {
				return uint64(code), true
			}
		}
	}
	return 0, false
}

// result reports whether the values are results.
func (d *definition) result() bool {
	return d.id() == avpResultCode || d.id() == avpExperimentalResultCode
}

// someValues names values of an enumeration, in the order of their numbers.
func (d *definition) someValues() string {
	const most = 12
	names := slices.SortedFunc(maps.Keys(d.numbers), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.numbers[a], d.numbers[b]), strings.Compare(a, b))
	})
	if len(names) > most {
		names = append(names[:most], "others")
	}
	return strings.Join(names, ", ")
}

func appendIP(dst []byte, ip netip.Addr) []byte {
	family := uint16(familyIPv6)
	if ip.Is4() {
		family = familyIPv4
	}
	return append(binary.BigEndian.AppendUint16(dst, family), ip.AsSlice()...)
}

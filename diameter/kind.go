package diameter

import (
	"fmt"
	"strings"

	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// A kind is the data format of an AVP (RFC 6733 sections 4.2 and 4.3).
type kind uint8

const (
	octets kind = iota
	text
	identityName // DiameterIdentity
	uri          // DiameterURI
	filterRule   // IPFilterRule
	unsigned32
	unsigned64
	integer32
	integer64
	enumerated
	timestamp // Time
	address
	grouped
	float32Kind
	float64Kind
	plainIPv4 // four octets without an address family, as RADIUS has them
	plainIPv6 // sixteen
)

// A format is a kind under the name that the standards give it.
type format struct {
	name string
	id   datatype.TypeID
	kind kind
}

// formats are all that dictionaries may name. The last ones are not of RFC 6733, but dictionaries
// in use have them.
func formats() [18]format {
	return [...]format{
		{"OctetString", datatype.OctetStringType, octets},
		{"UTF8String", datatype.UTF8StringType, text},
		{"DiameterIdentity", datatype.DiameterIdentityType, identityName},
		{"DiameterURI", datatype.DiameterURIType, uri},
		{"IPFilterRule", datatype.IPFilterRuleType, filterRule},
		{"QoSFilterRule", datatype.QoSFilterRuleType, filterRule},
		{"Unsigned32", datatype.Unsigned32Type, unsigned32},
		{"Unsigned64", datatype.Unsigned64Type, unsigned64},
		{"Integer32", datatype.Integer32Type, integer32},
		{"Integer64", datatype.Integer64Type, integer64},
		{"Float32", datatype.Float32Type, float32Kind},
		{"Float64", datatype.Float64Type, float64Kind},
		{"Enumerated", datatype.EnumeratedType, enumerated},
		{"Time", datatype.TimeType, timestamp},
		{"Address", datatype.AddressType, address},
		{"Grouped", datatype.GroupedType, grouped},
		{"IPv4", datatype.IPv4Type, plainIPv4},
		{"IPv6", datatype.IPv6Type, plainIPv6},
	}
}

// kindOf maps the formats of the library's dictionary to ours.
func kindOf(t datatype.TypeID) (kind, error) {
	for _, f := range formats() {
		if f.id == t {
			return f.kind, nil
		}
	}
	return 0, fmt.Errorf("no use for data type %d", t)
}

// kindNamed finds a format by its name, in whatever case.
func kindNamed(name string) (kind, bool) {
	for _, f := range formats() {
		if strings.EqualFold(f.name, name) {
			return f.kind, true
		}
	}
	return 0, false
}

// typeNames lists the formats' names.
func typeNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// String is the format's name.
func (k kind) String() string {
	for _, f := range formats() {
		if f.kind == k {
			return f.name
		}
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// fits reports whether data of this length can be of the kind. Groups are looked into elsewhere.
func (k kind) fits(data []byte) bool {
	if k == address {
		return addressFits(data)
	}
	length := k.length()
	return length == 0 || len(data) == length
}

// length is the length of every AVP of the kind; 0: they differ.
func (k kind) length() int {
	switch k {
	case unsigned32, integer32, enumerated, timestamp, float32Kind, plainIPv4:
		return 4
	case unsigned64, integer64, float64Kind:
		return 8
	case plainIPv6:
		return 16
	}
	return 0
}

// counts reports whether values of the kind can have names.
func (k kind) counts() bool { return k == enumerated || k == unsigned32 || k == integer32 }

// free reports whether any octets, or any text, are of the kind.
func (k kind) free() bool {
	switch k {
	case octets, text, identityName, uri, filterRule:
		return true
	}
	return false
}

// addressFits wants an address family that exists, and the length it has (RFC 6733 section 4.3.1).
func addressFits(data []byte) bool {
	if len(data) < 3 {
		return false
	}
	switch family := uint16(data[0])<<8 | uint16(data[1]); family {
	case 0, 0xffff:
		return false
	case familyIPv4:
		return len(data) == 2+4
	case familyIPv6:
		return len(data) == 2+16
	}
	return true
}

// The address families of Address that have a fixed length (IANA address family numbers).
const (
	familyIPv4 = 1
	familyIPv6 = 2
)

// minimum is the length of the shortest example of the kind, which Failed-AVP shows zero-filled
// for an AVP that is missing (RFC 6733 section 7.5).
func (k kind) minimum() int {
	if k == address {
		return 6
	}
	return k.length()
}

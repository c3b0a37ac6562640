package diameter

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Tree is a message decoded for people and for the journal. It is made of any octets whatever;
// Fault says where they stop making sense.
type Tree struct {
	Name        string  `json:"name"` // as in CCR; Command-999-Request where the command is unknown
	Command     uint32  `json:"command"`
	Application uint32  `json:"application"`
	Flags       string  `json:"flags"` // of R, P, E and T those that are set
	HopByHop    uint32  `json:"hop_by_hop"`
	EndToEnd    uint32  `json:"end_to_end"`
	Length      int     `json:"length"` // as the header says
	AVPs        []*Node `json:"avps,omitempty"`
	Fault       string  `json:"fault,omitempty"`
}

// A Node is one AVP of a Tree. A group has children and no value.
type Node struct {
	Name     string  `json:"name"` // as in Session-Id; AVP-999 where the AVP is unknown
	Code     uint32  `json:"code"`
	Vendor   uint32  `json:"vendor,omitempty"`
	Flags    string  `json:"flags"` // of V, M and P those that are set
	Value    string  `json:"value,omitempty"`
	Children []*Node `json:"children,omitempty"`
	Fault    string  `json:"fault,omitempty"`
}

// Render decodes a frame. It takes any octets and never fails; groups deeper than 16 are shown as
// octets.
func Render(frame []byte) *Tree { return SharedDictionary().Render(frame) }

// Render is the function of that name by this dictionary.
func (d *Dictionary) Render(frame []byte) *Tree {
	t := &Tree{Name: "unreadable"}
	if len(frame) < headerLength {
		t.Fault = "shorter than a header: " + hexadecimal(frame)
		return t
	}
	if isGarbage(frame) {
		t.Fault = "no Diameter: " + hexadecimal(frame)
		return t
	}
	h := parseHeader(frame)
	t.Command, t.Application, t.HopByHop, t.EndToEnd = h.command, h.application, h.hopByHop, h.endToEnd
	t.Name = h.name()
	t.Flags = letters(h.flags, "RPET")
	t.Length = int(frame[1])<<16 | int(frame[2])<<8 | int(frame[3])
	switch {
	case frame[0] != 1:
		t.Fault = fmt.Sprintf("version %d", frame[0])
	case t.Length != len(frame):
		t.Fault = fmt.Sprintf("%d octets are there", len(frame))
	}
	var fault string
	if t.AVPs, fault = d.render(frame[headerLength:], 0); t.Fault == "" {
		t.Fault = fault
	}
	return t
}

// letters names the bits that are set, from the highest.
func letters(flags byte, names string) string {
	var b strings.Builder
	for i, name := range names {
		if flags&(0x80>>i) != 0 {
			b.WriteRune(name)
		}
	}
	return b.String()
}

// name is the abbreviation of the message.
func (h header) name() string {
	names := map[uint32]string{
		commandCapabilitiesExchange: "CE", commandReAuth: "RA", commandCreditControl: "CC",
		commandAbortSession: "AS", commandDeviceWatchdog: "DW", commandDisconnectPeer: "DP",
		commandAccounting: "AC", commandSessionTermination: "ST",
	}
	short, ok := names[h.command]
	switch {
	case ok && h.request():
		return short + "R"
	case ok:
		return short + "A"
	case h.request():
		return fmt.Sprintf("Command-%d-Request", h.command)
	}
	return fmt.Sprintf("Command-%d-Answer", h.command)
}

// MessageOf is the abbreviation of a message, as in CCR, or nothing where it is none.
func MessageOf(frame []byte) string {
	if len(frame) < headerLength || isGarbage(frame) {
		return ""
	}
	return parseHeader(frame).name()
}

// isGarbage reports whether octets are no message at all: neither their version nor their length is
// that of one.
func isGarbage(frame []byte) bool {
	return frame[0] != 1 && int(frame[1])<<16|int(frame[2])<<8|int(frame[3]) != len(frame)
}

func (d *Dictionary) render(members []byte, depth int) (nodes []*Node, fault string) {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return nodes, "these octets are no AVP: " + hexadecimal(rest)
		}
		nodes = append(nodes, d.renderAVP(a, depth))
		rest = next
	}
	return nodes, ""
}

func (d *Dictionary) renderAVP(a avp, depth int) *Node {
	n := &Node{
		Name: "AVP-" + strconv.FormatUint(uint64(a.code), 10),
		Code: a.code, Vendor: a.vendor, Flags: letters(a.flags, "VMP"),
	}
	definition, known := d.find(a.vendor, a.code)
	if !known {
		n.Value = opaque(a.data)
		return n
	}
	n.Name = definition.name
	switch {
	case !definition.kind.fits(a.data):
		n.Value, n.Fault = hexadecimal(a.data), "the length does not fit the type"
	case definition.kind == grouped && depth < maxGroups:
		n.Children, n.Fault = d.render(a.data, depth+1)
	default:
		n.Value = definition.format(a)
	}
	return n
}

// format writes a value for people.
func (d *definition) format(a avp) string {
	number, numeric := d.number(a)
	switch {
	case d.result() && len(a.data) == 4:
		return fmt.Sprintf("%s (%s)", charging.Result(a.uint32()).Name(), number)
	case numeric && d.values != nil:
		if name, ok := d.values[int32(a.uint32())]; ok {
			return fmt.Sprintf("%s (%s)", name, number)
		}
		return number
	case numeric:
		return number
	}
	return d.plain(a)
}

// number is the value of a numeric AVP in digits. Enumerations that clients send as text too are
// numeric where they have four octets.
func (d *definition) number(a avp) (digits string, ok bool) {
	switch d.kind {
	case unsigned32:
		return strconv.FormatUint(uint64(a.uint32()), 10), true
	case unsigned64:
		return strconv.FormatUint(a.uint64(), 10), true
	case integer32, enumerated:
		return strconv.FormatInt(int64(int32(a.uint32())), 10), true
	case integer64:
		return strconv.FormatInt(int64(a.uint64()), 10), true
	case float32Kind:
		return strconv.FormatFloat(float64(math.Float32frombits(a.uint32())), 'g', -1, 32), true
	case float64Kind:
		return strconv.FormatFloat(math.Float64frombits(a.uint64()), 'g', -1, 64), true
	case octets:
		if len(a.data) == 4 && d.values != nil && a.data[0] == 0 {
			return strconv.FormatUint(uint64(a.uint32()), 10), true
		}
	}
	return "", false
}

// plain is the value of any other AVP.
func (d *definition) plain(a avp) string {
	switch d.kind {
	case timestamp:
		return a.time().Format("2006-01-02T15:04:05Z")
	case address:
		return formatAddress(a.data)
	case plainIPv4, plainIPv6:
		ip, _ := netip.AddrFromSlice(a.data)
		return ip.String()
	case grouped:
		return hexadecimal(a.data)
	}
	return opaque(a.data)
}

// formatAddress writes an Address that fits.
func formatAddress(data []byte) string {
	if ip, ok := netip.AddrFromSlice(data[2:]); ok && data[0] == 0 && data[1] <= familyIPv6 {
		return ip.String()
	}
	return fmt.Sprintf("family %d %s", int(data[0])<<8|int(data[1]), opaque(data[2:]))
}

// opaque shows octets as text where that is what they are.
func opaque(data []byte) string {
	if !utf8.Valid(data) {
		return hexadecimal(data)
	}
	for _, r := range string(data) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return hexadecimal(data)
		}
	}
	return string(data)
}

func hexadecimal(data []byte) string { return "0x" + hex.EncodeToString(data) }

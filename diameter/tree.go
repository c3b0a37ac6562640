package diameter

import (
	"encoding/hex"
	"fmt"
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
func Render(frame []byte) *Tree {
	t := &Tree{Name: "unreadable"}
	if len(frame) < headerLength {
		t.Fault = "shorter than a header: " + hexadecimal(frame)
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
	if t.AVPs, fault = SharedDictionary().render(frame[headerLength:], 0); t.Fault == "" {
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
		commandAccounting:   "AC",
		commandAbortSession: "AS", commandDeviceWatchdog: "DW", commandDisconnectPeer: "DP",
		275: "ST",
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
	case d.id() == avpResultCode || d.id() == avpExperimentalResultCode:
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

// String draws the tree as indented lines, an AVP each.
func (t *Tree) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s application=%d flags=%s hop-by-hop=%#08x end-to-end=%#08x length=%d",
		t.Name, t.Application, t.Flags, t.HopByHop, t.EndToEnd, t.Length)
	writeFault(&b, t.Fault)
	writeNodes(&b, t.AVPs, 1)
	return b.String()
}

func writeNodes(b *strings.Builder, nodes []*Node, depth int) {
	for _, n := range nodes {
		b.WriteString(strings.Repeat("  ", depth))
		b.WriteString(n.Name)
		if n.Value != "" {
			b.WriteString(": " + strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(n.Value))
		}
		writeFault(b, n.Fault)
		writeNodes(b, n.Children, depth+1)
	}
}

func writeFault(b *strings.Builder, fault string) {
	if fault != "" {
		b.WriteString(" (fault: " + fault + ")")
	}
	b.WriteString("\n")
}

// frameAttributes looks AVPs up in a frame, which it keeps and does not change. It implements
// charging.Attributes.
type frameAttributes struct{ frame []byte }

// Lookup returns the values at a path: AVP names, or codes, or vendor:code, joined by dots, from
// the message down. An AVP that is repeated gives several values. An enumeration gives its number
// and then its name, a group one empty value, and what cannot be read nothing.
func (f frameAttributes) Lookup(path string) []string {
	var ids []uint64
	for name := range strings.SplitSeq(path, ".") {
		id, ok := SharedDictionary().identify(name)
		if !ok {
			return nil
		}
		ids = append(ids, id)
	}
	if len(f.frame) < headerLength {
		return nil
	}
	return SharedDictionary().lookup(nil, f.frame[headerLength:], ids)
}

// identify finds the AVP that a step of a path names.
func (d *Dictionary) identify(name string) (id uint64, ok bool) {
	if definition, known := d.named(name); known {
		return definition.id(), true
	}
	vendor, code, both := strings.Cut(name, ":")
	if !both {
		vendor, code = "0", name
	}
	v, vendorError := strconv.ParseUint(vendor, 10, 32)
	c, codeError := strconv.ParseUint(code, 10, 32)
	return avpID(uint32(v), uint32(c)), vendorError == nil && codeError == nil
}

func (d *Dictionary) lookup(found []string, members []byte, path []uint64) []string {
	for rest := members; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		rest = next
		switch {
		case a.id() != path[0]:
		case len(path) > 1:
			found = d.lookup(found, a.data, path[1:])
		default:
			found = d.appendValues(found, a)
		}
	}
	return found
}

func (d *Dictionary) appendValues(found []string, a avp) []string {
	definition, known := d.find(a.vendor, a.code)
	switch {
	case !known:
		return append(found, opaque(a.data))
	case !definition.kind.fits(a.data):
		return found
	case definition.kind == grouped:
		return append(found, "")
	}
	number, numeric := definition.number(a)
	if !numeric {
		return append(found, definition.plain(a))
	}
	if name, ok := definition.values[int32(a.uint32())]; ok {
		return append(found, number, name)
	}
	return append(found, number)
}

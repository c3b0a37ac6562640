package diameter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/findings"
)

// An Inspector judges messages of clients one by one: header, flags, AVPs, and what a CER offers.
// It keeps nothing between two messages, never runs while somebody waits for an answer, and is
// for one goroutine.
type Inspector struct {
	hosts   []string // names of this server; none: every Destination-Host is right
	current func() *Dictionary
	index   *definitionIndex
}

// A definitionIndex has the definitions of a dictionary by code, as every AVP of every message is
// looked up.
type definitionIndex struct {
	dictionary *Dictionary
	base       [1024]*definition
	of3GPP     [8192]*definition
}

func newDefinitionIndex(d *Dictionary) *definitionIndex {
	x := &definitionIndex{dictionary: d}
	for code := range x.base {
		x.base[code], _ = d.find(0, uint32(code))
	}
	for code := range x.of3GPP {
		x.of3GPP[code], _ = d.find(vendor3GPP, uint32(code))
	}
	return x
}

// find is the definition of an AVP; nil: it is not known.
func (x *definitionIndex) find(vendor, code uint32) *definition {
	switch {
	case vendor == 0 && code < uint32(len(x.base)):
		return x.base[code]
	case vendor == vendor3GPP && code < uint32(len(x.of3GPP)):
		return x.of3GPP[code]
	}
	definition, _ := x.dictionary.find(vendor, code)
	return definition
}

// NewInspector returns an inspector for a server with these names, which knows the AVPs that the
// dictionary of the moment has.
func NewInspector(hosts []string, current func() *Dictionary) *Inspector {
	return &Inspector{hosts: hosts, current: current}
}

// FrameOf reads what the course of sessions is judged by. It is false for octets without a header.
func FrameOf(raw []byte) (findings.Frame, bool) {
	if len(raw) < headerLength {
		return findings.Frame{}, false
	}
	h := parseHeader(raw)
	f := findings.Frame{Command: h.command, Request: h.request(), HopByHop: h.hopByHop}
	switch h.command {
	case commandCreditControl:
		var a avp
		if _, ok := a.cut(raw[headerLength:]); ok && f.Request && a.id() == avpSessionID {
			f.Session = string(a.data)
		}
	case commandReAuth, commandAbortSession:
		f.Session, f.SubSession = sessionOf(raw), subSessionOf(raw)
		if !f.Request {
			f.Result, _ = resultOf(raw)
		}
	}
	return f, true
}

// Inspect judges one message that a peer sent. The session and the subscriber in what it returns
// are for the caller to fill in.
func (i *Inspector) Inspect(m charging.Message) []charging.Finding {
	if len(m.Raw) < headerLength {
		return nil
	}
	if d := i.current(); i.index == nil || i.index.dictionary != d {
		i.index = newDefinitionIndex(d)
	}
	n := inspection{Inspector: i, header: parseHeader(m.Raw), peer: m.Peer}
	if m.Raw[0] != 1 {
		n.find("header-version", "version %d", m.Raw[0])
		return n.found
	}
	n.inHeader()
	n.members(m.Raw[headerLength:], 0)
	switch {
	case !n.header.request():
		n.answer(m.Raw)
	case n.header.command == commandCreditControl:
		n.creditControl(m.Raw)
	case n.header.command == commandCapabilitiesExchange:
		n.capabilities(m.Raw)
	case n.header.command == commandDisconnectPeer:
		if !contains(m.Raw[headerLength:], avpDisconnectCause) {
			n.find("disconnect-cause-missing", "a DPR without Disconnect-Cause")
		}
	}
	return n.found
}

// An inspection is the judgement of one message.
type inspection struct {
	*Inspector
	header header
	peer   string
	found  []charging.Finding
	// ofServer is where what a server sent is judged, by rules that are about servers, too.
	ofServer bool
}

// find notes what was seen against a rule; once for a message is enough.
func (n *inspection) find(rule, seen string, details ...any) {
	for i := range n.found {
		if n.found[i].Rule == rule {
			return
		}
	}
	n.found = append(n.found, findings.New(rule, fmt.Sprintf(seen, details...)))
}

func (n *inspection) inHeader() {
	h := n.header
	if h.flags&reservedFlags != 0 {
		n.find("header-reserved-bits", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	if !h.request() {
		return
	}
	if h.flags&flagError != 0 {
		n.find("error-bit-in-request", "Command Flags %#02x in a %s", h.flags, h.name())
	}
	switch {
	case h.base() && h.flags&flagProxiable != 0:
		n.find("base-request-proxiable", "Command Flags %#02x in a %s", h.flags, h.name())
	case h.command == commandCreditControl && h.flags&flagProxiable == 0:
		n.find("request-not-proxiable", "Command Flags %#02x in a CCR", h.flags)
	}
	n.inApplication()
}

func (n *inspection) inApplication() {
	h := n.header
	switch {
	case h.base() && h.application != baseApplication,
		h.command == commandCreditControl && h.application != creditControlApplication,
		h.command == commandAccounting && h.application != accountingApplication:
		n.find("application-unknown", "Application-Id %d in a %s", h.application, h.name())
	case h.base(), h.command == commandCreditControl, h.command == commandAccounting:
	default:
		n.find("command-unknown", "command %d, %s", h.command, h.name())
	}
}

// members judges the form of AVPs, at any depth.
func (n *inspection) members(members []byte, depth int) {
	var a avp
	for rest := members; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok {
			n.find("avp-length-wrong", "%s, which leaves the space around it", n.name(&a))
			return
		}
		n.form(&a, depth)
		if n.ofServer {
			n.padding(&a, rest[:len(rest)-len(next)])
		}
		rest = next
	}
}

func (n *inspection) form(a *avp, depth int) {
	definition := n.index.find(a.vendor, a.code)
	if a.flags&reservedBits != 0 {
		n.find("avp-reserved-bits", "%s with AVP Flags %#02x", n.name(a), a.flags)
	}
	if a.flags&flagProtected != 0 {
		n.find("avp-protected-bit", "%s with AVP Flags %#02x", n.name(a), a.flags)
	}
	if a.namesNoVendor() {
		n.find("avp-vendor-zero", "%s with the V bit", n.name(a))
		return
	}
	switch {
	case definition == nil:
		if a.flags&flagMandatory != 0 && (n.header.request() || n.ofServer) {
			n.find("avp-mandatory-unknown", "%s with the M bit", n.name(a))
		}
		return
	case !definition.kind.fits(a.data):
		n.find("avp-length-wrong", "%s with %d octets of data", definition.name, len(a.data))
		return
	case definition.mandatory && a.vendor == 0 && a.flags&flagMandatory == 0:
		n.find("avp-mandatory-missing", "%s without the M bit", definition.name)
	}
	switch definition.kind {
	case text, identityName:
		if !isUTF8(a.data) {
			n.find("avp-text-not-utf8", "%s %s", definition.name, hexadecimal(a.data))
		}
	case grouped:
		// What Failed-AVP shows is wrong by its nature.
		if depth < maxGroups && a.id() != avpFailedAVP {
			n.members(a.data, depth+1)
		}
	case enumerated:
		n.enumeration(a, definition)
	}
}

// padding judges what follows an AVP up to the next one.
func (n *inspection) padding(a *avp, whole []byte) {
	for _, octet := range whole[len(a.raw):] {
		if octet != 0 {
			n.find("avp-padding-not-zero", "%s is padded with %#02x", n.name(a), octet)
			return
		}
	}
}

// enumeration judges a value in what a server sent. What requests carry is judged where it counts.
func (n *inspection) enumeration(a *avp, d *definition) {
	if !n.ofServer || a.vendor != 0 || len(d.values) == 0 || len(a.data) != 4 {
		return
	}
	if _, named := d.values[int32(a.uint32())]; !named {
		n.find("enumeration-out-of-range", "%s %d", d.name, int32(a.uint32()))
	}
}

// name is what people call an AVP.
func (n *inspection) name(a *avp) string {
	if definition := n.index.find(a.vendor, a.code); definition != nil {
		return definition.name
	}
	if a.vendor == 0 {
		return fmt.Sprintf("AVP %d", a.code)
	}
	return fmt.Sprintf("AVP %d of vendor %d", a.code, a.vendor)
}

// capabilities judges a CER.
func (n *inspection) capabilities(raw []byte) {
	said := readCapabilities(raw)
	var missing []string
	for _, id := range []uint64{
		avpOriginHost, avpOriginRealm, avpHostIPAddress, avpVendorID, avpProductName,
	} {
		if !said.present[id] {
			missing = append(missing, n.name(&avp{code: uint32(id)}))
		}
	}
	if len(missing) > 0 {
		n.find("capabilities-incomplete", "a CER without %s", strings.Join(missing, ", "))
	}
	if !said.common {
		n.find("capabilities-without-credit-control", "a CER that offers the applications %v",
			said.peer.Applications)
	}
}

// answer judges what a client answers.
func (n *inspection) answer(raw []byte) {
	if _, err := resultOf(raw); err != nil {
		n.find("answer-without-result", "a %s without Result-Code", n.header.name())
	}
}

// subSessionOf is the CC-Sub-Session-Id of a message, or zero.
func subSessionOf(raw []byte) uint64 {
	var a avp
	for rest := raw[headerLength:]; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok {
			break
		}
		if a.id() == avpCCSubSessionID && len(a.data) == 8 {
			return a.uint64()
		}
		rest = next
	}
	return 0
}

// contains reports whether an AVP is one of those in a message or group.
func contains(avps []byte, id uint64) bool {
	var a avp
	for rest := avps; len(rest) > 0; {
		next, ok := a.cut(rest)
		if !ok {
			return false
		}
		if a.id() == id {
			return true
		}
		rest = next
	}
	return false
}

// isOurs reports whether a name is one of this server's.
func (i *Inspector) isOurs(host []byte) bool {
	return len(i.hosts) == 0 || slices.ContainsFunc(i.hosts, func(own string) bool {
		return strings.EqualFold(own, string(host))
	})
}

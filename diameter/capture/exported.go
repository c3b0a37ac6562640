package capture

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket/layers"
)

// linkExported is LINKTYPE_WIRESHARK_UPPER_PDU: what Wireshark writes with File, Export PDUs. Tags
// tell what it is and whose; its octets follow, decrypted where Wireshark had the keys.
const linkExported layers.LinkType = 252

// The tags of exported PDUs that are read (epan/exported_pdu.h of Wireshark).
const (
	tagEnd       = 0
	tagProtocol  = 12
	tagFromIPv4  = 20
	tagToIPv4    = 21
	tagFromIPv6  = 22
	tagToIPv6    = 23
	tagFromPort  = 25
	tagToPort    = 26
	exportedTag  = 4 // the length of a tag's header
	exportedPort = 4 // the length of a port's value
)

// exported takes a PDU that Wireshark exported.
func (r *reader) exported(p *captured) {
	var from, to netip.Addr
	var fromPort, toPort uint16
	protocol, rest := "", p.octets
	for {
		tag, value, after, ok := nextTag(rest)
		if !ok {
			r.notes.add(p.packet, "the tags of the exported PDU cannot be read; it is left out")
			return
		}
		rest = after
		switch {
		case tag == tagEnd:
			w := way{netip.AddrPortFrom(from, fromPort), netip.AddrPortFrom(to, toPort)}
			r.exportedPDU(p.seen, w, protocol, rest)
			return
		case tag == tagProtocol:
			protocol = strings.TrimRight(string(value), "\x00")
		case tag == tagFromIPv4 || tag == tagFromIPv6:
			from, _ = netip.AddrFromSlice(value)
		case tag == tagToIPv4 || tag == tagToIPv6:
			to, _ = netip.AddrFromSlice(value)
		case tag == tagFromPort && len(value) == exportedPort:
			fromPort = uint16(binary.BigEndian.Uint32(value))
		case tag == tagToPort && len(value) == exportedPort:
			toPort = uint16(binary.BigEndian.Uint32(value))
		}
	}
}

func nextTag(octets []byte) (tag uint16, value, rest []byte, ok bool) {
	if len(octets) < exportedTag {
		return 0, nil, nil, false
	}
	tag = binary.BigEndian.Uint16(octets)
	length := int(binary.BigEndian.Uint16(octets[2:]))
	if octets = octets[exportedTag:]; length > len(octets) {
		return 0, nil, nil, false
	}
	return tag, octets[:length], octets[length:], true
}

// exportedPDU takes the messages of a PDU. Wireshark knows that they begin here.
func (r *reader) exportedPDU(s seen, w way, protocol string, octets []byte) {
	c := cutter{from: w.from, to: w.to, out: r, inStep: true}
	c.add(octets, s)
	c.end()
	if c.messages == 0 {
		r.notes.add(s.packet, "the exported PDU of protocol %q is no message that is whole", protocol)
		return
	}
	c.report("PDU")
}

package capture

import "encoding/binary"

// The lengths of headers without options (RFC 791 section 3.1, RFC 9293 section 3.1).
const (
	ipv4Header = 20
	tcpHeader  = 20
)

// The flags of TCP that segments with data have here.
const pushAndAcknowledge = 0x18

const protocolTCP = 6

// An endpoint is one side of a connection.
type endpoint struct {
	address [4]byte
	port    uint16
	next    uint32 // sequence number of its next octet
}

// segment is an IPv4 packet with octets that one side sends, with checksums as they must be.
func segment(from, to *endpoint, number uint16, data []byte) []byte {
	p := make([]byte, ipv4Header+tcpHeader, ipv4Header+tcpHeader+len(data))
	p = append(p, data...)
	p[0] = 0x45 // version 4, five words of header
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	binary.BigEndian.PutUint16(p[4:], number)
	p[6] = 0x40 // not to be fragmented
	p[8] = 64   // time to live
	p[9] = protocolTCP
	copy(p[12:], from.address[:])
	copy(p[16:], to.address[:])
	binary.BigEndian.PutUint16(p[10:], checksum(0, p[:ipv4Header]))
	t := p[ipv4Header:]
	binary.BigEndian.PutUint16(t, from.port)
	binary.BigEndian.PutUint16(t[2:], to.port)
	binary.BigEndian.PutUint32(t[4:], from.next)
	binary.BigEndian.PutUint32(t[8:], to.next)
	t[12] = tcpHeader / 4 << 4
	t[13] = pushAndAcknowledge
	binary.BigEndian.PutUint16(t[14:], 0xffff) // window
	// RFC 9293 section 3.1: addresses, protocol and length are summed up, too.
	sum := sumUp(0, p[12:ipv4Header]) + protocolTCP + uint32(len(t))
	binary.BigEndian.PutUint16(t[16:], checksum(sum, t))
	return p
}

// checksum is that of the Internet protocols (RFC 1071).
func checksum(sum uint32, data []byte) uint16 {
	sum = sumUp(sum, data)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// sumUp adds words of 16 bits. It cannot overflow: a packet has less than 2^16 of them.
func sumUp(sum uint32, data []byte) uint32 {
	for ; len(data) > 1; data = data[2:] {
		sum += uint32(binary.BigEndian.Uint16(data))
	}
	if len(data) == 1 {
		sum += uint32(data[0]) << 8
	}
	return sum
}

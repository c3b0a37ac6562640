package capture

import (
	"encoding/binary"
	"strings"
	"time"
)

// The blocks of a pcapng file that are written here, and the options in them
// (draft-ietf-opsawg-pcapng section 4).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockNames     = 4
	blockPacket    = 6

	byteOrderMagic = 0x1a2b3c4d

	optionEnd                   = 0
	optionComment               = 1
	optionFlags                 = 2 // of a packet
	optionInterfaceName         = 2
	optionApplication           = 4 // of a section
	optionTimeResolution        = 9 // of an interface
	nanoseconds                 = 9 // as 10 to the power of minus this
	longestOption               = 0xffff
	nameIPv4                    = 1
	packetInbound        uint32 = 1
	packetOutbound       uint32 = 2
)

// linkRaw says that packets begin with the header of IPv4 or IPv6 (LINKTYPE_RAW).
const linkRaw = 101

// A block is one that is being made; begin and end make it whole.
type block []byte

func begin(kind uint32) block {
	return make(block, 0, 256).u32(kind).u32(0)
}

func (b block) u16(v uint16) block { return binary.LittleEndian.AppendUint16(b, v) }
func (b block) u32(v uint32) block { return binary.LittleEndian.AppendUint32(b, v) }

// padded appends octets up to the next 32 bits.
func (b block) padded(data []byte) block {
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// option appends an option; what is too long for one is cut.
func (b block) option(code uint16, value []byte) block {
	value = value[:min(len(value), longestOption)]
	return b.u16(code).u16(uint16(len(value))).padded(value)
}

// text appends an option of text, which is UTF-8 without zeros.
func (b block) text(code uint16, text string) block {
	return b.option(code, []byte(plain(text)))
}

func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// end closes the options and writes the length of the block at both its ends.
func (b block) end() []byte {
	b = b.u16(optionEnd).u16(0)
	length := uint32(len(b) + 4)
	binary.LittleEndian.PutUint32(b[4:], length)
	return b.u32(length)
}

// section begins a file; how long it is nobody knows yet.
func section(application string) []byte {
	return begin(blockSection).u32(byteOrderMagic).u16(1).u16(0).
		u32(0xffffffff).u32(0xffffffff).text(optionApplication, application).end()
}

// device is the interface that all packets are of.
func device(name string) []byte {
	return begin(blockInterface).u16(linkRaw).u16(0).u32(0).
		text(optionInterfaceName, name).
		option(optionTimeResolution, []byte{nanoseconds}).end()
}

// naming says what an address stands for.
func naming(address [4]byte, name string) []byte {
	record := append(address[:], plain(name)...)
	record = append(record, 0)
	return begin(blockNames).u16(nameIPv4).u16(uint16(len(record))).padded(record).
		u16(0).u16(0).end()
}

// packet is one of the first interface.
func packet(at time.Time, data []byte, direction uint32, comments []string) []byte {
	stamp, length := uint64(at.UnixNano()), uint32(len(data))
	b := begin(blockPacket).u32(0).u32(uint32(stamp >> 32)).u32(uint32(stamp)).
		u32(length).u32(length).padded(data)
	for _, comment := range comments {
		b = b.text(optionComment, comment)
	}
	return b.option(optionFlags, binary.LittleEndian.AppendUint32(nil, direction)).end()
}

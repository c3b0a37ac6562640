package diameter

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// maxAnswer is the longest message a client takes.
const maxAnswer = 64 << 10

// read deals with what the server sends until the connection is at its end.
func (c *Client) read() {
	from := bufio.NewReaderSize(c.conn, 16<<10)
	for {
		frame, err := readFrame(from)
		if err == nil {
			if c.options.Tap != nil {
				c.options.Tap(false, frame)
			}
			err = c.received(frame)
		} else if c.farewell {
			err = errors.New("the server disconnected")
		}
		if err != nil {
			c.end(fmt.Errorf("read from Gy server: %w", err))
			return
		}
	}
}

// tlsAlert is the type of record with which a server of TLS refuses what is none; the version 3
// follows.
const tlsAlert = 0x15

// readFrame reads one message. Memory is taken only for lengths that a message may have.
func readFrame(from *bufio.Reader) ([]byte, error) {
	start, err := from.Peek(4)
	if err != nil {
		if errors.Is(err, io.EOF) && len(start) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if start[0] == tlsAlert && start[1] == 3 {
		return nil, errors.New("the server speaks TLS; reach it with tls://")
	}
	word := binary.BigEndian.Uint32(start)
	version, length := word>>24, int(word&0xffffff)
	if version != 1 || length < headerLength || length > maxAnswer || length%4 != 0 {
		return nil, fmt.Errorf(
			"a message of version %d and length %d cannot be read",
			version,
			length,
		)
	}
	frame := make([]byte, length)
	if _, err := io.ReadFull(from, frame); err != nil {
		return nil, err
	}
	return frame, nil
}

// received deals with one message. After a DPR reading goes on, for answers that are still under
// way, until the server closes.
func (c *Client) received(frame []byte) error {
	if fault := c.options.Dictionary.inspectFromServer(frame); fault != nil {
		return fmt.Errorf("bad message: %s", fault.message)
	}
	h := parseHeader(frame)
	if !h.request() {
		if w := c.take(h.hopByHop, nil); w != nil {
			w.deliver(frame, nil)
		}
		return nil
	}
	if h.command == commandDisconnectPeer {
		c.farewell = true
		_ = c.conn.SetReadDeadline(time.Now().Add(closePatience))
	}
	summoned := h.command == commandReAuth || h.command == commandAbortSession
	if summoned && c.options.Summoned != nil {
		c.options.Summoned(c.readServerRequest(frame, h))
		return nil
	}
	return c.write(c.appendReply(nil, frame, h))
}

// inspectFromServer finds what RFC 6733 section 4 does not allow. What a Failed-AVP shows is left
// alone: that something is wrong with it is why it is there.
func (d *Dictionary) inspectFromServer(frame []byte) *refusal {
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			return &refusal{message: "the length of an AVP leaves the message"}
		}
		if a.id() != avpFailedAVP {
			if fault := d.inspectAVP(a, 0, false); fault != nil {
				return fault
			}
		}
		rest = next
	}
	return nil
}

// appendReply answers a request of the server.
func (c *Client) appendReply(dst []byte, frame []byte, h header) []byte {
	result := charging.Success
	switch h.command {
	case commandDeviceWatchdog, commandDisconnectPeer:
	case commandReAuth:
		result = agreed(c.options.ReAuthorize, sessionOf(frame))
	case commandAbortSession:
		result = agreed(c.options.Abort, sessionOf(frame))
	default:
		result = resultCommandUnsupported
	}
	return c.appendResult(dst, frame, h, result)
}

func (c *Client) appendResult(dst, frame []byte, h header, result charging.Result) []byte {
	seen := lookOver(frame)
	start := len(dst)
	head := h.answer()
	if result.ProtocolError() {
		head.flags |= flagError
	}
	dst = appendMessage(dst, head)
	dst = appendRaw(dst, seen.session)
	dst = appendNumber(dst, avpResultCode, uint32(result))
	dst = appendOrigin(dst, c.options)
	for _, proxy := range seen.proxies {
		dst = appendRaw(dst, proxy)
	}
	return endMessage(dst, start)
}

func agreed(ask func(string) charging.Result, session string) charging.Result {
	if ask == nil {
		return charging.Success
	}
	return ask(session)
}

func appendOrigin(dst []byte, o ClientOptions) []byte {
	dst = appendText(dst, avpOriginHost, o.OriginHost)
	return appendText(dst, avpOriginRealm, o.OriginRealm)
}

// appendCapabilities appends a CER. Both forms of the application are told, plain and with 3GPP's
// vendor, since servers look for either.
func appendCapabilities(dst []byte, o ClientOptions, local net.Addr, id uint32) []byte {
	start := len(dst)
	dst = appendMessage(dst, header{
		flags: flagRequest, command: commandCapabilitiesExchange, hopByHop: id, endToEnd: id,
	})
	dst = appendOrigin(dst, o)
	for _, ip := range addressesOf(local) {
		dst = appendHostAddress(dst, avpHostIPAddress, ip)
	}
	dst = appendNumber(dst, avpVendorID, 0)
	dst = appendPlainText(dst, avpProductName, o.ProductName)
	dst = appendNumber(dst, avpSupportedVendorID, vendor3GPP)
	dst = appendNumber(dst, avpAuthApplicationID, creditControlApplication)
	specific := len(dst)
	dst = beginGroup(dst, avpVendorSpecificApplicationID)
	dst = appendNumber(dst, avpVendorID, vendor3GPP)
	dst = appendNumber(dst, avpAuthApplicationID, creditControlApplication)
	dst = endAVP(dst, specific)
	return endMessage(dst, start)
}

// appendDisconnect appends a DPR that means to stay away.
func appendDisconnect(dst []byte, o ClientOptions, id uint32) []byte {
	const doNotWantToTalkToYou = 2
	start := len(dst)
	dst = appendMessage(dst, header{
		flags: flagRequest, command: commandDisconnectPeer, hopByHop: id, endToEnd: id,
	})
	dst = appendOrigin(dst, o)
	dst = appendNumber(dst, avpDisconnectCause, doNotWantToTalkToYou)
	return endMessage(dst, start)
}

package capture

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A seen is where and when octets were captured.
type seen struct {
	packet int
	at     time.Time
}

// A stretch is octets of one packet in a stream.
type stretch struct {
	start, end int64
	seen
}

// mostAgain is how many octets of one direction are looked at again.
const mostAgain = 64 << 20

// A cutter cuts messages from the octets that one side sends. It is in step while each message
// begins where the one before ended. Out of step, as in the beginning and behind what is lost, it
// looks for octets that can be nothing else than a message.
type cutter struct {
	from, to netip.AddrPort
	out      *reader

	rest      []byte // octets that no message was cut from yet
	at        int64  // of the first of them in the stream
	stretches []stretch
	last      seen // of the messages so far: none is there before those that stand before it
	inStep    bool
	doubtful  []byte // the last message, if its AVPs are not what its length says
	judgeAt   int    // octets of rest from which on it is worth to judge them again
	again     int    // octets that were looked at again, in doubtful messages
	beyond    int64  // octets behind a loss that still belong to a message which is lost with it

	octets, messages, torn int64
	passed                 int64 // octets that are in no message
	passedIn               int   // the packet that has the first of them
	losses, missing        int64 // stretches that are not in the capture, and their octets
	missedIn               int   // the packet behind the first of them
	begun                  bool  // what may be a message was there
	secret                 bool  // it is TLS
}

// add takes octets that follow those before.
func (c *cutter) add(octets []byte, s seen) {
	c.octets += int64(len(octets))
	if skipped := min(c.beyond, int64(len(octets))); skipped > 0 {
		c.beyond -= skipped
		c.at += skipped
		octets = octets[skipped:]
	}
	if len(octets) == 0 {
		return
	}
	if len(c.rest) == 0 && !c.inStep && isTLS(octets) {
		c.secret = true
	}
	c.out.hold(len(octets))
	c.rest = append(c.rest, octets...)
	end := c.at + int64(len(c.rest))
	c.stretches = append(c.stretches, stretch{end - int64(len(octets)), end, s})
	c.cut(false)
}

// cut takes all messages that are whole; at the end of a stretch there is nothing to wait for.
func (c *cutter) cut(end bool) {
	for len(c.rest) > 0 {
		if c.inStep {
			if !c.next(end) {
				return
			}
		} else if !c.find(end) {
			return
		}
	}
}

// next cuts the message that begins here, since the one before ended, and reports whether there
// may be more.
func (c *cutter) next(end bool) bool {
	if len(c.rest) < 4 && c.rest[0] == 1 && !end {
		return false
	}
	length, ok := Length(c.rest)
	switch {
	case !ok:
		c.lose()
	case length <= len(c.rest):
		c.take(length)
	case !end:
		return false
	default:
		c.torn++
		c.lose()
		c.skip(1)
	}
	return true
}

// lose gets out of step. The message before may have taken octets that are not its own; where its
// AVPs say so, the next one is looked for in them, too.
func (c *cutter) lose() {
	c.inStep, c.judgeAt = false, 0
	c.secret = c.secret || isTLS(c.rest)
	if len(c.doubtful) == 0 || c.again+len(c.doubtful) > mostAgain {
		return
	}
	inside := c.doubtful[headerLength:]
	c.again += len(inside)
	c.rest = append(bytes.Clone(inside), c.rest...)
	c.at -= int64(len(inside))
	c.passed -= int64(len(inside))
	c.doubtful = nil
	c.out.hold(len(inside))
}

// find looks for the next message and reports whether there may be more.
func (c *cutter) find(end bool) bool {
	if !end && len(c.rest) < c.judgeAt {
		return false
	}
	for i := range c.rest {
		length, v := judge(c.rest[i:])
		if v == whole {
			c.skip(i)
			c.take(length)
			return true
		}
		if v == perhaps {
			c.begun = c.begun || c.isBeginning(i)
			if !end {
				c.skip(i)
				c.judgeAt = min(max(2*len(c.rest), headerLength+avpHeader), max(length, headerLength))
				return false
			}
		}
	}
	c.skip(len(c.rest))
	return false
}

// isBeginning reports whether octets that may be a message are so likely one that it is worth to
// tell: they begin with a packet, and with more than a header.
func (c *cutter) isBeginning(i int) bool {
	return len(c.rest[i:]) >= headerLength+avpHeader &&
		slices.ContainsFunc(c.stretches, func(s stretch) bool { return s.start == c.at+int64(i) })
}

// skip passes over octets that are in no message.
func (c *cutter) skip(count int) {
	if c.passed += int64(count); c.passedIn == 0 && len(c.stretches) > 0 && count > 0 {
		c.passedIn = c.stretches[0].packet
	}
	c.forget(count)
}

// forget drops octets from the rest, and stretches that nothing is cut from any more.
func (c *cutter) forget(count int) {
	c.rest = c.rest[count:]
	c.at += int64(count)
	c.out.hold(-count)
	kept := c.at - int64(len(c.doubtful))
	for len(c.stretches) > 0 && c.stretches[0].end <= kept {
		c.stretches = c.stretches[1:]
	}
}

// take cuts a message.
func (c *cutter) take(length int) {
	f := Frame{
		At: c.last.at, Packet: c.last.packet, From: c.from, To: c.to,
		Octets: bytes.Clone(c.rest[:length]),
	}
	end := c.at + int64(length)
	for _, s := range c.stretches {
		if s.end > c.at && s.packet > f.Packet {
			f.Packet, f.At = s.packet, s.at
		}
		if s.end >= end {
			break
		}
	}
	c.out.frame(f)
	c.last = seen{f.Packet, f.At}
	c.messages++
	c.inStep, c.judgeAt, c.doubtful = true, 0, nil
	if _, v := judge(f.Octets); v != whole {
		c.doubtful = f.Octets
	}
	c.forget(length)
}

// lost is told that octets are missing before those that come next. Of a message that is torn by
// that, the rest may be there: behind it the next one is known to begin.
func (c *cutter) lost(count int64, before seen) {
	if c.losses++; c.losses == 1 {
		c.missedIn = before.packet
	}
	c.missing += count
	torn, messages := c.beyond, c.messages
	if length, ok := Length(c.rest); ok && c.inStep {
		torn = int64(length - len(c.rest))
	}
	c.end()
	c.at += count
	if torn >= count && c.messages == messages {
		c.beyond, c.inStep = torn-count, true
	}
}

// end gives up to wait for more: what is left may still hold messages behind one that lied about
// its length.
func (c *cutter) end() {
	if len(c.rest) > 0 && !c.inStep && c.judgeAt > 0 && c.begun {
		c.torn++
	}
	c.cut(true)
	c.inStep, c.doubtful, c.judgeAt, c.beyond = false, nil, 0, 0
}

// report says what of a direction with Diameter is missing, and what is in no message.
func (c *cutter) report(transport string) {
	if c.messages == 0 && !c.begun {
		return
	}
	name := fmt.Sprintf("%s %v > %v", transport, c.from, c.to)
	if c.losses > 0 {
		c.out.notes.add(c.missedIn, "%s: %d octets before, in %d gaps in all, are not in the capture",
			name, c.missing, c.losses)
	}
	if c.passed <= 0 {
		return
	}
	torn := ""
	if c.torn > 0 {
		torn = fmt.Sprintf(" (%d were torn)", c.torn)
	}
	c.out.notes.add(c.passedIn, "%s: %d octets are in no message that is whole%s; %d messages were "+
		"read", name, c.passed, torn, c.messages)
}

// isTLS recognizes records of TLS and DTLS (RFC 8446 section 5.1, RFC 6347 section 4.1).
func isTLS(octets []byte) bool {
	return len(octets) >= 5 && octets[0] >= 20 && octets[0] <= 23 &&
		(octets[1] == 3 && octets[2] <= 4 && octets[3] < 0x48 ||
			octets[1] == 0xfe && (octets[2] >= 0xfd))
}

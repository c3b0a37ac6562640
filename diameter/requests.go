package diameter

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A pendingRequest is a request of ours that waits for its answer. reply has room for one frame;
// nil says that none will come.
type pendingRequest struct {
	command uint32
	session string // that it is about; empty: about none
	number  int64  // of the exchange
	reply   chan []byte
}

// maxPending bounds the requests of ours that wait on one connection.
const maxPending = 4096

// errTooMany is returned where a peer leaves too many requests unanswered.
var errTooMany = errors.New("too many requests wait for an answer of the peer")

// begin registers a request and returns its header, with identifiers of our own.
func (c *connection) begin(
	command, application uint32, flags byte, session string,
) (header, chan []byte, error) {
	reply := make(chan []byte, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return header{}, nil, peerNotFound(c.peer.OriginHost)
	case len(c.pending) >= maxPending:
		return header{}, nil, errTooMany
	}
	c.hopByHop++
	h := header{
		flags: flags | flagRequest, command: command, application: application,
		hopByHop: c.hopByHop, endToEnd: c.server.endToEnd.Add(1),
	}
	c.pending[h.hopByHop] = pendingRequest{command: command, session: session, reply: reply}
	return h, reply, nil
}

// forgetRequest gives up waiting.
func (c *connection) forgetRequest(h header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, h.hopByHop)
}

// request sends a request and waits for its answer, for as long as the context lets it. sent is
// told the number of the exchange before the peer can have the request; nil: nobody is.
func (c *connection) request(
	ctx context.Context, command, application uint32, flags byte, appendAVPs func([]byte) []byte,
	sent func(exchange int64),
) ([]byte, error) {
	message := appendAVPs(make([]byte, headerLength, usualAnswer))
	h, reply, err := c.begin(command, application, flags, sessionOf(message))
	if err != nil {
		return nil, err
	}
	defer c.forgetRequest(h)
	appendMessage(message[:0], h)
	c.ask(h, endMessage(message, 0), sent)
	select {
	case frame := <-reply:
		if frame == nil {
			return nil, errConnectionLost
		}
		return frame, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask sends a request of ours. To the recorder it is a question like any other, which a message
// from this host asks: that of an exchange whose answer comes from the peer.
func (c *connection) ask(h header, message []byte, sent func(exchange int64)) {
	number := int64(0)
	if recorder := c.server.options.Recorder; recorder != nil {
		asked := c.message(message)
		asked.Peer, asked.Ours = c.self.host, true
		number = recorder.Received(asked)
		c.mu.Lock()
		if p, ok := c.pending[h.hopByHop]; ok {
			p.number = number
			c.pending[h.hopByHop] = p
		}
		c.mu.Unlock()
	}
	if sent != nil {
		sent(number)
	}
	c.enqueue(outgoing{message: message, recorded: true})
}

// fits reports whether an answer is to the request. RFC 6733 section 6.2 has it carry the request's
// Session-Id; an error answer may lack it (section 7.2).
func (p *pendingRequest) fits(h header, session string) bool {
	return p.command == h.command && (session == "" || session == p.session)
}

// answered gives an answer to whoever waits for it on this connection. A late or foreign one is
// for nobody: it is recorded as it came, and whoever waits goes on waiting.
func (c *connection) answered(h header, frame []byte) {
	session := sessionOf(frame)
	c.mu.Lock()
	p, ok := c.pending[h.hopByHop]
	if ok = ok && p.fits(h, session); ok {
		delete(c.pending, h.hopByHop)
	}
	c.mu.Unlock()
	if !ok {
		c.receivedLast(frame)
		c.log.Warn().Uint32("command", h.command).Uint32("hop_by_hop", h.hopByHop).
			Str("session", session).Msg("an answer to nothing that was asked")
		return
	}
	frame = bytes.Clone(frame)
	if recorder := c.server.options.Recorder; recorder != nil {
		recorder.Sent(p.number, c.message(frame))
	}
	p.reply <- frame
}

// sendWatchdog sends a DWR. Nobody waits for the DWA: that it comes is what counts.
func (c *connection) sendWatchdog() {
	h, _, err := c.begin(commandDeviceWatchdog, baseApplication, 0, "")
	if err != nil {
		return
	}
	message := c.self.appendOrigin(appendMessage(nil, h))
	c.ask(h, endMessage(c.server.appendStateID(message), 0), nil)
}

// A DisconnectCause is why a connection is given up (RFC 6733 section 5.4.3).
type DisconnectCause uint32

// The causes, with their numbers on the wire.
const (
	Rebooting         DisconnectCause = 0
	Busy              DisconnectCause = 1
	DoNotWantToTalkTo DisconnectCause = 2
)

// sayGoodbye sends a DPR and waits for the DPA, then ends the connection (RFC 6733 section 5.4).
func (c *connection) sayGoodbye(ctx context.Context, cause DisconnectCause) {
	if !c.opened() {
		_ = c.Close()
	} else if !c.closing() {
		_, err := c.request(ctx, commandDisconnectPeer, baseApplication, 0, func(dst []byte) []byte {
			return appendUint32(c.self.appendOrigin(dst), 0, avpDisconnectCause, uint32(cause))
		}, nil)
		if err != nil {
			c.log.Info().Err(err).Msg("no answer to the goodbye")
		}
	}
	c.finish()
	select {
	case <-c.left:
	case <-ctx.Done():
	}
	_ = c.Close()
}

// Disconnect says goodbye to all connections of a peer and closes them, which takes
// Options.CloseTimeout at most. It fails with KindPeerNotFound where there is none.
func (s *Server) Disconnect(
	ctx context.Context, originHost string, cause DisconnectCause,
) error {
	connections := s.peers.of(originHost, nil)
	if len(connections) == 0 {
		return peerNotFound(originHost)
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.CloseTimeout)
	defer cancel()
	s.sayGoodbyes(ctx, connections, cause)
	return nil
}

// Cut ends all connections of a peer without a DPR, as a scripted delivery does. It fails with
// KindPeerNotFound where there is none.
func (s *Server) Cut(originHost string, how charging.Ending) error {
	connections := s.peers.of(originHost, nil)
	if len(connections) == 0 {
		return peerNotFound(originHost)
	}
	for _, c := range connections {
		c.part(&charging.Delivery{Ending: how})
	}
	return nil
}

func peerNotFound(host string) error {
	return &charging.Error{
		Kind: charging.KindPeerNotFound, Message: "no connection leads to " + host,
		Hint: "GET /v1/peers lists those that are open",
	}
}

// Reauthorize sends a RAR for a whole session and waits for Options.RequestTimeout at most; see
// Summon.
func (s *Server) Reauthorize(
	ctx context.Context, session charging.SessionID, origin charging.Origin,
) (charging.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.RequestTimeout)
	defer cancel()
	return s.Summon(ctx, &charging.Summons{Session: session, Origin: origin}, nil)
}

// Abort sends an ASR; all else is as with Reauthorize.
func (s *Server) Abort(
	ctx context.Context, session charging.SessionID, origin charging.Origin,
) (charging.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.RequestTimeout)
	defer cancel()
	summons := charging.Summons{Kind: charging.Abortion, Session: session, Origin: origin}
	return s.Summon(ctx, &summons, nil)
}

const authorizeOnly = 0 // Re-Auth-Request-Type

// Summon sends a RAR (RFC 8506 section 5.5) or an ASR (RFC 6733 section 8.5) to the client that
// opened the session, by the connection that the session's last request came by, be it a relay's.
// Where that is gone, it is the newest of the same neighbour, or of the client. sent is told the
// number of the exchange before the client can have it; nil: nobody is. The result is that of the
// answer; 2001 and 2002 both say that the client complies. It fails with
// KindPeerNotFound where no connection leads to the host, before anything is sent, and with the
// context's error where that ends before an answer comes.
func (s *Server) Summon(
	ctx context.Context, summons *charging.Summons, sent func(exchange int64),
) (charging.Result, error) {
	origin := summons.Origin
	c, ok := s.peers.route(summons)
	if !ok {
		return 0, peerNotFound(origin.Host)
	}
	command := uint32(commandReAuth)
	if summons.Kind == charging.Abortion {
		command = commandAbortSession
	}
	frame, err := c.request(ctx, command, creditControlApplication, flagProxiable,
		func(dst []byte) []byte { return s.appendSummons(dst, c.self, summons) }, sent)
	switch {
	case errors.Is(err, errTooMany):
		return 0, charging.Errorf(charging.KindTooManyWaiting, "%s: %v", origin.Host, err)
	case err != nil:
		return 0, fmt.Errorf("ask %s about session %s: %w", origin.Host, summons.Session.ID, err)
	}
	result, err := resultOf(frame)
	return charging.Result(result), err
}

// appendSummons appends the AVPs of a RAR (RFC 8506 section 5.5, TS 32.299 section 6.4.4) or of an
// ASR, Session-Id first.
func (s *Server) appendSummons(
	dst []byte, self identity, summons *charging.Summons,
) []byte {
	dst = appendString(dst, 0, avpSessionID, summons.Session.ID)
	dst = self.appendOrigin(dst)
	dst = appendString(dst, 0, avpDestinationRealm, summons.Origin.Realm)
	dst = appendString(dst, 0, avpDestinationHost, summons.Origin.Host)
	dst = appendUint32(dst, 0, avpAuthApplicationID, creditControlApplication)
	if summons.Kind == charging.Reauthorization {
		dst = appendUint32(dst, 0, avpReAuthRequestType, authorizeOnly)
	}
	if summons.Session.Sub != 0 {
		dst = appendUint64(dst, 0, avpCCSubSessionID, summons.Session.Sub)
	}
	if summons.Kind == charging.Reauthorization {
		dst = appendScope(dst, summons.Scope)
	}
	return s.appendStateID(dst)
}

func appendScope(dst []byte, scope charging.Scope) []byte {
	for _, part := range []struct {
		code   uint32
		number charging.Number
	}{
		{avpPoolIdentifier, scope.Pool},
		{avpServiceIdentifier, scope.Service},
		{avpRatingGroup, scope.Group},
	} {
		if part.number.Known {
			dst = appendUint32(dst, 0, part.code, uint32(part.number.Value))
		}
	}
	return dst
}

// resultOf reads Result-Code, or Experimental-Result-Code within its group.
func resultOf(frame []byte) (uint32, error) {
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		rest = next
		if a.id() == avpExperimentalResult {
			rest = append(bytes.Clone(a.data), rest...)
		}
		if (a.id() == avpResultCode || a.id() == avpExperimentalResultCode) && len(a.data) == 4 {
			return binary.BigEndian.Uint32(a.data), nil
		}
	}
	return 0, errors.New("the answer carries no result")
}

// firstEndToEnd makes End-to-End Identifiers unlikely to come again after a restart: the low bits
// of the time stand on top (RFC 6733 section 3).
func firstEndToEnd(now time.Time) uint32 { return uint32(now.Unix()) << 20 }

package diameter

import "github.com/ocs-sim/ocs-sim/charging"

// A ServerRequest is a RAR or an ASR as a client receives it.
type ServerRequest struct {
	Summons charging.Summons // Origin is that of the server
	client  *Client
	frame   []byte
	header  header
}

// Attributes are the AVPs of the request.
func (r *ServerRequest) Attributes() charging.Attributes {
	return r.client.options.Dictionary.Attributes(r.frame)
}

// Reply answers the request, on the connection that it came by.
func (r *ServerRequest) Reply(result charging.Result) error {
	return r.client.write(r.client.appendResult(nil, r.frame, r.header, result))
}

// readServerRequest reads what a client needs to know of a RAR or an ASR.
func (c *Client) readServerRequest(frame []byte, h header) *ServerRequest {
	r := &ServerRequest{client: c, frame: frame, header: h}
	if h.command == commandAbortSession {
		r.Summons.Kind = charging.Abortion
	}
	for rest := frame[headerLength:]; len(rest) > 0; {
		a, next, ok := nextAVP(rest)
		if !ok {
			break
		}
		readSummons(&r.Summons, &a)
		rest = next
	}
	return r
}

// readSummons notes what one AVP says. The frame was inspected before, so that lengths fit.
func readSummons(s *charging.Summons, a *avp) {
	switch a.id() {
	case avpSessionID:
		s.Session.ID = string(a.data)
	case avpCCSubSessionID:
		s.Session.Sub = a.uint64()
	case avpOriginHost:
		s.Origin.Host = string(a.data)
	case avpOriginRealm:
		s.Origin.Realm = string(a.data)
	case avpRatingGroup:
		s.Scope.Group = charging.Known(int64(a.uint32()))
	case avpServiceIdentifier:
		s.Scope.Service = charging.Known(int64(a.uint32()))
	case avpPoolIdentifier:
		s.Scope.Pool = charging.Known(int64(a.uint32()))
	}
}

// sessionOf is the Session-Id of a message; empty where it has none.
func sessionOf(frame []byte) string {
	session, _, _ := nextAVP(appendRaw(nil, lookOver(frame).session))
	return string(session.data)
}

// SessionOf is the Session-Id of a message, or nothing where it has none or is no message.
func SessionOf(frame []byte) string {
	if len(frame) < headerLength {
		return ""
	}
	return sessionOf(frame)
}

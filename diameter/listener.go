package diameter

import (
	"errors"
	"net"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Serve takes connections from the listener until Shutdown, and then returns nil. It may be called
// for several listeners at once. To the peers this server is Options.OriginHost.
func (s *Server) Serve(l net.Listener) error {
	return s.serve(l, s.self, s.decoder)
}

// ServeAs is Serve under another identity: to the peers that come by this listener the server is
// that host of that realm, in every answer and every request. What is charged, and what is
// remembered for repeats, is one for all listeners.
func (s *Server) ServeAs(l net.Listener, originHost, originRealm string) error {
	self := identity{originHost, originRealm}
	return s.serve(l, self, s.decoder.as(self))
}

func (s *Server) serve(l net.Listener, self identity, d *decoder) error {
	err := s.diam.Serve(&listener{Listener: l, server: s, self: self, decoder: d})
	if errors.Is(err, diam.ErrServerClosed) {
		return nil
	}
	return err
}

// A listener hands the library guarded connections.
type listener struct {
	net.Listener
	server  *Server
	self    identity
	decoder *decoder
}

// Accept waits for the next connection within the limit.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := newConnection(l.server, raw)
		c.self, c.decoder = l.self, l.decoder
		if !l.server.take(c) {
			c.log.Warn().Msg("too many connections; this one is closed")
			c.reset()
			continue
		}
		return newGuard(c), nil
	}
}

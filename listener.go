package ocssim

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/ocs-sim/ocs-sim/diameter"
)

// A Listener is one address for Diameter. Two of them with identities of their own are a failover
// pair: one set of books, to clients two servers.
type Listener struct {
	Transport diameter.Transport // empty: TCP
	Address   string             // host:port; port 0 takes a free one
	// OriginHost and OriginRealm are who the simulator is to the peers that come by this listener.
	// Empty: as in Options.
	OriginHost, OriginRealm string
}

// ParseListener reads a listener as the command line has it:
//
//	[tcp://|tls://|sctp://]host:port[?origin-host=HOST&origin-realm=REALM]
func ParseListener(text string) (Listener, error) {
	before, query, _ := strings.Cut(text, "?")
	transport, address, err := diameter.ParseAddress(before)
	if err != nil {
		return Listener{}, err
	}
	l := Listener{Transport: transport, Address: address}
	settings, err := url.ParseQuery(query)
	if err != nil {
		return Listener{}, fmt.Errorf("%q cannot be read behind its question mark: %w", text, err)
	}
	for name, values := range settings {
		value := values[len(values)-1]
		switch name {
		case "origin-host":
			l.OriginHost = value
		case "origin-realm":
			l.OriginRealm = value
		default:
			return Listener{}, fmt.Errorf("%q: a listener has no setting %q, "+
				"but origin-host and origin-realm", text, name)
		}
		if value == "" || len(values) > 1 {
			return Listener{}, fmt.Errorf("%q: give %s once, and a value for it", text, name)
		}
	}
	return l, nil
}

// String is the address as a client may have it: host:port, with a scheme where it is not TCP.
func (l Listener) String() string {
	if l.Transport == "" || l.Transport == diameter.TCP {
		return l.Address
	}
	return string(l.Transport) + "://" + l.Address
}

// fillListeners puts the addresses of Diameter before Listeners, and completes them all.
func (o *Options) fillListeners() error {
	if len(o.Diameter) == 0 && len(o.Listeners) == 0 {
		o.Diameter = []string{anyLoopback}
	}
	var all []Listener
	for _, text := range o.Diameter {
		l, err := ParseListener(text)
		if err != nil {
			return &OptionError{"--diameter", err.Error()}
		}
		all = append(all, l)
	}
	o.Listeners = append(all, slices.Clone(o.Listeners)...)
	for i := range o.Listeners {
		l := &o.Listeners[i]
		l.Transport = cmp.Or(l.Transport, diameter.TCP)
		if err := o.checkListener(l); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) checkListener(l *Listener) error {
	if _, _, err := diameter.ParseAddress(string(l.Transport) + "://" + l.Address); err != nil {
		return &OptionError{"--diameter", err.Error()}
	}
	if l.Transport == diameter.TLS && o.TLS == nil {
		return &OptionError{"--diameter", fmt.Sprintf("%s needs a certificate; "+
			"give --tls-certificate and --tls-key", l)}
	}
	for _, name := range []string{l.OriginHost, l.OriginRealm} {
		if err := checkIdentity("--diameter", name); err != nil {
			return err
		}
	}
	return nil
}

// A gyListener is a listener that is open.
type gyListener struct {
	net.Listener
	said Listener // as the options have it
}

// openGy opens the listeners for Diameter.
func (s *Server) openGy() error {
	for _, l := range s.options.Listeners {
		open, err := diameter.Listen(l.Transport, l.Address, s.options.TLS)
		if err != nil {
			return listenError("Diameter", "--diameter", l.String(), err)
		}
		s.listeners = append(s.listeners, gyListener{open, l})
	}
	return nil
}

// serveGy serves one of them, under its own identity if it has one.
func (s *Server) serveGy(l gyListener) error {
	return s.gy.ServeAs(l.Listener, cmp.Or(l.said.OriginHost, s.options.OriginHost),
		cmp.Or(l.said.OriginRealm, s.options.OriginRealm))
}

// DiameterAddresses are the addresses that Gy is served on, with the ports chosen.
func (s *Server) DiameterAddresses() []string {
	var out []string
	for _, l := range s.listeners {
		out = append(out, l.Addr().String())
	}
	return out
}

// DiameterListeners are the listeners for Gy, with the ports chosen.
func (s *Server) DiameterListeners() []Listener {
	var out []Listener
	for _, l := range s.listeners {
		said := l.said
		said.Address = l.Addr().String()
		out = append(out, said)
	}
	return out
}

// listenError says what to do about an address that cannot be had.
func listenError(door, option, address string, err error) error {
	advice := "choose another address with " + option
	if errors.Is(err, syscall.EADDRINUSE) {
		advice = "stop what listens there, or " + advice + "; port 0 takes a free one"
	}
	return fmt.Errorf("listen for %s on %s: %w; %s", door, address, err, advice)
}

package diameter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// A Transport is what Diameter runs over (RFC 6733 section 2.1).
type Transport string

// The transports. TLS begins with the connection, before any CER (RFC 6733 section 13.1); DTLS,
// which is its like over SCTP, is not had.
const (
	TCP  Transport = "tcp"
	TLS  Transport = "tls"
	SCTP Transport = "sctp"
)

// ParseAddress splits an address as people write it, tls://host:port. Without a scheme it is TCP.
func ParseAddress(text string) (Transport, string, error) {
	transport, address := TCP, text
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		transport, address = Transport(strings.ToLower(scheme)), rest
	}
	switch transport {
	case TCP, TLS, SCTP:
	default:
		return "", "", fmt.Errorf("%q begins with %s://; Diameter runs over tcp://, tls:// or sctp://",
			text, transport)
	}
	last := address
	if transport == SCTP {
		// SCTP may have several addresses with one port: 192.0.2.1/192.0.2.2:3868.
		last = address[strings.LastIndexByte(address, '/')+1:]
	}
	_, port, err := net.SplitHostPort(last)
	if err != nil {
		return "", "", fmt.Errorf(
			"%q is no address; write host:port, as 127.0.0.1:0 for any free port", text)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return "", "", fmt.Errorf("%q has no port that there is; ports are 0 to 65535", text)
	}
	return transport, address, nil
}

// Listen opens a listener for Server.Serve. The configuration is for TLS, which cannot do without
// a certificate.
func Listen(transport Transport, address string, configuration *tls.Config) (net.Listener, error) {
	switch transport {
	case SCTP:
		return listenSCTP(address)
	case TLS:
		if configuration == nil {
			return nil, errors.New("TLS needs a certificate and its key")
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, err
		}
		return tls.NewListener(l, configuration), nil
	}
	return net.Listen("tcp", address)
}

// dial connects a client. TLS is begun, and the server's certificate checked, before it returns.
func dial(ctx context.Context, text string, configuration *tls.Config) (net.Conn, error) {
	transport, address, err := ParseAddress(text)
	if err != nil {
		return nil, err
	}
	if transport == SCTP {
		return dialSCTP(ctx, address)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil || transport != TLS {
		return conn, err
	}
	secure := tls.Client(conn, clientConfiguration(configuration, address))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("begin TLS: %w", err)
	}
	return secure, nil
}

// clientConfiguration expects the server to be who the address says, unless told otherwise.
func clientConfiguration(given *tls.Config, address string) *tls.Config {
	configuration := &tls.Config{MinVersion: tls.VersionTLS12}
	if given != nil {
		configuration = given.Clone()
	}
	if configuration.ServerName == "" {
		configuration.ServerName, _, _ = net.SplitHostPort(address)
	}
	return configuration
}

// errNoSCTP says what to do about a kernel without SCTP.
var errNoSCTP = errors.New("this system's kernel has no SCTP; " +
	"load its module (modprobe sctp), or use tcp:// or tls://")

// explainSCTP adds that to the errors that mean it.
func explainSCTP(err error) error {
	for _, absent := range []error{
		syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT, syscall.EAFNOSUPPORT,
	} {
		if errors.Is(err, absent) {
			return fmt.Errorf("%w: %w", err, errNoSCTP)
		}
	}
	return err
}

// protected reports whether the connection runs over TLS.
func (c *connection) protected() bool {
	_, secure := c.Conn.(*tls.Conn)
	return secure
}

// tellBreak logs how a connection broke: above all, that one side speaks TLS and the other not.
func (c *connection) tellBreak(err error) {
	secure, isTLS := c.Conn.(*tls.Conn)
	var foreign tls.RecordHeaderError
	switch {
	case isTLS && errors.As(err, &foreign):
		c.log.Warn().Hex("octets", foreign.RecordHeader[:]).
			Msg("what arrives is not TLS, and this address serves TLS only; the connection is closed")
	case isTLS && !secure.ConnectionState().HandshakeComplete:
		c.log.Warn().Err(err).Msg("TLS could not be begun; the connection is closed")
	default:
		c.log.Info().Err(err).Msg("the connection broke")
	}
}

// beginsTLS reports whether what arrives is the first record of TLS: a handshake of version 3.
func beginsTLS(arrived []byte) bool {
	return len(arrived) > 1 && arrived[0] == 0x16 && arrived[1] == 3
}

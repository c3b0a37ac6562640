package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	ocssim "github.com/ocs-sim/ocs-sim"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// secureFlags are what TLS can be told, on either side.
type secureFlags struct {
	certificate, key, minimum string
}

func (f *secureFlags) add(flags *pflag.FlagSet, whose string) {
	flags.StringVar(&f.certificate, "tls-certificate", "",
		whose+" certificate for tls:// addresses, and those between it and its authority, PEM")
	flags.StringVar(&f.key, "tls-key", "", "the key of that certificate, PEM")
	flags.StringVar(&f.minimum, "tls-minimum", "1.2", "least version of TLS: 1.2 or 1.3")
}

// configuration has the certificate, if there is one, and the version.
func (f *secureFlags) configuration() (*tls.Config, error) {
	versions := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	version, ok := versions[f.minimum]
	if !ok {
		return nil, fmt.Errorf("--tls-minimum is 1.2 or 1.3, not %q", f.minimum)
	}
	c := &tls.Config{MinVersion: version}
	if f.certificate == "" && f.key == "" {
		return c, nil
	}
	if f.certificate == "" || f.key == "" {
		return nil, errors.New("--tls-certificate and --tls-key belong together; give both")
	}
	certificate, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return nil, fmt.Errorf("--tls-certificate %s, --tls-key %s: %w", f.certificate, f.key, err)
	}
	c.Certificates = []tls.Certificate{certificate}
	return c, nil
}

// readAuthorities reads the certificates of authorities that are trusted.
func readAuthorities(option, path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %s holds no certificate in PEM", option, path)
	}
	return pool, nil
}

// gyFlags are what serve can be told about peers and transports.
type gyFlags struct {
	secure          secureFlags
	clientAuthority string
	allowedPeers    []string
	duplicatePeer   string
	watchdog        time.Duration
	maxRequests     int
	busyFor         string
	realms          []string
}

func (f *gyFlags) add(flags *pflag.FlagSet) {
	f.secure.add(flags, "the server's")
	flags.StringVar(&f.clientAuthority, "tls-client-ca", "",
		"clients must show a certificate of these authorities, PEM")
	flags.StringSliceVar(&f.allowedPeers, "allow-peer", nil,
		"glob for the Origin-Host of peers; others are refused with 3010; may be repeated")
	flags.StringVar(&f.duplicatePeer, "duplicate-peer", "admit",
		"a peer's second connection: admit, reject (4003) or replace the first")
	flags.DurationVar(&f.watchdog, "watchdog", 30*time.Second,
		"silence after which a peer is asked whether it is there (Tw); 0 never asks")
	flags.IntVar(&f.maxRequests, "max-in-flight", 0,
		"requests under way in all, beyond which --busy-for are answered 3004; 0 is no limit")
	flags.StringVar(&f.busyFor, "busy-for", "named",
		"who is told 3004: named (Destination-Host is this server) or all")
	flags.StringSliceVar(&f.realms, "serve-realm", nil,
		"glob for realms served beside the own; others are refused with 3003; may be repeated")
}

// fill puts them into the options.
func (f *gyFlags) fill(o *ocssim.Options) error {
	if err := f.check(); err != nil {
		return err
	}
	configuration, err := f.secure.configuration()
	if err != nil {
		return err
	}
	if f.clientAuthority != "" {
		configuration.ClientCAs, err = readAuthorities("--tls-client-ca", f.clientAuthority)
		if err != nil {
			return err
		}
		configuration.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if len(configuration.Certificates) > 0 {
		o.TLS = configuration
	}
	o.Watchdog = f.watchdog
	if f.watchdog == 0 {
		o.Watchdog = -1
	}
	o.AllowedPeers, o.Realms = f.allowedPeers, f.realms
	o.DuplicatePeer = diameter.DuplicatePeer(f.duplicatePeer)
	o.MaxRequests, o.BusyFor = f.maxRequests, diameter.BusyFor(f.busyFor)
	return nil
}

func (f *gyFlags) check() error {
	switch {
	case f.clientAuthority != "" && f.secure.certificate == "":
		return errors.New("--tls-client-ca is for servers with TLS; give --tls-certificate and --tls-key")
	case f.watchdog < 0:
		return fmt.Errorf("--watchdog is a time, or 0 for none, not %s", f.watchdog)
	case f.maxRequests < 0:
		return fmt.Errorf("--max-in-flight is a number of requests, or 0 for no limit, not %d",
			f.maxRequests)
	}
	return nil
}

// clientFlags are what a client can be told about TLS.
type clientFlags struct {
	secure            secureFlags
	authority, server string
}

func (f *clientFlags) add(flags *pflag.FlagSet) {
	f.secure.add(flags, "the client's")
	flags.StringVar(&f.authority, "tls-ca", "",
		"authorities whose certificates the server may show, PEM; without it the system's")
	flags.StringVar(&f.server, "tls-server-name", "",
		"name that must stand in the server's certificate; without it the host of --to")
}

// client is the configuration for tls:// addresses.
func (f *clientFlags) client() (*tls.Config, error) {
	configuration, err := f.secure.configuration()
	if err != nil {
		return nil, err
	}
	configuration.ServerName = f.server
	if f.authority != "" {
		configuration.RootCAs, err = readAuthorities("--tls-ca", f.authority)
	}
	return configuration, err
}

// announced is what is said of an open listener: its address, and its name if it has its own.
func announced(l ocssim.Listener) string {
	if l.OriginHost == "" {
		return l.String()
	}
	return l.String() + " as " + l.OriginHost
}

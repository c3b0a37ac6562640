package ocssim

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
)

// Options say what Start builds. The zero value is a simulator on free loopback ports with a
// temporary database and no accounts.
type Options struct {
	// Diameter are the addresses to listen on for Gy, host:port; port 0 takes a free one. None:
	// 127.0.0.1:0.
	Diameter []string
	// API is the address of the REST door. Empty: 127.0.0.1:0.
	API string
	// Database is the ledger's file. Empty: a temporary one, deleted at the end.
	Database string
	// Seeds are documents that are applied before the doors open, and again by POST /v1/reset.
	// Accounts that an old database has already are left as they are there.
	Seeds []document.File
	// OriginHost and OriginRealm are the simulator's Diameter identity. Empty: ocs.example.net of
	// example.net.
	OriginHost, OriginRealm string
	// Token must be sent to the REST door as a bearer token, if set.
	Token string
	// AllowRemote lets the REST door listen beyond loopback without a token.
	AllowRemote bool
	// Settings go over those of the seeds, for all clients: strictness, a profile, and the rest.
	Settings document.Settings
	// DebitLate debits usage that comes after supervision or a refusal ended its session; otherwise
	// it is 5002. Settings.LateUsage says the same.
	DebitLate bool
	// Supervision is how long a session without grants is kept; 0: one hour.
	Supervision time.Duration
	// Records is the file that offline charging (Rf) keeps its records in, one JSON line each. Empty:
	// they are acknowledged and shown in the journal only.
	Records string
	// InterimInterval asks Rf clients for interim records; 0: it does not.
	InterimInterval time.Duration
	// Clock is where the charging clock starts, where the ledger has none yet.
	Clock charging.ClockState
	// Version is shown to people.
	Version string
	Log     zerolog.Logger
}

const (
	defaultHost  = "ocs.example.net"
	defaultRealm = "example.net"
	anyLoopback  = "127.0.0.1:0"
)

func (o *Options) fill() error {
	if len(o.Diameter) == 0 {
		o.Diameter = []string{anyLoopback}
	}
	if o.API == "" {
		o.API = anyLoopback
	}
	if o.OriginHost == "" {
		o.OriginHost = defaultHost
	}
	if o.OriginRealm == "" {
		o.OriginRealm = defaultRealm
	}
	if o.DebitLate && o.Settings.LateUsage == "" {
		o.Settings.LateUsage = string(charging.LateDebit)
	}
	return o.check()
}

// An OptionError says which option cannot be as it is. Nothing was opened then.
type OptionError struct {
	Option  string // in words of the command line, as --api
	Problem string // what is wrong, and what to do
}

// Error names the option and its problem.
func (e *OptionError) Error() string { return e.Option + ": " + e.Problem }

// check refuses what cannot be, before anything is opened.
func (o *Options) check() error {
	for _, address := range o.Diameter {
		if err := checkAddress("--diameter", address); err != nil {
			return err
		}
	}
	identities := []struct{ option, value string }{
		{"--origin-host", o.OriginHost}, {"--origin-realm", o.OriginRealm},
	}
	for _, identity := range identities {
		if strings.ContainsAny(identity.value, " \t\r\n:/;") {
			return &OptionError{identity.option, fmt.Sprintf(
				"%q is no host name; a DiameterIdentity is one, as %s", identity.value, defaultHost)}
		}
	}
	if err := checkAddress("--api", o.API); err != nil {
		return err
	}
	return o.guardAPI()
}

func checkAddress(option, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return &OptionError{option, fmt.Sprintf(
			"%q is no address; write host:port, as 127.0.0.1:0 for any free port", address)}
	}
	return nil
}

// guardAPI refuses a REST door that anybody could use from outside, unless that is wanted.
func (o *Options) guardAPI() error {
	host, _, _ := net.SplitHostPort(o.API)
	address := net.ParseIP(host)
	loopback := host == "localhost" || address != nil && address.IsLoopback()
	if loopback || o.Token != "" || o.AllowRemote {
		return nil
	}
	return &OptionError{"--api", fmt.Sprintf("the API would listen on %s for everybody; "+
		"set a --token, listen on 127.0.0.1, or allow it with --allow-remote", o.API)}
}

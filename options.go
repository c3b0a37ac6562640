package ocssim

import (
	"crypto/tls"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
)

// Options say what Start builds. The zero value is a simulator on free loopback ports with a
// temporary database and no accounts.
type Options struct {
	// Diameter are the addresses to listen on for Gy, as ParseListener reads them: host:port at
	// least; port 0 takes a free one. Listeners are more of them. None of both: 127.0.0.1:0.
	Diameter  []string
	Listeners []Listener
	// TLS is for listeners with TLS, and must have a certificate then.
	TLS *tls.Config
	// API is the address of the REST door. Empty: 127.0.0.1:0.
	API string
	// Database is the ledger's file. Empty: a temporary one, deleted at the end.
	Database string
	// Seeds are documents that are applied before the doors open, and again by POST /v1/reset.
	// Accounts that an old database has already are left as they are there.
	Seeds []document.File
	// Seed is a document that was read already, in place of Seeds.
	Seed *document.Document
	// Dictionaries are vendors' dictionaries, XML, YAML or JSON, each named as its file is, without
	// directory and extension. Reset goes back to them.
	Dictionaries []document.File
	// OriginHost and OriginRealm are the simulator's Diameter identity. Empty: ocs.example.net of
	// example.net.
	OriginHost, OriginRealm string
	// AllowedPeers are globs for the Origin-Host of peers. None: every peer is admitted.
	AllowedPeers []string
	// DuplicatePeer is what becomes of a peer's second connection. Empty: it is admitted.
	DuplicatePeer diameter.DuplicatePeer
	// Watchdog is Tw of RFC 3539. 0: 30 seconds; below zero: peers are never asked.
	Watchdog time.Duration
	// MaxRequests is how many requests may be under way in all; beyond it those that BusyFor names
	// are answered 3004. 0: any number.
	MaxRequests int
	BusyFor     diameter.BusyFor
	// Realms are globs for the realms that are served beside the own ones; others are answered
	// 3003. None: every realm is served.
	Realms []string
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
	// RARWait is how long the answer to a RAR or ASR is awaited, and then the CCR that must follow;
	// 0: ten seconds.
	RARWait time.Duration
	// Occasions say when RAR and ASR are sent though nobody asks; nil: RAR on top-up.
	Occasions *api.Occasions
	// NoFindings leaves clients unjudged.
	NoFindings bool
	// Clock is where the charging clock starts, where the ledger has none yet.
	Clock charging.ClockState
	// RandomSeed is where chance begins, in scenarios that leave something to it. 0: another one
	// each time, which the log tells.
	RandomSeed uint64
	// Version is shown to people.
	Version string
	Log     zerolog.Logger

	isSandbox bool // one of another simulator, which has none of its own
}

const (
	defaultHost  = "ocs.example.net"
	defaultRealm = "example.net"
	anyLoopback  = "127.0.0.1:0"
)

func (o *Options) fill() error {
	if o.API == "" {
		o.API = anyLoopback
	}
	if o.OriginHost == "" {
		o.OriginHost = defaultHost
	}
	if o.OriginRealm == "" {
		o.OriginRealm = defaultRealm
	}
	if o.RandomSeed == 0 {
		o.RandomSeed = rand.Uint64()
	}
	if o.Occasions == nil {
		o.Occasions = &api.Occasions{TopUp: true}
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
	if err := o.fillListeners(); err != nil {
		return err
	}
	if err := checkIdentity("--origin-host", o.OriginHost); err != nil {
		return err
	}
	if err := checkIdentity("--origin-realm", o.OriginRealm); err != nil {
		return err
	}
	if err := checkAddress("--api", o.API); err != nil {
		return err
	}
	if err := o.checkRARWait(); err != nil {
		return err
	}
	if err := o.checkPeers(); err != nil {
		return err
	}
	return o.guardAPI()
}

// checkPeers refuses words and globs that nobody knows.
func (o *Options) checkPeers() error {
	switch o.DuplicatePeer {
	case "", diameter.AdmitDuplicate, diameter.RejectDuplicate, diameter.ReplaceDuplicate:
	default:
		return &OptionError{"--duplicate-peer", fmt.Sprintf(
			"it is admit, reject or replace, not %q", o.DuplicatePeer)}
	}
	switch o.BusyFor {
	case "", diameter.BusyForNamed, diameter.BusyForAll:
	default:
		return &OptionError{"--busy-for", fmt.Sprintf("it is named or all, not %q", o.BusyFor)}
	}
	globs := map[string][]string{"--allow-peer": o.AllowedPeers, "--serve-realm": o.Realms}
	for _, option := range slices.Sorted(maps.Keys(globs)) {
		for _, glob := range globs[option] {
			if _, err := path.Match(glob, ""); err != nil || glob == "" {
				return &OptionError{option, fmt.Sprintf(
					"%q is no glob; write a name in which * stands for any characters", glob)}
			}
		}
	}
	return nil
}

// checkIdentity refuses what no client could read as a DiameterIdentity, which is ASCII (RFC 6733
// section 4.3.1).
func checkIdentity(option, name string) error {
	strange := func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(":/;", r)
	}
	if strings.ContainsFunc(name, strange) {
		return &OptionError{option, fmt.Sprintf(
			"%q is no host name; a DiameterIdentity is one, as %s", name, defaultHost)}
	}
	return nil
}

func checkAddress(option, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return &OptionError{option, fmt.Sprintf(
			"%q is no address; write host:port, as 127.0.0.1:0 for any free port", address)}
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return &OptionError{option, fmt.Sprintf(
			"%q has no port that there is; ports are 0 to 65535", address)}
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

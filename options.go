package ocssim

import (
	"fmt"
	"net"
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
	// DebitLate debits usage that comes after supervision ended its session; otherwise it is 5002.
	DebitLate bool
	// Supervision is how long a session without grants is kept; 0: two hours.
	Supervision time.Duration
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
	return o.guardAPI()
}

// guardAPI refuses a REST door that anybody could use from outside, unless that is wanted.
func (o *Options) guardAPI() error {
	host, _, err := net.SplitHostPort(o.API)
	if err != nil {
		return fmt.Errorf("API address %q: %w", o.API, err)
	}
	address := net.ParseIP(host)
	loopback := host == "localhost" || address != nil && address.IsLoopback()
	if loopback || o.Token != "" || o.AllowRemote {
		return nil
	}
	return fmt.Errorf("the API would listen on %s for everybody; "+
		"set a token, listen on 127.0.0.1, or allow it with --allow-remote", o.API)
}

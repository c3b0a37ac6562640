package diameter

import (
	"cmp"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/rs/zerolog"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Options are a server's. Durations and limits that are zero have the defaults named.
type Options struct {
	OriginHost    string // of this server, a DiameterIdentity
	OriginRealm   string
	ProductName   string   // "ocs-sim"
	VendorID      uint32   // of the product; 0: none
	HostAddresses []net.IP // for Host-IP-Address; none: the address that the peer reached

	// OriginStateID is asked whenever Origin-State-Id is sent; nil: it is not sent.
	OriginStateID func() uint32

	Charger charging.Charger
	// Accounting answers what clients report for offline charging (ACR): requests that have a
	// Record. nil: application 3 is not served.
	Accounting charging.Charger
	// InterimInterval asks clients for interim records, in Acct-Interim-Interval; 0: it is not sent.
	InterimInterval time.Duration
	Recorder        charging.Recorder // nil: nobody watches
	Clock           *charging.Clock   // nil: the wall clock
	// Between decides how a CER, DWR or DPR is answered; nil: as it should be. Note is told what
	// of that could not be.
	Between func(message string, r *charging.Request) charging.Decision
	Note    func(exchange int64, detail string)
	// Restarted is told that the Origin-State-Id of a client went up (RFC 6733 section 8.16), of
	// those clients whose Settings.OriginState wants it. What it does is done before anything that
	// the client asks afterwards on that connection, which waits for it. nil: nothing is done.
	Restarted func(ctx context.Context, client charging.Origin)
	Log       zerolog.Logger

	// Settings are those of a client, which are not changed any more; nil, or a nil result: the
	// default ones. It is asked for every request, so it had better be quick.
	Settings func(charging.Origin) *charging.Settings

	Dictionaries *Dictionaries // nil: the standards' AVPs alone

	AllowedPeers  []string      // globs for Origin-Host; none: every peer is admitted
	DuplicatePeer DuplicatePeer // AdmitDuplicate

	CapabilitiesTimeout time.Duration // for a CER to come: 10 s
	Watchdog            time.Duration // Tw of RFC 3539: 30 s; below zero: no watchdog
	RequestTimeout      time.Duration // for RAA and ASA: 10 s
	WriteTimeout        time.Duration // for a peer to take what is written: 10 s
	CloseTimeout        time.Duration // for a connection to end in good order: 2 s

	MaxConnections int // at a time: 4096; more are closed at once
	MaxMessage     int // octets of one message: 65536; a larger one is answered 5015
	MaxInFlight    int // requests of one connection without an answer yet: 4096; then it is not read

	// MaxRequests bounds the requests of all connections that charging has not answered yet; those
	// beyond it are answered 3004 at once, if BusyFor says so of them. 0: no bound but MaxInFlight.
	MaxRequests int
	BusyFor     BusyFor // BusyForNamed
	// Realms are globs for Destination-Realm, beside the server's own; requests for others are
	// answered 3003. None: every realm is served.
	Realms []string
}

// withDefaults fills in what is left out.
func (o Options) withDefaults() Options {
	if o.ProductName == "" {
		o.ProductName = "ocs-sim"
	}
	if o.Clock == nil {
		o.Clock = charging.NewClock(charging.ClockState{})
	}
	if o.Dictionaries == nil {
		o.Dictionaries = NewDictionaries()
	}
	o.DuplicatePeer = cmp.Or(o.DuplicatePeer, AdmitDuplicate)
	o.BusyFor = cmp.Or(o.BusyFor, BusyForNamed)
	for value, standard := range map[*time.Duration]time.Duration{
		&o.CapabilitiesTimeout: 10 * time.Second, &o.Watchdog: 30 * time.Second,
		&o.RequestTimeout: 10 * time.Second, &o.WriteTimeout: 10 * time.Second,
		&o.CloseTimeout: 2 * time.Second,
	} {
		if *value == 0 {
			*value = standard
		}
	}
	for value, standard := range map[*int]int{
		&o.MaxConnections: 4096, &o.MaxMessage: 64 << 10, &o.MaxInFlight: 4096,
	} {
		if *value == 0 {
			*value = standard
		}
	}
	return o
}

// A Server speaks Gy with any number of peers and has its Charger answer them.
type Server struct {
	options   Options
	self      identity
	decoder   *decoder
	diam      *diam.Server
	peers     *peers
	admitting sync.Mutex // one peer at a time, so that only one of two can be the first
	endToEnd  atomic.Uint32
	gated     bool
	restarts  restarts
	underWay  atomic.Int64 // requests that wait for charging; counted only if they are bounded

	context context.Context // given to the Charger; ends with Shutdown
	cancel  context.CancelFunc

	mu          sync.Mutex
	connections map[*connection]struct{}
	stopping    bool
}

// NewServer returns a server that serves nothing yet.
func NewServer(o Options) *Server {
	s := &Server{
		options:     o.withDefaults(),
		self:        identity{o.OriginHost, o.OriginRealm},
		peers:       newPeers(),
		connections: make(map[*connection]struct{}),
	}
	s.gated = s.options.gated()
	s.decoder = newDecoder(SharedDictionary(), s.self)
	s.endToEnd.Store(firstEndToEnd(time.Now()))
	s.context, s.cancel = context.WithCancel(context.Background())
	s.diam = &diam.Server{Handler: s.routes(), Dict: SharedDictionary().parser}
	return s
}

// dictionary is what is known now; it may change from message to message.
func (s *Server) dictionary() *Dictionary { return s.options.Dictionaries.Current() }

// routes are the messages that the library dispatches.
func (s *Server) routes() *diam.ServeMux {
	mux := diam.NewServeMux()
	handle := func(name string, do func(*guard, header)) {
		mux.HandleFunc(name, func(c diam.Conn, _ *diam.Message) {
			if g, ok := c.Connection().(*guard); ok {
				do(g, parseHeader(g.frame))
			}
		})
	}
	handle("CER", s.capabilitiesExchange)
	handle("DWR", s.deviceWatchdog)
	handle("DPR", s.disconnectPeer)
	for _, name := range []string{"DWA", "DPA", "RAA", "ASA"} {
		handle(name, func(g *guard, h header) { g.answered(h, g.frame) })
	}
	return mux
}

// take begins a connection, if there is room.
func (s *Server) take(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || len(s.connections) >= s.options.MaxConnections {
		return false
	}
	s.connections[c] = struct{}{}
	c.mu.Lock()
	c.watch.await(c)
	c.mu.Unlock()
	go c.write()
	return true
}

// forget drops a connection that is closed.
func (s *Server) forget(c *connection) {
	s.peers.remove(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
}

// Shutdown takes no more connections, says goodbye to the peers with a DPR, waits for their DPA
// and for answers that are due, and closes. That takes Options.CloseTimeout at most, or as long as
// the context allows; then what is left is closed at once, and the context's error returned.
// When it returns no request is read any more.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	connections := make([]*connection, 0, len(s.connections))
	for c := range s.connections {
		connections = append(connections, c)
	}
	s.mu.Unlock()
	err := s.diam.Close()
	bounded, cancel := context.WithTimeout(ctx, s.options.CloseTimeout)
	defer cancel()
	s.sayGoodbyes(bounded, connections, Rebooting)
	s.cancel()
	for _, c := range connections {
		select {
		case <-c.left:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) sayGoodbyes(
	ctx context.Context, connections []*connection, cause DisconnectCause,
) {
	var all sync.WaitGroup
	for _, c := range connections {
		all.Go(func() { c.sayGoodbye(ctx, cause) })
	}
	all.Wait()
}

package diameter

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Peer is one open connection of a peer.
type Peer struct {
	OriginHost       string    `json:"origin_host"`
	OriginRealm      string    `json:"origin_realm"`
	ProductName      string    `json:"product_name"`
	VendorID         uint32    `json:"vendor_id"`
	FirmwareRevision uint32    `json:"firmware_revision"`
	OriginStateID    uint32    `json:"origin_state_id"` // 0: none was told
	Relay            bool      `json:"relay"`           // it offers every application
	Applications     []uint32  `json:"applications"`    // that it offers, in its order
	Address          string    `json:"address"`         // of its end of the connection
	Listener         string    `json:"listener"`        // the address that it reached
	Since            time.Time `json:"since"`
	Suspect          bool      `json:"suspect"` // it does not answer watchdog requests
}

func (p *Peer) origin() charging.Origin {
	return charging.Origin{Host: p.OriginHost, Realm: p.OriginRealm}
}

// origin is the peer's identity.
func (c *connection) origin() charging.Origin {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer.origin()
}

// DuplicatePeer says what becomes of a second connection of a peer.
type DuplicatePeer string

// The ways to take a second connection. Clients with several processes, and those whose first
// connection is half open only, need AdmitDuplicate.
const (
	AdmitDuplicate   DuplicatePeer = "admit"
	RejectDuplicate  DuplicatePeer = "reject"  // the new one is refused
	ReplaceDuplicate DuplicatePeer = "replace" // the old ones are closed
)

// maxRoutes bounds how many hosts behind relays are remembered.
const maxRoutes = 1 << 16

// peers is the registry of open connections, by Origin-Host, and of the hosts behind relays.
type peers struct {
	mu      sync.RWMutex
	byHost  map[string][]*connection // the newest last
	routes  map[string]string        // a host, and the peer by which its requests came
	ordered []string                 // the hosts of routes, oldest first
	changes atomic.Int64             // of routes
}

func newPeers() *peers {
	return &peers{byHost: make(map[string][]*connection), routes: make(map[string]string)}
}

// add puts the connection last among its host's, and takes it from where it was.
func (p *peers) add(c *connection, host string) {
	key := strings.ToLower(host)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(c)
	c.registered = key
	if c.route == nil || c.route.Peer != host {
		c.route = &charging.Route{Peer: host}
	}
	p.byHost[key] = append(slices.Clone(p.byHost[key]), c)
}

func (p *peers) remove(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(c)
}

func (p *peers) drop(c *connection) {
	host := c.registered
	if host == "" {
		return
	}
	c.registered = ""
	left := slices.DeleteFunc(slices.Clone(p.byHost[host]),
		func(other *connection) bool { return other == c })
	if len(left) == 0 {
		delete(p.byHost, host)
		return
	}
	p.byHost[host] = left
}

// of returns the connections of a host, but one.
func (p *peers) of(host string, but *connection) []*connection {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(p.byHost[strings.ToLower(host)]),
		func(c *connection) bool { return c == but })
}

// beside returns the other connections of a host to the same identity of this server: by another
// listener it may have reached what is another server to it.
func (p *peers) beside(host string, c *connection) []*connection {
	return slices.DeleteFunc(p.of(host, c),
		func(other *connection) bool { return other.self != c.self })
}

// came notes by which peer the requests of a host come, where it is not the peer's own. It looks
// no further where the last request was the same host's and no route has changed since.
func (p *peers) came(c *connection, origin charging.Origin) {
	if origin.Host == c.lastOrigin && p.changes.Load() == c.lastChange || origin.Host == "" {
		return
	}
	defer func() { c.lastOrigin, c.lastChange = origin.Host, p.changes.Load() }()
	c.mu.Lock()
	relay := strings.ToLower(c.peer.OriginHost)
	c.mu.Unlock()
	host := strings.ToLower(origin.Host)
	if host == relay {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	prior, known := p.routes[host]
	if prior == relay {
		return
	}
	p.changes.Add(1)
	if !known {
		if len(p.ordered) == maxRoutes {
			delete(p.routes, p.ordered[0])
			p.ordered = p.ordered[1:]
		}
		p.ordered = append(p.ordered, host)
	}
	p.routes[host] = relay
}

// route finds the connection that the session's last request came by, or the newest of the same
// neighbour. Of a session without any that is left it is the newest of its host, or of the relay by
// which the host's last request came.
func (p *peers) route(s *charging.Summons) (*connection, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if s.Route != nil {
		if c := same(p.byHost[strings.ToLower(s.Route.Peer)], s.Route); c != nil {
			return c, true
		}
	}
	host := strings.ToLower(s.Origin.Host)
	for _, name := range []string{host, p.routes[host]} {
		if c := answering(p.byHost[name]); c != nil {
			return c, true
		}
	}
	return nil, false
}

// same is the connection of a route, unless it is suspect or gone: then any that answers.
func same(connections []*connection, route *charging.Route) *connection {
	at := slices.IndexFunc(connections, func(c *connection) bool { return c.route == route })
	if at >= 0 && !connections[at].suspect.Load() {
		return connections[at]
	}
	return answering(connections)
}

// answering is the newest connection that answers its watchdog, or the newest where none does: RFC
// 3539 section 3.4.1 has what is to be sent fail over from a suspect one, and back once it answers.
func answering(connections []*connection) *connection {
	for _, c := range slices.Backward(connections) {
		if !c.suspect.Load() {
			return c
		}
	}
	if len(connections) == 0 {
		return nil
	}
	return connections[len(connections)-1]
}

// all returns every open connection.
func (p *peers) all() []*connection {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var all []*connection
	for _, connections := range p.byHost {
		all = append(all, connections...)
	}
	return all
}

// Peers lists the open connections, by Origin-Host and then by age.
func (s *Server) Peers() []Peer {
	connections := s.peers.all()
	list := make([]Peer, 0, len(connections))
	for _, c := range connections {
		c.mu.Lock()
		peer := c.peer
		peer.Suspect = c.suspect.Load()
		c.mu.Unlock()
		list = append(list, peer)
	}
	slices.SortFunc(list, func(a, b Peer) int {
		return cmp.Or(strings.Compare(a.OriginHost, b.OriginHost), a.Since.Compare(b.Since))
	})
	return list
}

// Connected reports whether a peer has an open connection.
func (s *Server) Connected(originHost string) bool { return len(s.peers.of(originHost, nil)) > 0 }

package ocssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/charging"
)

// maxSandboxes bounds the sandboxes of one simulator.
const maxSandboxes = 1000

// sandboxes are whole simulators in this process, each with doors, accounts, scenarios, journal and
// clock of its own. It implements api.Sandboxes.
type sandboxes struct {
	base Options

	mu     sync.Mutex
	byName map[string]*sandbox
	made   int
	closed bool
}

// A sandbox is one of them. Its server is nil while it starts.
type sandbox struct {
	told   api.Sandbox
	server *Server
	timer  *time.Timer
}

// newSandboxes keeps what each is made of: its one listener is as the first of the server, but for
// that it takes any port.
func newSandboxes(o *Options) *sandboxes {
	base := *o
	first := o.Listeners[0]
	first.Address = anyPort(first.Address)
	base.Diameter, base.Listeners, base.API = nil, []Listener{first}, anyPort(o.API)
	base.Database, base.Seed, base.isSandbox = "", nil, true
	return &sandboxes{base: base, byName: make(map[string]*sandbox)}
}

// anyPort is any free port on the host of an address.
func anyPort(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return anyLoopback
	}
	return net.JoinHostPort(host, "0")
}

// Create starts a sandbox and returns when its doors are open.
func (b *sandboxes) Create(ctx context.Context, o api.SandboxOrder) (api.Sandbox, error) {
	made, err := b.reserve(o)
	if err != nil {
		return api.Sandbox{}, err
	}
	options := b.base
	options.Seed = o.Seed
	if o.Seed != nil {
		options.Seeds = nil
	}
	server, err := Start(ctx, options)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil && b.closed {
		err = errors.Join(errStopping, server.Close())
	}
	if err != nil {
		delete(b.byName, made.told.Name)
		return api.Sandbox{}, fmt.Errorf("start sandbox %s: %w", made.told.Name, err)
	}
	made.server = server
	made.told.Diameter, made.told.API = server.DiameterAddresses(), server.APIURL()
	made.timer = time.AfterFunc(o.TTL, func() {
		if err := b.Delete(context.Background(), made.told.Name); err != nil {
			b.base.Log.Debug().Err(err).Msg("a sandbox whose time was over")
		}
	})
	return made.told, nil
}

var errStopping = errors.New("the simulator stops")

// reserve takes a name.
func (b *sandboxes) reserve(o api.SandboxOrder) (*sandbox, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := o.Name
	for name == "" || o.Name == "" && b.byName[name] != nil {
		b.made++
		name = fmt.Sprintf("sandbox-%d", b.made)
	}
	switch {
	case b.closed:
		return nil, errStopping
	case b.byName[name] != nil:
		return nil, charging.Errorf(charging.KindSandboxExists, "there is a sandbox %q already", name)
	case len(b.byName) >= maxSandboxes:
		return nil, charging.Errorf(charging.KindSandboxExists,
			"there are %d sandboxes, as many as there may be", maxSandboxes)
	}
	made := &sandbox{told: api.Sandbox{Name: name, Expires: time.Now().Add(o.TTL).UTC()}}
	b.byName[name] = made
	return made, nil
}

// Sandbox returns one that runs; the error is of KindSandboxNotFound.
func (b *sandboxes) Sandbox(name string) (api.Sandbox, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.byName[name]; found != nil && found.server != nil {
		return found.told, nil
	}
	return api.Sandbox{}, noSandbox(name)
}

func noSandbox(name string) error {
	return &charging.Error{
		Kind: charging.KindSandboxNotFound, Message: fmt.Sprintf("no sandbox %q", name),
		Hint: "GET /v1/sandboxes lists those there are",
	}
}

// List returns those that run, by name.
func (b *sandboxes) List() []api.Sandbox {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []api.Sandbox{}
	for _, one := range b.byName {
		if one.server != nil {
			list = append(list, one.told)
		}
	}
	slices.SortFunc(list, func(x, y api.Sandbox) int {
		return cmp.Or(cmp.Compare(len(x.Name), len(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return list
}

// Delete ends one, with all that it holds; the error is of KindSandboxNotFound.
func (b *sandboxes) Delete(_ context.Context, name string) error {
	b.mu.Lock()
	found := b.byName[name]
	if found == nil || found.server == nil {
		b.mu.Unlock()
		return noSandbox(name)
	}
	delete(b.byName, name)
	b.mu.Unlock()
	found.timer.Stop()
	return found.server.Close()
}

// close ends all of them.
func (b *sandboxes) close() error {
	b.mu.Lock()
	b.closed = true
	var running []string
	for name, one := range b.byName {
		if one.server != nil {
			running = append(running, name)
		}
	}
	b.mu.Unlock()
	errs := make([]error, len(running))
	var all sync.WaitGroup
	for i, name := range running {
		all.Go(func() { errs[i] = b.Delete(context.Background(), name) })
	}
	all.Wait()
	return errors.Join(errs...)
}

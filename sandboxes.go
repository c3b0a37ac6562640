package ocssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ocs-sim/ocs-sim/api"
	"github.com/ocs-sim/ocs-sim/api/document"
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
	ending sync.WaitGroup // those that are taken off and still close
	tidy   *time.Timer    // runs since the last one ended
}

// A sandbox is one of them. Its server is nil while it starts.
type sandbox struct {
	told   api.Sandbox
	server *Server
	timer  *time.Timer
}

// newSandboxes makes them after a simulator, on whose hosts they take ports of their own. The seed
// is for those that bring none.
func newSandboxes(o *Options, seed *document.Document) *sandboxes {
	base := *o
	base.Diameter, base.Listeners, base.API = nil, slices.Clone(o.Listeners), anyPort(o.API)
	for i := range base.Listeners {
		base.Listeners[i].Address = anyPort(base.Listeners[i].Address)
	}
	// Two simulators never share a file.
	base.Database, base.Records = "", ""
	base.Seeds, base.Seed, base.isSandbox = nil, seed, true
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
	made, err := b.reserve(&o)
	if err != nil {
		return api.Sandbox{}, err
	}
	server, err := Start(ctx, b.options(&o, made.told.Name))
	if err == nil && ctx.Err() != nil { // whoever asked is gone, and does not know the name
		err = errors.Join(ctx.Err(), server.Close())
	}
	if err == nil {
		if err = b.open(made, server); err != nil {
			err = errors.Join(err, server.Close())
		}
	}
	if err != nil {
		b.mu.Lock()
		delete(b.byName, made.told.Name)
		b.mu.Unlock()
		return api.Sandbox{}, sandboxError(made.told.Name, err)
	}
	return made.told, nil
}

// open makes known what has started, and ends it in time. It fails where all are to end.
func (b *sandboxes) open(made *sandbox, server *Server) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errStopping
	}
	made.server = server
	made.told.API = server.APIURL()
	for _, listener := range server.DiameterListeners() {
		made.told.Diameter = append(made.told.Diameter, listener.String())
	}
	made.timer = time.AfterFunc(time.Until(made.told.Expires), func() {
		if err := b.end(made); err != nil {
			b.base.Log.Debug().Err(err).Str("sandbox", made.told.Name).
				Msg("a sandbox whose time was over")
		}
	})
	return nil
}

// options are those of one sandbox.
func (b *sandboxes) options(o *api.SandboxOrder, name string) Options {
	options := b.base
	options.Log = options.Log.With().Str("sandbox", name).Logger()
	if o.Seed != nil {
		options.Seed = o.Seed
	}
	if len(o.Diameter) > 0 {
		options.Diameter, options.Listeners = o.Diameter, nil
	}
	options.API = cmp.Or(o.API, options.API)
	return options
}

var errStopping = errors.New("the simulator stops")

// sandboxError says why a sandbox did not start in words of the request that asked for it.
func sandboxError(name string, err error) error {
	var option *OptionError
	switch {
	case errors.As(err, &option):
		place := strings.TrimPrefix(option.Option, "--")
		return &charging.Error{
			Kind: charging.KindInvalidDocument, Message: place + ": " + option.Problem,
			Faults: []charging.Fault{{Path: place, Message: option.Problem}},
		}
	case errors.Is(err, syscall.EADDRINUSE):
		return &charging.Error{
			Kind: charging.KindAddressInUse, Message: listening(err),
			Hint: "leave the address out, or write port 0, to have a free port taken",
		}
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EACCES):
		return charging.Errorf(charging.KindInvalidDocument, "%s", listening(err))
	}
	return fmt.Errorf("start sandbox %s: %w", name, err)
}

// listening is what was wrong with an address, without advice about flags of serve.
func listening(err error) string {
	var refused *net.OpError
	if errors.As(err, &refused) {
		return refused.Error()
	}
	return err.Error()
}

// reserve takes a name.
func (b *sandboxes) reserve(o *api.SandboxOrder) (*sandbox, error) {
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
		return nil, &charging.Error{
			Kind:    charging.KindSandboxExists,
			Message: fmt.Sprintf("there is a sandbox %q already", name),
			Hint:    "DELETE /v1/sandboxes/" + name + ", or leave the name out to have one chosen",
		}
	case len(b.byName) >= maxSandboxes:
		return nil, &charging.Error{
			Kind:    charging.KindTooManySandboxes,
			Message: fmt.Sprintf("there are %d sandboxes, as many as there may be", maxSandboxes),
			Hint:    "delete some, as by DELETE /v1/sandboxes?tag=TAG; GET /v1/sandboxes lists them",
		}
	}
	now := time.Now()
	made := &sandbox{told: api.Sandbox{
		Name: name, Tags: append([]string{}, o.Tags...),
		Created: now.UTC(), Expires: now.Add(o.TTL).UTC(),
	}}
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
		Hint: "GET /v1/sandboxes lists those there are; perhaps its time to live was over",
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
	b.mu.Unlock()
	if found == nil {
		return noSandbox(name)
	}
	return b.end(found)
}

// end ends this one, and never another that has taken its name since.
func (b *sandboxes) end(one *sandbox) error {
	b.mu.Lock()
	name := one.told.Name
	if one.server == nil || b.byName[name] != one {
		b.mu.Unlock()
		return noSandbox(name)
	}
	delete(b.byName, name)
	b.ending.Add(1)
	b.mu.Unlock()
	defer b.ending.Done()
	one.timer.Stop()
	err := one.server.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tidy != nil {
		b.tidy.Stop()
	}
	if !b.closed {
		b.tidy = time.AfterFunc(tidyAfter, giveBack)
	}
	return err
}

// tidyAfter is how long after the end of a sandbox memory goes back to the system, if no other ends
// meanwhile. Left to itself it comes to twice of what all sandboxes had at a time, and stays.
const tidyAfter = time.Second

// giveBack collects twice, since what a finalizer or a pool lets go is free only then.
func giveBack() {
	debug.FreeOSMemory()
	debug.FreeOSMemory()
}

// close ends all of them, and waits for those that end already.
func (b *sandboxes) close() error {
	b.mu.Lock()
	b.closed = true
	if b.tidy != nil {
		b.tidy.Stop()
	}
	running := slices.Collect(maps.Values(b.byName))
	b.mu.Unlock()
	errs := make([]error, len(running))
	var all sync.WaitGroup
	for i, one := range running {
		all.Go(func() {
			var expected *charging.Error // it starts still, or ended meanwhile
			if err := b.end(one); !errors.As(err, &expected) {
				errs[i] = err
			}
		})
	}
	all.Wait()
	b.ending.Wait()
	return errors.Join(errs...)
}

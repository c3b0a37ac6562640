package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ocs-sim/ocs-sim/api/document"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// Sandboxes are whole simulators beside the one that is asked, in the same process: each has a
// Diameter port, accounts, scenarios, journal and clock of its own.
type Sandboxes interface {
	// Create starts one and returns when its doors are open; KindSandboxExists: the name is taken.
	Create(context.Context, SandboxOrder) (Sandbox, error)
	// Sandbox and Delete fail with KindSandboxNotFound.
	Sandbox(name string) (Sandbox, error)
	List() []Sandbox
	Delete(ctx context.Context, name string) error
}

// A SandboxOrder says what sandbox is wanted.
type SandboxOrder struct {
	Name string             // empty: one is chosen
	TTL  time.Duration      // after which it is gone
	Tags []string           // to delete it by
	Seed *document.Document // nil: the simulator's own start-up seed
	// Diameter and API are addresses to listen on, as serve takes them. Empty: free ports on the
	// hosts of the simulator.
	Diameter []string
	API      string
}

// A Sandbox is one that runs.
type Sandbox = resource.Sandbox

// WrittenSandbox is the body of POST /v1/sandboxes.
type WrittenSandbox struct {
	Name string   `json:"name,omitempty" yaml:"name"`
	TTL  Timeout  `json:"ttl,omitempty" yaml:"ttl"`
	Tags []string `json:"tags,omitempty" yaml:"tags"`
	Seed any      `json:"seed,omitempty" yaml:"seed"`
	// Diameter and API are addresses, as serve takes them; free ports without.
	Diameter []string `json:"diameter,omitempty" yaml:"diameter"`
	API      string   `json:"api,omitempty" yaml:"api"`
}

const (
	sandboxesPath = "/v1/sandboxes"
	sandboxPath   = "/v1/sandboxes/{name}"
	usualTTL      = 10 * time.Minute
	longestTTL    = 24 * time.Hour

	sandboxExample = `{"name": "job-7", "diameter": ["127.0.0.1:41236"],
		"api": "http://127.0.0.1:41237", "tags": ["ci"], "created": "2026-03-01T12:00:00Z",
		"expires": "2026-03-01T12:10:00Z", "left": "9m58s"}`
)

// SandboxPath is the path of one sandbox.
type SandboxPath struct {
	Name string `path:"name" doc:"the sandbox's name" example:"job-7"`
}

// CreateSandboxInput is the input of POST /v1/sandboxes.
type CreateSandboxInput struct {
	Written
	AskedAt
}

// SandboxInput is the input of GET and DELETE /v1/sandboxes/{name}.
type SandboxInput struct {
	SandboxPath
	AskedAt
}

// SandboxesInput is the input of GET /v1/sandboxes.
type SandboxesInput struct {
	Tag string `query:"tag" doc:"those that have this tag"`
	AskedAt
}

// AskedAt is the host by which the client reaches this simulator, for inputs to embed.
type AskedAt struct{ host string }

// Resolve takes the host from the request.
func (a *AskedAt) Resolve(ctx huma.Context) []error {
	a.host = ctx.Host()
	if host, _, err := net.SplitHostPort(a.host); err == nil {
		a.host = host
	}
	return nil
}

// reachable is an address that a client can use: a door that is open on all hosts is named by the
// one that the client has found already.
func (a *AskedAt) reachable(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "", address
	}
	host, port, err := net.SplitHostPort(rest)
	if ip := net.ParseIP(host); err != nil || a.host == "" || ip == nil || !ip.IsUnspecified() {
		return address
	}
	rest = net.JoinHostPort(a.host, port)
	if !found {
		return rest
	}
	return scheme + "://" + rest
}

// shown is a sandbox as its client may use it.
func (a *AskedAt) shown(one Sandbox) Sandbox {
	one.API = a.reachable(one.API)
	one.Diameter = slices.Clone(one.Diameter)
	for i := range one.Diameter {
		one.Diameter[i] = a.reachable(one.Diameter[i])
	}
	one.Tags = append([]string{}, one.Tags...)
	one.Left = max(time.Until(one.Expires), 0).Round(time.Second).String()
	return one
}

func (s *server) sandboxRoutes() {
	unknown := []charging.ErrorKind{charging.KindSandboxNotFound}
	register(s, route{
		method: "POST", path: sandboxesPath, id: "create-sandbox", tag: "Sandboxes", status: 201,
		summary: "Start a sandbox",
		description: "A whole second simulator in this process: its own Diameter port, REST API, " +
			"accounts, scenarios, journal and clock. It is gone with a DELETE, or when its time " +
			"to live is over (`ttl`, 10m, at most 24h, by the wall clock). Without `seed` it " +
			"begins with this simulator's start-up seed, without `name` one is chosen, without " +
			"`diameter` and `api` free ports are taken. The body may be empty.",
		body: WrittenSandbox{}, bodyExample: `{"name": "job-7", "ttl": "5m", "tags": ["ci"],
			"seed": {"accounts": []}}`,
		example: sandboxExample,
		problems: []charging.ErrorKind{
			charging.KindInvalidDocument, charging.KindSandboxExists, charging.KindAddressInUse,
			charging.KindTooManySandboxes, charging.KindSandboxNotFound,
		},
	}, s.createSandbox)
	register(s, route{
		method: "GET", path: sandboxesPath, id: "list-sandboxes", tag: "Sandboxes",
		summary: "List sandboxes", description: "Those that run, with their doors.",
		example: `{"items": [` + sandboxExample + `], "next": ""}`,
	}, s.listSandboxes)
	register(s, route{
		method: "GET", path: sandboxPath, id: "get-sandbox", tag: "Sandboxes",
		summary: "Show a sandbox", description: "Its doors, and when it is gone.",
		example: sandboxExample, problems: unknown,
	}, s.getSandbox)
	register(s, route{
		method: "DELETE", path: sandboxPath, id: "delete-sandbox", tag: "Sandboxes",
		summary: "End a sandbox", description: "With all that it holds. What hangs in it is let go.",
		problems: unknown,
	}, s.deleteSandbox)
	register(s, route{
		method: "DELETE", path: sandboxesPath, id: "delete-sandboxes", tag: "Sandboxes",
		summary:     "End sandboxes by tag",
		description: "Those that have the tag, all at once; there may be none.",
		status:      http.StatusOK, example: `{"deleted": 2}`,
	}, s.deleteSandboxes)
}

// noSandboxes is what a sandbox answers about sandboxes.
func noSandboxes() error {
	return &charging.Error{
		Kind: charging.KindSandboxNotFound, Message: "a sandbox has no sandboxes",
		Hint: "ask the simulator that it belongs to",
	}
}

func (s *server) createSandbox(ctx context.Context, in *CreateSandboxInput) (
	*Output[Sandbox], error,
) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	order, err := s.sandboxOrder(&in.Written)
	if err != nil {
		return nil, err
	}
	made, err := s.Sandboxes.Create(ctx, *order)
	return answer(in.shown(made), err)
}

// sandboxOrder reads what is ordered. Everything that is wrong is told at once, in the seed and
// around it.
func (s *server) sandboxOrder(in *Written) (*SandboxOrder, error) {
	data, err := in.body()
	if err != nil {
		return nil, err
	}
	source, err := document.Parse(bodyName, data)
	if err != nil {
		return nil, err
	}
	var written WrittenSandbox
	order := &SandboxOrder{}
	faults := source.Decode(&written)
	faults = merged(faults, order.take(&written))
	if part := source.Part("seed"); !part.Empty() {
		var wrong []charging.Fault
		order.Seed, wrong, err = s.seedOf(part)
		if err != nil {
			return nil, err
		}
		faults = append(faults, wrong...)
	}
	return order, source.Invalid(faults)
}

// seedOf reads the seed of a sandbox; the AVPs that the seed of this simulator made known are not
// there.
func (s *server) seedOf(part *document.Source) (
	seed *document.Document, faults []charging.Fault, err error,
) {
	known := s.Dictionaries.Except(document.SeedDictionary)
	seed, err = document.DecodeSeed(known, part)
	var invalid *charging.Error
	if !errors.As(err, &invalid) || len(invalid.Faults) == 0 {
		return seed, nil, err
	}
	for _, fault := range invalid.Faults {
		fault.Path = strings.TrimSuffix("seed."+fault.Path, ".")
		faults = append(faults, fault)
	}
	return nil, faults, nil
}

// take takes what is written, and tells what of it cannot be.
func (o *SandboxOrder) take(w *WrittenSandbox) (faults []charging.Fault) {
	var err error
	if o.TTL, err = timeToLive(w.TTL); err != nil {
		faults = append(faults, charging.Fault{Path: "ttl", Message: err.Error()})
	}
	if strings.ContainsFunc(w.Name, strangeInName) || len(w.Name) > maxSandboxName ||
		w.Name == "." || w.Name == ".." {
		faults = append(faults, charging.Fault{Path: "name", Message: fmt.Sprintf(
			"a name is part of a path: it has at most %d octets, letters, digits and - . _ ~ : @ +",
			maxSandboxName)})
	}
	if len(w.Tags) > maxSandboxTags {
		faults = append(faults, charging.Fault{Path: "tags", Message: fmt.Sprintf(
			"at most %d tags", maxSandboxTags)})
	}
	o.Name, o.Tags, o.Diameter, o.API = w.Name, w.Tags, w.Diameter, w.API
	return faults
}

// strangeInName reports what would have to be written otherwise in a path.
func strangeInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._~:@+", r)
}

const (
	maxSandboxName = 100
	maxSandboxTags = 100
)

func timeToLive(t Timeout) (time.Duration, error) {
	if t == "" {
		return usualTTL, nil
	}
	ttl, err := time.ParseDuration(string(t))
	if err != nil || ttl <= 0 || ttl > longestTTL {
		return 0, fmt.Errorf("%q is no time to live; write it like 5m, at most 24h", t)
	}
	return ttl, nil
}

func (s *server) listSandboxes(_ context.Context, in *SandboxesInput) (
	*Output[resource.List[Sandbox]], error,
) {
	list := resource.List[Sandbox]{Items: []Sandbox{}}
	for _, one := range s.taggedSandboxes(in.Tag) {
		list.Items = append(list.Items, in.shown(one))
	}
	return answer(list, nil)
}

// taggedSandboxes are those that have a tag; an empty one: all.
func (s *server) taggedSandboxes(tag string) []Sandbox {
	if s.Sandboxes == nil {
		return nil
	}
	return slices.DeleteFunc(s.Sandboxes.List(), func(one Sandbox) bool {
		return tag != "" && !slices.Contains(one.Tags, tag)
	})
}

func (s *server) getSandbox(_ context.Context, in *SandboxInput) (*Output[Sandbox], error) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	one, err := s.Sandboxes.Sandbox(in.Name)
	return answer(in.shown(one), err)
}

func (s *server) deleteSandbox(ctx context.Context, in *SandboxInput) (*struct{}, error) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	return nil, s.Sandboxes.Delete(ctx, in.Name)
}

func (s *server) deleteSandboxes(ctx context.Context, in *TagInput) (*Output[Deleted], error) {
	found := s.taggedSandboxes(in.Tag)
	errs := make([]error, len(found))
	var all sync.WaitGroup
	for i := range found {
		all.Go(func() { errs[i] = s.Sandboxes.Delete(ctx, found[i].Name) })
	}
	all.Wait()
	var deleted Deleted
	for _, err := range errs {
		var gone *charging.Error // by itself, meanwhile
		if errors.As(err, &gone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		deleted.Deleted++
	}
	return answer(deleted, nil)
}

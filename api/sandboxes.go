package api

import (
	"context"
	"fmt"
	"strings"
	"time"

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
	Seed *document.Document // nil: the simulator's own start-up seed
}

// A Sandbox is one that runs.
type Sandbox struct {
	Name     string    `json:"name"`
	Diameter []string  `json:"diameter"`
	API      string    `json:"api"`
	Expires  time.Time `json:"expires"`
}

// WrittenSandbox is the body of POST /v1/sandboxes.
type WrittenSandbox struct {
	Name string  `json:"name,omitempty" yaml:"name"`
	TTL  Timeout `json:"ttl,omitempty" yaml:"ttl"`
	Seed any     `json:"seed,omitempty" yaml:"seed"`
}

const (
	sandboxesPath = "/v1/sandboxes"
	usualTTL      = 10 * time.Minute
	longestTTL    = 24 * time.Hour

	sandboxExample = `{"name": "job-7", "diameter": ["127.0.0.1:41236"],
		"api": "http://127.0.0.1:41237", "expires": "2026-03-01T12:10:00Z"}`
)

// SandboxPath is the path of one sandbox.
type SandboxPath struct {
	Name string `path:"name" doc:"the sandbox's name" example:"job-7"`
}

func (s *server) sandboxRoutes() {
	unknown := []charging.ErrorKind{charging.KindSandboxNotFound}
	register(s, route{
		method: "POST", path: sandboxesPath, id: "create-sandbox", tag: "Sandboxes", status: 201,
		summary: "Start a sandbox",
		description: "A whole second simulator in this process: its own Diameter port, REST API, " +
			"accounts, scenarios, journal and clock. It is gone with a DELETE, or when its time " +
			"to live is over (`ttl`, 10m, at most 24h, by the wall clock). Without `seed` it " +
			"begins with this simulator's start-up seed. Without `name` one is chosen.",
		body: WrittenSandbox{}, bodyExample: `{"name": "job-7", "ttl": "5m", "seed": {"accounts": []}}`,
		example: sandboxExample,
		problems: []charging.ErrorKind{
			charging.KindInvalidDocument, charging.KindSandboxExists, charging.KindSandboxNotFound,
		},
	}, s.createSandbox)
	register(s, route{
		method: "GET", path: sandboxesPath, id: "list-sandboxes", tag: "Sandboxes",
		summary: "List sandboxes", description: "Those that run, with their doors.",
		example: `{"items": [` + sandboxExample + `], "next": ""}`,
	}, s.listSandboxes)
	register(s, route{
		method: "GET", path: sandboxesPath + "/{name}", id: "get-sandbox", tag: "Sandboxes",
		summary: "Show a sandbox", description: "Its doors, and when it is gone.",
		example: sandboxExample, problems: unknown,
	}, s.getSandbox)
	register(s, route{
		method: "DELETE", path: sandboxesPath + "/{name}", id: "delete-sandbox", tag: "Sandboxes",
		summary: "End a sandbox", description: "With all that it holds.", problems: unknown,
	}, s.deleteSandbox)
}

// noSandboxes is what a sandbox answers about sandboxes.
func noSandboxes() error {
	return &charging.Error{
		Kind: charging.KindSandboxNotFound, Message: "a sandbox has no sandboxes",
		Hint: "ask the simulator that it belongs to",
	}
}

func (s *server) createSandbox(ctx context.Context, in *Written) (*Output[Sandbox], error) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	order, err := s.sandboxOrder(in)
	if err != nil {
		return nil, err
	}
	return answer(s.Sandboxes.Create(ctx, order))
}

func (s *server) sandboxOrder(in *Written) (order SandboxOrder, err error) {
	written, err := decode(in, func(w *WrittenSandbox) (faults []charging.Fault) {
		if order.TTL, err = timeToLive(w.TTL); err != nil {
			faults = append(faults, charging.Fault{Path: "ttl", Message: err.Error()})
		}
		if len(w.Name) > maxSandboxName || strings.ContainsAny(w.Name, "/?#% \t\r\n") {
			faults = append(faults, charging.Fault{Path: "name", Message: fmt.Sprintf(
				"a name has at most %d octets, and none of / ? # %% and white space",
				maxSandboxName)})
		}
		return faults
	})
	if err != nil {
		return order, err
	}
	order.Name = written.Name
	if written.Seed == nil {
		return order, nil
	}
	source, err := document.Parse(bodyName, in.data)
	if err != nil {
		return order, err
	}
	order.Seed, err = document.DecodeSeed(s.Dictionaries.Current(), source.Part("seed"))
	return order, err
}

const maxSandboxName = 100

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

func (s *server) listSandboxes(context.Context, *struct{}) (
	*Output[resource.List[Sandbox]], error,
) {
	list := resource.List[Sandbox]{Items: []Sandbox{}}
	if s.Sandboxes != nil {
		list.Items = s.Sandboxes.List()
	}
	return answer(list, nil)
}

func (s *server) getSandbox(_ context.Context, in *SandboxPath) (*Output[Sandbox], error) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	return answer(s.Sandboxes.Sandbox(in.Name))
}

func (s *server) deleteSandbox(ctx context.Context, in *SandboxPath) (*struct{}, error) {
	if s.Sandboxes == nil {
		return nil, noSandboxes()
	}
	return nil, s.Sandboxes.Delete(ctx, in.Name)
}

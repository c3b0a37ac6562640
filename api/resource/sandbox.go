package resource

import "time"

// A Sandbox is a whole simulator beside the one that was asked, in the same process.
type Sandbox struct {
	Name     string    `json:"name"`
	Diameter []string  `json:"diameter" doc:"host:port, with tls:// or sctp:// where it is not TCP"`
	API      string    `json:"api" doc:"base address of its own REST API"`
	Tags     []string  `json:"tags"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Left     string    `json:"left" doc:"time until it is gone" example:"9m58s"`
}

// A SandboxOrder says what sandbox is wanted; all of it may be left out.
type SandboxOrder struct {
	Name     string   `json:"name,omitempty"`
	TTL      string   `json:"ttl,omitempty"` // 10m, 24h at most
	Tags     []string `json:"tags,omitempty"`
	Seed     any      `json:"seed,omitempty"` // what a seed document may have
	Diameter []string `json:"diameter,omitempty"`
	API      string   `json:"api,omitempty"`
}

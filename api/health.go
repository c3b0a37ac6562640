package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Health is the answer of /healthz and /readyz.
type Health struct {
	Status  string `json:"status" example:"ok"`
	Version string `json:"version,omitempty"`
}

func (s *server) healthRoutes() {
	register(s, route{
		method: "GET", path: "/healthz", id: "healthz", tag: "Health", summary: "Is it alive",
		description: "200 as long as the process answers. No token is needed.",
		example:     `{"status": "ok"}`,
	}, s.healthz)
	register(s, route{
		method: "GET", path: "/readyz", id: "readyz", tag: "Health", summary: "Can it charge",
		description: "200 once the seed is committed and every door is open; 503 before, " +
			"while it stops, and for good once the ledger has stopped. No token is needed.",
		example:  `{"status": "ok"}`,
		problems: []charging.ErrorKind{codeNotReady, charging.KindLedgerStopped},
	}, s.readyz)
}

func (s *server) healthz(context.Context, *struct{}) (*Output[Health], error) {
	return answer(Health{Status: "ok", Version: s.Version}, nil)
}

func (s *server) readyz(context.Context, *struct{}) (*Output[Health], error) {
	if err := s.Ledger.Stopped(); err != nil {
		return nil, err
	}
	if s.Ready != nil {
		if err := s.Ready(); err != nil {
			return nil, newProblem(codeNotReady, err.Error())
		}
	}
	return answer(Health{Status: "ok", Version: s.Version}, nil)
}

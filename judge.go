package ocssim

import (
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// judged is the recorder that doors tell: the journal, behind a judge of clients unless that is
// switched off.
func (s *Server) judged(next charging.Recorder) charging.Recorder {
	if s.options.NoFindings {
		return next
	}
	hosts := []string{s.options.OriginHost}
	for _, listener := range s.listeners {
		if listener.said.OriginHost != "" {
			hosts = append(hosts, listener.said.OriginHost)
		}
	}
	s.judge = scenarios.NewJudge(next, scenarios.JudgeOptions{
		Inspect: diameter.NewInspector(hosts, s.vendors.Current).Inspect,
		Frame:   diameter.FrameOf,
		Parse:   diameter.ParseAnswer,
		Connected: func(peer string) bool {
			return s.gy.Connected(peer)
		},
		Clock: s.clock, Patience: s.options.RARWait, WaitFor: s.patience,
	})
	return s.judge
}

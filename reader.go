package ocssim

import (
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// newJournal returns a journal that reads messages by the dictionaries of the moment.
func (s *Server) newJournal() *scenarios.Journal {
	return scenarios.NewJournal(scenarios.JournalOptions{
		Render:    func(raw []byte) any { return s.vendors.Current().Render(raw) },
		SessionOf: diameter.SessionOf, MessageOf: diameter.MessageOf,
		Observed: func(o scenarios.Observation) { s.scenarios.Observe(o.Session, o.Text) },
		Reader: scenarios.Reader{
			Attributes: func(raw []byte) charging.Attributes {
				return s.vendors.Current().Attributes(raw)
			},
			Request: func(raw []byte) *charging.Request {
				return s.vendors.Current().ParseRequest(raw)
			},
			Answer: func(raw []byte) *charging.Answer {
				answer, err := s.vendors.Current().ParseAnswer(raw)
				if err != nil {
					return nil
				}
				return answer
			},
			Knows:    func(path string) error { return s.vendors.Current().Knows(path) },
			Settings: s.settings.Of,
		},
	})
}

package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Between decides how a CER, DWR or DPR is answered, as Decide does for requests that are charged.
// What was done is told in the journal.
func (s *Set) Between(message string, r *charging.Request) charging.Decision {
	if s.count.Load() == 0 {
		return charging.Decision{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	decision := s.decide(&charging.Situation{Request: r, Now: r.At, Between: message})
	if decision.Rule != "" {
		s.noteBetween(r.Exchange, decision.Rule, manner(&decision))
	}
	return decision
}

// Note tells in the journal what else there is to say of the answer to such a message.
func (s *Set) Note(exchange int64, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteBetween(exchange, "", detail)
}

func (s *Set) noteBetween(exchange int64, rule, detail string) {
	if s.stage.journal == nil {
		return
	}
	reason := charging.Reason{Code: charging.BecauseScript, Rule: rule, Detail: detail}
	if rule == "" {
		reason.Code = charging.BecauseIgnored
	}
	s.stage.journal.note(exchange, reason)
}

// manner says how a message between peers is answered.
func manner(d *charging.Decision) string {
	acts := []string{"nothing is charged"}
	if d.Instead != nil && d.Instead.Result != 0 {
		acts = append(acts, fmt.Sprintf("answered %d", d.Instead.Result))
	}
	return strings.Join(append(acts, d.Manner()...), ", ")
}

// between refuses what a message between peers has not: a subscriber, a session, money.
func (c *checker) between(path string, r *Rule) {
	for _, one := range conditions(&r.When) {
		key, _, _ := strings.Cut(one.key, ".")
		if !slices.Contains([]string{"message", "origin_host", "avp", "if"}, key) {
			c.fault(path+".when."+one.key, "a %s has no %s; use origin_host, avp, nth or if",
				r.When.Message, one.key)
		}
	}
	if per := r.When.Nth.Per; per == "subscriber" || per == "session" {
		c.fault(path+".when.nth.per", "a %s has no %s; use total", r.When.Message, per)
	}
	if r.Limit != nil {
		c.fault(path+".limit", "a %s asks for nothing that could be limited", r.When.Message)
	}
	if r.Answer != nil && !onlyResult(r.Answer) {
		c.fault(path+".answer", "a %s is answered with a result, and nothing else", r.When.Message)
	}
	if r.Repeat {
		c.fault(path+".repeat", "a %s is never remembered, so there is no repeat of it", r.When.Message)
	}
	if len(r.Do)+len(r.Expect) > 0 {
		c.fault(path, "do and expect go with requests that are charged, not with a %s", r.When.Message)
	}
}

// onlyResult reports whether nothing else is said.
func onlyResult(a *Answer) bool {
	return a.Result != 0 && a.Grant.IsZero() && a.Final == nil && a.Validity.IsZero() &&
		len(a.MSCC) == 0 && a.Level == "" && a.Ledger == ""
}

package recording

import (
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/charging/conversation"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// unsupported is the result of an AVP that is not known (RFC 6733 section 7.1.5).
const unsupported charging.Result = 5001

// A script is what the simulator is told to answer to one request, where charging would say
// something else than the captured server.
type script struct {
	limit  *scenarios.Limit
	answer *scenarios.Answer
	amend  scenarios.Amends
	fault  *scenarios.Fault
	times  int // how many answers of the same key are missing, one after the other
	stage  int
	checks []conversation.Word // of AVPs that are amended
}

// The stages of a script: what was tried to make the answer that of the capture.
const (
	untouched = iota
	instead   // limit or answer
	amended
	amendedAgain
	givenUp
)

func (s *script) empty() bool {
	return s.limit == nil && s.answer == nil && s.amend == nil && s.fault == nil
}

// unlikely are AVPs of an answer that are the server's own, and are no matter of charging: they may
// be others than captured.
func unlikely() []string {
	return []string{
		"Session-Id", "Origin-Host", "Origin-Realm", "Origin-State-Id", eventTimestamp, "Proxy-Info",
		"Route-Record", "Error-Message", "Error-Reporting-Host", "Proxy-State",
		"Destination-Host", "Destination-Realm", "User-Name",
	}
}

// likeness is what makes an answer the captured one. What servers show of an AVP at fault, by which
// charge they want refunds, and with which exponent they write money, each says in their own way:
// that both say the same is enough.
func likeness(want, got *charging.Answer) diameter.Likeness {
	like := diameter.Likeness{Except: unlikely()}
	if want == nil {
		return like
	}
	if len(want.Refund) > 0 && len(got.Refund) > 0 {
		like.Except = append(like.Except, "Refund-Information")
	}
	if conversation.Words(want) == conversation.Words(got) {
		like.Except = append(like.Except, "Failed-AVP", "Cost-Information", "Remaining-Balance")
	}
	return like
}

// improve scripts an answer that came out otherwise than captured. It reports whether there was
// anything left to try.
func (t *take) improve(d *diameter.Dictionary, played []byte) bool {
	owner := t.owner()
	s := &owner.script
	got, err := d.ParseAnswer(played)
	if err != nil {
		return false
	}
	for s.stage < givenUp {
		s.stage++
		switch s.stage {
		case instead:
			if t.answer == nil || owner.repeat || !s.decide(t.answer, got) {
				continue
			}
			return true
		case amended, amendedAgain:
			s.edit(d.Edits(played, t.answered.Octets, likeness(t.answer, got)))
			return true
		}
	}
	return false
}

// decide answers instead of charging, or limits what is granted. It reports whether that is what
// makes the difference.
func (s *script) decide(want, got *charging.Answer) bool {
	if limit := limitOf(want, got); limit != nil {
		s.limit = limit
		return true
	}
	if essence(want) == essence(got) || !tellable(want) {
		return false
	}
	s.answer = answerOf(want)
	return true
}

// essence is what a rule says of an answer: results, grants, how long they last, and which is the
// last.
func essence(a *charging.Answer) string {
	bare := charging.Answer{Result: a.Result}
	for i := range a.Services {
		s := &a.Services[i]
		bare.Services = append(bare.Services, charging.ServiceAnswer{
			Key: s.Key, Result: s.Result, Granted: s.Granted, ValidFor: s.ValidFor, Final: s.Final,
		})
	}
	return conversation.Words(&bare)
}

// tellable reports whether a rule can give the answer: each service by its rating group or service
// identifier, if there are several.
func tellable(want *charging.Answer) bool {
	if want.Result == 0 {
		return false
	}
	for i := range want.Services {
		s := &want.Services[i]
		if s.Single || len(s.Granted) > 1 || len(want.Services) > 1 && !s.Key.Group.Known &&
			len(s.Key.IDs) != 1 || withoutCurrency(s.Granted) {
			return false
		}
	}
	return true
}

// withoutCurrency reports whether money is granted that is of no currency, which no rule can say.
func withoutCurrency(granted []charging.Quantity) bool {
	return slices.ContainsFunc(granted, func(q charging.Quantity) bool {
		return q.Unit == charging.NoCurrency
	})
}

// limitOf is a limit that makes a grant smaller, where nothing else is different.
func limitOf(want, got *charging.Answer) *scenarios.Limit {
	if want.Result != got.Result || len(want.Services) != 1 || len(got.Services) != 1 {
		return nil
	}
	w, g := &want.Services[0], &got.Services[0]
	if w.Result != g.Result || w.Single || len(w.Granted) != 1 || len(g.Granted) != 1 ||
		w.Granted[0].Unit != g.Granted[0].Unit || w.Granted[0].Amount > g.Granted[0].Amount ||
		w.Granted[0].Amount == 0 || withoutCurrency(w.Granted) {
		return nil
	}
	limit := &scenarios.Limit{Grant: w.Granted[0], Final: (*scenarios.Final)(w.Final)}
	if w.ValidFor != g.ValidFor && w.ValidFor > 0 {
		limit.Validity = validity(w.ValidFor)
	}
	if w.Granted[0] == g.Granted[0] && w.Final == nil && limit.Validity.IsZero() {
		return nil
	}
	return limit
}

func validity(d time.Duration) scenarios.Validity {
	return scenarios.Validity{Seconds: charging.Known(int64(d / time.Second))}
}

// answerOf is the answer as a rule gives it.
func answerOf(want *charging.Answer) *scenarios.Answer {
	a := &scenarios.Answer{Result: scenarios.Result(want.Result)}
	switch {
	case len(want.Services) == 0:
		a.Level = "command"
	case !want.Result.Success():
		a.Level = "both"
	case len(want.Services) == 1:
		one := serviceAnswer(&want.Services[0])
		a.Result, a.Level = one.Result, "mscc"
		a.Grant, a.Final, a.Validity = one.Grant, one.Final, one.Validity
	default:
		for i := range want.Services {
			a.MSCC = append(a.MSCC, serviceAnswer(&want.Services[i]))
		}
	}
	return a
}

func serviceAnswer(s *charging.ServiceAnswer) scenarios.ServiceAnswer {
	out := scenarios.ServiceAnswer{
		Result: scenarios.Result(s.Result), Final: (*scenarios.Final)(s.Final),
	}
	if s.Result == 0 {
		out.Result = scenarios.Result(charging.Success)
	}
	if s.Key.Group.Known {
		group := uint32(s.Key.Group.Value)
		out.RatingGroup = &group
	}
	if len(s.Key.IDs) == 1 {
		id := s.Key.IDs[0]
		out.Service = &id
	}
	switch {
	case len(s.Granted) == 1:
		out.Grant.Quantity = s.Granted[0]
	case s.Result.Success() || s.Result == 0:
		out.Grant.None = true
	}
	if s.ValidFor > 0 {
		out.Validity = validity(s.ValidFor)
	}
	return out
}

// edit amends the answer. The order of edits is kept: what an amend does at once stands together.
func (s *script) edit(edits []charging.Edit) {
	var block scenarios.Amend
	last := ""
	end := func() {
		if last != "" {
			s.amend = append(s.amend, block)
		}
		block, last = scenarios.Amend{}, ""
	}
	for _, e := range edits {
		if e.Op != last && !(last == diameter.EditSet && e.Op == diameter.EditRemove) ||
			e.Op == diameter.EditAdd {
			end()
		}
		last = e.Op
		switch e.Op {
		case diameter.EditSet:
			block.Set = with(block.Set, e)
			s.check(e)
		case diameter.EditAdd:
			block.Add = with(block.Add, e)
			s.check(e)
		case diameter.EditRemove:
			block.Remove = append(block.Remove, e.Path)
		}
	}
	end()
}

func with(values map[string]scenarios.Value, e charging.Edit) map[string]scenarios.Value {
	if values == nil {
		values = map[string]scenarios.Value{}
	}
	values[e.Path] = scenarios.Value(e.Value)
	return values
}

// check has the conversation look at an AVP that is amended, so that other servers are asked for
// it, too. Values that are octets are not compared.
func (s *script) check(e charging.Edit) {
	word := conversation.Word{Name: "expect-avp", Path: e.Path, Value: e.Value}
	octets := strings.HasPrefix(e.Value, "hex:") || strings.HasPrefix(e.Value, "0x")
	if octets || e.Value == "" || worded(e.Path) {
		return
	}
	same := func(w conversation.Word) bool { return w.Path == word.Path }
	s.checks = append(slices.DeleteFunc(s.checks, same), word)
}

// worded reports whether the words of an answer tell of the AVP.
func worded(path string) bool {
	inside, service := strings.CutPrefix(path, "Multiple-Services-Credit-Control")
	name, _, _ := strings.Cut(path, ".")
	if service {
		_, inside, _ = strings.Cut(inside, ".")
		name, _, _ = strings.Cut(inside, ".")
	}
	name, _, _ = strings.Cut(name, "[")
	return slices.Contains([]string{
		"Result-Code", "Cost-Information", "Remaining-Balance", "Low-Balance-Indication",
		"Check-Balance-Result", "Failed-AVP", "CC-Session-Failover", "Account-Expiration",
		"Credit-Control-Failure-Handling", "Direct-Debiting-Failure-Handling", "Rating-Group",
		"Granted-Service-Unit", "Validity-Time", "Final-Unit-Indication", "Service-Identifier",
		"QoS-Final-Unit-Indication", "Time-Quota-Threshold", "Volume-Quota-Threshold",
		"Unit-Quota-Threshold", "Quota-Holding-Time", "Trigger", "G-S-U-Pool-Reference",
		"Quota-Consumption-Time", "Unused-Quota-Timer", "Time-Quota-Mechanism",
		"Announcement-Information",
	}, name)
}

// rules are the rules of a subscriber's scenario, in the order of the requests.
func (p *subscriber) rules(withDelays bool) (rules []scenarios.Rule) {
	for _, t := range p.takes {
		if rule, ok := t.rule(withDelays); ok {
			rules = append(rules, rule)
		}
	}
	return rules
}

// rule is what the simulator is told about one request.
func (t *take) rule(withDelays bool) (rule scenarios.Rule, ok bool) {
	s := &t.script
	if t.stuck != "" {
		return rule, false
	}
	rule = scenarios.Rule{
		When: t.when(), Limit: s.limit, Answer: s.answer, Amend: s.amend,
	}
	switch {
	case t.silent() && s.times > 0:
		times := int64(s.times)
		rule.Fault = &scenarios.Fault{Drop: "answer"}
		rule.Repeat, rule.Times = s.times > 1, &times
	case withDelays && t.answered != nil && t.late >= lateness && !t.silent() && !t.repeat:
		late := t.late.Round(100 * time.Millisecond)
		rule.Fault = &scenarios.Fault{Delay: scenarios.Span{From: late, To: late}}
	}
	return rule, !s.empty() || rule.Fault != nil
}

// when tells the request from all others of its subscriber.
func (t *take) when() scenarios.When {
	number := charging.Known(int64(t.request.Key.Number))
	when := scenarios.When{
		Type: t.request.Type.String(), Number: scenarios.Range{From: number, To: number},
	}
	if t.place > 0 {
		when.Nth = scenarios.Nth{Per: "subscriber"}
		is := charging.Known(int64(t.place))
		when.Nth.Is = scenarios.Range{From: is, To: is}
	}
	return when
}

// findSilences counts missing answers: the first of a key is dropped, and so are those of repeats
// behind it.
func (d *draft) findSilences() {
	first := map[charging.Key]*take{}
	for _, t := range d.order {
		if !t.repeat {
			first[t.key] = t
		}
		begun := first[t.key]
		if !t.silent() {
			delete(first, t.key) // what comes later of this key is another matter
			continue
		}
		if begun != nil {
			begun.script.times++
		}
	}
}

package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Check finds all that is wrong with a document that decodes; none: Put takes it. Paths are
// relative to the document, as in rules[0].when.type.
func Check(doc Document, wire Wire) []charging.Fault {
	c := checker{wire: wire}
	c.name(doc.Name)
	if doc.Subscriber != "" && normal(doc.Subscriber) == "" {
		c.fault("subscriber", "%q names nobody; leave it out for everybody", doc.Subscriber)
	}
	switch {
	case len(doc.Rules) == 0 && doc.Use != "":
		c.fault("use", "the rules of %q are not filled in", doc.Use)
	case len(doc.Rules) == 0:
		c.fault("rules", "a scenario needs at least one rule, or use: the name of one in the library")
	case len(doc.Rules) > MaxRules:
		c.fault("rules", "%d rules are too many; at most %d", len(doc.Rules), MaxRules)
	}
	for i := range doc.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		c.rule(path, &doc.Rules[i])
		if message := doc.Rules[i].When.Message; doc.Subscriber != "" &&
			slices.Contains(betweenPeers(), message) {
			c.fault(path+".when.message", "a %s has no subscriber, so that the rule would never act; "+
				"leave the scenario's subscriber out", message)
		}
	}
	return c.faults
}

// A Wire says what is wrong with words that only the Gy door understands. nil: nothing is.
type Wire struct {
	Edit   func(charging.Edit) error
	Preset func(name string) error
}

// A checker collects faults.
type checker struct {
	wire   Wire
	faults []charging.Fault
}

func (c *checker) fault(path, format string, args ...any) {
	c.faults = append(c.faults, charging.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// word checks that a word is one of a few, or not there.
func (c *checker) word(path, word string, known ...string) {
	if word != "" && !slices.Contains(known, word) {
		c.fault(path, "unknown word %q; use %s", word, strings.Join(known, ", "))
	}
}

func (c *checker) name(name string) {
	switch {
	case name == "":
		c.fault("name", "a scenario needs a name")
	case len(name) > MaxName:
		c.fault("name", "the name is longer than %d octets", MaxName)
	case strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r < ' ' || r == 0x7f }):
		c.fault("name", "a name has no slash and no control character")
	}
}

func (c *checker) rule(path string, r *Rule) {
	c.when(path+".when", &r.When)
	if r.Times != nil && *r.Times < 1 {
		c.fault(path+".times", "times is 1 or more; leave it out for always")
	}
	if r.After < 0 {
		c.fault(path+".after", "after is how many matching requests pass first, from 0")
	}
	c.verbs(path, r)
	if r.Repeat && (len(r.Amend) == 0 && r.Fault == nil || r.Limit != nil || r.Answer != nil) {
		c.fault(path+".repeat", "what is remembered does not change: repeat goes with amend and fault")
	}
	c.available(path+".when", &r.When)
	switch {
	case r.When.Message == messageACR:
		c.accounting(path, r)
	case slices.Contains(betweenPeers(), r.When.Message):
		c.between(path, r)
	}
	if r.Limit != nil {
		c.limit(path+".limit", r.Limit)
	}
	if r.Answer != nil {
		c.answer(path+".answer", r.Answer)
	}
	if r.Fault != nil {
		c.delivery(path+".fault", r.Fault)
		if name := r.Fault.Preset; name != "" && c.wire.Preset != nil {
			c.wrong(path+".fault.preset", c.wire.Preset(name))
		}
	}
	c.amends(path+".amend", r.Amend)
	c.steps(path+".do", r.Do)
	c.expects(path+".expect", r.Expect)
}

func (c *checker) available(path string, w *When) {
	if w.Available.Word != "" {
		c.fault(path+".available", "available is a range of quantities, like ..1.00 EUR")
	}
}

// amends checks what is to be done to AVPs. Whether a path names one is for the door to say.
func (c *checker) amends(path string, a Amends) {
	for i := range a {
		if len(a[i].edits("")) == 0 {
			c.fault(path, "amend needs set, add, duplicate, flags, remove or move")
		}
	}
	edits, octets := a.edits(), 0
	for _, e := range edits {
		octets += len(e.Value)
		if c.wire.Edit != nil {
			c.wrong(path+e.at, c.wire.Edit(e.Edit))
		}
	}
	if len(edits) > MaxEdits {
		c.fault(path, "%d changes are too many; at most %d", len(edits), MaxEdits)
	}
	if octets > MaxEditOctets {
		c.fault(path, "values of %d octets in all are too many; at most %d", octets, MaxEditOctets)
	}
}

func (c *checker) wrong(path string, err error) {
	if err != nil {
		c.fault(path, "%v", err)
	}
}

// accounting refuses what only credit control has.
func (c *checker) accounting(path string, r *Rule) {
	if r.Limit != nil {
		c.fault(path+".limit", "an ACR asks for nothing that could be limited; "+
			"use answer: {result: 4002} or a fault")
	}
	if a := r.Answer; a != nil && !onlyResult(a) {
		c.fault(path+".answer", "an ACR is answered with a result, and nothing else")
	}
}

func (c *checker) verbs(path string, r *Rule) {
	var verbs []string
	if r.Pass {
		verbs = append(verbs, "pass")
	}
	if r.Limit != nil {
		verbs = append(verbs, "limit")
	}
	if r.Answer != nil {
		verbs = append(verbs, "answer")
	}
	if r.Fault != nil && (r.Pass || len(verbs) == 0) {
		verbs = append(verbs, "fault")
	}
	if len(r.Amend) > 0 && (r.Pass || len(verbs) == 0) {
		verbs = append(verbs, "amend")
	}
	switch {
	case len(verbs) == 1 || len(verbs) == 0 && len(r.Do)+len(r.Expect) > 0:
	case len(verbs) == 0:
		c.fault(path, "a rule needs a verb: pass: true, limit, answer, amend, fault, do or expect")
	default:
		c.fault(path, "%s exclude each other; write one rule for each",
			strings.Join(verbs, " and "))
	}
}

func (c *checker) when(path string, w *When) {
	c.word(path+".message", w.Message, append([]string{messageCCR, messageACR}, betweenPeers()...)...)
	if w.Message == messageACR {
		c.word(path+".type", w.Type, "start", "interim", "stop", "event")
	} else {
		c.word(path+".type", w.Type, "initial", "update", "termination", "event")
	}
	c.word(path+".trigger", w.Trigger, "participants", "media")
	c.avps(path+".avp", w.AVP)
	c.word(path+".nth.per", w.Nth.Per, "session", "subscriber", "total")
	if !w.Nth.IsZero() && (w.Nth.Is.IsZero() || w.Nth.Is == Range{To: charging.Known(0)} ||
		w.Nth.Is.From == charging.Known(0)) {
		c.fault(path+".nth", "the first is number 1; write nth: 2 or {per: total, is: 2}")
	}
	for i, name := range w.Media {
		if strings.TrimSpace(name) == "" {
			c.fault(fmt.Sprintf("%s.media[%d]", path, i), "a medium needs a name, like audio")
		}
	}
}

func (c *checker) limit(path string, l *Limit) {
	if l.Grant.Unit == "" && l.Final == nil && l.Validity.IsZero() {
		c.fault(path, "limit needs grant, final or validity")
	}
	if l.Grant.Unit != "" && l.Grant.Amount <= 0 {
		c.fault(path+".grant", "a limit is above zero; to grant nothing use answer: {grant: none}")
	}
	c.final(path+".final", l.Final)
	c.validity(path+".validity", l.Validity)
}

func (c *checker) answer(path string, a *Answer) {
	if a.Result == 0 && a.Grant.IsZero() && a.Final == nil && a.Validity.IsZero() &&
		len(a.MSCC) == 0 {
		c.fault(path, "answer needs result, grant, final, validity or mscc")
	}
	c.word(path+".level", a.Level, "mscc", "command", "both")
	c.word(path+".ledger", a.Ledger, "settle", "normal", "skip")
	c.grant(path+".grant", a.Grant)
	c.final(path+".final", a.Final)
	c.validity(path+".validity", a.Validity)
	for i := range a.MSCC {
		at, service := fmt.Sprintf("%s.mscc[%d]", path, i), &a.MSCC[i]
		c.grant(at+".grant", service.Grant)
		c.final(at+".final", service.Final)
		c.validity(at+".validity", service.Validity)
	}
}

func (c *checker) grant(path string, g Grant) {
	if g.Quantity.Amount < 0 {
		c.fault(path, "a grant is not negative; write none for no grant")
	}
}

func (c *checker) final(path string, f *Final) {
	if f == nil || f.Action != charging.Redirect {
		return
	}
	if f.Redirect == "" || strings.ContainsAny(f.Redirect, " \t\r\n") {
		c.fault(path+".redirect", "redirect needs an address: a URL, a SIP URI or an IP address")
	}
}

func (c *checker) validity(path string, v Validity) {
	if v.Seconds.Known && (v.Seconds.Value < 0 || v.Seconds.Value > MaxValidity) {
		c.fault(path, "validity is 0 to %d seconds", int64(MaxValidity))
	}
}

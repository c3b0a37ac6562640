package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
)

// An Expect says what must happen within a time after its rule acted, or must not. The time is that
// of the wall clock; where the charging clock stood still when the rule acted, it is the charging
// clock's, so that a test which turns the clock need not wait.
type Expect struct {
	Within Delay `yaml:"within" json:"within"`
	// Session is "same", the default, or "any".
	Session  string `yaml:"session,omitempty" json:"session,omitempty"`
	Expected `yaml:",inline"`
	// None must not happen.
	None *Expected `yaml:"none,omitempty" json:"none,omitempty"`
}

// Expected is one thing that can happen.
type Expected struct {
	Request *Requests `yaml:"request,omitempty" json:"request,omitempty"`
	// RAA and ASA are answers to a RAR or ASR, whoever had it sent.
	RAA *Acceptance `yaml:"raa,omitempty" json:"raa,omitempty"`
	ASA *Acceptance `yaml:"asa,omitempty" json:"asa,omitempty"`
	// Observation is a glob on what the tester tells that it saw.
	Observation string `yaml:"observation,omitempty" json:"observation,omitempty"`
}

// Requests is a `when` for the request that is expected, or any of several. Nth counts those that
// came since the rule acted.
type Requests struct {
	When `yaml:",inline"`
	Any  []When `yaml:"any,omitempty" json:"any,omitempty"`
	// Repeat expects a repeat of what was answered before, which else counts for nothing.
	Repeat bool `yaml:"repeat,omitempty" json:"repeat,omitempty"`
}

// An Acceptance is an answer of the client with one result, or any.
type Acceptance struct {
	Result Result `yaml:"result,omitempty" json:"result,omitempty"`
}

// Expects are one Expect or a list of them, each on its own.
type Expects []Expect

// UnmarshalYAML reads one or a list.
func (e *Expects) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.SequenceNode {
		return node.Load((*[]Expect)(e), yaml.WithKnownFields())
	}
	one := make([]Expect, 1)
	err := node.Load(&one[0], yaml.WithKnownFields())
	*e = one
	return err
}

// UnmarshalJSON reads one or a list.
func (e *Expects) UnmarshalJSON(data []byte) error { return nodeJSON(data, e) }

// MaxExpects is how many expectations a rule may have, and each of them alternatives.
const MaxExpects = 100

// expects checks what must follow.
func (c *checker) expects(path string, all Expects) {
	if len(all) > MaxExpects {
		c.fault(path, "%d expectations are too many; at most %d", len(all), MaxExpects)
	}
	for i := range all {
		at := path
		if len(all) > 1 {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		c.expect(at, &all[i])
	}
}

func (c *checker) expect(path string, e *Expect) {
	if e.Within <= 0 || time.Duration(e.Within) > MaxDelay {
		c.fault(path+".within", "say how long to wait, as within: 10s, at most %v", MaxDelay)
	}
	c.word(path+".session", e.Session, "same", "any")
	count := e.count()
	if e.None != nil {
		if count > 0 || e.None.count() != 1 {
			c.fault(path+".none", "none stands alone and has one of request, raa, asa, observation")
		}
		c.expected(path+".none", e.None)
		return
	}
	if count != 1 {
		c.fault(path, "expect one of request, raa, asa, observation and none; here are %d", count)
	}
	c.expected(path, &e.Expected)
}

func (e *Expected) count() (count int) {
	for _, there := range []bool{
		e.Request != nil, e.RAA != nil, e.ASA != nil, e.Observation != "",
	} {
		if there {
			count++
		}
	}
	return count
}

func (c *checker) expected(path string, e *Expected) {
	if e.Request == nil {
		return
	}
	path += ".request"
	all := e.Request.Any
	if len(all) == 0 {
		c.awaitedWhen(path, &e.Request.When)
		return
	}
	if len(conditions(&e.Request.When)) > 1 || e.Request.Message != "" {
		c.fault(path+".any", "any stands alone; write what holds for all into each of them")
	}
	if len(all) > MaxExpects {
		c.fault(path+".any", "%d alternatives are too many; at most %d", len(all), MaxExpects)
	}
	for i := range all {
		c.awaitedWhen(fmt.Sprintf("%s.any[%d]", path, i), &all[i])
	}
}

func (c *checker) awaitedWhen(path string, w *When) {
	c.when(path, w)
	c.available(path, w)
	if w.Nth.Per != "" {
		c.fault(path+".nth", "an expectation counts what came since the rule acted; write nth: 2")
	}
	if slices.Contains(betweenPeers(), w.Message) {
		c.fault(path+".message", "what is awaited are requests that are charged, and a %s is none; "+
			"a verification finds it", w.Message)
	}
}

// An expectation is an Expect, compiled.
type expectation struct {
	within time.Duration
	any    bool // of any session
	none   bool // must not happen
	what   happening
	text   string // what is expected, in words
}

// A happening is what an expectation waits for; one of its parts is there.
type happening struct {
	requests    []awaitedRequest
	repeat      bool // of a request that was answered before
	answered    charging.SummonsKind
	isAnswer    bool
	result      charging.Result // of the answer; 0: any
	observation string
}

// An awaitedRequest is one alternative.
type awaitedRequest struct {
	conditions []condition
	nth        Range
}

func newExpectation(e *Expect) *expectation {
	x := &expectation{
		within: time.Duration(e.Within), any: e.Session == "any", none: e.None != nil,
	}
	written := &e.Expected
	if x.none {
		written = e.None
	}
	x.what = newHappening(written)
	x.text = x.what.String()
	return x
}

func newHappening(e *Expected) (h happening) {
	h.repeat = e.Request != nil && e.Request.Repeat
	switch {
	case e.Request != nil && len(e.Request.Any) > 0:
		for i := range e.Request.Any {
			h.requests = append(h.requests, newAwaitedRequest(&e.Request.Any[i]))
		}
	case e.Request != nil:
		h.requests = []awaitedRequest{newAwaitedRequest(&e.Request.When)}
	case e.RAA != nil:
		h.isAnswer, h.result = true, charging.Result(e.RAA.Result)
	case e.ASA != nil:
		h.isAnswer, h.answered = true, charging.Abortion
		h.result = charging.Result(e.ASA.Result)
	}
	h.observation = e.Observation
	return h
}

func newAwaitedRequest(w *When) awaitedRequest {
	return awaitedRequest{conditions: conditions(w), nth: w.Nth.Is}
}

// String says what is waited for.
func (h *happening) String() string {
	switch {
	case h.observation != "":
		return fmt.Sprintf("an observation like %q", h.observation)
	case h.isAnswer && h.result != 0:
		return answerName(h.answered) + " with Result-Code " + fmt.Sprint(uint32(h.result))
	case h.isAnswer:
		return answerName(h.answered)
	}
	texts := make([]string, len(h.requests))
	for i := range h.requests {
		texts[i] = h.requests[i].String()
	}
	text := strings.Join(texts, ", or ")
	if h.repeat {
		text = "a repeat of " + text
	}
	return text
}

func answerName(kind charging.SummonsKind) string {
	if kind == charging.Abortion {
		return "an ASA"
	}
	return "an RAA"
}

// String says what the request is to be.
func (r *awaitedRequest) String() string {
	message, parts := "a request", []string{}
	for i := range r.conditions {
		switch c := &r.conditions[i]; c.key {
		case "message":
			message = "a " + c.want
			if c.want == messageACR {
				message = "an " + c.want
			}
		default:
			parts = append(parts, attribute(c.key)+" "+c.want)
		}
	}
	if !r.nth.IsZero() {
		parts = append(parts, "number "+r.nth.String()+" of them")
	}
	if len(parts) == 0 {
		return message
	}
	return message + " with " + strings.Join(parts, " and ")
}

// attribute is the AVP behind a condition, for those who read a trace beside it.
func attribute(key string) string {
	if path, found := strings.CutPrefix(key, "avp."); found {
		return path
	}
	name, known := map[string]string{
		"type": "CC-Request-Type", "number": "CC-Request-Number", "rating_group": "Rating-Group",
		"service": "Service-Identifier", "requested": "Requested-Service-Unit",
		"used": "Used-Service-Unit", "participants": "Number-Of-Participants",
		"media": "SDP-Media-Name", "trigger": "Trigger", "origin_host": "Origin-Host",
		"context": "Service-Context-Id", "conference": "Service-Id",
	}[key]
	if !known {
		return key
	}
	return name
}

package scenarios

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// messages are those that a match may be about.
func messages() []string {
	return []string{
		messageCCR, messageACR, "CER", "DWR", "DPR", "RAR", "ASR", "STR", "any",
	}
}

// Check finds all that is wrong with a verification that decodes. knows says why a path names no
// AVP; nil: all do.
func (v *Verification) Check(knows func(path string) error) []charging.Fault {
	c := matchChecker{knows: knows}
	switch {
	case v.Match != nil && v.Order != nil:
		c.fault("order", "match and order exclude each other; write two verifications")
	case v.Match == nil && v.Order == nil:
		c.fault("", "a verification needs match: {...} or order: [{...}, {...}]")
	case v.Match == nil && (len(v.Order) < 2 || len(v.Order) > MaxSteps):
		c.fault("order", "an order has 2 to %d steps", MaxSteps)
	}
	if v.Match == nil && (v.Absent || !v.Count.IsZero()) {
		c.fault("", "count and absent go with match")
	}
	if v.Match != nil && v.Exact {
		c.fault("exact", "exact goes with order")
	}
	if v.Absent && !v.Count.IsZero() {
		c.fault("absent", "absent and count exclude each other")
	}
	if v.After < 0 {
		c.fault("after", "after is the number of an exchange; 0 leaves out nothing")
	}
	if v.Within < 0 || time.Duration(v.Within) > MaxWithin {
		c.fault("within", "within is 0s to %v", MaxWithin)
	}
	if v.Match != nil {
		c.match("match", v.Match)
	}
	for i := range v.Order {
		c.match(fmt.Sprintf("order[%d]", i), &v.Order[i])
	}
	return c.faults
}

// Knows says why a path of a verification names no AVP; nil: it does, or that is not known.
func (j *Journal) Knows(path string) error {
	if j.reader.Knows == nil {
		return nil
	}
	return j.reader.Knows(path)
}

// A matchChecker checks matches with what checks rules.
type matchChecker struct {
	checker
	knows func(path string) error
}

func (c *matchChecker) match(path string, m *Match) {
	if m.Observation != "" {
		rest := *m
		rest.Observation, rest.Session, rest.Message = "", "", ""
		if !reflect.ValueOf(rest).IsZero() || m.Message != "" {
			c.fault(path+".observation", "only session goes with observation")
		}
		return
	}
	when := m.When
	if !slices.ContainsFunc(messages(), func(name string) bool {
		return m.Message == "" || strings.EqualFold(name, m.Message)
	}) {
		c.word(path+".message", m.Message, messages()...)
	}
	when.Message = ""
	if strings.EqualFold(m.Message, messageACR) {
		when.Message = messageACR
	}
	if !strings.EqualFold(m.Message, "any") {
		c.when(path, &when)
	}
	if unit := m.Available.unit(); !m.Available.IsZero() && !unit.Money() {
		c.fault(path+".available", "the journal knows what was available of money only")
	}
	c.word(path+".final", m.Final, finalWords()...)
	c.word(path+".door", m.Door, "gy", doorREST, "rf", DoorObservation)
	c.avps(path+".answer_avp", m.AnswerAVP)
	c.paths(path+".avp", m.AVP)
	c.paths(path+".answer_avp", m.AnswerAVP)
}

// paths finds those that name no AVP.
func (c *matchChecker) paths(path string, wanted map[string]Names) {
	if c.knows == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		c.wrong(path+"."+name, c.knows(name))
	}
}

package conversation

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Misses compares an answer and returns what is not as expected, one sentence each: what was said,
// then what was wanted, as in "rg=100 grant=240s, want 300s". first is the first answer to the same
// key, nil where this is it. Words of the wire are not looked at.
func (e *Expect) Misses(a, first *charging.Answer) []string {
	var misses []string
	for _, d := range e.Command {
		misses = append(misses, d.command(a, first)...)
	}
	left := slices.Clone(a.Services)
	for i := range e.Services {
		misses = append(misses, e.Services[i].misses(&left)...)
	}
	return misses
}

// WireMisses is Misses for the words of the wire.
func (e *Expect) WireMisses(attributes charging.Attributes) []string {
	return wireMisses(e.Wire, attributes)
}

func (d *Demand) command(a, first *charging.Answer) []string {
	switch d.Key {
	case "result":
		return d.result("", a.Result)
	case "cost":
		return d.money("cost", a.Cost)
	case "balance":
		return d.money("balance", a.Balance)
	case "services":
		return unless(int64(len(a.Services)) == d.Number.Value, "%d services, want %s",
			len(a.Services), d.Value)
	case "failed":
		return d.failed(a)
	case "message":
		return unless(
			strings.Contains(a.Message, d.Value),
			"message=%q, want %q",
			a.Message,
			d.Value,
		)
	case "repeat":
		return repeated(a, first)
	case "low":
		return unless(a.LowOnes.Or(0) == 1, "no low balance is said, want low")
	case "enough":
		return unless(a.Enough.Or(1) == 0, "no Check-Balance-Result 0, want enough")
	case "ccfh", "ddfh", "failover", "expires", "cost-unit":
		said := failureWord(d.Key, a)
		return unless(said == d.Value || d.Value == "any" && said != "none", "%s=%s, want %s",
			d.Key, said, d.Value)
	case "no-credit":
		return unless(a.Enough.Or(0) == 1, "no Check-Balance-Result 1, want no-credit")
	}
	said := hex.EncodeToString(a.Refund)
	return unless(len(a.Refund) > 0 && (d.Value == "" || d.Value == said),
		"refund=%s, want %s", said, orAny(d.Value))
}

func orAny(text string) string {
	if text == "" {
		return "any"
	}
	return text
}

// unless returns one sentence, or none if all is well.
func unless(well bool, format string, args ...any) []string {
	if well {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

// result compares a code; 4xxx stands for all of its class.
func (d *Demand) result(where string, said charging.Result) []string {
	got := strconv.FormatUint(uint64(said), 10)
	well := got == d.Value ||
		strings.HasSuffix(d.Value, "xxx") && len(got) == 4 && got[0] == d.Value[0]
	return unless(well, "%sresult %s %s, want %s", where, got, said.Name(), d.Value)
}

func (d *Demand) money(name string, said charging.Quantity) []string {
	if d.Value == "none" {
		return unless(said.Unit == "", "%s=%s, want none", name, said)
	}
	want := d.Units[0]
	well := said.Unit != "" && said.Amount == want.Amount &&
		(want.Unit == "" || want.Unit == said.Unit)
	return unless(well, "%s=%s, want %s", name, textOr(said, "none"), d.Value)
}

func textOr(q charging.Quantity, none string) string {
	if q.Unit == "" {
		return none
	}
	return q.String()
}

// failed compares AVP paths by their end: Failed-AVP may hold the AVP alone or in its groups.
func (d *Demand) failed(a *charging.Answer) []string {
	var said []string
	for _, f := range a.Failed {
		said = append(said, failedName(f))
		if f.Path == d.Value || strings.HasSuffix(f.Path, "."+d.Value) ||
			strings.HasSuffix(d.Value, "."+f.Path) {
			return nil
		}
	}
	well := d.Value == "none" && len(a.Failed) == 0 || d.Value == "any" && len(a.Failed) > 0
	return unless(well, "failed=%s, want %s", orNone(strings.Join(said, ",")), d.Value)
}

// failedName is the path of a Failed-AVP; its octets where the door could not name it.
func failedName(f charging.FailedAVP) string {
	if f.Path == "" {
		return hex.EncodeToString(f.Raw)
	}
	return f.Path
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// repeated compares with the first answer, since a wire has no word that calls an answer a repeat.
func repeated(a, first *charging.Answer) []string {
	if first == nil {
		return []string{"this is the first answer to its number, want a repeat"}
	}
	was, is := Words(first), Words(a)
	return unless(was == is, "the repeat says %s, want the first answer %s", is, was)
}

// misses finds the service among those that nobody claimed yet and compares it.
func (s *ServiceExpect) misses(left *[]charging.ServiceAnswer) []string {
	at := s.find(*left)
	if s.Absent {
		return unless(at < 0, "%s is answered, want it absent", s.name())
	}
	if at < 0 {
		return []string{s.name() + " is not answered"}
	}
	found := (*left)[at]
	*left = slices.Delete(*left, at, at+1)
	var misses []string
	for _, d := range s.Demands {
		for _, miss := range d.service(&found) {
			misses = append(misses, s.name()+" "+miss)
		}
	}
	return misses
}

// find prefers the same key; a rating group alone also stands for one with service identifiers.
func (s *ServiceExpect) find(left []charging.ServiceAnswer) int {
	if s.Single {
		return slices.IndexFunc(left, func(a charging.ServiceAnswer) bool { return a.Single })
	}
	if !s.Keyed {
		return min(0, len(left)-1)
	}
	same := slices.IndexFunc(left, func(a charging.ServiceAnswer) bool {
		return a.Key.Same(s.Key)
	})
	if same >= 0 || len(s.Key.IDs) > 0 {
		return same
	}
	return slices.IndexFunc(left, func(a charging.ServiceAnswer) bool {
		return a.Key.Group == s.Key.Group
	})
}

func (s *ServiceExpect) name() string {
	if s.Single {
		return "single"
	}
	return keyWords(s.Key)
}

func (d *Demand) service(a *charging.ServiceAnswer) []string {
	switch d.Key {
	case "result":
		return d.result("", a.Result)
	case "grant":
		return d.grant(a.Granted)
	case "validity":
		return d.count("validity", int64(a.ValidFor.Seconds()), a.ValidFor > 0, "s")
	case "threshold":
		return d.count("threshold", a.Threshold.Amount, a.Threshold.Unit != "", "")
	case "holding":
		return d.count("holding", a.HoldingTime.Value, a.HoldingTime.Known, "s")
	case "trigger":
		return d.triggers(a.Triggers)
	case "final":
		return d.final(a.Final)
	}
	return d.quota(a)
}

func (d *Demand) grant(said []charging.Quantity) []string {
	well := sameUnits(d.Units, said)
	if d.Value == "any" {
		well = len(said) > 0
	}
	return unless(well, "grant=%s, want %s", unitWords(said), d.Value)
}

// sameUnits compares quantities in whatever order.
func sameUnits(want, said []charging.Quantity) bool {
	if len(want) != len(said) {
		return false
	}
	for _, q := range want {
		if !slices.Contains(said, q) {
			return false
		}
	}
	return true
}

func (d *Demand) count(name string, said int64, given bool, unit string) []string {
	if !given {
		return unless(d.Value == "none", "%s=none, want %s", name, d.Value)
	}
	return unless(d.Value == "any" || d.Number.Known && d.Number.Value == said,
		"%s=%d%s, want %s", name, said, unit, d.Value)
}

func (d *Demand) triggers(said []uint32) []string {
	sorted := slices.Sorted(slices.Values(said))
	want := slices.Sorted(slices.Values(d.Set))
	well := slices.Equal(sorted, want)
	if d.Value == "any" {
		well = len(said) > 0
	}
	return unless(well, "trigger=%s, want %s", orNone(numberWords(said)), d.Value)
}

func knownFinal(value string) error {
	action, _, _ := strings.Cut(value, ":")
	switch strings.TrimPrefix(action, "qos-") {
	case "terminate", "redirect", "restrict":
		return nil
	}
	return fmt.Errorf("use terminate, redirect:URI, restrict, qos-redirect:URI, qos-restrict or none")
}

// final compares the action, and the address or filter where the line names one.
func (d *Demand) final(said *charging.FinalUnit) []string {
	got := finalWords(said)
	action, _, _ := strings.Cut(got, ":")
	well := got == d.Value || action == d.Value && action != "none" ||
		strings.HasPrefix(got, d.Value+",") && action != "none" ||
		d.Value == "any" && said != nil
	return unless(well, "final=%s, want %s", got, d.Value)
}

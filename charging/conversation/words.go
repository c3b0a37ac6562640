package conversation

import (
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Words writes an answer as a line "<" would expect it: everything that doors must agree on, and
// neither why nor in which ledger entry.
func Words(a *charging.Answer) string {
	command := commandWords(a)
	words := command[:1:1]
	for i := range a.Services {
		words = append(words, serviceWords(&a.Services[i])...)
	}
	return strings.Join(append(words, command[1:]...), " ")
}

// commandWords are those about the command, its result first.
func commandWords(a *charging.Answer) []string {
	words := []string{strconv.FormatUint(uint64(a.Result), 10)}
	words = appendQuantity(words, "cost", a.Cost)
	words = appendQuantity(words, "balance", a.Balance)
	if a.LowOnes.Or(0) == 1 {
		words = append(words, "low")
	}
	if a.Enough.Known {
		words = append(words, []string{"enough", "no-credit"}[a.Enough.Value&1])
	}
	for _, failed := range a.Failed {
		name := failed.Path[strings.LastIndexByte(failed.Path, '.')+1:]
		if name == "" {
			name = "any" // it has no name
		}
		words = append(words, "failed="+name)
	}
	if len(a.Refund) > 0 {
		words = append(words, "refund")
	}
	return failureWords(words, a)
}

func appendQuantity(words []string, key string, q charging.Quantity) []string {
	if q.Unit == "" {
		return words
	}
	return append(words, key+"="+strings.ReplaceAll(q.String(), " ", ""))
}

func serviceWords(s *charging.ServiceAnswer) []string {
	words := strings.Fields(keyWords(s.Key))
	if s.Single {
		words = []string{"single"}
	}
	if s.Result != 0 {
		words = append(words, strconv.FormatUint(uint64(s.Result), 10))
	}
	words = append(words, "grant="+unitWords(s.Granted))
	if s.ValidFor > 0 {
		words = append(words, "validity="+strconv.FormatInt(int64(s.ValidFor.Seconds()), 10)+"s")
	}
	if s.Final != nil {
		words = append(words, "final="+finalWords(s.Final))
	}
	words = appendQuantity(words, "threshold", s.Threshold)
	if s.HoldingTime.Known {
		words = append(words, "holding="+strconv.FormatInt(s.HoldingTime.Value, 10)+"s")
	}
	if len(s.Triggers) > 0 {
		words = append(words, "trigger="+armedWords(s.Triggers))
	}
	return quotaWords(words, s)
}

func keyWords(key charging.ServiceKey) string {
	var words []string
	if key.Group.Known {
		words = append(words, "rg="+strconv.FormatInt(key.Group.Value, 10))
	}
	if len(key.IDs) > 0 {
		words = append(words, "si="+numberWords(key.IDs))
	}
	if words == nil {
		return "mscc"
	}
	return strings.Join(words, " ")
}

func numberWords(numbers []uint32) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(words, ",")
}

// armedWords are the types of triggers that are armed.
func armedWords(types []uint32) string {
	if len(types) == 1 && types[0] == charging.TriggersDisarmed {
		return "disarmed"
	}
	return numberWords(types)
}

func unitWords(units []charging.Quantity) string {
	words := make([]string, len(units))
	for i, q := range units {
		words[i] = strings.ReplaceAll(q.String(), " ", "")
		switch q.Unit {
		case charging.Input:
			words[i] += "/in"
		case charging.Output:
			words[i] += "/out"
		}
	}
	return orNone(strings.Join(words, "+"))
}

func finalWords(f *charging.FinalUnit) string {
	if f == nil {
		return "none"
	}
	word := "terminate"
	others := f.Restrictions()
	switch f.Action {
	case charging.Redirect:
		word = "redirect:" + strings.Join(append([]string{f.Redirect}, others...), ",")
	case charging.RestrictAccess:
		word = strings.TrimSuffix("restrict:"+strings.Join(others, ","), ":")
	}
	if f.QoS {
		return "qos-" + word
	}
	return word
}

// RequestWords writes a request as a line ">" without its type and session.
func RequestWords(r *charging.Request) string {
	var words []string
	for i := range r.Services {
		words = append(words, askedWords(&r.Services[i]))
	}
	words = appendKnown(words, "n", r.Information.Participants)
	words = appendKnown(words, "recipients", r.Information.Recipients)
	words = appendKnown(words, "size", r.Information.Size)
	words = appendKnown(words, "ast", r.Information.ServiceType)
	if r.Information.MediaKnown {
		words = append(words, "media="+orNone(strings.Join(r.Information.Media, ",")))
	}
	if r.Information.Method != "" {
		words = append(words, "method="+r.Information.Method)
	}
	if r.Action != charging.NoAction {
		words = append(words, "action="+r.Action.String())
	}
	if r.Retransmitted {
		words = append(words, "retransmit")
	}
	return strings.Join(words, " ")
}

func askedWords(s *charging.Service) string {
	words := []string{keyWords(s.Key)}
	if s.Single {
		words = append([]string{"single"}, words...)
	}
	for _, used := range s.Used {
		words = append(words, "used="+unitWords(used.Units))
	}
	switch {
	case s.Asked && len(s.Requested) > 0:
		words = append(words, "want="+unitWords(s.Requested))
	case s.Asked:
		words = append(words, "want")
	}
	if len(s.Triggers) > 0 {
		words = append(words, "trigger="+numberWords(s.Triggers))
	}
	return strings.Join(words, " ")
}

func appendKnown(words []string, key string, n charging.Number) []string {
	if !n.Known {
		return words
	}
	return append(words, key+"="+strconv.FormatInt(n.Value, 10))
}

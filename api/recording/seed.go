package recording

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// plenty is what an account has, so that nothing is refused for want of money but what a rule
// refuses.
const plenty = "1000000.00 "

// seed writes the document that makes the conversation pass: what charging gives by itself, and
// rules for the rest.
func (d *draft) seed(withDelays bool) (string, error) {
	var b strings.Builder
	b.WriteString(d.title())
	if len(d.definitions) > 0 {
		if err := dump(&b, "dictionary", d.definitions); err != nil {
			return "", err
		}
	}
	b.WriteString(d.settings())
	d.accounts(&b)
	written, _ := d.scenarios(withDelays)
	if len(written) == 0 {
		return b.String(), nil
	}
	err := dump(&b, "scenarios", written)
	return b.String(), err
}

// scenarios are all rules, and how many they are: what the server does to everybody's requests of a
// type once, and the rest by subscriber.
func (d *draft) scenarios(withDelays bool) (all []scenarios.Document, count int) {
	everybody := &subscriber{takes: d.order}
	common := everybody.common(withDelays)
	people := append(slices.Clone(d.people), d.nobody)
	if len(common) > 0 {
		all = append(all, scenarios.Document{Name: "all-as-captured", Rules: common})
	}
	count = len(common)
	for _, p := range people {
		rules := slices.DeleteFunc(d.merged(p, withDelays), func(r scenarios.Rule) bool {
			return slices.ContainsFunc(common, func(c scenarios.Rule) bool {
				return c.When.Type == r.When.Type
			})
		})
		if len(rules) > 0 {
			all = append(all, p.scenarios(rules)...)
			count += len(rules)
		}
	}
	return all, count
}

// common are rules for types of which all requests of several subscribers are answered in one and
// the same way.
func (p *subscriber) common(withDelays bool) (common []scenarios.Rule) {
	rules := p.rules(withDelays)
	for kind := charging.Initial; kind <= charging.Event; kind++ {
		if !p.several(kind) {
			continue
		}
		for _, rule := range mergeType(rules, kind.String(), p.requests(kind)) {
			if reflect.DeepEqual(rule.When, scenarios.When{Type: kind.String()}) {
				common = append(common, rule)
			}
		}
	}
	return common
}

// several reports whether more than one subscriber has requests of a type.
func (p *subscriber) several(kind charging.RequestType) bool {
	var first *subscriber
	for _, t := range p.takes {
		if t.request.Type != kind {
			continue
		}
		if first != nil && t.subscriber != first {
			return true
		}
		first = t.subscriber
	}
	return false
}

// dump writes one key of the document.
func dump(b *strings.Builder, key string, value any) error {
	text, err := yaml.Dump(map[string]any{key: value})
	if err != nil {
		return fmt.Errorf("write %s of the seed: %w", key, err)
	}
	b.Write(text)
	return nil
}

// scenarios are the rules of a subscriber, in as many scenarios as they need.
func (p *subscriber) scenarios(rules []scenarios.Rule) (all []scenarios.Document) {
	name, subscriber := "as-captured", ""
	if p.id != "" {
		name, subscriber = "as-captured-"+p.id, p.id
	}
	for part := range slices.Chunk(rules, scenarios.MaxRules) {
		if len(all) > 0 {
			name = fmt.Sprintf("%s-%d", strings.TrimSuffix(name, "-"+strconv.Itoa(len(all))), len(all)+1)
		}
		all = append(all, scenarios.Document{Name: name, Subscriber: subscriber, Rules: part})
	}
	return all
}

// merged are the rules of a subscriber. Where all requests of a type are answered in one and the
// same way, they are one rule.
func (d *draft) merged(p *subscriber, withDelays bool) []scenarios.Rule {
	rules := p.rules(withDelays)
	for kind := charging.Initial; kind <= charging.Event; kind++ {
		rules = mergeType(rules, kind.String(), p.requests(kind))
	}
	return rules
}

// requests counts those of a type that rules may act on.
func (p *subscriber) requests(kind charging.RequestType) (count int) {
	for _, t := range p.takes {
		if t.request.Type == kind && !t.repeat {
			count++
		}
	}
	return count
}

// mergeType makes one rule of those for a type, if there is one for each of its requests and they
// do the same.
func mergeType(rules []scenarios.Rule, kind string, requests int) []scenarios.Rule {
	var action string
	count := 0
	for i := range rules {
		if rules[i].When.Type != kind {
			continue
		}
		does := actionOf(&rules[i])
		if count > 0 && does != action || rules[i].Times != nil {
			return rules
		}
		action = does
		count++
	}
	if count < 2 || count != requests {
		return rules
	}
	merged := make([]scenarios.Rule, 0, len(rules))
	for i, first := range rules {
		if first.When.Type != kind {
			merged = append(merged, rules[i])
			continue
		}
		if count > 0 {
			first.When = scenarios.When{Type: kind}
			merged = append(merged, first)
			count = 0
		}
	}
	return merged
}

// actionOf is what a rule does, as text.
func actionOf(rule *scenarios.Rule) string {
	action := *rule
	action.When = scenarios.When{}
	text, err := yaml.Dump(action)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// settings are those that the captured server seems to have.
func (d *draft) settings() string {
	f := flow{}
	granted, validities, midway := 0, 0, false
	for _, t := range d.order {
		if t.answer == nil {
			continue
		}
		for i := range t.answer.Services {
			if s := &t.answer.Services[i]; len(s.Granted) > 0 {
				granted++
				if s.ValidFor > 0 {
					validities++
				}
			}
		}
		midway = midway || d.begunBefore(t)
	}
	if granted > 0 && validities == 0 {
		f.add("validity", "none")
	}
	if midway {
		f.add("unknown_session", "rate")
	}
	if d.flaggedOnly {
		f.add("dup", "t_only")
	}
	if len(f) == 0 {
		return ""
	}
	return "settings: " + f.String() + "\n"
}

// begunBefore reports whether a session is served that had begun before the capture did.
func (d *draft) begunBefore(t *take) bool {
	return d.sessions[t.session][0] == t && t.answer.Result.Success() &&
		(t.request.Type == charging.Update || t.request.Type == charging.Termination)
}

// accounts writes plans and accounts. Subscribers who get the same have one plan.
func (d *draft) accounts(b *strings.Builder) {
	plans := map[string]string{} // names, by what they say
	var named []string
	var accounts strings.Builder
	for _, p := range d.people {
		if !p.exists() {
			continue
		}
		plan, money := planOf(p)
		name, known := plans[plan]
		if !known {
			name = "captured"
			if len(plans) > 0 {
				name += "-" + strconv.Itoa(len(plans)+1)
			}
			plans[plan] = name
			named = append(named, "  "+name+":\n"+plan)
		}
		fmt.Fprintf(&accounts, "  - id: %s\n    plan: %s\n    subscribers: [%s]\n"+
			"    balances: [{amount: %s}]\n", quote(p.id), name, p.written(), money)
	}
	if len(named) == 0 {
		return
	}
	b.WriteString("plans:\n" + strings.Join(named, "") + "accounts:\n" + accounts.String())
}

// exists reports whether the captured server knows the subscriber: it served somebody, or refused
// them for another reason than that nobody has the identity.
func (p *subscriber) exists() bool {
	answered := 0
	for _, t := range p.takes {
		if t.answer == nil {
			continue
		}
		answered++
		if t.answer.Result != charging.UserUnknown {
			return len(p.subscribers()) > 0
		}
	}
	return answered == 0 && len(p.subscribers()) > 0
}

// subscribers are the identities that an account can have.
func (p *subscriber) subscribers() (all []charging.Identity) {
	digits := func(text string) bool {
		return text != "" && strings.Trim(text, "0123456789") == ""
	}
	for _, identity := range p.identities {
		data := canonical(identity).Data
		switch {
		case identity.Type > charging.Private, identity.Type == charging.E164 && !digits(data),
			identity.Type == charging.IMSI && !digits(data),
			identity.Type == charging.SIP && !strings.ContainsAny(identity.Data, ":@"):
			continue
		}
		all = append(all, identity)
	}
	return all
}

func (p *subscriber) written() string {
	var all []string
	for _, identity := range p.subscribers() {
		all = append(all, "{"+identity.Type.String()+": "+quote(identity.Data)+"}")
	}
	return strings.Join(all, ", ")
}

// quote writes a text so that YAML takes it for nothing else.
func quote(text string) string { return strconv.Quote(text) }

// planOf writes the plan of a subscriber, without its name, and what the account holds.
func planOf(p *subscriber) (plan, money string) {
	t := tariffOf(p.takes)
	currency := ""
	send := sendOf(p.takes)
	var rules strings.Builder
	for _, s := range t.inOrder() {
		currency = cmp.Or(currency, s.currency())
		if rule, ok := s.rule(t.kinds(s), send); ok {
			rules.WriteString("      - " + rule + "\n")
		}
	}
	held := heldBy(p.takes)
	if held.Unit != charging.NoCurrency {
		currency = cmp.Or(currency, string(held.Unit))
	}
	currency = cmp.Or(currency, "EUR")
	money = plenty + currency
	if string(held.Unit) == currency && held.Amount >= 0 && t.priced() {
		money = held.String()
	}
	if rules.Len() == 0 {
		rules.WriteString("      - {unit: time, send: " + send + "}\n")
	}
	plan = "    currency: " + currency + "\n"
	if failure := failureOf(p.takes); failure != "{}" {
		plan += "    failure: " + failure + "\n"
	}
	return plan + "    rules:\n" + rules.String(), money
}

// heldBy is what an account held at first, where answers tell: the first Remaining-Balance, and
// what the session had cost by then.
func heldBy(takes []*take) (held charging.Quantity) {
	for _, t := range takes {
		if t.answer == nil || t.answer.Balance.Unit == "" {
			continue
		}
		held = t.answer.Balance
		if t.answer.Cost.Unit == held.Unit {
			held.Amount += t.answer.Cost.Amount
		}
		return held
	}
	return held
}

// priced reports whether the plan costs what was charged, so that balances go down as captured.
func (t *tariff) priced() bool {
	return !slices.ContainsFunc(t.services, func(s *service) bool {
		_, _, found := s.price()
		return !found && slices.ContainsFunc(s.samples, func(one sample) bool { return one.cost != 0 })
	})
}

func (s *service) currency() string {
	currency, _ := s.currencies.usual()
	if currency == charging.NoCurrency {
		return ""
	}
	return string(currency)
}

// inOrder puts what is said of a service identifier before what is said of its rating group alone.
func (t *tariff) inOrder() []*service {
	return slices.SortedStableFunc(slices.Values(t.services), func(a, b *service) int {
		return weight(b) - weight(a)
	})
}

func weight(s *service) (weight int) {
	if s.key.Group.Known {
		weight++
	}
	if len(s.key.IDs) > 0 {
		weight += 2
	}
	return weight
}

// kinds reports whether a service is charged both in sessions and by events.
func (t *tariff) kinds(s *service) bool {
	return slices.ContainsFunc(t.services, func(other *service) bool {
		return other.event != s.event && other.key.Same(s.key)
	})
}

// sendOf lists which of the answers' optional AVPs there are.
func sendOf(takes []*take) string {
	var cost, balance, low, trigger, expiration bool
	for _, t := range takes {
		if a := t.answer; a != nil {
			cost = cost || a.Cost.Unit != ""
			balance = balance || a.Balance.Unit != ""
			low = low || a.LowOnes.Known
			expiration = expiration || !a.Expires.IsZero()
			trigger = trigger || slices.ContainsFunc(a.Services, func(s charging.ServiceAnswer) bool {
				return len(s.Triggers) > 0
			})
		}
	}
	var words []string
	for _, one := range []struct {
		said bool
		word string
	}{
		{cost, "cost"},
		{balance, "balance"},
		{low, "low_balance"},
		{trigger, "trigger"},
		{expiration, "expiration"},
	} {
		if one.said {
			words = append(words, one.word)
		}
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// failureOf is what most answers say of what a client is to do without them.
func failureOf(takes []*take) string {
	var said tally[charging.FailureHandling]
	answers := 0
	for _, t := range takes {
		if t.answer == nil || !t.answer.Result.Success() {
			continue
		}
		answers++
		if t.answer.Failure != nil {
			said.add(*t.answer.Failure)
		}
	}
	usual, seen := said.usual()
	f := flow{}
	if 2*seen <= answers {
		return f.String()
	}
	for _, one := range []struct {
		key    string
		number charging.Number
		names  []charging.Word
	}{
		{"session", usual.Session, charging.SessionFailures()},
		{"debit", usual.Debit, charging.DebitFailures()},
		{"failover", usual.Failover, charging.Failovers()},
	} {
		for _, name := range one.names {
			if one.number.Known && name.Number == one.number.Value {
				f.add(one.key, name.Text)
			}
		}
	}
	return f.String()
}

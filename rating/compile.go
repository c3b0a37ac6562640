package rating

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/charging"
)

// Compile makes a plan of its document. Where anything is wrong it returns no plan but all faults,
// in the document's order, each with its path in the plan as in rules[0].price.
func Compile(name string, version int64, doc *Document) (*Plan, []charging.Fault) {
	c := &compiler{}
	c.readCurrency(doc.Currency)
	if len(doc.Rules) == 0 {
		c.fault("rules", "a plan needs at least one rule")
	}
	plan := &Plan{
		name: name, version: version, currency: c.currency,
		rules: make([]rule, len(doc.Rules)), byName: make(map[string]*rule, len(doc.Rules)),
	}
	for i := range doc.Rules {
		path := "rules[" + strconv.Itoa(i) + "]"
		r := &plan.rules[i]
		*r = c.rule(path, &doc.Rules[i])
		c.nameRule(plan, r, path, i)
		c.timeRule(plan, r, path, i)
	}
	failure := c.failure(&doc.Failure)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	announces := slices.ContainsFunc(plan.rules, func(r rule) bool {
		return r.terms.Announce != nil
	})
	calling := slices.ContainsFunc(plan.rules, func(r rule) bool {
		return r.terms.Payer == payerCalling
	})
	pools := slices.ContainsFunc(plan.rules, func(r rule) bool {
		return r.terms.Quota != nil && r.terms.Quota.Pool != nil
	})
	for i := range plan.rules {
		plan.rules[i].terms.Triggers = plan.triggers(i)
		plan.rules[i].terms.Failure = failure
		plan.rules[i].terms.Announces, plan.rules[i].terms.Pools = announces, pools
		plan.rules[i].terms.CallerPays = calling
	}
	plan.addUnrated(failure)
	return plan, nil
}

// A compiler collects faults on its way through a document.
type compiler struct {
	currency charging.Unit // empty where the document has none or a wrong one
	faults   []charging.Fault
}

func (c *compiler) fault(path, format string, args ...any) {
	c.faults = append(c.faults, charging.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) readCurrency(code Text) {
	unit, err := charging.ParseUnit(string(code))
	switch {
	case code == "":
		c.fault("currency", "a plan needs a currency; use an ISO 4217 code like EUR")
	case err != nil || !unit.Money():
		c.fault("currency", "%q is no currency; use an ISO 4217 code like EUR", code)
	default:
		c.currency = unit
	}
}

// nameRule gives the rule the name that conditions know it by.
func (c *compiler) nameRule(plan *Plan, r *rule, path string, index int) {
	if r.name == "" {
		r.name = "rule " + strconv.Itoa(index+1)
	}
	if _, taken := plan.byName[r.name]; taken || r.name == unratedName {
		c.fault(path+".name", "another rule is called %q already", r.name)
	}
	plan.byName[r.name] = r
	r.terms.Rule = r.name
}

// timeRule numbers the rules that have windows.
func (c *compiler) timeRule(plan *Plan, r *rule, path string, index int) {
	r.ordinal = -1
	if len(r.match.windows) == 0 {
		return
	}
	if len(plan.timed) == windowLimit {
		c.fault(path+".match.window", "at most %d rules of a plan may have windows", windowLimit)
		return
	}
	r.ordinal = len(plan.timed)
	plan.timed = append(plan.timed, index)
}

// rule compiles one rule, in the order in which people write it.
func (c *compiler) rule(path string, doc *Rule) rule {
	r := rule{name: string(doc.Name)}
	r.match = c.match(path+".match", &doc.Match)
	r.unit = c.unit(path, doc)
	r.units = []charging.Unit{r.unit}
	c.block(path, doc, &r)
	r.setup = c.money(path+".setup", doc.Setup)
	r.minimum = c.money(path+".min_charge", doc.MinCharge)
	c.participants(path+".participants", &doc.Participants, &r)
	c.media(path+".media", doc.Media, &r)
	c.sizes(path, doc, &r)
	c.terms(path, doc, &r)
	r.rounding = rounding(c.word(path+".rounding", doc.Rounding,
		"per_condition", "per_report", "carry_block"))
	return r
}

// unit reads the rule's unit, or takes it from what tells it.
func (c *compiler) unit(path string, doc *Rule) charging.Unit {
	if doc.Unit != "" {
		return c.unitName(path+".unit", doc.Unit)
	}
	if per, err := charging.ParseQuantity(string(doc.Per)); err == nil {
		return per.Unit
	}
	if len(doc.Sizes) > 0 || doc.Match.Kind == "event" {
		return charging.Events
	}
	c.fault(path+".unit", "the rule needs a unit; use %s", strings.Join(unitNames(), ", "))
	return ""
}

// unitName reads a unit; money is the plan's currency.
func (c *compiler) unitName(path string, name Text) charging.Unit {
	if name == "money" {
		return c.currency
	}
	unit, err := charging.ParseUnit(string(name))
	switch {
	case err != nil:
		c.fault(path, "unknown unit %q; %s", name, suggest(string(name), unitNames()))
		return ""
	case unit.Money() && unit != c.currency && c.currency != "":
		c.fault(path, "unit mismatch: %s, but the plan's currency is %s", unit, c.currency)
		return ""
	}
	return unit
}

func unitNames() []string {
	return []string{"time", "total", "input", "output", "events", "money", "octets", "ssu"}
}

// block reads the size and price of a block. Money costs itself where nothing else is said.
func (c *compiler) block(path string, doc *Rule, r *rule) {
	r.per = 1
	if per, ok := c.units(path+".per", doc.Per, r.unit); ok {
		r.per = per
		if per == 0 {
			c.fault(path+".per", "a block must be larger than nothing")
		}
	}
	r.price = c.money(path+".price", doc.Price)
	if !r.unit.Money() || doc.Per != "" {
		return
	}
	if doc.Price != "" {
		c.fault(path+".per", "a price for money needs its block: per: 1.00 %s", r.unit)
	}
	r.price = 1
}

func (c *compiler) participants(path string, doc *Participants, r *rule) {
	r.mode = mode(c.word(path+".mode", doc.Mode, "none", "per_participant", "per_extra"))
	r.base = c.number(path+".base", doc.Base, 0)
	r.amount = c.money(path+".amount", doc.Amount)
	r.inviter = doc.CountInviter
	r.terms.CountInviter = doc.CountInviter
	r.terms.InitialAsIs = c.word(path+".initial", doc.Initial, "as_sent", "attached") == 0
	switch {
	case r.mode == perExtra && doc.Amount == "":
		c.fault(path+".amount", "mode per_extra needs the amount for each participant above base")
	case r.mode != perExtra && r.amount != 0:
		c.fault(path+".amount", "an amount is for mode per_extra; per_participant multiplies price")
	}
}

func (c *compiler) media(path string, doc map[string]Text, r *rule) {
	for _, medium := range slices.Sorted(maps.Keys(doc)) {
		price := c.money(path+"."+medium, doc[medium])
		name := strings.ToLower(medium)
		if slices.ContainsFunc(r.media, func(s surcharge) bool { return s.medium == name }) {
			c.fault(path+"."+medium, "medium %s has a price already", name)
		}
		r.media = append(r.media, surcharge{name, price})
	}
}

func (c *compiler) sizes(path string, doc *Rule, r *rule) {
	r.oversize = fallbackWord(c.word(path+".oversize", doc.Oversize,
		"fail", "last", "price"), lastSize)
	r.missing = fallbackWord(c.word(path+".size_missing", doc.SizeMissing,
		"fail", "first", "last", "price"), firstSize)
	if len(doc.Sizes) > 0 && r.unit != charging.Events && r.unit != "" {
		c.fault(path+".sizes", "sizes price messages; the rule counts %s, not events", r.unit)
	}
	last := int64(-1)
	for i, size := range doc.Sizes {
		at := path + ".sizes[" + strconv.Itoa(i) + "]"
		upTo, ok := c.units(at+".up_to", size.UpTo, charging.Total)
		switch {
		case size.UpTo == "":
			c.fault(at+".up_to", "a size needs its limit, like 1300 B")
		case ok && upTo <= last:
			c.fault(at+".up_to", "sizes must rise: %d B is not above %d B", upTo, last)
		case ok:
			last = upTo
		}
		if size.Price == "" {
			c.fault(at+".price", "a size needs its price")
		}
		r.tiers = append(r.tiers, tier{upTo, c.money(at+".price", size.Price)})
	}
}

// fallbackWord maps the position of a word to its meaning; second is what position one means.
func fallbackWord(position int, second fallback) fallback {
	if position == 0 {
		return failUnrated
	}
	return second + fallback(position-1)
}

// money reads an amount of the plan's currency, not negative. Only zero needs no currency.
func (c *compiler) money(path string, text Text) int64 {
	if text == "" || strings.Trim(string(text), "0.") == "" && text[0] == '0' {
		return 0
	}
	if strings.Trim(string(text), "-0123456789.") == "" {
		c.fault(path, "%s has no currency; write %s %s", text, text, c.exampleCurrency())
		return 0
	}
	got, err := charging.ParseQuantity(string(text))
	switch {
	case err != nil:
		c.fault(path, "%s", err)
	case got.Unit != c.currency && c.currency != "":
		c.fault(path, "unit mismatch: %s, but the plan's currency is %s", text, c.currency)
	case got.Amount < 0:
		c.fault(path, "%s is negative", text)
	default:
		return got.Amount
	}
	return 0
}

func (c *compiler) exampleCurrency() charging.Unit {
	if c.currency == "" {
		return "EUR"
	}
	return c.currency
}

// units reads a quantity of a unit, or a plain number in it; ok is false where nothing usable is
// written.
func (c *compiler) units(path string, text Text, unit charging.Unit) (amount int64, ok bool) {
	if text == "" {
		return 0, false
	}
	if plain, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return plain, c.notNegative(path, text, plain)
	}
	got, err := charging.ParseQuantity(string(text))
	if err != nil {
		c.fault(path, "%s", err)
		return 0, false
	}
	if got.Unit != unit && !(got.Unit.Octets() && unit.Octets()) {
		if unit != "" {
			c.fault(path, "unit mismatch: %s does not count %s", text, unit)
		}
		return 0, false
	}
	return got.Amount, c.notNegative(path, text, got.Amount)
}

func (c *compiler) notNegative(path string, text Text, amount int64) bool {
	if amount < 0 {
		c.fault(path, "%s is negative", text)
	}
	return amount >= 0
}

// number reads a whole number that is not negative.
func (c *compiler) number(path string, text Text, absent int64) int64 {
	if text == "" {
		return absent
	}
	value, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil {
		c.fault(path, "%q is not a number from 0 to %d", text, uint32(math.MaxUint32))
		return absent
	}
	return int64(value)
}

// word finds the position of a word among those allowed; the first is meant where none is given.
func (c *compiler) word(path string, got Text, allowed ...string) int {
	if got == "" {
		return 0
	}
	if position := slices.Index(allowed, string(got)); position >= 0 {
		return position
	}
	c.fault(path, "unknown word %q; %s", got, suggest(string(got), allowed))
	return 0
}

// choices reads a list of words of which each must be allowed.
func (c *compiler) choices(path string, list List, allowed []string) []string {
	var got []string
	for i, word := range list {
		at := element(path, i, len(list))
		if word == "" {
			c.fault(at, "an empty word; use %s", strings.Join(allowed, ", "))
			continue
		}
		got = append(got, allowed[c.word(at, word, allowed...)])
	}
	return got
}

// suggest says what may have been meant, or all that can be said.
func suggest(got string, words []string) string {
	if meant := nearest(got, words); meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return "use " + strings.Join(words, ", ")
}

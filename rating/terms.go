package rating

import (
	"math"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// What is granted where neither the client nor the rule says how much.
const (
	defaultSeconds = 300
	defaultOctets  = 10 << 20
	defaultEvents  = 1
	defaultMoney   = charging.MoneyScale
)

// defaultValidity is how long a grant holds where the rule does not say.
const defaultValidity = time.Hour

// terms compiles all of a rule that is neither match nor price.
func (c *compiler) terms(path string, doc *Rule, r *rule) {
	t := &r.terms
	t.Unit = r.unit
	c.count(path+".count", &doc.Count, t)
	t.Cumulative = c.word(path+".counters", doc.Counters, "delta", "cumulative") == 1
	c.quota(path+".quota", &doc.Quota, r)
	t.Partial = r.unit != charging.Events && r.match.kind != eventKind
	if doc.Quota.Partial != nil {
		t.Partial = *doc.Quota.Partial
	}
	t.Final = c.final(path+".quota.final", &doc.Quota.Final)
	switches := c.word(path+".tariff_switch", doc.TariffSwitch, "validity", "avp", "reauthorize")
	t.TariffAVP, t.TariffRAR = switches == 1, switches == 2
	payers := []string{"subscription_id", "called", payerCalling}
	t.Payer = payers[c.word(path+".payer", doc.Payer, payers...)]
	t.Send = c.sends(path+".send", doc.Send)
	t.LowBalanceAt = c.money(path+".low_balance_at", doc.LowBalanceAt)
	t.CostUnit = string(doc.CostUnit)
	t.Uncontrolled = c.word(path+".free", doc.Free, "grant", "uncontrolled") == 1
	t.Quota = c.quotaManagement(path+".quota", &doc.Quota, r.unit)
	t.Announce = c.announcements(path+".announce", doc.Announce)
}

// count reads where the number of units of an event comes from.
func (c *compiler) count(path string, doc *Count, t *charging.Terms) {
	sources := []string{"rsu", "exploded", "recipients"}
	t.CountDefault = defaultEvents
	if count, ok := c.units(path+".default", doc.Default, charging.Events); ok {
		t.CountDefault = count
	}
	t.Count = c.choices(path+".from", doc.From, sources)
	if doc.From == nil {
		t.Count = sources
	}
}

// quota reads the sizes and times of grants.
func (c *compiler) quota(path string, doc *Quota, r *rule) {
	t := &r.terms
	t.Min, _ = c.units(path+".min", doc.Min, r.unit)
	t.Max, _ = c.units(path+".max", doc.Max, r.unit)
	t.Threshold, _ = c.units(path+".threshold", doc.Threshold, r.unit)
	given, ok := c.units(path+".default", doc.Default, r.unit)
	switch {
	case !ok:
		t.Default = r.defaultGrant()
	case given == 0:
		c.fault(path+".default", "a grant must be larger than nothing")
	case t.Max > 0 && given > t.Max:
		c.fault(path+".default", "the default grant is above quota.max")
	case given < t.Min:
		c.fault(path+".default", "the default grant is below quota.min")
	}
	if ok {
		t.Default = given
	}
	if t.Max > 0 && t.Min > t.Max {
		c.fault(path+".min", "quota.min is above quota.max")
	}
	c.times(path, doc, t)
}

func (c *compiler) times(path string, doc *Quota, t *charging.Terms) {
	t.ValidFor = defaultValidity
	if seconds, ok := c.seconds(path+".validity", doc.Validity); ok {
		t.ValidFor = time.Duration(seconds) * time.Second
		if seconds == 0 {
			c.fault(path+".validity", "a grant must hold for a second at least")
		}
	}
	if seconds, ok := c.seconds(path+".holding_time", doc.HoldingTime); ok {
		t.HoldingTime = charging.Known(seconds)
	}
}

// seconds reads a time that fits the 32 bits of Validity-Time and Quota-Holding-Time.
func (c *compiler) seconds(path string, text Text) (int64, bool) {
	seconds, ok := c.units(path, text, charging.Time)
	if ok && seconds > math.MaxUint32 {
		c.fault(path, "%s is too long; at most %ds fit the AVP", text, uint32(math.MaxUint32))
		return 0, false
	}
	return seconds, ok
}

// defaultGrant is a usual amount of the unit: whole blocks, between the rule's bounds.
func (r *rule) defaultGrant() int64 {
	grant := int64(defaultMoney)
	switch {
	case r.unit == charging.Time:
		grant = r.wholeBlocks(defaultSeconds)
	case r.unit.Octets():
		grant = r.wholeBlocks(defaultOctets)
	case r.unit == charging.Events:
		grant = max(1, r.terms.CountDefault)
	}
	grant = max(grant, r.terms.Min)
	if r.terms.Max > 0 {
		grant = min(grant, r.terms.Max)
	}
	return grant
}

func (r *rule) wholeBlocks(units int64) int64 {
	if r.per <= 0 || r.per >= units {
		return max(r.per, 1)
	}
	return (units + r.per - 1) / r.per * r.per
}

// final reads what happens when the last units are used up. A redirection may say what is allowed
// besides (RFC 8506 section 8.34).
func (c *compiler) final(path string, doc *Final) charging.FinalUnit {
	final := charging.FinalUnit{Action: charging.Terminate, QoS: doc.QoS}
	if doc.Restrict != nil {
		final = c.restriction(path+".restrict", doc.Restrict)
		final.QoS = doc.QoS
	}
	switch {
	case doc.Redirect != "":
		c.address(path+".redirect", string(doc.Redirect))
		final.Action, final.Redirect = charging.Redirect, string(doc.Redirect)
		return final
	case doc.Restrict != nil:
		return final
	case doc.Word != "" && doc.Word != "terminate":
		c.fault(path, "unknown word %q; use terminate, {redirect: URI} or {restrict: [...]}", doc.Word)
	case doc.Word == "" && !doc.IsZero():
		c.fault(path, "nothing is said; use terminate, {redirect: URI} or {restrict: [...]}")
	}
	return charging.FinalUnit{Action: charging.Terminate}
}

// address checks that the redirect server is an IP address or a URI.
func (c *compiler) address(path, text string) {
	if _, err := netip.ParseAddr(text); err == nil {
		return
	}
	uri, err := url.Parse(text)
	if err != nil || uri.Scheme == "" || uri.Host == "" && uri.Opaque == "" {
		c.fault(path, "%q is no address; write it like https://topup.example.com, "+
			"sip:topup@example.com or an IP address", text)
	}
}

// restriction reads filter rules and names of filters.
func (c *compiler) restriction(path string, entries List) charging.FinalUnit {
	final := charging.FinalUnit{Action: charging.RestrictAccess}
	if len(entries) == 0 {
		c.fault(path, "nothing is listed; name a filter or write permit out ip from any to any")
	}
	for i, entry := range entries {
		if entry == "" {
			c.fault(element(path, i, len(entries)), "an empty filter")
			continue
		}
		final.Restrict(string(entry))
	}
	return final
}

// sends reads the list of AVPs to send.
func (c *compiler) sends(path string, list List) charging.Sends {
	got := charging.Sends{Said: list != nil}
	words := []string{"cost", "balance", "low_balance", "trigger", "expiration"}
	for _, word := range c.choices(path, list, words) {
		switch word {
		case "cost":
			got.Cost = true
		case "balance":
			got.Balance = true
		case "low_balance":
			got.LowBalance = true
		case "trigger":
			got.Trigger = true
		case "expiration":
			got.Expiration = true
		}
	}
	return got
}

// triggers are those worth arming under a rule: where it prices or matches participants or media,
// or where an earlier rule for the same service would win if they changed.
func (p *Plan) triggers(index int) []uint32 {
	r := &p.rules[index]
	media, people := len(r.media) > 0, r.mode != withoutParticipants
	for i := range p.rules[:index+1] {
		if other := &p.rules[i].match; other.meets(&r.match) {
			media = media || len(other.media) > 0
			people = people || len(other.participants) > 0
		}
	}
	var armed []uint32
	if media {
		armed = append(armed, charging.TriggerMedia)
	}
	if people {
		armed = append(armed, charging.TriggerParticipants)
	}
	return slices.Clip(armed)
}

// payerCalling is the payer that only an initial request may tell.
const payerCalling = "calling"

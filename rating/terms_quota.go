package rating

import (
	"strconv"

	"github.com/ocs-sim/ocs-sim/charging"
)

// quotaManagement reads what is sent with grants beside their size; nil where nothing is said.
func (c *compiler) quotaManagement(path string, doc *Quota, unit charging.Unit) *charging.Quota {
	var quota charging.Quota
	if seconds, ok := c.seconds(path+".consumption_time", doc.ConsumptionTime); ok {
		quota.ConsumptionTime = charging.Known(seconds)
	}
	if seconds, ok := c.seconds(path+".unused_timer", doc.UnusedTimer); ok {
		quota.UnusedTimer = charging.Known(seconds)
	}
	quota.Mechanism = c.mechanism(path+".time_mechanism", &doc.TimeMechanism, unit)
	quota.Pool = c.pool(path, doc, unit)
	if quota == (charging.Quota{}) {
		return nil
	}
	return &quota
}

func (c *compiler) mechanism(
	path string, doc *TimeMechanism, unit charging.Unit,
) *charging.TimeMechanism {
	if *doc == (TimeMechanism{}) {
		return nil
	}
	if unit != charging.Time && unit != "" {
		c.fault(path, "a time mechanism is for rules that count time, not %s", unit)
	}
	kind := c.word(path+".type", doc.Type, "discrete", "continuous")
	interval, ok := c.seconds(path+".interval", doc.Interval)
	if !ok || interval == 0 {
		c.fault(path+".interval", "a time mechanism needs its interval, like 30s")
	}
	return &charging.TimeMechanism{Type: uint32(kind), Interval: uint32(interval)}
}

// pool reads the credit pool. RFC 8506 section 5.1.2: a multiplier is above zero.
func (c *compiler) pool(path string, doc *Quota, unit charging.Unit) *charging.Pool {
	if doc.Pool == "" {
		if doc.Multiplier != "" {
			c.fault(path+".multiplier", "a multiplier is for grants of a pool; write pool: 1")
		}
		return nil
	}
	pool := &charging.Pool{Unit: unit, Multiplier: charging.Decimal{Digits: 1}}
	pool.ID = uint32(c.number(path+".pool", doc.Pool, 0))
	if doc.Multiplier == "" {
		return pool
	}
	multiplier, err := charging.ParseDecimal(string(doc.Multiplier))
	switch {
	case err != nil:
		c.fault(path+".multiplier", "%s", err)
	case multiplier.Digits == 0:
		c.fault(path+".multiplier", "a multiplier is above zero")
	}
	pool.Multiplier = multiplier
	return pool
}

// announcements reads what is played, and sorts it by occasion; nil where there is nothing.
func (c *compiler) announcements(path string, docs []Announcement) *charging.Announcements {
	if len(docs) == 0 {
		return nil
	}
	var all charging.Announcements
	for i := range docs {
		at := path + "[" + strconv.Itoa(i) + "]"
		one := c.announcement(at, &docs[i])
		if len(docs[i].On) == 0 {
			c.fault(at+".on", "an announcement needs an occasion: grant, final, refused or low_balance")
		}
		occasions := []string{"grant", "final", "refused", "low_balance"}
		for _, occasion := range c.choices(at+".on", docs[i].On, occasions) {
			switch occasion {
			case "grant":
				all.Granted = append(all.Granted, one)
			case "final":
				all.Final = append(all.Final, one)
			case "refused":
				all.Refused = append(all.Refused, one)
			case "low_balance":
				all.LowBalance = append(all.LowBalance, one)
			}
		}
	}
	return &all
}

func (c *compiler) announcement(path string, doc *Announcement) charging.Announcement {
	got := charging.Announcement{
		Order:    c.known(path+".order", doc.Order),
		Play:     c.choice(path+".play", doc.Play, "served", "remote"),
		Quota:    c.choice(path+".quota", doc.Quota, "not_used", "used"),
		Private:  c.choice(path+".privacy", doc.Privacy, "not_private", "private"),
		Language: string(doc.Language),
	}
	if doc.ID == "" {
		c.fault(path+".id", "an announcement needs its number")
	}
	got.ID = uint32(c.number(path+".id", doc.ID, 0))
	if seconds, ok := c.seconds(path+".at", doc.At); ok {
		got.At = charging.Known(seconds)
	}
	for i := range doc.Parts {
		at := path + ".parts[" + strconv.Itoa(i) + "]"
		part := &doc.Parts[i]
		kind := c.word(at+".type", part.Type, "integer", "number", "time", "date", "currency")
		got.Parts = append(got.Parts, charging.AnnouncementPart{
			Type: uint32(kind), Value: string(part.Value), Order: c.known(at+".order", part.Order),
		})
	}
	return got
}

// choice is the position of a word, unknown where none is given.
func (c *compiler) choice(path string, got Text, allowed ...string) charging.Number {
	if got == "" {
		return charging.Number{}
	}
	return charging.Known(int64(c.word(path, got, allowed...)))
}

// known is a number that may be left out.
func (c *compiler) known(path string, text Text) charging.Number {
	if text == "" {
		return charging.Number{}
	}
	return charging.Known(c.number(path, text, 0))
}

// failure reads what a client does that gets no answer; nil where nothing is said.
func (c *compiler) failure(doc *Failure) *charging.FailureHandling {
	if *doc == (Failure{}) {
		return nil
	}
	return &charging.FailureHandling{
		Session: c.choice("failure.session", doc.Session,
			"terminate", "continue", "retry_and_terminate"),
		Debit:    c.choice("failure.debit", doc.Debit, "terminate_or_buffer", "continue"),
		Failover: c.choice("failure.failover", doc.Failover, "not_supported", "supported"),
	}
}

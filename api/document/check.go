package document

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/charging"
	"github.com/ocs-sim/ocs-sim/diameter"
	"github.com/ocs-sim/ocs-sim/rating"
	"github.com/ocs-sim/ocs-sim/scenarios"
)

// A checker finds what decoding cannot: words without meaning, and things written twice.
type checker struct {
	plans      map[string]bool // that accounts may have
	written    map[string]bool // plans of the files so far
	ids        map[string]int  // account id -> which of accounts
	identities map[charging.Identity]int
	ranges     []writtenRange
	scenarios  map[string]bool
	settings   bool // a file wrote the server's settings
	timers     bool
	accounts   []accounts.Account
	warnings   []string
	avps       *diameter.Dictionary // nil: the shared one, which takes a while to read
}

// A writtenRange is where accounts from one on are written.
type writtenRange struct {
	first  int
	source *Source
	path   string
}

func (w *writtenRange) String() string {
	line, column := w.source.find(w.path)
	return fmt.Sprintf("%s:%d:%d", w.source.name, line, column)
}

func newChecker(knownPlans []string) *checker {
	check := &checker{
		plans:     map[string]bool{},
		written:   map[string]bool{},
		scenarios: map[string]bool{},
	}
	for _, name := range knownPlans {
		check.plans[name] = true
	}
	return check
}

// announce makes a part's plans known, before accounts of any part refer to them.
func (c *checker) announce(p *part) {
	for name := range p.document.Plans {
		if c.written[name] {
			p.fault("plans."+name, fmt.Sprintf("plan %q is written in two files", name))
		}
		c.plans[name], c.written[name] = true, true
	}
}

// reserve makes room for all accounts at once: growing by and by takes twice as long.
func (c *checker) reserve(parts []part) {
	ids, identities := 0, 0
	for i := range parts {
		for j := range parts[i].document.Accounts {
			account := &parts[i].document.Accounts[j]
			count := min(max(account.Count, 1), MaxAccounts)
			ids += count
			identities += count * len(account.Subscribers)
		}
	}
	const enough = 1_000_000 // a count may be a mistake
	ids, identities = min(ids, enough), min(identities, enough)
	c.ids = make(map[string]int, ids)
	c.identities = make(map[charging.Identity]int, identities)
	c.accounts = make([]accounts.Account, 0, ids)
}

func (c *checker) part(p *part) {
	for _, name := range slices.Sorted(maps.Keys(p.document.Plans)) {
		c.plan(p, name)
	}
	for i := range p.document.Accounts {
		c.account(p, i)
	}
	for i := range p.document.Scenarios {
		c.scenario(p, i)
	}
	c.settingsOf(p)
}

// settingsOf checks settings and clients. Those of the whole server stand in one file.
func (c *checker) settingsOf(p *part) {
	written := &p.document.SettingsDocument
	if written.Settings != nil && c.settings {
		p.fault("settings", "settings are written in two files")
	}
	if written.Timers != nil && c.timers {
		p.fault("timers", "timers are written in two files")
	}
	c.settings = c.settings || written.Settings != nil
	c.timers = c.timers || written.Timers != nil
	_, _, faults := written.Resolve()
	p.faults = withUntold(p.faults, faults)
}

func (c *checker) plan(p *part, name string) {
	path := "plans." + name
	if strings.TrimSpace(name) == "" {
		p.fault(path, "a plan needs a name")
		return
	}
	if p.document.Plans[name] == nil {
		p.fault(path, "the plan is empty; it needs a currency and rules")
		return
	}
	plan, faults := rating.Compile(name, 0, p.document.Plans[name])
	p.faults = append(p.faults, prefixed(path, faults)...)
	c.planAVPs(p, name)
	if len(faults) > 0 {
		return
	}
	c.warn(p, prefixed(path, rating.Warnings(plan)))
}

func (c *checker) scenario(p *part, index int) {
	path := "scenarios[" + strconv.Itoa(index) + "]"
	doc := p.document.Scenarios[index]
	if c.scenarios[doc.Name] && doc.Name != "" {
		p.fault(path+".name", fmt.Sprintf("scenario %q is written twice", doc.Name))
		return
	}
	c.scenarios[doc.Name] = true
	wire := scenarios.Wire{Edit: c.knownAVPs().CheckEdit, Preset: diameter.CheckPreset}
	p.faults = append(p.faults, prefixed(path, scenarios.Check(doc, wire))...)
	c.scenarioAVPs(p, index)
}

func (c *checker) account(p *part, index int) {
	path := "accounts[" + strconv.Itoa(index) + "]"
	written := &p.document.Accounts[index]
	if len(c.accounts)+max(written.Count, 1) > MaxAccounts {
		p.fault(path+".count", fmt.Sprintf("more than %d accounts in all", MaxAccounts))
		return
	}
	c.planOf(p, written.Plan, path)
	maker, faults := newMaker(written)
	p.faults = append(p.faults, prefixed(path, faults)...)
	if len(faults) > 0 {
		maker.count = 1 // enough to see whether its id or subscribers clash with others
	}
	c.expand(p, maker, path)
}

func (c *checker) planOf(p *part, plan, path string) {
	if plan == "" || c.plans[plan] || strings.Contains(plan, "{n") {
		return
	}
	p.fault(path+".plan", unknownPlan(plan, slices.Sorted(maps.Keys(c.plans))))
}

// unknownPlan words the fault of an account whose plan nobody wrote.
func unknownPlan(plan string, known []string) string {
	message := fmt.Sprintf("no plan %q", shortened(plan))
	if meant := nearest(plan, known); meant != "" {
		return message + fmt.Sprintf("; did you mean %q?", meant)
	}
	return message + "; write it under plans, or create it with PUT /v1/plans/" + plan
}

// expand counts a range out. A clash is told once: all others of a range clash the same way.
func (c *checker) expand(p *part, maker *maker, path string) {
	c.ranges = append(c.ranges, writtenRange{len(c.accounts), p.source, path})
	for n := range maker.count {
		made, faults := maker.make(n)
		if faults == nil {
			faults = c.clash(maker, &made)
		}
		if len(faults) > 0 {
			p.faults = append(p.faults, prefixed(path, faults)...)
			return
		}
		if maker.plan.counts() {
			c.planOf(p, made.Plan, path)
		}
		c.accounts = append(c.accounts, made)
	}
}

// clash finds an id or an identity that another account has.
func (c *checker) clash(maker *maker, made *accounts.Account) []charging.Fault {
	if made.ID == "" {
		return nil // told already
	}
	if other, taken := c.ids[made.ID]; taken {
		where := c.where(other)
		message := fmt.Sprintf("account %q is written twice, also at %s", made.ID, where)
		if where == &c.ranges[len(c.ranges)-1] {
			message = "every account of the range has this id; put {n} into it"
		}
		return []charging.Fault{{Path: "id", Message: message}}
	}
	c.ids[made.ID] = len(c.accounts)
	for i, identity := range made.Subscribers {
		key := canonical(identity)
		if owner, taken := c.identities[key]; taken {
			return []charging.Fault{{Path: maker.subscriberPaths[i], Message: fmt.Sprintf(
				"%q is a subscriber of account %q already", identity.Data, c.idOf(owner, made))}}
		}
		c.identities[key] = len(c.accounts)
	}
	return nil
}

// idOf is the id of an account; the one being made is not among the others yet.
func (c *checker) idOf(index int, made *accounts.Account) string {
	if index == len(c.accounts) {
		return made.ID
	}
	return c.accounts[index].ID
}

// where is where an account is written.
func (c *checker) where(index int) (where *writtenRange) {
	for i := range c.ranges {
		if c.ranges[i].first <= index {
			where = &c.ranges[i]
		}
	}
	return where
}

package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/api/resource"
	"github.com/ocs-sim/ocs-sim/charging"
)

// A maker makes the accounts of one written account: one, or a range. What does not count is read
// once, so that long ranges are made quickly.
type maker struct {
	count           int
	id, plan        text
	status          charging.Status
	subscribers     []subscriberMaker
	subscriberPaths []string
	balances        []balanceMaker
	tags            []text
	faults          []charging.Fault
}

type subscriberMaker struct {
	kind charging.IdentityType
	data text
}

type balanceMaker struct {
	path    string
	written *Balance
	id      text
	fixed   accounts.Balance
	texts   [4]text // amount, credit limit, valid from, valid until
	counts  bool    // one of them does
}

func newMaker(a *Account) (*maker, []charging.Fault) {
	m := &maker{count: max(a.Count, 1), status: charging.Status(a.Status)}
	m.id = m.text("id", a.ID)
	m.plan = m.text("plan", a.Plan)
	if a.ID == "" {
		m.fault("id", "an account needs an id")
	}
	if a.Count < 0 {
		m.fault("count", "count is how many accounts there are, from 1")
	}
	m.readStatus(a.Status)
	m.readSubscribers(a.Subscribers)
	m.readBalances(a.Balances)
	for i, tag := range a.Tags {
		m.tags = append(m.tags, m.text("tags["+strconv.Itoa(i)+"]", tag))
	}
	if a.Count == 0 {
		m.refuseNumbers(a)
	}
	return m, m.faults
}

func (m *maker) fault(path, message string) {
	m.faults = append(m.faults, charging.Fault{Path: path, Message: message})
}

func (m *maker) text(path, written string) text {
	made, err := parseText(written)
	if err != nil {
		m.fault(path, err.Error())
	}
	return made
}

// refuseNumbers finds an {n} for which there is no range: a forgotten count.
func (m *maker) refuseNumbers(a *Account) {
	const message = "{n} is the number of an account in a range; say how many with count"
	if m.id.counts() {
		m.fault("id", message)
		return
	}
	for i := range m.subscribers {
		if m.subscribers[i].data.counts() {
			m.fault(m.subscriberPaths[i], message)
			return
		}
	}
}

func (m *maker) readStatus(written string) {
	switch m.status {
	case "":
		m.status = charging.Active
	case charging.Active, charging.Barred, charging.Expired:
	default:
		m.fault("status", fmt.Sprintf("%q is no status; use active, barred or expired", written))
	}
}

func (m *maker) readSubscribers(written []resource.Identity) {
	for i := range written {
		path := "subscribers[" + strconv.Itoa(i) + "]"
		identities := written[i].Identities()
		if len(identities) == 0 {
			keys := strings.Join(resource.IdentityKeys(), ", ")
			m.fault(path, "an identity has one of the keys "+keys)
		}
		for _, identity := range identities {
			inside := path + "." + resource.IdentityKeys()[identity.Type]
			m.subscriberPaths = append(m.subscriberPaths, inside)
			made := subscriberMaker{identity.Type, m.text(inside, identity.Data)}
			m.subscribers = append(m.subscribers, made)
			identity.Data = made.data.at(0) // further numbers are digits, too
			if wrong := wrongIdentity(identity); wrong != "" {
				m.fault(inside, wrong)
			}
		}
	}
}

func (m *maker) readBalances(written []Balance) {
	ids := balanceIDs(written)
	m.balances = make([]balanceMaker, len(written))
	for i := range written {
		path := "balances[" + strconv.Itoa(i) + "]"
		if slices.Contains(ids[:i], ids[i]) {
			m.fault(path+".id", fmt.Sprintf("balance %q is written twice", ids[i]))
		}
		m.readBalance(&m.balances[i], &written[i], path, ids[i])
	}
}

func (m *maker) readBalance(b *balanceMaker, written *Balance, path, id string) {
	b.path, b.written, b.id = path, written, m.text(path+".id", id)
	b.fixed = accounts.Balance{Priority: written.Priority, RatingGroups: written.RatingGroups}
	texts := []string{written.Amount, written.CreditLimit, written.ValidFrom, written.ValidUntil}
	for i, text := range texts {
		b.texts[i] = m.text(path+"."+balanceKeys()[i], text)
		b.counts = b.counts || b.texts[i].counts()
	}
	m.faults = append(m.faults, b.read(0, &b.fixed)...)
}

func balanceKeys() [4]string {
	return [...]string{"amount", "credit_limit", "valid_from", "valid_until"}
}

// read reads the texts of a balance as they are for account n.
func (b *balanceMaker) read(n int, into *accounts.Balance) []charging.Fault {
	var faults []charging.Fault
	fault := func(key int, message string) {
		path := b.path + "." + balanceKeys()[key]
		faults = append(faults, charging.Fault{Path: path, Message: message})
	}
	amount := b.texts[0].at(n)
	var err error
	if into.Amount, err = resource.ParseQuantity(amount); amount == "" {
		fault(0, "a balance needs an amount, as in 10.00 EUR")
	} else if err != nil {
		fault(0, err.Error())
	}
	if limit := b.texts[1].at(n); limit != "" {
		quantity, err := resource.ParseQuantity(limit)
		into.CreditLimit = quantity.Amount
		switch {
		case err != nil:
			fault(1, err.Error())
		case quantity.Unit != into.Amount.Unit && into.Amount.Unit != "":
			fault(1, fmt.Sprintf("the credit limit is in the balance's unit, %s", into.Amount.Unit))
		case quantity.Amount < 0:
			fault(1, "a credit limit is not below zero")
		}
	}
	for key, moment := range map[int]*time.Time{2: &into.ValidFrom, 3: &into.ValidUntil} {
		written := b.texts[key].at(n)
		var ok bool
		if *moment, ok = parseTime(written); !ok && written != "" {
			fault(key, fmt.Sprintf("expected a time like 2026-01-31T12:00:00Z, found %q", written))
		}
	}
	if until := into.ValidUntil; !until.IsZero() && !until.After(into.ValidFrom) {
		fault(3, "the balance ends before it begins")
	}
	return faults
}

// balanceIDs names the balances that have no id by their position: main, main-2, main-3. So an
// account written again finds its balances again, and the ledger names them the same way.
func balanceIDs(written []Balance) []string {
	ids := make([]string, len(written))
	for i := range written {
		switch {
		case written[i].ID != "":
			ids[i] = written[i].ID
		case i == 0:
			ids[i] = "main"
		default:
			ids[i] = "main-" + strconv.Itoa(i+1)
		}
	}
	return ids
}

// make makes account n.
func (m *maker) make(n int) (accounts.Account, []charging.Fault) {
	made := accounts.Account{ID: m.id.at(n), Status: m.status, Plan: m.plan.at(n)}
	var faults []charging.Fault
	if len(m.subscribers) > 0 {
		made.Subscribers = make([]charging.Identity, len(m.subscribers))
	}
	for i := range m.subscribers {
		made.Subscribers[i] = charging.Identity{
			Type: m.subscribers[i].kind, Data: m.subscribers[i].data.at(n),
		}
	}
	if len(m.balances) > 0 {
		made.Balances = make([]accounts.Balance, len(m.balances))
	}
	for i := range m.balances {
		b := &m.balances[i]
		made.Balances[i] = b.fixed
		if b.counts {
			faults = append(faults, b.read(n, &made.Balances[i])...)
		}
		made.Balances[i].ID = b.id.at(n)
	}
	for i := range m.tags {
		made.Tags = append(made.Tags, m.tags[i].at(n))
	}
	return made, faults
}

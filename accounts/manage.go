package accounts

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// PutAccount makes an account, or brings one to what the document says: status, plan, subscribers
// and tags are replaced, balances are matched by id and differences posted as "adjustment".
// Balances that are not named stay as they are. A document that cannot be is KindInvalidDocument
// with all its faults, an unknown plan KindPlanNotFound, another unit for a balance
// KindUnitMismatch.
func (l *Ledger) PutAccount(
	ctx context.Context, at time.Time, a Account,
) (stored Account, created bool, err error) {
	if faults := a.faults(""); len(faults) > 0 {
		return Account{}, false, invalid("account "+a.ID, faults)
	}
	var result *account
	told := make(chan error, 1)
	if err := l.enter(ctx); err != nil {
		return Account{}, false, err
	}
	err = l.apply(at, "account", func(t *tx) (err error) {
		result, created, err = t.putAccount(&a)
		return err
	})
	if err == nil {
		stored = result.document()
	}
	l.leave(func(err error) { told <- err }, err)
	return stored, created, await(ctx, told)
}

// faults are all that is wrong with an account by itself. prefix is where it stands.
func (a *Account) faults(prefix string) []charging.Fault {
	var faults []charging.Fault
	fault := func(path, format string, args ...any) {
		faults = append(faults, charging.Fault{
			Path: prefix + path, Message: fmt.Sprintf(format, args...),
		})
	}
	if a.ID == "" {
		fault("id", "an account needs an id")
	}
	switch a.Status {
	case "", charging.Active, charging.Barred, charging.Expired:
	default:
		fault("status", "unknown status %q; use active, barred or expired", a.Status)
	}
	for i, identity := range a.Subscribers {
		if canonical(identity).Data == "" {
			fault(fmt.Sprintf("subscribers[%d]", i), "an identity must not be empty")
		}
	}
	seen := map[string]bool{}
	for i := range a.Balances {
		b := &a.Balances[i]
		path := fmt.Sprintf("balances[%d]", i)
		if id := balanceID(b, i); seen[id] {
			fault(path+".id", "two balances have the id %q", id)
		} else {
			seen[id] = true
		}
		b.fault(func(name, format string, args ...any) { fault(path+name, format, args...) })
	}
	return faults
}

func (b *Balance) fault(fault func(path, format string, args ...any)) {
	if b.Amount.Unit == "" {
		fault(".amount", "a balance needs an amount with a unit")
	}
	if b.Amount.Amount > maxAmount || b.Amount.Amount < -maxAmount {
		fault(".amount", "%s is too large", b.Amount)
	}
	if b.CreditLimit < 0 || b.CreditLimit > maxAmount {
		fault(".credit_limit", "a credit limit is from 0 to %d", int64(maxAmount))
	}
	if b.Priority > math.MaxInt32 || b.Priority < math.MinInt32 {
		fault(".priority", "a priority is a 32-bit number")
	}
	if !b.ValidUntil.IsZero() && !b.ValidFrom.Before(b.ValidUntil) {
		fault(".valid_until", "the end is not after the beginning")
	}
}

// balanceID is the id as given, or one by position: main, main-2, main-3.
func balanceID(b *Balance, position int) string {
	switch {
	case b.ID != "":
		return b.ID
	case position == 0:
		return "main"
	}
	return fmt.Sprintf("main-%d", position+1)
}

func invalid(what string, faults []charging.Fault) error {
	message := what + " is not valid"
	if len(faults) == 1 {
		message = what + ": " + faults[0].Message
	}
	return &charging.Error{
		Kind: charging.KindInvalidDocument, Message: message, Faults: faults,
	}
}

// putAccount is one account's part of a unit of work; faults were looked for before.
func (t *tx) putAccount(doc *Account) (a *account, created bool, err error) {
	if doc.Plan != "" && t.plans[doc.Plan].current() == nil && !t.plansPut[doc.Plan] {
		return nil, false, noPlan(doc.Plan)
	}
	a = t.accounts[doc.ID]
	if err := t.claimed(doc, a); err != nil {
		return nil, false, err
	}
	if a == nil {
		a, err = t.createAccount(doc)
		return a, true, err
	}
	return a, false, t.changeAccount(a, doc)
}

// claimed tells of all subscribers of a document that belong to other accounts.
func (t *tx) claimed(doc *Account, a *account) error {
	var faults []charging.Fault
	for i, identity := range doc.Subscribers {
		owner := t.subscribers[canonical(identity)]
		if owner == nil || owner == a {
			continue
		}
		faults = append(faults, charging.Fault{
			Path: fmt.Sprintf("subscribers[%d]", i),
			Message: fmt.Sprintf("subscriber %s %s belongs to account %s",
				identity.Type.String(), identity.Data, owner.view.ID),
		})
	}
	if faults == nil {
		return nil
	}
	return &charging.Error{
		Kind: charging.KindInvalidDocument, Message: faults[0].Message, Faults: faults,
		Hint: "take it from that account first; identities compare without +, tel:, sip: " +
			"and parameters",
	}
}

func (doc *Account) view() *charging.Account {
	status := doc.Status
	if status == "" {
		status = charging.Active
	}
	return &charging.Account{
		ID: doc.ID, Status: status, Plan: doc.Plan, Identities: slices.Clone(doc.Subscribers),
	}
}

// createAccount makes an account that is not there. Its row is written with the entry, so the entry
// needs no image of it.
func (t *tx) createAccount(doc *Account) (*account, error) {
	t.keep("account")
	t.lastAccount++
	a := &account{
		number: t.lastAccount, view: doc.view(), tags: slices.Clone(doc.Tags), touched: t.serial,
	}
	for i := range doc.Balances {
		a.balances = append(a.balances, t.newBalance(a, &doc.Balances[i], i))
	}
	for i, b := range a.balances {
		if err := t.postOpening(b, doc.Balances[i].Amount.Amount); err != nil {
			return nil, err
		}
	}
	a.sortBalances()
	t.addAccount(a)
	t.created = append(t.created, a)
	t.urgent = append(t.urgent, a)
	t.about = a
	if len(t.created) == 1 {
		t.afterwards = append(t.afterwards, func() {
			t.also(putSetting, settingAccount, t.lastAccount)
		})
	}
	return a, nil
}

func (t *tx) newBalance(a *account, doc *Balance, position int) *balance {
	b := &balance{
		account: a, serial: a.nextSerial, id: balanceID(doc, position), unit: doc.Amount.Unit,
		money: doc.Amount.Unit.Money(), touched: t.serial,
	}
	a.nextSerial++
	b.due.balance = b
	b.rule(doc)
	return b
}

// rule takes over all but the amount.
func (b *balance) rule(doc *Balance) {
	b.limit, b.priority = doc.CreditLimit, doc.Priority
	b.from, b.until = doc.ValidFrom, doc.ValidUntil
	b.groups = slices.Clone(doc.RatingGroups)
}

func (t *tx) postOpening(b *balance, amount int64) error {
	if amount == 0 {
		return nil
	}
	return t.post(b, amount, againstOpening, origin{reason: charging.Reason{Code: "opening"}})
}

// changeAccount brings an account to what the document says. What cannot be undone waits until
// nothing can fail any more.
func (t *tx) changeAccount(a *account, doc *Account) error {
	t.keep("account")
	t.touchAccount(a)
	for i := range doc.Balances {
		want := &doc.Balances[i]
		b := a.balance(balanceID(want, i))
		if b == nil {
			b = t.newBalance(a, want, i)
			a.balances = append(slices.Clone(a.balances), b)
			if err := t.postOpening(b, want.Amount.Amount); err != nil {
				return err
			}
			t.afterwards = append(t.afterwards, func() { t.schedule(&b.due, b.end()) })
			continue
		}
		if err := t.changeBalance(b, want); err != nil {
			return err
		}
	}
	view, tags := doc.view(), slices.Clone(doc.Tags)
	t.urgent = append(t.urgent, a)
	t.afterwards = append(t.afterwards, func() {
		t.dropIdentities(a)
		a.view, a.tags = view, tags
		t.indexIdentities(a)
		a.sortBalances()
	})
	return nil
}

func (t *tx) changeBalance(b *balance, want *Balance) error {
	if b.unit != want.Amount.Unit {
		return &charging.Error{
			Kind: charging.KindUnitMismatch,
			Message: fmt.Sprintf("balance %s of account %s is in %s, not in %s",
				b.id, b.account.view.ID, b.unit, want.Amount.Unit),
			Hint: "give the new balance an id of its own",
		}
	}
	difference, err := charging.Add(want.Amount.Amount, -b.amount)
	if err != nil {
		return fmt.Errorf("adjust balance %s: %w", b.id, err)
	}
	t.touchBalance(b)
	if difference != 0 {
		from := origin{reason: charging.Reason{Code: againstAdjustment}}
		if err := t.post(b, difference, againstAdjustment, from); err != nil {
			return err
		}
	}
	if b.expired && (want.ValidUntil.IsZero() || want.ValidUntil.After(t.now)) {
		b.expired = false
	}
	t.afterwards = append(t.afterwards, func() {
		b.rule(want)
		t.schedule(&b.due, b.end())
	})
	return nil
}

// DeleteAccount takes an account away; what is left of its balances is posted to "closed". While
// sessions are open it is KindAccountInUse, unless force releases what they hold and closes them.
func (l *Ledger) DeleteAccount(
	ctx context.Context, at time.Time, id string, force bool,
) error {
	return l.change(ctx, at, "account-deleted", func(t *tx) error {
		a := t.accounts[id]
		if a == nil {
			return noAccount(id)
		}
		if (a.open > 0 || a.held != nil) && !force {
			return &charging.Error{
				Kind:    charging.KindAccountInUse,
				Message: whyInUse(a),
				Hint:    "end them first, or delete with ?force=true",
			}
		}
		return t.deleteAccount(a)
	})
}

func whyInUse(a *account) string {
	if a.open == 0 {
		return fmt.Sprintf("account %s pays in open sessions of others", a.view.ID)
	}
	return fmt.Sprintf("account %s has %d open sessions", a.view.ID, a.open)
}

func (t *tx) deleteAccount(a *account) error {
	t.keep("account-deleted")
	t.touchAccount(a)
	if a.open > 0 || a.held != nil {
		if err := t.closeSessionsOf(a); err != nil {
			return err
		}
	}
	for _, b := range slices.Clone(a.balances) {
		if b.amount == 0 {
			continue
		}
		from := origin{reason: charging.Reason{Code: againstClosed}}
		if err := t.post(b, -b.amount, againstClosed, from); err != nil {
			return err
		}
	}
	t.afterwards = append(t.afterwards, func() {
		t.dropAccount(a)
		t.compactAccounts()
		t.out.goneRows = append(t.out.goneRows, a.number)
	})
	return nil
}

// closeSessionsOf ends the account's sessions and all that is reserved on it.
func (t *tx) closeSessionsOf(a *account) error {
	for _, s := range t.byAge {
		own := s.state.Open() && s.state.Account == a.view.ID
		holds := slices.ContainsFunc(s.held, func(r *reservation) bool { return r.account == a })
		if s.gone || !own && !holds {
			continue
		}
		t.touchSession(s, false)
		if err := t.dropHeld(s, released); err != nil {
			return err
		}
		if s.state.Open() {
			s.state = closed(s.state, t.now, "forced")
		}
	}
	return nil
}

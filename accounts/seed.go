package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Seed is what a ledger begins with.
type Seed struct {
	Plans    []SeedPlan
	Accounts []Account
}

// A SeedPlan is a plan with its document as JSON.
type SeedPlan struct {
	Name   string
	Source []byte
}

// A SeedReport says what a seed did.
type SeedReport struct {
	Created      []string // ids of accounts made
	Kept         []string // ids of accounts that were there and are left alone
	PlansChanged []string // names of plans that have a new version
}

// Seed makes the accounts that are not there, all in one entry; those that are there are left
// alone. Plans whose bytes differ get a new version. If anything is wrong, nothing is done.
func (l *Ledger) Seed(
	ctx context.Context, at time.Time, s Seed,
) (report SeedReport, err error) {
	if err := s.check(); err != nil {
		return SeedReport{}, err
	}
	err = l.change(ctx, at, "seed", func(t *tx) error {
		report = SeedReport{}
		return t.seed(&s, &report)
	})
	return report, err
}

func (t *tx) seed(s *Seed, report *SeedReport) error {
	t.plansPut = map[string]bool{}
	for _, p := range s.Plans {
		if _, changed := t.putPlan(p.Name, p.Source); changed {
			report.PlansChanged = append(report.PlansChanged, p.Name)
		}
		t.plansPut[p.Name] = true
	}
	for i := range s.Accounts {
		doc := &s.Accounts[i]
		if t.accounts[doc.ID] != nil {
			report.Kept = append(report.Kept, doc.ID)
			continue
		}
		if _, _, err := t.putAccount(doc); err != nil {
			return fmt.Errorf("seed account %s: %w", doc.ID, err)
		}
		report.Created = append(report.Created, doc.ID)
	}
	t.about = nil
	t.kind = "seed"
	return nil
}

// check finds what is wrong with a seed by itself: faults of its accounts, ids given twice, and
// identities that two of them claim.
func (s *Seed) check() error {
	var faults []charging.Fault
	names := map[string]bool{}
	for i, p := range s.Plans {
		if names[p.Name] {
			faults = append(faults, charging.Fault{
				Path: fmt.Sprintf("plans[%d]", i), Message: "two plans have the name " + p.Name,
			})
		}
		names[p.Name] = true
	}
	ids := make(map[string]bool, len(s.Accounts))
	claims := make(map[charging.Identity]string, len(s.Accounts))
	for i := range s.Accounts {
		faults = append(faults, s.Accounts[i].seedFaults(i, ids, claims)...)
	}
	if len(faults) > 0 {
		return invalid("seed", faults)
	}
	return nil
}

func (a *Account) seedFaults(
	position int, ids map[string]bool, claims map[charging.Identity]string,
) []charging.Fault {
	prefix := fmt.Sprintf("accounts[%d].", position)
	faults := a.faults(prefix)
	if ids[a.ID] {
		faults = append(faults, charging.Fault{
			Path: prefix + "id", Message: "two accounts have the id " + a.ID,
		})
	}
	ids[a.ID] = true
	for i, identity := range a.Subscribers {
		key := canonical(identity)
		if owner, taken := claims[key]; taken && owner != a.ID {
			faults = append(faults, charging.Fault{
				Path: fmt.Sprintf("%ssubscribers[%d]", prefix, i),
				Message: fmt.Sprintf("subscriber %s %s belongs to account %s",
					identity.Type.String(), identity.Data, owner),
			})
			continue
		}
		claims[key] = a.ID
	}
	return faults
}

// Reset begins a new life with a seed: accounts, sessions, answers and plans of the old one are
// gone, the clock has the given state and shows at, which may be earlier than before. Numbers of
// entries, postings, reservations and plan versions go on; Origin-State-Id grows by one. If
// anything is wrong with the seed, nothing is done.
func (l *Ledger) Reset(
	ctx context.Context, at time.Time, s Seed, clock charging.ClockState,
) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := s.knowsItsPlans(); err != nil {
		return err
	}
	if err := l.enter(ctx); err != nil {
		return err
	}
	// The old life's time ends with it.
	l.lastAt = at.UTC().Truncate(time.Microsecond)
	err := l.runUnit(at, "reset", func(t *tx) error {
		t.clearBooks(&s, clock)
		return nil
	})
	if err == nil {
		err = l.runUnit(at, "seed", func(t *tx) error { return t.seed(&s, &SeedReport{}) })
	}
	told := make(chan error, 1)
	l.leave(func(err error) { told <- err }, err)
	return await(ctx, told)
}

// knowsItsPlans finds accounts whose plan the seed does not have.
func (s *Seed) knowsItsPlans() error {
	names := map[string]bool{"": true}
	for _, p := range s.Plans {
		names[p.Name] = true
	}
	for i := range s.Accounts {
		if plan := s.Accounts[i].Plan; !names[plan] {
			return noPlan(plan)
		}
	}
	return nil
}

// clearBooks is the entry that ends a life. Start-up never looks behind it.
func (t *tx) clearBooks(s *Seed, clock charging.ClockState) {
	keep := map[string]bool{}
	for _, p := range s.Plans {
		keep[p.Name] = true
	}
	for name, p := range t.plans {
		if current := p.current(); current != nil && !keep[name] {
			t.deletePlan(current)
		}
	}
	t.keepClock(clock)
	t.keep("reset")
	t.also("DELETE FROM accounts")
	t.also("DELETE FROM sessions")
	t.also(putSetting, settingCheckpoint, t.number)
	t.also(putSetting, settingCheckpointPosting, t.lastPosting)
	t.also(putSetting, settingReservation, t.lastReservation)
	t.also(putSetting, settingOriginStateID, int64(t.originStateID)+1)
	t.afterwards = append(t.afterwards, func() {
		t.originStateID++
		t.forgetEverything()
		t.sweep = sweep{finished: t.last}
	})
}

// forgetEverything empties the books but for what goes on: numbers, plans, clock.
func (b *books) forgetEverything() {
	for _, a := range b.byNumber {
		a.gone = true
	}
	for _, s := range b.byAge {
		s.gone = true
	}
	fresh := newBooks(b.limits)
	fresh.plans, fresh.clock, fresh.originStateID = b.plans, b.clock, b.originStateID
	fresh.last, fresh.lastAt, fresh.lastPosting = b.last, b.lastAt, b.lastPosting
	fresh.lastReservation, fresh.lastAccount = b.lastReservation, b.lastAccount
	*b = *fresh
}

package accounts

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// plan has all versions of a plan, which stay for ever: sessions refer to the one they were granted
// by. Version numbers are never used again, not even after the plan was deleted.
type plan struct {
	versions []*charging.PlanVersion // version n at place n-1
	deleted  bool
}

func (p *plan) current() *charging.PlanVersion {
	if p == nil || p.deleted {
		return nil
	}
	return p.versions[len(p.versions)-1]
}

// addPlan adds the next version, or says that the last one was deleted.
func (b *books) addPlan(name string, version int64, source []byte, deleted bool) {
	p := b.plans[name]
	if p == nil {
		p = &plan{}
		b.plans[name] = p
	}
	if version > int64(len(p.versions)) {
		p.versions = append(p.versions,
			&charging.PlanVersion{Name: name, Version: version, Source: source})
	}
	p.deleted = deleted
}

// planVersion finds a version; 0 is the current one.
func (b *books) planVersion(name string, version int64) (*charging.PlanVersion, bool) {
	p := b.plans[name]
	if p == nil {
		return nil, false
	}
	if version == 0 {
		current := p.current()
		return current, current != nil
	}
	if version < 1 || version > int64(len(p.versions)) {
		return nil, false
	}
	return p.versions[version-1], true
}

// PutPlan makes source the current version of a plan. The same bytes as before are the same version
// again.
func (l *Ledger) PutPlan(
	ctx context.Context, at time.Time, name string, source []byte,
) (version int64, changed bool, err error) {
	err = l.change(ctx, at, "plan", func(t *tx) error {
		version, changed = t.putPlan(name, source)
		return nil
	})
	return version, changed, err
}

func (t *tx) putPlan(name string, source []byte) (version int64, changed bool) {
	p := t.plans[name]
	if current := p.current(); current != nil && bytes.Equal(current.Source, source) {
		return current.Version, false
	}
	version = 1
	if p != nil {
		version += int64(len(p.versions))
	}
	source = bytes.Clone(source)
	t.keep("plan")
	t.also(putPlanRow, name, version, string(source), int64(0))
	t.afterwards = append(t.afterwards, func() { t.addPlan(name, version, source, false) })
	return version, true
}

// PlanVersion finds a version of a plan, 0 being the current one; KindPlanNotFound if there is none.
func (l *Ledger) PlanVersion(
	ctx context.Context, name string, version int64,
) (found charging.PlanVersion, err error) {
	err = l.look(ctx, func(t *tx) error {
		p, ok := t.planVersion(name, version)
		if !ok {
			return noPlan(name)
		}
		found = *p
		return nil
	})
	return found, err
}

// Plans are the current versions of all plans, in order of their names.
func (l *Ledger) Plans(ctx context.Context) (list []charging.PlanVersion, err error) {
	err = l.look(ctx, func(t *tx) error {
		list = nil
		for _, p := range t.plans {
			if current := p.current(); current != nil {
				list = append(list, *current)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b charging.PlanVersion) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// DeletePlan takes a plan away: KindPlanNotFound where there is none, KindPlanInUse where accounts
// have it.
func (l *Ledger) DeletePlan(ctx context.Context, at time.Time, name string) error {
	return l.change(ctx, at, "plan", func(t *tx) error {
		current := t.plans[name].current()
		if current == nil {
			return noPlan(name)
		}
		for _, a := range t.byNumber {
			if !a.gone && a.view.Plan == name {
				return &charging.Error{
					Kind:    charging.KindPlanInUse,
					Message: fmt.Sprintf("plan %s is in use by account %s", name, a.view.ID),
					Hint:    "give its accounts another plan first",
				}
			}
		}
		t.deletePlan(current)
		return nil
	})
}

func (t *tx) deletePlan(current *charging.PlanVersion) {
	t.keep("plan")
	t.also(putPlanRow, current.Name, current.Version, string(current.Source), int64(1))
	t.afterwards = append(t.afterwards, func() { t.plans[current.Name].deleted = true })
}

func noPlan(name string) error {
	return &charging.Error{
		Kind: charging.KindPlanNotFound, Message: "no plan " + name,
		Hint: "create it with PUT /v1/plans/" + name,
	}
}

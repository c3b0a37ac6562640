package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// A Transfer is money or units that are paid in or taken out by hand.
type Transfer struct {
	Balance   string            // empty: the first that fits
	Amount    charging.Quantity // above zero
	Reference string            // kept with the posting
}

// Credit pays an amount in, to the balance named or to the first valid one of its unit in draw
// order. KindUnitMismatch: there is none.
func (l *Ledger) Credit(
	ctx context.Context, at time.Time, id string, t Transfer,
) (Account, error) {
	return l.transfer(ctx, at, "credit", id, &t, func(x *tx, a *account, from origin) error {
		b, err := x.fitting(a, &t)
		if err != nil {
			return err
		}
		if b == nil {
			return noFittingBalance(a, t.Amount.Unit)
		}
		if sum, err := charging.Add(b.amount, t.Amount.Amount); err != nil || sum > maxAmount {
			return charging.Errorf(charging.KindInvalidDocument,
				"balance %s of account %s would become too large", b.id, id)
		}
		return x.post(b, t.Amount.Amount, againstCredit, from)
	})
}

// Debit takes an amount out, from the balance named or from the valid ones of its unit in draw
// order. KindInsufficientCredit: that is more than is available; KindUnitMismatch: there is no
// balance of that unit.
func (l *Ledger) Debit(
	ctx context.Context, at time.Time, id string, t Transfer,
) (Account, error) {
	return l.transfer(ctx, at, "debit", id, &t, func(x *tx, a *account, from origin) error {
		b, err := x.fitting(a, &t)
		if err != nil {
			return err
		}
		if b == nil {
			return noFittingBalance(a, t.Amount.Unit)
		}
		missing := t.Amount.Amount
		for _, b := range a.balances {
			if !t.fits(b) || !b.valid(x.now) || missing == 0 {
				continue
			}
			take := min(missing, b.available())
			if take == 0 {
				continue
			}
			if err := x.post(b, -take, againstDebit, from); err != nil {
				return err
			}
			missing -= take
		}
		if missing == 0 {
			return nil
		}
		available := charging.Quantity{Amount: t.Amount.Amount - missing, Unit: t.Amount.Unit}
		return &charging.Error{
			Kind:    charging.KindInsufficientCredit,
			Message: fmt.Sprintf("account %s has %s available, not %s", id, available, t.Amount),
			Hint:    "debit less, or credit the account first",
		}
	})
}

func (l *Ledger) transfer(
	ctx context.Context, at time.Time, kind, id string, transfer *Transfer,
	move func(*tx, *account, origin) error,
) (stored Account, err error) {
	if transfer.Amount.Amount <= 0 || transfer.Amount.Amount > maxAmount {
		return Account{}, charging.Errorf(charging.KindInvalidDocument,
			"amount %s: a %s is above zero", transfer.Amount, kind)
	}
	err = l.change(ctx, at, kind, func(t *tx) error {
		a := t.accounts[id]
		if a == nil {
			return noAccount(id)
		}
		t.kind = kind
		from := origin{
			reference: transfer.Reference, reason: charging.Reason{Code: kind},
		}
		if err := move(t, a, from); err != nil {
			return err
		}
		stored = a.document()
		return nil
	})
	return stored, err
}

// fitting finds the balance that a transfer names, or the first valid one of its unit.
func (t *tx) fitting(a *account, transfer *Transfer) (*balance, error) {
	for _, b := range a.balances {
		if transfer.fits(b) && (transfer.Balance != "" || b.valid(t.now)) {
			return b, nil
		}
	}
	if transfer.Balance == "" {
		return nil, nil
	}
	if b := a.balance(transfer.Balance); b != nil {
		return nil, &charging.Error{
			Kind: charging.KindUnitMismatch,
			Message: fmt.Sprintf("balance %s of account %s is in %s, not in %s",
				b.id, a.view.ID, b.unit, transfer.Amount.Unit),
		}
	}
	return nil, &charging.Error{
		Kind:    charging.KindInvalidDocument,
		Message: fmt.Sprintf("account %s has no balance %s", a.view.ID, transfer.Balance),
		Hint:    "GET /v1/accounts/" + a.view.ID + " shows those it has",
	}
}

func (t *Transfer) fits(b *balance) bool {
	return b.unit == t.Amount.Unit && (t.Balance == "" || b.id == t.Balance)
}

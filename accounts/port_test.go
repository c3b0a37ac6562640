package accounts_test

import (
	"testing"

	"github.com/ocs-sim/ocs-sim/accounts"
	"github.com/ocs-sim/ocs-sim/accounts/ledgertest"
	"github.com/ocs-sim/ocs-sim/charging"
)

func TestTheLedgerKeepsThePort(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t testing.TB, list []ledgertest.Account) charging.Ledger {
		l, _ := openFile(t)
		for _, a := range list {
			if _, _, err := l.PutAccount(t.Context(), ledgertest.Start(), accounts.Account{
				ID: a.ID, Subscribers: []charging.Identity{a.Identity},
				Balances: []accounts.Balance{{Amount: money(a.Amount)}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		return l
	})
}

package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/charging"
)

// situate shows what scenarios would see if the request came now. It looks and changes nothing.
// What it shows is good as long as see runs.
func (s *server) situate(
	ctx context.Context, r *charging.Request, see func(*charging.Situation),
) error {
	return s.Ledger.View(ctx, func(tx charging.Tx) error {
		open, found := tx.Session(r.Key.Session)
		if !found || !open.Open() {
			open = nil
		}
		told, _ := charging.Told(open, r, s.settingsOf(r.Origin))
		situation := charging.Situate(open, r, &told)
		situation.Account, situation.Now = accountOf(tx, open, r), tx.Now()
		if situation.Account != nil {
			situation.Holdings = holdings{tx, situation.Account.ID}
		}
		see(situation)
		return nil
	})
}

// holdings are those of an account, while they are looked at.
type holdings struct {
	charging.Tx
	account string
}

// Holds is what is available of a unit.
func (h holdings) Holds(unit charging.Unit) int64 { return h.Funds(h.account, unit).Usable }

// settingsOf finds the settings of a client; nil are the default ones.
func (s *server) settingsOf(origin charging.Origin) *charging.Settings {
	if s.Settings == nil {
		return nil
	}
	return s.Settings.Of(origin)
}

func accountOf(tx charging.Tx, s *charging.Session, r *charging.Request) *charging.Account {
	if s == nil {
		return r.Subscriber(tx)
	}
	account, _ := tx.Account(s.Account)
	return account
}

package api

import (
	"context"

	"github.com/ocs-sim/ocs-sim/charging"
)

// situation says what scenarios would see if the request came now. It looks and changes nothing.
func (s *server) situation(ctx context.Context, r *charging.Request) (*charging.Situation, error) {
	var situation *charging.Situation
	err := s.Ledger.View(ctx, func(tx charging.Tx) error {
		open, found := tx.Session(r.Key.Session)
		if !found || !open.Open() {
			open = nil
		}
		told, _ := charging.Told(open, r, s.settingsOf(r.Origin))
		situation = charging.Situate(open, r, &told)
		situation.Account, situation.Now = accountOf(tx, open, r), tx.Now()
		return nil
	})
	return situation, err
}

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

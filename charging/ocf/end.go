package ocf

import (
	"context"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// End closes an open session without a request of its client, and releases all that it holds;
// nothing is debited. It returns when that is on disk. A session that is not open stays as it is.
func (f *Function) End(
	ctx context.Context, at time.Time, id charging.SessionID, cause string,
) error {
	ended := make(chan error, 1)
	f.ledger.Update(ctx, at, func(tx charging.Tx) error { return EndSession(tx, id, cause) },
		func(err error) { ended <- err })
	return <-ended
}

// EndSession is End within a unit of work.
func EndSession(tx charging.Tx, id charging.SessionID, cause string) error {
	open, found := tx.Session(id)
	if !found || !open.Open() {
		return nil
	}
	closed := copied(open)
	for i := range closed.Services {
		state := &closed.Services[i]
		if err := tx.Release(state.Reservation); err != nil {
			return errorfIn("release what an ended session holds", err)
		}
		state.Reservation, state.Held = 0, charging.Amounts{}
	}
	closed.Closed, closed.ClosedBy = tx.Now(), cause
	tx.PutSession(closed)
	return nil
}
